"""Where the texts of a figure are: which overlap, are cut off, or are too small to read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.figures import svg
from reportgen.figures.layout import POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.figures import Drawn, Figure
    from reportgen.contract.theme import Theme

SMALLEST = 6.5
"""Points."""
_TOUCH = 0.5
"""How far two texts may reach into each other, in points."""
_LEADING = 0.15
"""What a line has above and below its highest and lowest letters, in font sizes: 1.3 are a line, 1.0 the letters."""


@dataclass(frozen=True)
class Written:
    """A text of a drawing: its words, its size and the edges of its box in points, from the upper left corner."""

    words: str
    size: float
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Written) -> bool:
        """Tell whether two texts cover the same place."""
        across = min(self.right, other.right) - max(self.left, other.left)
        return across > _TOUCH and min(self.bottom, other.bottom) - max(self.top, other.top) > _TOUCH


def faults(figure: Figure, again: Figure, theme: Theme) -> list[str]:
    """Return what is wrong with the texts of a figure, as drawn for a page and for a phone (``again``)."""
    return [
        f"{figure.name}, {drawn.width:.0f} px: {fault}"
        for drawn, texts in _drawn(figure, again, theme)
        for fault in _faults(drawn, texts)
    ]


def _drawn(figure: Figure, again: Figure, theme: Theme) -> Iterator[tuple[Drawn, list[Written]]]:
    """Yield the drawings of a figure with their texts."""
    from matplotlib.text import Text

    original, texts, seen = Text.draw, [], []

    def noted(text: Text, renderer: Any, *more: Any) -> None:
        if text.get_visible() and text.get_text().strip():
            size, height = float(text.get_size()), renderer.height
            turned = text.get_rotation() % 180 == 90
            box = text.get_window_extent(renderer).padded(
                *(-_LEADING * size * (turned, not turned)[side] for side in (0, 1))
            )
            texts.append(Written(text.get_text(), size, box.x0, height - box.y1, box.x1, height - box.y0))
        original(text, renderer, *more)

    save = svg._save

    def saved(*options: Any) -> bytes:
        made = save(*options)
        seen.append(list(dict.fromkeys(texts)))
        texts.clear()
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        patch.setattr(svg, "_save", saved)
        whole = svg.to_svg(figure, theme, figure.name)
        narrow = svg.for_phone(figure, again, theme, figure.name, whole.parts)
    yield from zip((whole, *narrow), seen, strict=True)


def _faults(drawn: Drawn, texts: list[Written]) -> Iterator[str]:
    width, height = (edge * POINTS / svg.CSS_PIXELS for edge in (drawn.width, drawn.height))
    for one in texts:
        if one.size < SMALLEST:
            yield f"{one.words!r} is set in {one.size:g} points"
        if min(one.left, one.top, width - one.right, height - one.bottom) < -_TOUCH:
            yield f"{one.words!r} is cut off"
        elif not any(
            part.left - _TOUCH <= one.left
            and one.right <= part.left + part.width + _TOUCH
            and part.top - _TOUCH <= one.top
            and one.bottom <= part.top + part.height + _TOUCH
            for part in drawn.parts
        ):
            yield f"{one.words!r} reaches into another panel"
    for one, other in combinations(texts, 2):
        if one.overlaps(other):
            yield f"{one.words!r} overlaps {other.words!r}"
