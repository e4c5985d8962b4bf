"""The guide's figures: panels of the sections on one grid."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.figures.layout import POINTS, cell_width, text_width
from reportgen.pipeline import drawings, present
from reportgen.render.tables import show
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from reportgen.analysis.results import Results
    from reportgen.contract.tables import Table
    from reportgen.contract.theme import Theme
    from reportgen.render.tables import ShownCell

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
"""Figures and tables of each sheet, as (section, name); skipped sections are omitted."""
_MOST_MODELS = 6
"""Models in a drawn table."""
_LINE = 1.7
"""Height of its lines, in font sizes."""
_AROUND = 3
"""Lines for its title and for a note about omitted rows."""
_HEAD_LINES = 2
_SHORTEST = 6
"""Minimum number of characters of a name."""
_MARKS = {"best": " ★", "tie": " ≈"}
_WHOLE_ROWS = frozenset({"pareto_analysis"})
"""Sheets whose panels span a whole row each."""


def sheet(results: Results, theme: Theme, name: str) -> Figure | None:
    """Return a sheet as one figure; None if none of its sections has a result."""
    parts = [part for section, wanted in SHEETS[name] for part in _parts(results, theme, section, wanted)]
    panels = tuple(replace(panel, wide=panel.wide or name in _WHOLE_ROWS) for part in parts for panel in part.panels)
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
    """Yield a figure of a section, with its name in the panel titles; or a table as a figure."""
    record = next((one for one in results.sections if one.id == section and one.result is not None), None)
    if record is None:
        return
    yield from _tables(present.tables_of(record, results.view_of(record.id)), theme, wanted)
    drawn = [*drawings.figures_of(record, results, theme), *drawings.further_figures_of(record, results, theme)]
    figure = next((one for one in drawn if one.name == wanted), None)
    if figure is not None:
        yield replace(figure, panels=tuple(_named(figure, panel) for panel in figure.panels))


def _tables(tables: Iterable[Table], theme: Theme, wanted: str) -> Iterator[Figure]:
    """Yield the requested table as a figure of one row."""
    for table in tables:
        if wanted == f"table:{table.name}":
            panel = Panel(table.title, partial(_draw_table, table, theme), wide=True)
            lines = len(table.columns) + len(_note(table.note, theme, cell_width(theme, 1))) + _AROUND
            height = lines * _LINE * theme.small_size / POINTS
            yield Figure(table.name, table.title, table.note, table.title, (panel,), panel_height=height)


def _named(figure: Figure, panel: Panel) -> Panel:
    """Give a panel of several the name of the figure too: its title is a sentence."""
    if len(figure.panels) == 1 or figure.name == "dashboard":
        return panel
    return replace(panel, title=f"{figure.name.replace('-', ' ').capitalize()}: {panel.title}")


def _draw_table(table: Table, theme: Theme, ax: Axes) -> None:
    """Draw a table of models transposed: one column per model that fits, one line per metric."""
    size, width = theme.small_size, ax.bbox.width
    every = show(table)
    titles = [column.title for column in every.columns[1:]]
    room = width - max(text_width(f"{title}  ", size) for title in titles)
    longest = max((text_width(f"{_marked(cell)}  ", size) for row in every.rows for cell in row[1:]), default=room)
    shown = show(table, max(min(_MOST_MODELS, int(room / longest)), 1))
    across = room / max(len(shown.rows), 1)
    most = max(int(across / text_width("n", size, "semibold")) - 1, _SHORTEST)
    heads = _heads([row[0].text for row in shown.rows], most)
    top = max((head.count("\n") for head in heads), default=0)
    rest = f"{shown.left_out} more models in analysis_results.json." if shown.left_out else ""
    note = _note(f"{shown.note} {rest}", theme, width)
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(top + len(shown.columns) + len(note), 0)
    for place, row in enumerate(reversed(shown.rows), 1):
        right = width - (place - 1) * across
        ax.text(right, top + 1, heads[-place], size=size, weight="semibold", va="bottom", ha="right")
        for line, cell in enumerate(row[1:], top + 1):
            ax.text(right, line + 0.5, _marked(cell), size=size, va="center", ha="right")
    for line, title in enumerate(titles, top + 1):
        ax.text(0, line + 0.5, title, size=size, va="center")
    for line, words in enumerate(note, top + len(shown.columns)):
        ax.text(0, line + 0.5, words, size=size, va="center", color=theme.muted)


def _heads(names: Sequence[str], most: int) -> list[str]:
    """Return names in one line, or in two lines of at most this many characters, broken after an underscore."""
    labels = naming.labels(names, min(2 * most - 2, naming.LIMIT))
    broken = [wrap(label.replace("_", "_ "), most) for label in labels]
    if max(map(len, broken), default=0) > _HEAD_LINES:
        return list(naming.labels(names, most))
    return ["\n".join(line.replace("_ ", "_") for line in lines) for lines in broken]


def _note(words: str, theme: Theme, width: float) -> list[str]:
    return wrap(words, int(width / text_width("n", theme.small_size)))


def _marked(cell: ShownCell) -> str:
    return cell.text + _MARKS.get(cell.mark, "")
