"""The tables of an array of tables, whatever else may be wrong with the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def entries(data: dict[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the tables of an array of tables with their indices; what is no table is left out."""
    values = data.get(key)
    return ((i, value) for i, value in enumerate(values if isinstance(values, list) else []) if isinstance(value, dict))
