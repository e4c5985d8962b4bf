"""What the sections of a spec ask of the evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reportgen.contract.decision import COMPARISON
from reportgen.contract.needs import Need, Probe, Timing
from reportgen.plan import files
from reportgen.plan.make import make
from reportgen.plan.names import check_matches
from reportgen.spec import source
from reportgen.spec.errors import SpecError
from reportgen.spec.problems import Problem
from reportgen.spec.tables.models import ModelSpec

if TYPE_CHECKING:
    from reportgen.plan.plan import Plan

DIGITS = Path(__file__).parents[1] / "specs" / "digits"


def planned(sections: str, data: str = '[data]\npath = "test.npz"\n') -> Plan:
    """Plan some sections on the digits."""
    text = f'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "mlp.keras"\n{data}{sections}'
    return make(source.parse(text, "spec.toml", "toml"), DIGITS)


def test_only_what_is_needed_is_asked_for() -> None:
    """A report on weights alone needs no pass over the data."""
    assert planned('[[sections]]\nkind = "weights"\n').request.needs == {Need.WEIGHTS}
    asked = planned('[[sections]]\nkind = "information_flow"\nsamples = 50\n[[sections]]\nkind = "overview"\n').request
    assert asked.needs == {Need.ACTIVATIONS}
    assert asked.probe == Probe(samples=50, layers="units")


def test_two_sections_must_ask_for_the_same_activations() -> None:
    """One pass serves both; otherwise the second is named."""
    one = '[[sections]]\nkind = "information_flow"\n'
    with pytest.raises(SpecError, match=r"sections\[1\].*same layers as section information_flow"):
        planned(f'{one}[[sections]]\nkind = "information_flow"\nid = "deep"\nlayers = "all"\n')
    assert planned(f'{one}[[sections]]\nkind = "information_flow"\nid = "deep"\n').request.probe is not None


def test_two_sections_must_ask_for_the_same_threshold() -> None:
    """One pass makes the predictions for both; otherwise the second is named at its option."""
    one = '[[sections]]\nkind = "performance"\nthreshold = 0.3\n'
    assert planned(one).request.threshold == 0.3
    assert planned('[[sections]]\nkind = "calibration"\n').request.threshold == 0.5
    with pytest.raises(SpecError, match=r"sections\[1\]\.threshold.*same threshold as section performance"):
        planned(f'{one}[[sections]]\nkind = "performance"\nid = "again"\nthreshold = 0.4\n')


def test_two_sections_must_ask_for_the_same_times() -> None:
    """Nothing is measured unless a section asks for it; another that does not ask goes with it."""
    one = '[[sections]]\nkind = "cost"\n'
    assert planned(one).request.timing is None
    measured = f'{one}measure = true\n[[sections]]\nkind = "cost"\nid = "again"\n'
    assert planned(measured).request.timing == Timing(batch_sizes=(1, 32), warm_up=5, repetitions=30)
    with pytest.raises(SpecError, match=r"sections\[1\].*same measurements of time as section cost"):
        planned(f"{measured}measure = true\nrepetitions = 9\n")


def test_the_larger_sample_serves_both() -> None:
    """One pass, the most rows that a section asks for."""
    one = '[[sections]]\nkind = "information_flow"\nsamples = {}\n'
    asked = planned(one.format(50) + one.format(70) + 'id = "second"\n').request
    assert asked.probe == Probe(samples=70, layers="units")


def test_what_is_skipped_asks_for_nothing() -> None:
    """An optional section without data asks for no activations."""
    without = planned('[[sections]]\nkind = "information_flow"\noptional = true\n', data="")
    assert without.sections[0].skip == "needs data"
    assert without.request.probe is None
    assert not without.request.needs


def compared(options: str, sections: str = '[[sections]]\nkind = "performance"\n', models: int = 2) -> Plan:
    """Plan a pareto section beside others."""
    entries = "".join(f'[models.m{i}]\npath = "mlp.keras"\n' for i in range(models))
    text = f'schema_version = 1\n[report]\ntitle = "T"\n{entries}[data]\npath = "test.npz"\n{sections}[[sections]]\nkind = "pareto"\n{options}'
    return make(source.parse(text, "spec.toml", "toml"), DIGITS)


TRAINED = 'objectives = ["training_dynamics.peak_performance", "training_dynamics.overfitting_index"]\n'
"""Objectives that need a training history."""


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (
            '"performance.acuracy"',
            r"objectives\[1\]: no section of this spec produces this metric .*did you mean 'performance.accuracy'",
        ),
        ('"calibration.ece"', r"objectives\[1\]: no section of this spec produces this metric"),
        ('{ metric = "performance.majority_accuracy" }', r"objectives\[1\].metric: has no preferred direction"),
        (
            '{ metric = "performance.accuracy", direction = "min" }',
            r"has the preferred direction \"max\" by definition",
        ),
        ('"performance.recall"', r"has one value per class"),
        ('"pareto.pareto_rank"', r"comes from another comparing section"),
    ],
)
def test_what_a_comparing_section_reads_is_judged(objective: str, message: str) -> None:
    """At its place in the spec, before anything is computed."""
    with pytest.raises(SpecError, match=message):
        compared(f'objectives = ["performance.nll", {objective}]\n')


def test_a_declared_direction_is_enough() -> None:
    """Where the definition has none."""
    objective = '{ metric = "performance.majority_accuracy", direction = "max" }'
    assert compared(f'objectives = ["performance.nll", {objective}]\n').sections[1].skip is None


def test_an_optional_comparing_section_is_skipped_where_its_numbers_are_not() -> None:
    """No such section, or one that is skipped itself; a wrong name in a section that is there stays a mistake."""
    assert compared("optional = true\n").sections[1].skip == (
        "reads overview.parameters, which no section of this spec produces"
    )
    skipped = '[[sections]]\nkind = "training_dynamics"\noptional = true\n'
    assert compared(f"optional = true\n{TRAINED}", skipped).sections[1].skip == (
        "reads training_dynamics.peak_performance, and the section training_dynamics needs a training history"
    )
    with pytest.raises(SpecError, match=r"did you mean 'performance\.nll'"):
        compared('optional = true\nobjectives = ["performance.accuracy", "performance.nlll"]\n')


@pytest.mark.parametrize("kind", ["overview", "cost"])
def test_one_of_several_numbers_is_enough(kind: str) -> None:
    """The cost that pareto compares by default comes from section cost or from the overview."""
    both = f'[[sections]]\nkind = "performance"\n[[sections]]\nkind = "{kind}"\n'
    assert compared("optional = true\n", both).sections[2].skip is None
    assert compared("", both).sections[2].skip is None


def test_a_comparing_section_without_its_numbers_is_a_mistake() -> None:
    """Told once, with the remedy."""
    with pytest.raises(SpecError) as caught:
        compared("")
    (problem,) = caught.value.problems
    assert problem.message == "reads by default a metric that no section of this spec produces"
    skipped = '[[sections]]\nkind = "training_dynamics"\noptional = true\n'
    with pytest.raises(SpecError, match="needs a training history"):
        compared(TRAINED, skipped)


def test_one_model_is_nothing_to_compare() -> None:
    """As for every section that compares models."""
    with pytest.raises(SpecError, match="compares models, but there is only one"):
        compared('objectives = ["performance.accuracy", "performance.nll"]\n', models=1)


def test_a_reference_that_is_no_model() -> None:
    """Told at its option."""
    with pytest.raises(SpecError, match=r"sections\[0\]\.reference: no such model \(found 'nobody'\)"):
        planned('[[sections]]\nkind = "similarity"\nreference = "nobody"\n')


# ------------------------------------------------------------------------------------------------ models and data


def entry(model: str = "", data: str = "", more: str = "", name: str = "m") -> Plan:
    """Plan an overview of one model on the digits."""
    text = (
        f'schema_version = 1\n[report]\ntitle = "T"\n[models."{name}"]\npath = "mlp.keras"\n{model}\n'
        f'[data]\npath = "test.npz"\n{data}\n[[sections]]\nkind = "overview"\n{more}'
    )
    return make(source.parse(text, "spec.toml", "toml"), DIGITS)


CHECK = '[[checks]]\nmetric = "overview.parameters"\nat_least = 1\nmodels = {}\n'


def test_a_model_s_name_in_a_check_stands_for_itself() -> None:
    """``cnn[1]`` is no class of characters; only ``*`` is special."""
    found = entry(more=CHECK.format('["cnn[1]"]'), name="cnn[1]")
    assert check_matches(found.spec.checks[0], "cnn[1]", found.decision)
    assert not check_matches(found.spec.checks[0], "cnn1", found.decision)
    assert entry(more=CHECK.format('["cnn*"]'), name="cnn[1]")
    with pytest.raises(SpecError, match=r"no such model \(found 'cnn\[1\]'\)"):
        entry(more=CHECK.format('["cnn[1]"]'), name="cnn1")


def roles(text: str, models: int = 3) -> Plan:
    """Plan an overview of some models, with these roles and a check without names."""
    listed = "".join(f'[models.m{index}]\npath = "mlp.keras"\n' for index in range(models))
    spec = f'schema_version = 1\n[report]\ntitle = "T"\n[decision]\n{text}\n{listed}[[sections]]\nkind = "overview"\n'
    return make(source.parse(spec + CHECK.rpartition("models")[0], "spec.toml", "toml"), DIGITS)


def test_the_roles_of_the_models() -> None:
    """A single model is its own candidate; several without a candidate are compared; a check applies to the candidate."""
    assert roles("", models=1).decision.models == ("m0",)
    assert roles("").decision == COMPARISON
    found = roles('candidate = "m2"\nbaseline = "m0"')
    assert found.decision.pair == found.decision.models == ("m2", "m0")
    names = tuple(found.spec.models)
    assert [name for name in names if check_matches(found.spec.checks[0], name, found.decision)] == ["m2"]
    assert all(check_matches(found.spec.checks[0], name, COMPARISON) for name in names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('candidate = "m7"', r"no such model \(found 'm7'\)"),
        ('candidate = "m1"\nbaseline = "x"', r"no such model \(found 'x'\)"),
        ('candidate = "m1"\nbaseline = "m1"', "is the candidate itself"),
        ('baseline = "m1"', "needs a candidate"),
    ],
)
def test_roles_without_a_model_are_mistakes(text: str, message: str) -> None:
    """Each names what is wrong."""
    with pytest.raises(SpecError, match=message):
        roles(text)


def test_a_check_of_no_model_is_a_mistake() -> None:
    """It would check nothing and pass."""
    with pytest.raises(SpecError, match=r"checks\[0\]\.models: must not be empty"):
        entry(more=CHECK.format("[]"))


def test_labels_can_be_left_out() -> None:
    """TOML has no null: ``false`` says it; ``true`` says nothing."""
    assert entry(data="y = false").spec.data.y is None  # type: ignore[union-attr]
    with pytest.raises(SpecError, match=r"data\.y: must be text, a list or a table \(found true\)"):
        entry(data="y = true")


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
@pytest.mark.parametrize(
    ("outputs", "table"), [('"values"', '"{}"'), ('{ a = "values" }', '{ a = "{}" }'), ('"values"', '{ b = "{}" }')]
)
def test_values_are_no_classes(task: str, outputs: str, table: str) -> None:
    """Told at the task, also head by head."""
    said = table.replace("{}", task)
    with pytest.raises(SpecError, match=rf"models\.m\.task: contradicts outputs = .values.*found '{task}'"):
        entry(model=f"outputs = {outputs}\ntask = {said}")


def test_values_of_another_head_are_no_contradiction() -> None:
    """Each head is by itself."""
    assert ModelSpec(path="m", outputs={"a": "values", "b": "logits"}, task={"a": "regression", "b": "binary"})


def test_a_problem_with_a_model_of_a_pattern_is_shown_at_its_entry(tmp_path: Path) -> None:
    """While the spec is checked, and when the model is read later; a model with an entry of its own stays there."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.keras").touch()
    text = (
        'schema_version = 1\n[report]\ntitle = "T"\n[models.own]\npath = "one.keras"\n'
        '[models.all]\npath = "*.keras"\n{}[[sections]]\nkind = "weights"\n'
    )
    with pytest.raises(SpecError) as caught:
        make(source.parse(text.format('history = "*.json"\n'), "spec.toml", "toml"), tmp_path)
    assert {problem.location for problem in caught.value.problems} == {("models", "all", "history")}
    assert str(caught.value).count("spec.toml:8:11: models.all.history: no such file") == 2
    drawn = make(source.parse(text.format(""), "spec.toml", "toml"), tmp_path).source.draw
    assert drawn([Problem(("models", "two", "path"), "is damaged")]).startswith("spec.toml:7:8: models.all.path: is")
    assert drawn([Problem(("models", "own", "path"), "is damaged")]).startswith("spec.toml:5:8: models.own.path: is")


