"""Paired differences in a loss between all models that share an output, with p-values adjusted for their number."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, TypeVar

from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, intervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.heads import MeasuredHead
    from reportgen.contract.numbers import Measurement, MetricSpec

    Floats = NDArray[np.float64]

HeadT = TypeVar("HeadT", bound="MeasuredHead[Any]")


@dataclass(frozen=True)
class PairSpecs:
    """The metrics of a pair: the difference of mean losses, its p-value, and that adjusted for all pairs of the report."""

    difference: MetricSpec
    p: MetricSpec
    p_holm: MetricSpec


def compared(
    groups: Sequence[Sequence[HeadT]], losses: Callable[[HeadT], Floats], specs: PairSpecs
) -> Iterator[Measurement]:
    """Yield the differences of every pair of models, both ways round; the p-values are the same both ways.

    Parameters
    ----------
    groups
        Heads of the models that can be compared, on the same rows.
    losses
        Of a head, (N,).
    specs
        What is measured.
    """
    p_values = {
        frozenset((id(first), id(second))): p_value(first, losses(first) - losses(second))
        for group in groups
        for first, second in combinations(group, 2)
    }
    tested = {pair: p for pair, p in p_values.items() if p is not None}
    adjusted = dict(zip(tested, comparison.holm(list(tested.values())), strict=True))
    for group in groups:
        for first, second in permutations(group, 2):
            pair, part = frozenset((id(first), id(second))), Subject.of("vs", second.model.name)
            found = comparison.mean_difference(losses(first), losses(second), weights=first.design.weights)
            if found is None:
                message = "an evaluation has at least one row"
                raise ValueError(message)
            yield first.estimated(specs.difference, found, part)
            how = first.design.test("the paired difference")
            yield first.tested(specs.p, p_values[pair], part, estimator=how)
            yield first.tested(specs.p_holm, adjusted.get(pair), part, estimator=how)


def p_value(one: MeasuredHead[Any], differences: Floats) -> float | None:
    """Return the p-value of paired differences (N,) with mean 0; None where there are too few groups for a test."""
    return one.design.p_value(differences, intervals.mean_p_value(differences))
