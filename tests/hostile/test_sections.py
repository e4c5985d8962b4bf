"""Every function of a section that the program calls, with everything that it can raise; and whole builds that it ends."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from handmade import made_evaluation, made_plan, results
from hostile.archives import archive, config
from hostile.cases.plugins import EXAMPLE
from hostile.test_launch import emptied, run

from reportgen.analysis import analyze as analysis
from reportgen.contract.findings import Rule
from reportgen.errors import Interrupted, SectionError, interrupt
from reportgen.pipeline import present
from reportgen.pipeline.run import Run, now
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.visualizer import CalibrationVisualizer
from reportgen.spec.tables.output import FiguresSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = "2026-01-02T03:04:05+00:00"
RAISED = [
    SystemExit(0),
    SystemExit(),
    KeyboardInterrupt(),
    GeneratorExit(),
    BaseException("bare"),
    StopIteration(),
    MemoryError(),
    RecursionError("deep"),
    ZeroDivisionError("by zero"),
]


@pytest.fixture(autouse=True)
def as_child() -> Iterator[None]:
    """Have the handler of signals that the command runs with."""
    before = signal.signal(signal.SIGINT, interrupt)
    yield
    signal.signal(signal.SIGINT, before)


def raising(error: BaseException) -> Any:
    """Return a function that raises."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("error", RAISED, ids=repr)
@pytest.mark.parametrize("target", [(CalibrationAnalyzer, "analyze"), (Rule, "apply")], ids=["analyzer", "rule"])
def test_analysis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Any, error: BaseException) -> None:
    """It stops the build and is named; with ``keep_going`` it is a box."""
    monkeypatch.setattr(*target, raising(error))
    with pytest.raises(SectionError) as failed:
        analysis.analyze(made_plan(tmp_path), made_evaluation(), NOW, keep_going=False)
    assert type(error).__name__ in str(failed.value)
    kept = analysis.analyze(made_plan(tmp_path), made_evaluation(), NOW, keep_going=True)
    assert [one.status for one in kept.sections if one.id == "calibration"] == ["failed"]


@pytest.mark.parametrize("error", RAISED, ids=repr)
@pytest.mark.parametrize("field", ["tables", "galleries"])
def test_presentation(field: str, error: BaseException) -> None:
    """What would show it is not written and says why; with ``keep_going`` it is a box."""
    made = results()
    record = next(one for one in made.sections if one.id == "calibration")
    record.bound_to(replace(record.manifest, **{field: raising(error)}))
    reason = f"section calibration: it could not be displayed ({type(error).__name__}: "
    (failure,) = present.present(made, ("markdown",)).failures
    assert failure.startswith(f"model_card.md was not written: {reason}")
    kept = present.present(made, ("markdown",), Run(keep_going=True))
    assert kept.failures[0].startswith(reason)
    assert list(kept.files) == ["model_card.md"]


@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_separate_figures(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """The files of figures that a spec asks for are drawn under the same guard, and a failure is reported once."""
    monkeypatch.setattr(CalibrationVisualizer, "figures", raising(error))
    made, report = results(), present.Rendered()
    for _ in range(2):
        present.add_figure_files(report, made, FiguresSpec(save=True, format="svg", dpi=50))
    assert len(report.failures) == 1
    assert any(name.startswith("figures/performance-") for name in report.files)


def test_an_interruption_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal ends the program, also while the code of a section runs."""
    monkeypatch.setattr(CalibrationAnalyzer, "analyze", raising(Interrupted(signal.SIGTERM)))
    with pytest.raises(Interrupted):
        analysis.analyze(made_plan(tmp_path), made_evaluation(), NOW, keep_going=True)
    assert now()


@pytest.mark.hostile
@pytest.mark.keras
@pytest.mark.parametrize(
    "code", ["os._exit(0)", "os.kill(os.getpid(), 9)", "raise SystemExit(0)", "raise KeyboardInterrupt"]
)
@pytest.mark.parametrize("place", ["    def analyze(", "    def figures(", "    def _draw(", "def too_certain("])
def test_a_whole_build(tmp_path: Path, place: str, code: str) -> None:
    """Exit 3, a line that names the section, no page, nothing left."""
    lines = EXAMPLE.splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith(place))
    body = " " * (len(place) - len(place.lstrip()) + 4) + f"import os; {code}"
    (tmp_path / "s.py").write_text("\n".join([*lines[: index + 1], body, *lines[index + 1 :]]), "utf-8")
    (tmp_path / "temporary").mkdir()
    archive(tmp_path / "m.keras", config=config(compile_config={"loss": "sparse_categorical_crossentropy"}))
    np.savez(tmp_path / "data.npz", x=np.eye(8, 4, dtype=np.float32), y=np.arange(8) % 3)
    (tmp_path / "spec.toml").write_text(
        'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "m.keras"\n[data]\npath = "data.npz"\n'
        '[[sections]]\nkind = "./s.py:SECTION"\n',
        "utf-8",
    )
    returned, out, err = run(tmp_path, "build", "spec.toml", "-o", "out", "-q")
    assert (returned, out, len(err.splitlines())) == (3, "", 1), err
    assert "section my_section" in err
    assert not list(tmp_path.glob("out/*.html"))
    emptied(tmp_path / "temporary")
