"""What is gathered of the rows while batches come in: an entry for each row, and sums over all of them.

Large columns are mapped from the disk (:mod:`reportgen.metrics.mapped`).

Sums of float64 numbers depend on their order. Batches are therefore grouped into blocks, the same whoever works on them; a sum is made within
each block, and then over the blocks in their order. Several workers that take some of the blocks each give the bytes of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.pieces import HeadPiece
from reportgen.metrics.mapped import rows_last, zeros
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    Rows = NDArray[np.int64]


@dataclass
class _Column:
    """An entry for each row, or for those at the positions ``of`` (sorted); the array, rows first, is made when it is first needed."""

    dtype: DTypeLike
    shape: tuple[int, ...]
    of: Rows | None
    rows_last: bool
    array: NDArray[Any] | None = None

    def made(self, n: int) -> NDArray[Any]:
        """Return the array for n rows."""
        if self.array is None:
            if self.rows_last:
                self.array = rows_last(n, self.shape, self.dtype)
            else:
                self.array = zeros((n, *self.shape), self.dtype)
        return self.array


class Gathered:
    """The columns, counts and sums of a head.

    Parameters
    ----------
    n
        Number of evaluated rows.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._own: Rows | None = None
        self._columns: dict[str, _Column] = {}
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._blocks: dict[str, list[NDArray[np.float64]]] = {}
        self.not_finite: int = 0
        """Number of rows with NaN or infinite outputs."""
        self.first_not_finite: int | None = None
        """The first of them."""

    # ------------------------------------------------------------------------------------------ what there is

    def only(self, own: Rows) -> None:
        """Expect only the rows at some positions, sorted; say so before the first one comes in."""
        self._own = own

    def column(self, name: str, dtype: DTypeLike, *shape: int, of: Rows | None = None, rows_last: bool = False) -> None:
        """Declare an entry of a shape for each row, or for those at the positions ``of``; ``rows_last`` says how it lies in memory."""
        self._columns[name] = _Column(dtype, shape, of, rows_last)

    def count(self, name: str, *shape: int) -> NDArray[np.int64]:
        """Declare a count over all rows, and return it, to be added to."""
        return self._counts.setdefault(name, np.zeros(shape, np.int64))

    def sum(self, name: str, *shape: int) -> NDArray[np.float64]:
        """Declare a sum over all rows, and return that of the present block, to be added to."""
        self._blocks[name] = []
        return self._sums.setdefault(name, np.zeros(shape))

    # ------------------------------------------------------------------------------------------ batches

    def put(self, name: str, rows: Rows, values: Any) -> None:
        """Fill the entries of some rows (batch,)."""
        array, of = self.entries(name), self._rows_of(name)
        if of is None:
            array[rows] = values
            return
        places = np.searchsorted(of, rows)
        has = of.take(places, mode="clip") == rows
        array[places[has]] = np.broadcast_to(values, (len(rows), *array.shape[1:]))[has]

    def note(self, rows: Rows) -> bool:
        """Note rows whose outputs are NaN or infinite; return whether there are none so far."""
        if len(rows):
            first = int(rows.min())
            self.first_not_finite = first if self.first_not_finite is None else min(first, self.first_not_finite)
            self.not_finite += len(rows)
        return self.not_finite == 0

    def end_block(self) -> None:
        """End a block: what is added to the sums from now on is of the next one."""
        for name in self._sums:
            self._end_block(name)

    def _end_block(self, name: str) -> None:
        """Fold the present block of a sum into that of all before it; keep it apart where only some of the rows come in."""
        block, ended = self._sums[name], self._blocks[name]
        if ended and self._own is None:
            ended[0] += block
        else:
            ended.append(block.copy())
        block[...] = 0.0

    # ------------------------------------------------------------------------------------------ all rows

    def entries(self, name: str) -> NDArray[Any]:
        """Return a column, rows first."""
        of = self._rows_of(name)
        return self._columns[name].made(self._n if of is None else len(of))

    def total(self, name: str) -> NDArray[np.float64]:
        """Return a sum over all blocks."""
        found = np.zeros_like(self._sums[name])
        for block in (*self._blocks[name], self._sums[name]):
            found += block
        return found

    def piece(self) -> HeadPiece:
        """Return what there is of the rows that came in."""
        return HeadPiece(
            {name: self.entries(name) for name in self._columns},
            self._counts,
            {name: tuple(blocks) for name, blocks in self._blocks.items()},
            self.not_finite,
            self.first_not_finite,
        )

    def merge(self, piece: HeadPiece, places: Rows) -> None:
        """Add the piece of the rows at these positions (M,); pieces come in the order of their blocks."""
        for name, column in self._columns.items():
            rows = _both(column.of, places)
            for span in spans(len(rows)):
                self.put(name, rows[span], piece.columns[name][span])
        for name in self._counts:
            self._counts[name] += piece.counts[name]
        for name, blocks in piece.sums.items():
            for block in blocks:
                self._sums[name] += block
                self._end_block(name)
        self.not_finite += piece.not_finite
        found = [one for one in (self.first_not_finite, piece.first_not_finite) if one is not None]
        self.first_not_finite = min(found, default=None)

    def _rows_of(self, name: str) -> Rows | None:
        """Return the positions of the rows that have an entry here; None for all."""
        of = self._columns[name].of
        return of if self._own is None else _both(of, self._own)


def _both(of: Rows | None, own: Rows) -> Rows:
    """Return those of the rows ``own`` that are among ``of``."""
    return own if of is None else of[np.isin(of, own)]
