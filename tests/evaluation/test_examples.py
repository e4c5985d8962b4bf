"""The rows that are shown: thumbnails against another decoder, columns, texts; no keras."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, dense_head, evaluation, head, outputs, scenes
from hypothesis import given, strategies as st
from matplotlib.image import imread

from reportgen.contract.records.examples import Examples, PictureScale
from reportgen.errors import InputError
from reportgen.evaluation import array_store
from reportgen.evaluation.examples import LONGEST_TEXT, Errors
from reportgen.evaluation.thumbnails import like_a_picture, png, thumbnail
from reportgen.inputs.sources.memory import Memory
from reportgen.inputs.sources.registry import source_of
from reportgen.sections.errors import SECTION
from reportgen.spec.tables.data import DataSpec

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.inputs.dataset import Dataset

LABELS = np.array([0, 1, 2, 0, 1, 2])
WRONG = np.eye(3, dtype=np.float32)[[0, 2, 2, 1, 1, 0]] * 3
"""Rows 1, 3 and 5 are wrong."""


def shown(dataset: Dataset, each: int = 12, rows: Any = None, **spec: Any) -> Examples | None:
    """Choose and read the errors of a model on some rows of a data set."""
    made = evaluation(head(outputs(WRONG, LABELS)), rows=rows)
    errors = Errors(each)
    for model in made.models:
        errors.add(model, made.data)
    return errors.examples(dataset, DataSpec(**{"path": "d.npz"} | spec), made.data)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]), st.integers(0, 2**32 - 1))
def test_another_decoder_reads_the_png(height: int, width: int, channels: int, seed: int) -> None:
    """Every pixel is what was written."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    read = imread(io.BytesIO(png(pixels)), format="png")
    assert np.array_equal(np.rint(read * 255), pixels[:, :, 0] if channels == 1 else pixels)


def test_a_large_picture_is_averaged() -> None:
    """The longer side has 64 pixels, each the mean of what it covers; black and white are the ends of the scale."""
    values = np.kron(np.array([[0.0, 1.0], [0.5, 2.0]]), np.ones((100, 64)))
    made = thumbnail(values, PictureScale("x", 0.0, 1.0))
    assert (made.width, made.height) == (41, 64)
    read = np.rint(imread(io.BytesIO(base64.b64decode(made.png)), format="png") * 255)
    assert [read[0, 0], read[0, -1], read[-1, 0], read[-1, -1]] == [0, 255, 128, 255]
    flat = thumbnail(np.full((8, 8), 3.0), PictureScale("x", 3.0, 3.0))
    assert set(np.rint(imread(io.BytesIO(base64.b64decode(flat.png)), format="png") * 255).ravel()) == {128}


@pytest.mark.parametrize(
    ("shape", "is_one"),
    [((28, 28), True), ((8, 8, 1), True), ((64, 32, 3), True), ((8, 8, 5), False), ((3, 8), False), ((100, 9), False)],
)
def test_what_is_like_a_picture(shape: tuple[int, ...], is_one: bool) -> None:
    """Two sides of at least 4, no more than 4 times as long as wide, in gray or RGB."""
    assert like_a_picture(shape) is is_one
    assert not like_a_picture(shape[:1])


def test_rows_of_pictures() -> None:
    """Only the wrong rows are kept, by their place among the evaluated ones; the scale is that of the evaluated rows."""
    x = np.arange(20 * 16, dtype=float).reshape(20, 4, 4)
    found = shown(Memory(x, np.zeros(20)).open(), rows=np.arange(2, 8))
    assert found is not None
    assert [one.place for one in found.rows] == [1, 3, 5]
    assert found.scales == (PictureScale("x", 32.0, 127.0),)
    assert found.reference_rows == 6
    assert all(len(one.pictures) == 1 and not one.values and one.text is None for one in found.rows)


def test_rows_of_a_table(tmp_path: Path) -> None:
    """The columns that lie farthest out come first, by the names in the spec."""
    lines = ["width,height,kind", *(f"{1 + index % 2},{10 + index},{index % 3}" for index in range(6))]
    lines[4] = "9,12,0"
    (tmp_path / "t.csv").write_text("\n".join(lines), "utf-8")
    spec = {"path": "t.csv", "x": ("width", "height"), "y": "kind"}
    found = shown(source_of(DataSpec(**spec), tmp_path).open(), **spec)
    assert found is not None
    assert [[(one.name, one.value) for one in row.values] for row in found.rows] == [
        [("width", 2.0), ("height", 11.0)],
        [("width", 9.0)],
        [("height", 15.0), ("width", 2.0)],
    ]
    assert {one.name: one.median for one in found.rows[0].values} == {"height": 12.0, "width": 1.5}


def test_unnamed_columns_are_numbered() -> None:
    """By the name of their input, from 0; inputs of one column have its name."""
    x = {"a": np.arange(6.0) ** 2, "b": np.arange(12.0).reshape(6, 2)}
    found = shown(Memory(x, LABELS).open(), x={"a": "a", "b": "b"})
    assert found is not None
    assert {one.name for row in found.rows for one in row.values} == {"a", "b[0]", "b[1]"}


