"""Cases for the readers of data and histories: what is in the folder, the key that is named, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Reading(NamedTuple):
    """A data table, or a history's file name, and the error that must come of it.

    Attributes
    ----------
    name
        Unique in its table.
    write
        Writes the files into an empty folder.
    data
        The keys of the data table; for a history the name of its file.
    says
        A part of the message; None if it can be read.
    """

    name: str
    write: Callable[[Path], object]
    data: Any
    says: str | None
