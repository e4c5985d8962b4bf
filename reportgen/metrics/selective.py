"""Selective prediction: how accurate a model is on the rows that are left when it refuses those it is least sure of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.mapped import as_type, coded, distinct, places, running, stored, summed
from reportgen.metrics.spans import Derived, each, equal, previous, total

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
        (M,) float64, the distinct confidences, decreasing; or the lowest ones of the cells that rows are counted in.
    kept
        (M,) int64, the number of rows with at least this confidence.
    errors
        (M,) int64, the errors among them.
    rows
        (N,) int64 the place of every row among these, and (N,) bool whether it is right; None where rows are only counted.
    """

    confidence: NDArray[np.float64]
    kept: NDArray[np.int64]
    errors: NDArray[np.int64]
    rows: tuple[Derived, NDArray[np.bool_]] | None = None

    @classmethod
    def of(cls, confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Refusals:
        """Sort rows.

        Parameters
        ----------
        confidence, correct
            (N,) probability of the predicted class, and whether it is the label; at least one row.
        """
        n, found = len(confidence), distinct(confidence)
        size = len(found)
        place = each(lambda own: size - 1 - own, coded(confidence, found))
        kept, errors = (
            as_type(running(summed(rows, place, size)), np.int64) for rows in (equal(n), each(np.logical_not, correct))
        )
        return cls(found[::-1], kept, errors, (place, correct))

    @classmethod
    def of_counts(cls, lowest: NDArray[np.float64], right: NDArray[np.float64], wrong: NDArray[np.float64]) -> Refusals:
        """Take rows that are counted in cells of confidence.

        Parameters
        ----------
        lowest, right, wrong
            (M,) increasing lowest confidence of each cell, and the numbers of right and of wrong rows in it, at least one.
        """
        kept, errors = (np.cumsum(counts[::-1]).astype(np.int64) for counts in (right + wrong, wrong))
        return cls(lowest[::-1], kept, errors)

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.kept[-1])

    @property
    def risk(self) -> Derived:
        """(M,) error rate among the rows with at least each confidence."""
        return each(np.divide, self.errors, self.kept)

    @property
    def _before(self) -> Derived:
        """(M,) number of rows with more than each confidence."""
        return previous(self.kept, 0)

    @property
    def _sizes(self) -> Derived:
        """(M,) number of rows of each confidence."""
        return each(np.subtract, self.kept, self._before)

    @property
    def _shares(self) -> Derived:
        """(M,) share of errors among the rows of each confidence."""
        return each(lambda now, then, size: (now - then) / size, self.errors, previous(self.errors, 0), self._sizes)

    def area(self) -> Estimate:
        """Return the area under the risk-coverage curve (AURC): the mean, over all numbers of rows kept, of the error rate among them.

        0 without errors; the error rate for a confidence that says nothing; in expectation over the order of rows of equal
        confidence. The interval is that of the mean of the influence values, corrected for skewness.

        References
        ----------
        Geifman & El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS.

        >>> import numpy as np
        >>> ranked = Refusals.of(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, True, False]))
        >>> round(ranked.area().value, 15)
        0.0625
        """

        def under(
            start: NDArray[np.int64], kept: NDArray[np.int64], errors: NDArray[np.int64], share: NDArray[np.float64]
        ) -> NDArray[np.float64]:
            first = errors - start * share
            return first * (_harmonic(kept) - _harmonic(start)) + share * (kept - start)

        parts = self._before, self.kept, previous(self.errors, 0), self._shares
        value = total(each(under, *parts)) / self.n
        found = intervals.mean(self._influence(), low=0.0, high=1.0)
        if found is None or found.low is None:
            return intervals.Estimate(value, self.n).without("no variation was seen")
        return replace(found, value=value, method=f"influence values, {found.method}")

    def _influence(self) -> Derived:
        """Return the (N,) influence of each row on the area, plus the area: in the order of the rows, where it is known.

        An error counts as the rows kept from it on, the sum of 1 / rank; a row that stands before an error dilutes it.
        """
        highest, sizes = _harmonic(self.n), self._sizes

        def weight(start: NDArray[np.int64], kept: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.float64]:
            return highest - (kept * _harmonic(kept) - start * _harmonic(start) - size) / size

        diluting = each(lambda share, size, kept: share * size / kept, self._shares, sizes, self.kept)
        diluted, rate = running(stored(diluting)[::-1])[::-1], self.errors[-1] / self.n
        right = stored(each(lambda one: rate - one, diluted))
        wrong = stored(each(np.add, right, each(weight, self._before, self.kept, sizes)))
        if self.rows is not None:
            place, correct = self.rows
            return each(lambda own, hit: np.where(hit, right[own], wrong[own]), place, correct)
        errors, sizes = np.diff(self.errors, prepend=0), sizes[:]
        values, ends = np.stack([wrong, right], axis=1).ravel(), np.cumsum(np.stack([errors, sizes - errors], axis=1))
        return Derived(
            self.n, lambda span: values[np.searchsorted(ends, np.arange(span.start, span.stop), side="right")]
        )

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
        place = int(np.searchsorted(self.kept, kept))
        share = float(self._shares[place : place + 1][0])
        errors = float(self.errors[place] - (self.kept[place] - kept) * share)
        found = intervals.wilson(kept - errors, kept)
        if found is None:
            message = "at least one row is kept"
            raise ValueError(message)
        return found, float(self.confidence[place])

    def reach(self, accuracy: float, fewest: int = FEWEST_KEPT) -> Reached | None:
        """Return the lowest confidence at which the rows with at least this confidence reach an accuracy.

        None where no confidence that keeps at least ``fewest`` rows does.

        >>> import numpy as np
        >>> ranked = Refusals.of(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True]))
        >>> ranked.reach(0.75, fewest=1).confidence, ranked.reach(0.8, fewest=1).confidence, ranked.reach(0.8, fewest=3)
        (0.6, 0.8, None)
        """
        reached = places(
            each(
                lambda kept, errors: (kept - errors >= accuracy * kept - 1e-9) & (kept >= fewest),
                self.kept,
                self.errors,
            )
        )
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


def _harmonic(n: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Return the harmonic numbers 1 + 1/2 + ... + 1/n; 0 for 0."""
    from scipy.special import digamma

    return np.asarray(digamma(np.asarray(n) + 1.0) + np.euler_gamma)
