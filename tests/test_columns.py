"""Tables in chunks: the same arrays as of the whole table, whatever a chunk looks like by itself."""

from __future__ import annotations

import io
import tempfile
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st
from pyarrow import parquet

from reportgen.errors import InputError
from reportgen.inputs.sources import columns, parquet as parquet_source
from reportgen.inputs.sources.headers import read_values
from reportgen.inputs.sources.registry import source_of
from reportgen.spec.tables.data import DataSpec

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Dataset

CELLS = st.sampled_from(["", "1", "-2", "3.5", "1e3", "True", "False", "a", "01", "NA"])
CHUNK = columns.CHUNK


def opened(file: Path, **data: Any) -> Dataset:
    """Open the rows of a table."""
    return source_of(DataSpec(path=file.name, **{"x": "x", **data}), file.parent).open()


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12),
    size=st.integers(1, 5),
)
def test_chunks_of_csv_are_the_whole(rows: list[tuple[str, str]], size: int) -> None:
    """Numbers, text, true and false, missing cells, in any mixture: pandas infers types from all rows."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "table.csv"
        file.write_text("".join(f"{one},{other}\n" for one, other in [("a", "b"), *rows]), "utf-8")
        found = []
        for chunk in (CHUNK, size):
            patch.setattr(columns, "CHUNK", chunk)
            found.append(gathered(file))
    for name in "ab":
        whole, pieces = found[0][name], found[1][name]
        np.testing.assert_array_equal(pieces.absent, whole.absent)
        kept = ~whole.absent
        assert pieces.values[kept].tolist() == whole.values[kept].tolist()
        if kept.any():
            assert (pieces.values.dtype.kind == "U") == (whole.values.dtype.kind == "U")


def gathered(file: Path) -> dict[str, columns.Column]:
    """Read all columns of a csv file."""
    source: Any = source_of(DataSpec(path=file.name, x=("a", "b")), file.parent)
    return columns.gathered(source._chunks, ("a", "b"))


def test_chunks_of_parquet_are_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where all values of a chunk are missing, and where row groups end within a chunk."""
    n = 23
    table = pa.table(
        {
            "x": np.arange(n) / 4,
            "count": pa.array([None if place % 5 == 0 else place for place in range(n)], pa.int64()),
            "late": pa.array([None] * 8 + ["word"] * (n - 8), pa.string()),
            "y": pa.array(["a", "bcd"] * 11 + ["ef"]),
        }
    )
    parquet.write_table(table, tmp_path / "table.parquet", row_group_size=7)
    found = []
    for size in (CHUNK, 4):
        monkeypatch.setattr(columns, "CHUNK", size)
        source: Any = source_of(DataSpec(path="table.parquet", x="x"), tmp_path)
        names = table.column_names
        found.append(columns.gathered(lambda _: source._chunks(names), names))  # noqa: B023 used at once
    for name in table.column_names:
        whole, pieces = found[0][name], found[1][name]
        np.testing.assert_array_equal(pieces.values, whole.values)
        np.testing.assert_array_equal(pieces.absent, whole.absent)
        assert pieces.values.dtype == whole.values.dtype


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_many_numbers_of_an_archive_are_on_the_disk(tmp_path: Path, kind: str, order: Any) -> None:
    """Compressed or not, whatever the order of their values in the file."""
    import h5py

    x = np.asarray(np.arange(300_000, dtype=np.float32).reshape(100_000, 3), order=order)
    file = tmp_path / f"data.{kind}"
    if kind == "npz":
        np.savez_compressed(file, x=x, y=np.arange(100_000) % 2)
    else:
        with h5py.File(file, "w") as made:
            made["x"], made["y"] = x, np.arange(100_000) % 2
    (array,) = opened(file).x.values()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(array, x)
    bases = [array]
    while bases[-1] is not None:
        bases.append(getattr(bases[-1], "base", None))
    assert isinstance(bases[-2], mmap)


def test_an_archive_that_ends_early(tmp_path: Path) -> None:
    """Says so."""
    whole = io.BytesIO()
    np.save(whole, np.arange(1000.0))
    with pytest.raises(ValueError, match="ends 96 bytes before its array does"):
        read_values(io.BytesIO(whole.getvalue()[:-96]))


def test_many_rows_are_on_the_disk(tmp_path: Path) -> None:
    """And hold what the file holds."""
    n = CHUNK + 1000
    parquet.write_table(
        pa.table({"x": np.arange(n, dtype=np.float64), "y": np.arange(n) % 2}), tmp_path / "table.parquet"
    )
    found = opened(tmp_path / "table.parquet", x=("x",))
    (array,) = found.x.values()  # type: ignore[attr-defined]
    assert isinstance(array.base, mmap)
    np.testing.assert_array_equal(array[:, 0], np.arange(n))


@pytest.mark.parametrize(
    ("text", "words"),
    [("x,y\n", "contains no rows"), ("", "cannot be read as csv"), (",x\n1,2\n", "its name is not that of a column")],
)
def test_tables_without_values(tmp_path: Path, text: str, words: str) -> None:
    """One sentence."""
    (tmp_path / "table.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=words):
        opened(tmp_path / "table.csv", x="" if text.startswith(",") else "x")


def test_lists_of_one_length_are_an_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of fixed size and not, whatever the chunks; others say what is wrong with them."""
    monkeypatch.setattr(parquet_source, "_LISTS_AT_ONCE", 4)
    x = np.arange(33, dtype=np.float32).reshape(11, 3)
    lists = x.tolist()
    table = pa.table(
        {
            "x": pa.array(lists, pa.list_(pa.float32())),
            "fixed": pa.array(lists, pa.list_(pa.float32(), 3)),
            "large": pa.array(lists, pa.large_list(pa.int64())),
            "y": np.arange(11),
            "longer": pa.array([*lists[:-1], [1.0]]),
            "both": pa.array([[1.0], [1.0, 2.0], *lists[2:]]),
            "gone": pa.array([*lists[:-1], None]),
            "hole": pa.array([*lists[:-1], [1.0, None, 2.0]]),
            "empty": pa.array([[]] * 11, pa.list_(pa.float32())),
            "words": pa.array([["a"]] * 11),
            "nested": pa.array([[[1.0]]] * 11),
        }
    )
    parquet.write_table(table, tmp_path / "d.parquet", row_group_size=5)
    found = opened(tmp_path / "d.parquet", x={"a": "x", "b": "fixed", "c": "large"}, y="y")
    (batch,) = found.batches(11)
    assert [batch[name].tolist() for name in "abc"] == [lists] * 3
    assert [batch[name].dtype for name in "abc"] == [np.float32, np.float32, np.int64]
    for name, words in {
        "longer": "'longer' cannot be read (its lists have different lengths: 1 and 3)",
        "both": "'both' cannot be read (its lists have different lengths: 1 and 2)",
        "gone": "'gone' cannot be read (row 10 has no list)",
        "hole": "'hole' cannot be read (a list has a missing value)",
        "empty": "has rows without values (found shape (11, 0))",
        "words": "'words' cannot be read (must be numbers or text, found ndarray)",
        "nested": "'nested' cannot be read (must be numbers or text, found ndarray)",
    }.items():
        with pytest.raises(InputError) as caught:
            opened(tmp_path / "d.parquet", x=name, y="y")
        assert str(caught.value) == f"data.x: d.parquet: {words}"
