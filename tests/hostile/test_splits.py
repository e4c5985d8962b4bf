"""Data of named splits that is damaged, foreign or of the wrong type: the key of the split and its file, all splits at once, no TensorFlow."""

from __future__ import annotations

import json
import re
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hostile import data_cases

from reportgen.cli.outcome import located
from reportgen.errors import InputError
from reportgen.evaluation.collect import collect
from reportgen.inputs.given import Files
from reportgen.pipeline import flow
from reportgen.pipeline.run import Run
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hostile.readers import Reading

SPLITS = ("test", "validation", "train")
HEAD = """\
schema_version = 1
[report]
title = "t"
[models.m]
path = "m.keras"
[[sections]]
kind = "performance"
[[sections]]
kind = "performance"
id = "on_validation"
split = "validation"
[[sections]]
kind = "performance"
id = "on_train"
split = "train"
"""
SHARED = ("features", "images")
"""Keys that are the same for all splits, in ``[data]``."""


def toml(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {toml(one)}' for key, one in value.items())} }}"
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def lines(table: Mapping[str, Any]) -> str:
    """Return the lines of a table."""
    return "".join(f"{key} = {toml(value)}\n" for key, value in table.items())


def good(folder: Path) -> dict[str, dict[str, Any]]:
    """Write the arrays of splits that are right; return their tables."""
    tables = {}
    for place, split in enumerate(SPLITS):
        for name, array in (("x", data_cases.X + place), ("y", data_cases.Y)):
            np.save(folder / f"{split}_{name}.npy", array)
        tables[split] = {"x": f"{split}_x.npy", "y": f"{split}_y.npy"}
    np.savez(folder / "train.npz", x=data_cases.X + 2, y=data_cases.Y)
    return tables | {"train": {"path": "train.npz", "x": "x", "y": "y"}}


def refused(folder: Path, tables: Mapping[str, Mapping[str, Any]], more: str = "") -> tuple[int, str]:
    """Read the splits of a spec up to its first model: the exit code, and what is said."""
    (folder / "m.keras").touch()
    shared = {key: value for one in tables.values() for key, value in one.items() if key in SHARED}
    text = f"{HEAD}[data]\n{lines(shared)}"
    for split, table in tables.items():
        text += f"[data.{split}]\n{lines({key: value for key, value in table.items() if key not in SHARED})}"
    (folder / "a.toml").write_text(f"{text}{more}", "utf-8")
    return told(folder / "a.toml")


def told(spec: Path) -> tuple[int, str]:
    """Check a spec, and read what it names up to its first model, which cannot be: the exit code, and what is said."""
    try:
        planned = flow.read_plan(spec)
    except SpecError as error:
        return error.exit_code, str(error)
    with pytest.raises(InputError) as caught:
        collect(planned.spec, Files(spec.parent, planned.spec.limits), planned.request, lambda *_: None)
    return caught.value.exit_code, located(planned, caught.value)


def heads(said: str) -> list[str]:
    """Return the sentences without the lines of the spec that they quote."""
    return [line for line in said.splitlines() if re.search(r"a\.toml:\d+:\d+: ", line)]


@pytest.mark.parametrize("case", [one for one in data_cases.CASES if one.says], ids=lambda case: case.name)
def test_data_of_a_split(case: Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever split it is of: one sentence that names its table and its file; nothing stays in the temporary folder."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    for split in SPLITS:
        folder = tmp_path / split
        folder.mkdir()
        table = {"x": "x", "y": "y", **case.data}
        if split == "train" and "text" in table:
            continue
        case.write(folder)
        code, said = refused(folder, good(folder) | {split: table})
        (sentence,) = heads(said)[:1]
        assert f" data.{split}." in sentence
        assert not [other for other in SPLITS if other != split and f"data.{other}" in sentence]
        files = [value for value in table.values() if isinstance(value, str) and (folder / value).exists()]
        assert any(file in sentence for file in [*files, "no such file", str(table.get("path"))])
        assert case.says in said or (code == 2 and "has no such array or column" in sentence)
        assert code == 3 or re.search(
            r"no such|not a regular file|is a (folder|file), not|is not a folder of|must be an .npz", sentence
        )
        assert len(sentence) < 2000
        assert not list(temporary.iterdir())


TABLES = {
    "text": [
        (data_cases.DATES, "must be text or numbers (found dtype datetime64[D])"),
        (data_cases.X, "must have one value for each of the 4 rows (found 4 × 2)"),
    ],
    "group": [
        (data_cases.Y.astype(complex), "must be numbers or text (found dtype complex128)"),
        (data_cases.Y[:3], "must have one value for each of the 4 rows (found 3)"),
        (np.array([1, np.nan, 2, 3]), "has no group in 1 rows (the first is row 1)"),
        (np.array(["", "a", "b", "c"]), "has no group in 1 rows (the first is row 0)"),
    ],
    "weight": [
        (-np.ones(4), "must not be negative or infinite (found -1 in row 0, 4 such rows)"),
        (np.full(4, np.inf), "must not be negative or infinite (found inf in row 0, 4 such rows)"),
        (np.full(4, np.nan), "has no weight in 4 rows"),
        (np.zeros(4), "is 0 in every row"),
        (np.ones((4, 2)), "(found 4 × 2); one for each position is a mask: set mask instead"),
        (np.array(["1"] * 4), "must be numbers (found dtype <U1)"),
    ],
    "mask": [
        (np.full((4, 2), 2), "must be 0 or 1 for each position (found 2 in row 0)"),
        (np.full((4, 2), np.nan), "must be 0 or 1 for each position (found nan in row 0)"),
        (np.full((4, 2), "yes"), "must be 0 or 1 (found dtype <U3)"),
        (np.ones((3, 2)), "the arrays have different numbers of rows: x has 4, y has 4, mask has 3"),
    ],
    "columns": [
        (data_cases.X, "must have one value for each of the 4 rows (found 4 × 2)"),
        (data_cases.Y[:3], "must have one value for each of the 4 rows (found 3)"),
        (data_cases.DATES, "must be numbers or text (found dtype datetime64[D])"),
        (np.array([{}] * 4, dtype=object), "contains Python objects, which are not loaded"),
        (np.zeros((4, 0)), "has rows without values"),
    ],
}
"""What else a split has for its rows."""
OF_ROWS = [(key, place) for key, cases in TABLES.items() for place in range(len(cases))]


@pytest.mark.parametrize("form", ["npy", "npz"])
@pytest.mark.parametrize(("key", "place"), OF_ROWS)
def test_what_else_a_split_has(tmp_path: Path, key: str, place: int, form: str) -> None:
    """The key of the split that is wrong, and the file with the array."""
    array, says = TABLES[key][place]
    for split in SPLITS[: 2 if key in {"text", "columns"} else 3]:
        tables = good(tmp_path)
        file = "z.npy" if form == "npy" else "z.npz"
        if split == "train" and form == "npy":
            tables[split] = {"x": "train_x.npy", "y": "train_y.npy"}
        name = file if form == "npy" else "z"
        tables[split][key] = {"c": name} if key == "columns" else name
        if form == "npz":
            tables[split] |= {"path": file, "x": "x", "y": "y"}
            np.savez(tmp_path / file, x=data_cases.X + 7, y=data_cases.Y, z=array)
        else:
            np.save(tmp_path / file, array)
        code, said = refused(tmp_path, tables)
        (sentence,) = heads(said)
        assert code == 3
        assert f": data.{split}.{key}{'.c' if key == 'columns' else ''}: {file}: " in sentence
        assert says in sentence


@pytest.mark.parametrize("form", ["npz", "csv"])
@pytest.mark.parametrize("split", ["test", "validation"])
@pytest.mark.parametrize(("declared", "key"), [(True, "data.{}.columns.b"), (False, "slices[0].by")])
def test_columns_of_slices(tmp_path: Path, split: str, key: str, form: str, *, declared: bool) -> None:
    """Where the slice alone names the column it is told there, with its name; a column that is missing is told before anything is read."""
    tables: dict[str, dict[str, Any]] = {}
    for one in ("test", "validation"):
        tables[one] = {"path": f"{one}.{form}", "x": ["x"] if form == "csv" else "x"}
        if declared:
            tables[one]["columns"] = {"b": "b"}
    more = '[[slices]]\nby = ["a", "b"]\n[[sections]]\nkind = "slices"\nsplit = "validation"\n'
    more += '[[sections]]\nkind = "slices"\nid = "again"\n'
    text = HEAD.partition('[[sections]]\nkind = "performance"\nid = "on_train"')[0]
    for missing in (False, True):
        for one in ("test", "validation"):
            wrong = one == split
            if form == "csv":
                rows = ["1,0,1,2", "1,1,2,3"] if not wrong else ["1,0,1,", "1,1,2,2026"]
                head = "x,y,a,other" if wrong and missing else "x,y,a,b"
                (tmp_path / f"{one}.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
            else:
                columns = {"a": data_cases.Y, "b": data_cases.X if wrong else data_cases.Y}
                if wrong and missing:
                    del columns["b"]
                np.savez(tmp_path / f"{one}.npz", x=data_cases.X, y=data_cases.Y, **columns)
        if form == "csv" and not missing:
            continue
        (tmp_path / "m.keras").touch()
        tables_text = "".join(f"[data.{one}]\n{lines(table)}" for one, table in tables.items())
        (tmp_path / "a.toml").write_text(f"{text}{tables_text}{more}", "utf-8")
        code, said = told(tmp_path / "a.toml")
        (sentence,) = heads(said)
        assert f": {key.format(split)}: " in sentence
        assert f"{split}.{form}" in sentence
        assert "'b'" in sentence or declared
        assert code == (2 if missing else 3)
        assert ("has no such array or column" in sentence) == missing


def test_all_splits_at_once(tmp_path: Path) -> None:
    """What is wrong in each of them, before reading and in reading, and with a history."""
    tables = {split: {"path": f"{split}.npz", "x": "x", "y": "y"} for split in SPLITS}
    for split in SPLITS:
        np.savez(tmp_path / f"{split}.npz", x=data_cases.X)
    code, said = refused(tmp_path, tables)
    assert (code, len(heads(said))) == (2, 3)
    for split in SPLITS:
        (tmp_path / f"{split}.npz").unlink()
    code, said = refused(tmp_path, tables)
    assert (
        code,
        [f"data.{split}.path: no such file" in one for split, one in zip(SPLITS, heads(said), strict=True)],
    ) == (
        2,
        [True] * 3,
    )
    unlabeled = np.array([0, 1, np.nan, 0])
    for place, split in enumerate(SPLITS):
        x = np.full((4, 2), np.nan) if split == "validation" else data_cases.X + place
        np.savez(tmp_path / f"{split}.npz", x=x, y=unlabeled)
    (tmp_path / "h.csv").write_text("loss\nhigh\n", "utf-8")
    code, said = refused(tmp_path, tables, '[models.n]\npath = "m.keras"\nhistory = "h.csv"\n')
    assert code == 3
    assert [one.partition(": ")[2] for one in heads(said)] == [
        "data.test.y: test.npz: has NaN or infinite labels in 1 rows (the first is row 2)",
        "data.validation.x: validation.npz: has NaN or infinite values in 4 rows (the first is row 0)",
        "data.validation.y: validation.npz: has NaN or infinite labels in 1 rows (the first is row 2)",
        "data.train.y: train.npz: has NaN or infinite labels in 1 rows (the first is row 2)",
        "models.n.history: h.csv: is not a training history ('loss' is not a list of numbers)",
    ]


@pytest.mark.parametrize("x", ["", 'x = "x"\n'])
@pytest.mark.parametrize(
    ("array", "says"), [(np.full((4, 2), np.nan), "has NaN"), (np.zeros((4, 3)), "have the shape (3)")]
)
def test_inputs_of_the_training_data_are_named_there(tmp_path: Path, array: Any, says: str, x: str) -> None:
    """Also where the table of the evaluation data names them for both."""
    np.savez(tmp_path / "test.npz", x=data_cases.X, y=data_cases.Y)
    np.savez(tmp_path / "train.npz", x=array, y=data_cases.Y)
    (tmp_path / "m.keras").touch()
    text = HEAD.partition('[[sections]]\nkind = "performance"\nid')[0].replace('"performance"', '"overview"')
    text += f'[data]\npath = "test.npz"\nx = "x"\n[data.train]\npath = "train.npz"\n{x}'
    (tmp_path / "a.toml").write_text(text, "utf-8")
    code, said = told(tmp_path / "a.toml")
    assert code == 3
    assert ": data.train.x: train.npz: " in said
    assert says in said


CODE = """
import numpy as np

def ends():
    raise SystemExit(0)

def nothing():
    return None

def objects():
    return {"x": np.zeros((4, 2)), "y": np.array([{}] * 4)}

def rows():
    return np.zeros((4, 2)), np.arange(4) % 2

def others():
    return np.ones((4, 2)), np.arange(4) % 2

def prepare(x):
    if x.any():
        raise ValueError("ones are not prepared")
    return x
"""


@pytest.mark.keras
@pytest.mark.usefixtures("warm_processes")
@pytest.mark.parametrize(
    ("tables", "shared", "says"),
    [
        (
            {"test": {"function": "./d.py:ends"}, "validation": {"function": "./d.py:nothing"}, "train": {"function": "./d.py:objects", "y": "y"}},
            "",
            [
                "data.test.function: ./d.py:ends: cannot be used (SystemExit: 0)",
                "data.validation.function: ./d.py:nothing: cannot be used (TypeError: it must return arrays, a tf.data.Dataset or",
                "data.train.function: ./d.py:objects: cannot be used (ValueError: must be numbers or text, found dict)",
            ],
        ),
        (
            {"test": {"function": "./d.py:rows"}, "validation": {"function": "./d.py:others"}, "train": {"function": "./d.py:none", "y": "y"}},
            'preprocess = "./d.py:prepare"\n',
            [
                "data.preprocess: ./d.py:prepare: cannot be used (ValueError: ones are not prepared) (on the validation split)",
                "data.train.function: ./d.py:none: cannot be imported (AttributeError: module",
            ],
        ),
        (
            {
                "test": {"path": "images", "text": "file"},
                "validation": {"path": "saved"},
                "train": {"path": "images/cat", "x": "x", "y": "y"},
            },
            "images = { size = [8, 8], range = [0, 1] }\n",
            [
                "data.test.path: images: cannot be read as a folder of images (ValueError: cat/a.png is not a PNG",
                "data.validation.path: saved: cannot be read as a folder of images (cat/c.png is a link that leaves the folder",
                "data.train.path: images/cat: cannot be read as a folder of images (a.png is not in the folder of a class)",
            ],
        ),
    ],
    ids=["functions", "preprocessing", "images"],
)  # fmt: skip
def test_what_needs_tensorflow(tmp_path: Path, tables: Any, shared: str, says: list[str]) -> None:
    """Functions, their preparation and images, by the worker: all at once, and nothing is written."""
    data_cases.filled("images")(tmp_path)
    data_cases.filled("saved", ("cat/c.png", lambda path: path.symlink_to("/etc/passwd")))(tmp_path)
    (tmp_path / "d.py").write_text(CODE, "utf-8")
    (tmp_path / "m.keras").touch()
    named = "".join(f"[data.{split}]\n{lines(table)}" for split, table in tables.items())
    (tmp_path / "a.toml").write_text(f"{HEAD}[data]\n{shared}{named}", "utf-8")
    planned = flow.read_plan(tmp_path / "a.toml")
    with pytest.raises(InputError) as caught:
        flow.build(planned, tmp_path / "out", ("json",), Run())
    found = [one.partition(": ")[2] for one in heads(located(planned, caught.value))]
    assert [one[: len(wanted)] for one, wanted in zip(found, says, strict=True)] == says
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("__pycache__"))
