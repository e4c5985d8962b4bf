"""A hostile or clumsy case: what is in the folder, what is typed, and what must come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Case(NamedTuple):
    """One case.

    Attributes
    ----------
    name
        Unique in its family, which is the name of its file.
    arguments
        Writes what the case needs into an empty folder, which is then the working directory, and returns what is typed after
        ``reportgen``.
    code
        The exit code.
    says
        A part of what is said on standard error; for exit code 0 and 1 of standard output or standard error.
    slow
        Whether it loads TensorFlow, renders, or takes more than a second: ``make hostile`` only.
    writes
        Names of the files and folders that may be there afterwards beside those that the case wrote.
    """

    name: str
    arguments: Callable[[Path], Sequence[str]]
    code: int
    says: str
    slow: bool = False
    writes: frozenset[str] = frozenset()