def test_rows_with_texts(tmp_path: Path) -> None:
    """The text where the spec names its column, on one line and cut at its length; no columns of tokens beside it."""
    lines = [
        "token,said,kind",
        *(f'{index},"word\n{"so " * 200 if index == 1 else index}",{index % 3}' for index in range(6)),
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines), "utf-8")
    spec = {"path": "t.csv", "x": "token", "y": "kind", "text": "said"}
    found = shown(source_of(DataSpec(**spec), tmp_path).open(), **spec)
    assert found is not None
    first, second, _ = found.rows
    assert first.text is not None
    assert (len(first.text), first.text[-1]) == (LONGEST_TEXT, "…")
    assert (second.text, second.values) == ("word 3", ())


def test_texts_in_other_files(tmp_path: Path) -> None:
    """An array of an npz file, a file of its own; one for each row."""
    words = np.array(["a", "b"])
    np.savez(tmp_path / "t.npz", x=np.zeros((2, 1)), y=[0, 1], words=words, square=np.zeros((2, 2)))
    np.save(tmp_path / "x.npy", np.zeros((2, 1)))
    np.save(tmp_path / "t.npy", words)
    spec = DataSpec(x="x.npy", y=None, text="t.npy")
    for made in (DataSpec(path="t.npz", text="words"), spec):
        texts = source_of(made, tmp_path).open().texts
        assert texts is not None
        assert texts.tolist() == ["a", "b"]
    assert [name for name, _ in source_of(spec, tmp_path).digest()] == ["x.npy", "t.npy"]
    with pytest.raises(InputError, match=r"must have one value for each of the 2 rows \(found 2 × 2\)"):
        source_of(DataSpec(path="t.npz", text="square"), tmp_path).open()


def test_other_rows_have_a_place_only() -> None:
    """Neither a picture nor columns: sequences of vectors."""
    found = shown(Memory(np.zeros((6, 50, 7)), LABELS).open())
    assert found is not None
    assert [(one.pictures, one.values, one.text) for one in found.rows] == [((), (), None)] * 3


def test_large_rows_have_a_sample_as_their_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seeded sample of the evaluated rows."""
    monkeypatch.setattr("reportgen.evaluation.examples._REFERENCE_VALUES", 64)
    monkeypatch.setattr("reportgen.evaluation.examples._FEWEST_REFERENCE_ROWS", 2)
    found = shown(Memory(np.arange(6 * 16.0).reshape(6, 4, 4), LABELS).open())
    assert found is not None
    assert found.reference_rows == 4
    assert found == shown(Memory(np.arange(6 * 16.0).reshape(6, 4, 4), LABELS).open())


def test_none_are_read_where_none_are_wanted() -> None:
    """``gallery = false``, or no section needs them."""
    assert shown(Memory(np.zeros((6, 4, 4)), LABELS).open(), each=0) is None


def test_examples_travel_as_they_are(tmp_path: Path) -> None:
    """From the worker to the program."""
    found = shown(Memory(np.arange(6 * 16.0).reshape(6, 4, 4), LABELS).open())
    array_store.write(found, tmp_path / "examples")
    assert array_store.read(tmp_path / "examples") == found


def test_images_with_the_lowest_scores_are_read() -> None:
    """Just those that the section shows of all models, as rows of the data, though two have no position that counts."""
    logits, labels = scenes(12)
    labels[:2] = 255
    noise = np.random.default_rng(0).normal(size=logits.shape)
    made = evaluation(*(dense_head(logits + scale * noise, labels, ignored=255) for scale in (1.0, 2.0)))
    errors = Errors(2)
    for model in made.models:
        errors.add(model, made.data)
    found = errors.examples(Memory(np.zeros((12, 8, 8)), labels).open(), DataSpec(path="d.npz"), made.data)
    assert found is not None
    (shown_,) = analyzed(SECTION, replace(made, examples=found)).units
    assert [one.place for one in found.rows] == sorted(row.row for row in shown_.rows)
    assert all(len(row.pictures) == 1 for row in shown_.rows)
    assert min(row.row for row in shown_.rows) >= 2


def test_tokens_are_no_columns() -> None:
    """What stands at a place of a sequence has no median; a number of the sequence has one."""
    logits, labels = scenes(12)
    made = evaluation(dense_head(logits.reshape(12, 64, -1), labels.reshape(12, 64)))
    errors = Errors(2)
    errors.add(made.models[0], made.data)
    tokens, year = np.arange(12 * 64).reshape(12, 64), np.arange(12.0)
    inputs = Memory({"tokens": tokens, "year": year}, labels).open()
    found = errors.examples(inputs, DataSpec(path="d.npz", x={"tokens": "t", "year": "year"}), made.data)
    assert found is not None
    assert {one.name for row in found.rows for one in row.values} == {"year"}
