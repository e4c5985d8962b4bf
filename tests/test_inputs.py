"""Histories and data sets as files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from reportgen.errors import InputError
from reportgen.evaluation.population import describe_data
from reportgen.inputs import histories
from reportgen.inputs.dataset import RandomAccess, count, read
from reportgen.inputs.digest import sha256
from reportgen.inputs.sources.arrays import ArrayDataset
from reportgen.inputs.sources.memory import Memory
from reportgen.inputs.sources.registry import source_of, unknown_names
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.output import LimitsSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.contract.records.architecture import TensorSummary
    from reportgen.inputs.dataset import Batch, Dataset

AT = ("models", "m", "history")


def test_a_history_as_json(tmp_path: Path) -> None:
    """``history.history`` with a missing value; the digest is that of the bytes."""
    (tmp_path / "h.json").write_text('{"loss": [1.0, null, 0.5], "val_loss": [2]}', "utf-8")
    found = histories.load(AT, "h.json", tmp_path)
    assert np.array_equal(found.curves["loss"], [1.0, np.nan, 0.5], equal_nan=True)
    assert found.curves["val_loss"].tolist() == [2.0]
    assert len(found.sha256) == 64


def test_a_history_as_csv(tmp_path: Path) -> None:
    """CSVLogger's file: the epoch is no curve, ``NA`` is missing."""
    (tmp_path / "h.csv").write_text("epoch,loss,val_loss\n0,1.5,NA\n1,1.0,2.0\n", "utf-8")
    found = histories.load(AT, "h.csv", tmp_path)
    assert set(found.curves) == {"loss", "val_loss"}
    assert found.curves["loss"].tolist() == [1.5, 1.0]
    assert np.isnan(found.curves["val_loss"][0])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("h.json", "{", "is not a training history"),
        ("h.json", "[1]", "expected an object"),
        ("h.json", '{"loss": 1}', "'loss' is not a list of numbers"),
        ("h.json", '{"loss": ["a"]}', "'loss' is not a list of numbers"),
        ("h.json", "{}", "has no metrics"),
        ("h.csv", "", "has no metrics"),
        ("h.csv", "epoch,loss\n0,x\n", "is not a training history"),
        ("gone.json", None, "no such file"),
    ],
)
def test_a_history_that_is_none(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    """One sentence that names key and file."""
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InputError, match=message) as caught:
        histories.load(AT, name, tmp_path)
    assert str(caught.value).startswith(f"models.m.history: {name}: ")


def load(folder: Path, **data: Any) -> Dataset:
    """Open the data set of a data table."""
    return source_of(DataSpec(**data), folder).open()


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    """Object arrays are never unpickled."""
    np.savez(tmp_path / "d.npz", x=np.array([{}, {}], dtype=object), y=np.zeros(2))
    with pytest.raises(
        InputError, match=r"data\.x: d\.npz: 'x' cannot be read \(contains Python objects, which are not loaded\)"
    ):
        load(tmp_path, path="d.npz")


def test_several_inputs_and_labels(tmp_path: Path) -> None:
    """A table names an array for each."""
    np.savez(tmp_path / "d.npz", left=np.zeros((3, 2)), right=np.ones((3, 1)), y=np.arange(3))
    found = load(tmp_path, path="d.npz", x={"a": "left", "b": "right"}, y={"k": "y"})
    assert [(one.name, one.shape, one.dtype) for one in found.inputs] == [
        ("a", (2,), "float64"),
        ("b", (1,), "float64"),
    ]
    assert (found.layout, found.heads, found.n) == ("by name", ("k",), 3)
    assert found.labels("other") is None
    assert np.array_equal(found.labels("k"), [0, 1, 2])  # type: ignore[arg-type]


