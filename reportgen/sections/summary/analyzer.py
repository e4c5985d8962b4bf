"""Arranges the headline metrics of all sections as one table, and marks the best of each column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.section import BaseComparer
from reportgen.contract.subjects import Subject
from reportgen.sections.summary.schema import SummaryCell, SummaryColumn, SummaryOptions, SummaryResult, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.metric_table import Headline, MetricTable
    from reportgen.contract.numbers import Measurement, Metric

Key = tuple[str, Subject | None]


class SummaryAnalyzer(BaseComparer[SummaryOptions, SummaryResult]):
    """The performance table of page one."""

    def compare(self, table: MetricTable) -> SummaryResult:
        """Select the columns, collect their metrics, mark the best and those not distinguishable from it."""
        headlines = [line for line in table.headlines if table.find(line.section, line.spec.name)]
        columns = [
            {(one.model, one.subject): one for one in table.find(line.section, line.spec.name)} for line in headlines
        ]
        keys = list(dict.fromkeys(key for column in columns for key in column))
        keys.sort(key=lambda key: table.models.index(key[0]))
        ranked_by = None
        if len(keys) > self.options.max_models:
            ranked_by, keys = _ranked(headlines, columns, keys)
        marks = [_marks(table, line, column) for line, column in zip(headlines, columns, strict=True)]
        rows = tuple(
            SummaryRow(
                model=model,
                subject=subject,
                cells=tuple(
                    _cell(table, line, column, mark, (model, subject))
                    for line, column, mark in zip(headlines, columns, marks, strict=True)
                ),
            )
            for model, subject in keys
        )
        shown = tuple(
            SummaryColumn(
                address=f"{line.section}.{line.spec.name}",
                title=line.spec.title,
                compared=line.spec.difference is not None and len(column) > 1,
            )
            for line, column in zip(headlines, columns, strict=True)
        )
        return SummaryResult(
            measurements=(), columns=shown, rows=rows, ranked_by=ranked_by, max_models=self.options.max_models
        )


def _ranked(
    headlines: Sequence[Headline], columns: Sequence[dict[Key, Measurement]], keys: list[Key]
) -> tuple[str | None, list[Key]]:
    """Sort by the first column that has a direction, best first, missing values last."""
    for line, column in zip(headlines, columns, strict=True):
        if line.spec.higher_is_better is not None:
            sign = -1 if line.spec.higher_is_better else 1
            values = {key: one.metric.value for key, one in column.items() if one.metric.value is not None}
            return line.spec.title, sorted(keys, key=lambda key: (key not in values, sign * values.get(key, 0.0)))
    return None, keys


def _cell(
    table: MetricTable,
    line: Headline,
    column: dict[Key, Measurement],
    marks: tuple[Key | None, set[Key]],
    key: Key,
) -> SummaryCell:
    best, tied = marks
    one = column.get(key) or line.spec.missing(key[0], "not_applicable", _why_missing(table, column, key[0]))
    return SummaryCell(metric=one.metric, best=key == best, tied=key in tied)


def _why_missing(table: MetricTable, column: dict[Key, Measurement], model: str) -> str:
    """Return why a row of the table has no value in a column."""
    if any(model == other for other, _ in column):
        return "it is reported in another row of this model"
    if model in table.reasons:
        return f"the model was not evaluated: {table.reasons[model]}"
    return "its section does not report it for this model"


def _marks(table: MetricTable, line: Headline, column: dict[Key, Measurement]) -> tuple[Key | None, set[Key]]:
    """Return the best of a column and those not distinguishable from it; no best where untested values are equal."""
    measured = {key: one.metric for key, one in column.items() if one.metric.value is not None}
    if len(measured) < 2 or line.spec.higher_is_better is None:  # noqa: PLR2004
        return None, set()
    sign = 1 if line.spec.higher_is_better else -1
    best = max(measured, key=lambda key: sign * required(measured[key].value))
    if line.spec.difference is None:
        equal = sum(metric.value == measured[best].value for metric in measured.values()) > 1
        return None if equal else best, set()
    differences = {(one.model, one.subject): one.metric for one in table.find(line.section, line.spec.difference)}
    return best, {key for key in measured if key != best and _includes_zero(differences.get(_versus(key, best)))}


def _versus(key: Key, best: Key) -> Key:
    model, subject = key
    return model, Subject.of("vs", best[0], within=subject)


def _includes_zero(difference: Metric | None) -> bool:
    if difference is None or difference.ci_low is None or difference.ci_high is None:
        return False
    return difference.ci_low <= 0 <= difference.ci_high
