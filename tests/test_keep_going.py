"""What fails never loses the rest: sections, figures, and a PDF that cannot be made."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import history, weight
from handmade import SLICES, made_evaluation, made_plan, results

from reportgen.analysis import analyze as analysis
from reportgen.contract.findings import Rule
from reportgen.contract.records.evaluation import ModelEvaluation
from reportgen.errors import RenderError, SectionError
from reportgen.pipeline import flow, present
from reportgen.pipeline.run import Run
from reportgen.plan.registry import Registry
from reportgen.render import pdf
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.visualizer import CalibrationVisualizer

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results

NOW = "2026-01-02T03:04:05+00:00"
KINDS = tuple(name for name in Registry().names if name != "changes")
"""All sections but the one that needs an earlier release."""


def broken(*_: Any, **__: Any) -> Any:
    """Fail."""
    message = "on purpose"
    raise ZeroDivisionError(message)


def leaving(*_: Any, **__: Any) -> Any:
    """Try to end the program with success."""
    sys.exit(0)


def test_a_section_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops the build and is named, or becomes a box; its checks are errors; the exit code is 3."""
    monkeypatch.setattr(CalibrationAnalyzer, "analyze", broken)
    planned = made_plan(tmp_path)
    with pytest.raises(SectionError, match="section calibration: ZeroDivisionError: on purpose"):
        analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    kept = analysis.analyze(planned, made_evaluation(), NOW, keep_going=True)
    assert {check.state for check in kept.checks if check.address == "calibration.ece"} == {"ERROR"}
    outcome = flow.render(kept, tmp_path / "out", ("html", "markdown"), Run(keep_going=True))
    assert outcome.exit_code == 3
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "on purpose" in text
    assert "Performance" in text


@pytest.mark.parametrize("target", [(CalibrationAnalyzer, "analyze"), (Rule, "apply")], ids=["analyzer", "rule"])
def test_a_section_that_ends_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Any) -> None:
    """Its analyzer or rule fails as with any exception: the exit code is not the section's to choose."""
    monkeypatch.setattr(*target, leaving)
    with pytest.raises(SectionError, match="SystemExit: 0"):
        analysis.analyze(made_plan(tmp_path), made_evaluation(), NOW, keep_going=False)


def refused(made: present.Rendered, reason: str) -> None:
    """Expect the results alone, and one sentence."""
    assert list(made.files) == ["results.json"]
    (failure,) = made.failures
    assert failure.startswith(f"report.html was not written: section calibration: {reason}")


def test_figures_that_end_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure fails as with any exception."""
    monkeypatch.setattr(CalibrationVisualizer, "figures", leaving)
    refused(present.present(results(), ("html", "json")), "it could not be displayed (SystemExit: 0")


def test_tables_that_end_the_program() -> None:
    """A table fails as with any exception."""
    made = results()
    record = next(one for one in made.sections if one.id == "calibration")
    record.bound_to(replace(record.manifest, tables=leaving))
    refused(present.present(made, ("html", "json")), "it could not be displayed (SystemExit: 0")


def test_a_figure_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would show it is not written and says why, or it becomes a box."""
    monkeypatch.setattr(CalibrationVisualizer, "figures", broken)
    refused(present.present(results(), ("html", "json")), "it could not be displayed")
    outcome = flow.render(results(), tmp_path, ("html",), Run(keep_going=True))
    assert outcome.exit_code == 3
    assert "could not be displayed" in (tmp_path / "report.html").read_text("utf-8")


def test_a_pdf_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other files are written, an earlier PDF of these results stays, the exit code is 3."""

    def no_pdf(*_: Any) -> bytes:
        message = "install libpango-1.0-0"
        raise RenderError(message)

    monkeypatch.setattr(pdf, "accessible", no_pdf)
    (tmp_path / "report.pdf").write_text("/Creator (reportgen 0.1.0)", "utf-8")
    outcome = flow.render(results(), tmp_path, ("html", "pdf", "json", "markdown"), Run())
    assert outcome.exit_code == 3
    assert outcome.failures == ("report.pdf was not written: install libpango-1.0-0",)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "model_card.md",
        "report.html",
        "report.pdf",
        "results.json",
    ]


def test_rules_can_be_ignored(tmp_path: Path) -> None:
    """``ignore`` leaves a rule out."""
    from handmade import SPEC

    text = SPEC.replace('kind = "calibration"', 'kind = "calibration"\nignore = ["CAL101"]', 1)
    planned = made_plan(tmp_path, text)
    kept = analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)
    codes = {finding.code for _, finding in kept.findings()}
    assert "CAL101" not in codes
    assert "CAL101" in {finding.code for _, finding in results().findings()}


FAILED = ModelEvaluation("c", "c.keras", None, None, (), None, series="run", reason="cannot be evaluated (OSError: no)")
"""A model that could not even be read."""
ALL_SECTIONS = (
    """\
schema_version = 1
[report]
title = "One failed"
[models]
a = { path = "a.keras", series = "run", history = "a.keras", params = { lr = 0.1 } }
b = { path = "b.keras", series = "run", params = { lr = 0.2 } }
c = { path = "c.keras", series = "run", params = { lr = 0.3 } }
[data]
path = "test.npz"
[[checks]]
metric = "performance.accuracy"
at_least = 0.0
[[checks]]
metric = "performance.nll"
at_most = 9.0
optional = true
"""
    + "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in KINDS)
    + "\n".join(SLICES)
)


def with_a_failed_model(folder: Path, *, first: bool = False) -> Results:
    """Analyze two models, and between or after them one that failed."""
    made = made_evaluation()
    others = tuple(replace(one, series="run") for one in made.models[:2])
    inside = replace(
        others[0], weights=(weight(np.ones((3, 4))),), history=history(loss=[2.0, 1.0], val_loss=[2.0, 1.0])
    )
    models = (FAILED, inside, others[1]) if first else (inside, others[1], FAILED)
    return analysis.analyze(made_plan(folder, ALL_SECTIONS), replace(made, models=models), NOW, keep_going=False)


@pytest.mark.parametrize("first", [False, True])
def test_a_model_that_failed_costs_no_section(tmp_path: Path, first: bool) -> None:
    """Every installed section has a result, figures and tables; the build names the model, and the exit code is 3."""
    found = with_a_failed_model(tmp_path, first=first)
    assert {one.kind: one.status for one in found.sections} == dict.fromkeys(KINDS, "ok")
    outcome = flow.render(found, tmp_path / "out", ("html", "markdown", "json"), Run())
    assert outcome.failures == ("model c: cannot be evaluated (OSError: no)",)
    assert outcome.exit_code == 3
    assert "cannot be evaluated (OSError: no)" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_checks_of_a_model_that_failed_are_errors(tmp_path: Path) -> None:
    """With the model's reason, or skipped where they are optional; those of the others are decided."""
    found = with_a_failed_model(tmp_path).checks
    assert [(one.model, one.state, one.reason) for one in found] == [
        ("a", "PASS", None),
        ("b", "PASS", None),
        ("c", "ERROR", FAILED.reason),
        ("a", "PASS", None),
        ("b", "PASS", None),
        ("c", "SKIPPED", FAILED.reason),
    ]


def test_results_survive_their_file(tmp_path: Path) -> None:
    """Reading what was written gives the same bytes again."""
    from reportgen.analysis.results_file import load

    path = tmp_path / "results.json"
    path.write_text(results().to_json(), "utf-8")
    assert load(path, Registry()).to_json() == path.read_text("utf-8")
