"""Digests of rows, by which equal inputs are found without keeping them: 16 bytes a row."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from reportgen.inputs.dataset import Batch

DIGEST = np.dtype("S16")
"""A digest of 128 bits; of 10⁸ rows, two different ones have the same with a chance of 10⁻²³."""


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
