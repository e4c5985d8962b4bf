"""Tables of the training_dynamics section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.tables import Column, Table
from reportgen.sections.training_dynamics import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.training_dynamics.schema import TrainingDynamicsResult

_MOST_DROPS = 5
_GUIDE = (schema.EPOCHS, schema.CONVERGENCE, schema.PEAK, schema.PEAK_EPOCH, schema.INDEX, schema.GAP, schema.STABILITY)
_ROBUST = (schema.BEST, schema.ROBUST, schema.IMPROVED, schema.DETERIORATION, schema.LOSS_GL, schema.NOISE)


def tables(result: TrainingDynamicsResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    return (
        _status(result, view),
        _numbers(result, view, "summary", "Training summary", _GUIDE),
        _numbers(result, view, "robust", "Training summary adjusted for noise and trend", _ROBUST),
    )


def _status(result: TrainingDynamicsResult, view: View) -> Table:
    titles = ("Model", "Status", "Evidence", "Judged by", "Peak metric", "Learning rate drops")
    rows: list[tuple[Cell, ...]] = [
        (
            run.model,
            run.status,
            run.evidence,
            run.basis,
            run.primary,
            _drops(run.rate_drops),
        )
        for run in view.listed(result.runs)
    ]
    columns = tuple(Column(title, numeric=False) for title in titles)
    return Table("status", "Training outcome", columns, tuple(rows), _rest(result, view).strip())


def _rest(result: TrainingDynamicsResult, view: View) -> str:
    return view.rest(result.runs, view.listed(result.runs))


def _drops(epochs: Sequence[int]) -> str | None:
    if not epochs:
        return None
    more = " …" if len(epochs) > _MOST_DROPS else ""
    return f"in epoch {', '.join(map(str, epochs[:_MOST_DROPS]))}{more}"


def _numbers(result: TrainingDynamicsResult, view: View, name: str, title: str, specs: Sequence[MetricSpec]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (run.model, *(result.find(spec.name, run.model) for spec in specs)) for run in view.listed(result.runs)
    ]
    columns = (Column("Model", numeric=False), *(Column(spec.title) for spec in specs))
    return Table(name, title, columns, tuple(rows), f"Epochs are numbered from 1.{_rest(result, view)}")
