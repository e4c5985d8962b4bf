"""Names next to points, placed once the axes have their final size, so that they cover no other text and no point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.figures.layout import POINTS, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from reportgen.contract.theme import Theme

    Place = tuple[float, float]
    Box = tuple[float, float, float, float]

_LIMIT = 24
"""Maximum number of characters of a name."""
_LINE = 1.32
"""Height of a line of text, in font sizes."""
_ABOVE_LINES = 3
"""Drawing order of names: above lines and points."""
_OFFSETS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""Positions of a name relative to its point: right first."""
_DISTANCES = (1, 3, 5)
"""Distances of a name from its point, in marker sizes; from the second on with a line to it. Convention."""
_FARTHER = (*_DISTANCES, 8, 12, 16, 22, 30)
"""The same for names that may be farther away."""


def write(
    ax: Axes,
    theme: Theme,
    points: Sequence[Place],
    words: Sequence[str],
    lines: Sequence[Sequence[Place]] = (),
    first: int = 0,
) -> None:
    """Write names next to points; where some have none, a note in a corner says how many of the points are named.

    Parameters
    ----------
    ax, theme
        The panel, and its sizes.
    points
        Of data. The first of them have the names, and the first choice of room; the others are only kept free.
    words
        The names, no more than points.
    lines
        Corners of each line that no name covers.
    first
        Number of names, from the first on, that may be farther away where there is no other room.
    """
    ax.add_artist(_artist()(theme, points, words, lines, first))


@dataclass(frozen=True)
class Name:
    """A name in its place, in points on the page; ``line`` leads to its point where it is farther away."""

    words: str
    left: float
    low: float
    line: tuple[Place, Place] | None = None


@cache
def _artist() -> type[Any]:
    """Return the class of artists that place names when they are drawn."""
    from matplotlib.artist import Artist
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    class Names(Artist):
        def __init__(
            self, theme: Theme, points: Sequence[Place], words: Sequence[str], lines: Sequence[Any], first: int
        ) -> None:
            super().__init__()
            self.set_zorder(_ABOVE_LINES)
            self._first = first
            self._theme, self._words = theme, [theme.text(name, limit=_LIMIT) for name in words]
            self._points, *self._lines = (np.asarray(one, float).reshape(-1, 2) for one in (points, *lines))

        def draw(self, renderer: Any) -> None:
            theme, axes, figure = self._theme, self.axes, self.get_figure()
            scale = figure.dpi / POINTS  # type: ignore[union-attr]
            points, *lines = (axes.transData.transform(one) / scale for one in (self._points, *self._lines))  # type: ignore[union-attr]
            room = tuple(edge / scale for edge in axes.bbox.extents)  # type: ignore[union-attr]
            written = [np.asarray(text.get_window_extent(renderer).extents) / scale for text in axes.texts]  # type: ignore[union-attr]
            free = np.vstack((points, *(along(corners, theme.small_size) for corners in lines)))
            parts: list[Artist] = []
            boxes = [tuple(box) for box in written]
            for one in placed(free, self._words, room, boxes, theme, len(points), self._first):  # type: ignore[arg-type]
                if one.line is not None:
                    x, y = np.transpose(one.line) * scale
                    parts.append(Line2D(x, y, color=theme.muted, linewidth=theme.line_width / 3))
                text = Text(one.left * scale, one.low * scale, one.words, size=theme.small_size, va="bottom")
                text.set_bbox({"facecolor": theme.paper, "edgecolor": "none", "pad": 0.2})
                parts.append(text)
            for part in parts:
                part.set_figure(figure)  # type: ignore[arg-type]
                part.draw(renderer)

        def get_tightbbox(self, _renderer: Any = None) -> None:
            return None

    return Names


def along(corners: NDArray[Any], step: float) -> NDArray[Any]:
    """Return positions along a line, at most one step apart; none for a line with fewer than two corners."""
    parts = [np.linspace(start, end, int(np.hypot(*(end - start)) / step) + 2) for start, end in pairwise(corners)]
    return np.vstack(parts) if parts else np.empty((0, 2))


def placed(
    places: NDArray[Any],
    names: Sequence[str],
    room: Box,
    written: Sequence[Box],
    theme: Theme,
    points: int | None = None,
    first: int = 0,
) -> Iterator[Name]:
    """Yield the placed names; then, in a corner, how many points are named, unless all are.

    Parameters
    ----------
    places
        To be kept free, in points; shape (n, 2). The names belong to the first of them.
    names
        What to write; the first have first choice.
    room
        Left, lower, right and upper edge of the axes.
    written
        Edges of the texts that stand there already.
    theme
        For sizes.
    points
        How many of the places are points; by default there is one for each name.
    first
        Number of names that may be farther from their points than the others.
    """
    count = len(names) if points is None else points
    reach = theme.marker_size / 2 + 1
    marks = [(x - reach, y - reach, x + reach, y + reach) for x, y in places]
    found = _beside(places, names, room, marks, count, _Sheet(tuple(written)), theme, first)
    if len(found) < count:
        leading = _beside(places[:first], names[:first], room, marks, count, _Sheet(tuple(written)), theme, first)
        taken = [*marks, *_boxes(leading, theme)]
        note, box = _note(f"{count} of {count} points are named", room, [*written, *taken], theme)
        found = _beside(places, names, room, marks, count, _Sheet((*written, box)), theme, first)
        named = f"{len(found)} of {count} points {'is' if len(found) == 1 else 'are'} named"
        found.append(replace(note, words=named))
    yield from found


