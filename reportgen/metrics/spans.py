"""Sums over rows that are too many for temporary arrays of their number: they are looked at in spans, in order.

Up to :data:`AT_ONCE` rows are one span, whose sums are those of numpy over all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

AT_ONCE = 2**18
"""Rows of a span."""


@dataclass(frozen=True)
class Derived:
    """Values (N, ...) that are computed from other arrays, a span at a time; ``of`` returns those of a slice, or of positions."""

    n: int
    of: Callable[[Any], Any]

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, span: Any) -> Any:
        return self.of(span)


def each(function: Callable[..., Any], *columns: NDArray[Any] | Derived) -> Derived:
    """Return a function of the entries of columns (N,), row by row.

    >>> each(np.subtract, np.array([3.0, 5.0]), np.array([1.0, 1.0]))[:].tolist()
    [2.0, 4.0]
    """
    return Derived(len(columns[0]), lambda span: function(*(column[span] for column in columns)))


def equal(n: int) -> NDArray[np.float64]:
    """Return n weights of 1, which take no memory."""
    return np.broadcast_to(np.float64(1), (n,))


def spans(n: int) -> Iterator[slice]:
    """Yield the places 0 to n in spans of at most :data:`AT_ONCE`."""
    for start in range(0, n, AT_ONCE):
        yield slice(start, min(start + AT_ONCE, n))


def positive(values: NDArray[Any] | Derived) -> Derived:
    """Return which of values (N,) are above 0."""
    return each(lambda some: some > 0, values)


def previous(values: NDArray[Any], first: float) -> Derived:
    """Return the entry before each one (N,), and something before the first.

    >>> previous(np.array([3, 5, 7]), 0)[:].tolist()
    [0, 3, 5]
    """

    def of(span: slice) -> NDArray[Any]:
        start, stop, _ = span.indices(len(values))
        if start:
            return values[start - 1 : stop - 1]
        return np.append(np.asarray(first, values.dtype), values[: max(stop - 1, 0)])

    return Derived(len(values), of)


def total(values: NDArray[Any] | Derived, weights: NDArray[Any] | Derived | None = None) -> float:
    """Return the sum of values (N,), each times its weight (N,), accumulated in float64.

    >>> total(np.array([1.0, 2.0])), total(Derived(2, lambda span: np.array([1.0, 2.0])[span]), np.array([1.0, 3.0]))
    (3.0, 7.0)
    """
    return sum(
        float(np.sum(values[span] if weights is None else values[span] * weights[span], dtype=np.float64))
        for span in spans(len(values))
    )


def number(rows: NDArray[np.bool_] | Derived) -> int:
    """Return how many of the rows (N,) bool are true, or of the entries (N, ...) of the rows.

    >>> number(Derived(3, lambda span: np.array([True, False, True])[span]))
    2
    """
    return sum(int(np.count_nonzero(rows[span])) for span in spans(len(rows)))


def average(values: NDArray[Any] | Derived, weights: NDArray[Any] | Derived | None = None) -> float:
    """Return the mean of values (N,), weighted by their weights (N,), accumulated in float64."""
    return total(values, weights) / (len(values) if weights is None else total(weights))


def extent(values: NDArray[Any] | Derived) -> tuple[float, float]:
    """Return the smallest and the largest of values (N,), at least one."""
    ends = [(float(part.min()), float(part.max())) for part in (values[span] for span in spans(len(values)))]
    return min(low for low, _ in ends), max(high for _, high in ends)


def largest(values: NDArray[Any] | Derived) -> float:
    """Return the largest absolute value (N,); 0 for none."""
    return max((float(np.abs(values[span]).max()) for span in spans(len(values))), default=0.0)


def counts(
    codes: NDArray[Any] | Derived, size: int, weights: NDArray[Any] | Derived | None = None
) -> NDArray[np.float64]:
    """Return how often each of the codes 0 to ``size`` - 1 occurs among codes (N,), or the sums of their weights (N,); (size,) float64.

    >>> counts(np.array([0, 2, 2]), 3).tolist()
    [1.0, 0.0, 2.0]
    """
    found = np.zeros(size)
    for span in spans(len(codes)):
        found += np.bincount(codes[span], None if weights is None else weights[span], size)
    return found


def most(values: NDArray[Any] | Derived, limit: int, ties: NDArray[Any] | Derived | None = None) -> NDArray[np.int64]:
    """Return the places of the largest values (N,), at most ``limit``: the largest first, equal ones in order.

    Equal ones with the larger of further values (N,), ``ties``, come first where these are given.

    >>> most(np.array([1.0, 3.0, 2.0, 3.0]), 3).tolist()
    [1, 3, 2]
    """
    columns = [values] if ties is None else [ties, values]
    places, found = np.empty(0, np.int64), np.empty((len(columns), 0))
    for span in spans(len(values)):
        found = np.concatenate([found, [column[span] for column in columns]], axis=1)
        places = np.concatenate([places, np.arange(span.start, span.stop)])
        first = np.lexsort(-found)[:limit]
        found, places = found[:, first], places[first]
    return places
