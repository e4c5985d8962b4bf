"""Matrices as colored cells, with words in them where they fit, and their color scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.figures.categories import categories, names_width
from reportgen.figures.layout import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.image import AxesImage
    from numpy.typing import ArrayLike

    from reportgen.contract.theme import Theme

_SMALL = 0.9
"""Size of text in cells, relative to other small text: 7.2 points where that has 8. Convention."""
_DARK = 0.45
"""Relative luminance below which text on a cell is white. Convention."""


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
    crossed: bool = False,
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
    crossed
        Whether NaN cells are crossed out, where the scale has grays too.
    """
    from matplotlib import colormaps

    matrix = np.ma.masked_invalid(np.asarray(values, float))
    low, high = limits or _limits(matrix, center)
    named = palette or (theme.sequential if center is None else theme.diverging)
    _reserve(ax, names_width(ax, theme, rows))
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
    if crossed:
        for row, column in zip(*np.nonzero(np.ma.getmaskarray(matrix)), strict=True):
            ax.plot(
                (column - 0.5, column + 0.5),
                (row + 0.5, row - 0.5),
                color=theme.muted,
                linewidth=theme.line_width / 2,
                scalex=False,
                scaley=False,
            )
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
            cell = ax.text(column, row, word, size=size, color=color, ha="center", va="center_baseline")
            cell.set_in_layout(False)
