"""The guide's sheets: tables as pictures, panels in whole rows, nothing that overlaps or is cut."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from handmade import SPEC, made_evaluation, made_plan, results as handmade
from matplotlib.image import imread

from reportgen.analysis import analyze as analysis
from reportgen.contract.figures import Figure, Panel
from reportgen.contract.records.history import History
from reportgen.contract.tables import Column, Table
from reportgen.figures import svg
from reportgen.figures.names import overlap
from reportgen.figures.ruler import ruler
from reportgen.figures.style import theme
from reportgen.interface import sheets
from reportgen.pipeline import drawings

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from reportgen.contract.theme import Style

STYLES: tuple[Style, ...] = ("publication", "presentation", "draft")
LONG = [f"experiment_of_monday_lr_0.00{index}_batch_size_32" for index in range(8)]


def wide_table(n: int) -> Table:
    """Return a table of models with long names and long numbers."""
    titles = ("Model", "Overfitting index", "Stability", "Peak measured in")
    rows = tuple((name, -0.0321, 0.000756, "val_accuracy") for name in LONG[:n])
    return Table("one", "One", tuple(Column(title) for title in titles), rows, "A note. " * 12, frozenset({(0, 1)}))


def drawn(table: Table, style: Style) -> Canvas:
    """Draw a table beside two panels."""
    look = theme(style, LONG)
    table_figure = next(sheets._tables((table,), look, "table:one"))
    others = tuple(Panel(f"Panel {index}", lambda ax: ax.plot([0, 1])) for index in range(2))
    whole = replace(table_figure, panels=(*table_figure.panels, *others), columns=2)
    return svg.draw(whole, look, "one")


@pytest.mark.parametrize("n", [1, 2, 3, 6, 8])
@pytest.mark.parametrize("style", STYLES)
def test_words_of_a_table_do_not_overlap(style: Style, n: int) -> None:
    """However many models there are and whatever their names; all stand on the figure."""
    sheet = drawn(wide_table(n), style)
    boxes = [text.get_window_extent(ruler()).extents for text in sheet.axes[0].texts if text.get_text()]
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    width, height = (side * 72 for side in sheet.get_size_inches())
    assert all(left >= 0 and low >= 0 and right <= width and up <= height for left, low, right, up in boxes)


def test_a_table_says_what_it_leaves_out() -> None:
    """Six models are shown, with a star for the best, and the rest is counted."""
    words = " ".join(text.get_text() for text in drawn(wide_table(8), "draft").axes[0].texts)
    assert words.count("val_accuracy") == 6
    assert words.count("★") == 1
    assert "2 more models in analysis_results.json." in words


def test_sheets_are_the_panels_of_the_sections() -> None:
    """A table and a dashboard for page one; no sheet of sections that are not there."""
    found = handmade()
    look = drawings.theme_of(found)
    made = {name: sheets.sheet(found, look, name) for name in sheets.SHEETS}
    there = {name: one for name, one in made.items() if one is not None}
    assert set(there) == {"summary_dashboard", "confidence_calibration_analysis"}
    assert next(panel.title for panel in there["summary_dashboard"].panels) == "Performance"
    titles = {panel.title for one in there.values() for panel in one.panels}
    assert titles >= {
        "Confidence distributions",
        "Calibration landscape",
        "Per-class ECE",
        "Reliability: a",
        "Landscape: b",
    }


def test_a_sheet_has_what_the_report_leaves_out_for_few_models() -> None:
    """Best epochs of one model are in no chapter."""
    history = History("history.json", "0" * 64, {key: np.linspace(2, 1, 12) for key in ("loss", "val_loss")})
    made = made_evaluation()
    first = replace(made.models[0], history=history)
    with TemporaryDirectory() as folder:
        (Path(folder) / "h.json").touch()
        text = SPEC.replace('path = "a.keras"', 'path = "a.keras"\nhistory = "h.json"')
        planned = made_plan(Path(folder), text + '\n[[sections]]\nkind = "training_dynamics"\n')
    found = analysis.analyze(
        planned, replace(made, models=(first, *made.models[1:])), "2026-01-02T03:04:05+00:00", keep_going=False
    )
    look = drawings.theme_of(found)
    record = next(one for one in found.sections if one.id == "training_dynamics")
    assert "best-epoch" not in {figure.name for figure in drawings.figures_of(record, found, look)}
    sheet = sheets.sheet(found, look, "training_dynamics")
    assert sheet is not None
    assert {"a", "Overfitting analysis", "Best epoch performance"} <= {panel.title for panel in sheet.panels}


def test_pictures_of_few_dots_cut_no_title() -> None:
    """Text is as wide in pixels as it was measured: the last column of pixels is white."""
    look = theme("publication", ["a"])
    panels = (
        Panel("Left", lambda ax: ax.plot([0, 1])),
        Panel("Effective rank evolution: Effective rank / units", lambda ax: ax.plot([0, 1])),
    )
    content = svg.to_bytes(Figure("one", "One", "", "", panels, columns=2), look, "png", 60)
    assert (imread(io.BytesIO(content))[:20, -1, :3] == 1).all()