@dataclass(frozen=True)
class _Sheet:
    """What names must not cover: boxes of texts, and lines to points; no line crosses a text."""

    texts: tuple[Box, ...]
    lines: tuple[tuple[Place, Place], ...] = ()

    def takes(self, box: Box, line: tuple[Place, Place] | None) -> bool:
        """Return whether there is room for a name and for the line to its point."""
        if any(overlap(box, other) for other in self.texts) or any(crosses(other, box) for other in self.lines):
            return False
        return line is None or not any(crosses(line, other) for other in self.texts)

    def having(self, box: Box, line: tuple[Place, Place] | None) -> _Sheet:
        """Return the sheet with a name on it."""
        return _Sheet((*self.texts, box), self.lines if line is None else (*self.lines, line))


def _beside(
    places: NDArray[Any],
    names: Sequence[str],
    room: Box,
    marks: Sequence[Box],
    count: int,
    sheet: _Sheet,
    theme: Theme,
    first: int,
) -> list[Name]:
    """Return the names that fit, each beside its point: none is next to another, and no line to a point crosses another.

    ``marks`` are the edges of all places, the first ``count`` of which are points.
    """
    found = []
    for index, (words, place) in enumerate(zip(names, places, strict=False)):
        others = [box for box in marks[:count] if not _contains(box, place)]
        apart = [_grown(box, theme.small_size / 3) for box in others]
        for name, box in _spots(words, place, _FARTHER if index < first else _DISTANCES, theme):
            if not _fits(box, room, marks) or not sheet.takes(box, name.line):
                continue
            clear = _fits(box, room, apart) if name.line is None else not any(crosses(name.line, one) for one in others)
            if clear:
                sheet = sheet.having(box, name.line)
                found.append(name)
                break
    return found


def _contains(box: Box, place: Place) -> bool:
    return box[0] <= place[0] <= box[2] and box[1] <= place[1] <= box[3]


def _grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _spots(words: str, place: Place, distances: Sequence[int], theme: Theme) -> Iterator[tuple[Name, Box]]:
    """Yield where a name can stand, the best place first, with its box."""
    (x, y), reach = place, theme.marker_size / 2 + 1
    width, height = text_width(words, theme.small_size), _LINE * theme.small_size
    for far, (dx, dy) in product(distances, _OFFSETS):
        left = x + dx * far * (reach + 1) + (dx - 1) / 2 * width
        low = y + dy * far * (reach + 1) + (dy - 1) / 2 * height
        end = (left + (1 - dx) / 2 * width, low + (1 - dy) / 2 * height)
        line = ((x, y), end) if far > 1 else None
        yield Name(words, left, low, line), (left, low, left + width, low + height)


def _boxes(names: Sequence[Name], theme: Theme) -> list[Box]:
    """Return the edges of placed names."""
    height = _LINE * theme.small_size
    return [(one.left, one.low, one.left + text_width(one.words, theme.small_size), one.low + height) for one in names]


def _note(words: str, room: Box, taken: Sequence[Box], theme: Theme) -> tuple[Name, Box]:
    """Return a note and its edges: in the first free corner, else where it is free along the upper or lower edge.

    If it is free nowhere, it covers points in the lower right corner, or stands above axes that are narrower than it.
    """
    width, height, gap = text_width(words, theme.small_size), _LINE * theme.small_size, theme.small_size / 3
    right, left = room[2] - width - gap, room[0] + gap
    lines = (room[1] + gap, room[3] - height - gap)
    across = (right, left, *np.arange(left, right, theme.small_size).tolist())
    last = (lines[0], right) if right > left else (room[3], right)
    spots = [*product(lines, across[:2]), *product(lines, across[2:]), last]
    boxes = [(x, low, x + width, low + height) for low, x in spots]
    box = next((box for box in boxes if _fits(box, room, taken)), boxes[-1])
    return Name(words, box[0], box[1]), box


def _fits(box: Box, room: Box, taken: Sequence[Box]) -> bool:
    inside = room[0] <= box[0] and room[1] <= box[1] and box[2] <= room[2] and box[3] <= room[3]
    return inside and not any(overlap(box, other) for other in taken)


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes (left, lower, right, upper) share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def crosses(line: tuple[Place, Place], box: Box) -> bool:
    """Return whether a straight line goes through the inside of a box (left, lower, right, upper).

    >>> crosses(((0, 0), (4, 4)), (1, 1, 2, 2)), crosses(((0, 0), (4, 0)), (1, 0, 2, 2)), crosses(((0, 0), (1, 1)), (2, 2, 3, 3))
    (True, False, False)
    """
    (start, end), enters, leaves = line, 0.0, 1.0
    for side in (0, 1):
        low, high, step = box[side], box[side + 2], end[side] - start[side]
        if step == 0:
            if not low < start[side] < high:
                return False
            continue
        before, after = sorted(((low - start[side]) / step, (high - start[side]) / step))
        enters, leaves = max(enters, before), min(leaves, after)
    return enters < leaves
