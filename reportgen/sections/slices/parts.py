"""The slices of a data set, by their rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reportgen.metrics.mapped import filled, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.records.data import DataEvaluation

    Mask = NDArray[np.bool_]


class Tested(NamedTuple):
    """A test of a slice by itself: its metric, its p-value, why there is none where it is None, how it was computed, and whether it fits the head."""

    spec: MetricSpec
    p_value: float | None
    reason: str
    how: str | None = None
    fits: bool = True


@dataclass(frozen=True)
class Part:
    """A slice: the rows whose code is its own.

    Attributes
    ----------
    name
        Its name.
    codes, own
        (N,) whole numbers, and the one that its rows have.
    missing
        Rows without a value of its columns.
    judged
        (N,) bool, the rows on which it is judged if it was discovered; None for all.
    """

    name: str
    codes: NDArray[np.integer]
    own: int
    missing: int = 0
    judged: Mask | None = None

    @property
    def rows(self) -> Mask:
        """(N,) bool, its rows among all evaluated ones."""
        return filled(len(self.codes), np.bool_, lambda span: self.codes[span] == self.own)

    def take(self, rows: Mask) -> Part:
        """Return the slice among some of the evaluated rows, given by a mask (N,)."""
        return replace(
            self, codes=taken(self.codes, rows), judged=None if self.judged is None else taken(self.judged, rows)
        )


def of_spec(data: DataEvaluation) -> Iterator[Part]:
    """Yield the slices that the spec defines."""
    for slicing in data.slicings:
        for place, name in enumerate(slicing.names):
            yield Part(name, slicing.codes, place, slicing.missing)
