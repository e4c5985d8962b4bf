"""Many comparisons at once: p-values that 95 % intervals of differences imply, adjusted so that all hold together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from reportgen.metrics import comparison
from reportgen.metrics.intervals import Z95

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LEVEL = 0.05
"""Error rate of a whole family of comparisons."""
Ends = tuple[float, float, float]
"""A value and the ends of its 95 % interval."""
KeyT = TypeVar("KeyT")


def implied_p(ends: Ends) -> float:
    """Return the two-sided p-value of "no difference" that a difference with its 95 % interval implies.

    The distance of the value from the end on the side of 0 is 1.96 standard errors: Altman & Bland (2011), BMJ 343,
    d2304. It is below 0.05 if and only if the interval excludes 0. 1 for a difference of 0, 0 for another one without
    width.

    >>> round(implied_p((0.10, 0.0, 0.3)), 4), implied_p((0.0, 0.0, 0.0))
    (0.05, 1.0)
    """
    found = times_its_reach(*ends)
    return 0.0 if found is None else math.erfc(Z95 * found / math.sqrt(2))


def times_its_reach(value: float | None, low: float | None, high: float | None) -> float | None:
    """Return a difference as a multiple of how far its interval reaches towards 0: above 1 if the interval excludes 0.

    0 for a difference of 0. None where there is no interval, or one without width.

    >>> times_its_reach(0.3, 0.1, 0.6), times_its_reach(-0.1, -0.2, 0.1), times_its_reach(0.3, None, None)
    (1.5, 0.5, None)
    """
    if value is None or low is None or high is None:
        return None
    if value == 0:
        return 0.0
    half = value - low if value > 0 else high - value
    return abs(value) / half if half > 0 else None


def adjusted(differences: Mapping[KeyT, Ends], untested: int = 0) -> dict[KeyT, float]:
    """Return the p-values of a family of differences, adjusted by Holm (1979), ``untested`` ones of which are not known.

    With all pairs of models as the family, the largest of k equal models is told from another in at most 5 % of
    families, whichever it is: no correction for having picked it is missing.
    """
    p_values = comparison.holm([implied_p(one) for one in differences.values()], untested)
    return dict(zip(differences, p_values, strict=True))


def leaders(goodness: Mapping[str, float]) -> tuple[str, ...]:
    """Return all models with the best value, in order; higher is better.

    >>> leaders({"a": 0.5, "b": 0.9, "c": 0.9})
    ('b', 'c')
    """
    best = max(goodness.values(), default=None)
    return tuple(model for model, value in goodness.items() if value == best)


def told(model: str, others: Iterable[str], adjusted_p: Mapping[frozenset[str], float]) -> bool:
    """Return whether a model is told from at least one of some others; a pair that was not tested tells nothing.

    >>> told("a", ("b", "c"), {frozenset("ab"): 0.3, frozenset("ac"): 0.01}), told("a", ("d",), {})
    (True, False)
    """
    return any(adjusted_p.get(frozenset((other, model)), 1.0) <= LEVEL for other in others)


def apart(first: Ends, second: Ends) -> Ends:
    """Return the difference of two values with its 95 % interval, by square-and-add of their intervals.

    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702, for independent estimates; conservative for estimates
    on the same examples, which vary together.

    >>> [round(end, 3) for end in apart((0.5, 0.2, 0.8), (0.1, -0.3, 0.5))]
    [0.4, -0.1, 0.9]
    """
    (one, low1, high1), (other, low2, high2) = first, second
    below, above = float(np.hypot(one - low1, high2 - other)), float(np.hypot(high1 - one, other - low2))
    return one - other, one - other - below, one - other + above
