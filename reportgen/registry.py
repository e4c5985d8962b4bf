"""Names of sections to sections. A section is imported only when it is named."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.section import Section

GROUP = "reportgen.sections"


class UnknownSectionError(LookupError):
    """There is no section of that name."""


@cache
def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def names() -> tuple[str, ...]:
    """Return the names of all installed sections, sorted."""
    return tuple(sorted(_registered()))


def find(name: str) -> Section[Any, Any]:
    """Import and return the section of a name.

    Raises
    ------
    UnknownSectionError
        No installed section has this name.
    """
    try:
        entry = _registered()[name]
    except KeyError:
        raise UnknownSectionError(name) from None
    section: Section[Any, Any] = entry.load()
    return section
