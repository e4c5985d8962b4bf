"""The command line without evaluations: what is typed, what is printed, which exit code."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import warm

TOP = Path(__file__).parents[1]


def run(*arguments: object, cwd: Path = TOP) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    return warm.python("-m", "reportgen", *arguments, cwd=cwd)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the example into an empty folder."""
    shutil.copytree(TOP / "specs", tmp_path / "specs")
    return tmp_path


def spec(project: Path, old: str, new: str) -> Path:
    """Change the example spec in one place."""
    path = project / "specs" / "release.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def test_check_says_what_it_leaves_to_the_build(project: Path) -> None:
    """Code is not run; a folder of event files may be a history."""
    (project / "specs" / "data.py").write_text("raise SystemExit(0)\n", "utf-8")
    (project / "specs" / "logs").mkdir()
    old = 'path = "digits/test.npz"             #'
    path = spec(project, old, 'function = "./data.py:test"\npreprocess = "./data.py:scale"\n#')
    spec(project, '"digits/mlp_history.json"', '"logs"')
    found = run("check", path)
    assert found.returncode == 0, found.stderr
    assert "release.toml: what ./data.py:test returns is checked in the build" in found.stdout
    assert "release.toml: what ./data.py:scale returns is checked in the build" in found.stdout


def test_check_says_ok() -> None:
    """A good spec is one line."""
    found = run("check", "specs/release.toml")
    assert (found.returncode, found.stderr) == (0, "")
    assert "3 models, 10 sections" in found.stdout


def test_all_mistakes_at_once(project: Path) -> None:
    """Schema, section, address, model and file: each with line, caret and did-you-mean, in the order of the text."""
    spec(project, 'path = "digits/mlp.keras"', 'path = "digits/mpl.keras"')
    spec(project, "bins = 15", "binz = 15")
    spec(project, 'metric = "calibration.ece"', 'metric = "calibration.ec"')
    spec(project, 'models = ["cnn*"]', 'models = ["cmn"]')
    spec(project, 'kind = "performance"', 'kind = "performence"')
    found = run("check", "specs/release.toml", cwd=project)
    assert found.returncode == 2
    for words in ("performance", "bins", "calibration.ece"):
        assert f"did you mean '{words}'?" in found.stderr
    assert "Traceback" not in found.stderr
    lines = [int(line.split(":")[1]) for line in found.stderr.splitlines() if line.startswith("specs/release.toml:")]
    assert lines == sorted(lines)
    assert "^" in found.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('path = "digits/mlp.keras"', 'path = "digits/mpl.keras"', "models.mlp.path: no such file"),
        ('x = "x"', 'x = "xx"', "data.x: digits/test.npz has no such array"),
        (
            'history = "digits/mlp_history.json"',
            'history = "nothing.json"',
            "models.mlp.history: no such file",
        ),
        ('models = ["cnn*"]', 'models = ["cmn"]', "no such model (found 'cmn')"),
        ('kind = "calibration"', 'kind = "performance"', "duplicate section"),
        ("at_least = 0.95", "at_least = 0.95\nat_most = 0.9", "the lower limit 0.95 is above the upper limit 0.9"),
        ('threshold = ">= 0.85"', 'threshold = "> 0.85"', "threshold must be"),
        ("at_least = 0.95", "", "needs a condition"),
        ("seed = 0", "seed = -1", "data.seed: must be at least 0"),
        ('formats = ["html"', 'formats = ["htm"', "did you mean 'html'?"),
    ],
)
def test_a_mistake_is_one_sentence(project: Path, old: str, new: str, message: str) -> None:
    """Each names the key, what is wrong, and exits 2."""
    spec(project, old, new)
    found = run("check", "specs/release.toml", cwd=project)
    assert found.returncode == 2
    assert message in found.stderr


def test_a_section_without_its_needs(project: Path) -> None:
    """Without labels a section is an error, or skipped with the reason where it is optional."""
    path = project / "specs" / "quick.toml"
    text = path.read_text("utf-8")
    assert 'digits/test.npz" }' in text
    path.write_text(text.replace('digits/test.npz" }', 'digits/test.npz", y = false }'), "utf-8")
    found = run("check", path)
    assert found.returncode == 2
    assert "needs labels" in found.stderr
    assert "data.y:" not in found.stderr
    yaml = project / "specs" / "quick.yaml"
    yaml.write_text(
        "schema_version: 1\nreport: {title: T}\nmodels: {mlp: {path: digits/mlp.keras}}\n"
        "data: {path: digits/test.npz, y: null}\nsections: [{kind: calibration, optional: true}, {kind: performance}]\n",
        "utf-8",
    )
    found = run("check", yaml)
    assert "needs labels" in found.stderr
    yaml.write_text(yaml.read_text("utf-8").replace(", {kind: performance}", ""), "utf-8")
    assert "section calibration will be skipped" in run("check", yaml).stdout


def test_overrides_and_selection(project: Path) -> None:
    """``--set`` changes the spec; a mistake in it, or in ``--only``, is named."""
    found = run("check", "specs/release.toml", "--set", "models.mlp.path=gone.keras", cwd=project)
    assert "gone.keras" in found.stderr
    found = run("check", "specs/release.toml", "--only", "calibrations", cwd=project)
    assert "did you mean 'calibration'?" in found.stderr
    assert found.returncode == 2


