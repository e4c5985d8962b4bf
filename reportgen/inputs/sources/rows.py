"""Rows that come one after another: numbers are kept on disk and mapped into memory, text in memory."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Self

import numpy as np

from reportgen.inputs.dataset import uncounted
from reportgen.inputs.sources.headers import require_memory
from reportgen.inputs.sources.objects import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.inputs.dataset import Array, Counted


_CHUNK = 4_096
"""Rows whose bytes are digested at once."""


class Rows:
    """Arrays by name that grow by batches of rows, in order; a context, which must be left before the files of its rows can go.

    Parameters
    ----------
    counted, total
        What is called after every batch with the number of rows so far, and the number of all; 0 where that is not known.
    most
        GiB of numbers that an array may have; None for any.
    """

    def __init__(self, counted: Counted = uncounted, total: int = 0, most: float | None = None) -> None:
        self._open = ExitStack()
        self._counted, self._done, self._total, self._most = counted, 0, total, most
        self._numbers: dict[str, _Numbers] = {}
        self._texts: dict[str, list[Array]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, batch: Mapping[str, Any]) -> None:
        """Add the same number of rows, at least one, to every array.

        Raises
        ------
        ValueError
            An array is neither numbers nor text, has no rows, or rows of another shape or dtype than before, or more than it may; or
            the arrays have different numbers of rows, or other names than before.
        OSError
            The disk is full.
        """
        arrays = {name: as_array(name, values) for name, values in batch.items()}
        lengths = {name: len(array) if array.ndim else None for name, array in arrays.items()}
        single = next((name for name, length in lengths.items() if length is None), None)
        if single is not None:
            raise ValueError(f"{single!r} is a single value, not one for each row")
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
            raise ValueError(f"the arrays have different numbers of rows: {found}")
        before = self._texts.keys() | self._numbers.keys()
        if not arrays or (before and arrays.keys() != before):
            found = ", ".join(sorted(before)) or "one"
            raise ValueError(f"a batch has {', '.join(arrays) or 'no parts'}, not {found}")
        for name, array in arrays.items():
            if name in (self._numbers if array.dtype.kind == "U" else self._texts):
                raise ValueError(f"{name!r} has rows of different types: text and numbers")
            if array.dtype.kind == "U":
                self._texts.setdefault(name, []).append(array)
            elif name in self._numbers:
                self._numbers[name].add(name, array)
            else:
                file = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 the stack closes it
                self._numbers[name] = _Numbers(file, array, self._most)
        self._done += max(map(len, arrays.values()), default=0)
        self._counted(self._done, self._total)

    def arrays(self) -> dict[str, Array]:
        """Return all rows."""
        return {name: np.concatenate(parts) for name, parts in self._texts.items()} | {
            name: numbers.array() for name, numbers in self._numbers.items()
        }


class _Numbers:
    """Rows of one shape and dtype in a file without a name: it goes when it is closed and no longer mapped."""

    def __init__(self, file: IO[bytes], first: Array, most: float | None) -> None:
        self._file, self._most = file, most
        self._shape, self._dtype, self._n = first.shape[1:], first.dtype, 0
        self.add("", first)

    def add(self, name: str, array: Array) -> None:
        if array.shape[1:] != self._shape:
            raise ValueError(f"{name!r} has rows of different shapes: {self._shape} and {array.shape[1:]}")
        if array.dtype != self._dtype:
            raise ValueError(f"{name!r} has rows of different types: {self._dtype} and {array.dtype}")
        self._file.write(np.ascontiguousarray(array).tobytes())
        self._n += len(array)
        require_memory((self._n, *self._shape), self._dtype, sys.maxsize if self._most is None else self._most)

    def array(self) -> Array:
        self._file.flush()
        shape = (self._n, *self._shape)
        if 0 in shape:
            return np.empty(shape, self._dtype)
        return np.memmap(self._file, self._dtype, mode="r", shape=shape)


def as_array(name: str, values: Any) -> Array:
    """Return numbers or text as an array; bytes are text in UTF-8.

    Raises
    ------
    ValueError
        Neither.
    """
    array = np.asarray(values)
    if array.dtype.kind in "OS":
        flat = [one.decode("utf-8") if isinstance(one, bytes) else one for one in array.reshape(-1).tolist()]
        made = np.empty(len(flat), object)
        made[:] = flat
        array = plain(made).reshape(array.shape)
    if array.dtype.kind not in "buifcUMm" and array.dtype.kind != "V":
        raise ValueError(f"{name!r} must be numbers or text (found dtype {array.dtype})")
    return array


def digest_of(arrays: Mapping[str, Array]) -> str:
    """Return the SHA-256 digest of arrays: of their names, dtypes, shapes and bytes."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        for start in range(0, len(array), _CHUNK):
            digest.update(np.ascontiguousarray(array[start : start + _CHUNK]).tobytes())
    return digest.hexdigest()
