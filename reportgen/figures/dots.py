"""Rows of points with intervals: differences around 0, and values side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.figures import draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from reportgen.contract.theme import Theme

_HIGHEST = 2.5
"""Inches of a panel with rows of points: it stands on page one or in the body. Convention."""
_LOWEST = 0.9
_ROW = 1.75
"""Height of a row, in font sizes."""


@dataclass(frozen=True)
class Dots:
    """One point with its interval per row; NaN where there is none.

    ``strong`` says for each row whether the point is filled; None for all. ``offset`` moves the points of a series by a share
    of a row, so that two series do not cover each other.
    """

    values: ArrayLike
    low: ArrayLike
    high: ArrayLike
    color: str
    marker: str = "o"
    strong: Sequence[bool] | None = None
    offset: float = 0.0


def height(theme: Theme, n_rows: int, most: float = _HIGHEST) -> float:
    """Return the height in inches that a panel with this many rows needs, axis included."""
    return float(np.clip((n_rows * _ROW * theme.small_size + 5.5 * theme.font_size) / 72, _LOWEST, most))


def rows(ax: Axes, theme: Theme, names: Sequence[str], series: Sequence[Dots]) -> None:
    """Draw the points of each series in rows, the first name on top."""
    for one in series:
        values, low, high = (np.asarray(part, float) for part in (one.values, one.low, one.high))
        places = np.arange(len(names)) + one.offset
        known = np.isfinite(values) & np.isfinite(low) & np.isfinite(high)
        ax.hlines(places[known], low[known], high[known], color=one.color, linewidth=1.2 * theme.line_width)
        strong = np.ones(len(values), bool) if one.strong is None else np.asarray(one.strong, bool)
        for filled in (True, False):
            chosen = np.isfinite(values) & (strong == filled)
            ax.plot(
                values[chosen],
                places[chosen],
                one.marker,
                color=one.color,
                markerfacecolor=one.color if filled else "white",
                markeredgecolor=one.color,
                markersize=theme.marker_size * 1.2,
                linestyle="none",
                zorder=3,
            )
    draw.categories(ax, theme, names, "y")
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)


def forest(ax: Axes, theme: Theme, names: Sequence[str], dots: Dots, sides: tuple[str, str]) -> None:
    """Draw differences around a line at 0, the first row set off from the others; the sides say whom they favor."""
    rows(ax, theme, names, [dots])
    ax.axvline(0, color=theme.ink, linewidth=theme.line_width * 0.8, zorder=1.5)
    if len(names) > 1:
        ax.axhline(0.5, color=theme.grid, linewidth=theme.line_width * 0.8)
    reach = np.nanmax(np.abs(np.concatenate([np.asarray(dots.low, float), np.asarray(dots.high, float), [1e-3]])))
    ax.set_xlim(-1.08 * reach, 1.08 * reach)
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
