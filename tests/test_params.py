"""Training parameters: in the spec, in paths, in tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st

from reportgen.inputs import trials
from reportgen.inputs.trials import TrialsError
from reportgen.plan import params
from reportgen.spec import patterns
from reportgen.spec.model import ReportSpec
from reportgen.spec.tables.models import ModelSpec, ParamsFromSpec
from reportgen.spec.values import typed
from reportgen.spec.wildcards import AmbiguousError, Wildcards

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.contract.params import Params
    from reportgen.spec.problems import Problem

PATH = "runs/{kind}-w{width}-lr{lr}/model.keras"
NAMES = ("cnn-w8-lr0.01", "cnn-w24-lr0.001", "mlp-w8-lr3e-4")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Make a folder of runs."""
    for name in NAMES:
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "model.keras").touch()
    return tmp_path


def found(folder: Path, **models: dict[str, Any]) -> tuple[Params, list[Problem]]:
    """Gather the parameters of models given as in a spec."""
    written = ReportSpec.model_validate(
        {
            "schema_version": 1,
            "report": {"title": "t"},
            "models": models,
            "sections": [{"kind": "sweep"}],
        }
    )
    expanded, _, problems = patterns.expand(written.models, folder)
    of_all, more = params.gathered(written, written.model_copy(update={"models": expanded}), folder)
    return of_all, problems + more


# ------------------------------------------------------------------------------------------------ paths


def test_fields_of_a_path_are_parameters(runs: Path) -> None:
    """With their type; names are those of the folders, and the history follows."""
    models = {"sweep": ModelSpec.model_validate({"path": PATH, "history": PATH.replace("model.keras", "h.json")})}
    expanded, entries, problems = patterns.expand(models, runs)
    assert not problems
    assert list(expanded) == ["cnn-w8-lr0.01", "cnn-w24-lr0.001", "mlp-w8-lr3e-4"]
    assert expanded["mlp-w8-lr3e-4"].params == {"kind": "mlp", "width": 8, "lr": 3e-4}
    assert expanded["cnn-w8-lr0.01"].history == "runs/cnn-w8-lr0.01/h.json"
    assert set(entries.values()) == {"sweep"}


def test_names_and_recipes_take_fields(runs: Path) -> None:
    """A recipe leaves out the field that only numbers its seeds."""
    models = {"sweep": ModelSpec.model_validate({"path": PATH, "name": "{lr}/{kind}", "recipe": "{kind}"})}
    expanded, _, problems = patterns.expand(models, runs)
    assert not problems
    assert [(name, one.recipe) for name, one in expanded.items()] == [
        ("0.01/cnn", "cnn"),
        ("0.001/cnn", "cnn"),
        ("3e-4/mlp", "mlp"),
    ]