def test_labels_that_name_no_head_belong_to_any(tmp_path: Path) -> None:
    """Without labels there is no head that has some."""
    np.savez(tmp_path / "d.npz", x=np.zeros(3), y=np.arange(3))
    found = load(tmp_path, path="d.npz")
    assert found.heads == (None,)
    assert found.labels("kind") is found.labels(None) is not None
    assert load(tmp_path, path="d.npz", y=False).heads == ()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (DataSpec(path="d.npz", x="z"), r"data\.x: d\.npz: has no 'z' \(it has x, y, text\)"),
        (DataSpec(path="d.npz", x="text"), "must be numbers"),
        (
            DataSpec(path="d.txt"),
            "must be an .npz, .csv, .parquet, .h5, .hdf5, .tfrecord or .tfrecords file, or a folder",
        ),
        (DataSpec(path="broken.npz"), "cannot be read as npz"),
        (DataSpec(path="broken.parquet"), "cannot be read as parquet"),
        (DataSpec(path="broken.csv"), "cannot be read as csv"),
        (DataSpec(x="x.txt", y=None), "must be an .npy file"),
        (DataSpec(x="broken.npy", y=None), r"data\.x: broken\.npy: cannot be read as npy"),
        (DataSpec(x=("a", "b"), y=None), "column names need a path"),
    ],
)
def test_data_that_cannot_be(tmp_path: Path, spec: DataSpec, message: str) -> None:
    """One sentence that names key and file."""
    np.savez(tmp_path / "d.npz", x=np.zeros(2), y=np.zeros(2), text=np.array(["a", "b"]))
    for suffix in ("npz", "npy", "parquet", "csv"):
        (tmp_path / f"broken.{suffix}").write_bytes(b"" if suffix == "csv" else b"no data")
    (tmp_path / "d.txt").touch()
    (tmp_path / "x.txt").touch()
    with pytest.raises(InputError, match=message):
        source_of(spec, tmp_path).open()


# ------------------------------------------------------------------------------------------------ sources

ROWS = {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0], "kind": ["NA", "no", "yes"]}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Make the same rows in every format."""
    frame = pd.DataFrame(ROWS)
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    np.savez(tmp_path / "d.npz", x=frame[["a", "b"]], a=frame["a"], b=frame["b"], kind=np.array(ROWS["kind"]))
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.update(
            {"test/x": frame[["a", "b"]], "test/a": frame["a"], "test/b": frame["b"], "test/kind": ROWS["kind"]}
        )
    np.save(tmp_path / "x.npy", frame[["a", "b"]])
    np.save(tmp_path / "y.npy", np.array(ROWS["kind"]))
    return tmp_path


@pytest.mark.parametrize(
    ("data", "files"),
    [
        ({"path": "d.csv", "x": ("a", "b"), "y": "kind"}, ("d.csv",)),
        ({"path": "d.parquet", "x": ("a", "b"), "y": "kind"}, ("d.parquet",)),
        ({"path": "d.npz", "y": "kind"}, ("d.npz",)),
        ({"path": "d.h5", "x": "test/x", "y": "test/kind"}, ("d.h5",)),
        ({"path": "d.h5", "x": ("test/a", "test/b"), "y": "test/kind"}, ("d.h5",)),
        ({"path": "d.npz", "x": ("a", "b"), "y": "kind"}, ("d.npz",)),
        ({"x": "x.npy", "y": "y.npy"}, ("x.npy", "y.npy")),
        ({"x": {"one": "x.npy", "two": "x.npy"}, "y": "y.npy"}, ("x.npy", "y.npy")),
    ],
)
def test_every_source_gives_the_same_rows(tables: Path, data: dict[str, Any], files: tuple[str, ...]) -> None:
    """Inputs and text labels, of which "NA" is one; the digests are those of the files, each once."""
    source = source_of(DataSpec(**data), tables)
    found = source.open()
    assert isinstance(found, RandomAccess)
    for array in found.take(np.array([2, 0])).values():
        assert array.tolist() == [[3.0, 6.0], [1.0, 4.0]]
    assert np.array_equal(found.labels(None), ROWS["kind"])  # type: ignore[arg-type]
    assert found.files == source.digest() == tuple((name, sha256(tables / name)) for name in files)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("d.csv", ("a", "b", "kind")),
        ("d.parquet", ("a", "b", "kind")),
        ("d.npz", ("x", "a", "b", "kind")),
        ("d.h5", ("test/a", "test/b", "test/kind", "test/x")),
        (None, None),
        ("gone.csv", None),
        ("gone.h5", None),
        ("gone.parquet", None),
        ("gone.npz", None),
    ],
)
def test_a_source_knows_its_names(tables: Path, path: str | None, names: tuple[str, ...] | None) -> None:
    """Those of its arrays or columns; None where there are none, or where it cannot be read."""
    assert source_of(DataSpec(path=path), tables).names() == names


def test_names_that_are_not_there_are_found(tables: Path) -> None:
    """Each at its place, with those that there are; a file that cannot be opened tells nothing yet."""
    found = list(unknown_names(DataSpec(path="d.csv", x=("a", "c"), y={"k": "kin"}), tables))
    assert [(location, name) for location, name, _ in found] == [(("data", "x", 1), "c"), (("data", "y", "k"), "kin")]
    assert found[0][2] == ("a", "b", "kind")
    assert not list(unknown_names(DataSpec(path="gone.csv"), tables))
    assert not list(unknown_names(DataSpec(path="d.txt"), tables))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(("column", "rows", "first"), [(["a", None, "b", None], 2, 1), ([0.0, 1.0, 2.0, np.nan], 1, 3)])
def test_a_missing_label_names_its_row(tmp_path: Path, suffix: str, column: list[Any], rows: int, first: int) -> None:
    """Of texts and of numbers."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "kind": column})
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    words = rf"data\.y: d\.{suffix}: has no label in {rows} rows \(the first is row {first}\)"
    with pytest.raises(InputError, match=words):
        load(tmp_path, path=f"d.{suffix}", x=("a",), y="kind")


