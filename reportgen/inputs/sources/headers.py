"""The header of a NumPy array: what it claims is judged before a value is read."""

from __future__ import annotations

import io
import os
import sys
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from reportgen.inputs.dataset import uncounted
from reportgen.metrics.mapped import contiguous, zeros

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from reportgen.inputs.dataset import Counted

    Header = tuple[tuple[int, ...], np.dtype[Any]]

_LONGEST, _AT_ONCE = 2**16, 2**20
_READ = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_header(stream: IO[bytes], size: int, most: float | None) -> Header:
    """Return the shape and the dtype of the array in a stream of ``size`` bytes, which may have ``most`` GiB of values.

    Raises
    ------
    ValueError
        Not an array, Python objects, or a size that the stream does not have or that is above the limit.
    """
    start = io.BytesIO(stream.read(_LONGEST))
    version = np.lib.format.read_magic(start)
    if version not in _READ:
        raise ValueError(f"format version {version[0]}.{version[1]} is not supported")
    shape, _, dtype = _READ[version](start)
    if dtype.hasobject:
        message = "contains Python objects, which are not loaded"
        raise ValueError(message)
    claimed = require_memory(shape, dtype, most)
    if claimed > size - start.tell():
        raise ValueError(f"should have {claimed:,} bytes of values by its header, but has {size - start.tell():,}")
    return shape, dtype


def require_memory(shape: tuple[int, ...], dtype: DTypeLike, most: float | None) -> int:
    """Return the number of bytes of an array; ``most`` is the limit in GiB, None for the memory of this machine.

    Raises
    ------
    ValueError
        It is impossible, or above the limit.
    """
    count = 1
    for size in shape:
        if size < 0:
            raise ValueError(f"has the impossible shape {shape}")
        count *= size
    claimed = count * np.dtype(dtype).itemsize
    if claimed > (memory() if most is None else most * 2**30):
        limit = "the memory of this machine" if most is None else f"limits.data_memory = {most:g}"
        raise ValueError(f"has {claimed / 2**30:,.{0 if claimed >= 2**30 else 3}f} GiB of values, more than {limit}")
    return claimed


def memory() -> int:
    """Return the bytes of memory of this machine; no limit where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return sys.maxsize
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def mapped(path: Path) -> NDArray[Any]:
    """Return the array in a file, which has values, mapped into memory: they are read where they are used; it is read-only."""
    return np.lib.format.open_memmap(path, mode="r")


def read_values(stream: IO[bytes], counted: Counted = uncounted) -> NDArray[Any]:
    """Return the array in a stream from its start, whose header was judged, counting its rows; a large one is on the disk.

    Raises
    ------
    ValueError
        The stream ends before the array does.
    """
    shape, in_columns, dtype = _READ[np.lib.format.read_magic(stream)](stream)
    array = zeros(shape[::-1] if in_columns else shape, dtype)
    left = array.reshape(-1).view(np.uint8).data if array.nbytes else memoryview(b"")
    while left:
        some = stream.read(min(len(left), _AT_ONCE))
        if not some:
            raise ValueError(f"ends {len(left):,} bytes before its array does")
        left[: len(some)] = some
        left = left[len(some) :]
        n = shape[0] if shape else 1
        counted(n - n * len(left) // array.nbytes, n)
    return contiguous(array.T) if in_columns else array
