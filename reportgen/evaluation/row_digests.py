"""Digests of rows, by which equal inputs are found without keeping them: 16 bytes a row, on the disk where they are many."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics.mapped import filled
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from reportgen.inputs.dataset import Batch

DIGEST = np.dtype("S16")
"""A digest of 128 bits; of 10⁸ rows, two different ones have the same with a chance of 10⁻²³."""

_PART, _BYTES = 2**18, 256
"""Digests that are sorted at once, and values of a byte."""


def row_digests(batch: Batch, types: Mapping[str, np.dtype[Any]] | None = None) -> NDArray[np.bytes_]:
    """Return a digest of the bytes of every row over all inputs, (rows,) S16.

    Parameters
    ----------
    batch
        (rows, ...) numbers for each input.
    types
        The types that the values of each input are converted to before; None to leave them.
    """
    arrays = list(batch.values())
    if types is not None:
        with np.errstate(over="ignore"):
            arrays = [batch[name].astype(wanted, copy=False) for name, wanted in types.items()]
    digests = []
    for row in zip(*arrays, strict=True):
        digest = hashlib.blake2b(digest_size=DIGEST.itemsize)
        for values in row:
            digest.update(values.tobytes())
        digests.append(digest.digest())
    return np.frombuffer(b"".join(digests), DIGEST)


def equal_rows(digests: NDArray[np.bytes_]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the rows (D,) whose digest an earlier row has, with the first such row (D,): a part of the digests (N,) at a time, by their first byte."""
    n = len(digests)
    parts = min(-(-n // _PART), _BYTES)
    leading = filled(n, np.uint8, lambda span: digests[span].view(np.uint8)[:: DIGEST.itemsize])
    for part in range(parts):
        low, high = (-(-_BYTES * end // parts) for end in (part, part + 1))
        places = np.concatenate(
            [np.flatnonzero((leading[one] >= low) & (leading[one] < high)) + one.start for one in spans(n)]
        )
        _, first, which = np.unique(digests[places], return_index=True, return_inverse=True)
        earlier = places[first[which]]
        again = earlier != places
        yield places[again], earlier[again]
