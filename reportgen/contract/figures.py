"""Figures: panels with title, caption and alt text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from reportgen.contract.places import Place
    from reportgen.contract.tables import Table


@dataclass(frozen=True)
class Panel:
    """One set of axes: a title and a function that draws on the given Axes; ``wide`` spans a whole row."""

    title: str
    draw: Callable[[Axes], None]
    wide: bool = False


@dataclass(frozen=True)
class Figure:
    """One or more panels on a grid, with title, caption and alt text.

    Parameters
    ----------
    name
        Unique within the section; letters, digits and hyphens.
    title, caption
        The caption states what is shown, with n and split.
    alt
        Description for readers who cannot see the figure, generated from the data; does not repeat the caption.
    panels
        Drawn in reading order on a grid with ``columns`` columns.
    panel_height
        Inches.
    tables
        The numbers behind the figure.
    """

    name: str
    title: str
    caption: str
    alt: str
    panels: tuple[Panel, ...]
    columns: int = 1
    panel_height: float = 2.6
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class FigureSpec:
    """Declares a figure that a section can draw.

    Parameters
    ----------
    name
        Name within the section. A figure that is drawn several times (per run or per output) is named
        ``<name>-<which>``.
    shows
        What it shows, and when it is drawn if not always; one or two sentences.
    place
        Where it stands in the document.
    """

    name: str
    shows: str
    place: Place = "body"


@dataclass(frozen=True)
class Part:
    """A panel of a drawn figure, or the legend that its panels share: a page can place each of them by itself.

    Parameters
    ----------
    name
        Id of its group in the SVG; the ids of its further groups start with it and a dot.
    left, top, width, height
        Its place in the drawing, in the units of the ``viewBox``. The parts of a drawing do not overlap.
    """

    name: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Drawn:
    """A figure as a complete SVG document with text as text.

    ``width`` and ``height`` are CSS pixels. ``parts`` are in reading order; none: the drawing is one piece.
    """

    svg: str
    width: float
    height: float
    parts: tuple[Part, ...] = ()


BLANK = Drawn('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', 9, 9)
"""A drawing without anything in it."""