def test_a_file_name_with_fields_names_the_model_without_its_suffix(tmp_path: Path) -> None:
    """A star beside a field is part of the name."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "lr0.1.keras").touch()
    expanded, _, _ = patterns.expand({"one": ModelSpec(path="*/lr{lr}.keras")}, tmp_path)
    assert [(name, one.params) for name, one in expanded.items()] == [("a-lr0.1", {"lr": 0.1})]


@pytest.mark.parametrize(
    ("model", "place", "message"),
    [
        ({"path": "runs/{lr}-{lr}/model.keras"}, ("path",), "has the field {lr} twice"),
        ({"path": "runs/{kind}{lr}/model.keras"}, ("path",), "needs text between {kind} and {lr}"),
        ({"path": "runs/{kind}*/model.keras"}, ("path",), "needs text between {kind} and *"),
        ({"path": "runs/{l r}/model.keras"}, ("path",), "{l r} is not the name of a field"),
        (
            {"path": "runs/{a}-{b}/model.keras"},
            ("path",),
            "matches runs/cnn-w24-lr0.001/model.keras in more than one way: 'cnn', 'w24-lr0.001'; or 'cnn-w24', 'lr0.001'",
        ),
        ({"path": PATH, "history": "runs/{width}/{seed}.json"}, ("history",), "path has no field {seed}"),
        ({"path": PATH, "name": "run"}, ("name",), "must have as many *"),
        ({"path": PATH, "params": {"lr": 0.1}}, ("params", "lr"), "is a field of path too"),
        ({"path": "runs/cnn-w8-lr0.01/model.keras", "history": "{a}.json"}, ("history",), "requires a path with a *"),
    ],
)
def test_mistakes_of_fields(runs: Path, model: dict[str, Any], place: tuple[str, ...], message: str) -> None:
    """Each is one sentence, at its key."""
    _, (problem,) = found(runs, sweep=model)
    assert problem.location == ("models", "sweep", *place)
    assert message in problem.message


def test_a_parameter_in_a_path_is_finite(tmp_path: Path) -> None:
    """NaN names no setting."""
    (tmp_path / "lrnan.keras").touch()
    _, (problem,) = found(tmp_path, sweep={"path": "lr{lr}.keras"})
    assert "gives the parameter lr of lrnan.keras no finite number" in problem.message


TEXT = st.text("ab-1.", min_size=1, max_size=4)


@given(first=TEXT, second=TEXT, between=st.sampled_from(["-", "-b", "w"]))
def test_a_match_is_the_only_one_or_an_error(first: str, second: str, between: str) -> None:
    """Against all ways to split the text, by brute force."""
    path = f"{first}{between}{second}"
    ways = {
        (path[:end], path[end + len(between) :])
        for end in range(1, len(path) - len(between))
        if path[end:].startswith(between)
    }
    pattern = Wildcards.of(f"{{a}}{between}{{b}}")
    if len(ways) == 1:
        assert pattern.match(path) == (first, second)
    else:
        with pytest.raises(AmbiguousError):
            pattern.match(path)


@given(
    st.one_of(st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False, width=32), st.booleans())
)
def test_numbers_are_read_back(value: float) -> None:
    """What Python writes is what is read."""
    assert typed(str(value)) == value
    assert type(typed(str(value))) is type(value)


# ------------------------------------------------------------------------------------------------ tables

CSV = "model,lr,width,val_loss\ncnn-w8-lr0.01,0.01,8,0.3\nruns/cnn-w24-lr0.001/model.keras,0.001,24,0.2\nmlp-w8-lr3e-4,3e-4,,0.4\n"
STARRED = {"path": "runs/*/model.keras", "params_from": {"path": "runs.csv", "columns": ["lr", "width"]}}


def test_a_table_names_models_by_name_or_path(runs: Path) -> None:
    """An empty cell is a parameter that is not set; other columns are not read."""
    (runs / "runs.csv").write_text(CSV)
    of_all, problems = found(runs, sweep=STARRED)
    assert not problems
    assert of_all.values == {
        "cnn-w8-lr0.01": {"lr": 0.01, "width": 8},
        "cnn-w24-lr0.001": {"lr": 0.001, "width": 24},
        "mlp-w8-lr3e-4": {"lr": 3e-4},
    }
    assert of_all.readings == ("lr, width from runs.csv (models by the column model)",)
    assert {file for file, _ in of_all.files.values()} == {"runs.csv"}
    assert not of_all.unused


def test_rows_of_other_models_are_counted(runs: Path) -> None:
    """A study has more trials than models that were kept."""
    (runs / "runs.csv").write_text(f"{CSV}gone,1,1,1\nlost,1,1,1\n")
    assert found(runs, sweep=STARRED)[0].unused == (("runs.csv", 2),)


OPTUNA = """\
,number,value,datetime_start,datetime_complete,duration,params_kind,params_lr,params_momentum,user_attrs_model,user_attrs_tag,system_attrs_fixed_params,state
0,0,0.0046,2026-11-27 08:45:51.148905,2026-11-27 08:45:51.149469,0 days 00:00:00.000564,a,0.0046,,runs/0.keras,x,,COMPLETE
1,1,0.0016,2026-11-27 08:45:51.149520,2026-11-27 08:45:51.149803,0 days 00:00:00.000283,a,0.0016,,runs/1.keras,x,,COMPLETE
2,2,,2026-11-27 08:45:51.149842,2026-11-27 08:45:51.150096,0 days 00:00:00.000254,b,0.0005,0.53,,x,,FAIL
3,3,,2026-11-27 08:45:51.150159,2026-11-27 08:45:51.150368,0 days 00:00:00.000209,a,0.0047,,,x,,FAIL
4,4,10.0,2026-11-27 08:45:51.150401,2026-11-27 08:45:51.150623,0 days 00:00:00.000222,b,0.3254,0.41,,,,PRUNED
5,5,0.0171,2026-11-27 08:45:51.150645,2026-11-27 08:45:51.150851,0 days 00:00:00.000206,b,0.0171,0.8,runs/5.keras,x,,COMPLETE
6,6,,,,,,,,,,"{'lr': 0.1, 'kind': 'a'}",WAITING
"""
"""A study of Optuna 5.0 by ``study.trials_dataframe().to_csv()``: two trials raised or returned NaN, one was pruned, one waits; digits shortened."""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Make a folder with the study, and the models of two of its trials."""
    (tmp_path / "runs").mkdir()
    for number in (0, 1):
        (tmp_path / "runs" / f"{number}.keras").touch()
    (tmp_path / "study.csv").write_text(OPTUNA)
    return tmp_path


