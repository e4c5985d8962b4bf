"""The theme: fonts, colours, sizes, and one look per model that holds through the whole report.

Nothing here imports matplotlib; :func:`fonts` names the files, ``svg`` hands them over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from reportgen import naming
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Style = Literal["publication", "presentation", "draft"]
LineStyle = Literal["solid"] | tuple[float, tuple[float, ...]]

TEXT_WIDTH = 6.85
"""Inches between the margins of A4: figures are never scaled."""
FAMILIES = ("IBM Plex Sans", "DejaVu Sans")
"""Font of the figures, and the one for glyphs that it lacks."""

PETROFF6 = ("#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd")
PETROFF10 = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
"""Colours that stay apart with colour-vision deficiency: Petroff 2021, arXiv:2107.02270."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
LINES: tuple[LineStyle, ...] = (
    "solid",
    (0, (5.0, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6.0, 1.5, 1.2, 1.5)),
    (0, (4.0, 1.2, 1.2, 1.2, 1.2, 1.2)),
)

_INK = "#1f2328"
_APART = 2
"""Lap of the larger palette in which no colour has the marker of a near one in the smaller palette."""


@dataclass(frozen=True)
class Look:
    """How one model is drawn everywhere: colour, and marker and line style as a second code."""

    color: str
    marker: str
    linestyle: LineStyle
    label: str


@dataclass(frozen=True)
class Theme:
    """What every figure of a report has in common.

    Parameters
    ----------
    style
        The name in the spec.
    rc
        matplotlib's parameters.
    looks
        By model name; use :meth:`look`.
    font_size, small_size
        Points: titles and axis labels; tick labels and everything else.
    line_width
        Points.
    marker_size
        Points across.
    raster_dpi
        Resolution of dense artists.
    max_ticks
        Most intervals on a numeric axis; None leaves it to the axis' length.
    max_columns
        Most panels side by side.
    extras
        Numbers in cells, labels at bars: what a draft does without.
    width
        Inches.
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
    ink: str = _INK
    muted: str = "#5c6670"
    grid: str = "#e3e6e9"
    band: str = "#e9ecef"
    missing: str = "#f1f1f1"
    front: str = "#bd1f01"
    sequential: str = "cividis"
    diverging: str = "PuOr"

    def look(self, model: str) -> Look:
        """Return the look of a model of the report; KeyError for any other."""
        return self.looks[model]

    def text(self, words: str, limit: int = naming.LIMIT) -> str:
        """Make a name from outside fit for a label: :func:`reportgen.naming.text`."""
        return naming.text(words, limit)

    @staticmethod
    def tint(color: str, strength: float = 0.25) -> str:
        """Mix a ``#rrggbb`` colour with white: an opaque fill, because PDF engines treat translucency badly.

        Examples
        --------
        >>> Theme.tint("#000000", 0.2)
        '#cccccc'
        """
        channels = (int(color[start : start + 2], 16) for start in (1, 3, 5))
        return "#" + "".join(f"{round(255 - strength * (255 - channel)):02x}" for channel in channels)


def theme(style: Style, models: Sequence[str], focus: Sequence[str] = ()) -> Theme:
    """Make the theme of a report.

    Parameters
    ----------
    style
        ``publication`` (9 pt, thin lines), ``presentation`` (larger text and lines, fewer ticks) or ``draft``
        (coarse raster, no extras).
    models
        Every model of the report, in the order of the spec: the order decides the looks.
    focus
        Those of them that are shown one by one: they have the looks that are farthest apart.
    """
    large = style == "presentation"
    font_size, small_size, line_width, marker_size = (12.0, 11.0, 2.0, 7.0) if large else (9.0, 8.0, 1.2, 4.5)
    bare = Theme(
        style=style,
        rc=_rc(font_size, small_size, line_width, marker_size, palette(len(models))),
        looks={},
        font_size=font_size,
        small_size=small_size,
        line_width=line_width,
        marker_size=marker_size,
        raster_dpi=80 if style == "draft" else 180,
        max_ticks=4 if large else None,
        max_columns=2 if large else 4,
        extras=style != "draft",
    )
    return replace(bare, looks=_looks(models, focus))


def palette(n_series: int) -> tuple[str, ...]:
    """Return the colours for so many series: six that are far apart, or ten where six are not enough."""
    return PETROFF6 if n_series <= len(PETROFF6) else PETROFF10


def fonts() -> tuple[Path, ...]:
    """Return the font files that ship with the program, sorted."""
    return tuple(sorted((share("templates") / "fonts").rglob("*.ttf")))


def _looks(models: Sequence[str], focus: Sequence[str]) -> dict[str, Look]:
    """Give every model its own (colour, marker) and, up to 50 models, its own (colour, line style).

    Models in focus come first in a palette of their own, up to its size; the others begin where a colour that is near to
    one of those goes with another marker.
    """
    apart = [model for model in models if model in focus][: len(PETROFF6)]
    others = [model for model in models if model not in apart]
    codes = dict(zip(apart, _codes(PETROFF6), strict=False))
    rest = _codes(PETROFF10, first_lap=_APART) if apart else _codes(palette(len(models)))
    codes |= dict(zip(others, rest, strict=False))
    labels = naming.labels(models)
    return {model: Look(*codes[model], label) for model, label in zip(models, labels, strict=True)}


def _codes(colors: Sequence[str], first_lap: int = 0) -> Iterator[tuple[str, str, LineStyle]]:
    """Yield colour, marker and line style, lap after lap of the palette."""
    for index in count(first_lap * len(colors)):
        lap, place = divmod(index, len(colors))
        yield colors[place], MARKERS[(place + lap) % len(MARKERS)], LINES[(place + lap) % len(LINES)]


def _rc(
    font_size: float, small_size: float, line_width: float, marker_size: float, colors: Sequence[str]
) -> dict[str, Any]:
    thin = line_width / 2
    return {
        "font.family": list(FAMILIES),
        "font.size": small_size,
        "axes.titlesize": font_size,
        "axes.titleweight": "semibold",
        "axes.titlelocation": "left",
        "axes.labelsize": font_size,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _INK,
        "axes.linewidth": thin,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": f"cycler('color', {list(colors)!r})",
        "grid.color": Theme.grid,
        "grid.linewidth": thin,
        "text.color": _INK,
        "text.parse_math": False,
        "text.hinting": "no_hinting",  # text is as wide in pixels as it was measured
        "xtick.color": _INK,
        "ytick.color": _INK,
        "xtick.labelsize": small_size,
        "ytick.labelsize": small_size,
        "xtick.major.width": thin,
        "ytick.major.width": thin,
        "xtick.major.size": small_size / 3,
        "ytick.major.size": small_size / 3,
        "lines.linewidth": line_width,
        "lines.markersize": marker_size,
        "lines.scale_dashes": True,
        "errorbar.capsize": 0.0,
        "legend.frameon": False,
        "legend.fontsize": small_size,
        "legend.borderpad": 0.0,
        "legend.borderaxespad": 0.0,
        "legend.handlelength": 2.6,
        "legend.handletextpad": 0.6,
        "legend.columnspacing": 1.6,
        "legend.labelspacing": 0.35,
        "image.cmap": Theme.sequential,
        "image.interpolation": "none",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "svg.fonttype": "none",
        "pdf.fonttype": 42,
    }
