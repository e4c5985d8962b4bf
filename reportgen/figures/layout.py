"""Positions of panels, titles and legends on a figure, so that nothing overlaps and nothing is cut off.

matplotlib's own layout engines measure everything several times and know no legend above the axes. Here every panel
is measured a few times, and what surrounds its axes (tick labels, axis labels, legend, title) gets exactly its room; the
figure grows in height rather than squeeze the axes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from reportgen.contract.figures import Part
from reportgen.figures import engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    from reportgen.contract.theme import Theme

POINTS = 72
"""Points to the inch, and the resolution at which figures are measured."""
LEGEND = "legend"
"""Name of the legend that all panels of a figure share."""
_EDGE = 2.0
"""Points of white around the figure."""
_GAP = 0.6
"""Between title, legend and axes, in font sizes."""
_TITLE = "semibold"
_TURNS = 4
"""Maximum number of layout iterations: the ticks, and so the room that they need, depend on the size of the axes."""
_APART = (4.0, 1.0)
"""Least distance of the labels of the x and the y axis, in points."""
_SHORT = 0.8
"""Share of its side of the axes up to which a label does not stand out, though the axes may still shrink. Convention."""
_LEAST = 0.5
"""Share of the panel height that its axes keep, whatever surrounds them. Convention."""


@dataclass(frozen=True, eq=False)
class Cell:
    """One panel on the grid: its axes (the first is the one it was given) and its title, empty for none.

    It reaches from ``column`` to ``last``; ``name`` is the id of its group in the SVG.
    """

    name: str
    row: int
    column: int
    last: int
    axes: tuple[Axes, ...]
    title: str


@dataclass(frozen=True)
class _Margins:
    """Room needed around the axes on each side, in points."""

    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True)
class _Head:
    """Content above the axes: the title, then the legends, each with its width and height in points."""

    title: tuple[Text, float, float] | None
    legends: tuple[tuple[Legend, float, float], ...]
    height: float


def cell_width(theme: Theme, columns: int) -> float:
    """Return the width of a panel with its labels, in points."""
    return (theme.width * POINTS - 2 * _EDGE - (columns - 1) * _gutter(theme)) / columns


@lru_cache(maxsize=4096)
def text_width(words: str, size: float, weight: str = "normal") -> float:
    """Return the width of a line of text in the figure font, in points."""
    engine.start()
    from matplotlib.font_manager import FontProperties

    from reportgen.figures.ruler import ruler

    width, _, _ = ruler().get_text_width_height_descent(words, FontProperties(size=size, weight=weight), ismath=False)
    return float(width)


def arrange(figure: Figure, cells: Iterable[Cell], theme: Theme, columns: int, panel_height: float) -> tuple[Part, ...]:
    """Place every panel, and set the height of the figure.

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

    Returns
    -------
    tuple
        Where the shared legend, if there is one, and the panels are. Together they cover the figure.
    """
    cells = tuple(cells)
    shared = _share_legend(figure, cells, theme)
    first = _EDGE if shared is None else _EDGE + _size(shared)[1] + 2 * _GAP * theme.font_size
    for cell in cells:
        for legend in _legends(cell):
            legend.set_in_layout(False)
    heads = {cell: _head(figure, cell, theme, _width(cell, theme, columns)) for cell in cells}
    margins: dict[Cell, _Margins] = {}
    again = any(_follows_size(axes, theme) for cell in cells for axes in cell.axes)
    for turn in range(_TURNS):
        for axes in (axes for cell in cells for axes in cell.axes):
            _space_ticks(axes.xaxis, theme)
            _space_ticks(axes.yaxis, theme)
        before, ticks, margins = margins, _ticks(cells), {cell: _margins(cell) for cell in cells}
        edges = _place_axes(figure, heads, margins, theme, columns, (first, panel_height * POINTS - 2 * _EDGE))
        settled = all(map(_alike, before.values(), margins.values())) if turn else not again
        if settled and _ticks(cells) == ticks:
            break
    for cell in cells:
        row = [other for other in cells if other.row == cell.row]
        top = max(margins[other].top for other in row) + max(heads[other].height for other in row)
        _place_head(figure, cell, heads[cell], margins[cell].top, top, theme, columns)
    parts = [_part(cell, edges, theme, columns) for cell in cells]
    if shared is not None:
        right = _place_shared(figure, shared, cells[0])
        parts.insert(0, Part(LEGEND, 0.0, 0.0, right + _EDGE, edges[0]))
    return tuple(parts)


def lone_legend(figure: Figure, legend: Legend, theme: Theme) -> Part:
    """Place the entries of the legend of another figure on an empty one, and give it their height."""
    handles = [handle for handle in legend.legend_handles if handle is not None]
    placed = _shared_legend(figure, handles, theme)
    width, height = _size(placed)
    figure.set_size_inches(theme.width, (height + 2 * _EDGE) / POINTS)
    placed.set_loc("upper left")
    placed.set_bbox_to_anchor((_EDGE / (theme.width * POINTS), 1 - _EDGE / (height + 2 * _EDGE)), figure.transFigure)
    return Part(LEGEND, 0.0, 0.0, width + 2 * _EDGE, height + 2 * _EDGE)


def legend_order(labels: Sequence[str], theme: Theme, room: float) -> tuple[int, list[int]]:
    """Return the number of columns in which the labels fit, and their order: matplotlib fills columns, readers read rows."""
    em = theme.small_size
    handle_width = (theme.rc["legend.handlelength"] + theme.rc["legend.handletextpad"]) * em
    widths = [handle_width + text_width(label, em) for label in labels]
    columns = _columns_that_fit(widths, room, theme.rc["legend.columnspacing"] * em)
    return columns, [index for column in range(columns) for index in range(column, len(labels), columns)]


def _columns_that_fit(widths: Sequence[float], room: float, spacing: float) -> int:
    """Return the largest number of columns, filled row by row, that fit."""
    for columns in range(len(widths), 1, -1):
        across = sum(max(widths[column::columns]) for column in range(columns))
        if across + (columns - 1) * spacing <= room:
            return columns
    return 1


def _ticks(cells: Sequence[Cell]) -> list[tuple[float, ...]]:
    axes = [axes for cell in cells for axes in cell.axes]
    return [tuple(axis.get_majorticklocs()) for one in axes for axis in (one.xaxis, one.yaxis)]


def _follows_size(axes: Axes, theme: Theme) -> bool:
    """Tell whether the room around the axes depends on their size, not on the ticks alone: long labels, color scales, placed texts."""
    sides = ((axes.xaxis, axes.bbox.width), (axes.yaxis, axes.bbox.height))
    long = any(text_width(axis.get_label_text(), theme.font_size) > _SHORT * side for axis, side in sides)
    texts = [text for text in axes.texts if text.get_in_layout()]
    return long or bool(axes.child_axes) or any(getattr(text, "xycoords", "data") == "data" for text in texts)


def _alike(one: _Margins, other: _Margins) -> bool:
    """Tell whether two measurements agree to a point."""
    return all(abs(getattr(one, side.name) - getattr(other, side.name)) < 1 for side in fields(_Margins))


def _space_ticks(axis: Axis, theme: Theme) -> None:
    """Leave out ticks of a numeric axis until no two labels touch: matplotlib takes them to be three letters wide."""
    from matplotlib.ticker import MaxNLocator

    locator = axis.get_major_locator()
    if isinstance(locator, MaxNLocator):
        bins = len(_shown(axis)) - 1
        while bins > 1 and _touch(axis, theme):
            bins -= 1
            locator.set_params(nbins=bins)


def _shown(axis: Axis) -> list[float]:
    """Return the ticks that are in view."""
    low, high = sorted(axis.get_view_interval())
    return [float(tick) for tick in axis.get_majorticklocs() if low <= tick <= high]


def _touch(axis: Axis, theme: Theme) -> bool:
    """Tell whether two labels of an axis come too close."""
    ticks, side = _shown(axis), 0 if axis is axis.axes.xaxis else 1
    sizes = [theme.small_size] * len(ticks)
    if side == 0:
        sizes = [text_width(label, theme.small_size) for label in axis.get_major_formatter().format_ticks(ticks)]
    places = axis.axes.transData.transform([(tick, tick) for tick in ticks])[:, side] if ticks else ()
    pairs = zip(pairwise(places), pairwise(sizes), strict=True)
    return any(abs(b - a) < (one + two) / 2 + _APART[side] for (a, b), (one, two) in pairs)


def _margins(cell: Cell) -> _Margins:
    from reportgen.figures.ruler import ruler

    boxes = [box for axes in cell.axes if (box := axes.get_tightbbox(ruler())) is not None]
    inner = cell.axes[0].bbox
    return _Margins(
        left=max(inner.x0 - min(box.x0 for box in boxes), 0.0),
        right=max(max(box.x1 for box in boxes) - inner.x1, 0.0),
        bottom=max(inner.y0 - min(box.y0 for box in boxes), 0.0),
        top=max(max(box.y1 for box in boxes) - inner.y1, 0.0),
    )


def _head(figure: Figure, cell: Cell, theme: Theme, width: float) -> _Head:
    legends = [(legend, *_size(legend)) for legend in _legends(cell)]
    heights = [height for _, _, height in legends]
    title = None
    if cell.title:
        words = "\n".join(_broken(cell.title, theme, width))
        text = figure.text(0, 0, words, size=theme.font_size, weight=_TITLE, va="top", gid=f"{cell.name}.title")
        title = (text, *_size(text))
        heights.append(title[2])
    return _Head(title, tuple(legends), sum(heights) + len(heights) * _GAP * theme.font_size)


def _size(artist: Artist) -> tuple[float, float]:
    from reportgen.figures.ruler import ruler

    box = artist.get_window_extent(ruler())
    return box.width, box.height


def _legends(cell: Cell) -> list[Legend]:
    return [legend for axes in cell.axes if (legend := axes.get_legend()) is not None]


def _share_legend(figure: Figure, cells: Sequence[Cell], theme: Theme) -> Legend | None:
    """Replace the legends of panels that all have the same one by a legend above the figure; None where they differ."""
    legends = [legend for cell in cells for legend in _legends(cell)]
    entries = {tuple(map(_entry, legend.legend_handles)) for legend in legends}
    if not len(cells) == len(legends) > 1 or len(entries) > 1:
        return None
    drawn = cells[0].axes[0].get_legend_handles_labels()[1]
    ranks = {label: rank for rank, label in enumerate(drawn)}
    handles = sorted(
        filter(None, legends[0].legend_handles), key=lambda one: ranks.get(str(one.get_label()), len(ranks))
    )
    for legend in legends:
        legend.remove()
    return _shared_legend(figure, handles, theme)


def _shared_legend(figure: Figure, handles: Sequence[Artist], theme: Theme) -> Legend:
    labels = [str(handle.get_label()) for handle in handles]
    columns, order = legend_order(labels, theme, cell_width(theme, 1))
    legend = figure.legend([handles[index] for index in order], [labels[index] for index in order], ncols=columns)
    legend.set_gid(LEGEND)
    return legend


def _entry(handle: Artist | None) -> tuple[str, ...]:
    """Return what distinguishes a legend entry for a reader."""
    names = ("label", "color", "facecolor", "linestyle", "marker")
    return tuple(str(getattr(handle, f"get_{name}", str)()) for name in names)


def _place_shared(figure: Figure, legend: Legend, first: Cell) -> float:
    """Place the legend of the whole figure at its top, aligned with the first panel if there is room.

    Returns its right edge.
    """
    full, total = figure.get_size_inches() * POINTS
    inner = first.axes[0].get_position(original=True)
    width = _size(legend)[0]
    x = max(_EDGE, min(inner.x0 * full, full - _EDGE - width))
    legend.set_loc("upper left")
    legend.set_bbox_to_anchor((x / full, 1 - _EDGE / total), transform=figure.transFigure)
    return float(x) + width


def _part(cell: Cell, edges: Sequence[float], theme: Theme, columns: int) -> Part:
    """Return the place of a panel, which meets its neighbors in the middle of the gutter."""
    half, first = _gutter(theme) / 2, _cell_left(cell, theme, columns)
    left = first - half if cell.column else 0.0
    right = min(first + _width(cell, theme, columns) + half, theme.width * POINTS)
    return Part(cell.name, left, edges[cell.row], right - left, edges[cell.row + 1] - edges[cell.row])


def _broken(title: str, theme: Theme, width: float) -> list[str]:
    """Break a title into lines of at most this width, between words or within words that are too long."""
    lines: list[str] = []
    for word in _pieces(title, theme, width):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, theme.font_size, _TITLE) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _pieces(title: str, theme: Theme, width: float) -> Iterator[str]:
    """Yield the words, splitting those wider than this."""
    for word in title.split():
        start = 0
        for end in range(1, len(word) + 1):
            if text_width(word[start : end + 1], theme.font_size, _TITLE) > width or end == len(word):
                yield word[start:end]
                start = end


def _place_axes(
    figure: Figure,
    heads: Mapping[Cell, _Head],
    margins: Mapping[Cell, _Margins],
    theme: Theme,
    columns: int,
    heights: tuple[float, float],
) -> list[float]:
    """Give the axes the room that titles, legends and labels leave; axes in a row or column stay aligned.

    ``heights`` are where the first row begins, and the height of a panel. Returns the upper edge of every row and the lower
    one of the last.
    """
    (top, panel_height), places = heights, {}
    edges = [top if top > _EDGE else 0.0]
    for row in range(max(cell.row for cell in heads) + 1):
        here = [cell for cell in heads if cell.row == row]
        above = max(margins[cell].top for cell in here) + max(heads[cell].height for cell in here)
        below = max(margins[cell].bottom for cell in here)
        height = max(panel_height - above - below, _LEAST * panel_height)
        places[row] = (top + above + height, height)
        top += above + height + below + _gutter(theme)
        edges.append(top - _gutter(theme) / 2)
    total, full = top - _gutter(theme) + _EDGE, theme.width * POINTS
    figure.set_size_inches(theme.width, total / POINTS)
    for cell in heads:
        left = max(margins[other].left for other in heads if other.column == cell.column)
        right = max(margins[other].right for other in heads if other.last == cell.last)
        bottom, height = places[cell.row]
        across = max(_width(cell, theme, columns) - left - right, theme.font_size)
        x = _cell_left(cell, theme, columns) + left
        cell.axes[0].set_position((x / full, 1 - bottom / total, across / full, height / total))
    return [*edges[:-1], total]


def _place_head(figure: Figure, cell: Cell, head: _Head, margin: float, top: float, theme: Theme, columns: int) -> None:
    """Place the legends right above the axes, and the titles of a row on one line."""
    full, total = figure.get_size_inches() * POINTS
    inner = cell.axes[0].get_position(original=True)
    left = _cell_left(cell, theme, columns)
    right = left + _width(cell, theme, columns)
    y = inner.y1 * total + margin
    for legend, width, height in head.legends:
        y += _GAP * theme.font_size
        x = max(left, min(inner.x0 * full, right - width))
        legend.set_loc("lower left")
        legend.set_bbox_to_anchor((x / full, y / total), transform=figure.transFigure)
        y += height
    if head.title is not None:
        text, width, _ = head.title
        text.set_position((max(left, min(inner.x0 * full, right - width)) / full, inner.y1 + top / total))


def _cell_left(cell: Cell, theme: Theme, columns: int) -> float:
    return _EDGE + cell.column * (cell_width(theme, columns) + _gutter(theme))


def _width(cell: Cell, theme: Theme, columns: int) -> float:
    across = 1 + cell.last - cell.column
    return across * cell_width(theme, columns) + (across - 1) * _gutter(theme)


def _gutter(theme: Theme) -> float:
    return 1.5 * theme.font_size
