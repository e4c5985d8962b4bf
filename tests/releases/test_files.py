"""Earlier releases on the command line and on the disk: what is read, what is written, what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from handmade import made_evaluation
from releases.made import BASELINE, WHEN, classified, only, release, run, spec

from reportgen.analysis.analyze import analyze
from reportgen.cli import commands
from reportgen.contract.formats import ANSWERS
from reportgen.errors import InputError
from reportgen.pipeline import flow, stored
from reportgen.pipeline.memory import KeptResults
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results


def typed(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run a command."""
    monkeypatch.setattr("sys.argv", ["reportgen", *map(str, arguments)])
    return commands.run()


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Write two releases."""
    made = classified()
    return release(tmp_path, made), release(tmp_path, made, model="b", version="2")


def test_diff_prints_a_table_and_exits_with_0(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The sentence first, then the numbers."""
    assert typed(monkeypatch, "diff", *pair) == 0
    out = capfd.readouterr().out
    assert out.startswith("Since a of 1 (2026-01-02): 210 of 300 right then, 240 of 300 right now: +10.0 points [")
    assert "unlikely to be luck (McNemar p < 0.001)" in out
    assert "better, unlikely to be luck (paired)" in out


def test_diff_as_json_has_everything(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Metrics of classes included."""
    assert typed(monkeypatch, "diff", *pair, "--json") == 0
    found = json.loads(capfd.readouterr().out)
    parts = {(one["address"], one["subject"]) for one in found["changes"]["deltas"]}
    assert {("performance.accuracy", None), ("performance.recall", "class:bee")} <= parts
    assert found["changes"]["earlier"]["file"] == str(pair[0])


def test_diff_as_markdown_is_tables(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every row has as many cells as its head."""
    assert typed(monkeypatch, "diff", *pair, "--markdown") == 0
    lines = capfd.readouterr().out.splitlines()
    heads = [index for index, line in enumerate(lines) if line.startswith("| ---")]
    assert len(heads) > 2
    for head in heads:
        rows = [line for line in lines[head - 1 :] if line.startswith("|")][:3]
        assert len({line.replace("\\|", "").count("|") for line in rows}) == 1


def test_diff_renders_the_comparison(pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page about the new release that names the old one's file and day."""
    assert typed(monkeypatch, "diff", *pair, "-o", tmp_path / "out", "--format", "html") == 0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"would replace a of 1 (2026-01-02, {pair[0]})" in page
    assert "Since the last release" in page
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.html"]


def test_diff_imports_nothing_heavy(pair: tuple[Path, Path]) -> None:
    """Neither TensorFlow nor what draws."""
    import subprocess
    import sys

    program = (
        "import sys\nfrom reportgen.cli.commands import run\nsys.argv = ['reportgen', *sys.argv[1:]]\nassert run() == 0\n"
        "heavy = ('keras', 'tensorflow', 'matplotlib', 'weasyprint', 'pandas', 'jinja2', 'scipy.stats')\n"
        "print('HEAVY', [name for name in heavy if name in sys.modules])"
    )
    for form in ("--table", "--json", "--markdown"):
        done = subprocess.run(
            [sys.executable, "-c", program, "diff", *map(str, pair), form], capture_output=True, text=True, check=True
        )
        assert done.stdout.endswith("HEAVY []\n")


def test_models_are_chosen_by_name(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A wrong one is one sentence."""
    assert typed(monkeypatch, "diff", *pair, "--old-model", "x") == 2
    assert "has no model 'x' (it has a)" in capfd.readouterr().err


def planned(folder: Path, lines: str) -> Any:
    """Plan a spec in a file."""
    for name in ("b.keras", "test.npz"):
        (folder / name).touch()
    (folder / "new.toml").write_text(spec(["b"], lines), "utf-8")
    return flow.read_plan(folder / "new.toml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{}", "is not a reportgen results file"),
        ("x", "is not JSON"),
        (None, "no such file"),
        ('{"schema_version": 9}', "newer version"),
    ],
)
def test_a_bad_results_file_is_told_before_anything_is_computed(tmp_path: Path, content: str | None, says: str) -> None:
    """At its line in the spec."""
    (tmp_path / "old-a").mkdir()
    if content is not None:
        (tmp_path / "old-a" / "results.json").write_text(content, "utf-8")
    with pytest.raises(SpecError) as error:
        planned(tmp_path, BASELINE)
    assert says in str(error.value)
    assert "old-a/results.json" in str(error.value)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('[decision]\nbaseline = { results = "old-a/results.json", model = "x" }\n', "has no model 'x' (it has a)"),
        ('[decision]\nbaseline = { model = "a" }\n', "decision.baseline"),
        ('[decision]\nbaseline = { results = "old-a/results.json", typo = 1 }\n', "typo"),
    ],
)
def test_mistakes_in_the_table_of_a_baseline(tmp_path: Path, lines: str, says: str) -> None:
    """Each in the spec's own words."""
    release(tmp_path, classified())
    with pytest.raises(SpecError) as error:
        planned(tmp_path, lines)
    assert says in str(error.value)


def test_a_check_of_a_change_must_be_about_the_candidate(tmp_path: Path) -> None:
    """Other models are not compared with the release."""
    release(tmp_path, classified())
    check = '[[checks]]\nmetric = "performance.accuracy"\nnot_worse_by = 0.01\nmodels = ["*"]\n'
    with pytest.raises(SpecError, match="must apply to the candidate alone"):
        run(tmp_path, spec(["a", "b"], f'{BASELINE}candidate = "b"\n{check}'), classified())


def test_the_chapter_needs_a_release(tmp_path: Path) -> None:
    """Without one it is a mistake."""
    with pytest.raises(SpecError, match="needs an earlier release"):
        run(tmp_path, spec(["b"], sections=["performance", "changes"]), only(classified(), "b"))


# ------------------------------------------------------------------------------------------------ what is written


def built(folder: Path, lines: str, monkeypatch: pytest.MonkeyPatch) -> tuple[flow.Outcome, Results]:
    """Build a spec with an evaluation made by hand."""
    made = only(classified(), "b")
    plan = planned(folder, lines)
    monkeypatch.setattr(flow, "compute", lambda *_args, **_kwargs: run(folder, spec(["b"], lines), made))
    outcome = flow.build(plan, folder / "out", ["json"], Run())
    return outcome, outcome.results


def test_answers_are_written_beside_the_results_and_taken_away_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old answers never stay beside new results."""
    outcome, results = built(tmp_path, "[output]\npredictions = true\n", monkeypatch)
    assert sorted(path.name for path in outcome.files) == [ANSWERS, "results.json"]
    assert results.predictions is not None
    assert results.predictions.file == ANSWERS
    outcome, _ = built(tmp_path, "", monkeypatch)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.json"]


def test_a_foreign_file_of_that_name_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the results are not written either."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ANSWERS).write_bytes(b"PAR1 of somebody else")
    with pytest.raises(InputError, match="was not written by reportgen"):
        built(tmp_path, "[output]\npredictions = true\n", monkeypatch)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [ANSWERS]


def test_an_earlier_release_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the report that is compared with it."""
    release(tmp_path, classified())
    (tmp_path / "old-a").rename(tmp_path / "out")
    with pytest.raises(InputError, match="is an input and would be replaced"):
        built(tmp_path, BASELINE.replace("old-a", "out"), monkeypatch)


def test_results_without_answers_have_none(tmp_path: Path) -> None:
    """The default."""
    results = run(tmp_path, spec(["a"]), only(made_evaluation(), "a"))
    assert (results.answers, results.predictions) == (None, None)


def test_the_store_keeps_no_comparison_with_a_release(tmp_path: Path) -> None:
    """Its key would not know the file: a second run with another release compares with that one."""
    made = only(classified(), "b")
    store = Store(tmp_path / "store")
    found = []
    for seed in (0, 1):
        release(tmp_path, classified(seed=seed))
        plan = planned(tmp_path, BASELINE)
        memory = KeptResults(plan, Run(store=store), stored.Keys("data", {"b": "model"}, (), (), {}, {}))
        found.append(analyze(plan, made, WHEN, keep_going=False, memory=memory)["changes"].changes)
    assert store.found["section"] == 2
    assert [one.same_rows for one in found] == [True, False]
