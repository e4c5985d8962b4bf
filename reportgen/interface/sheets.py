"""The guide's figures: panels that the sections draw anyway, put on one grid."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from reportgen import present, registry
from reportgen.render.tables import show
from reportgen.section import Figure, Panel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from reportgen.figures.style import Theme
    from reportgen.results import Results
    from reportgen.section import Table

SHEETS: Mapping[str, Sequence[tuple[str, str]]] = {
    "summary_dashboard": (("summary", "table:headlines"), ("summary", "dashboard")),
    "training_dynamics": (
        ("training_dynamics", "loss"),
        ("training_dynamics", "metric"),
        ("training_dynamics", "gap"),
        ("training_dynamics", "best-epoch"),
        ("training_dynamics", "table:summary"),
    ),
    "weight_learning_journey": (("weights", "norms"), ("weights", "health")),
    "confidence_calibration_analysis": (
        ("calibration", "reliability"),
        ("calibration", "confidence"),
        ("calibration", "class-ece"),
        ("calibration", "landscape"),
    ),
    "information_flow_analysis": (
        ("information_flow", "activation-flow"),
        ("information_flow", "effective-rank"),
        ("information_flow", "activation-health"),
        ("information_flow", "specialization"),
    ),
    "pareto_analysis": (("pareto", "front"), ("pareto", "heatmap")),
}
"""Figures and tables of each sheet, as (section, name); a section that was skipped is left out."""
_MOST_MODELS = 6
"""Models in a table that is drawn."""


def sheet(results: Results, theme: Theme, name: str) -> Figure | None:
    """Return a sheet as one figure; None where no section of it has a result."""
    parts = [part for section, wanted in SHEETS[name] for part in _parts(results, theme, section, wanted)]
    panels = tuple(panel for part in parts for panel in part.panels)
    if not panels:
        return None
    return Figure(
        name=name,
        title=name.replace("_", " ").capitalize(),
        caption=" ".join(part.caption for part in parts),
        alt=" ".join(part.alt for part in parts),
        panels=panels,
        columns=min(2, len(panels)),
        panel_height=max(part.panel_height for part in parts),
    )


def _parts(results: Results, theme: Theme, section: str, wanted: str) -> Iterator[Figure]:
    """Yield a figure of a section, its panels named after it too; or a table as a figure."""
    record = next((one for one in results.sections if one.id == section and one.result is not None), None)
    if record is None:
        return
    for table in registry.find(record.kind).tables(record.result):
        if wanted == f"table:{table.name}":
            panel = Panel(table.title, partial(_draw_table, table, theme))
            yield Figure(table.name, table.title, table.note, table.title, (panel,))
    for figure in present.figures_of(record, results, theme):
        if figure.name == wanted:
            yield replace(figure, panels=tuple(_named(figure, panel) for panel in figure.panels))


def _named(figure: Figure, panel: Panel) -> Panel:
    if len(figure.panels) == 1:
        return replace(panel, title=figure.title)
    return panel if figure.name == "dashboard" else replace(panel, title=f"{figure.title}: {panel.title}")


def _draw_table(table: Table, theme: Theme, ax: Axes) -> None:
    """Write a table whose rows are models, turned: a column for each model, a line for each number."""
    shown = show(table, _MOST_MODELS)
    lines = [["", *(theme.text(row[0].text, limit=14) for row in shown.rows)]]
    lines += [
        [column.title, *(f"{row[place].text}{'*' if row[place].mark == 'best' else ''}" for row in shown.rows)]
        for place, column in enumerate(shown.columns)
        if place
    ]
    ax.set_axis_off()
    ax.set_xlim(0, 1)
    ax.set_ylim(len(lines), 0)
    rights = [0.34 + 0.66 * (place + 1) / len(shown.rows) for place in range(len(shown.rows))] if shown.rows else []
    for height, line in enumerate(lines):
        weight = "semibold" if height == 0 else "normal"
        ax.text(0, height + 0.5, line[0], size=theme.small_size, va="center")
        for right, words in zip(rights, line[1:], strict=True):
            ax.text(right, height + 0.5, words, size=theme.small_size, va="center", ha="right", weight=weight)
