"""The scores without the rows that are also in the training data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from reportgen.contract.heads import ClassifiedHead, HeadT
from reportgen.metrics import comparison, intervals, slices
from reportgen.sections.performance import multilabel_schema as labels, schema
from reportgen.sections.performance.regression import schema as values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.heads import MeasuredHead
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.performance.multilabel.analyzer import Several
    from reportgen.sections.performance.regression.analyzer import Values

    Scores = NDArray[Any]
    Mask = NDArray[np.bool_]

_ALL = "every evaluated row is also in the training data"


@dataclass(frozen=True)
class _Kind(Generic[HeadT]):
    """How heads of a kind are scored row by row, (N,) bool or not negative float, and the metrics of it."""

    of_rows: Callable[[HeadT], Scores]
    unseen: MetricSpec
    difference: MetricSpec
    leaked: MetricSpec


def of_classes(heads: Sequence[ClassifiedHead], decision: Decision) -> Iterator[Measurement]:
    """Yield the scores of classification heads on unseen rows, and how leaked ones differ; nothing without training data."""
    kind = _Kind[ClassifiedHead](
        lambda head: head.outputs.correct, schema.UNSEEN_ACCURACY, schema.UNSEEN_DIFFERENCE, schema.LEAKED_ACCURACY
    )
    yield from _measured(heads, decision, kind)
    for head, leaked in _compared(heads):
        if leaked.all():
            yield head.insufficient(schema.UNSEEN_NLL, _ALL)
            continue
        unseen = head.take(~leaked)
        nll = unseen.mean_loss(unseen.outputs.nll)
        clipped = "of all rows, some had probability 0 for their label" if unseen.outputs.clipped_fraction else None
        if nll is not None:
            yield unseen.estimated(schema.UNSEEN_NLL, nll, caveat=clipped)


def of_labels(heads: Sequence[Several], decision: Decision) -> Iterator[Measurement]:
    """Yield the exact match of multilabel heads on unseen rows, and how leaked ones differ; nothing without training data."""
    kind = _Kind["Several"](lambda head: head.exact, labels.UNSEEN_EXACT, labels.UNSEEN_DIFFERENCE, labels.LEAKED_EXACT)
    yield from _measured(heads, decision, kind)


def of_values(heads: Sequence[Values], decision: Decision) -> Iterator[Measurement]:
    """Yield the error of predicted values on unseen rows, and how leaked ones differ; nothing without training data."""
    kind = _Kind["Values"](lambda head: head.sizes, values.UNSEEN_MAE, values.UNSEEN_DIFFERENCE, values.LEAKED_MAE)
    yield from _measured(heads, decision, kind)


def _compared(heads: Sequence[HeadT]) -> Iterator[tuple[HeadT, Mask]]:
    """Yield every head with which of its rows are also in the training data, (N,)."""
    yield from ((head, head.data.training.leaked) for head in heads if head.data.training is not None)


def _measured(heads: Sequence[HeadT], decision: Decision, kind: _Kind[HeadT]) -> Iterator[Measurement]:
    for head, leaked in _compared(heads):
        if leaked.all():
            yield from (head.insufficient(spec, _ALL) for spec in (kind.unseen, kind.leaked))
            continue
        unseen = head.take(~leaked)
        found = _mean(kind.of_rows(unseen), unseen)
        if found is not None:
            yield unseen.estimated(kind.unseen, found)
        yield from _by_role(unseen, leaked, heads, decision, kind)
        apart = slices.from_rest(kind.of_rows(head), leaked, head.design)
        if apart is None:
            yield head.insufficient(kind.leaked, "no evaluated row is also in the training data")
        else:
            yield head.estimated(kind.leaked, apart)


def _mean(scores: Scores, head: MeasuredHead[Any]) -> Estimate | None:
    weights = head.design.weights
    if scores.dtype == np.bool_:
        return intervals.proportion(scores, weights)
    return intervals.mean(scores, low=0.0, weights=weights)


def _by_role(
    unseen: HeadT, leaked: Mask, heads: Sequence[HeadT], decision: Decision, kind: _Kind[HeadT]
) -> Iterator[Measurement]:
    """Yield the difference of the candidate from its baseline on the unseen rows; nothing if models have no roles."""
    if decision.pair is None:
        return
    candidate, baseline = decision.pair
    same = (one for one in heads if one.model.name == baseline and one.subject() == unseen.subject())
    other = next(same, None) if unseen.model.name == candidate else None
    if other is None or (isinstance(other, ClassifiedHead) and other.outputs.n_classes != unseen.outputs.n_classes):
        reason = "it is the difference of the candidate from its baseline"
        yield kind.difference.missing(unseen.model.name, "not_applicable", reason, subject=unseen.subject())
        return
    found = _difference(kind.of_rows(unseen), kind.of_rows(other.take(~leaked)), unseen)
    if found is not None:
        yield unseen.estimated(kind.difference, found)


def _difference(first: Scores, second: Scores, head: MeasuredHead[Any]) -> Estimate | None:
    weights = head.design.weights
    if first.dtype == np.bool_:
        return comparison.accuracy_difference(comparison.discordance(first, second, weights))
    return comparison.mean_difference(first, second, weights=weights)
