"""The frames of TFRecord files: what a length claims is judged before TensorFlow reads it."""

from __future__ import annotations

import gzip
import struct
from typing import IO, TYPE_CHECKING

from reportgen.inputs.sources.headers import require_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Judge = Callable[[bytes, int], None]

_LENGTH = struct.Struct("<QI")
_CHECKSUM = 4
_OF_NOTHING = 0x07980329
"""The masked CRC-32C of the length 0, which a run of zeros does not have."""
_GZIP = b"\x1f\x8b\x08"
"""What a compressed file starts with."""
_AT_ONCE, _JUDGED = 2**20, 2**12
"""Bytes of a record that are unpacked at once, and that are judged."""


def any_record(_start: bytes, _length: int) -> None:
    """Accept a record, whatever it is."""


def require_frames(
    path: Path, compression: str | None = None, most: float | None = None, judge: Judge = any_record
) -> int:
    """Return the number of records in a file.

    A record is its length (8 bytes), a checksum of it (4), the content and its checksum (4).

    Parameters
    ----------
    path
        The file.
    compression
        ``"GZIP"``, or None.
    most
        Limit of a record in GiB, which only unpacking could tell otherwise; None for the memory of this machine.
    judge
        Is called with the first bytes of every record, and its length; raises ValueError to reject it.

    Raises
    ------
    ValueError
        It ends within a record, a record claims more bytes than there are, or it is compressed otherwise. Other checksums are left to TensorFlow.
    """
    if compression is not None:
        with gzip.open(path) as file:
            return _unpacked(file, most, judge)
    with path.open("rb") as file:
        try:
            return _stored(file, path.stat().st_size, judge)
        except ValueError:
            file.seek(0)
            if file.read(len(_GZIP)) != _GZIP:
                raise
    message = 'it is compressed with GZIP: set data.compression = "GZIP"'
    raise ValueError(message)


def _stored(file: IO[bytes], size: int, judge: Judge) -> int:
    """Return the number of records of a file of this size."""
    place = count = 0
    while place < size:
        head = file.read(_LENGTH.size)
        length = _length(head, count)
        end = place + _LENGTH.size + length + _CHECKSUM
        if end > size:
            left = size - place - _LENGTH.size
            raise ValueError(f"record {count} should have {length:,} bytes, but the file has {left:,} left")
        if judge is not any_record:
            judge(file.read(min(length, _JUDGED)), length)
        file.seek(end)
        place, count = end, count + 1
    return count


def _length(head: bytes, count: int) -> int:
    """Return the length that the start of a record claims."""
    if len(head) < _LENGTH.size:
        raise ValueError(f"record {count} is cut off")
    length, checksum = _LENGTH.unpack(head)
    if not length and checksum != _OF_NOTHING:
        raise ValueError(f"record {count} is empty, but its checksum is that of another length")
    return int(length)


def _unpacked(file: gzip.GzipFile, most: float | None, judge: Judge) -> int:
    """Return the number of records of a file that is unpacked, a part of it at a time."""
    count = 0
    while head := file.read(_LENGTH.size):
        length = _length(head, count)
        require_memory((length,), "uint8", most)
        start = file.read(min(length, _JUDGED))
        judge(start, length)
        left = length - len(start) + _CHECKSUM
        while left:
            some = file.read(min(left, _AT_ONCE))
            if not some:
                raise ValueError(f"record {count} is cut off")
            left -= len(some)
        count += 1
    return count
