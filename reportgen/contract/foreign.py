"""Validates the return values of a section's code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from reportgen.errors import SectionError

GivenT = TypeVar("GivenT")


def require_instances(found: Any, kind: type[GivenT], who: str) -> tuple[GivenT, ...]:
    """Return what a section's function yields; SectionError if the types are wrong."""
    if not isinstance(found, Iterable):
        raise SectionError(f"{who} returns {type(found).__name__} instead of several {kind.__name__} objects")
    items = tuple(found)
    wrong = sorted({type(one).__name__ for one in items if not isinstance(one, kind)})
    if wrong:
        raise SectionError(f"{who} returns {', '.join(wrong)} instead of {kind.__name__}")
    return items
