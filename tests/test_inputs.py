"""Histories and data sets as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportgen.errors import InputError
from reportgen.inputs import datasets, histories
from reportgen.spec.model import DataSpec

if TYPE_CHECKING:
    from pathlib import Path

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
        ("h.json", "[1]", "must be an object"),
        ("h.json", '{"loss": 1}', "'loss' is not a list of numbers"),
        ("h.json", '{"loss": ["a"]}', "'loss' is not a list of numbers"),
        ("h.json", "{}", "has no curve"),
        ("h.csv", "", "has no curve"),
        ("h.csv", "epoch,loss\n0,x\n", "is not a training history"),
        ("gone.json", None, "cannot be read"),
    ],
)
def test_a_history_that_is_none(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    """One sentence that names key and file."""
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InputError, match=message) as caught:
        histories.load(AT, name, tmp_path)
    assert str(caught.value).startswith(f"models.m.history: {name}: ")


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    """Object arrays are never unpickled."""
    np.savez(tmp_path / "d.npz", x=np.array([{}, {}], dtype=object), y=np.zeros(2))
    with pytest.raises(InputError, match="allow_pickle"):
        datasets.load(DataSpec(path="d.npz"), tmp_path)


def test_several_inputs_and_labels(tmp_path: Path) -> None:
    """A table names an array for each."""
    np.savez(tmp_path / "d.npz", left=np.zeros((3, 2)), right=np.ones((3, 1)), y=np.arange(3))
    found = datasets.load(DataSpec(path="d.npz", x={"a": "left", "b": "right"}, y={"k": "y"}), tmp_path)
    assert isinstance(found.x, dict)
    assert set(found.x) == {"a", "b"}
    assert isinstance(found.y, dict)
    assert found.n == 3


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (DataSpec(path="d.npz", x="z"), r"data\.x: d\.npz: has no 'z' \(it has x, y, text\)"),
        (DataSpec(path="d.npz", x="text"), "must be numbers"),
        (DataSpec(path="d.txt"), "must be an .npz, .csv or .parquet file"),
        (DataSpec(path="broken.npz"), "cannot be read as npz"),
        (DataSpec(x="x.txt", y=None), "must be an .npy file"),
        (DataSpec(x=("a", "b"), y=None), "column names need a data.path"),
    ],
)
def test_data_that_cannot_be(tmp_path: Path, spec: DataSpec, message: str) -> None:
    """One sentence that names key and file."""
    np.savez(tmp_path / "d.npz", x=np.zeros(2), y=np.zeros(2), text=np.array(["a", "b"]))
    (tmp_path / "broken.npz").write_bytes(b"no zip")
    (tmp_path / "d.txt").touch()
    with pytest.raises(InputError, match=message):
        datasets.load(spec, tmp_path)
