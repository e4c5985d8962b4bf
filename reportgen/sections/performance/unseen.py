"""The scores without the rows that are also in the training data, bit by bit or nearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from reportgen.contract.heads import HeadT
from reportgen.metrics import comparison, intervals, pooled, slices
from reportgen.metrics.mapped import filled, stored, taken
from reportgen.sections.performance import regression_schema, training_schema as schema
from reportgen.sections.performance.dense import analyzer as dense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.heads import ClassifiedHead, MeasuredHead
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.data import TrainingRows
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.performance.dense.analyzer import Positions
    from reportgen.sections.performance.multilabel.analyzer import Several
    from reportgen.sections.performance.regression.analyzer import Values
    from reportgen.sections.performance.regression.distributions import Scored
    from reportgen.sections.performance.training_schema import Without

    Scores = NDArray[Any]
    Mask = NDArray[np.bool_]

_ALL = "every evaluated row is also in the training data"
_OTHER_CLASSES = "other classes are labeled or predicted on these rows than on the others"


@dataclass(frozen=True)
class _Kind(Generic[HeadT]):
    """How heads of a kind are scored, and the metrics without leaked rows and near duplicates.

    Attributes
    ----------
    score
        Records the score of a head.
    apart
        The score on some rows, (N,), minus that on the others, of which there are some on either side; or why there is none.
    difference
        Records the score of a head minus that of another on the same rows.
    comparable
        What heads of one name have in common if their scores have a difference.
    """

    leaked: Without
    near: Without
    score: Callable[[HeadT, MetricSpec], Measurement | None]
    apart: Callable[[HeadT, Mask], Estimate | str | None]
    difference: Callable[[HeadT, HeadT, MetricSpec], Measurement | None]
    comparable: Callable[[HeadT], object]


def of_classes(heads: Sequence[ClassifiedHead], decision: Decision) -> Iterator[Measurement]:
    """Yield the scores of classification heads on unseen rows, and how leaked ones differ; nothing without training data."""
    specs = schema.UNSEEN_ACCURACY, schema.NEAR_ACCURACY
    kind: _Kind[ClassifiedHead] = _by_row(specs, lambda head: head.outputs.correct, lambda head: head.outputs.n_classes)
    yield from _measured(heads, decision, kind)
    yield from _nll(heads, _nll_of_classes)


def of_labels(heads: Sequence[Several], decision: Decision) -> Iterator[Measurement]:
    """Yield the exact match of multilabel heads on unseen rows, and how leaked ones differ; nothing without training data."""
    specs = schema.UNSEEN_EXACT, schema.NEAR_EXACT
    kind: _Kind[Several] = _by_row(specs, lambda head: head.exact, lambda head: head.outputs.n_classes)
    yield from _measured(heads, decision, kind)


def of_values(heads: Sequence[Values], decision: Decision) -> Iterator[Measurement]:
    """Yield the error of predicted values on unseen rows, and how leaked ones differ; nothing without training data."""
    specs = schema.UNSEEN_MAE, schema.NEAR_MAE
    kind: _Kind[Values] = _by_row(specs, lambda head: stored(head.sizes), lambda _: None)
    yield from _measured(heads, decision, kind)


def of_distributions(heads: Sequence[Scored], decision: Decision) -> Iterator[Measurement]:
    """Yield the score of predicted distributions on unseen rows, and how leaked ones differ; nothing without training data."""
    for scores, leaked, near in (
        (regression_schema.CRPS_SCORES, schema.UNSEEN_CRPS, schema.NEAR_CRPS),
        (regression_schema.PINBALL_SCORES, schema.UNSEEN_PINBALL, schema.NEAR_PINBALL),
    ):
        some = [one for one in heads if one.specs is scores]
        kind: _Kind[Scored] = _by_row((leaked, near), lambda head: head.losses, lambda head: head.levels)
        yield from _measured(some, decision, kind)


def of_positions(heads: Sequence[Positions], decision: Decision) -> Iterator[Measurement]:
    """Yield the scores of images and sequences on unseen ones, and how leaked ones differ; nothing without training data."""
    for images, leaked, near in (
        (True, schema.UNSEEN_IOU, schema.NEAR_IOU),
        (False, schema.UNSEEN_TOKENS, schema.NEAR_TOKENS),
    ):
        some = [one for one in heads if one.segments is images]
        yield from _measured(some, decision, _by_unit(leaked, near))
    yield from _nll(heads, dense.mean_nll)


# ------------------------------------------------------------------------------------------------ kinds of heads


def _by_row(
    specs: tuple[Without, Without], of_rows: Callable[[HeadT], Scores], comparable: Callable[[HeadT], object]
) -> _Kind[HeadT]:
    """Return the kind of heads whose score is the mean of that of every row, (N,) bool or not negative float."""

    def score(head: HeadT, spec: MetricSpec) -> Measurement | None:
        scores, weights = of_rows(head), head.design.weights
        share = scores.dtype == np.bool_
        found = intervals.proportion(scores, weights) if share else intervals.mean(scores, low=0.0, weights=weights)
        return None if found is None else head.estimated(spec, found)

    def difference(head: HeadT, other: HeadT, spec: MetricSpec) -> Measurement | None:
        found = _difference(of_rows(head), of_rows(other), head)
        return None if found is None else head.estimated(spec, found)

    return _Kind(
        *specs,
        score=score,
        apart=lambda head, some: slices.from_rest(of_rows(head), some, head.design),
        difference=difference,
        comparable=comparable,
    )


def _difference(first: Scores, second: Scores, head: MeasuredHead[Any]) -> Estimate | None:
    weights = head.design.weights
    if first.dtype == np.bool_:
        return comparison.accuracy_difference(comparison.discordance(first, second, weights))
    return comparison.mean_difference(first, second, weights=weights)


def _by_unit(leaked: Without, near: Without) -> _Kind[Positions]:
    """Return the kind of heads whose score is a ratio of sums over units, images or sequences, or the mean of one over classes."""
    return _Kind(
        leaked,
        near,
        score=lambda head, spec: dense.pooled_score(head, spec, head.main),
        apart=_units_apart,
        difference=_units_difference,
        comparable=lambda head: head.outputs.n_classes,
    )


def _units_difference(head: Positions, other: Positions, spec: MetricSpec) -> Measurement:
    found = head.apart(head.main, other.main)
    return dense.score_difference(head, other, spec, None if found is None else found[0])


def _units_apart(head: Positions, some: Mask) -> Estimate | str:
    """Return the score of some units minus that of the others; without an interval where the score of either has none."""
    values = pooled.linear_apart(head.main, some, head.design.weight)
    found = None if values is None else slices.from_rest(values, some, head.design)
    if found is None:
        return _OTHER_CLASSES
    scores = (one.mean(one.main) for one in (head.take(some), head.take(_not(some))))
    withheld = next((one.withheld for one in scores if one is not None and one.withheld is not None), None)
    return found if withheld is None else found.without(withheld)


# ------------------------------------------------------------------------------------------------ without some rows


def _not(rows: Mask) -> Mask:
    return filled(len(rows), np.bool_, lambda span: ~rows[span])


def _compared(heads: Sequence[HeadT]) -> Iterator[tuple[HeadT, TrainingRows]]:
    """Yield every head with what is known of its rows in the training data."""
    yield from ((head, head.data.training) for head in heads if head.data.training is not None)


def _nll(heads: Sequence[HeadT], measured: Callable[[HeadT, MetricSpec], Measurement | None]) -> Iterator[Measurement]:
    """Yield the NLL on unseen rows."""
    for head, training in _compared(heads):
        if training.leaked.all():
            yield head.insufficient(schema.UNSEEN_NLL, _ALL)
        elif (found := measured(head.take(_not(training.leaked)), schema.UNSEEN_NLL)) is not None:
            yield found


def _nll_of_classes(unseen: ClassifiedHead, spec: MetricSpec) -> Measurement | None:
    nll = unseen.mean_loss(unseen.outputs.nll)
    clipped = "of all rows, some had probability 0 for their label" if unseen.outputs.clipped_fraction else None
    return None if nll is None else unseen.estimated(spec, nll, caveat=clipped)


def _measured(heads: Sequence[HeadT], decision: Decision, kind: _Kind[HeadT]) -> Iterator[Measurement]:
    for head, training in _compared(heads):
        leaked, near = training.leaked, training.near
        yield from _without(head, leaked, (heads, decision), kind, kind.leaked)
        yield _apart(head, leaked, kind, kind.leaked, "no evaluated row is also in the training data")
        if near is None or near.reason is not None:
            continue
        either = filled(len(leaked), np.bool_, lambda span, one=leaked, other=near.near: one[span] | other[span])  # type: ignore[misc]
        yield from _without(head, either, (heads, decision), kind, kind.near)
        if leaked.all():
            yield head.insufficient(kind.near.apart, _ALL)
            continue
        none, others = "no evaluated row is nearly equal to a row of the training data", _not(leaked)
        yield _apart(head.take(others), taken(near.near, others), kind, kind.near, none)


def _without(
    head: HeadT, some: Mask, compared: tuple[Sequence[HeadT], Decision], kind: _Kind[HeadT], specs: Without
) -> Iterator[Measurement]:
    """Yield the score without some rows, (N,)."""
    if some.all():
        also = _ALL if specs is kind.leaked else f"{_ALL} or nearly equal to a row of it"
        yield head.insufficient(specs.others, also)
        return
    others = head.take(_not(some))
    found = kind.score(others, specs.others)
    if found is not None:
        yield found
    yield from _by_role(others, some, compared, kind, specs)


def _apart(head: HeadT, some: Mask, kind: _Kind[HeadT], specs: Without, none: str) -> Measurement:
    """Return the score on some rows, (N,), minus that on the others; ``none`` is why there is none where there are no such rows."""
    if some.all():
        also = _ALL if specs is kind.leaked else f"{_ALL} or nearly equal to a row of it"
        return head.insufficient(specs.apart, also)
    found = kind.apart(head, some) if some.any() else none
    if found is None or isinstance(found, str):
        return head.insufficient(specs.apart, found or none)
    return head.estimated(specs.apart, found)


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
    if other is None or kind.comparable(other) != kind.comparable(others):
        reason = "it is the difference of the candidate from its baseline"
        yield specs.difference.missing(others.model.name, "not_applicable", reason, subject=others.subject())
        return
    found = kind.difference(others, other.take(_not(some)), specs.difference)
    if found is not None:
        yield found
