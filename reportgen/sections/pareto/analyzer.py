"""Reads objectives from the table of metrics, sorts the models into fronts, and tests the differences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.metric_table import Reading
from reportgen.contract.needs import Need
from reportgen.contract.numbers import Metric, required
from reportgen.contract.section import BaseComparer
from reportgen.metrics import pareto, simultaneous
from reportgen.sections.pareto import defaults, schema
from reportgen.sections.pareto.schema import (
    DECLARED,
    ChosenMetric,
    ComparedModel,
    ComparedObjective,
    Difference,
    ExcludedModel,
    HeatmapRow,
    Hypervolume,
    JudgedPair,
    PairFront,
    ParetoOptions,
    ParetoResult,
    choice,
)
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.metric_table import MetricTable
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.sections.pareto.schema import Certainty, ComparedBy, Objective

    FloatArray = NDArray[np.float64]

EVERY = 12
"""Maximum number of models of which the differences of all pairs are recorded. Convention."""
BEYOND = 0.1
"""Distance of the reference point beyond the worst value, as a share of the range. Convention."""
_ORDER: tuple[ComparedBy, ...] = ("paired difference", "intervals", "exact value", "value alone")


@dataclass(frozen=True)
class _Column:
    """One metric of all models, with the reasons for missing values."""

    chosen: Objective
    spec: MetricSpec | None
    higher_is_better: bool | None
    rule: str
    metrics: Mapping[str, Metric]
    reasons: Mapping[str, str]
    differences: Mapping[tuple[str, str], Metric]

    @property
    def sign(self) -> float:
        """The sign that makes lower values better."""
        return -1.0 if self.higher_is_better else 1.0

    def turned(self, model: str) -> float:
        """Return the value of a model with the sign that makes lower better."""
        return self.sign * float(required(self.metrics[model].value))

    def difference(self, one: str, other: str) -> tuple[simultaneous.Ends | None, ComparedBy]:
        """Return how far one model is above another, below 0 where it is better, and what that rests on.

        None without an interval, for an exact value too.
        """
        if self.spec is not None and self.spec.exact:
            return None, "exact value"
        for pair, sign in (((one, other), self.sign), ((other, one), -self.sign)):
            paired = _ends(self.differences.get(pair), sign)
            if paired is not None:
                return paired, "paired difference"
        first, second = (_ends(self.metrics[model], self.sign) for model in (one, other))
        if first is None or second is None:
            return None, "value alone"
        return simultaneous.apart(first, second), "intervals"

    def judged(self, one: str, other: str, *, beyond: bool) -> Difference:
        """Return how far one model is from another, and how sure that is; ``beyond`` uncertainty by the test of all pairs."""
        ends, by = self.difference(one, other)
        value = required(self.metrics[one].value) - required(self.metrics[other].value)
        unit = self.metrics[one].unit
        plain = Metric(
            value=value, unit=formatting.POINTS if unit == "fraction" else unit, higher_is_better=self.higher_is_better
        )
        if ends is None:
            return Difference(metric=plain, certainty="exact" if by == "exact value" else "not tested")
        low, high = sorted(self.sign * end for end in ends[1:])
        measured = {"value": self.sign * ends[0], "ci_low": low, "ci_high": high, "ci_method": by}
        certainty: Certainty = "beyond uncertainty" if beyond else "within uncertainty"
        return Difference(metric=plain.model_copy(update=measured), certainty=certainty)

    def described(self, models: Sequence[str]) -> ChosenMetric:
        """Return what the result records about this metric."""
        found = [self.metrics[model].estimator for model in models if model in self.metrics]
        ways = tuple(dict.fromkeys(one for one in found if one is not None))
        of = ways[0] if self.spec is not None and self.spec.direction_by_model and len(ways) == 1 else None
        about = ", ".join(part for part in (of, self.chosen.subject) if part is not None)
        title = self.spec.title if self.spec else self.chosen.metric
        return ChosenMetric(
            address=self.chosen.metric,
            subject=self.chosen.subject,
            title=f"{title} ({about})" if about else title,
            unit=self.spec.unit if self.spec else "",
            higher_is_better=self.higher_is_better,
            direction_rule=self.rule,
            measured_as=ways,
        )


def _ends(metric: Metric | None, sign: float) -> simultaneous.Ends | None:
    """Return value and interval with the sign that makes lower better; None where there is no interval."""
    if metric is None or metric.value is None or metric.ci_low is None or metric.ci_high is None:
        return None
    low, high = sorted((sign * metric.ci_low, sign * metric.ci_high))
    return sign * metric.value, low, high


class ParetoAnalyzer(BaseComparer[ParetoOptions, ParetoResult]):
    """Finds the non-dominated models among the compared ones."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.SEVERAL_MODELS})

    def reads(self) -> tuple[Reading, ...]:
        """Return the objectives and the columns of the heatmap."""
        named = [("objectives", self.options.objectives or ()), ("heatmap", self.options.heatmap or ())]
        chosen = () if self.options.objectives else defaults.READ
        return chosen + tuple(
            Reading(
                address=choice(entry).metric,
                option=(key, place) if isinstance(entry, str) else (key, place, "metric"),
                subject=choice(entry).subject,
                direction=choice(entry).direction,
                directed=True,
            )
            for key, entries in named
            for place, entry in enumerate(entries)
        )

    def compare(self, table: MetricTable) -> ParetoResult:
        """Collect the objectives of every model, sort the models into fronts, and test the differences."""
        chosen = self.options.objectives
        named, rule = defaults.objectives(table) if chosen is None else (chosen, DECLARED)
        columns = [_column(table, choice(entry)) for entry in named]
        self._check_reference(columns)
        shown = [_column(table, choice(entry)) for entry in self.options.heatmap or named]
        excluded = {model: why for model in table.models if (why := _why_excluded(model, columns)) is not None}
        models = [model for model in table.models if model not in excluded]
        missing = [schema.RANK.missing(model, "not_applicable", why) for model, why in excluded.items()]
        if len(models) < self.options.min_models:
            reason = f"a front needs {self.options.min_models} models with all objectives (found {len(models)})"
            return ParetoResult(
                measurements=(*(schema.RANK.missing(model, "not_applicable", reason) for model in models), *missing),
                reason=reason,
                objectives=(),
                objectives_rule=rule,
                models=(),
                excluded=_listed(excluded),
                fronts=(),
                hypervolume=None,
                knee=None,
                columns=(),
                rows=(),
                options=self.options,
            )
        values = np.array([[column.turned(model) for column in columns] for model in models])
        compared, pairs, used = _compared(models, values, columns)
        objectives = [self._objective(column, models, by) for column, by in zip(columns, used, strict=True)]
        ordered = [one.model for one in compared]
        return ParetoResult(
            measurements=(*(schema.RANK.measure(one.model, one.rank, n=len(models)) for one in compared), *missing),
            reason=None,
            objectives=tuple(objectives),
            objectives_rule=rule,
            models=tuple(compared),
            pairs=tuple(pairs),
            excluded=_listed(excluded),
            fronts=tuple(_pair_front(models, values, columns, other) for other in range(1, len(columns))),
            hypervolume=_hypervolume(values, objectives),
            knee=_knee(models, values),
            columns=tuple(column.described(ordered) for column in shown),
            rows=tuple(_rows(ordered, shown)),
            options=self.options,
        )

    def _check_reference(self, columns: Sequence[_Column]) -> None:
        """Reject a reference point of an objective that the default did not choose."""
        known = [column.chosen.metric for column in columns]
        for address in self.options.reference_point or {}:
            if address not in known:
                message = f"reference_point: {address!r} is not an objective (these are {formatting.listed(known)})"
                raise ValueError(message)

    def _objective(self, column: _Column, models: Sequence[str], by: tuple[ComparedBy, ...]) -> ComparedObjective:
        values = [column.turned(model) for model in models]
        ideal, worst = min(values), max(values)
        given = (self.options.reference_point or {}).get(column.chosen.metric)
        reference = column.sign * (worst + BEYOND * (worst - ideal)) if given is None else given
        rule = f"worst value plus {100 * BEYOND:g}{formatting.THIN}% of the range" if given is None else DECLARED
        return ComparedObjective(
            **column.described(models).model_dump(),
            compared_by=by,
            ideal=column.sign * ideal,
            reference=reference,
            reference_rule=rule,
        )


