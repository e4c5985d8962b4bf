"""Where panels, titles and legends stand on a figure, so that nothing overlaps and nothing is cut off.

matplotlib's own layout engines measure everything several times and know no legend above the axes. Here every panel
is measured twice, and what surrounds its axes (tick labels, axis labels, legend, title) gets exactly its room; the
figure grows in height rather than squeeze the axes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

    from reportgen.figures.style import Theme

POINTS = 72
"""Points to the inch, and the resolution at which figures are measured."""
_EDGE = 2.0
"""Points of white around the figure."""
_LEAST = 0.5
"""Part of the panel's height that its axes keep, whatever stands around them. Convention."""


@dataclass(frozen=True)
class Cell:
    """One panel on the grid: its axes (the first is the one it was given) and its title, empty for none."""

    row: int
    column: int
    axes: tuple[Axes, ...]
    title: str


@dataclass(frozen=True)
class _Margins:
    left: float
    right: float
    bottom: float
    top: float


def cell_width(theme: Theme, columns: int) -> float:
    """Return the width of a panel with all that belongs to it, in points."""
    return (theme.width * POINTS - 2 * _EDGE - (columns - 1) * _gutter(theme)) / columns


def text_width(words: str, size: float, weight: str = "normal") -> float:
    """Return the width of a line of text in the figure font, in points."""
    from matplotlib.font_manager import FontProperties

    width, _, _ = ruler().get_text_width_height_descent(words, FontProperties(size=size, weight=weight), ismath=False)
    return float(width)


def arrange(figure: Figure, cells: Iterable[Cell], theme: Theme, columns: int, panel_height: float) -> None:
    """Give every panel its place; sets the height of the figure.

    Parameters
    ----------
    figure
        Drawn, at 72 dots per inch and with a guess of the places.
    cells
        Its panels.
    columns
        Of the grid.
    panel_height
        Inches, with everything around the axes.
    """
    cells = tuple(cells)
    for cell in cells:
        for legend in _legends(cell):
            legend.set_in_layout(False)
    for _ in range(2):  # the number of ticks, and so the room that they need, follows the size of the axes
        _place(figure, cells, theme, columns, panel_height * POINTS)
    _head(figure, cells, theme, columns)


@cache
def ruler() -> RendererBase:
    """Return a renderer that draws nothing and measures text at 72 dots per inch."""
    from matplotlib.backend_bases import RendererBase

    class Ruler(RendererBase):
        """Adds what full-width glyphs need that the figure fonts lack: the viewer takes them from another font."""

        def get_text_width_height_descent(self, s, prop, ismath):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            width, height, descent = super().get_text_width_height_descent(s, prop, ismath)
            wide = sum(unicodedata.east_asian_width(character) in "WF" for character in s)
            return width + 0.5 * wide * prop.get_size_in_points(), height, descent

    return Ruler()


def _gutter(theme: Theme) -> float:
    return 1.5 * theme.font_size


def _place(figure: Figure, cells: tuple[Cell, ...], theme: Theme, columns: int, panel_height: float) -> None:
    margins = {(cell.row, cell.column): _margins(cell) for cell in cells}
    width = cell_width(theme, columns)
    heights: dict[int, float] = {}
    tops: dict[int, float] = {}
    y = _EDGE
    for row in sorted({cell.row for cell in cells}):
        here = [margin for (at, _), margin in margins.items() if at == row]
        above = max(margin.top for margin in here) + max(_head_height(cell, theme, width) for cell in cells if cell.row == row)
        below = max(margin.bottom for margin in here)
        heights[row] = max(panel_height - above - below, _LEAST * panel_height)
        tops[row] = y + above
        y += above + heights[row] + below + theme.font_size
    total = y - theme.font_size + _EDGE
    figure.set_size_inches(theme.width, total / POINTS)
    for cell in cells:
        column = [margin for (_, at), margin in margins.items() if at == cell.column]
        left, right = max(margin.left for margin in column), max(margin.right for margin in column)
        x = _EDGE + cell.column * (width + _gutter(theme)) + left
        bottom = total - tops[cell.row] - heights[cell.row]
        across = max(width - left - right, width / 4)
        full = theme.width * POINTS
        cell.axes[0].set_position((x / full, bottom / total, across / full, heights[cell.row] / total))


def _margins(cell: Cell) -> _Margins:
    """Measure what stands out over the axes on each side."""
    boxes = [box for axes in cell.axes if (box := axes.get_tightbbox(ruler())) is not None]
    inner = cell.axes[0].bbox
    return _Margins(
        left=max(inner.x0 - min(box.x0 for box in boxes), 0.0),
        right=max(max(box.x1 for box in boxes) - inner.x1, 0.0),
        bottom=max(inner.y0 - min(box.y0 for box in boxes), 0.0),
        top=max(max(box.y1 for box in boxes) - inner.y1, 0.0),
    )


def _legends(cell: Cell) -> list[Legend]:
    return [legend for axes in cell.axes if (legend := axes.get_legend()) is not None]


def _legend_height(cell: Cell, theme: Theme) -> float:
    heights = [legend.get_window_extent(ruler()).height for legend in _legends(cell)]
    return sum(heights) + theme.font_size * 0.6 * len(heights)


def _title_lines(cell: Cell, theme: Theme, width: float) -> list[str]:
    """Break a title between words into lines of at most this width."""
    lines: list[str] = []
    for word in cell.title.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, theme.font_size, "semibold") <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _head_height(cell: Cell, theme: Theme, width: float) -> float:
    lines = len(_title_lines(cell, theme, width))
    title = (1.25 * lines + 0.5) * theme.font_size if lines else 0.0
    return title + _legend_height(cell, theme)


def _head(figure: Figure, cells: tuple[Cell, ...], theme: Theme, columns: int) -> None:
    """Set the titles of a row on one line, and the legends right above their axes."""
    width = cell_width(theme, columns)
    across, height = figure.get_size_inches() * POINTS
    for cell in cells:
        inner = cell.axes[0].get_position(original=True)
        left = _EDGE + cell.column * (width + _gutter(theme))
        margin = max(_margins(other).top for other in cells if other.row == cell.row)
        y = inner.y1 * height + _margins(cell).top + theme.font_size * 0.6
        for legend in _legends(cell):
            box = legend.get_window_extent(ruler())
            x = max(left, min(inner.x0 * across, left + width - box.width))
            legend.set_loc("lower left")
            legend.set_bbox_to_anchor((x / across, y / height), transform=figure.transFigure)
            y += box.height + theme.font_size * 0.6
        lines = _title_lines(cell, theme, width)
        if lines:
            row = [other for other in cells if other.row == cell.row]
            top = inner.y1 * height + margin + max(_head_height(other, theme, width) for other in row)
            wide = max(text_width(line, theme.font_size, "semibold") for line in lines)
            x = inner.x0 * across if inner.x0 * across + wide <= left + width else left
            figure.text(
                x / across,
                top / height,
                "\n".join(lines),
                size=theme.font_size,
                weight="semibold",
                va="top",
                ha="left",
            )
