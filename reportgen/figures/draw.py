"""Building blocks of panels: plain arrays and the theme in, artists on the given axes out.

All of them keep the report's promises: labels are shortened and never read as mathematics, legends stand above the
axes and cover nothing, fills are opaque, dense artists are rasterised.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reportgen.figures import names as beside
from reportgen.figures.layout import cell_width, legend_order, text_width
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.image import AxesImage
    from matplotlib.lines import Line2D
    from numpy.typing import ArrayLike, NDArray

    from reportgen.contract.theme import Theme

_NAMES = 0.3
"""Share of a panel that category names may take before they are shortened. Convention."""
_THIN = 0.002
"""Half width, in rows, below which the tail of a violin is cut off. Convention."""
_BESIDE = 0.14
"""Distance, in rows, of the quartiles of a half violin from the line of its name. Convention."""
_SMALL = 0.9
"""Size of text in cells and in place of bars, relative to other small text: 7.2 points where that has 8. Convention."""
_DARK = 0.45
"""Relative luminance below which text on a cell is white. Convention."""
MOST_NAMED = 50
"""Maximum number of models with a row each in a figure of one page. Convention."""
_POINTS_PER_INCH = 72
_MARKED = 40
"""Maximum number of points of a line for which each one is marked. Convention."""
_FEW_POWERS = 1e3
"""Range of a logarithmic axis up to which ticks are at 1, 2 and 5. Convention."""


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
        Artists with labels. Labels that begin with ``_`` are kept.
    """
    labels = [str(handle.get_label()) for handle in handles]
    columns, order = legend_order(labels, theme, _room(ax, theme))
    ax.legend([handles[index] for index in order], [labels[index] for index in order], loc="lower left", ncols=columns)


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
            theme.text(label), (1, value), (gap, 0), xycoords=ax.get_yaxis_transform(), va="center", ha="left", **words
        )
    else:
        line = ax.axvline(value, **style)
        ax.annotate(
            theme.text(label),
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


def categories(ax: Axes, theme: Theme, names: Sequence[str], axis: Literal["x", "y"]) -> None:
    """Name the positions 0, 1, 2, … of an axis; names are left out evenly where there is no room for all.

    Names on the x axis are turned where they do not fit side by side.
    """
    which = ax.yaxis if axis == "y" else ax.xaxis
    labels = [theme.text(name) for name in names]
    need = _widest(labels, theme) + 0.5 * theme.small_size
    if axis == "y" or need * len(labels) > ax.bbox.width:
        labels = _short(names, theme, _NAMES * (_room(ax, theme) if axis == "y" else ax.bbox.height))
        need = 1.1 * theme.small_size
        ax.tick_params(axis=axis, rotation=90 if axis == "x" else 0)
    which.set_major_locator(_thinned()(len(labels), need))
    which.set_major_formatter(_namer(labels))


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


def named_points(ax: Axes, theme: Theme, points: Sequence[NamedPoint]) -> None:
    """Draw points in the looks of their models, and name them: few in a legend, many beside the points.

    The limits of the axes follow the points; the first points have the first choice of room for their names.
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
        beside.write(ax, theme, [(point.x, point.y) for point in points], [point.label for point in points])


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


def logarithmic(ax: Axes, low: float, high: float) -> None:
    """Make the y axis logarithmic, with ticks at 1, 2 and 5 where it spans few powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_yscale("log")
    if high < _FEW_POWERS * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def logarithmic_counts(ax: Axes) -> None:
    """Make the x axis logarithmic, with integers at the powers of ten: parameters, bytes."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def symmetric_logarithmic(ax: Axes, threshold: float) -> None:
    """Make the y axis logarithmic on both sides of 0, linear below the threshold, with few ticks."""
    from matplotlib.ticker import FuncFormatter, SymmetricalLogLocator

    ax.set_yscale("symlog", linthresh=threshold)
    ax.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=10 * threshold))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def whole_numbers(ax: Axes, theme: Theme) -> None:
    """Place the ticks of the x axis at integers only: depths, epochs, counts."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(theme.max_ticks or "auto", integer=True, steps=[1, 2, 5, 10]))


def heatmap(  # noqa: PLR0913 all but the matrix by name
    ax: Axes,
    theme: Theme,
    values: ArrayLike,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    limits: tuple[float, float] | None = None,
    center: float | None = None,
    text: Sequence[Sequence[str]] | None = None,
    colorbar_label: str | None = None,
    palette: str | None = None,
) -> AxesImage:
    """Show a matrix as colored cells, the first row on top.

    Parameters
    ----------
    ax
        The panel.
    theme
        Colors and sizes.
    values
        Shape (n_rows, n_columns); NaN cells are gray.
    rows, columns
        Names.
    limits
        Ends of the color scale; by default the range of the values.
    center
        Middle of a diverging scale; None for a sequential one.
    text
        What to write in the cells; left out where it does not fit, and in drafts.
    colorbar_label
        Label of the color scale; None for no scale.
    palette
        Colors; by default those of the theme.
    """
    from matplotlib import colormaps

    matrix = np.ma.masked_invalid(np.asarray(values, float))
    low, high = limits or _limits(matrix, center)
    named = palette or (theme.sequential if center is None else theme.diverging)
    _reserve(ax, _widest(_short(rows, theme, _NAMES * _room(ax, theme)), theme))
    colors = colormaps[named].with_extremes(bad="none")
    image = ax.imshow(matrix, cmap=colors, vmin=low, vmax=high, aspect="auto", interpolation="none")
    ax.set_facecolor(theme.missing)  # shows where a cell has no color
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if colorbar_label is not None:
        colorbar(ax, theme, image, colorbar_label)
    categories(ax, theme, rows, "y")
    categories(ax, theme, columns, "x")
    if text is not None and theme.extras:
        _cell_text(ax, theme, image, text)
    return image


def colorbar(ax: Axes, theme: Theme, mappable: ScalarMappable, label: str) -> None:
    """Place a color scale next to the axes; it follows them wherever they are placed."""
    _reserve(ax, 6 * theme.font_size)
    thickness = theme.font_size / ax.bbox.width
    inset = ax.inset_axes((1 + thickness / 2, 0.0, thickness, 1.0))
    bar = ax.figure.colorbar(mappable, cax=inset)
    bar.outline.set_visible(False)
    bar.set_label(theme.text(label, limit=48))


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
    return min((n_rows * row + 6 * theme.font_size) / _POINTS_PER_INCH, 8.8)


def _room(ax: Axes, theme: Theme) -> float:
    place = ax.get_subplotspec()
    return cell_width(theme, place.get_gridspec().ncols if place is not None else 1)


def _widest(labels: Sequence[str], theme: Theme) -> float:
    return max((text_width(label, theme.small_size) for label in labels), default=0.0)


def _short(names: Sequence[str], theme: Theme, room: float) -> list[str]:
    """Shorten names until the longest fits, as long as they stay distinct."""
    labels = [theme.text(name) for name in names]
    for limit in range(28, 7, -4):
        if _widest(labels, theme) <= room:
            break
        shorter = [theme.text(name, limit) for name in names]
        if len(set(shorter)) < len(set(labels)):
            break
        labels = shorter
    return labels


def _reserve(ax: Axes, width: float) -> None:
    """Reduce the guessed width of the axes by what is placed next to them, so that the remaining room is known."""
    box = ax.get_position()
    scale = ax.bbox.width / box.width
    ax.set_position((box.x0, box.y0, max(box.width - width / scale, box.width / 3), box.height))


def _limits(matrix: np.ma.MaskedArray[Any, Any], center: float | None) -> tuple[float, float]:
    """Return the ends of the color scale, equally far from the center if there is one."""
    if matrix.count() == 0:
        return 0.0, 1.0
    low, high = float(matrix.min()), float(matrix.max())
    if center is None:
        return low, high
    reach = max(high - center, center - low) or 1.0
    return center - reach, center + reach


def _cell_text(ax: Axes, theme: Theme, image: AxesImage, text: Sequence[Sequence[str]]) -> None:
    """Write text into the cells, dark on light and light on dark, unless a cell is too narrow."""
    size = theme.small_size * _SMALL
    matrix: np.ma.MaskedArray[Any, Any] = np.ma.asarray(image.get_array())
    n_rows, n_columns = matrix.shape[:2]
    widest = max((text_width(word, size) for line in text for word in line), default=0.0)
    if widest + 2 > ax.bbox.width / n_columns or size * 1.2 > ax.bbox.height / n_rows:
        return
    colors = np.asarray(image.to_rgba(matrix))
    dark, missing = colors[..., :3] @ (0.2126, 0.7152, 0.0722) < _DARK, np.ma.getmaskarray(matrix)
    for row, line in enumerate(text):
        for column, word in enumerate(line):
            color = theme.ink if missing[row, column] else theme.on_dark if dark[row, column] else theme.on_light
            ax.text(column, row, word, size=size, color=color, ha="center", va="center_baseline")


def named_rows(ax: Axes, theme: Theme, names: Sequence[str]) -> None:
    """Make the y axis one of named rows, the first on top."""
    categories(ax, theme, names, "y")
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)


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


@cache
def _thinned() -> Callable[[int, float], Any]:
    """Return the class of locators that skip names where the axis is too short for all of them."""
    from matplotlib.ticker import Locator

    class Thinned(Locator):
        def __init__(self, count: int, need: float) -> None:
            self._count, self._need = count, need

        def __call__(self) -> list[int]:
            box = self.axis.axes.bbox  # type: ignore[union-attr]
            length = box.height if self.axis.axis_name == "y" else box.width  # type: ignore[union-attr]
            scale = self.axis.axes.figure.dpi / _POINTS_PER_INCH  # type: ignore[union-attr]
            step = max(int(np.ceil(self._count * self._need * scale / max(length, 1))), 1)
            return list(range(0, self._count, step))

        def tick_values(self, vmin: float, vmax: float) -> list[int]:
            return [tick for tick in self() if vmin <= tick <= vmax]

    return Thinned


def _namer(labels: Sequence[str]) -> Callable[[float, float | None], str]:
    def name(position: float, _index: float | None = None) -> str:
        index = round(position)
        return labels[index] if 0 <= index < len(labels) else ""

    return name