def _listed(excluded: Mapping[str, str]) -> tuple[ExcludedModel, ...]:
    return tuple(ExcludedModel(model=model, reason=reason) for model, reason in excluded.items())


# ------------------------------------------------------------------------------------------------ reading the table


def _column(table: MetricTable, chosen: Objective) -> _Column:
    """Read a metric of all models from the table, without models where its direction is the opposite."""
    section, _, name = chosen.metric.partition(".")
    spec = table.specs.get(chosen.metric)
    found = table.find(section, name)
    asked = (one for one in found if one.subject == chosen.subject)
    measured = {one.model: one.metric for one in asked if one.metric.value is not None}
    higher, rule = _direction(chosen, spec, measured)
    opposed = {model for model, metric in measured.items() if metric.higher_is_better not in (None, higher)}
    title = spec.title if spec else chosen.metric
    missing = [model for model in table.models if model not in measured]
    reasons = {model: _why_missing(chosen, spec, [one for one in found if one.model == model]) for model in missing}
    reasons |= {model: f"{title}: {_opposed(measured[model])}" for model in opposed}
    kept = {model: metric for model, metric in measured.items() if model not in opposed}
    return _Column(chosen, spec, higher, rule, kept, reasons, _differences(table, chosen, spec))


def _direction(chosen: Objective, spec: MetricSpec | None, measured: Mapping[str, Metric]) -> tuple[bool | None, str]:
    """Return whether higher is better, and the basis: declared, defined, or the direction of most models.

    In a tie the first model decides. None where no model has the metric.

    Raises
    ------
    ValueError
        The metric has no direction, declared or defined.
    """
    if chosen.direction is not None:
        return chosen.direction == "max", DECLARED
    if spec is not None and spec.higher_is_better is not None:
        return spec.higher_is_better, "definition of the metric"
    said = [metric.higher_is_better for metric in measured.values() if metric.higher_is_better is not None]
    if not said:
        if measured:
            message = f"{chosen.metric}: it has no preferred direction; set direction to 'max' or 'min'"
            raise ValueError(message)
        return None, "no model has it"
    higher = said.count(True) > said.count(False) or (said.count(True) == said.count(False) and said[0])
    return higher, "direction in the models" if len(set(said)) == 1 else "direction in most models"