def test_checkpoints_of_a_run_are_no_seeds() -> None:
    """Two models of one series cannot be two seeds of a recipe; two runs can."""
    text = (
        'schema_version = 1\nreport = { title = "T" }\nsections = [{ kind = "weights" }]\n'
        'models.a = { path = "mlp.keras", recipe = "r", series = "run" }\n'
        'models.b = { path = "cnn.keras", recipe = "r", series = "SERIES" }\n'
    )
    with pytest.raises(SpecError, match=r"models\.b\.recipe.*a has the same series"):
        make(source.parse(text.replace("SERIES", "run"), "spec.toml", "toml"), DIGITS)
    plan = make(source.parse(text.replace("SERIES", "other"), "spec.toml", "toml"), DIGITS)
    assert {one.recipe for one in plan.spec.models.values()} == {"r"}


# ------------------------------------------------------------------------------------------------ slices

TABLE = '[data]\npath = "../diabetes/test.csv"\nx = ["age"]\ny = "progression"\n'
SLICES = '[[sections]]\nkind = "slices"\n'


def test_columns_of_slices_become_columns_of_the_data() -> None:
    """Names that the data table does not declare are those of the file; a search without columns takes the declared ones."""
    text = (
        f'columns = {{ old = "age" }}\n{SLICES}[[slices]]\nwhere = "old > 50 and sex == 1"\n'
        '[[slices]]\nby = ["sex", "bmi"]\n[[slices]]\ndiscover = true\n'
    )
    plan = planned(text, TABLE)
    assert plan.request.needs >= {Need.SLICES}
    assert plan.spec.data is not None
    assert plan.spec.data.columns == {"old": "age", "bmi": "bmi", "sex": "sex"}
    assert plan.spec.slices[2].columns == ("old",)
    assert planned('[[sections]]\nkind = "overview"\n', TABLE).spec.data is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[slices]]\nby = "sx"\n', r"slices\[0\]\.by: .*no such array or column \(found 'sx'\); did you mean 'sex'"),
        ('[[slices]]\nwhere = "sx == 1"\n', r"spec\.toml:\d+:9: slices\[0\]\.where: .*did you mean 'sex'"),
        ('[[slices]]\nwhere = "sex = 1"\n', r"slices\[0\]\.where: '=' at character 5 .*equal is written =="),
        ('[[slices]]\nby = "sex"\nname = "s"\n', r"slices\[0\]: name belongs to where"),
        ('[[slices]]\nby = "age"\nedges = [3, 3]\n', r"slices\[0\]: edges must be finite numbers in increasing order"),
        ('[[slices]]\nby = ["age", "sex"]\nedges = [3]\n', r"slices\[0\]: edges of two columns are named: edges = { age = \[...\] }"),
        ('[[slices]]\nby = ["age", "sex"]\nedges = { weight = [3] }\n', r"slices\[0\]: edges are of 'weight', which by does not name"),
        ('[[slices]]\nby = ["age", "sex"]\nedges = { age = [3, 2] }\n', r"slices\[0\]: edges must be finite numbers in increasing"),
        ('[[slices]]\nby = ["age", "age"]\n', r"slices\[0\]: names a column twice"),
        ('[[slices]]\nby = "sex"\ndiscover = true\n', r"slices\[0\]: has more than one of where, by and discover"),
        ("[[slices]]\n", r"slices\[0\]: needs where, by or discover = true"),
        ("[[slices]]\ndiscover = true\n", r"slices\[0\]\.discover: has no columns to search"),
        ('[[slices]]\nwhere = "age > 1"\n[[slices]]\nwhere = "sex == 1"\nname = "age > 1"\n', r"slices\[1\]\.name: duplicate name"),
        ("", r"sections\[0\]\.kind: needs slices"),
    ],
)  # fmt: skip
def test_slices_that_cannot_be(text: str, message: str) -> None:
    """Each is told at its key, before anything is read."""
    with pytest.raises(SpecError, match=message):
        planned(SLICES + text, TABLE)