def test_an_empty_cell_of_an_input_is_told_with_its_row(tmp_path: Path) -> None:
    """As for every input that is not finite; texts are no input."""
    (tmp_path / "d.csv").write_text("a,b,kind\n1,2,x\n,3,y\n4,NA,z\n", "utf-8")
    with pytest.raises(InputError, match=r"data\.x: d\.csv: has NaN or infinite values in 1 rows .* row 1"):
        load(tmp_path, path="d.csv", x=("a",), y="kind")
    with pytest.raises(InputError, match="must be numbers"):
        load(tmp_path, path="d.csv", x=("b",), y="kind")


def test_a_column_of_anything_else_is_refused(tmp_path: Path) -> None:
    """Lists are neither texts nor numbers."""
    pd.DataFrame({"a": [[1.0], [2.0, 3.0]], "y": [0, 1]}).to_parquet(tmp_path / "d.parquet")
    with pytest.raises(InputError, match=r"data\.x: d\.parquet: 'a' cannot be read"):
        load(tmp_path, path="d.parquet", x="a")


def test_arrays_of_a_program() -> None:
    """A list is by position; labels may be texts as pandas gives them; a missing one is told."""
    texts = np.array(["b", "a"], dtype=object)
    found = Memory([np.zeros((2, 3)), np.ones(2)], {"kind": texts}).open()
    assert (found.layout, [one.name for one in found.inputs], found.heads) == ("by position", ["0", "1"], ("kind",))
    assert np.array_equal(found.labels("kind"), ["b", "a"])  # type: ignore[arg-type]
    assert found.files == Memory([np.zeros((2, 3)), np.ones(2)], {"kind": np.array(["b", "a"])}).digest()
    assert Memory(np.zeros(2), np.zeros(2)).names() == ("x_data", "y_data")
    with pytest.raises(InputError, match=r"y_data: has no label in 1 rows \(the first is row 1\)"):
        Memory(np.zeros(2), np.array(["a", None], dtype=object))


def test_the_digest_of_arrays_is_that_of_their_bytes() -> None:
    """It stays what it was, and differs where a label does."""
    x, y = np.arange(6, dtype=np.float32).reshape(3, 2), np.array([0, 1, 1])
    expected = hashlib.sha256(b"x_data float32 (3, 2)" + x.tobytes() + b"y_data int64 (3,)" + y.tobytes()).hexdigest()
    assert Memory(x, y).digest() == (("(in memory)", expected),)
    assert Memory(x, y[::-1]).digest() != Memory(x, y).digest()


