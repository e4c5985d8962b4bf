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
