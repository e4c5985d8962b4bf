"""Progress of a run: a bar on a terminal and in a notebook, plain lines in a log; on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reportgen.spec.problems import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.evaluation.collect import ProgressCallback

_LOGGED_STEPS = 4


@contextmanager
def progress(*, quiet: bool) -> Iterator[ProgressCallback]:
    """Provide a function to call with (current step, number done, total number)."""
    if quiet or sys.stderr is None:
        yield lambda _what, _done, _total: None
    elif _in_notebook():
        yield from _element()
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _Log()


def _bar() -> Iterator[ProgressCallback]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("starting", total=None)

        def tell(what: str, done: int, total: int) -> None:
            shown.update(
                task, description=printable(what).ljust(32)[:60], completed=done, total=total if total > 1 else None
            )

        yield tell


def _in_notebook() -> bool:
    """Return whether the program runs in the kernel of a notebook, which has loaded IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _element() -> Iterator[ProgressCallback]:
    """Show a progress element in the cell's output, and remove it at the end."""
    from html import escape

    ipython: Any = import_module("IPython.display")
    shown = ipython.display(ipython.HTML(""), display_id=True)

    def tell(what: str, done: int, total: int) -> None:
        value = f' value="{done}"' if total > 1 else ""
        shown.update(ipython.HTML(f"<progress{value} max={total}></progress> {escape(what)}"))

    try:
        yield tell
    finally:
        shown.update(ipython.HTML(""))


class _Log:
    """Prints a line at the start of a step, and at every quarter of it."""

    def __init__(self) -> None:
        self._last: tuple[str, int] = ("", 0)

    def __call__(self, what: str, done: int, total: int) -> None:
        step = (what, done * _LOGGED_STEPS // total)
        if step == self._last:
            return
        self._last = step
        line = f"{what} ..." if done == 0 else f"{what}: {done:,} of {total:,}"
        with suppress(OSError):  # nobody listens
            print(printable(line), file=sys.stderr, flush=True)  # noqa: T201
