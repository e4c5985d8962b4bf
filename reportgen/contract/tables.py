"""Tables: rows of cells under declared columns."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.contract.numbers import Metric

Cell = str | int | float | Metric | None


@dataclass(frozen=True)
class Column:
    """Head of a table column; ``unit`` says how bare numbers in it are written, ``numeric`` aligns to the right."""

    title: str
    numeric: bool = True
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells; a cell is text, a bare number, a Metric (shown with its interval or its reason) or nothing.

    ``emphasis`` holds (row, column) indices of cells marked as best, ``ties`` those that cannot be told from the best;
    ``note`` stands beneath.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    emphasis: frozenset[tuple[int, int]] = frozenset()
    ties: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        """Refuse rows with more or fewer cells than there are columns."""
        if any(len(row) != len(self.columns) for row in self.rows):
            message = f"table {self.name!r} has {len(self.columns)} columns, but not every row has as many cells"
            raise ValueError(message)
