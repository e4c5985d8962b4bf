"""The theme: fonts, colors, sizes, and one look per model for the whole report.

Nothing here imports matplotlib; :func:`fonts` names the files, ``svg`` hands them over.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from reportgen.contract.colors import DARK_GROUNDS, OF_MARKS, channels, contrast, mixed
from reportgen.contract.theme import INK, Look, Theme
from reportgen.resources import share
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reportgen.contract.theme import LineStyle, Style


FAMILIES = ("IBM Plex Sans", "DejaVu Sans")
"""Font of the figures, and the fallback for glyphs that it lacks."""

PETROFF6 = ("#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd")
PETROFF10 = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
"""Colors that stay distinct with color-vision deficiency: Petroff 2021, arXiv:2107.02270."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
LINES: tuple[LineStyle, ...] = (
    "solid",
    (0, (5.0, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6.0, 1.5, 1.2, 1.5)),
    (0, (4.0, 1.2, 1.2, 1.2, 1.2, 1.2)),
)

DARK_PAPER = DARK_GROUNDS["page"]
"""Ground of a page in dark mode."""
NEUTRALS = {
    Theme.paper: ("paper", DARK_PAPER),
    Theme.ink: ("ink", "#e6edf3"),
    Theme.muted: ("muted", "#9da7b1"),
    Theme.grid: ("grid", "#2b323b"),
    Theme.band: ("band", "#232a33"),
    Theme.missing: ("missing", "#343b44"),
}
"""The colors that are no hues: name, and color in dark mode."""
_FIXED = (Theme.on_light, Theme.on_dark)
_NEAR = 2
"""Largest difference in a channel (0 to 255) from a tint that counts as this tint. Convention."""

_APART = 2
"""Lap of the larger palette in which no color has the marker of a similar one in the smaller palette."""


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
    """Return the colors for this many series: six very distinct ones, or ten where six are not enough."""
    return PETROFF6 if n_series <= len(PETROFF6) else PETROFF10


@cache
def on_dark(color: str) -> tuple[str, str] | None:
    """Return what a color of a drawing becomes on a dark page.

    Parameters
    ----------
    color
        ``#rrggbb``. Of the theme's own colors it need not be one: a tint of one of them is recognized, any other color
        is lightened until it can be seen.

    Returns
    -------
    tuple or None
        Name of its variable, and its value in dark mode; None for the colors of marks on heatmaps, which stay.

    Examples
    --------
    >>> on_dark("#1f2328"), on_dark("#5790fc"), on_dark("#fafafa")
    (('ink', '#e6edf3'), ('5790fc', '#5790fc'), None)
    """
    if color in _FIXED:
        return None
    if color in NEUTRALS:
        return NEUTRALS[color]
    return color.removeprefix("#"), _tint_on_dark(color) or _lightened(color)


def _lightened(color: str) -> str:
    """Mix a color with white, as little as is needed to be seen on the dark page."""
    shares = (step / 50 for step in range(51))
    found = (mixed("#ffffff", color, share) for share in shares)
    return next(one for one in found if contrast(one, DARK_PAPER) >= OF_MARKS)


def _tint_on_dark(color: str) -> str | None:
    """Return the color's own hue mixed with the dark page, if it is a hue of the theme mixed with white."""
    best: tuple[float, str] | None = None
    for hue in (*PETROFF6, *PETROFF10, Theme.muted, Theme.ink):
        strength = (3 * 255 - sum(channels(color))) / (3 * 255 - sum(channels(hue)))
        if strength >= 1:
            continue
        off = max(
            abs(one - other)
            for one, other in zip(channels(color), channels(mixed(hue, "#ffffff", strength)), strict=True)
        )
        if off <= _NEAR and (best is None or off < best[0]):
            best = off, mixed(NEUTRALS[hue][1] if hue in NEUTRALS else _lightened(hue), DARK_PAPER, strength)
    return None if best is None or color in (*PETROFF6, *PETROFF10) else best[1]


def fonts() -> tuple[Path, ...]:
    """Return the font files that ship with the program, sorted."""
    return tuple(sorted((share("templates") / "fonts").rglob("*.ttf")))


def _looks(models: Sequence[str], focus: Sequence[str]) -> dict[str, Look]:
    """Give every model its own (color, marker) and, up to 50 models, its own (color, line style).

    Models in focus come first in a palette of their own, up to its size; the others start where a color that is similar to
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
    """Yield color, marker and line style, lap after lap of the palette."""
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
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "axes.linewidth": thin,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": f"cycler('color', {list(colors)!r})",
        "grid.color": Theme.grid,
        "grid.linewidth": thin,
        "text.color": INK,
        "text.parse_math": False,
        "text.hinting": "no_hinting",  # text is as wide in pixels as it was measured
        "xtick.color": INK,
        "ytick.color": INK,
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
