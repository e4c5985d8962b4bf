"""Reading ``results.json``: also those of older programs. ``results/0.1.0.json`` is the quick example as 0.1.0 wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.analysis.results import SCHEMA_VERSION
from reportgen.analysis.results_file import load
from reportgen.pipeline import present
from reportgen.plan.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = Path(__file__).parent / "results" / "0.1.0.json"


def written(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Write the old file with a change."""
    raw = json.loads(OLD.read_text("utf-8"))
    change(raw)
    path = folder / "results.json"
    path.write_text(json.dumps(raw), "utf-8")
    return path


def test_an_older_file_is_read_and_rendered() -> None:
    """Every number is there; what it did not record is said, not invented."""
    results = load(OLD, Registry())
    raw = json.loads(OLD.read_text("utf-8"))
    values = [one["metric"]["value"] for section in raw["sections"] for one in section["result"]["measurements"]]
    assert [row.measurement.metric.value for row in results.rows()] == values
    assert (results.schema_version, results.focus, results.code) == (SCHEMA_VERSION, None, ())
    card = present.present(results, ("markdown",)).files["model_card.md"].decode()
    assert "reportgen 0.1.0 did not record the code that was executed" in card


def test_the_focus_of_an_older_file_is_kept(tmp_path: Path) -> None:
    """It was in every section's result."""
    focus = {"models": ["cnn"], "order": ["cnn"], "by": "accuracy"}

    def change(raw: dict[str, Any]) -> None:
        for section in raw["sections"]:
            section["result"]["focus"] = focus

    results = load(written(tmp_path, change), Registry())
    assert results.focus is not None
    assert results.focus.model_dump(mode="json") == focus