# ------------------------------------------------------------------------------------------------ reading


@dataclass(frozen=True)
class Streamed:
    """A data set that is read from its beginning, and does not know its length."""

    whole: ArrayDataset
    n: int | None = None
    heads = (None,)
    files = ()
    layout = "single"

    @property
    def inputs(self) -> tuple[TensorSummary, ...]:
        return self.whole.inputs

    def batches(self, size: int) -> Iterator[Batch]:
        return self.whole.batches(size)

    def labels(self, head: str | None) -> NDArray[Any] | None:
        return self.whole.labels(head)


@given(st.integers(1, 30), st.integers(1, 12), st.data())
def test_chosen_rows_are_the_same_with_and_without_random_access(n: int, size: int, data: st.DataObject) -> None:
    """Every one once and in order, at most ``size`` at a time."""
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1)))), np.int64)
    whole = Memory(np.arange(n) * 10, np.arange(n)).open()
    streamed: Dataset = Streamed(whole)  # type: ignore[assignment]
    assert not isinstance(streamed, RandomAccess)
    for dataset in (whole, streamed):
        found = list(read(dataset, rows, size))
        assert [place for places, _ in found for place in places] == list(range(len(rows)))
        assert [value for _, batch in found for value in batch["x"]] == (rows * 10).tolist()
        assert all(len(places) == len(batch["x"]) <= size for places, batch in found)
        assert count(dataset) == n


def test_rows_are_described_without_random_access() -> None:
    """The same duplicates and balance as with it."""
    whole = Memory(np.array([[1.0], [2.0], [1.0]]), np.array([0, 1, 1])).open()
    streamed: Dataset = Streamed(whole)  # type: ignore[assignment]
    assert describe_data(streamed, np.arange(3)) == describe_data(whole, np.arange(3))
    assert describe_data(whole, np.arange(3)).conflicting == 1


# ------------------------------------------------------------------------------------------------ groups and weights


def _with_rows(folder: Path, group: Any, weight: Any) -> None:
    """Write three rows with their groups and weights in every format."""
    x, y = np.arange(3.0), np.array([0, 1, 1])
    np.savez(folder / "d.npz", x=x, y=y, patient=np.asarray(group), w=np.asarray(weight))
    for name, array in (("x", x), ("y", y), ("patient", np.asarray(group)), ("w", np.asarray(weight))):
        np.save(folder / f"{name}.npy", array)
    frame = pd.DataFrame({"x": x, "y": y, "patient": group, "w": weight})
    frame.to_csv(folder / "d.csv", index=False)
    frame.to_parquet(folder / "d.parquet")


@pytest.mark.parametrize("path", ["d.npz", "d.csv", "d.parquet", None])
@pytest.mark.parametrize("group", [["p1", "p2", "p1"], [7, 3, 7], [1.5, 2.5, 1.5]])
def test_groups_and_weights_of_every_format(tmp_path: Path, path: str | None, group: list[Any]) -> None:
    """An array, a file or a column; their files are among the digests."""
    _with_rows(tmp_path, group, [0.0, 1.0, 2.5])
    names = {"x": "x", "y": "y", "group": "patient", "weight": "w"}
    if path is None:
        names = {key: f"{name}.npy" for key, name in names.items()}
    found = load(tmp_path, path=path, **names)
    assert found.groups is not None
    assert found.weights is not None
    assert found.groups.tolist() == group
    assert found.weights.tolist() == [0.0, 1.0, 2.5]
    files = [path] if path else ["x.npy", "y.npy", "patient.npy", "w.npy"]
    assert [file for file, _ in found.files] == files
    plain = load(tmp_path, path=path, x=names["x"], y=names["y"])
    assert (plain.groups, plain.weights) == (None, None)


