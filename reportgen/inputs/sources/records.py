"""The frames of TFRecord files: what a length claims is judged before TensorFlow reads it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LENGTH = struct.Struct("<QI")
_CHECKSUM = 4
_OF_NOTHING = 0x07980329
"""The masked CRC-32C of the length 0, which a run of zeros does not have."""


def require_frames(path: Path) -> int:
    """Return the number of records in a file.

    A record is its length (8 bytes), a checksum of it (4), the content and its checksum (4).

    Raises
    ------
    ValueError
        It ends within a record, or a record claims more bytes than there are. Other checksums are left to TensorFlow.
    """
    size, place, count = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        while place < size:
            head = file.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                raise ValueError(f"record {count} is cut off")
            length, checksum = _LENGTH.unpack(head)
            if not length and checksum != _OF_NOTHING:
                raise ValueError(f"record {count} is empty, but its checksum is that of another length")
            end = place + _LENGTH.size + length + _CHECKSUM
            if end > size:
                left = size - place - _LENGTH.size
                raise ValueError(f"record {count} should have {length:,} bytes, but the file has {left:,} left")
            file.seek(end)
            place, count = end, count + 1
    return count