def test_an_export_of_optuna(study: Path) -> None:
    """Rows by number, columns ``params_…``; the trials without a model are those that failed, and others."""
    of_all, problems = found(study, study={"path": "runs/*.keras", "params_from": "study.csv"})
    assert not problems
    assert of_all.values == {"0": {"kind": "a", "lr": 0.0046}, "1": {"kind": "a", "lr": 0.0016}}
    assert "export of Optuna, models by the column number" in of_all.readings[0]
    assert [(one.name, one.params) for one in of_all.failed] == [
        ("study.csv, trial 2", {"kind": "b", "lr": 0.0005, "momentum": 0.53}),
        ("study.csv, trial 3", {"kind": "a", "lr": 0.0047}),
    ]
    assert (of_all.failed[0].file, of_all.failed[0].sha256) == of_all.files["0"]
    assert (of_all.unused, of_all.pruned) == ((("study.csv", 3),), (("study.csv", 1),))


def test_failed_trials_of_optuna_need_no_name(study: Path) -> None:
    """Where a user attribute names the models, trials without one have none; parameters of the entry hold for them too."""
    table = {"path": "study.csv", "model": "user_attrs_model"}
    of_all, problems = found(
        study, study={"path": "runs/*.keras", "params_from": table, "params": {"epochs": 3, "momentum_of_bn": 0.9}}
    )
    assert not problems
    assert of_all.values["1"] == {"epochs": 3, "momentum_of_bn": 0.9, "kind": "a", "lr": 0.0016}
    assert [one.name for one in of_all.failed] == ["study.csv, trial 2", "study.csv, trial 3"]
    assert of_all.failed[1].params == {"epochs": 3, "momentum_of_bn": 0.9, "kind": "a", "lr": 0.0047}


def test_several_entries_share_a_study(study: Path) -> None:
    """Only what all of them set holds for a trial that none of them covers."""
    entries = {
        name: {"path": f"runs/{name}.keras", "params_from": "study.csv", "params": {"epochs": 3, "fold": int(name)}}
        for name in ("0", "1")
    }
    of_all, problems = found(study, **entries)
    assert not problems
    assert of_all.failed[1].params == {"epochs": 3, "kind": "a", "lr": 0.0047}


def test_a_failed_trial_with_a_model_is_a_model(study: Path) -> None:
    """What is measured of it counts, whatever the tuner says."""
    (study / "runs" / "3.keras").touch()
    of_all, _ = found(study, study={"path": "runs/*.keras", "params_from": "study.csv"})
    assert "3" in of_all.values
    assert [one.name for one in of_all.failed] == ["study.csv, trial 2"]


def trial(folder: Path, name: str, units: int, status: str) -> None:
    """Write a trial as KerasTuner 1.4 does."""
    values = {"units": units, "lr": 0.01, "act": "relu", "bn": True, "tuner/epochs": 3, "tuner/trial_id": None}
    content = {
        "trial_id": name,
        "hyperparameters": {"space": [], "values": values},
        "metrics": {"metrics": {}},
        "score": None,
        "best_step": 0,
        "status": status,
        "message": None if status == "COMPLETED" else "Traceback (most recent call last): ...",
    }
    (folder / f"trial_{name}").mkdir()
    (folder / f"trial_{name}" / "trial.json").write_text(json.dumps(content))


def test_trials_of_keras_tuner(tmp_path: Path) -> None:
    """One ``trial.json`` for each model; what Hyperband keeps beside the parameters is left out."""
    for name, units in (("00", 32), ("01", 64)):
        (tmp_path / f"{name}.keras").touch()
        trial(tmp_path, name, units, "COMPLETED")
    of_all, problems = found(tmp_path, tuned={"path": "*.keras", "params_from": "trial_*/trial.json"})
    assert not problems
    assert of_all.values["01"] == {"units": 64, "lr": 0.01, "act": "relu", "bn": True}
    assert of_all.readings == ("units, lr, act, bn from KerasTuner's trial of each model",)
    assert of_all.files["00"][0] == "trial_00/trial.json"
    assert (of_all.failed, of_all.unused) == ((), ())


