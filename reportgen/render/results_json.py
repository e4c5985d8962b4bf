"""The results as they are: ``results.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.document.content import Content


def to_bytes(content: Content) -> bytes:
    """Return the content of ``results.json``."""
    return content.results.to_json().encode()
