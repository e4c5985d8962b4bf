"""The entries of an array of tables, even in an invalid spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.spec.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


def entries(data: dict[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the tables of an array of tables with their indices, without other values."""
    values = data.get(key)
    return ((i, value) for i, value in enumerate(values if isinstance(values, list) else []) if isinstance(value, dict))


def nulls(data: dict[str, Any], key: str) -> Iterator[Problem]:
    """Yield keys without a value (YAML): a limit or a choice that is empty by mistake must not count as left out."""
    for index, entry in entries(data, key):
        for name, value in entry.items():
            if value is None:
                yield Problem((key, index, name), "must not be empty", found="null")
