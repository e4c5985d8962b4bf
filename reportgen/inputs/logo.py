"""Reads a logo. What it holds becomes public with the report, so a link that leads elsewhere is not followed."""

from __future__ import annotations

import io
import os
import warnings
from itertools import takewhile
from pathlib import Path, PurePath

from reportgen.contract import logos
from reportgen.contract.page import Logo
from reportgen.errors import InputError, summary
from reportgen.spec.files import MEGABYTE, FileError, read_bytes

LOCATION = ("output", "theme", "logo")
_MOST_PIXELS = 4_000_000


def load(file: str, folder: Path) -> Logo:
    """Read a logo; the file is relative to the folder of the spec.

    Raises
    ------
    InputError
        It cannot be read, or is no logo.
    """
    content, reason = _read(file, folder)
    if reason is not None:
        raise InputError(LOCATION, file, reason)
    return Logo.of(content, file)


def unusable(file: str, folder: Path) -> str | None:
    """Return why a file is no logo, as one sentence without its name; None if it is one."""
    return _read(file, folder)[1]


def _read(file: str, folder: Path) -> tuple[bytes, str | None]:
    try:
        if _leads_out(file, folder):
            return b"", "is a link that leads out of its folder, and the report would publish what is there"
        content = read_bytes(folder / file, 1.5 * logos.MOST_BYTES / MEGABYTE)
        kind = logos.media_type(content)
        if kind != "image/svg+xml":
            _require_pixels(content)
    except (FileError, ValueError) as error:
        return b"", str(error)
    return content, None


def _leads_out(file: str, folder: Path) -> bool:
    """Tell whether links lead out of the folder that the name itself says: that of the spec, or one above it."""
    named = PurePath(file)
    above = [*takewhile(lambda part: part == "..", named.parts)]
    root = named.anchor or os.path.realpath(folder.joinpath(*above))
    return not Path(os.path.realpath(folder / file)).is_relative_to(root)


def _require_pixels(content: bytes) -> None:
    """Raise ValueError if an image is damaged, or has too many pixels by its header."""
    from PIL import Image, UnidentifiedImageError

    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image,
        ):
            width, height = image.size
            if width * height > _MOST_PIXELS:
                message = f"has {width:,} × {height:,} pixels, more than {_MOST_PIXELS:,}"
                raise ValueError(message)
            image.load()
    except Image.DecompressionBombError as error:
        message = f"has more than {_MOST_PIXELS:,} pixels"
        raise ValueError(message) from error
    except (OSError, SyntaxError) as error:
        message = "is damaged" if isinstance(error, UnidentifiedImageError) else f"is damaged ({summary(error)})"
        raise ValueError(message) from error
