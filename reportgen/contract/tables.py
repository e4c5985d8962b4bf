"""Tables: rows of cells under declared columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reportgen.contract.numbers import Metric
from reportgen.contract.subjects import about

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.places import Place
    from reportgen.contract.result import SectionResult

Cell = str | int | float | Metric | None
Address = tuple[str, str, str, str | None]
"""Section, metric, model, subject."""


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
    ``note`` is shown below the table, and ``place`` is where it stands in the document. Page one repeats a table that is
    ``on_front_page``. ``addresses`` has the (row, column) indices of numbers of other sections, which statements can link to.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    emphasis: frozenset[tuple[int, int]] = frozenset()
    ties: frozenset[tuple[int, int]] = frozenset()
    place: Place = "appendix"
    on_front_page: bool = False
    addresses: Mapping[tuple[int, int], Address] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Reject rows whose number of cells differs from the number of columns."""
        if any(len(row) != len(self.columns) for row in self.rows):
            message = (
                f"table {self.name!r} has {len(self.columns)} columns, but some rows have a different number of cells"
            )
            raise ValueError(message)


def metrics_by_head(result: SectionResult, view: View, name: str, title: str, specs: Sequence[MetricSpec]) -> Table:
    """Return a table of metrics, a row for each head that has all of them, of the models that are listed; empty if none was measured.

    Metrics that the result lacks, as files of older versions do, have no column.
    """
    specs = [spec for spec in specs if any(True for _ in result.named(spec.name))]
    every = tuple(
        one
        for one in (result.named(specs[0].name) if specs else ())
        if all(result.find_or_none(spec.name, one.model, one.subject) is not None for spec in specs)
    )
    shown = view.listed(every)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (about(one.model, one.subject), *(result.find(spec.name, one.model, one.subject) for spec in specs))
        for one in shown
    )
    columns = (Column("Model", numeric=False), *(Column(spec.title) for spec in specs))
    return Table(name, title, columns, rows, view.rest(every, shown).strip())