@pytest.mark.parametrize(
    ("group", "weight", "words"),
    [
        (["p1", None, "p1"], [1.0, 1.0, 1.0], r"data\.group: d\.csv: has no group in 1 rows \(the first is row 1\)"),
        ([1.0, 2.0, np.nan], [1.0, 1.0, 1.0], r"data\.group: d\.csv: has no group in 1 rows \(the first is row 2\)"),
        (["a", "b", "c"], [1.0, np.nan, 1.0], r"data\.weight: d\.csv: has no weight in 1 rows \(the first is row 1\)"),
        (["a", "b", "c"], [1.0, -0.5, -1.0], r"must not be negative or infinite \(found -0\.5 in row 1, 2 such rows\)"),
        (["a", "b", "c"], [0.0, 0.0, 0.0], r"data\.weight: d\.csv: is 0 in every row"),
        (["a", "b", "c"], ["1", "x", "2"], r"data\.weight: d\.csv: must be numbers"),
    ],
)
def test_groups_and_weights_that_cannot_be_used(tmp_path: Path, group: Any, weight: Any, words: str) -> None:
    """Each with the spec's key, the file and the row."""
    pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0, 1, 1], "patient": group, "w": weight}).to_csv(
        tmp_path / "d.csv", index=False
    )
    with pytest.raises(InputError, match=words):
        load(tmp_path, path="d.csv", x="x", y="y", group="patient", weight="w")


def test_groups_of_another_length_and_names_that_are_not_there(tmp_path: Path) -> None:
    """The length and the shape are said; a wrong name is found by its place before anything runs."""
    _with_rows(tmp_path, ["a", "b", "a"], [1.0, 1.0, 1.0])
    np.save(tmp_path / "short.npy", np.arange(2))
    np.save(tmp_path / "wide.npy", np.zeros((3, 2)))
    for name, shape in (("short", "2"), ("wide", "3 × 2")):
        with pytest.raises(InputError, match=rf"data\.group: {name}\.npy: .* each of the 3 rows \(found {shape}\)"):
            load(tmp_path, path=None, x="x.npy", y="y.npy", group=f"{name}.npy")
    found = unknown_names(DataSpec(path="d.csv", x="x", group="patents", weight="ww"), tmp_path)
    assert [(location, name) for location, name, _ in found] == [
        (("data", "group"), "patents"),
        (("data", "weight"), "ww"),
    ]


def test_groups_of_a_program() -> None:
    """Of any objects; they are part of the digest."""
    x, y = np.zeros(3), np.array([0, 1, 1])
    found = Memory(x, y, np.array(["a", "b", "a"], dtype=object), np.array([1, 0, 2])).open()
    assert found.groups is not None
    assert found.groups.tolist() == ["a", "b", "a"]
    assert found.weights is not None
    assert found.weights.tolist() == [1.0, 0.0, 2.0]
    assert found.files != Memory(x, y).digest()
    with pytest.raises(InputError, match=r"groups: has no group in 1 rows"):
        Memory(x, y, np.array(["a", None, "b"], dtype=object))
    with pytest.raises(InputError, match=r"weights: must have one value for each of the 3 rows \(found 2\)"):
        Memory(x, y, None, np.ones(2)).open()


