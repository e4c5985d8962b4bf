"""The scores without the rows that are also in the training data, bit by bit or nearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from reportgen.contract.heads import ClassifiedHead, HeadT
from reportgen.metrics import comparison, intervals, slices
from reportgen.metrics.mapped import filled, stored, taken
from reportgen.sections.performance import training_schema as schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.heads import MeasuredHead
    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.data import TrainingRows
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.performance.multilabel.analyzer import Several
    from reportgen.sections.performance.regression.analyzer import Values
    from reportgen.sections.performance.training_schema import Without

    Scores = NDArray[Any]
    Mask = NDArray[np.bool_]

_ALL = "every evaluated row is also in the training data"


@dataclass(frozen=True)
class _Kind(Generic[HeadT]):
    """How heads of a kind are scored row by row, (N,) bool or not negative float, and the metrics without leaked rows and near duplicates."""

    of_rows: Callable[[HeadT], Scores]
    leaked: Without
    near: Without


def of_classes(heads: Sequence[ClassifiedHead], decision: Decision) -> Iterator[Measurement]:
    """Yield the scores of classification heads on unseen rows, and how leaked ones differ; nothing without training data."""
    kind = _Kind[ClassifiedHead](
        lambda head: head.outputs.correct,
        schema.UNSEEN_ACCURACY,
        schema.NEAR_ACCURACY,
    )
    yield from _measured(heads, decision, kind)
    for head, training in _compared(heads):
        if training.leaked.all():
            yield head.insufficient(schema.UNSEEN_NLL, _ALL)
            continue
        unseen = head.take(_not(training.leaked))
        nll = unseen.mean_loss(unseen.outputs.nll)
        clipped = "of all rows, some had probability 0 for their label" if unseen.outputs.clipped_fraction else None
        if nll is not None:
            yield unseen.estimated(schema.UNSEEN_NLL, nll, caveat=clipped)


def of_labels(heads: Sequence[Several], decision: Decision) -> Iterator[Measurement]:
    """Yield the exact match of multilabel heads on unseen rows, and how leaked ones differ; nothing without training data."""
    kind = _Kind["Several"](lambda head: head.exact, schema.UNSEEN_EXACT, schema.NEAR_EXACT)
    yield from _measured(heads, decision, kind)


def of_values(heads: Sequence[Values], decision: Decision) -> Iterator[Measurement]:
    """Yield the error of predicted values on unseen rows, and how leaked ones differ; nothing without training data."""
    kind = _Kind["Values"](lambda head: stored(head.sizes), schema.UNSEEN_MAE, schema.NEAR_MAE)
    yield from _measured(heads, decision, kind)


def _not(rows: Mask) -> Mask:
    return filled(len(rows), np.bool_, lambda span: ~rows[span])


def _compared(heads: Sequence[HeadT]) -> Iterator[tuple[HeadT, TrainingRows]]:
    """Yield every head with what is known of its rows in the training data."""
    yield from ((head, head.data.training) for head in heads if head.data.training is not None)


def _measured(heads: Sequence[HeadT], decision: Decision, kind: _Kind[HeadT]) -> Iterator[Measurement]:
    for head, training in _compared(heads):
        leaked, near = training.leaked, training.near
        yield from _without(head, leaked, (heads, decision), kind, kind.leaked)
        yield from _apart(head, leaked, kind, kind.leaked, "no evaluated row is also in the training data")
        if near is None or near.reason is not None:
            continue
        either = filled(len(leaked), np.bool_, lambda span, one=leaked, other=near.near: one[span] | other[span])  # type: ignore[misc]
        yield from _without(head, either, (heads, decision), kind, kind.near)
        if leaked.all():
            yield head.insufficient(kind.near.apart, _ALL)
            continue
        none, others = "no evaluated row is nearly equal to a row of the training data", _not(leaked)
        yield from _apart(head.take(others), taken(near.near, others), kind, kind.near, none)


def _without(
    head: HeadT, some: Mask, compared: tuple[Sequence[HeadT], Decision], kind: _Kind[HeadT], specs: Without
) -> Iterator[Measurement]:
    """Yield the score without some rows, (N,)."""
    if some.all():
        also = _ALL if specs is kind.leaked else f"{_ALL} or nearly equal to a row of it"
        yield head.insufficient(specs.others, also)
        return
    others = head.take(_not(some))
    found = _mean(kind.of_rows(others), others)
    if found is not None:
        yield others.estimated(specs.others, found)
    yield from _by_role(others, some, compared, kind, specs)


def _apart(head: HeadT, some: Mask, kind: _Kind[HeadT], specs: Without, none: str) -> Iterator[Measurement]:
    """Yield the score on some rows, (N,), minus that on the others."""
    if some.all():
        yield head.insufficient(specs.apart, _ALL if specs is kind.leaked else f"{_ALL} or nearly equal to a row of it")
        return
    apart = slices.from_rest(kind.of_rows(head), some, head.design)
    yield head.insufficient(specs.apart, none) if apart is None else head.estimated(specs.apart, apart)


def _mean(scores: Scores, head: MeasuredHead[Any]) -> Estimate | None:
    weights = head.design.weights
    if scores.dtype == np.bool_:
        return intervals.proportion(scores, weights)
    return intervals.mean(scores, low=0.0, weights=weights)


def _by_role(
    others: HeadT, some: Mask, compared: tuple[Sequence[HeadT], Decision], kind: _Kind[HeadT], specs: Without
) -> Iterator[Measurement]:
    """Yield the difference of the candidate from its baseline without some rows; nothing if models have no roles."""
    heads, decision = compared
    if decision.pair is None:
        return
    candidate, baseline = decision.pair
    same = (one for one in heads if one.model.name == baseline and one.subject() == others.subject())
    other = next(same, None) if others.model.name == candidate else None
    if other is None or (isinstance(other, ClassifiedHead) and other.outputs.n_classes != others.outputs.n_classes):
        reason = "it is the difference of the candidate from its baseline"
        yield specs.difference.missing(others.model.name, "not_applicable", reason, subject=others.subject())
        return
    found = _difference(kind.of_rows(others), kind.of_rows(other.take(_not(some))), others)
    if found is not None:
        yield others.estimated(specs.difference, found)


def _difference(first: Scores, second: Scores, head: MeasuredHead[Any]) -> Estimate | None:
    weights = head.design.weights
    if first.dtype == np.bool_:
        return comparison.accuracy_difference(comparison.discordance(first, second, weights))
    return comparison.mean_difference(first, second, weights=weights)
