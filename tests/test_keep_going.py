"""What fails never loses the rest: sections, figures, and a PDF that cannot be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from handmade import made_evaluation, made_plan, results

from reportgen.analysis import analyze as analysis
from reportgen.errors import RenderError, SectionError
from reportgen.pipeline import flow, present
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.visualizer import CalibrationVisualizer

if TYPE_CHECKING:
    from pathlib import Path


def broken(*_: Any, **__: Any) -> Any:
    """Fail."""
    message = "on purpose"
    raise ZeroDivisionError(message)


def quiet(_what: str, _done: int, _total: int) -> None:
    """Tell nothing."""


def test_a_section_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops the build and is named, or becomes a box; its checks are errors; the exit code is 3."""
    monkeypatch.setattr(CalibrationAnalyzer, "analyze", broken)
    planned = made_plan(tmp_path)
    with pytest.raises(SectionError, match="section calibration: ZeroDivisionError: on purpose"):
        analysis.analyze(planned, made_evaluation(), "2026-01-02T03:04:05+00:00", keep_going=False)
    kept = analysis.analyze(planned, made_evaluation(), "2026-01-02T03:04:05+00:00", keep_going=True)
    assert {check.state for check in kept.checks if check.address == "calibration.ece"} == {"ERROR"}
    outcome = flow.render(kept, tmp_path / "out", ("html", "markdown"), quiet, keep_going=True)
    assert outcome.exit_code == 3
    for name in ("report.html", "model_card.md"):
        text = (tmp_path / "out" / name).read_text("utf-8")
        assert "on purpose" in text
        assert "Performance" in text


def test_a_figure_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops the rendering and is named, or becomes a box."""
    monkeypatch.setattr(CalibrationVisualizer, "figures", broken)
    with pytest.raises(SectionError, match="section calibration: it could not be shown"):
        present.present(results(), ("html",))
    outcome = flow.render(results(), tmp_path, ("html",), quiet, keep_going=True)
    assert outcome.exit_code == 3
    assert "could not be shown" in (tmp_path / "report.html").read_text("utf-8")


def test_a_pdf_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other files are written, an older PDF does not stand beside them, the exit code is 3."""

    def no_pdf(*_: Any) -> bytes:
        message = "install libpango-1.0-0"
        raise RenderError(message)

    monkeypatch.setattr(present, "_pdf", no_pdf)
    (tmp_path / "report.pdf").write_text("of an earlier run", "utf-8")
    outcome = flow.render(results(), tmp_path, ("html", "pdf", "json", "markdown"), quiet)
    assert outcome.exit_code == 3
    assert outcome.failures == ("report.pdf was not written: install libpango-1.0-0",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model_card.md", "report.html", "results.json"]


def test_rules_can_be_ignored(tmp_path: Path) -> None:
    """``ignore`` leaves a rule out."""
    from handmade import SPEC

    text = SPEC.replace('kind = "calibration"', 'kind = "calibration"\nignore = ["CAL101"]', 1)
    planned = made_plan(tmp_path, text)
    kept = analysis.analyze(planned, made_evaluation(), "2026-01-02T03:04:05+00:00", keep_going=False)
    codes = {finding.code for _, finding in kept.findings()}
    assert "CAL101" not in codes
    assert "CAL101" in {finding.code for _, finding in results().findings()}


def test_results_survive_their_file(tmp_path: Path) -> None:
    """Reading what was written gives the same bytes again."""
    from reportgen.analysis.results import load
    from reportgen.plan import registry

    path = tmp_path / "results.json"
    path.write_text(results().to_json(), "utf-8")
    assert load(path, registry.find).to_json() == path.read_text("utf-8")