def test_slices_that_nothing_measures() -> None:
    """They would be ignored in silence."""
    with pytest.raises(SpecError, match=r"slices: no section measures them; add \[\[sections\]\] kind = .slices."):
        planned('[[sections]]\nkind = "performance"\n[[slices]]\nby = "sex"\n', TABLE)


def test_a_search_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package to install is named."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SpecError, match=r"slices\[0\]\.discover: needs scikit-learn.*reportgen\[discovery\]"):
        planned(f'{SLICES}[[slices]]\ndiscover = true\ncolumns = ["age"]\n', TABLE)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ('metric = "performance.mae"\nat_most = 1\nslices = ["age > 1"]', r"checks\[0\]\.slices: the metric has no values for slices .*did you mean 'slices\.mae'"),
        ('metric = "slices.mae"\nat_most = 1\nslices = ["age > 2"]', r"checks\[0\]\.slices\[0\]: no such slice .*did you mean 'age > 1'"),
        ('metric = "slices.mae"\nat_most = 1\nslices = ["age > 1"]\nsubject = "x"', r"checks\[0\]: names its parts twice"),
    ],
)  # fmt: skip
def test_checks_of_slices_that_cannot_be(check: str, message: str) -> None:
    """A metric without slices, and a slice that certainly is not there."""
    text = f'{SLICES}[[sections]]\nkind = "performance"\n[[slices]]\nwhere = "age > 1"\n[[checks]]\n{check}\n'
    with pytest.raises(SpecError, match=message):
        planned(text, TABLE)


