"""Progress within a step, told seldom."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    ProgressCallback = Callable[[str, int, int], None]
    """Is called with the current step, and with how much of it is done, and how much it is: 0 where that is not known, 1 for steps without parts."""

_EVERY = 1.0
"""Seconds between two calls."""


class Seldom:
    """Passes on what is done, and to how many rows, once a second: a batch of rows can take less time than telling of it.

    Parameters
    ----------
    report
        What it is passed on to.
    rest
        Of the words for the step: the rows, where these are not in what is passed on.
    clock
        Returns seconds.
    """

    def __init__(self, report: ProgressCallback, rest: str = "", clock: Callable[[], float] = monotonic) -> None:
        self._report, self._rest, self._clock = report, rest, clock
        self._told = clock()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tell a step."""
        now = self._clock()
        if now - self._told >= _EVERY:
            self._told = now
            self._report(f"{what}{self._rest}", done, total)
