"""Progress on long work: a bar on a terminal, plain lines in a log, always on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.evaluation.collect import Report

_LOGGED_STEPS = 4


@contextmanager
def progress(*, quiet: bool) -> Iterator[Report]:
    """Give a function that is told (what is being done, steps done, steps in all)."""
    if quiet:
        yield lambda _what, _done, _total: None
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _Log()


def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("starting", total=None)

        def tell(what: str, done: int, total: int) -> None:
            shown.update(task, description=what.ljust(32)[:60], completed=done, total=total if total > 1 else None)

        yield tell


class _Log:
    """A line when something new begins, and at every quarter of it."""

    def __init__(self) -> None:
        self._last: tuple[str, int] = ("", 0)

    def __call__(self, what: str, done: int, total: int) -> None:
        step = (what, done * _LOGGED_STEPS // total)
        if step == self._last:
            return
        self._last = step
        print(f"{what} ..." if done == 0 else f"{what}: {done:,} of {total:,}", file=sys.stderr, flush=True)  # noqa: T201
