"""Named splits of a spec, from its text to the report: which rows a section is measured on, and where mistakes are shown."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportgen.analysis import results_file
from reportgen.contract.needs import Request, SplitRequest
from reportgen.document.compose import compose
from reportgen.document.provenance import provenance
from reportgen.errors import InputError
from reportgen.evaluation.splits import read_splits
from reportgen.inputs.given import Files
from reportgen.pipeline import flow, stored
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store
from reportgen.spec.errors import SpecError
from reportgen.spec.model import ReportSpec

if TYPE_CHECKING:
    from reportgen.analysis.results import Results
    from reportgen.plan.plan import Plan

pytestmark = pytest.mark.usefixtures("warm_processes")
SPECS = Path(__file__).parents[1] / "specs"
MODELS = """
schema_version = 1
report = { title = "Digits" }
[models.mlp]
path = "mlp.keras"
"""
NAMED = """
[data]
class_names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
[data.test]
path = "test.npz"
[data.validation]
path = "validation.npz"
x = "pictures"
y = "digits"
used_for = ["early stopping"]
[data.train]
path = "train.npz"
y = "y"
max_samples = 300
"""
SECTIONS = """
[[sections]]
kind = "overview"
[[sections]]
kind = "performance"
[[sections]]
kind = "performance"
id = "on_validation"
split = "validation"
[[sections]]
kind = "errors"
split = "validation"
[[sections]]
kind = "calibration"
split = "train"
[[sections]]
kind = "weights"
[[checks]]
metric = "on_validation.accuracy"
at_least = 0.5
[output]
formats = ["json", "bom"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide a model, and test, validation and training data."""
    for name in ("mlp.keras", "test.npz", "train.npz"):
        shutil.copy(SPECS / "digits" / name, tmp_path)
    x, y = (np.load(tmp_path / "test.npz")[name] for name in ("x", "y"))
    np.savez(tmp_path / "validation.npz", pictures=x[:200], digits=(y[:200] + (np.arange(200) % 10 == 0)) % 10)
    return tmp_path


def planned(folder: Path, data: str = NAMED, sections: str = SECTIONS) -> Plan:
    """Plan a spec with this data and these sections."""
    path = folder / "spec.toml"
    path.write_text(MODELS + data + sections, "utf-8")
    return flow.read_plan(path)


def test_a_report_on_three_splits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each section has the numbers of a report on its split alone, and says which it is; all of it is kept in the store."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    flat = '[data]\npath = "validation.npz"\nx = "pictures"\ny = "digits"\nsplit = "validation"\n'
    alone = flow.compute(
        planned(folder, flat, '[[sections]]\nkind = "performance"\n[[sections]]\nkind = "errors"\n'), Run()
    )
    plan, store = planned(folder), Store(folder / "cache")
    results = flow.compute(plan, Run(store=store))
    assert results.data is not None
    assert (results.data.split, results.data.n) == ("test", 600)
    assert [(one.split, one.n, one.n_total, one.used_for) for one in results.splits] == [
        ("validation", 200, 200, ("early stopping",)),
        ("train", 300, 957, ("training",)),
    ]
    sections = {one.id: one for one in results.sections}
    assert {name: one.split for name, one in sections.items()} == {
        "overview": None,
        "performance": None,
        "on_validation": "validation",
        "errors": "validation",
        "calibration": "train",
        "weights": None,
    }
    rows = [(row.section, row.measurement) for row in results.rows() if row.measurement.subject is None]
    found = {(section, one.name): one.metric for section, one in rows}
    assert found["performance", "accuracy"].n == 600
    assert found["on_validation", "accuracy"].n == 200
    assert found["calibration", "ece"].n == 300
    assert found["performance", "train_accuracy"].n == found["on_validation", "train_accuracy"].n == 300
    assert found["on_validation", "accuracy_gap"].n == 200
    assert results.checks[0].state == "PASS"
    for one in alone.sections:
        own = sections["on_validation" if one.kind == "performance" else one.id].result
        assert own is not None
        assert one.result is not None
        told = {(row.name, row.subject): row.metric for row in one.result.measurements}
        assert {key: row.metric for row in own.measurements if (key := (row.name, row.subject)) in told} == told
    assert sections["errors"].result.model_dump() == alone.sections[1].result.model_dump()  # type: ignore[union-attr]
    _said(results)
    monkeypatch.setattr(stored, "EvaluationProcess", None)
    assert flow.compute(plan, Run(store=store)).to_json() == results.to_json()


def _said(results: Results) -> None:
    """Check that the document names the split in the chapters, in findings and statements, and its files wherever files are named."""
    document = compose(results, {}, {}, {}, {})
    said = {chapter.id: chapter.measured_on for chapter in document.chapters}
    assert said["on_validation"] == said["errors"] == "Measured on 200 rows of the validation split."
    assert said["performance"] == "Measured on 600 rows of the test split."
    assert said["calibration"] == "Measured on 300 rows of the train split."
    assert said["weights"] is None
    others = [one for one in results.sections if one.split is not None]
    assert all(item.text.startswith(f"On the {one.split} split: ") for one in others for item in one.statements)
    assert all(item.message.startswith(f"On the {one.split} split: ") for one in others for item in one.findings)
    named = [(row[0], row[1]) for row in provenance(results)[0].rows]
    assert ("data (validation)", "validation.npz") in named
    assert named.count(("training data", "train.npz")) == 1
    read = results_file.inputs(results.to_json().encode(), Path("results.json")).files
    files = [(what, one.file) for what, one in read]
    assert files == [
        ("model mlp", "mlp.keras"),
        ("data (test)", "test.npz"),
        ("training data", "train.npz"),
        ("data (validation)", "validation.npz"),
    ]


# ------------------------------------------------------------------------------------------------ mistakes

PERFORMANCE = '[[sections]]\nkind = "performance"\n'
TEST = '[data.test]\npath = "test.npz"\n'
VALIDATION = '[data.validation]\npath = "validation.npz"\nx = "pictures"\ny = "digits"\n'


def test_the_default_split(folder: Path) -> None:
    """Test, else validation; the flat table is that of its own split."""
    for data, split, path in (
        (TEST + VALIDATION, "test", "test.npz"),
        (VALIDATION, "validation", "validation.npz"),
        ('[data]\npath = "test.npz"\nsplit = "held out"\n', "held out", "test.npz"),
    ):
        found = planned(folder, data, f'{PERFORMANCE}split = "{split}"\n')
        assert found.spec.data is not None
        assert (found.spec.data.split, found.spec.data.path) == (split, path)
        assert found.request.splits == {}


def test_only_what_a_section_needs_is_evaluated(folder: Path) -> None:
    """A split that no section names is not; the training data is where it has labels and a section needs labels."""
    assert list(planned(folder, NAMED, PERFORMANCE).request.splits) == ["train"]
    assert list(planned(folder, NAMED, '[[sections]]\nkind = "overview"\n').request.splits) == []
    asked = planned(folder, NAMED, '[[sections]]\nkind = "information_flow"\nsplit = "validation"\n').request
    assert asked.probe is None
    assert asked.splits["validation"].probe is not None


@pytest.mark.parametrize(
    ("data", "section", "message"),
    [
        (
            '[data]\npath = "test.npz"\n[data.validation]\npath = "validation.npz"\n',
            "",
            r"spec\.toml:7:1: data\.path: says which rows are evaluated, and so does \[data\.validation\]",
        ),
        (
            '[data]\nx = "x"\ny = "y"\n' + TEST,
            "",
            r"data\.y: says which rows are evaluated, and so does \[data\.test\]",
        ),
        ('[data]\nsplit = "dev"\n' + TEST + VALIDATION, "", r"and so does \[data\.test\] and \[data\.validation\]"),
        ("[data]\nmax_samples = 9\n" + TEST, "", r"data\.max_samples: says which rows"),
        ('[data.test]\npath = "tset.npz"\n', "", r"spec\.toml:7:8: data\.test\.path: .*did you mean 'test\.npz'"),
        (TEST + 'y = "label"\n', "", r"data\.test\.y: test\.npz has no such array or column \(found 'label'\)"),
        (
            TEST + '[data.validation]\npath = "validation.npz"\n',
            "",
            r"data\.validation\.x: validation\.npz has no such array",
        ),
        ('[data.test]\npath = "a.npz"\nfunction = "m:f"\n', "", r"data\.test: has a path and a function"),
        ("[data.test]\n", "", r"data\.test: names no rows: set path, function or x"),
        (
            '[data.train]\npath = "train.npz"\n',
            "",
            r"data: names no rows that are evaluated: .* or a table \[data\.test\]",
        ),
        (TEST + 'class_names = ["a"]\n', "", r"data\.test\.class_names: unknown key; it is a key of \[data\]"),
        (
            TEST + '[data.validation]\npath = "test.npz"\n',
            "",
            r"data\.validation: names the same rows as \[data\.test\]",
        ),
        (
            '[data.test]\npath = "mlp.keras"\n',
            "",
            r"data\.test\.path: must be an \.npz, .* or a folder \(found 'mlp\.keras'\)",
        ),
        ('[data.test]\npath = "a.tfrecord"\n', "", r"a \.tfrecord file needs a table features"),
        (TEST + '[data.dev]\npath = "a.npz"\n', "", r"data\.dev: unknown key"),
        (TEST, 'split = "validation"', r"sections\[0\]\.split: no such split \(found 'validation'\); available: test"),
        (TEST + VALIDATION, 'split = "valdation"', r"did you mean 'validation'"),
        (
            TEST + '[data.train]\npath = "train.npz"\n',
            'split = "train"',
            r"needs labels of the training data .*set data\.train\.y",
        ),
        (
            TEST + VALIDATION.replace('"digits"', "false"),
            'split = "validation"',
            r"needs labels \(found 'performance'\); set data\.validation\.y",
        ),
        (
            TEST,
            '[[sections]]\nkind = "weights"\nsplit = "test"',
            r"sections\[1\]\.split: the section is not measured on rows",
        ),
        (
            TEST,
            '[[sections]]\nkind = "summary"\nsplit = "test"',
            r"sections\[1\]\.split: the section is not measured on rows",
        ),
        (
            TEST + '[data.train]\npath = "train.npz"\ny = "y"\n',
            '[[sections]]\nkind = "slices"\nsplit = "train"\n[[slices]]\nby = "y"\n',
            r"sections\[1\]\.split: slices of the training data are not measured",
        ),
        (
            TEST + VALIDATION,
            '[[sections]]\nkind = "slices"\nsplit = "validation"\n[[slices]]\nby = "site"\n',
            r"spec\.toml:\d+:\d+: slices\[0\]\.by: validation\.npz has no such array",
        ),
        (
            TEST + VALIDATION + 'columns = { site = "nowhere" }\n',
            '[[sections]]\nkind = "slices"\nsplit = "validation"\n[[slices]]\nby = "site"\n',
            r"data\.validation\.columns\.site: validation\.npz has no such array",
        ),
        (TEST + '[data.train]\npath = "train.npz"\ny = "z"\n', "", r"data\.train\.y: train\.npz has no such array"),
        (TEST + '[data.train]\npath = "train.npz"\nmax_samples = 5\n', "", r"data\.train: has max_samples but no y"),
        (TEST + '[data.train]\npath = "train.npz"\nmask = "m"\n', "", r"data\.train: has mask but no y"),
        ('[data]\nmask = "m"\n' + TEST, "", r"data\.mask: says which rows are evaluated, and so does \[data\.test\]"),
    ],
)
def test_mistakes(folder: Path, data: str, section: str, message: str) -> None:
    """Each is told at its place, with what there is."""
    with pytest.raises(SpecError, match=message):
        planned(folder, data, f"{PERFORMANCE}{section}\n")


def test_what_is_wrong_with_the_data_of_a_split(folder: Path) -> None:
    """Is found when it is read, and placed in the table of the split."""
    np.savez(folder / "validation.npz", pictures=np.zeros((3, 8, 8, 1)), digits=[0, 1, 99])
    np.savez(folder / "train.npz", x=np.zeros((3, 8, 8, 1)), y=[0, 1, 99])
    for data, section, place, file in (
        (TEST + VALIDATION, f'{PERFORMANCE}split = "validation"\n', ("data", "validation", "y"), "validation.npz"),
        (TEST + '[data.train]\npath = "train.npz"\ny = "y"\n', PERFORMANCE, ("data", "train", "y"), "train.npz"),
    ):
        with pytest.raises(InputError, match=r"99") as caught:
            flow.compute(planned(folder, data, section), Run())
        assert (caught.value.location, caught.value.file) == (place, file)


def test_files_of_a_split_that_cannot_be_used(folder: Path) -> None:
    """A damaged file, and rows that no model takes: one sentence that names the table and the file."""
    content = (folder / "validation.npz").read_bytes()
    (folder / "damaged.npz").write_bytes(content[: len(content) // 2])
    np.savez(folder / "flat.npz", pictures=np.zeros((30, 64)), digits=np.arange(30) % 10)
    for file, place, message in (
        ("damaged.npz", ("data", "validation", "path"), "cannot be read as npz"),
        ("flat.npz", ("models", "mlp", "path"), r"shape .* \(on the validation split\)$"),
    ):
        data = TEST + VALIDATION.replace("validation.npz", file)
        with pytest.raises(InputError, match=message) as caught:
            flow.compute(planned(folder, data, f'{PERFORMANCE}split = "validation"\n'), Run())
        assert caught.value.location == place


@pytest.mark.parametrize(
    ("n", "training", "limit", "evaluated"),
    [(20, 900, "", 900), (20, 12_000, "", 10_000), (3_000, 15_000, "", 12_000), (20, 900, "max_samples = 50", 50)],
)
def test_the_sample_of_the_training_data(tmp_path: Path, n: int, training: int, limit: str, evaluated: int) -> None:
    """Four times the evaluated rows, and at least 10,000; as many of each class as there are, the same in every run."""
    for name, size in (("test", n), ("train", training)):
        np.savez(tmp_path / f"{name}.npz", x=np.arange(size)[:, None], y=np.arange(size) % 2)
    (tmp_path / "mlp.keras").touch()
    data = f'[data]\npath = "test.npz"\n[data.train]\npath = "train.npz"\ny = "y"\n{limit}\n'
    spec = ReportSpec.model_validate(tomllib.loads(MODELS + data + PERFORMANCE))
    request = Request(needs=frozenset(), splits={"train": SplitRequest()})
    own, further = read_splits(spec, Files(tmp_path), request, lambda *_: None)
    found = further["train"].data
    assert (found.n, found.n_total) == (evaluated, training)
    assert (found.rows % 2).sum() == evaluated // 2
    again = read_splits(spec, Files(tmp_path), request, lambda *_: None)[1]["train"].data
    assert again.rows.tolist() == found.rows.tolist()
    assert own is not None
    assert own.data.training is not None
    assert (own.data.n, own.data.training.n, own.data.training.count) == (n, training, n)


def test_every_split_has_a_mask_of_its_own(tmp_path: Path) -> None:
    """Which positions count is read for the rows that a split names; a split without one has none, and what is wrong is told of its table."""
    for size, name in enumerate(("test", "validation", "train"), start=3):
        arrays = {"x": np.arange(size * 4).reshape(size, 4), "y": np.zeros((size, 4), int)}
        np.savez(tmp_path / f"{name}.npz", **arrays, kept=np.eye(size, 4, dtype=bool), wrong=np.full((size, 4), 7))
    (tmp_path / "mlp.keras").touch()
    request = Request(needs=frozenset(), splits={"validation": SplitRequest(), "train": SplitRequest()})

    def masks(key: str) -> dict[str, list[list[bool]] | None]:
        tables = ('test]\npath = "test.npz"\nmask = "kept"', f'validation]\npath = "validation.npz"\n{key}')
        tables = (*tables, 'train]\npath = "train.npz"\ny = "y"\nmask = "kept"')
        data = "\n".join(f"[data.{table}" for table in tables)
        plan = planned(tmp_path, data, f'\n{PERFORMANCE}split = "validation"\n')
        own, further = read_splits(plan.spec, Files(tmp_path), request, lambda *_: None)
        assert own is not None
        found = {"test": own.dataset, **{name: split.dataset for name, split in further.items()}}
        read = {name: one.mask(None) for name, one in found.items()}
        return {name: None if mask is None else mask.tolist() for name, mask in read.items()}

    kept = {name: np.eye(size, 4, dtype=bool).tolist() for size, name in ((3, "test"), (5, "train"))}
    assert masks("") == {**kept, "validation": None}
    assert masks('mask = "kept"') == {**kept, "validation": np.eye(4, dtype=bool).tolist()}
    with pytest.raises(InputError, match=r"must be 0 or 1 for each position \(found 7 in row 0\)") as caught:
        masks('mask = "wrong"')
    assert (caught.value.location, caught.value.file) == (("data", "validation", "mask"), "validation.npz")


# ------------------------------------------------------------------------------------------------ the store


def keys(folder: Path, data: str = NAMED, sections: str = SECTIONS) -> stored.Keys:
    """Return the keys of an evaluation."""
    found = stored.keys_of(planned(folder, data, sections))
    assert found is not None
    return found


def test_models_depend_on_the_splits_that_are_evaluated(folder: Path) -> None:
    """Their rows, labels and samples, and what sections ask of them; not on a split that no section names."""
    first = keys(folder)
    assert dict(first.splits).keys() == {"validation", "train"}
    for changed in (
        NAMED.replace('y = "y"\nmax_samples = 300', 'y = "y"\nmax_samples = 301'),
        NAMED.replace('y = "digits"\nused_for = ["early stopping"]', 'y = "digits"'),
    ):
        assert keys(folder, changed).models != first.models
    assert (
        keys(folder, NAMED, SECTIONS.replace('kind = "errors"\nsplit = "validation"', 'kind = "errors"')).models
        != first.models
    )
    alone = keys(folder, NAMED, '[[sections]]\nkind = "overview"\n')
    assert alone.splits == {}
    for name in ("validation", "train"):
        with np.load(folder / f"{name}.npz") as arrays:
            other = {key: values[:150] for key, values in arrays.items()}
        np.savez(folder / f"{name}.npz", **other)
        assert keys(folder).models != first.models
        first = keys(folder)
    assert keys(folder, NAMED, '[[sections]]\nkind = "overview"\n').models == alone.models


def test_functions_of_any_split_are_not_kept(folder: Path) -> None:
    """What they return cannot be known."""
    for data in (
        '[data.test]\nfunction = "m:f"\n',
        TEST + '[data.validation]\nfunction = "m:f"\n',
        TEST + '[data.train]\nfunction = "m:f"\n',
    ):
        assert stored.keys_of(planned(folder, data, '[[sections]]\nkind = "overview"\n')) is None


def test_slices_of_a_further_split(tmp_path: Path) -> None:
    """Are found in its rows by its own columns; the default split needs none of these unless slices are measured on it too."""
    for size, name, column in ((4, "test", "site"), (6, "validation", "place")):
        arrays = {"x": np.zeros((size, 3)), "y": np.arange(size) % 2, column: np.arange(size) % 3}
        np.savez(tmp_path / f"{name}.npz", **arrays)
    (tmp_path / "mlp.keras").touch()
    data = '[data.test]\npath = "test.npz"\n[data.validation]\npath = "validation.npz"\ncolumns = { site = "place" }\n'
    where = '[[slices]]\nby = "site"\n[[slices]]\nwhere = "site == 0"\nname = "first"\n'
    own, further = (
        '[[sections]]\nkind = "slices"\n',
        '[[sections]]\nkind = "slices"\nid = "other"\nsplit = "validation"\n',
    )

    def sizes(sections: str) -> dict[str, list[int]]:
        plan = planned(tmp_path, data, f"{sections}{where}")
        assert plan.request.slices == (sections != further)
        first, others = read_splits(plan.spec, Files(tmp_path), plan.request, lambda *_: None)
        assert first is not None
        found = {"test": first.data, **{name: split.data for name, split in others.items()}}
        return {
            name: [int((one.codes == at).sum()) for one in data.slicings for at in range(len(one.names))]
            for name, data in found.items()
        }

    assert sizes(own) == {"test": [2, 1, 1, 2]}
    assert sizes(own + further) == {"test": [2, 1, 1, 2], "validation": [2, 2, 2, 2]}
    np.savez(tmp_path / "test.npz", x=np.zeros((4, 3)), y=np.arange(4) % 2)
    assert sizes(further) == {"test": [], "validation": [2, 2, 2, 2]}


def test_what_is_wrong_with_a_slice_of_a_further_split(tmp_path: Path) -> None:
    """Names the split: the same slice can be right on another one."""
    for name, values in (("test", np.zeros(60)), ("validation", np.arange(60))):
        np.savez(tmp_path / f"{name}.npz", x=np.zeros((60, 3)), y=np.arange(60) % 2, site=values)
    (tmp_path / "mlp.keras").touch()
    sections = '[[sections]]\nkind = "slices"\n[[sections]]\nkind = "slices"\nid = "other"\nsplit = "validation"\n[[slices]]\nby = "site"\n'
    plan = planned(tmp_path, '[data.test]\npath = "test.npz"\n[data.validation]\npath = "validation.npz"\n', sections)
    with pytest.raises(InputError, match=r"60 different values.*\(on the validation split\)") as caught:
        read_splits(plan.spec, Files(tmp_path), plan.request, lambda *_: None)
    assert caught.value.location == ("slices", 0, "by")
