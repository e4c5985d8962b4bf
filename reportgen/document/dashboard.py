"""The dashboard: one figure with the panels that sections offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEIGHT = 2.8
"""Height of a panel in inches: four panels and a table fill a page."""


def dashboard(offered: Sequence[Figure]) -> Figure | None:
    """Combine the offered figures into one; None if there are none."""
    panels = [panel for figure in offered for panel in figure.panels]
    if not panels:
        return None
    return Figure(
        name="dashboard",
        title="Dashboard",
        caption=" ".join(f"{figure.title}: {_first_sentence(figure.caption)}" for figure in offered),
        alt=" ".join(f"{figure.title}: {figure.alt}" for figure in offered),
        panels=tuple(panels),
        columns=min(2, len(panels)),
        panel_height=_HEIGHT,
    )


def _first_sentence(caption: str) -> str:
    sentence, stop, _ = caption.partition(". ")
    return sentence + stop.strip()