# ------------------------------------------------------------------------------------------------ training data

OVERVIEW = '[[sections]]\nkind = "overview"\n'


def test_training_data_is_as_the_evaluation_data_but_for_what_it_says() -> None:
    """Its inputs only; in another file, or other arrays of the same one."""
    data = planned(
        OVERVIEW, '[data]\npath = "test.npz"\ntext = "y"\nmax_samples = 9\n[data.train]\npath = "train.npz"\n'
    ).spec.data
    assert data is not None
    assert data.training is not None
    assert (data.training.path, data.training.x, data.training.y, data.training.text) == ("train.npz", "x", None, None)
    assert data.training.training is None
    same = planned(OVERVIEW, '[data]\npath = "test.npz"\n[data.train]\nx = "y"\n').spec.data
    assert same is not None
    assert same.training is not None
    assert (same.training.path, same.training.x) == ("test.npz", "y")
    code = planned(OVERVIEW, '[data]\npath = "test.npz"\n[data.train]\nfunction = "module:name"\n').spec.data
    assert code is not None
    assert code.training is not None
    assert (code.training.path, code.training.function, code.runs_code) == (None, "module:name", True)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("", r"data\.train: names no rows: set path, function or x"),
        ('path = "train.npz"\nfunction = "m:f"', r"data\.train: has a path and a function"),
        ('path = "test.npz"', r"data: train names the same rows as the evaluation data"),
        ('path = "trian.npz"', r"spec\.toml:9:8: data\.train\.path: .*\(found 'trian\.npz'\); did you mean 'train\.npz'"),
        ('path = "train.npz"\nx = "z"', r"data\.train\.x: train\.npz has no such array or column \(found 'z'\)"),
        ('path = "../diabetes/test.csv"', r"data\.train\.x: \.\./diabetes/test\.csv has no such array or column \(found 'x'\)"),
        ('path = "train.tfrecord"', r"data: a \.tfrecord file needs a table features"),
        ('function = "f"', r"data\.train\.function: must be 'package\.module:Name'"),
        ('path = "train.npz"\ntext = "y"', r"data\.train\.text: unknown key"),
    ],
)  # fmt: skip
def test_training_data_that_cannot_be(train: str, message: str) -> None:
    """Each mistake is told at its key in the table of the training data, also where that has the names of the evaluation data."""
    with pytest.raises(SpecError, match=message):
        planned(OVERVIEW, f'[data]\npath = "test.npz"\n[data.train]\n{train}\n')


