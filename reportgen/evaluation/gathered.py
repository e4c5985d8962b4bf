"""What is gathered of the rows while batches come in: an entry for each row, and sums over all of them.

Columns with more than :data:`MAPPED` bytes are mapped from an unnamed file on the disk, so that the memory of the process does not grow
with the rows; the system writes them out and takes their pages back when it needs to.

Sums of float64 numbers depend on their order. Batches are therefore grouped into blocks, the same whoever works on them; a sum is made within
each block, and then over the blocks in their order. Several workers that take some of the blocks each give the bytes of one.
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.pieces import HeadPiece
from reportgen.errors import temporary_files
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    Rows = NDArray[np.int64]

MAPPED = 2**20
"""Bytes from which an array is mapped from the disk."""


def zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of zeros, mapped from the disk if it is large.

    Raises
    ------
    ReportgenError
        There is no room on the disk.
    """
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if size < MAPPED:
        return np.zeros(shape, kind)
    with temporary_files(), TemporaryFile() as file:
        if hasattr(os, "posix_fallocate"):  # a page without room on the disk would end the process later
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return np.ndarray(shape, kind, mmap.mmap(file.fileno(), size))


def filled(n: int, dtype: DTypeLike, of: Callable[[slice], NDArray[Any]], shape: tuple[int, ...] = ()) -> NDArray[Any]:
    """Return an array (n, ...) of what a function returns for each span of its rows."""
    found = zeros((n, *shape), dtype)
    for span in spans(n):
        found[span] = of(span)
    return found


def numbers(n: int) -> Rows:
    """Return the numbers 0 to n - 1, int64."""
    return filled(n, np.int64, lambda span: np.arange(span.start, span.stop))


def as_type(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array as another type; itself if it has this one."""
    if array.dtype == dtype:
        return array
    return filled(len(array), dtype, lambda span: array[span], array.shape[1:])


def chosen(array: NDArray[Any], rows: Rows) -> NDArray[Any]:
    """Return the entries (M, ...) of some rows (M,) of an array; it is not copied where these are all in their order."""
    if len(rows) == len(array) and all(
        np.array_equal(rows[span], np.arange(span.start, span.stop)) for span in spans(len(rows))
    ):
        return array
    return filled(len(rows), array.dtype, lambda span: array[rows[span]], array.shape[1:])


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
            shape = (*self.shape, n) if self.rows_last else (n, *self.shape)
            made = zeros(shape, self.dtype)
            self.array = np.moveaxis(made, -1, 0) if self.rows_last else made
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