def _why_missing(chosen: Objective, spec: MetricSpec | None, own: Sequence[Measurement]) -> str:
    """Return why a model has no value, given all that it has at the address."""
    if spec is None:
        return f"{chosen.metric}: its section is not part of this run"
    asked = next((one.metric for one in own if one.subject == chosen.subject), None)
    if asked is not None:
        return f"{spec.title}: {asked.reason}"
    about = chosen.subject or "the model as a whole"
    subjects = formatting.listed([str(one.subject) for one in own])
    return f"{spec.title}: no value for {about}" + (f", only for {subjects}" if own else "")


def _opposed(metric: Metric) -> str:
    own, other = ("higher", "lower") if metric.higher_is_better else ("lower", "higher")
    return f"{own} is better for {metric.estimator or 'its metric'}, but {other} is better for the other models"


def _differences(table: MetricTable, chosen: Objective, spec: MetricSpec | None) -> dict[tuple[str, str], Metric]:
    """Return the paired differences of a metric by pair of models, where its declaration names them."""
    if spec is None or spec.difference is None:
        return {}
    found = table.find(chosen.metric.partition(".")[0], spec.difference)
    by_subject = {(one.model, one.subject): one.metric for one in found}
    before = f"{chosen.subject}/" if chosen.subject else ""
    pairs = permutations(table.models, 2)
    return {pair: by_subject[key] for pair in pairs if (key := (pair[0], f"{before}vs {pair[1]}")) in by_subject}


def _why_excluded(model: str, columns: Sequence[_Column]) -> str | None:
    reasons = [column.reasons[model] for column in columns if model not in column.metrics]
    return "; ".join(reasons) or None


# ------------------------------------------------------------------------------------------------ comparing


