"""Tables of the checkpoints section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table
from reportgen.sections.checkpoints import schema

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric, MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.checkpoints.schema import CheckpointsResult, Series


def tables(result: CheckpointsResult, _view: View) -> tuple[Table, ...]:
    """Return the metrics of each run by checkpoint."""
    return tuple(_series(result, one, place) for place, one in enumerate(result.series))


def _series(result: CheckpointsResult, series: Series, place: int) -> Table:
    heads = series.heads or (None,)
    specs = schema.NUMBERS if series.heads else ()
    rows: list[tuple[Cell, ...]] = []
    for model in series.models:
        for subject in heads:
            name = about(model, subject)
            numbers = [_found(result, spec, model, subject) for spec in specs]
            moved = [_found(result, spec, model, None) for spec in schema.MOVED]
            rows.append((name, *numbers, *moved))
    columns = (Column("Checkpoint", numeric=False), *(Column(spec.title) for spec in (*specs, *schema.MOVED)))
    note = "In the order of the spec. Changes are from the previous checkpoint on the same rows; accuracy changes are in points."
    if series.reason is not None:
        note += f" Weights were not compared: {series.reason}."
    return Table(f"series-{place + 1}", f"Checkpoints of {series.name}", columns, tuple(rows), note)


def _found(result: CheckpointsResult, spec: MetricSpec, model: str, subject: str | None) -> Metric | None:
    """Return a metric; None where there is none: the first checkpoint has no changes."""
    return next((one.metric for one in result.named(spec.name, model) if one.subject == subject), None)
