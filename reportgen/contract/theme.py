"""The theme that visualizers draw with: fonts, colors, sizes, and one look per model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Mapping


Style = Literal["publication", "presentation", "draft"]


LineStyle = Literal["solid"] | tuple[float, tuple[float, ...]]


TEXT_WIDTH = 6.85
"""Width between the A4 margins, in inches: figures are never scaled."""


INK = "#1f2328"
"""Color of lines and text."""


@dataclass(frozen=True)
class Look:
    """How a model is drawn in every figure: color, with marker and line style as a second encoding."""

    color: str
    marker: str
    linestyle: LineStyle
    label: str


@dataclass(frozen=True)
class Theme:
    """The settings that all figures of a report share.

    Parameters
    ----------
    style
        The name in the spec.
    rc
        matplotlib parameters.
    looks
        The look of each model, by name; use :meth:`look`.
    font_size, small_size
        Points: titles and axis labels; tick labels and everything else.
    line_width
        Points.
    marker_size
        Points across.
    raster_dpi
        Resolution of dense artists.
    max_ticks
        Maximum number of intervals on a numeric axis; None decides by the length of the axis.
    max_columns
        Maximum number of panels side by side.
    extras
        Whether to draw numbers in cells and labels at bars; a draft omits them.
    width
        Inches.
    ink, muted, grid, band, missing, paper
        Colors that a page replaces in dark mode: of text and lines, of what stands behind them, of the ground.
    on_light, on_dark
        Colors of marks on the cells of a heatmap, whose colors are the same in dark mode.
    """

    style: Style
    rc: Mapping[str, Any]
    looks: Mapping[str, Look]
    font_size: float
    small_size: float
    line_width: float
    marker_size: float
    raster_dpi: int
    max_ticks: int | None
    max_columns: int
    extras: bool
    width: float = TEXT_WIDTH
    ink: str = INK
    muted: str = "#5c6670"
    grid: str = "#e3e6e9"
    band: str = "#e9ecef"
    missing: str = "#f1f1f1"
    paper: str = "#ffffff"
    front: str = "#bd1f01"
    on_light: str = "#111111"
    on_dark: str = "#fafafa"
    sequential: str = "cividis"
    diverging: str = "PuOr"

    def look(self, model: str) -> Look:
        """Return the look of a model of the report; KeyError for any other name."""
        return self.looks[model]

    def text(self, words: str, limit: int = naming.LIMIT) -> str:
        """Return an external name as a label: :func:`reportgen.text.naming.text`."""
        return naming.text(words, limit)

    @staticmethod
    def tint(color: str, strength: float = 0.25) -> str:
        """Mix a ``#rrggbb`` color with white: an opaque fill, because PDF engines handle transparency poorly.

        Examples
        --------
        >>> Theme.tint("#000000", 0.2)
        '#cccccc'
        """
        channels = (int(color[start : start + 2], 16) for start in (1, 3, 5))
        return "#" + "".join(f"{round(255 - strength * (255 - channel)):02x}" for channel in channels)
