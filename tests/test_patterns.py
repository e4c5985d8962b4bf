"""Patterns in [models]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reportgen.spec import patterns
from reportgen.spec.tables.models import ModelSpec

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Make a folder of runs, one of them without a model."""
    for name in ("run10", "run2", "run1", ".hidden"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "model.keras").touch()
    (tmp_path / "runs" / "broken").mkdir()
    return tmp_path


def expand(folder: Path, **models: dict[str, Any]) -> Any:
    """Expand models given as in a spec."""
    return patterns.expand({key: ModelSpec.model_validate(value) for key, value in models.items()}, folder)


def test_a_pattern_stands_for_its_files(runs: Path) -> None:
    """Names and histories come from the match, in natural order; names with a dot at their head are left out."""
    found, entries, problems = expand(runs, sweep={"path": "runs/*/model.keras", "history": "runs/*/history.json"})
    assert not problems
    assert list(found) == ["run1", "run2", "run10"]
    assert found["run2"].path == "runs/run2/model.keras"
    assert found["run2"].history == "runs/run2/history.json"
    assert set(entries.values()) == {"sweep"}


def test_other_options_hold_for_every_model(runs: Path) -> None:
    """What the entry says of its models is said of each."""
    found, _, _ = expand(runs, sweep={"path": "runs/*/model.keras", "outputs": "logits", "recipe": "cnn"})
    assert {(one.outputs, one.recipe) for one in found.values()} == {("logits", "cnn")}


def test_names_and_series_take_the_star(runs: Path) -> None:
    """Checkpoints of several runs: each run is a series."""
    found, _, _ = expand(runs, last={"path": "runs/*/model.keras", "name": "*-last", "series": "*"})
    assert {name: one.series for name, one in found.items()} == {
        "run1-last": "run1",
        "run2-last": "run2",
        "run10-last": "run10",
    }


def test_several_stars_are_joined(runs: Path) -> None:
    """The name holds what each stands for; a star may be a part of a name."""
    found, _, problems = expand(runs, sweep={"path": "runs/run*/*.keras", "series": "*/*"})
    assert not problems
    assert list(found) == ["1-model", "2-model", "10-model"]
    assert found["2-model"].series == "2/model"


def test_only_a_star_is_special(runs: Path) -> None:
    """Brackets and question marks of a path stand for themselves."""
    (runs / "runs" / "[1]?").mkdir()
    (runs / "runs" / "[1]?" / "model.keras").touch()
    found, _, _ = expand(runs, sweep={"path": "runs/[1]*/model.keras", "name": "[m]*"})
    assert [(name, one.path) for name, one in found.items()] == [("[m]?", "runs/[1]?/model.keras")]


def test_a_model_without_a_pattern_is_as_it_was(runs: Path) -> None:
    """Its key is its name."""
    model = {"path": "runs/run1/model.keras", "series": "one"}
    found, entries, problems = expand(runs, one=model)
    assert not problems
    assert found["one"].series == "one"
    assert entries == {"one": "one"}


def test_absolute_patterns(runs: Path) -> None:
    """A path may begin at the root."""
    found, _, _ = expand(runs / "runs", sweep={"path": f"{runs}/runs/*/model.keras"})
    assert list(found) == ["run1", "run2", "run10"]


@pytest.mark.parametrize(
    ("model", "field", "message"),
    [
        ({"path": "nothing/*/model.keras"}, "path", "no file matches"),
        ({"path": "**/model.keras"}, "path", "** is not supported"),
        (
            {"path": "runs/run1/model.keras", "history": "runs/*/h.json"},
            "history",
            "requires a path with a *",
        ),
        ({"path": "runs/run1/model.keras", "name": "one"}, "name", "requires a path with a *"),
        ({"path": "runs/*/model.keras", "name": "one"}, "name", "must have as many *"),
        ({"path": "runs/*/model.keras", "recipe": "*"}, "recipe", "must not have a *"),
        ({"path": "runs/*/*.keras", "history": "runs/*/h.json"}, "history", "must have as many * as path (2)"),
    ],
)
def test_mistakes(runs: Path, model: dict[str, Any], field: str, message: str) -> None:
    """Each is told at its key."""
    _, _, (problem,) = expand(runs, sweep=model)
    assert problem.location == ("models", "sweep", field)
    assert message in problem.message


def test_two_models_of_one_name(runs: Path) -> None:
    """Both files are named."""
    _, _, (problem,) = expand(
        runs, run1={"path": "runs/run1/model.keras"}, rest={"path": "runs/run2*/model.keras", "name": "run1*"}
    )
    assert "runs/run1/model.keras and runs/run2/model.keras" in problem.message
