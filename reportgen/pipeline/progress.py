"""Progress of a run: a bar on a terminal and in a notebook, plain lines in a log; on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any

from reportgen.spec.problems import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.evaluation.seldom import ProgressCallback

_LOGGED_STEPS, _EVERY = 4, 60.0


@contextmanager
def progress(*, quiet: bool) -> Iterator[ProgressCallback]:
    """Provide a function to call with (current step, number done, total number): 0 where it is not known, 1 for a step without parts."""
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
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[said]}", markup=False)
    with Progress(
        text[0], BarColumn(), TimeElapsedColumn(), text[1], console=Console(stderr=True), transient=True
    ) as shown:
        task, pace = shown.add_task("starting", total=None, said=""), Pace()

        def tell(what: str, done: int, total: int) -> None:
            shown.update(
                task,
                description=printable(what).ljust(32)[:60],
                completed=done,
                total=total if total > 1 else None,
                said=pace.said(done, total) if total != 1 else "",
            )

        yield tell


class Pace:
    """How far a step is, how fast it goes on, and how long it still takes; ``clock`` returns seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.step = 0
        """How many steps have begun: one goes on as long as its total stays and no less is done, whatever it is called meanwhile."""
        self._total, self._done, self._first = -1, 0, 0
        self._began = 0.0

    def said(self, done: int, total: int) -> str:
        """Return it in words: without rate and time where nothing was done since the step began, without the time where the total is 0, not known.

        >>> pace = Pace(iter([0.0, 10.0]).__next__)
        >>> pace.said(0, 9000), pace.said(2000, 9000)
        ('0 of 9,000', '2,000 of 9,000, 200/s, 35 s left')
        >>> pace = Pace(iter([0.0, 10.0]).__next__)
        >>> pace.said(1000, 0), pace.said(6000, 0)
        ('1,000 so far', '6,000 so far, 500/s')
        """
        now = self._clock()
        if total != self._total or done < self._done:
            self.step, self._began, self._first = self.step + 1, now, done
        self._total, self._done = total, done
        words = f"{done:,} of {total:,}" if total else f"{done:,} so far"
        passed, new = now - self._began, done - self._first
        if passed <= 0 or new <= 0:
            return words
        rate = new / passed
        fast = f", {rate:,.0f}/s" if rate >= 1 else ""
        return f"{words}{fast}, {_duration((total - done) / rate)} left" if done < total else f"{words}{fast}"


def _duration(seconds: float) -> str:
    """Return a time that is left, as precise as it can be known.

    >>> _duration(3.2), _duration(200), _duration(9000)
    ('3 s', '3 min', '2 h 30 min')
    """
    if seconds < _IN_SECONDS:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < _MINUTES else f"{minutes // _MINUTES} h {minutes % _MINUTES} min"


_MINUTES, _IN_SECONDS = 60, 120


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
    """Prints a line at the start of a step, at every quarter of it, and once a minute."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._pace = clock, Pace(clock)
        self._last: tuple[int, str, int] = (0, "", 0)
        self._told = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        said = self._pace.said(done, total)
        step = self._pace.step, what if total <= 1 else "", done * _LOGGED_STEPS // total if total else 0
        now = self._clock()
        if step == self._last and (now - self._told < _EVERY or done in (0, total)):
            return
        self._last, self._told = step, now
        line = f"{what} ..." if done == 0 else f"{what}: {said}"
        with suppress(OSError):  # nobody listens
            print(printable(line), file=sys.stderr, flush=True)  # noqa: T201
