"""Models that share an output, compared by a loss of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, intervals
from reportgen.metrics.spans import each, total
from reportgen.sections.performance.rivals import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reportgen.contract.heads import HeadT
    from reportgen.contract.numbers import Measurement
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.sections.performance.pair_schema import PairSpecs


def by_loss(
    losses: Callable[[HeadT], Values],
    specs: PairSpecs,
    further: Callable[[HeadT, HeadT], Iterable[Measurement]] = lambda _first, _second: (),
) -> Comparison[HeadT]:
    """Return how models are compared by their losses on the same rows.

    Parameters
    ----------
    losses
        Of a head, (N,); the best has the lowest mean.
    specs
        What is measured of a pair.
    further
        Other numbers of a pair.
    """

    def goodness(one: HeadT) -> float:
        return -total(losses(one), one.design.weights)

    def difference(first: HeadT, second: HeadT) -> Estimate | None:
        return comparison.mean_difference(losses(first), losses(second), weights=first.design.weights)

    def p_value(first: HeadT, second: HeadT) -> float | None:
        differences = each(np.subtract, losses(first), losses(second))
        return first.design.p_value(differences, intervals.mean_p_value(differences))

    def pair(first: HeadT, second: HeadT, p: float | None, adjusted: float | None) -> Iterator[Measurement]:
        part, found = Subject.of("vs", second.model.name), difference(first, second)
        if found is None:
            message = "an evaluation has at least one row"
            raise ValueError(message)
        yield first.estimated(specs.difference, found, part)
        how = first.design.test("the paired difference")
        yield first.tested(specs.p, p, part, estimator=how)
        yield first.tested(specs.p_holm, adjusted, part, estimator=how)
        yield from further(first, second)

    return Comparison(goodness, difference, p_value, pair)
