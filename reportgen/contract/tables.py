"""Tables: rows of cells under declared columns."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.contract.numbers import Metric

Cell = str | int | float | Metric | None


@dataclass(frozen=True)
class Column:
    """A table column; ``unit`` is the unit of plain numbers in it, ``numeric`` aligns it to the right."""

    title: str
    numeric: bool = True
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells; a cell is text, a plain number, a Metric (shown with its interval or reason) or empty.

    ``emphasis`` contains (row, column) indices of cells marked as best, ``ties`` those not distinguishable from the best;
    ``note`` is shown below the table.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    emphasis: frozenset[tuple[int, int]] = frozenset()
    ties: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        """Reject rows whose number of cells differs from the number of columns."""
        if any(len(row) != len(self.columns) for row in self.rows):
            message = (
                f"table {self.name!r} has {len(self.columns)} columns, but some rows have a different number of cells"
            )
            raise ValueError(message)
