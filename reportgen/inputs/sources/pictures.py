"""Encoded images as inputs: read, resized and rescaled as the spec says."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from reportgen.errors import summary

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array
    from reportgen.spec.tables.data import ImagesSpec

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_FORMATS = ("PNG", "JPEG", "BMP", "GIF")
_MOST_PIXELS = 100_000_000
_WHITE = 255


class Pictures:
    """Decodes images as Keras' ``image_dataset_from_directory`` does: the same decoder, and bilinear resizing of other sizes."""

    def __init__(self, spec: ImagesSpec) -> None:
        self._size, self._channels = tuple(spec.size), _CHANNELS[spec.color]
        low, high = spec.range
        self._scale, self._offset = np.float32((high - low) / _WHITE), np.float32(low)

    def decoded(self, content: bytes, name: str) -> Array:
        """Return an image, (height, width, channels) float32.

        Raises
        ------
        ValueError
            It is no PNG, JPEG, BMP or GIF, too large, or damaged.
        """
        import tensorflow as tf

        _require_size(content, name)
        try:
            image = tf.io.decode_image(content, channels=self._channels, expand_animations=False)
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(f"{name} cannot be decoded ({summary(error)})") from error
        if tuple(image.shape[:2]) != self._size:
            image = tf.image.resize(image, self._size, method="bilinear")
        pixels: Array = image.numpy().astype(np.float32)
        return pixels * self._scale + self._offset


def _require_size(content: bytes, name: str) -> None:
    """Judge the header before the pixels are unpacked."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            width, height = image.size
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name} is larger than {_MOST_PIXELS:,} pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"{name} is not a PNG, JPEG, BMP or GIF image") from error
    if width * height > _MOST_PIXELS:
        raise ValueError(f"{name} has {width:,} × {height:,} pixels, more than {_MOST_PIXELS:,}")
