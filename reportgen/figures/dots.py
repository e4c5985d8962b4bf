"""Rows of points with intervals: differences around 0, and values side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, TypeVar

import numpy as np

from reportgen.contract.numbers import Bounded, or_nan
from reportgen.contract.theme import Look
from reportgen.figures import categories, draw
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.contract.theme import Theme

_HIGHEST = 2.5
"""Inches of a panel with rows of points: it stands on page one or in the body. Convention."""
_LOWEST = 0.9
_ROW = 1.75
"""Height of a row, in font sizes."""
_INSIDE = 0.015
"""How far inside an end of the axis models beyond it are drawn, as a share of the axis."""
RANGE = "#c3c8cd"
"""Color of what is expected behind what is seen."""


T = TypeVar("T")


class Valued(Bounded, Protocol):
    """A number that may have an interval."""

    @property
    def value(self) -> float | None:
        """The number; None if it was not measured."""


@dataclass(frozen=True)
class Dots:
    """One series of points on named rows.

    Parameters
    ----------
    values
        One per name; NaN where there is none.
    low, high
        Ends of the intervals, drawn as lines; NaN for none.
    look, label
        Of the model, and the words for the legend.
    hollow
        Which points are not filled; by default none.
    range_low, range_high
        Ends of gray bars behind the points; None for none.
    """

    values: ArrayLike
    low: ArrayLike
    high: ArrayLike
    look: Look
    label: str
    hollow: ArrayLike | None = None
    range_low: ArrayLike | None = None
    range_high: ArrayLike | None = None

    @classmethod
    def of(
        cls, metrics: Sequence[Valued], look: Look, label: str, hollow: ArrayLike | None = None, scale: float = 1.0
    ) -> Self:
        """Return the series of some numbers; ``scale`` is 100 to show shares in percent or points."""
        values, low, high = (
            [scale * or_nan(end) for end in ends]
            for ends in zip(*((one.value, one.ci_low, one.ci_high) for one in metrics), strict=True)
        )
        return cls(values, low, high, look, label, hollow)


_SIDE = 0.15
"""Share of the axis of differences that each side of 0 has at least. Convention."""


class Difference(NamedTuple):
    """A difference on a named row; None where it, or its interval, is missing."""

    name: str
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, name: str, metric: Valued) -> Self:
        """Return the row of a metric."""
        return cls(name, metric.value, metric.ci_low, metric.ci_high)


def height(theme: Theme, n_rows: int, most: float = _HIGHEST) -> float:
    """Return the height in inches that a panel with this many rows needs, axis included."""
    return float(np.clip((n_rows * _ROW * theme.small_size + 5.5 * theme.font_size) / 72, _LOWEST, most))


def rows(ax: Axes, theme: Theme, names: Sequence[str], series: Sequence[Dots]) -> NDArray[np.float64]:
    """Draw points with their intervals on named rows, the first name on top, the series of a name below each other.

    Returns
    -------
    numpy.ndarray
        Position of every point on the y axis, of shape (n_series, n_names).
    """
    from matplotlib.lines import Line2D

    places = np.arange(len(names)) + (np.arange(len(series))[:, None] - (len(series) - 1) / 2) * 0.8 / len(series)
    handles = []
    for one, place in zip(series, places, strict=True):
        values, low, high = (np.asarray(part, float) for part in (one.values, one.low, one.high))
        hollow = np.zeros(len(values), bool) if one.hollow is None else np.asarray(one.hollow, bool)
        if one.range_low is not None and one.range_high is not None:
            ax.hlines(place, one.range_low, one.range_high, color=RANGE, linewidth=3.5 * theme.line_width)
        known = np.isfinite(low) & np.isfinite(high)
        ax.hlines(place[known], low[known], high[known], color=one.look.color, linewidth=theme.line_width)
        style: dict[str, Any] = {"marker": one.look.marker, "linestyle": "none", "color": one.look.color}
        ax.plot(values[~hollow], place[~hollow], **style)
        ax.plot(values[hollow], place[hollow], markerfacecolor=theme.paper, **style)
        handles.append(Line2D([], [], label=theme.text(one.label), **style))
    categories.named_rows(ax, theme, names)
    if len(series) > 1:
        draw.legend_above(ax, theme, handles)
    return places


def models(
    ax: Axes,
    theme: Theme,
    names: Sequence[str],
    measured: Sequence[Measurement],
    ends: tuple[float, float] | None = None,
) -> None:
    """Draw a metric of several models with its intervals, a named row for each, in the looks of the models.

    ``ends`` are those of the axis, by default around all of them; a model beyond is a triangle at the edge, with its value.
    """
    categories.named_rows(ax, theme, names)
    if ends is not None:
        ax.set_xlim(ends)
    for place, one in enumerate(measured):
        metric, look = one.metric, theme.look(one.model)
        if ends is not None and metric.value is not None and not ends[0] <= metric.value <= ends[1]:
            _beyond(ax, theme, place, metric, look.color, above=metric.value > ends[1])
            continue
        if metric.ci_low is not None and metric.ci_high is not None:
            ax.hlines(place, metric.ci_low, metric.ci_high, color=look.color, linewidth=theme.line_width)
        ax.plot(or_nan(metric.value), place, marker=look.marker, color=look.color, linestyle="none")


def _beyond(ax: Axes, theme: Theme, place: int, metric: Metric, color: str, *, above: bool) -> None:
    """Draw a model that is beyond an end of the x axis: a triangle that points there, and its value."""
    across, side = ax.get_yaxis_transform(), -1 if above else 1
    edge = float(above) + side * _INSIDE
    ax.plot(edge, place, marker="<>"[above], color=color, linestyle="none", transform=across)
    ax.annotate(
        formatting.metric(metric).text,
        (edge, place),
        (side * theme.marker_size, 0),
        xycoords=across,
        textcoords="offset points",
        color=theme.muted,
        size=0.85 * theme.small_size,
        va="center_baseline",
        ha="right" if above else "left",
    )


def largest(differences: Sequence[T], value: Callable[[T], float], most: int) -> list[T]:
    """Return at most so many of some differences, those farthest from 0, in their order.

    >>> largest([-5.0, -1.0, 0.0, 2.0], float, 2)
    [-5.0, 2.0]
    """
    kept = sorted(range(len(differences)), key=lambda place: -abs(value(differences[place])))[:most]
    return [differences[place] for place in sorted(kept)]


def forest(
    ax: Axes,
    theme: Theme,
    differences: Sequence[Difference],
    *,
    told: Sequence[bool],
    sides: tuple[str, str],
    scale: float = 1.0,
) -> None:
    """Draw differences around a line at 0, the first row set off from the others.

    ``told`` says which differences are told from 0: their points are filled. ``sides`` says whom the left and the right favor.
    ``scale`` is 100 to show shares in points.
    """
    names = [one.name for one in differences]
    values, low, high = (
        [scale * or_nan(end) for end in ends]
        for ends in zip(*((one.value, one.low, one.high) for one in differences), strict=True)
    )
    look = Look(theme.ink, "o", "solid", "")
    rows(ax, theme, names, [Dots(values, low, high, look, "", hollow=~np.asarray(told, bool))])
    ax.axvline(0, color=theme.ink, linewidth=theme.line_width * 0.8, zorder=1.5)
    if len(names) > 1:
        ax.axhline(0.5, color=theme.grid, linewidth=theme.line_width * 0.8)
    ends = np.concatenate([np.asarray(low, float), np.asarray(high, float), [-1e-3, 1e-3]])
    left, right = np.nanmin(ends), np.nanmax(ends)
    side = _SIDE * (right - left)
    ax.set_xlim(1.08 * min(left, -side), 1.08 * max(right, side))
    for words, place, align in ((sides[0], 0.0, "left"), (sides[1], 1.0, "right")):
        ax.annotate(
            theme.text(words, 40),
            (place, 1),
            (0, theme.small_size / 3),
            xycoords="axes fraction",
            textcoords="offset points",
            color=theme.muted,
            va="bottom",
            ha=align,
            annotation_clip=False,
        )
