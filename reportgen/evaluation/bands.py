"""Finds rows that agree in one of several keys, without comparing all with all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]
    Places = NDArray[np.int64]

_PAIRS_AT_ONCE = 1 << 20


class Bands:
    """Rows by their keys.

    Parameters
    ----------
    keys
        (N, bands) uint64.
    usable
        (N,) which of the rows can be found.
    common
        A key that more rows share in a band finds none of them there; None for no limit.
    """

    def __init__(self, keys: Keys, usable: NDArray[np.bool_], common: int | None = None) -> None:
        self._rows = np.flatnonzero(usable)
        orders = [np.argsort(keys[self._rows, band], kind="stable") for band in range(keys.shape[1])]
        self._bands = [(keys[self._rows, band][order], order) for band, order in enumerate(orders)]
        self._common = common

    def pairs(self, keys: Keys) -> Iterator[tuple[Places, Places]]:
        """Yield pairs that share a key: positions of the rows here, and in ``keys`` (M, bands); once for each key that they share.

        At most about a million at a time.
        """
        for band, (ordered, order) in enumerate(self._bands):
            starts = np.searchsorted(ordered, keys[:, band], "left")
            counts = np.searchsorted(ordered, keys[:, band], "right") - starts
            if self._common is not None:
                counts = np.where(counts > self._common, 0, counts)
            ends = np.cumsum(counts)
            total = int(ends[-1]) if len(ends) else 0
            for first in range(0, total, _PAIRS_AT_ONCE):
                flat = np.arange(first, min(first + _PAIRS_AT_ONCE, total))
                other = np.searchsorted(ends, flat, "right")
                inside = flat - (ends[other] - counts[other])
                yield self._rows[order[starts[other] + inside]], other