def _compared(
    models: Sequence[str], values: FloatArray, columns: Sequence[_Column]
) -> tuple[list[ComparedModel], list[JudgedPair], list[tuple[ComparedBy, ...]]]:
    """Rank the models, best first, and test the differences of all pairs in all objectives as one family."""
    n = len(models)
    better, known = np.zeros((2, len(columns), n, n), bool)
    used: list[set[ComparedBy]] = [set() for _ in columns]
    family: dict[tuple[int, int, int], simultaneous.Ends] = {}
    for (i, one), (j, other) in combinations(enumerate(models), 2):
        for k, column in enumerate(columns):
            ends, by = column.difference(one, other)
            used[k].add(by)
            known[k, i, j] = known[k, j, i] = by != "value alone"
            if by == "exact value":
                better[k, i, j], better[k, j, i] = values[i, k] < values[j, k], values[j, k] < values[i, k]
            if ends is not None:
                family[k, i, j] = ends
    for (k, i, j), p in simultaneous.adjusted(family).items():
        above = family[k, i, j][0] > 0
        better[k, i, j], better[k, j, i] = p <= simultaneous.LEVEL and not above, p <= simultaneous.LEVEL and above
    tested, by_value = known.all(axis=0), pareto.dominance(values)
    dominates = np.logical_and(tested, pareto.proven(values, better))
    rivals = np.logical_and(tested, pareto.one_sided(better) & ~by_value)
    untested = np.logical_and(by_value, ~tested)
    ranks = pareto.ranks(values)
    compared = [
        ComparedModel(
            model=models[place],
            values=tuple(column.metrics[models[place]] for column in columns),
            rank=int(ranks[place]),
            on_front=bool(ranks[place] == 1),
            indistinguishable=bool(ranks[place] > 1 and not (dominates | untested)[:, place].any()),
            clearly_dominated_by=tuple(models[other] for other in np.flatnonzero(dominates[:, place]).tolist()),
            lead=_lead(family, place, np.flatnonzero(dominates[:, place]).tolist()),
            rivals=tuple(models[other] for other in np.flatnonzero(rivals[:, place]).tolist()),
            behind=tuple(models[other] for other in np.flatnonzero(untested[:, place]).tolist()),
        )
        for place in np.argsort(ranks, kind="stable").tolist()
    ]
    pairs = list(combinations(range(n), 2)) if n <= EVERY else _firsts(dominates, rivals, untested)
    judged = [
        JudgedPair(
            model=models[i],
            other=models[j],
            differences=tuple(
                column.judged(models[i], models[j], beyond=bool(better[k, i, j] or better[k, j, i]))
                for k, column in enumerate(columns)
            ),
        )
        for i, j in pairs
    ]
    return compared, judged, [tuple(by for by in _ORDER if by in found) for found in used]


def _firsts(*related: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return each point with the first one that is related to it, by every relation of shape (n, n); no pair twice."""
    found = {
        frozenset((int(np.argmax(column)), place))
        for one in related
        for place, column in enumerate(one.T)
        if column.any()
    }
    return sorted((min(pair), max(pair)) for pair in found)


def _lead(family: dict[tuple[int, int, int], simultaneous.Ends], place: int, ahead: Sequence[int]) -> float | None:
    """Return the largest of the tested leads of some models over one, as a multiple of its interval's reach."""
    found = []
    for (_, i, j), ends in family.items():
        behind = j if ends[0] < 0 else i
        if behind == place and (j if behind == i else i) in ahead:
            found.append(simultaneous.times_its_reach(*ends))
    return max((one for one in found if one is not None), default=None)


def _pair_front(models: Sequence[str], values: FloatArray, columns: Sequence[_Column], other: int) -> PairFront:
    """Find the front of the first objective and another one."""
    pair = values[:, [other, 0]]
    places = np.flatnonzero(pareto.front(pair)).tolist()
    ordered = sorted(places, key=lambda place: (columns[other].sign * float(pair[place, 0]), place))
    return PairFront(across=other, up=0, models=tuple(models[place] for place in ordered))


def _hypervolume(values: FloatArray, objectives: Sequence[ComparedObjective]) -> Hypervolume:
    signs = np.array([-1.0 if one.higher_is_better else 1.0 for one in objectives])
    reference = signs * [one.reference for one in objectives]
    sides = reference - signs * [one.ideal for one in objectives]
    flat = [one.title for one, side in zip(objectives, sides, strict=True) if side <= 0]
    if flat:
        reason = f"the reference point is not worse than the best {formatting.listed(flat)}"
        return Hypervolume(value=None, share=None, reason=reason)
    value = pareto.hypervolume(values, reference)
    return Hypervolume(value=value, share=value / float(np.prod(sides)), reason=None)


def _knee(models: Sequence[str], values: FloatArray) -> str | None:
    """Return the model at the knee of a front of two objectives."""
    if values.shape[1] != 2:  # noqa: PLR2004
        return None
    places = np.flatnonzero(pareto.front(values))
    found = pareto.knee(values[places])
    return None if found is None else models[places[found]]


# ------------------------------------------------------------------------------------------------ heatmap


def _rows(models: Sequence[str], columns: Sequence[_Column]) -> Iterator[HeatmapRow]:
    scaled = [_normalized(models, column) for column in columns]
    for model in models:
        yield HeatmapRow(
            model=model,
            values=tuple(column.metrics.get(model) for column in columns),
            normalised=tuple(one.get(model) for one in scaled),
        )


def _normalized(models: Sequence[str], column: _Column) -> dict[str, float]:
    """Scale a metric to 1 for the best model and 0 for the worst; 1 for all where they are equal."""
    turned = {model: column.turned(model) for model in models if model in column.metrics}
    best, worst = min(turned.values(), default=0.0), max(turned.values(), default=0.0)
    return {model: 1.0 if worst == best else (worst - value) / (worst - best) for model, value in turned.items()}
