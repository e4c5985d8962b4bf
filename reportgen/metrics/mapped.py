"""Arrays with an entry for each row, mapped from the disk where they are large: the memory of the process does not grow with the rows.

Arrays with more than :data:`MAPPED` bytes are in an unnamed file; the system writes them out and takes their pages back when it needs to.
"""

from __future__ import annotations

import mmap
import os
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import temporary_files
from reportgen.metrics.spans import Derived, number, spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    Floats = NDArray[np.float64]
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


def rows_last(n: int, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array (n, ...) of zeros whose columns lie in one piece each."""
    return np.moveaxis(zeros((*shape, n), dtype), -1, 0)


def filled(n: int, dtype: DTypeLike, of: Callable[[slice], NDArray[Any]], shape: tuple[int, ...] = ()) -> NDArray[Any]:
    """Return an array (n, ...) of what a function returns for each span of its rows."""
    found = zeros((n, *shape), dtype)
    for span in spans(n):
        found[span] = of(span)
    return found


def stored(values: NDArray[Any] | Derived) -> NDArray[Any]:
    """Return derived values (N,), each computed once, float64; an array as it is."""
    return filled(len(values), np.float64, values.of) if isinstance(values, Derived) else values


def numbers(n: int) -> Rows:
    """Return the numbers 0 to n - 1, int64."""
    return filled(n, np.int64, lambda span: np.arange(span.start, span.stop))


def as_type(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array as another type; itself if it has this one."""
    if array.dtype == dtype:
        return array
    return filled(len(array), dtype, lambda span: array[span], array.shape[1:])


def contiguous(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array whose rows lie one after another; itself if they do."""
    if array.flags.c_contiguous:
        return array
    return filled(len(array), array.dtype, lambda span: array[span], array.shape[1:])


def chosen(array: NDArray[Any], rows: Rows) -> NDArray[Any]:
    """Return the entries (M, ...) of some rows (M,) of an array; it is not copied where these are all in their order."""
    if len(rows) == len(array) and all(
        np.array_equal(rows[span], np.arange(span.start, span.stop)) for span in spans(len(rows))
    ):
        return array
    return filled(len(rows), array.dtype, lambda span: array[rows[span]], array.shape[1:])


def taken(array: NDArray[Any], rows: NDArray[Any] | Derived) -> NDArray[Any]:
    """Return the entries (M, ...) of some rows of an array, given by a mask or by positions; itself where a mask has all.

    Columns that lie in one piece each do so again.
    """
    if not isinstance(rows, Derived) and rows.dtype != np.bool_:
        return chosen(array, rows)
    m = number(rows)
    if m == len(array):
        return array
    shape, last = array.shape[1:], not array.flags.c_contiguous
    return _of_mask(array, rows, rows_last(m, shape, array.dtype) if last else zeros((m, *shape), array.dtype))


def among(values: NDArray[Any] | Derived, rows: NDArray[np.bool_] | Derived) -> Floats:
    """Return the values (M,) of the rows that a mask (N,) has, float64."""
    return _of_mask(values, rows, zeros((number(rows),), np.float64))


def places(rows: NDArray[np.bool_] | Derived) -> Rows:
    """Return the positions (M,) of the rows (N,) that are true, int64."""
    positions = Derived(len(rows), lambda span: np.arange(span.start, span.stop))
    return _of_mask(positions, rows, zeros((number(rows),), np.int64))


def _of_mask(values: NDArray[Any] | Derived, rows: NDArray[np.bool_] | Derived, found: NDArray[Any]) -> NDArray[Any]:
    end = 0
    for span in spans(len(rows)):
        some = values[span][rows[span]]
        found[end : end + len(some)] = some
        end += len(some)
    return found


def in_order(values: NDArray[Any] | Derived) -> Floats:
    """Return a sorted copy (N,) of values, float64."""
    found = filled(len(values), np.float64, lambda span: values[span])
    found.sort()  # in place: nothing of the size of the array is in memory
    return found


def in_order_with_places(values: NDArray[Any] | Derived) -> NDArray[np.complex128]:
    """Return values (N,) in order as the real parts of complex numbers, whose imaginary parts are their places; equal ones in order.

    NumPy sorts complex numbers by their real parts, then by the imaginary ones, and where they are.

    >>> in_order_with_places(np.array([3.0, 1.0, 3.0])).tolist()
    [(1+1j), (3+0j), (3+2j)]
    """
    found = zeros((len(values),), np.complex128)
    for span in spans(len(values)):
        found.real[span] = values[span]
        found.imag[span] = np.arange(span.start, span.stop)
    found.sort()
    return found


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Return the different ones of values (N,) of any type, in order.

    >>> distinct(np.array(["b", "a", "b"])).tolist()
    ['a', 'b']
    """
    ordered = filled(len(values), values.dtype, lambda span: values[span])
    ordered.sort()
    first = Derived(len(ordered), lambda span: _differs(ordered, span))
    return _of_mask(ordered, first, zeros((number(first),), values.dtype))


def _differs(ordered: NDArray[Any], span: slice) -> NDArray[np.bool_]:
    """Return which values of a span are not equal to the one before."""
    if span.start:
        return np.asarray(ordered[span] != ordered[span.start - 1 : span.stop - 1])
    return np.append(True, ordered[1 : span.stop] != ordered[: span.stop - 1])


def coded(values: NDArray[Any], known: NDArray[Any] | None = None) -> Rows:
    """Return the place (N,) int64 of each value among the different ones, in order, which may be ``known``.

    >>> coded(np.array(["b", "a", "b"])).tolist()
    [1, 0, 1]
    """
    found = distinct(values) if known is None else known

    def of(span: slice) -> Rows:
        own, which = np.unique(
            values[span], return_inverse=True
        )  # searched in order, because neighbors are in the same pages
        return np.searchsorted(found, own)[which]

    return filled(len(values), np.int64, of)


def summed(values: NDArray[Any] | Derived, codes: NDArray[np.integer] | Derived, size: int) -> Floats:
    """Return the sums (``size``,) of the values (N,) with each of the codes (N,), from 0, float64.

    >>> summed(np.array([1.0, 2.0, 4.0]), np.array([0, 2, 0]), 3).tolist()
    [5.0, 0.0, 2.0]
    """
    found = zeros((size,), np.float64)
    for span in spans(len(codes)):
        np.add.at(found, codes[span], values[span])
    return found


def running(values: NDArray[Any] | Derived) -> Floats:
    """Return the sums (N,) of all values up to each one, float64.

    >>> running(np.array([1.0, 2.0, 4.0])).tolist()
    [1.0, 3.0, 7.0]
    """
    before = 0.0

    def summed(span: slice) -> Floats:
        nonlocal before
        found = np.cumsum(values[span], dtype=np.float64)
        found += before
        before = float(found[-1])
        return found

    return filled(len(values), np.float64, summed)
