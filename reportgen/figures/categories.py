"""Named positions of an axis: names are shortened, turned or left out until none touches another."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reportgen.figures.layout import POINTS, cell_width, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.theme import Theme

_NAMES = 0.3
"""Share of a panel that category names may take before they are shortened. Convention."""


def categories(ax: Axes, theme: Theme, names: Sequence[str], axis: Literal["x", "y"]) -> None:
    """Name the positions 0, 1, 2, … of an axis; names are left out evenly where there is no room for all.

    Names on the x axis are turned where they do not fit side by side.
    """
    which = ax.yaxis if axis == "y" else ax.xaxis
    labels = [theme.text(name) for name in names]
    need = widest(labels, theme) + 0.5 * theme.small_size
    if axis == "y" or need * len(labels) > ax.bbox.width:
        labels = shortened(names, theme, _NAMES * (room(ax, theme) if axis == "y" else ax.bbox.height))
        need = 1.1 * theme.small_size
        ax.tick_params(axis=axis, rotation=90 if axis == "x" else 0)
    which.set_major_locator(_thinned()(len(labels), need))
    which.set_major_formatter(_namer(labels))


def thinned(ax: Axes, theme: Theme, names: Sequence[str]) -> None:
    """Name the positions 0, 1, 2, … of the x axis; names are left out evenly, none is turned, where there is no room for all."""
    labels = [theme.text(name) for name in names]
    ax.xaxis.set_major_locator(_thinned()(len(labels), widest(labels, theme) + 0.5 * theme.small_size))
    ax.xaxis.set_major_formatter(_namer(labels))


def named_rows(ax: Axes, theme: Theme, names: Sequence[str]) -> None:
    """Make the y axis one of named rows, the first on top."""
    categories(ax, theme, names, "y")
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)


def names_width(ax: Axes, theme: Theme, names: Sequence[str]) -> float:
    """Return the width in points of the widest name on the y axis of a panel, as it will be shortened."""
    return widest(shortened(names, theme, _NAMES * room(ax, theme)), theme)


def room(ax: Axes, theme: Theme) -> float:
    """Return the width in points of a panel with its labels."""
    place = ax.get_subplotspec()
    return cell_width(theme, place.get_gridspec().ncols if place is not None else 1)


def widest(labels: Sequence[str], theme: Theme) -> float:
    """Return the width in points of the widest of some labels."""
    return max((text_width(label, theme.small_size) for label in labels), default=0.0)


def shortened(names: Sequence[str], theme: Theme, room: float) -> list[str]:
    """Shorten names until the longest fits, as long as they stay distinct."""
    labels = [theme.text(name) for name in names]
    for limit in range(28, 7, -4):
        if widest(labels, theme) <= room:
            break
        shorter = [theme.text(name, limit) for name in names]
        if len(set(shorter)) < len(set(labels)):
            break
        labels = shorter
    return labels


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
            scale = self.axis.axes.figure.dpi / POINTS  # type: ignore[union-attr]
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
