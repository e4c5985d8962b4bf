"""How large words are in figures: measured once, whichever figure they are in, and the same for their places and their drawing."""

# mypy: allow-untyped-calls

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import findfont, get_font

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

_PLAIN = RendererBase()


class Measuring(RendererBase):
    """A renderer of 72 dots per inch that measures words as all others do.

    The full-width glyphs that the figure fonts lack count as wide: viewers take them from another font.
    """

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        """Return width, height and depth below the baseline, in points."""
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        return _measured(s, prop.copy())

    def _get_font_height_metrics(self, prop: FontProperties) -> tuple[float, float, float] | tuple[None, None, None]:
        """Return height, depth and gap of a line of text, in points; None where the font does not say so."""
        return _line(prop.copy())


@cache
def ruler() -> Measuring:
    """Return a renderer that draws nothing."""
    return Measuring()


@lru_cache(maxsize=8192)
def _measured(words: str, font: FontProperties) -> tuple[float, float, float]:
    width, height, descent = _PLAIN.get_text_width_height_descent(words, font, ismath=False)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in words)
    return width + 0.5 * wide * font.get_size_in_points(), height, descent


@lru_cache(maxsize=256)
def _line(font: FontProperties) -> tuple[float, float, float] | tuple[None, None, None]:
    face = get_font(findfont(font))
    head, table = face.get_sfnt_table("head"), face.get_sfnt_table("OS/2")
    if head is None or table is None:
        return None, None, None
    scale = 1 / head["unitsPerEm"] * font.get_size_in_points()
    return table["sTypoAscender"] * scale, -table["sTypoDescender"] * scale, table["sTypoLineGap"] * scale
