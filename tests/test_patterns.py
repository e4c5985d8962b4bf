"""Patterns in [models]."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st

from reportgen.spec import patterns
from reportgen.spec.tables.models import ModelSpec
from reportgen.spec.wildcards import AmbiguousError, Wildcards
from reportgen.text.matching import texts

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


@given(st.text("ab-", max_size=12), st.text("ab-*", max_size=8))
def test_a_star_matches_what_it_does_in_a_regular_expression(name: str, pattern: str) -> None:
    """Of several ways the one in which the first stars match most."""
    found = re.fullmatch("(.*)".join(map(re.escape, pattern.split("*"))), name)
    assert texts(name, pattern) == (None if found is None else found.groups())


@given(st.text("ab/", max_size=10), st.lists(st.sampled_from(["a", "b", "/", "*", "{x}", "{y}"]), max_size=7))
def test_wildcards_match_what_they_do_in_a_regular_expression(path: str, pieces: list[str]) -> None:
    """The longest ways and, where there are fields, the shortest, which must be the same; a field is never empty."""

    def way(lazy: str) -> re.Match[str] | None:
        of = {"*": f"([^/]*{lazy})", "{x}": f"([^/]+{lazy})", "{y}": f"([^/]+{lazy})"}
        return re.fullmatch("".join(of.get(piece) or re.escape(piece) for piece in pieces), path)

    pattern, greedy, lazy = Wildcards.of("".join(pieces)), way(""), way("?")
    if greedy is None or lazy is None:
        assert pattern.match(path) is None
    elif pattern.fields and greedy.groups() != lazy.groups():
        with pytest.raises(AmbiguousError):
            pattern.match(path)
    else:
        assert pattern.match(path) == greedy.groups()


def test_digits_that_are_no_numbers_are_text(tmp_path: Path) -> None:
    """Superscripts are digits in Unicode, but not of a number."""
    for name in ("run\u00b2", "run10", "run2", "run\u0663"):
        (tmp_path / f"{name}.keras").touch()
    models, _, problems = expand(tmp_path, all={"path": "run*.keras"})
    assert problems == []
    assert [*models] == ["2", "\u0663", "10", "\u00b2"]
