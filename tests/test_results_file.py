"""Reading ``results.json``: also those of older programs. ``results/0.1.0.json`` is the quick example as 0.1.0 wrote it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.analysis.results import SCHEMA_VERSION
from reportgen.analysis.results_file import load, rows
from reportgen.errors import ResultsError
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
    page = present.present(results, ("html",)).files["report.html"].decode()
    assert "reportgen 0.1.0 did not record the code that was executed" in page


def test_the_focus_of_an_older_file_is_kept(tmp_path: Path) -> None:
    """It was in every section's result."""
    focus = {"models": ["cnn"], "order": ["cnn"], "by": "accuracy"}

    def change(raw: dict[str, Any]) -> None:
        for section in raw["sections"]:
            section["result"]["focus"] = focus

    results = load(written(tmp_path, change), Registry())
    assert results.focus is not None
    assert results.focus.model_dump(mode="json") == {**focus, "recommended": None}


def test_numbers_are_read_without_their_sections(tmp_path: Path) -> None:
    """A section out of a file, or one that is not installed, is not imported to list its numbers."""

    def change(raw: dict[str, Any]) -> None:
        raw["sections"][1]["kind"] = "./nowhere.py:SECTION"

    path = written(tmp_path, change)
    assert rows(path) == load(OLD, Registry()).rows()
    with pytest.raises(ResultsError, match="--sections-from"):
        load(path, Registry())


@pytest.mark.parametrize("read", [rows, lambda path: load(path, Registry())])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, read: Callable[[Path], object]) -> None:
    """A number without a reason, and a section without an id."""

    def unreasoned(raw: dict[str, Any]) -> None:
        raw["sections"][1]["result"]["measurements"][0]["metric"]["value"] = None

    with pytest.raises(ResultsError, match="is not a valid results file"):
        read(written(tmp_path, unreasoned))
    with pytest.raises(ResultsError, match=r"is not a valid results file \(KeyError: 'id'\)|id: field required"):
        read(written(tmp_path, lambda raw: raw["sections"][1].pop("id")))


def test_a_copy_of_results_is_written_as_it_is() -> None:
    """The text, which is made once, does not outlive what it is of."""
    results = load(OLD, Registry())
    before = results.to_json()
    copy = results.model_copy(update={"created": "2026-01-02T03:04:05+00:00"})
    assert json.loads(copy.to_json()) == json.loads(before) | {"created": "2026-01-02T03:04:05+00:00"}
    assert results.to_json() == before
    assert copy.digest != results.digest == hashlib.sha256(before.encode()).hexdigest()
