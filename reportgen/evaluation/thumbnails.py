"""Thumbnails: rows that are like pictures as small 8-bit PNG files."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.examples import Thumbnail
from reportgen.metrics.likeness import averaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.contract.records.examples import PictureScale

LONGEST_SIDE = 64
"""Pixels of the longer side of a thumbnail. Convention."""
_SMALLEST_SIDE, _MOST_OBLONG = 4, 4
"""A picture has at least this many pixels a side, and its longer side is at most this many times the shorter one. Convention."""
_GRAY, _RGB = 1, 3
_SIDES = 2
_WHITE = 255
_MIDDLE = 0.5
_COLOR_TYPES = {_GRAY: 0, _RGB: 2}


def like_a_picture(shape: tuple[int | None, ...]) -> bool:
    """Return whether rows of a shape are shown as pictures: (height, width), or with one or three channels last.

    >>> like_a_picture((28, 28)), like_a_picture((32, 48, 3)), like_a_picture((128, 9)), like_a_picture((10,))
    (True, True, False, False)
    """
    if len(shape) not in (_SIDES, _SIDES + 1) or shape[_SIDES:] not in ((), (_GRAY,), (_RGB,)):
        return False
    sides = sorted(side or 0 for side in shape[:_SIDES])
    return sides[0] >= _SMALLEST_SIDE and sides[1] <= _MOST_OBLONG * sides[0]


def thumbnail(values: NDArray[Any], scale: PictureScale) -> Thumbnail:
    """Return a row as a thumbnail.

    Parameters
    ----------
    values
        (height, width) or (height, width, 1 or 3) numbers. Pixels are averaged until no side is longer than 64 pixels.
    scale
        The values that become black and white; those outside are cut off. Equal ends make a gray picture.
    """
    small = shrunk(values[None])[0]
    reach = scale.white - scale.black
    gray = np.clip((small - scale.black) / reach, 0.0, 1.0) if reach > 0 else np.full_like(small, _MIDDLE)
    file = png(np.rint(gray * _WHITE).astype(np.uint8))
    height, width = small.shape[:_SIDES]
    return Thumbnail(scale.input, base64.b64encode(file).decode("ascii"), width, height)


def shrunk(pictures: NDArray[Any]) -> NDArray[np.float64]:
    """Return (N, height, width) or (N, height, width, 1 or 3) numbers with a last axis of channels, and sides of at most 64 pixels."""
    pixels = pictures.astype(np.float64).reshape(*pictures.shape[: 1 + _SIDES], -1)
    sides = pixels.shape[1 : 1 + _SIDES]
    height, width = (_side(side, max(sides)) for side in sides)
    return averaged(averaged(pixels, height, 1), width, 2)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return (height, width, 1 or 3) pixels as a PNG file without metadata."""
    height, width, channels = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    unfiltered = np.zeros((height, 1), np.uint8)
    lines = np.concatenate([unfiltered, pixels.reshape(height, -1)], axis=1)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _side(side: int, longest: int) -> int:
    return side if longest <= LONGEST_SIDE else max(round(side * LONGEST_SIDE / longest), 1)
