"""Computes the metrics of every multilabel head and of its classes, and compares the models. The row is the unit of all intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.heads import MeasuredHead, MultilabelHead
from reportgen.contract.records.multilabel import ClassOutputs
from reportgen.contract.subjects import Subject
from reportgen.metrics import classification, comparison, intervals, multilabel, pooled, ranking
from reportgen.metrics.mapped import filled
from reportgen.metrics.ranking import Column
from reportgen.metrics.spans import each, number, total
from reportgen.sections.performance import multilabel_schema as schema, schema as shared
from reportgen.sections.performance.classified import of_rows
from reportgen.sections.performance.multilabel_schema import MultilabelPerformance
from reportgen.sections.performance.rivals import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.pooled import Parts
    from reportgen.sections.performance.tiers import Tier

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_ONE_KIND = "the evaluated data contain only one kind of rows: the class applies to all of them or to none"

_NO_SCORE = "no class applies or is predicted on any row"


@dataclass(frozen=True)
class Losses:
    """Sums over the known labels of every row (N,): negative log-likelihood, squared error; and those of the class frequencies."""

    nll: Floats
    brier: Floats
    prior_nll: Floats
    prior_brier: Floats


@dataclass(frozen=True)
class Several(MultilabelHead):
    """A multilabel head with what is counted of it once."""

    @cached_property
    def losses(self) -> Losses:
        """The losses by row, summed class by class so that no matrix of them is needed."""
        outputs = self.outputs

        def nll(applies: Flags, frequency: float) -> Floats:
            with np.errstate(divide="ignore"):
                return np.where(applies, -np.log(frequency), -np.log1p(-frequency))

        def squared(applies: Flags, frequency: float) -> Floats:
            return np.square(frequency - applies)

        return Losses(outputs.nll, outputs.brier, self._of_frequencies(nll), self._of_frequencies(squared))

    def _of_frequencies(self, loss: Callable[[Flags, float], Floats]) -> Floats:
        """Return the loss of predicting the frequency of every class, summed over the known labels of every row (N,)."""
        outputs = self.outputs

        def of(span: slice) -> Floats:
            found = np.zeros(span.stop - span.start)
            for index, frequency in self.frequencies.items():
                applies, known = outputs.labels[span, index], outputs.known[span, index]
                found += np.where(known, loss(applies, frequency), 0.0)
            return found

        return filled(self.n, np.float64, of)

    @cached_property
    def frequencies(self) -> Mapping[int, float]:
        """How often each class applies, by weight, of the classes of which a label is known."""
        outputs, weights = self.outputs, self.design.weights
        sums = {
            index: [total(one[:, index], weights) for one in (outputs.labels, outputs.known)]
            for index in range(outputs.n_classes)
        }
        return {index: applies / known for index, (applies, known) in sums.items() if known}

    def columns(self) -> Iterator[Column]:
        """Yield the classes with their scores."""
        outputs = self.outputs
        whole = number(outputs.known) == outputs.known.size
        for index in range(outputs.n_classes):
            known = None if whole else outputs.known[:, index]
            yield Column(outputs.logits[:, index], outputs.labels[:, index], known)


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
    weights, counts = head.design.weights, head.counts
    exact = intervals.proportion(head.exact, weights)
    threshold = f"threshold {head.outputs.threshold:g}"
    if exact is not None:
        yield head.estimated(schema.EXACT_MATCH, exact, estimator=threshold)
    yield _if_any(head, schema.HAMMING_LOSS, pooled.micro(counts.wrong, weights), "no label is known", threshold)
    yield _hamming_skill(head)
    yield from _cardinality(head)
    yield from _averages(head, threshold)
    yield from _probabilistic(head)


def _if_any(
    head: Several, spec: MetricSpec, found: Estimate | None, reason: str, estimator: str | None = None
) -> Measurement:
    return head.insufficient(spec, reason) if found is None else head.estimated(spec, found, estimator=estimator)


def _hamming_skill(head: Several) -> Measurement:
    outputs, wrong = head.outputs, head.counts.wrong
    always = multilabel.constant(outputs.labels, outputs.known, head.design.weights)
    reference = each(
        lambda labels, known: ((always != labels) & known).sum(axis=1).astype(np.float64), outputs.labels, outputs.known
    )
    found = classification.skill(wrong.numerators, reference, head.design.weights)
    if found is not None:
        found = found.supported(head.n_wrong, intervals.FEWEST_ERRORS, "rows with an error")
    return _if_any(head, schema.HAMMING_SKILL, found, "the same classes apply to every row, so the constant is perfect")


def _cardinality(head: Several) -> Iterator[Measurement]:
    counts, weights = head.counts, head.design.weights
    applies = intervals.mean(counts.labels, low=0.0, weights=weights)
    bias = intervals.mean(counts.surplus, weights=weights)
    if applies is not None and bias is not None:
        yield head.estimated(schema.CLASSES_PER_ROW, applies)
        yield head.estimated(schema.CARDINALITY_BIAS, bias)


def _averages(head: Several, threshold: str) -> Iterator[Measurement]:
    weights, by_class = head.design.weights, [head.of_class(index) for index in range(head.outputs.n_classes)]
    for name, none in (
        ("precision", "no class is predicted for any row"),
        ("recall", "no class applies to any row"),
        ("f1", "no class is predicted for any row, and none applies to any"),
    ):
        parts: Parts = getattr(head.counts, name)
        own: dict[str, MetricSpec] = {
            one.name: getattr(one, name) or shared.MACRO_F1 for one in (schema.MICRO, schema.MACRO, schema.SAMPLES)
        }
        yield _if_any(head, own["micro"], pooled.micro(parts, weights), none, threshold)
        mean = pooled.macro([getattr(one, name) for one in by_class], weights)
        yield _if_any(head, own["macro"], mean, none, threshold)
        values, rows = pooled.per_row(parts)
        design = head.design.take(rows) if len(values) else head.design
        found = pooled.mean_over_rows(values, design.weights) if len(values) else None
        if found is None:
            yield head.insufficient(own["samples"], none)
        else:
            yield head.estimated(own["samples"], found, design=design, estimator=threshold)


def _probabilistic(head: Several) -> Iterator[Measurement]:
    losses, known, weights = head.losses, head.counts.known, head.design.weights
    clipped = head.outputs.clipped_fraction
    caveat = (
        f"from clipped probabilities: {clipped:.2%} of the labels had probability 0, so the true value is higher"
        if clipped
        else None
    )
    for spec, sums, note in ((shared.NLL, losses.nll, caveat), (shared.BRIER, losses.brier, None)):
        found = pooled.pooled_loss(sums, known, weights)
        found = found.supported(head.n_wrong, intervals.FEWEST_ERRORS, "rows with an error")
        yield head.estimated(spec, found, estimator="mean over the classes", caveat=note)
    outputs = head.outputs
    sizes, of_known = ([number(one[:, k]) for k in range(outputs.n_classes)] for one in (outputs.labels, outputs.known))
    absent = sum(not 0 < size < known_ for size, known_ in zip(sizes, of_known, strict=True))
    left_out = f"{absent} of {outputs.n_classes} classes apply to no row or to all of them and are left out"
    for spec, area in (
        (shared.ROC_AUC, ranking.mean_roc_auc(head.columns(), head.n, weights)),
        (shared.AVERAGE_PRECISION, multilabel.macro_average_precision(head.columns(), sizes, head.n, weights)),
    ):
        if area is None:
            yield head.insufficient(spec, _ONE_KIND)
        else:
            yield head.estimated(spec, area, estimator="macro over the classes", caveat=left_out if absent else None)
    for spec, sums, prior in (
        (shared.NLL_SKILL, losses.nll, losses.prior_nll),
        (shared.BRIER_SKILL, losses.brier, losses.prior_brier),
    ):
        skill = classification.skill(sums, prior, weights)
        if skill is not None:
            skill = skill.supported(head.n_wrong, intervals.FEWEST_ERRORS, "rows with an error")
        yield _if_any(head, spec, skill, "the same classes apply to every row, so their frequencies are perfect")


# ------------------------------------------------------------------------------------------------ of a class


def _classes(head: Several) -> Iterator[Measurement]:
    for index, name in enumerate(head.head.class_names):
        part = Subject.of("class", name)
        if index not in head.frequencies:
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
    part, weights = Subject.of("vs", second.model.name), first.design.weights
    table = comparison.discordance(first.exact, second.exact, weights)
    yield first.estimated(schema.EXACT_DIFFERENCE, comparison.accuracy_difference(table), part)
    wrong = comparison.errors_of_either(first.exact, second.exact)
    for spec, own, other, largest in (
        (schema.HAMMING_DIFFERENCE, first.counts.wrong, second.counts.wrong, 1.0),
        (schema.MICRO_F1_DIFFERENCE, first.counts.f1, second.counts.f1, 1.0),
        (shared.NLL_DIFFERENCE, first.mean_nll, second.mean_nll, math.inf),
        (shared.BRIER_DIFFERENCE, first.mean_brier, second.mean_brier, 1.0),
    ):
        found = pooled.difference(own, other, weights, largest)
        if found is None:
            yield first.insufficient(spec, _NO_SCORE, part)
        else:
            yield first.estimated(spec, _paired(found[0], wrong), part)
    if first.f1_apart(second) is None:
        for spec in (schema.MICRO_F1_PAIRS.p, schema.MICRO_F1_PAIRS.p_holm):
            yield first.insufficient(spec, _NO_SCORE, part)
        return
    how = first.design.test("the paired difference")
    yield first.tested(schema.MICRO_F1_PAIRS.p, p_value, part, estimator=how)
    yield first.tested(schema.MICRO_F1_PAIRS.p_holm, adjusted, part, estimator=how)


def _paired(found: Estimate, wrong: int) -> Estimate:
    return found.supported(wrong, intervals.FEWEST_PAIRED, "rows with an error of either model")


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
            yield candidate.estimated(schema.F1_DIFFERENCE, _paired(found[0], wrong), Subject.of("class", name))