@pytest.mark.parametrize("maximum", [None, 4])
def test_groups_travel_with_the_rows(maximum: int | None) -> None:
    """Rows of weight 0 are left out before sampling; groups are those of the evaluated rows, weights have mean 1."""
    from types import SimpleNamespace

    from reportgen.contract.needs import Request
    from reportgen.evaluation.collect import collect

    groups, weights = np.array([5, 5, 9, 9, 7, 7, 7, 5]), np.array([1.0, 0, 3, 1, 1, 0, 2, 1])
    dataset = Memory(np.arange(8.0), np.zeros(8), groups, weights).open()
    spec = SimpleNamespace(data=DataSpec(path="d.csv", group="patient", weight="w", max_samples=maximum), models={})
    inputs = SimpleNamespace(dataset=lambda _, __: dataset)
    found = collect(spec, inputs, Request(needs=frozenset()), lambda *_: None).data  # type: ignore[arg-type]
    assert found is not None
    assert set(found.rows) <= {0, 2, 3, 4, 6, 7}
    assert found.n == (maximum or 6)
    assert found.sampling.endswith("after leaving out 2 rows with weight 0")
    assert found.groups is not None
    assert found.weights is not None
    assert np.array_equal(np.unique(groups[found.rows], return_inverse=True)[1], found.groups)
    assert np.allclose(found.weights * weights[found.rows].mean(), weights[found.rows])
    assert (found.by, found.n_total) == ("patient", 8)
    equal = Memory(np.arange(8.0), np.zeros(8), None, (weights > 0) * 2.0).open()
    inputs = SimpleNamespace(dataset=lambda _, __: equal)
    masked = collect(spec, inputs, Request(needs=frozenset()), lambda *_: None).data  # type: ignore[arg-type]
    assert masked is not None
    assert masked.weights is None
    assert masked.by is None


# ------------------------------------------------------------------------------------------------ columns of slices


@pytest.mark.parametrize("path", ["d.npz", "d.csv", "d.parquet", "d.h5", None])
def test_columns_of_every_format(tmp_path: Path, path: str | None) -> None:
    """By name, one value per row; a missing one is empty text or NaN, and no error."""
    region, age = np.array(["north", "", "south"]), np.array([1.0, np.nan, 3.0])
    arrays = {"x": np.arange(3.0), "y": np.arange(3), "region": region, "age": age}
    np.savez(tmp_path / "d.npz", **arrays)
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    frame = pd.DataFrame({**arrays, "region": ["north", None, "south"]})
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    with h5py.File(tmp_path / "d.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array.astype(object) if array.dtype.kind == "U" else array
    names = {"region": "region", "old": "age"}
    spec: dict[str, Any] = {"x": "x", "y": "y"}
    if path is None:
        spec = {key: f"{key}.npy" for key in spec}
        names = {key: f"{name}.npy" for key, name in names.items()}
    found = source_of(DataSpec(path=path, columns=names, **spec), tmp_path).open().columns
    assert list(found) == ["region", "old"]
    assert found["region"].tolist() == ["north", "", "south"]
    np.testing.assert_array_equal(found["old"], age)


@pytest.mark.parametrize("n", [2**18 + 1, 2**18 - 1, 1, 0])
def test_text_of_hdf5_is_as_wide_as_the_longest(tmp_path: Path, n: int) -> None:
    """Also where it is read in spans."""
    text = np.array([*["a"] * (n - 1), "grüße"][:n], object)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["x"], file["y"] = np.arange(max(n, 1) * 1.0), np.zeros(max(n, 1))
        file.create_dataset("part", data=text if n else None, shape=(n,), dtype=h5py.string_dtype())
    source = source_of(DataSpec(path="d.h5", columns={"c": "part"}), tmp_path)
    if not n:
        with pytest.raises(InputError, match=r"for each of the 1 rows \(found 0\)"):
            source.open()
        return
    found = source.open().columns["c"]
    assert (found.dtype, list(found)) == (np.dtype("<U5"), list(text))


def test_text_of_hdf5_that_is_too_wide(tmp_path: Path) -> None:
    """One long value makes every row as wide, which is refused before it is made."""
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["x"], file["y"] = np.arange(9.0), ["a" * 2**20, *"bcdefghi"]
    with pytest.raises(InputError, match=r"data\.y: d\.h5: 'y' cannot be read \(has 0\.035 GiB of values, more than"):
        source_of(DataSpec(path="d.h5"), tmp_path, LimitsSpec(data_memory=0.01)).open()


@pytest.mark.parametrize("shapes", [((3,), (2,)), ((3, 2), (3,)), ((), ())])
def test_arrays_that_cannot_be_columns_of_one(tmp_path: Path, shapes: tuple[tuple[int, ...], ...]) -> None:
    """Their shapes are named."""
    a, b = map(np.zeros, shapes)
    np.savez(tmp_path / "d.npz", x=np.arange(3.0), a=a, b=b)
    with pytest.raises(InputError, match=r"data\.y: d\.npz: .* cannot be read \(must be arrays of one shape with rows"):
        source_of(DataSpec(path="d.npz", y=("a", "b")), tmp_path).open()


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (np.zeros((3, 2)), "must have one value for each of the 3 rows"),
        (np.zeros(2), "must have one value for each of the 3 rows"),
        (np.zeros(3, "M8[D]"), "must be numbers or text"),
        (np.zeros(3, complex), "must be numbers or text"),
    ],
)
def test_columns_that_cannot_be_used(tmp_path: Path, column: Any, words: str) -> None:
    """They are named at their key."""
    np.savez(tmp_path / "d.npz", x=np.arange(3.0), y=np.arange(3), part=column)
    with pytest.raises(InputError) as caught:
        source_of(DataSpec(path="d.npz", columns={"c": "part"}), tmp_path).open()
    assert caught.value.location == ("data", "columns", "c")
    assert caught.value.message.startswith(words)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "u1"])
