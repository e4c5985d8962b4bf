"""The performance table of page one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table
from reportgen.text import naming

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.contract.tables import Cell
    from reportgen.sections.summary.schema import SummaryResult


def tables(result: SummaryResult, _view: View) -> tuple[Table, ...]:
    """Return the performance table; none where no section has headline metrics."""
    if not result.columns:
        return ()
    shown = result.rows[: result.max_models]
    models = tuple(dict.fromkeys(row.model for row in result.rows))
    names = dict(zip(models, naming.labels(models), strict=True))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            about(names[row.model], row.subject),
            *(cell.metric for cell in row.cells),
        )
        for row in shown
    )
    emphasis = frozenset((y, x + 1) for y, row in enumerate(shown) for x, cell in enumerate(row.cells) if cell.best)
    ties = frozenset((y, x + 1) for y, row in enumerate(shown) for x, cell in enumerate(row.cells) if cell.tied)
    addresses = {
        (y, x + 1): (column.section, column.metric, row.model, row.subject)
        for y, row in enumerate(shown)
        for x, column in enumerate(result.columns)
    }
    columns = (Column("Model", numeric=False), *(Column(column.title) for column in result.columns))
    return (Table("headlines", "Performance", columns, rows, _note(result), emphasis, ties, addresses=addresses),)


def _note(result: SummaryResult) -> str:
    sentences = []
    if any(cell.best for row in result.rows for cell in row.cells):
        sentences.append("★ best value.")
    if any(cell.tied for row in result.rows for cell in row.cells):
        sentences.append(
            "≈ not distinguishable from the best (paired differences, corrected for all pairs of models: Holm, 5 %)."
        )
    untested = [
        column.title
        for place, column in enumerate(result.columns)
        if not column.compared and any(row.cells[place].metric.higher_is_better is not None for row in result.rows)
    ]
    if untested and len(result.rows) > 1:
        sentences.append(f"Not ranked, because differences were not tested: {', '.join(untested)}.")
    if len(result.rows) > result.max_models:
        order = f"Best {result.ranked_by} first; " if result.ranked_by else ""
        sentences.append(f"{order}{len(result.rows) - result.max_models} more rows are in results.json.")
    return " ".join(sentences)
