"""Computes the metrics of segmentation and sequence labeling heads and of their classes, and compares the models. Intervals are over units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.constants import PERFECT, OfPositions
from reportgen.contract.heads import comparable
from reportgen.contract.positions import DenseHead
from reportgen.contract.subjects import Subject
from reportgen.metrics import intervals, pooled
from reportgen.metrics.spans import number
from reportgen.sections.performance import dense_schema as schema, multilabel_schema as labels, schema as shared
from reportgen.sections.performance.dense_schema import DensePerformance, Kind, UnitScore
from reportgen.sections.performance.rivals import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.pooled import Parts
    from reportgen.sections.performance.tiers import Tier

    Floats = NDArray[np.float64]

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

    @cached_property
    def constants(self) -> OfPositions:
        """The constants that it is compared with."""
        return OfPositions(self)


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
        majority_class=names[head.constants.majority],
        only_majority=bool((outputs.predicted[:, head.constants.majority] == outputs.counted).all()),
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
        scores = [head.by_unit, head.dice_by_unit]
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
    yield head.estimated(shared.BRIER, head.mean_loss(head.mean_brier), estimator=estimator)
    if head.kind.main is schema.TOKEN_ACCURACY:
        perplexity = head.mean_loss(head.mean_nll).transformed(math.exp)
        yield head.estimated(schema.PERPLEXITY, perplexity, caveat=_clipping(head))


def mean_nll(head: Positions, spec: MetricSpec) -> Measurement:
    """Record the NLL of a position."""
    return head.estimated(spec, head.mean_loss(head.mean_nll), caveat=_clipping(head))


def _clipping(head: Positions) -> str | None:
    clipped = 0 if head.outputs.clipped is None else int(head.outputs.clipped.sum())
    if not clipped:
        return None
    share = clipped / head.outputs.counted.sum()
    return f"from clipped probabilities: {share:.2%} of the labels had probability 0, so the true value is higher"


def _over_constants(head: Positions) -> Iterator[Measurement]:
    """Yield how much better it is than constants: the most frequent class, and the class frequencies."""
    constants = head.constants
    if constants.accuracy is None:
        return
    yield head.measure(shared.BASELINE, constants.accuracy)
    if constants.gain is not None:
        yield head.estimated(head.kind.gain, constants.gain)
    found = dict(constants.skills())
    for spec in (shared.NLL_SKILL, shared.BRIER_SKILL):
        yield head.if_any(spec, found[spec.name], PERFECT)


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
    kind, part = first.kind, Subject.of("vs", second.model.name)
    scores = [(kind.accuracy_difference, [first.right], [second.right])]
    if kind.main is schema.MEAN_IOU:
        scores += [(schema.MEAN_IOU_PAIRS.difference, first.main, second.main)]
    else:
        scores += [(schema.MACRO_F1_DIFFERENCE, first.every("f1"), second.every("f1"))]
        yield first.estimated(labels.EXACT_DIFFERENCE, first.exact_apart(second), part)
    for spec, own, other in scores:
        found = first.apart(own, other)
        yield score_difference(first, second, spec, None if found is None else found[0], part)
    for spec, losses, others in (
        (shared.NLL_DIFFERENCE, first.mean_nll, second.mean_nll),
        (shared.BRIER_DIFFERENCE, first.mean_brier, second.mean_brier),
    ):
        yield score_difference(first, second, spec, first.loss_apart(losses, others), part)
    how = f"Student's t of the paired difference, clustered by {first.design.by}"
    apart = first.apart(first.main, second.main)
    untested = _NO_CLASS if apart is None else apart[0].withheld or first.design.too_few
    for spec, p in ((kind.pair.p, p_value), (kind.pair.p_holm, adjusted)):
        if p is None:
            yield first.insufficient(spec, untested, part)
        else:
            yield first.measure(spec, p, part, estimator=how)


def score_difference(
    first: Positions, second: Positions, spec: MetricSpec, found: Estimate | None, part: Subject | None = None
) -> Measurement:
    """Record the difference of a score of two models on the same units; without its interval below 10 units with an error of either."""
    return _difference(first, spec, found, first.wrong_of_either(second), part)


def _difference(
    head: Positions, spec: MetricSpec, found: Estimate | None, wrong: int, part: Subject | None
) -> Measurement:
    return head.if_any(spec, None if found is None else head.of_either(found, wrong), _NO_CLASS, part)


def _by_role(group: list[Positions], decision: Decision) -> Iterator[Measurement]:
    """Yield the differences between the candidate and its baseline, class by class."""
    of = {one.model.name: one for one in group}
    if decision.pair is None or not of.keys() >= set(decision.pair):
        return
    candidate, baseline = (of[name] for name in decision.pair)
    score = candidate.kind.of_class
    for index, name in enumerate(candidate.head.class_names):
        own, other = ([getattr(one, score)(index)] for one in (candidate, baseline))
        found = pooled.macro_difference(own, other, candidate.design.weights, candidate.kind.units)
        if found is not None:
            wrong = int((candidate.misses(index) | baseline.misses(index)).sum())
            units, what = int((candidate.outputs.actual[:, index] > 0).sum()), f"{candidate.kind.units} with the class"
            apart = found[0].supported(units, intervals.FEWEST_EXAMPLES, what)
            yield _difference(candidate, candidate.kind.class_difference, apart, wrong, Subject.of("class", name))
