"""Arranges the headline metrics of all sections as one table, and marks the best of each column."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb
from typing import TYPE_CHECKING

from reportgen.contract.section import BaseComparer
from reportgen.contract.subjects import Subject
from reportgen.metrics import simultaneous
from reportgen.sections.summary.schema import SummaryCell, SummaryColumn, SummaryOptions, SummaryResult, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.contract.metric_table import Headline, MetricTable
    from reportgen.contract.numbers import Measurement, Metric

Key = tuple[str, Subject | None]
_SEVERAL = 2
"""Number of models from which on one is the best."""


@dataclass
class _Marks:
    """The best models of a column for each head, several where they have the same value, and those not distinguishable from them."""

    tested: bool = False
    best: set[Key] = field(default_factory=set)
    tied: set[Key] = field(default_factory=set)


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
                compared=mark.tested,
            )
            for line, mark in zip(headlines, marks, strict=True)
        )
        return SummaryResult(
            measurements=(), columns=shown, rows=rows, ranked_by=ranked_by, max_models=self.options.max_models
        )


def _ranked(
    headlines: Sequence[Headline], columns: Sequence[dict[Key, Measurement]], keys: list[Key]
) -> tuple[str | None, list[Key]]:
    """Sort by the first column whose differences are tested, best first, missing values last."""
    for line, column in zip(headlines, columns, strict=True):
        if line.spec.higher_is_better is not None and line.spec.difference is not None:
            sign = -1 if line.spec.higher_is_better else 1
            values = {key: one.metric.value for key, one in column.items() if one.metric.value is not None}
            return line.spec.title, sorted(keys, key=lambda key: (key not in values, sign * values.get(key, 0.0)))
    return None, keys


def _cell(table: MetricTable, line: Headline, column: dict[Key, Measurement], marks: _Marks, key: Key) -> SummaryCell:
    one = column.get(key) or line.spec.missing(key[0], "not_applicable", _why_missing(table, column, key[0]))
    return SummaryCell(metric=one.metric, best=key in marks.best, tied=key in marks.tied)


def _why_missing(table: MetricTable, column: dict[Key, Measurement], model: str) -> str:
    """Return why a row of the table has no value in a column."""
    if any(model == other for other, _ in column):
        return "it is reported in another row of this model"
    if model in table.reasons:
        return f"the model was not evaluated: {table.reasons[model]}"
    return "its section does not report it for this model"


def _marks(table: MetricTable, line: Headline, column: dict[Key, Measurement]) -> _Marks:
    """Return the best of each head, if its difference from every other model was tested, and those not told from it."""
    marks = _Marks()
    if line.spec.higher_is_better is None or line.spec.difference is None:
        return marks
    sign = 1 if line.spec.higher_is_better else -1
    found = {(one.model, one.subject): one.metric for one in table.find(line.section, line.spec.difference)}
    for head in dict.fromkeys(subject for _, subject in column):
        values = {
            model: sign * one.metric.value
            for (model, subject), one in column.items()
            if subject == head and one.metric.value is not None
        }
        differences = _differences(list(values), head, found)
        tested = simultaneous.adjusted(differences, comb(len(values), 2) - len(differences))
        best = simultaneous.leaders(values)
        if len(values) < _SEVERAL or any(
            frozenset((best[0], model)) not in tested for model in values if model != best[0]
        ):
            continue
        marks.tested = True
        marks.best |= {(model, head) for model in best}
        others = [model for model in values if model not in best]
        marks.tied |= {(model, head) for model in others if not simultaneous.told(model, best, tested)}
    return marks


def _differences(
    models: Sequence[str], head: Subject | None, found: Mapping[Key, Metric]
) -> dict[frozenset[str], simultaneous.Ends]:
    """Return the paired differences of all pairs of models that have an interval."""
    places = {model: place for place, model in enumerate(models)}
    others = {Subject.of("vs", model, within=head): model for model in models}
    pairs: dict[frozenset[str], simultaneous.Ends] = {}
    for (first, subject), one in found.items():  # far fewer than there are pairs, where only some of many are compared
        second = None if subject is None else others.get(subject)
        if second is None or first not in places or places[first] >= places[second]:
            continue
        if one.value is not None and one.ci_low is not None and one.ci_high is not None:
            pairs[frozenset((first, second))] = (one.value, one.ci_low, one.ci_high)
    return pairs
