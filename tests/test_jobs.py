"""``--jobs``: several workers give the bytes of one, and what was evaluated before one crashed is not lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.errors import InputError
from reportgen.evaluation.executors import local
from reportgen.evaluation.parts import RowsPart
from reportgen.evaluation.process import EvaluationProcess, WorkerError
from reportgen.pipeline import flow
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store

if TYPE_CHECKING:
    from reportgen.analysis.results import Results

pytestmark = pytest.mark.usefixtures("warm_processes")
SPECS = Path(__file__).parents[1] / "specs"
SPEC = """
schema_version = 1
report = { title = "Jobs" }
models.mlp = { path = "digits/mlp.keras" }
models.cnn = { path = "digits/cnn.keras" }
models.cnn_dropout = { path = "digits/cnn_dropout.keras" }
models.broken = { path = "broken.keras" }
data = { path = "digits/test.npz" }
sections = [{ kind = "performance" }, { kind = "errors" }, { kind = "information_flow" }]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a folder with three models, and one that cannot be loaded."""
    made = tmp_path_factory.mktemp("jobs")
    shutil.copytree(SPECS / "digits", made / "digits")
    (made / "broken.keras").write_bytes(b"no model")
    (made / "spec.toml").write_text(SPEC, "utf-8")
    return made


def computed(spec: Path, jobs: int, store: Store | None = None) -> tuple[Results, list[tuple[str, int, int]]]:
    """Return the results with a number of workers, and the steps that were told."""
    steps: list[tuple[str, int, int]] = []
    run = Run(lambda *step: steps.append(step), jobs=jobs, store=store)
    return flow.compute(flow.read_plan(spec), run), steps


@pytest.mark.keras
def test_the_number_of_workers_changes_no_byte(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor who fails; the progress is of all models."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    one, _ = computed(folder / "spec.toml", 1)
    steps: list[tuple[str, int, int]] = []
    run = Run(lambda *step: steps.append(step), jobs=2)
    two = flow.compute(flow.read_plan(folder / "spec.toml"), run)
    assert one.to_json() == two.to_json()
    assert [model.name for model in two.models if model.reason] == ["broken"]
    told = [step for step in steps if step[2] == 4]
    assert {done for _, done, _ in told} <= {0, 1, 2, 3, 4}
    assert any(", " in what for what, _, _ in told)
    parts = {part: seconds for (step, part), seconds in run.parts.items() if step == "evaluation"}
    timed = {"digests of the inputs", "starting TensorFlow", "reading the data", "examples"}
    assert parts.keys() == timed | {f"model {model.name}" for model in two.models}
    assert all(seconds > 0 for seconds in parts.values())
    assert {part for step, part in run.parts if step == "analysis"} == {section.id for section in two.sections}


@pytest.mark.keras
def test_what_is_done_before_a_crash_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The crash is tried once more, then said; the next run evaluates what is missing."""
    store = Store(folder / "cache")
    started: list[tuple[str, ...]] = []

    class Killed(EvaluationProcess):
        """A worker that is killed when it comes to one of the models."""

        def failures(self, report):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            started.append(self._models)

            def tell(what: str, done: int, total: int) -> None:
                report(what, done, total)
                if what == "loading cnn":
                    self._process.kill()

            return super().failures(tell)

    with monkeypatch.context() as patch:
        patch.setattr(local, "EvaluationProcess", Killed)
        with pytest.raises(WorkerError, match=r"was killed \(signal 9\), perhaps out of memory, while loading cnn"):
            computed(folder / "spec.toml", 1, store)
    assert len(started) == 2
    assert "mlp" in started[0]
    assert "mlp" not in started[1]
    assert store.missed["model"] == 4
    again = Store(folder / "cache")
    results, _ = computed(folder / "spec.toml", 2, again)
    assert again.found["model"] == 1
    assert [model.name for model in results.models if model.reason] == ["broken"]


def test_all_models_failing_is_the_first_failure(folder: Path) -> None:
    """As with one worker."""
    spec = folder / "none.toml"
    (folder / "worse.keras").write_bytes(b"none")
    spec.write_text(
        'schema_version = 1\nreport = { title = "None" }\ndata = { path = "digits/test.npz" }\n'
        'models = { broken = { path = "broken.keras" }, worse = { path = "worse.keras" } }\n'
        'sections = [{ kind = "performance" }]\n',
        "utf-8",
    )
    with pytest.raises(InputError) as caught:
        computed(spec, 2)
    assert caught.value.file == "broken.keras"


@pytest.mark.keras
def test_several_workers_for_one_model_change_no_byte(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a part of the rows; what was gathered before one crashed is kept, and the next run evaluates what is missing."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    spec = folder / "one.toml"
    spec.write_text(
        'schema_version = 1\nreport = { title = "One" }\nmodels.cnn = { path = "digits/cnn.keras" }\n'
        'data = { path = "digits/test.npz", batch_size = 7 }\n'
        'sections = [{ kind = "performance" }, { kind = "calibration" }, { kind = "information_flow", samples = 64 }]\n',
        "utf-8",
    )
    expected = computed(spec, 1)[0].to_json()
    started: list[RowsPart | None] = []

    class Killed(EvaluationProcess):
        """A worker that is killed when it evaluates the second of three parts."""

        def __init__(self, *given: Any, part: RowsPart | None = None, **named: Any) -> None:
            started.append(part)
            self._part = part
            super().__init__(*given, part=part, **named)

        def failures(self, report):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            def tell(what: str, done: int, total: int) -> None:
                report(what, done, total)
                if what == "evaluating cnn" and self._part == RowsPart(1, 3):
                    self._process.kill()

            return super().failures(tell)

    with monkeypatch.context() as patch:
        patch.setattr(local, "EvaluationProcess", Killed)
        with pytest.raises(WorkerError, match=r"was killed \(signal 9\), perhaps out of memory, while evaluating cnn"):
            computed(spec, 3, Store(folder / "pieces"))
    assert started == [RowsPart(0, 3), RowsPart(1, 3), RowsPart(2, 3), RowsPart(1, 3)]
    again = Store(folder / "pieces")
    results, steps = computed(spec, 3, again)
    assert results.to_json() == expected
    assert again.found["piece"] == 2
    assert max(done for what, done, _ in steps if what == "evaluating cnn") < 250
