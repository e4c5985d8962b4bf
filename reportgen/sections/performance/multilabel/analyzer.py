"""Computes the metrics of every multilabel head and of its classes, and compares the models. The row is the unit of all intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract import labels
from reportgen.contract.constants import OfLabels
from reportgen.contract.heads import MeasuredHead, MultilabelHead
from reportgen.contract.records.multilabel import ClassOutputs
from reportgen.contract.subjects import Subject
from reportgen.metrics import intervals, multilabel, pooled, ranking
from reportgen.metrics.spans import each, number, total
from reportgen.sections.performance import multilabel_schema as schema, schema as shared
from reportgen.sections.performance.classified import of_rows
from reportgen.sections.performance.multilabel_schema import MultilabelPerformance
from reportgen.sections.performance.rivals import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.performance.tiers import Tier

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_FREQUENCIES = "the same classes apply to every row, so their frequencies are perfect"
_NO_SCORE = "no class applies or is predicted on any row"


@dataclass(frozen=True)
class Several(MultilabelHead):
    """A multilabel head, and the constants that it is compared with."""

    @cached_property
    def constants(self) -> OfLabels:
        """The constants that it is compared with."""
        return OfLabels(self)


def paired(several: Sequence[Several], decision: Decision) -> tuple[list[Measurement], list[Tier]]:
    """Compare the models that have the same head."""
    groups: dict[tuple[str | None, int], list[Several]] = {}
    for head in several:
        groups.setdefault((head.subject(), head.outputs.n_classes), []).append(head)
    alike = [group for group in groups.values() if len(group) > 1]
    how = Comparison(
        goodness=lambda one: one.counts.f1.value(one.design.weights),
        difference=lambda first, second: (found := first.f1_apart(second)) and found[0],
        p_value=lambda first, second: first.f1_p(second),
        pair=_pair,
    )
    measurements, tiers = compare(alike, how, decision)
    return [*(one for group in alike for one in _by_role(group, decision)), *measurements], tiers


def shown(head: Several) -> MultilabelPerformance:
    """Return what is said of a head beside its metrics."""
    outputs, groups = head.outputs, head.design.groups
    of_classes = None
    if groups is not None:
        of_classes = tuple(len(np.unique(groups[outputs.labels[:, index]])) for index in range(outputs.n_classes))
    return MultilabelPerformance(
        model=head.model.name,
        subject=head.subject(),
        n=head.n,
        class_names=head.head.class_names,
        threshold=outputs.threshold,
        unknown=outputs.known.size - number(outputs.known),
        class_groups=of_classes,
        constant=number(each(partial(np.not_equal, outputs.predicted[0]), outputs.predicted)) == 0,
    )


# ------------------------------------------------------------------------------------------------ of a whole head


def measured(head: Several) -> Iterator[Measurement]:
    """Yield the metrics of a head and of its classes."""
    yield from _whole(head)
    yield from _classes(head)


def _whole(head: Several) -> Iterator[Measurement]:
    weights, threshold = head.design.weights, f"threshold {head.outputs.threshold:g}"
    yield head.if_any(
        schema.EXACT_MATCH, intervals.proportion(head.exact, weights), "no row was evaluated", estimator=threshold
    )
    wrong = pooled.micro(head.counts.wrong, weights)
    yield head.if_any(schema.HAMMING_LOSS, wrong, "no label is known", estimator=threshold)
    for spec, found in (
        (schema.CLASSES_PER_ROW, labels.classes_per_row(head)),
        (schema.CARDINALITY_BIAS, labels.cardinality_bias(head)),
    ):
        yield head.if_any(spec, found, "no row was evaluated")
    yield from _averages(head, threshold)
    yield from _probabilistic(head)
    yield from _skills(head)


def _averages(head: Several, threshold: str) -> Iterator[Measurement]:
    specs = {spec.name: spec for one in schema.AVERAGES for spec in (one.precision, one.recall, one.f1) if spec}
    specs[shared.MACRO_F1.name] = shared.MACRO_F1
    for one in labels.averages(head):
        yield head.if_any(specs[one.name], one.estimate, one.reason, design=one.design, estimator=threshold)


def _probabilistic(head: Several) -> Iterator[Measurement]:
    clipped, found = head.outputs.clipped_fraction, labels.areas(head)
    caveat = (
        f"from clipped probabilities: {clipped:.2%} of the labels had probability 0, so the true value is higher"
        if clipped
        else None
    )
    for spec, sums, note in ((shared.NLL, head.mean_nll, caveat), (shared.BRIER, head.mean_brier, None)):
        yield head.estimated(spec, head.mean_loss(sums), estimator="mean over the classes", caveat=note)
    n_classes = head.outputs.n_classes
    left_out = f"{found.absent} of {n_classes} classes apply to no row or to all of them and are left out"
    for spec, area in ((shared.ROC_AUC, found.roc_auc), (shared.AVERAGE_PRECISION, found.average_precision)):
        caveat = left_out if found.absent else None
        yield head.if_any(spec, area, labels.ONE_KIND, estimator="macro over the classes", caveat=caveat)


def _skills(head: Several) -> Iterator[Measurement]:
    reasons = {
        schema.HAMMING_SKILL: "the same classes apply to every row, so the constant is perfect",
        shared.NLL_SKILL: _FREQUENCIES,
        shared.BRIER_SKILL: _FREQUENCIES,
    }
    found = dict(head.constants.skills())
    for spec, reason in reasons.items():
        yield head.if_any(spec, found[spec.name], reason)


# ------------------------------------------------------------------------------------------------ of a class


def _classes(head: Several) -> Iterator[Measurement]:
    for index, name in enumerate(head.head.class_names):
        part = Subject.of("class", name)
        if index not in head.constants.frequencies:
            for spec in (*shared.PER_CLASS, *schema.PER_CLASS):
                yield head.insufficient(spec, "no label of this class is known", part)
            continue
        one = _Label(*head.class_alone(index))
        own, called, weights = one.outputs.labels, one.outputs.predicted, one.design.weights
        sums = [total(rows, weights) for rows in (each(np.logical_and, own, called), own, called)]
        yield from of_rows(one, part, (own, called), (sums[0], sums[1], sums[2]))
        yield from _class_scores(one, part)


@dataclass(frozen=True)
class _Label(MeasuredHead[ClassOutputs]):
    """One class as a binary head."""

    @cached_property
    def n_errors(self) -> int:
        """Number of rows that are predicted wrong."""
        return number(each(np.not_equal, self.outputs.labels, self.outputs.predicted))

    def approximated(self, estimate: Estimate) -> Estimate:
        """Withhold an approximate interval below 5 errors."""
        return estimate.supported(self.n_errors, intervals.FEWEST_ERRORS, "errors")


def _class_scores(one: _Label, part: Subject) -> Iterator[Measurement]:
    applies, weights = one.outputs.labels, one.design.weights
    prevalence = intervals.proportion(applies, weights)
    brier = intervals.mean(one.outputs.brier, low=0.0, high=1.0, weights=weights)
    if prevalence is not None and brier is not None:
        yield one.estimated(schema.PREVALENCE, prevalence, part)
        yield one.estimated(schema.CLASS_BRIER, one.approximated(brier), part)
    own = each(np.multiply, applies, one.design.weight)
    rows = one.outputs.probability, own, each(np.subtract, one.design.weight, own)
    for spec, found in (
        (schema.CLASS_AP, ranking.average_precision(*rows)),
        (schema.CLASS_AUC, ranking.roc_auc(*rows)),
    ):
        if found is None:
            which = "all rows" if number(applies) else "no row"
            yield one.insufficient(spec, f"the class applies to {which}", part)
        else:
            yield one.estimated(spec, one.approximated(found), part)


# ------------------------------------------------------------------------------------------------ of two models


def _pair(first: Several, second: Several, p_value: float | None, adjusted: float | None) -> Iterator[Measurement]:
    """Yield the differences of two models; the p-values are the same both ways."""
    part = Subject.of("vs", second.model.name)
    yield first.estimated(schema.EXACT_DIFFERENCE, first.exact_apart(second), part)
    wrong = first.wrong_of_either(second)
    for spec, own, other, largest in (
        (schema.HAMMING_DIFFERENCE, first.counts.wrong, second.counts.wrong, 1.0),
        (schema.MICRO_F1_DIFFERENCE, first.counts.f1, second.counts.f1, 1.0),
        (shared.NLL_DIFFERENCE, first.mean_nll, second.mean_nll, math.inf),
        (shared.BRIER_DIFFERENCE, first.mean_brier, second.mean_brier, 1.0),
    ):
        found = first.loss_apart(own, other, largest)
        yield first.if_any(spec, None if found is None else first.of_either(found, wrong), _NO_SCORE, part)
    if first.f1_apart(second) is None:
        for spec in (schema.MICRO_F1_PAIRS.p, schema.MICRO_F1_PAIRS.p_holm):
            yield first.insufficient(spec, _NO_SCORE, part)
        return
    how = first.design.test("the paired difference")
    yield first.tested(schema.MICRO_F1_PAIRS.p, p_value, part, estimator=how)
    yield first.tested(schema.MICRO_F1_PAIRS.p_holm, adjusted, part, estimator=how)


def _by_role(group: list[Several], decision: Decision) -> Iterator[Measurement]:
    """Yield the differences in F1 between the candidate and its baseline, class by class."""
    of = {one.model.name: one for one in group}
    if decision.pair is None or not of.keys() >= set(decision.pair):
        return
    candidate, baseline = (of[name] for name in decision.pair)
    for index, name in enumerate(candidate.head.class_names):
        own, other = candidate.of_class(index), baseline.of_class(index)
        found = multilabel.f1_difference(own, other, candidate.design.weights)
        if found is not None:
            wrong = number(each(lambda *counts: sum(counts) > 0, own.wrong.numerators, other.wrong.numerators))
            yield candidate.estimated(
                schema.F1_DIFFERENCE, candidate.of_either(found[0], wrong), Subject.of("class", name)
            )
