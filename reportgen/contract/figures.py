"""Figures: panels, and the words that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from reportgen.contract.tables import Table


@dataclass(frozen=True)
class Panel:
    """One set of axes: a title and a function that draws on the Axes that it is given; ``wide`` takes a whole row."""

    title: str
    draw: Callable[[Axes], None]
    wide: bool = False


@dataclass(frozen=True)
class Figure:
    """One panel or a few on a grid, with the words that go with them.

    Parameters
    ----------
    name
        Unique within the section; letters, digits and hyphens.
    title, caption
        The caption says what is shown, with n and split.
    alt
        What a person who cannot see it must know, made from the data; not the caption again.
    panels
        Drawn in reading order on a grid of ``columns`` columns.
    panel_height
        Inches.
    tables
        The numbers behind the picture.
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
        Name within the section. A figure that is drawn once for each of several things (a run, an output head) is
        named ``<name>-<which>``.
    shows
        What can be read off it, and when it is drawn where that is not always; one or two sentences.
    """

    name: str
    shows: str
