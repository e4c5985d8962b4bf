"""Building blocks of panels: plain arrays and the theme in, artists on the given axes out.

All of them keep the report's promises: labels are shortened and never read as mathematics, legends stand above the
axes and cover nothing, fills are opaque, dense artists are rasterised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reportgen.figures import names as beside
from reportgen.figures.categories import named_rows, room
from reportgen.figures.layout import POINTS, legend_order
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import ArrayLike, NDArray

    from reportgen.contract.theme import Theme

_THIN = 0.002
"""Half width, in rows, below which the tail of a violin is cut off. Convention."""
_BESIDE = 0.14
"""Distance, in rows, of the quartiles of a half violin from the line of its name. Convention."""
_SMALL = 0.9
"""Size of text in place of bars, relative to other small text: 7.2 points where that has 8. Convention."""
MOST_NAMED = 50
"""Maximum number of models with a row each in a figure of one page. Convention."""
_REFERENCE = 48
"""Maximum number of characters of the label of a reference line: a condition of a check fits. Convention."""
_MARKED = 40
"""Maximum number of points of a line for which each one is marked. Convention."""


@dataclass(frozen=True)
class Markers:
    """Several markers side by side with one label: an entry of a legend."""

    lines: Sequence[Line2D]
    label: str

    def get_label(self) -> str:
        """Return the label, as an artist does."""
        return self.label


@dataclass(frozen=True)
class Bars:
    """One series of horizontal bars.

    Parameters
    ----------
    values
        One per name; NaN where there is none.
    color
        Of the bars.
    low, high
        Ends of the error bars; NaN for none.
    label
        In the legend.
    """

    values: ArrayLike
    color: str
    low: ArrayLike | None = None
    high: ArrayLike | None = None
    label: str = ""


@dataclass(frozen=True)
class Violin:
    """A distribution: density over a grid, and the three quartiles; of few values each one.

    ``grid`` and ``density`` have shape (n_points,), ``values`` (n,); ``quartiles`` is (lower, median, upper).
    """

    grid: ArrayLike
    density: ArrayLike
    quartiles: tuple[float, float, float]
    color: str
    values: ArrayLike = ()


def legend_above(ax: Axes, theme: Theme, handles: Sequence[Any]) -> None:
    """Place a legend above the axes, in as few rows as the width of the panel allows.

    Parameters
    ----------
    ax
        The panel.
    theme
        For sizes.
    handles
        Artists with labels, and :class:`Markers`. Labels that begin with ``_`` are kept.
    """
    from matplotlib.legend_handler import HandlerTuple

    labels = [str(handle.get_label()) for handle in handles]
    columns, order = legend_order(labels, theme, room(ax, theme))
    artists = [tuple(one.lines) if isinstance(one, Markers) else one for one in handles]
    ax.legend(
        [artists[index] for index in order],
        [labels[index] for index in order],
        loc="lower left",
        ncols=columns,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
    )


def reference_line(ax: Axes, theme: Theme, value: float, label: str, axis: Literal["x", "y"] = "y") -> Line2D:
    """Draw a line at a value of an axis, labeled outside the axes where it covers nothing."""
    style: dict[str, Any] = {
        "color": theme.muted,
        "linestyle": "dashed",
        "linewidth": theme.line_width * 0.8,
        "zorder": 1.5,
    }
    words: dict[str, Any] = {"color": theme.muted, "annotation_clip": False, "textcoords": "offset points"}
    gap = theme.small_size / 3
    if axis == "y":
        line = ax.axhline(value, **style)
        ax.annotate(
            theme.text(label, _REFERENCE),
            (1, value),
            (gap, 0),
            xycoords=ax.get_yaxis_transform(),
            va="center",
            ha="left",
            **words,
        )
    else:
        line = ax.axvline(value, **style)
        ax.annotate(
            theme.text(label, _REFERENCE),
            (value, 1),
            (0, gap),
            xycoords=ax.get_xaxis_transform(),
            va="bottom",
            ha="center",
            **words,
        )
    return line


def diagonal(ax: Axes, theme: Theme, label: str) -> Line2D:
    """Draw the line where both axes are equal; return its handle for the legend."""
    line = ax.axline(
        (0, 0), slope=1, color=theme.muted, linestyle="dashed", linewidth=theme.line_width * 0.8, zorder=1.5
    )
    line.set_label(label)
    return line


def model_lines(ax: Axes, theme: Theme, values: Mapping[str, Sequence[float]]) -> list[float]:
    """Draw one line for each model over the relative depth of its layers or tensors. Short lines are marked.

    Returns
    -------
    list
        The finite values that were drawn.
    """
    handles = []
    for model, line in values.items():
        look = theme.look(model)
        handles += ax.plot(
            relative_depths(len(line)),
            line,
            color=look.color,
            linestyle=look.linestyle,
            marker=look.marker if len(line) <= _MARKED else None,
            markersize=theme.marker_size * 0.8,
            label=look.label,
        )
    ax.set_xlim(-0.03, 1.03)
    if len(handles) > 1:
        legend_above(ax, theme, handles)
    return [float(value) for line in values.values() for value in line if np.isfinite(value)]


def end_labels(ax: Axes, theme: Theme, ends: Sequence[float], words: Sequence[str]) -> None:
    """Name lines at their right ends, outside the axes, in the order of the ends and far enough apart to be read.

    Parameters
    ----------
    ax
        The panel, whose limits are set.
    theme
        For sizes.
    ends
        Height of each line at the right edge of the axes.
    words
        Their names; too long ones are shortened.
    """
    low, high = ax.get_ylim()
    apart = _END_LINE * theme.small_size / ax.bbox.height * (high - low)
    order = sorted(range(len(ends)), key=ends.__getitem__)
    floor = low - apart
    labels = naming.labels(words, _END_LABEL)
    for place in order:
        floor = max(ends[place], floor + apart)
        ax.annotate(
            labels[place],
            (1, floor),
            (theme.small_size / 3, 0),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            annotation_clip=False,
            va="center",
            ha="left",
        )


_END_LINE = 1.5
"""Distance of names at the ends of lines, in font sizes of the guessed panel: the final one is lower. Convention."""
_END_LABEL = 14
"""Maximum number of characters of a name at the end of a line."""


def relative_depths(count: int) -> list[float]:
    """Return the places of layers from the input to the output of a model, so that unlike models share an axis.

    >>> relative_depths(3), relative_depths(1)
    ([0.0, 0.5, 1.0], [1.0])
    """
    return [place / (count - 1) if count > 1 else 1.0 for place in range(count)]


@dataclass(frozen=True)
class NamedPoint:
    """A point that represents a model, or one of its heads."""

    model: str
    label: str
    x: float
    y: float


def named_points(ax: Axes, theme: Theme, points: Sequence[NamedPoint], first: int = 0) -> None:
    """Draw points in the looks of their models, and name them: few in a legend, many beside the points.

    The limits of the axes follow the points; the first points have the first choice of room for their names, and ``first`` of
    them have a name in any case.
    """
    handles: dict[str, Line2D] = {}
    for point in points:
        look = theme.look(point.model)
        (handles[point.label],) = ax.plot(
            point.x, point.y, look.marker, color=look.color, label=theme.text(point.label)
        )
    ax.margins(0.12)
    if len(points) <= _IN_LEGEND:
        order = list(theme.looks)
        legend_above(
            ax, theme, [handles[point.label] for point in sorted(points, key=lambda one: order.index(one.model))]
        )
    else:
        beside.write(
            ax, theme, [(point.x, point.y) for point in points], [point.label for point in points], first=first
        )


def names_note(count: int) -> str:
    """Return a caption sentence about points without a name; empty where all have one."""
    return " Names that would overlap are left out." if count > _IN_LEGEND else ""


_IN_LEGEND = 12
"""Maximum number of points that are named in a legend."""


def corner(ax: Axes, theme: Theme, label: str) -> None:
    """Mark the lower left corner as the preferred one, with an arrow and a label."""
    ax.annotate(
        "",
        (0.012, 0.012),
        (0.09, 0.09),
        xycoords="axes fraction",
        textcoords="axes fraction",
        arrowprops={
            "arrowstyle": "->",
            "color": theme.muted,
            "linewidth": theme.line_width * 0.8,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    ax.annotate(
        label, (0.1, 0.03), xycoords="axes fraction", color=theme.muted, size=theme.small_size, va="bottom", ha="left"
    )


def bars(ax: Axes, theme: Theme, names: Sequence[str], series: Sequence[Bars]) -> list[Any]:
    """Draw horizontal bars, the first name on top, the series of a name side by side.

    Error bars are drawn where both ends are known; where there is no value, the place says so.

    Returns
    -------
    list
        A legend handle for each series.
    """
    positions = np.arange(len(names))
    height = 0.8 / max(len(series), 1)
    handles, missing = [], []
    for index, one in enumerate(series):
        values = np.asarray(one.values, float)
        places = positions + (index - (len(series) - 1) / 2) * height
        drawn = ax.barh(
            places, np.nan_to_num(values), height=height * 0.92, color=one.color, label=one.label, linewidth=0
        )
        handles.append(drawn)
        _error_bars(ax, theme, values, places, one)
        missing.append(places[np.isnan(values)])
    named_rows(ax, theme, names)
    _mark_missing(ax, theme, np.concatenate([np.empty(0), *missing]), len(names))
    return handles


def violins(ax: Axes, theme: Theme, names: Sequence[str], pairs: Sequence[tuple[Violin | None, Violin | None]]) -> None:
    """Draw horizontal half violins, the first of each pair above the line of its name and the second below.

    All have the same height, with a bar between the quartiles and a dot at the median; few values are dots of their own.
    """
    for index, pair in enumerate(pairs):
        ax.axhline(index, color=theme.grid, linewidth=theme.line_width / 2, zorder=0)
        for side, one in zip((-1, 1), pair, strict=True):
            if one is not None:
                _half_violin(ax, theme, index, side, one)
    named_rows(ax, theme, names)


def _half_violin(ax: Axes, theme: Theme, index: int, side: int, one: Violin) -> None:
    grid, density = np.asarray(one.grid, float), np.asarray(one.density, float)
    half = 0.42 * density / max(float(density.max(initial=0)), np.finfo(float).tiny)
    grid, half = grid[half > _THIN], half[half > _THIN]
    ax.fill_between(
        grid,
        index,
        index + side * half,
        facecolor=theme.tint(one.color, 0.4),
        edgecolor=one.color,
        linewidth=theme.line_width / 2,
    )
    values = np.asarray(one.values, float)
    if len(values):
        places = np.full(len(values), index + side * _BESIDE)
        ax.plot(values, places, "o", color=one.color, markersize=theme.marker_size * 0.8)
        return
    lower, median, upper = one.quartiles
    place = index + side * _BESIDE
    ax.plot([lower, upper], [place, place], color=theme.ink, linewidth=2.2 * theme.line_width, solid_capstyle="butt")
    ax.plot([median], [place], "o", color=theme.paper, markeredgecolor=theme.ink, markersize=theme.marker_size)


def rows_height(theme: Theme, n_rows: int, *, series: float = 1) -> float:
    """Return the height in inches that a panel with this many named rows needs, including its axis; at most a page."""
    row = max(1.35, 0.95 * series) * theme.small_size
    return min((n_rows * row + 6 * theme.font_size) / POINTS, 8.8)


def _error_bars(ax: Axes, theme: Theme, values: NDArray[Any], places: NDArray[Any], one: Bars) -> None:
    if one.low is None or one.high is None:
        return
    low, high = np.asarray(one.low, float), np.asarray(one.high, float)
    known = np.isfinite(values) & np.isfinite(low) & np.isfinite(high)
    ax.hlines(places[known], low[known], high[known], color=theme.ink, linewidth=theme.line_width * 0.8)


def _mark_missing(ax: Axes, theme: Theme, places: NDArray[Any], rows: int) -> None:
    """Write "not measured" at these places, once for neighbors that are closer than a line."""
    size = theme.small_size * _SMALL
    line = size / (ax.bbox.height / rows) if rows else 0.0
    group: list[float] = []
    for place in [*np.sort(places).tolist(), np.inf]:
        if group and place - np.mean(group) >= line:
            ax.annotate(
                "not measured",
                (0, float(np.mean(group))),
                (theme.small_size / 3, 0),
                xycoords=ax.get_yaxis_transform(),
                textcoords="offset points",
                color=theme.muted,
                size=size,
                va="center",
            )
            group = []
        group.append(place)