def test_failed_trials_of_keras_tuner(tmp_path: Path) -> None:
    """Those that crashed or were deemed infeasible, without a model; one that still runs is only counted."""
    for name, units, status in (
        ("0", 8, "COMPLETED"),
        ("1", 16, "FAILED"),
        ("2", 24, "INVALID"),
        ("3", 32, "RUNNING"),
        ("4", 48, "FAILED"),
    ):
        trial(tmp_path, name, units, status)
    for name in ("0", "4"):
        (tmp_path / f"{name}.keras").touch()
    entry = {"path": "*.keras", "params_from": "trial_*/trial.json", "params": {"epochs": 3}}
    of_all, problems = found(tmp_path, tuned=entry)
    assert not problems
    assert [(one.name, one.params["units"], one.params["epochs"]) for one in of_all.failed] == [
        ("trial_1/trial.json", 16, 3),
        ("trial_2/trial.json", 24, 3),
    ]
    assert (of_all.unused, of_all.pruned) == ((("trial_*/trial.json", 1),), ())
    (tmp_path / "trial_3" / "trial.json").write_text("{")
    _, (problem,) = found(tmp_path, tuned=entry)
    assert problem.location == ("models", "tuned", "params_from")
    assert problem.message == "matches trial_3/trial.json, which is the trial of no model and is not valid JSON"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("model,lr,width\n", "has no rows"),
        ("model,lr,lr\na,1,2\n", "has the column 'lr' twice"),
        ("name,lr,width\na,1,2\n", "has no column 'model': it has name, lr, width"),
        ("model,lr\na,1\n", "has no column 'width'"),
        ("model,lr,width\na,1\n", "has 2 cells in line 2, and 3 columns"),
        ("model,lr,width\na,1,2\n\na,1,2\n", "has two rows for 'a', in lines 2 and 4"),
        ("model,lr,width\na,inf,2\n", "gives lr in line 2 no finite number (found 'inf')"),
        ('model,lr,width\n"a,1,2\n', "is not valid CSV"),
    ],
)
def test_mistakes_of_tables(tmp_path: Path, content: str, message: str) -> None:
    """Each is one sentence."""
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(TrialsError) as caught:
        trials.read(tmp_path / "t.csv", ParamsFromSpec(path="t.csv", columns=("lr", "width")))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "is not a trial of KerasTuner"),
        ('{"hyperparameters": {"values": {"lr": NaN}}}', "gives the parameter lr no finite number and no text"),
        ('{"hyperparameters": {"values": {"lr": [1]}}}', "gives the parameter lr no finite number and no text"),
    ],
)
def test_mistakes_of_trials(tmp_path: Path, content: str, message: str) -> None:
    """Each is one sentence."""
    (tmp_path / "trial.json").write_text(content)
    with pytest.raises(TrialsError) as caught:
        trials.read(tmp_path / "trial.json", ParamsFromSpec(path="trial.json"))
    assert message in str(caught.value)


def test_columns_are_named(runs: Path) -> None:
    """A column with a result must not be taken for a parameter."""
    (runs / "runs.csv").write_text(CSV)
    _, (problem,) = found(runs, sweep={"path": "runs/*/model.keras", "params_from": "runs.csv"})
    assert "does not say which of its columns are parameters: set columns (it has model, lr" in problem.message


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        ("model,lr,width\ncnn-w8-lr0.01,1,2\n", {}, "has no row for cnn-w24-lr0.001, mlp-w8-lr3e-4: its rows are"),
        (f"{CSV}runs/cnn-w8-lr0.01/model.keras,1,1,1\n", {}, "has two rows for cnn-w8-lr0.01, one by its name"),
        (CSV, {"params": {"lr": 1}}, "gives the parameter lr, which params or a field of path gives too"),
        (
            "model,lr,width\ncnn-w8-lr0.01,,nan\ncnn-w24-lr0.001,1,1\nmlp-w8-lr3e-4,1,1\n",
            {},
            "sets no parameter for cnn-w8-lr0.01",
        ),
        (CSV, {"path": PATH}, "gives the parameter lr, which params or a field of path gives too"),
    ],
)
def test_mistakes_of_the_models_of_a_table(runs: Path, content: str, more: dict[str, Any], message: str) -> None:
    """Each is one sentence."""
    (runs / "runs.csv").write_text(content)
    _, (problem,) = found(runs, sweep={**STARRED, **more})
    assert problem.location == ("models", "cnn-w8-lr0.01", "params_from")
    assert message in problem.message
