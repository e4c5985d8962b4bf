"""From a figure of the contract to deterministic bytes: SVG for the documents; SVG, PNG or PDF for files.

matplotlib's state (``rc_context``) is global: draw in one thread only.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from reportgen.contract.figures import Drawn, Part
from reportgen.figures import engine
from reportgen.figures.layout import LEGEND, POINTS, Cell, arrange, cell_width, lone_legend
from reportgen.figures.style import fonts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from reportgen.contract.figures import Figure, Panel
    from reportgen.contract.theme import Theme

CSS_PIXELS = 96
"""CSS pixels to the inch."""
NARROW = 3.5
"""Width of a drawing for a phone, in inches: 336 CSS pixels, on a screen of 376 with margins of 20."""
_LEAST_FILLED = 0.75
"""Share of that width that panels side by side fill at least, or they are drawn again. Convention."""
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "reportgen"},
    "png": {"Software": "reportgen"},
    "pdf": {"CreationDate": None, "Creator": "reportgen", "Producer": None},
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(figure: Figure, theme: Theme, name: str) -> Canvas:
    """Draw and place every panel of a figure.

    Parameters
    ----------
    figure
        What to draw.
    theme
        How it looks.
    name
        Unique in the document; salts the ids within the SVG.

    Returns
    -------
    matplotlib.figure.Figure
        At 72 dots per inch, unknown to pyplot.
    """
    with _look(theme, name):
        return _drawn(figure, theme, range(len(figure.panels)))[0]


def to_svg(figure: Figure, theme: Theme, name: str) -> Drawn:
    """Draw a figure as a complete SVG document with text as text; deterministic."""
    with _look(theme, name):
        return _to_svg(*_drawn(figure, theme, range(len(figure.panels))), theme)


def for_phone(figure: Figure, again: Figure, theme: Theme, name: str, parts: Sequence[Part]) -> tuple[Drawn, ...]:
    """Draw what is too wide of a figure for a phone once more.

    Parameters
    ----------
    figure
        What was drawn.
    again
        The same, made with ``narrowed(theme)``.
    theme
        How it looked.
    name
        Unique in the document.
    parts
        Of the whole figure as it was drawn.

    Returns
    -------
    tuple of Drawn
        The parts that are wider than a phone's screen, or would leave much of it blank, under the same names; each is in one of the drawings.
    """
    small, made = narrowed(theme), []
    wide = {part.name for part in parts if not _fills(part.width, small.width * POINTS)}
    which = [index for index in range(len(figure.panels)) if _name(index) in wide]
    with _look(theme, name):
        if which:
            made.append(_to_svg(*_drawn(again, small, which), small))
        if LEGEND in wide and not any(part.name == LEGEND for one in made for part in one.parts):
            sheet, _ = _drawn(figure, theme, range(len(figure.panels)))
            made.append(_to_svg(*_legend_again(sheet, small), small))
    return tuple(made)


def _fills(width: float, room: float) -> bool:
    """Return whether panels of a width, as many as there is room for side by side, fill the room.

    >>> _fills(400, 350), _fills(330, 350), _fills(220, 350), _fills(164, 350)
    (False, True, False, True)
    """
    return int(room / width) * width >= _LEAST_FILLED * room


def narrowed(theme: Theme) -> Theme:
    """Return the theme for a phone: the same sizes on a narrow sheet, panels below each other."""
    return replace(theme, width=NARROW, max_columns=1)


def _to_svg(sheet: Canvas, parts: tuple[Part, ...], theme: Theme) -> Drawn:
    svg = _save(sheet, "svg", theme.raster_dpi).decode()
    width, height = sheet.get_size_inches()
    return Drawn(_NOT_XML.sub("", svg), float(width) * CSS_PIXELS, float(height) * CSS_PIXELS, parts)


def _drawn(figure: Figure, theme: Theme, which: Sequence[int]) -> tuple[Canvas, tuple[Part, ...]]:
    """Draw some of the panels of a figure, and return where they are."""
    from reportgen.figures.axis import axes_class

    columns = min(figure.columns, theme.max_columns)
    panels = [figure.panels[index] for index in which]
    places = list(_places(panels, columns))
    rows = places[-1][0] + 1
    sheet = _sheet(theme, figure.panel_height * rows)
    grid = sheet.add_gridspec(rows, columns)
    cells = []
    for index, panel, (row, column, last) in zip(which, panels, places, strict=True):
        before = len(sheet.axes)
        axes = sheet.add_subplot(grid[row, column : last + 1], axes_class=axes_class())
        width = cell_width(theme, 1 if panel.wide else columns)
        _guess(axes, width, figure.panel_height * POINTS, 5 * theme.font_size)
        panel.draw(axes)
        drawn = tuple(sheet.axes[before:])
        for number, one in enumerate(drawn):
            one.set_gid(f"{_name(index)}.{number}")
            _plain_ticks(one, theme)
        title = theme.text(panel.title, limit=120) if len(figure.panels) > 1 else ""
        cells.append(Cell(_name(index), row, column, last, drawn, title))
    parts = arrange(sheet, cells, theme, columns, figure.panel_height)
    return sheet, parts


def _legend_again(sheet: Canvas, theme: Theme) -> tuple[Canvas, tuple[Part, ...]]:
    """Draw the shared legend of a figure by itself."""
    made = _sheet(theme, theme.width)
    part = lone_legend(made, sheet.legends[0], theme)
    return made, (part,)


def _sheet(theme: Theme, height: float) -> Canvas:
    from matplotlib.figure import Figure as Sheet

    return Sheet(figsize=(theme.width, height), dpi=POINTS)


def _name(index: int) -> str:
    return f"panel-{index}"


def to_bytes(figure: Figure, theme: Theme, file_format: str, dpi: int) -> bytes:
    """Draw a figure as a separate file: ``svg``, ``png`` or ``pdf``, raster parts at ``dpi``."""
    with _look(theme, figure.name):
        return _save(_drawn(figure, theme, range(len(figure.panels)))[0], file_format, dpi)


def _places(panels: Sequence[Panel], columns: int) -> Iterator[tuple[int, int, int]]:
    """Yield row, first and last column of each panel."""
    row, column = 0, 0
    for panel in panels:
        if column == columns or (panel.wide and column):
            row, column = row + 1, 0
        last = columns - 1 if panel.wide else column
        yield row, column, last
        column = last + 1


@contextmanager
def _look(theme: Theme, name: str) -> Iterator[None]:
    """Draw with the theme only: ignore the user's matplotlibrc and warnings about missing glyphs."""
    engine.start()
    from matplotlib import rc_context, rcParams, rcParamsDefault

    _register_fonts()
    rc: dict[Any, Any] = {
        key: value for key, value in rcParamsDefault.items() if "backend" not in key and rcParams[key] != value
    }
    rc.update(theme.rc)
    rc["svg.hashsalt"] = name
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)  # the fallback font has no semibold
    try:
        with rc_context(rc), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
            yield
    finally:
        log.setLevel(level)


