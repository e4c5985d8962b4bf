"""Values in order: quantiles, ranks, and cumulative shares of weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.mapped import filled, in_order, running
from reportgen.metrics.spans import each, previous

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]

ROUNDING = 1e-12
"""How far a sum of shares may be below a level and still reach it."""


@dataclass(frozen=True)
class Ordered:
    """Values in order.

    Attributes
    ----------
    values
        (N,) float64, increasing.
    reached
        (N,) float64, the share of the weight up to each, in (0, 1].
    """

    values: Floats
    reached: Floats

    @classmethod
    def of(cls, values: Values, weights: Floats | None = None) -> Ordered:
        """Sort values (N,), with their positive weights (N,), at least one."""
        n = len(values)
        if weights is None:
            reached = filled(n, np.float64, lambda span: np.arange(span.start + 1, span.stop + 1) / n)
            return cls(in_order(values), reached)
        pairs = filled(n, np.complex128, lambda span: values[span] + 1j * weights[span])
        pairs.sort()  # in place, by the value, then by the weight
        summed = running(each(np.imag, pairs))
        return cls(
            filled(n, np.float64, lambda span: pairs[span].real),
            filled(n, np.float64, lambda span: summed[span] / summed[-1]),
        )

    @property
    def before(self) -> Derived:
        """(N,) the share of the weight before each."""
        return previous(self.reached, 0.0)

    @property
    def rises(self) -> Derived:
        """(N,) how far each is above the one before it; 0 for the first."""
        return each(np.subtract, self.values, previous(self.values, self.values[0]))

    def at(self, share: float) -> float:
        """Return the smallest value that at least a share of the weight does not exceed."""
        place = min(int(np.searchsorted(self.reached, share - ROUNDING)), len(self.values) - 1)
        return float(self.values[place])

    def below(self, share: float) -> float:
        """Return the largest value that at most a share of the weight does not exceed; the smallest if there is none."""
        place = max(int(np.searchsorted(self.reached, share + ROUNDING, side="right")) - 1, 0)
        return float(self.values[place])

    def places(self, wanted: Floats) -> NDArray[np.int64]:
        """Return the first place (M,) of each of some of the values (M,)."""
        order = np.argsort(wanted)  # searched in order, because neighbors are in the same pages
        found = np.empty(len(wanted), np.int64)
        found[order] = np.searchsorted(self.values, wanted[order])
        return found

    def ranks(self, wanted: Floats) -> Floats:
        """Return the ranks (M,) from 1 of some of the values (M,); the mean rank of equal ones."""
        first = self.places(wanted)
        last = np.minimum(first + 1, len(self.values) - 1)
        tied = np.flatnonzero(self.values[last] == wanted)
        after = first + 1
        after[tied] = np.searchsorted(self.values, wanted[tied], side="right")
        ranks: Floats = (first + after + 1) / 2
        return ranks