def test_what_only_the_build_can_check_of_training_data() -> None:
    """What a function returns; the files of both are named, so that no output replaces them."""
    plan = planned(OVERVIEW, '[data]\npath = "test.npz"\n[data.train]\nfunction = "m:f"\n')
    assert list(files.unchecked(plan.spec, DIGITS)) == ["what m:f returns"]
    plan = planned(OVERVIEW, '[data]\npath = "test.npz"\n[data.train]\npath = "train.npz"\n')
    named = dict(files.named_files(plan.spec))
    assert (named["data", "path"], named["data", "train", "path"]) == ("test.npz", "train.npz")


def test_a_link_to_itself_is_not_what_was_meant(tmp_path: Path) -> None:
    """Its own name is no hint, that of another file is one."""
    (tmp_path / "test.npz").symlink_to("test.npz")
    (tmp_path / "mlp.keras").touch()
    text = 'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "mlp.keras"\n[data]\npath = "test.npz"\n'
    for there in ("", "tests.npz"):
        (tmp_path / (there or "other")).touch()
        with pytest.raises(SpecError, match="Too many levels of symbolic links") as caught:
            make(source.parse(f'{text}[[sections]]\nkind = "performance"\n', "a.toml", "toml"), tmp_path)
        assert ("did you mean" in str(caught.value)) == bool(there)
