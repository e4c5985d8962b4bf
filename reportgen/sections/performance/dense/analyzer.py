"""Computes the metrics of segmentation and sequence labeling heads and of their classes, and compares the models. Intervals are over units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.heads import comparable
from reportgen.contract.positions import DenseHead
from reportgen.contract.subjects import Subject
from reportgen.metrics import classification, comparison, dense, intervals, pooled
from reportgen.metrics.pooled import Parts
from reportgen.metrics.spans import number
from reportgen.sections.performance import dense_schema as schema, multilabel_schema as labels, schema as shared
from reportgen.sections.performance.dense_schema import DensePerformance, Kind, UnitScore
from reportgen.sections.performance.rivals import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.sections.performance.tiers import Tier

    Floats = NDArray[np.float64]
    Paired = tuple[Estimate, Values] | None

LOWEST = 10
"""Units with the lowest scores that are listed. Convention."""
_NO_CLASS = "no class is labeled or predicted at any position"


@dataclass(frozen=True)
class Positions(DenseHead):
    """A head with the words of its task and the constants that it is compared with."""

    @property
    def kind(self) -> Kind:
        """The nouns and the metrics of its task."""
        return schema.KINDS[self.head.task.value]

    @property
    def frequency(self) -> Floats:
        """(K,) float64, the share of each class of the positions, by the weights of the units."""
        found = (self.design.weight[:, None] * self.outputs.actual).sum(axis=0)
        return np.asarray(found / found.sum(), dtype=np.float64)

    @property
    def majority(self) -> int:
        """The most frequent class."""
        return int(self.frequency.argmax())

    @property
    def always(self) -> Parts:
        """Positions that the most frequent class is right at."""
        return Parts(self.outputs.actual[:, self.majority].astype(np.float64), self.outputs.counted)


def paired(heads: Sequence[Positions], decision: Decision) -> tuple[list[Measurement], list[Tier]]:
    """Compare the models that have the same head."""
    groups = [
        group for task in schema.KINDS for group in comparable([head for head in heads if head.head.task.value == task])
    ]
    how = Comparison(
        goodness=_main_score,
        difference=lambda first, second: (found := first.apart(first.main, second.main)) and found[0],
        p_value=lambda first, second: first.p_value(second),
        pair=_pair,
    )
    measurements, tiers = compare(groups, how, decision)
    return [*(one for group in groups for one in _by_role(group, decision)), *measurements], tiers


def shown(head: Positions) -> DensePerformance:
    """Return what the figures show of a head."""
    outputs, names = head.outputs, head.head.class_names
    there = outputs.actual > 0
    groups = None
    if head.data.design.groups is not None:
        groups = tuple(len(np.unique(head.design.codes[there[:, index]])) for index in range(outputs.n_classes))
    lowest = np.argsort(head.by_unit, kind="stable")[:LOWEST]
    whole = next(one.outputs for one in head.model.heads if one.name == head.head.name)
    return DensePerformance(
        model=head.model.name,
        subject=head.subject(),
        task=head.head.task.value,
        n=head.n,
        empty=len(getattr(whole, "nll", outputs.nll)) - head.n,
        positions=int(outputs.counted.sum()),
        masked=int(outputs.masked.sum()),
        ignored=int(outputs.ignored.sum()),
        class_names=names,
        class_units=tuple(there.sum(axis=0).tolist()),
        class_groups=groups,
        confusion=tuple(tuple(row) for row in outputs.confusion.tolist()),
        majority_class=names[head.majority],
        only_majority=bool((outputs.predicted[:, head.majority] == outputs.counted).all()),
        lowest=tuple(
            UnitScore(
                row=int(head.data.rows[index]),
                score=float(head.by_unit[index]),
                positions=int(outputs.counted[index]),
            )
            for index in lowest.tolist()
        ),
    )


# ------------------------------------------------------------------------------------------------ of a whole head


def measured(head: Positions) -> Iterator[Measurement]:
    """Yield the metrics of a head and of its classes."""
    yield from _whole(head)
    yield from _classes(head)


def _whole(head: Positions) -> Iterator[Measurement]:
    kind, weights = head.kind, head.design.weights
    yield pooled_score(head, kind.accuracy, [head.right])
    if kind.main is schema.MEAN_IOU:
        for spec, name in (
            (schema.MEAN_IOU, "iou"),
            (schema.MEAN_DICE, "f1"),
            (schema.MEAN_BOUNDARY_IOU, "boundary_iou"),
        ):
            yield pooled_score(head, spec, head.every(name))
        scores = [head.by_unit, dense.mean_of_unit(head.every("f1"))]
    else:
        yield pooled_score(head, shared.MACRO_F1, head.every("f1"))
        exact = intervals.proportion(head.exact, weights)
        if exact is not None:
            yield head.estimated(labels.EXACT_MATCH, exact)
        scores = [head.by_unit]
    for spec, values in zip(kind.by_unit, scores, strict=True):
        mean = pooled.mean_over_rows(values, weights)
        if mean is not None:
            yield head.estimated(spec, mean)
    yield from _losses(head)
    yield from _over_constants(head)


def pooled_score(head: Positions, spec: MetricSpec, parts: Sequence[Parts]) -> Measurement:
    """Record a score pooled over units, or the mean of several over classes."""
    found = head.mean(parts)
    if found is None:
        return head.insufficient(spec, _NO_CLASS)
    absent = sum(not number(one.used) for one in parts)
    left_out = f"{absent} of {len(parts)} classes are neither labeled nor predicted and are left out"
    return head.estimated(spec, found, caveat=left_out if absent else None)


def _losses(head: Positions) -> Iterator[Measurement]:
    yield mean_nll(head, shared.NLL)
    estimator = "positive class" if head.brier_divisor > 1 else None
    yield head.estimated(shared.BRIER, head.loss(head.mean_brier), estimator=estimator)
    if head.kind.main is schema.TOKEN_ACCURACY:
        perplexity = head.loss(head.mean_nll).transformed(math.exp)
        yield head.estimated(schema.PERPLEXITY, perplexity, caveat=_clipping(head))


def mean_nll(head: Positions, spec: MetricSpec) -> Measurement:
    """Record the NLL of a position."""
    return head.estimated(spec, head.loss(head.mean_nll), caveat=_clipping(head))


def _clipping(head: Positions) -> str | None:
    clipped = 0 if head.outputs.clipped is None else int(head.outputs.clipped.sum())
    if not clipped:
        return None
    share = clipped / head.outputs.counted.sum()
    return f"from clipped probabilities: {share:.2%} of the labels had probability 0, so the true value is higher"


def _over_constants(head: Positions) -> Iterator[Measurement]:
    """Yield how much better it is than constants: the most frequent class, and the class frequencies."""
    outputs, weights, frequency = head.outputs, head.design.weights, head.frequency
    always = head.always.value(weights)
    if always is None:
        return
    yield head.measure(shared.BASELINE, always)
    gain = pooled.macro_difference([head.right], [head.always], weights)
    if gain is not None:
        yield head.estimated(head.kind.gain, gain[0])
    with np.errstate(divide="ignore"):
        logarithms = np.where(frequency > 0, np.log(frequency), 0.0)
    prior_nll = -(outputs.actual * logarithms).sum(axis=1)
    prior_brier = (outputs.actual * (1.0 - 2.0 * frequency + (frequency**2).sum())).sum(axis=1)
    for spec, sums, prior in (
        (shared.NLL_SKILL, outputs.nll, prior_nll),
        (shared.BRIER_SKILL, outputs.brier, prior_brier),
    ):
        skill = None if frequency.max() == 1 else classification.skill(sums, prior, weights)
        if skill is None:
            yield head.insufficient(spec, "there is only one class, so the baseline is perfect")
        else:
            yield head.estimated(spec, head.with_errors(skill))


# ------------------------------------------------------------------------------------------------ of a class


def _classes(head: Positions) -> Iterator[Measurement]:
    specs: tuple[tuple[MetricSpec, str], ...] = ((shared.PRECISION, "precision"), (shared.RECALL, "recall"))
    if head.kind.main is schema.MEAN_IOU:
        specs += ((schema.IOU, "iou"), (schema.DICE, "f1"), (schema.BOUNDARY_IOU, "boundary_iou"))
    else:
        specs += ((shared.F1, "f1"),)
    reasons = {"precision": "the class was never predicted", "recall": "the class has no examples"}
    for index, name in enumerate(head.head.class_names):
        part = Subject.of("class", name)
        for spec, score in specs:
            found = pooled.micro(getattr(head, score)(index), head.design.weights)
            if found is None:
                reason = reasons.get(score, "the class has no examples and was never predicted")
                yield head.insufficient(spec, reason, part)
            else:
                yield head.estimated(spec, found, part)
        yield head.measure(shared.SUPPORT, int(head.outputs.actual[:, index].sum()), part)


# ------------------------------------------------------------------------------------------------ of two models


def _main_score(head: Positions) -> float | None:
    """Return the score by which models are compared."""
    values = [value for one in head.main if (value := one.value(head.design.weights)) is not None]
    return float(np.mean(values)) if values else None


def _pair(first: Positions, second: Positions, p_value: float | None, adjusted: float | None) -> Iterator[Measurement]:
    """Yield the differences of two models; the p-values are the same both ways."""
    kind, part, weights = first.kind, Subject.of("vs", second.model.name), first.design.weights
    scores = [(kind.accuracy_difference, [first.right], [second.right])]
    if kind.main is schema.MEAN_IOU:
        scores += [(schema.MEAN_IOU_PAIRS.difference, first.main, second.main)]
    else:
        scores += [(schema.MACRO_F1_DIFFERENCE, first.every("f1"), second.every("f1"))]
        table = comparison.discordance(first.exact, second.exact, weights)
        yield first.estimated(labels.EXACT_DIFFERENCE, comparison.accuracy_difference(table), part)
    for spec, own, other in scores:
        yield score_difference(first, second, spec, first.apart(own, other), part)
    for spec, losses, others in (
        (shared.NLL_DIFFERENCE, first.mean_nll, second.mean_nll),
        (shared.BRIER_DIFFERENCE, first.mean_brier, second.mean_brier),
    ):
        found = pooled.difference(losses, others, weights, math.inf)
        yield score_difference(first, second, spec, found, part)
    how = f"Student's t of the paired difference, clustered by {first.design.by}"
    apart = first.apart(first.main, second.main)
    untested = _NO_CLASS if apart is None else apart[0].withheld or first.design.too_few
    for spec, p in ((kind.pair.p, p_value), (kind.pair.p_holm, adjusted)):
        if p is None:
            yield first.insufficient(spec, untested, part)
        else:
            yield first.measure(spec, p, part, estimator=how)


def score_difference(
    first: Positions, second: Positions, spec: MetricSpec, found: Paired, part: Subject | None = None
) -> Measurement:
    """Record the difference of a score of two models on the same units; without its interval below 10 units with an error of either."""
    return _difference(first, spec, found, int((~first.exact | ~second.exact).sum()), part)


def _difference(head: Positions, spec: MetricSpec, found: Paired, wrong: int, part: Subject | None) -> Measurement:
    if found is None:
        return head.insufficient(spec, _NO_CLASS, part)
    units = f"{head.kind.units} with an error of either model"
    return head.estimated(spec, found[0].supported(wrong, intervals.FEWEST_PAIRED, units), part)


def _by_role(group: list[Positions], decision: Decision) -> Iterator[Measurement]:
    """Yield the differences between the candidate and its baseline, class by class."""
    of = {one.model.name: one for one in group}
    if decision.pair is None or not of.keys() >= set(decision.pair):
        return
    candidate, baseline = (of[name] for name in decision.pair)
    score = candidate.kind.of_class
    for index, name in enumerate(candidate.head.class_names):
        own, other = ([getattr(one, score)(index)] for one in (candidate, baseline))
        found = pooled.macro_difference(own, other, candidate.design.weights)
        if found is not None:
            wrong = int((candidate.misses(index) | baseline.misses(index)).sum())
            units, what = int((candidate.outputs.actual[:, index] > 0).sum()), f"{candidate.kind.units} with the class"
            found = found[0].supported(units, intervals.FEWEST_EXAMPLES, what), found[1]
            yield _difference(candidate, candidate.kind.class_difference, found, wrong, Subject.of("class", name))
