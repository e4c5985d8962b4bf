"""What a section's own code returned, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from reportgen.errors import SectionError

GivenT = TypeVar("GivenT")


def require_instances(found: Any, kind: type[GivenT], who: str) -> tuple[GivenT, ...]:
    """Return what a section's own function yields; SectionError where that is something else."""
    if not isinstance(found, Iterable):
        raise SectionError(f"{who} gives {type(found).__name__} in place of several {kind.__name__} objects")
    items = tuple(found)
    wrong = sorted({type(one).__name__ for one in items if not isinstance(one, kind)})
    if wrong:
        raise SectionError(f"{who} gives {', '.join(wrong)} in place of {kind.__name__}")
    return items