@cache
def _register_fonts() -> None:
    from matplotlib.font_manager import fontManager

    for path in fonts():
        fontManager.addfont(path)


def _save(sheet: Canvas, file_format: str, dpi: int) -> bytes:
    if file_format == "svg":
        from reportgen.figures import renderer

        return renderer.svg(sheet, dpi, _METADATA["svg"])
    buffer = io.BytesIO()
    sheet.savefig(buffer, format=file_format, dpi=dpi, metadata=_METADATA[file_format])
    return buffer.getvalue()


def _guess(axes: Axes, width: float, height: float, labels: float) -> None:
    """Give the axes approximately their final size: drawing functions may query the room."""
    box = axes.get_position()
    across, down = box.width * (width - labels) / axes.bbox.width, box.height * (height - labels) / axes.bbox.height
    axes.set_position((box.x0, box.y0, max(across, box.width / 4), max(down, box.height / 4)))


def _plain_ticks(axes: Axes, theme: Theme) -> None:
    """Write powers of ten without mathtext, which labels must not use; limit the number of ticks."""
    from matplotlib.ticker import AutoLocator, LogFormatter, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(axis.get_major_formatter(), LogFormatter):
            axis.set_major_formatter(_power_of_ten)
            axis.set_minor_formatter(NullFormatter())
        locator = axis.get_major_locator()
        if theme.max_ticks is not None and isinstance(locator, AutoLocator):
            length = axes.bbox.width if axis is axes.xaxis else 2 * axes.bbox.height
            locator.set_params(nbins=max(min(theme.max_ticks, int(length / (5 * theme.small_size))), 1))


def _power_of_ten(value: float, _position: float | None = None) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
