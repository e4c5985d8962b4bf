"""Tables of the checkpoints section."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.places import by_size
from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table
from reportgen.sections.checkpoints import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric, MetricSpec
    from reportgen.sections.checkpoints.schema import CheckpointsResult, Series


def tables(result: CheckpointsResult, _view: View) -> tuple[Table, ...]:
    """Return the metrics of each run by checkpoint, then how far its weights moved."""
    return tuple(table for place, one in enumerate(result.series, 1) for table in _series(result, one, place))


def _series(result: CheckpointsResult, series: Series, place: int) -> Iterator[Table]:
    whole = [(model, subject) for model in series.models for subject in series.heads]
    note = "In the order of the spec. Changes are from the previous checkpoint on the same rows; accuracy changes are in points. Each interval is for one change alone."
    if series.heads:
        found = _table(result, f"series-{place}", f"Checkpoints of {series.name}", whole, schema.NUMBERS)
        yield replace(found, note=note, place=by_size(len(whole)))
    models = [(model, None) for model in series.models]
    why = "" if series.reason is None else f"Weights were not compared: {series.reason}."
    yield replace(_table(result, f"weights-{place}", f"Weight change in {series.name}", models, schema.MOVED), note=why)


def _table(
    result: CheckpointsResult,
    name: str,
    title: str,
    parts: Sequence[tuple[str, str | None]],
    specs: Sequence[MetricSpec],
) -> Table:
    """List metrics of the checkpoints of a run, or of their heads."""
    rows = tuple((about(*part), *(_found(result, spec, *part) for spec in specs)) for part in parts)
    return Table(name, title, (Column("Checkpoint", numeric=False), *(Column(spec.title) for spec in specs)), rows)


def _found(result: CheckpointsResult, spec: MetricSpec, model: str, subject: str | None) -> Metric | None:
    """Return a metric; None where there is none: the first checkpoint has no changes."""
    return next((one.metric for one in result.named(spec.name, model) if one.subject == subject), None)