def test_npy_files_are_mapped(tmp_path: Path, order: Any, dtype: str) -> None:
    """Values are read where they are used, whatever their order and type; a batch is a copy, and nothing can be written."""
    x = np.arange(24).reshape(4, 3, 2).astype(dtype, order=order)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", np.arange(4) % 2)
    found = source_of(DataSpec(x="x.npy", y="y.npy"), tmp_path).open()
    assert isinstance(found, ArrayDataset)
    array = found.x["x"]
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable
    batch = found.take(np.array([1, 3]))["x"]
    assert np.array_equal(batch, x[[1, 3]])
    assert not np.shares_memory(batch, array)
    assert [one["x"].tolist() for one in found.batches(3)] == [x[:3].tolist(), x[3:].tolist()]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.float64(1), "contains no rows"),
        (np.empty((0, 2)), "contains no rows"),
        (np.empty((4, 0)), "rows without values"),
    ],
)
def test_npy_files_without_values(tmp_path: Path, x: Any, message: str) -> None:
    """An empty file cannot be mapped, and a single value is no rows: the usual sentence."""
    np.save(tmp_path / "x.npy", x)
    with pytest.raises(InputError, match=message):
        source_of(DataSpec(x="x.npy", y=None), tmp_path).open()


@pytest.mark.parametrize("path", ["d.csv", "d.parquet", "d.npz", "d.h5"])
def test_labels_in_several_columns(tmp_path: Path, path: str) -> None:
    """They are the columns of one array, of the whole data or of an output; a missing one is an error."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "cat": [0, 1, 1], "dog": [1, 0, 1]})
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    np.savez(tmp_path / "d.npz", **frame)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.update(dict(frame))
    table = DataSpec(path=path, x=("a",), y=("dog", "cat"))
    found = source_of(table, tmp_path).open()
    assert found.labels(None).tolist() == [[1, 0], [0, 1], [1, 1]]  # type: ignore[union-attr]
    assert table.label_columns == ("dog", "cat")
    by_head = DataSpec(path=path, x=("a",), y={"pet": ("cat", "dog"), "size": "a"})
    found = source_of(by_head, tmp_path).open()
    assert found.labels("pet").tolist() == [[0, 1], [1, 0], [1, 1]]  # type: ignore[union-attr]
    assert by_head.label_columns == {"pet": ("cat", "dog")}
    unknown = DataSpec(path=path, x=("a",), y=("dog", "cow"))
    assert [location for location, *_ in unknown_names(unknown, tmp_path)] == [("data", "y", 1)]


def test_a_missing_label_in_one_of_several_columns(tmp_path: Path) -> None:
    """Names its row."""
    (tmp_path / "d.csv").write_text("a,cat,dog\n1,0,1\n2,1,\n3,0,0\n", "utf-8")
    with pytest.raises(InputError, match=r"data\.y: d\.csv: has no label in 1 rows \(the first is row 1\)"):
        source_of(DataSpec(path="d.csv", x=("a",), y=("cat", "dog")), tmp_path).open()
