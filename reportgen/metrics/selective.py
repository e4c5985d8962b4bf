"""Selective prediction: how accurate a model is on the rows that are left when it refuses those it is least sure of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate

FEWEST_KEPT = 100
"""Rows that a threshold must keep to be reported: on fewer, an accuracy of 99 % cannot be told from one of 97 %. Convention."""


@dataclass(frozen=True)
class Reached:
    """The lowest confidence at which the rows that are left reach an accuracy.

    ``share`` of the rows have at least this confidence; ``accuracy`` is the share of them that is correct.
    """

    confidence: float
    kept: int
    share: float
    accuracy: float


@dataclass(frozen=True)
class Refusals:
    """Rows in the order in which a model would refuse them last; rows of equal confidence are kept or refused together.

    Attributes
    ----------
    confidence
        (M,) float64, the distinct confidences, decreasing.
    kept
        (M,) int64, the number of rows with at least this confidence.
    errors
        (M,) int64, the errors among them.
    """

    confidence: NDArray[np.float64]
    kept: NDArray[np.int64]
    errors: NDArray[np.int64]

    @classmethod
    def of(cls, confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Refusals:
        """Sort rows.

        Parameters
        ----------
        confidence, correct
            (N,) probability of the predicted class, and whether it is the label; at least one row.
        """
        order = np.argsort(-confidence, kind="stable")
        ranked = confidence[order]
        ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
        return cls(ranked[ends], ends + 1, np.cumsum(~correct[order])[ends])

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.kept[-1])

    @property
    def risk(self) -> NDArray[np.float64]:
        """(M,) error rate among the rows with at least each confidence."""
        return self.errors / self.kept

    @cached_property
    def _cumulative(self) -> NDArray[np.float64]:
        """(N,) expected errors among the first 1, 2, ... rows, where rows of equal confidence are in random order."""
        every = np.arange(1, self.n + 1)
        return np.interp(every, np.append(0, self.kept), np.append(0.0, self.errors))

    def area(self) -> Estimate:
        """Return the area under the risk-coverage curve (AURC): the mean, over all numbers of rows kept, of the error rate among them.

        0 without errors; the error rate for a confidence that says nothing; in expectation over the order of rows of equal
        confidence. The interval is that of the mean of the influence values, corrected for skewness.

        References
        ----------
        Geifman & El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS.

        >>> import numpy as np
        >>> ranked = Refusals.of(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, True, False]))
        >>> ranked.area().value
        0.0625
        """
        every = np.arange(1, self.n + 1)
        value = float(np.mean(self._cumulative / every))
        found = intervals.mean(value + self._influence(value), low=0.0, high=1.0)
        if found is None or found.low is None:
            return intervals.Estimate(value, self.n).without("no variation was seen")
        return replace(found, value=value, method=f"influence values, {found.method}")

    def _influence(self, area: float) -> NDArray[np.float64]:
        """Return the (N,) influence of each row on the area; their mean is 0.

        An error counts as the rows kept from it on, the sum of 1 / rank; a row that stands before an error dilutes it.
        """
        sizes = np.diff(self.kept, prepend=0)
        share = np.diff(self.errors, prepend=0) / sizes
        weights = np.cumsum(1.0 / np.arange(self.n, 0, -1))[::-1]
        weight = np.add.reduceat(weights, self.kept - sizes) / sizes
        diluted = np.cumsum((share * sizes / self.kept)[::-1])[::-1]
        errors = np.diff(self.errors, prepend=0)
        counts = np.stack([errors, sizes - errors], axis=1).ravel()
        values = np.stack([weight - diluted, -diluted], axis=1).ravel()
        return np.repeat(values, counts) + self.errors[-1] / self.n - area

    def accuracy_at(self, coverage: float) -> tuple[Estimate, float]:
        """Return the accuracy of the share of rows with the highest confidence, and the lowest confidence among them.

        The number of rows is rounded up. Of rows of equal confidence at the limit, as many count as are needed, with their mean
        accuracy. The interval is Wilson's: that of the accuracy above this confidence, on other rows.

        >>> import numpy as np
        >>> ranked = Refusals.of(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, True, False]))
        >>> estimate, confidence = ranked.accuracy_at(0.75)
        >>> estimate.value, estimate.n, confidence
        (1.0, 3, 0.7)
        """
        kept = max(int(np.ceil(round(coverage * self.n, 9))), 1)
        found = intervals.wilson(kept - float(self._cumulative[kept - 1]), kept)
        if found is None:
            message = "at least one row is kept"
            raise ValueError(message)
        return found, float(self.confidence[np.searchsorted(self.kept, kept)])

    def reach(self, accuracy: float, fewest: int = FEWEST_KEPT) -> Reached | None:
        """Return the lowest confidence at which the rows with at least this confidence reach an accuracy.

        None where no confidence that keeps at least ``fewest`` rows does.

        >>> import numpy as np
        >>> ranked = Refusals.of(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True]))
        >>> ranked.reach(0.75, fewest=1).confidence, ranked.reach(0.8, fewest=1).confidence, ranked.reach(0.8, fewest=3)
        (0.6, 0.8, None)
        """
        reached = np.flatnonzero((self.kept - self.errors >= accuracy * self.kept - 1e-9) & (self.kept >= fewest))
        if not len(reached):
            return None
        last = reached[-1]
        kept = int(self.kept[last])
        return Reached(float(self.confidence[last]), kept, kept / self.n, 1.0 - float(self.risk[last]))

    def curve(self, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return at most ``points`` shares of rows that are refused, increasing from 0, and the error rate among the others.

        Ends where the confidence keeps the fewest rows, but at least one.
        """
        chosen = np.unique(np.searchsorted(self.kept, np.linspace(self.kept[0], self.n, points)))[::-1]
        return 1.0 - self.kept[chosen] / self.n, self.risk[chosen]
