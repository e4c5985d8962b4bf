"""Values on disk that are read in place: arrays are mapped into memory page by page, as they are looked at."""

from __future__ import annotations

import mmap
import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_ALIGNMENT = 64
_HEAD = 8
"""Bytes of the length of the pickle, at the head of the file."""


def write(value: Any, path: Path) -> None:
    """Write a value: its pickle, then the bytes of its arrays, each at a multiple of 64."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    index = pickle.dumps((pickled, [view.nbytes for view in views]), protocol=5)
    with path.open("wb") as file:
        file.write(len(index).to_bytes(_HEAD, "little"))
        file.write(index)
        for view in views:
            file.write(bytes(-file.tell() % _ALIGNMENT))
            file.write(view)


def read(path: Path) -> Any:
    """Read a value that :func:`write` wrote; its arrays cannot be changed.

    The file may be removed while the value is in use.
    """
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    at = _HEAD + int.from_bytes(content[:_HEAD], "little")
    pickled, sizes = pickle.loads(content[_HEAD:at])
    buffers = []
    for size in sizes:
        at += -at % _ALIGNMENT
        buffers.append(content[at : at + size])
        at += size
    return pickle.loads(pickled, buffers=buffers)