def test_what_is_typed_wrong() -> None:
    """An unknown command or format is a usage error."""
    assert run("biuld", "specs/release.toml").returncode == 2
    assert run("build", "specs/release.toml", "--format", "docx").returncode == 2
    assert run("check", "nowhere.toml").returncode == 2
    assert run("render", "nowhere.json").returncode == 2


def test_sections_and_schema() -> None:
    """The listing shows options, metrics and rules; the schema is JSON."""
    assert "calibration" in run("sections").stdout
    listed = run("sections", "calibration").stdout
    assert all(
        words in listed for words in ("bins = 15", "smece", "CAL101", "Tasks: binary, distributional, multiclass")
    )
    assert "keys = {}" in run("sections", "training_dynamics").stdout
    assert "did you mean 'summary'?" in run("sections", "sumary").stderr
    assert json.loads(run("schema").stdout)["properties"]["schema_version"]


def test_rules() -> None:
    """All are listed; one is explained; an unknown one is an error with a suggestion."""
    listed = run("rule").stdout.splitlines()
    assert "CAL101  problem  Strongly miscalibrated" in listed
    explained = run("rule", "CAL101").stdout
    assert explained.startswith("CAL101: Strongly miscalibrated (problem)\n\nWhat it finds\n  An ECE above 10")
    assert all(f"\n\n{heading}\n  " in explained for heading in ("Smallest example", "What to do", "When to ignore it"))
    assert explained.endswith("\n\nSource: Guo et al. (2017), section 5\n")
    assert max(map(len, explained.splitlines())) <= 100
    wrong = run("rule", "CAL110")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "unknown rule 'CAL110'; did you mean 'CAL" in wrong.stderr
    assert run("rule", "unlike").stderr == "unknown rule 'unlike'; reportgen rule lists all\n"


def test_init_names_what_lies_there(tmp_path: Path) -> None:
    """The spec that init writes names the model and the arrays of the folder, and is valid; it never overwrites."""
    shutil.copy(TOP / "specs" / "digits" / "mlp.keras", tmp_path / "best.keras")
    np.savez(tmp_path / "test.npz", X=np.zeros((2, 8, 8, 1)), labels=np.zeros(2))
    assert run("init", tmp_path).returncode == 0
    assert run("check", tmp_path / "report.toml").returncode == 0
    assert 'x = "X"' in (tmp_path / "report.toml").read_text("utf-8")
    again = run("init", tmp_path)
    assert again.returncode == 2
    assert "already exists" in again.stderr


def test_init_example(tmp_path: Path) -> None:
    """The example brings models and data, and is valid."""
    assert run("init", tmp_path, "--example", "digits").returncode == 0
    assert run("check", tmp_path / "release.toml").returncode == 0


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results made by hand."""
    from handmade import results as made

    path = tmp_path_factory.mktemp("results") / "results.json"
    path.write_text(made().to_json(), "utf-8")
    return path


def test_metrics_as_rows(results: Path) -> None:
    """Every scalar is a row with exactly these keys, in all three forms."""
    keys = ["section", "metric", "model", "subject", "value", "ci_low", "ci_high", "n", "unit", "status", "reason"]
    rows = json.loads(run("metrics", results, "--format", "json").stdout)
    assert {tuple(row) for row in rows} == {tuple(keys)}
    listed = list(csv.DictReader(io.StringIO(run("metrics", results, "--format", "csv").stdout)))
    assert len(listed) == len(rows)
    assert {row["reason"] for row in rows if row["model"] == "c"} == {"sequence heads are not measured"}
    assert all(bool(row["reason"]) == (row["status"] != "ok") for row in rows)
    table = run("metrics", results).stdout.splitlines()
    assert table[0].split() == keys
    assert len(table) == len(rows) + 1


def test_a_newer_results_file_is_refused(results: Path, tmp_path: Path) -> None:
    """One sentence, exit 2."""
    newer = tmp_path / "results.json"
    newer.write_text(results.read_text("utf-8").replace('"schema_version": 2', '"schema_version": 99'), "utf-8")
    found = run("metrics", newer)
    assert found.returncode == 2
    assert "newer version of reportgen" in found.stderr
    newer.write_text("{}", "utf-8")
    assert "not a reportgen results file" in run("render", newer).stderr
    newer.write_text(results.read_text("utf-8").replace('"created"', '"made"'), "utf-8")
    found = run("render", newer)
    assert "is not a valid results file (created: field required" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_render_needs_no_tensorflow(results: Path, tmp_path: Path) -> None:
    """``render`` writes the files again; a new interpreter, and a process that has TensorFlow, write the same bytes."""
    new = partial(subprocess.run, cwd=TOP, capture_output=True, text=True, check=False)
    for folder, start in (("one", lambda *command: new([sys.executable, *command])), ("two", warm.python)):
        command = ("-m", "reportgen", "render", results, "-o", tmp_path / folder)
        found = start(*command, "--format", "html,markdown,json", "-q")
        assert (found.returncode, found.stderr) == (1, ""), "two of its checks are ERROR"
    for name in ("report.html", "model_card.md", "results.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert (tmp_path / "one" / "results.json").read_bytes() == results.read_bytes()
