"""Training histories in every form in which Keras and its users write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from reportgen.errors import InputError
from reportgen.inputs import histories
from reportgen.inputs.curves import mapped
from reportgen.inputs.digest import of_folder, sha256

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.contract.records.history import History

AT = ("models", "m", "history")


def loaded(folder: Path, text: str, name: str = "h.json") -> History:
    """Write a history and load it."""
    (folder / name).write_text(text, "utf-8")
    return histories.load(AT, name, folder)


@pytest.mark.parametrize("cell", ["0.5", '"0.5"', '"np.float32(0.5)"', "5e-1"])
def test_numbers_may_stand_as_text(tmp_path: Path, cell: str) -> None:
    """``json.dumps(..., default=str)`` leaves numpy's numbers as text."""
    assert loaded(tmp_path, f'{{"loss": [{cell}]}}').curves["loss"].tolist() == [0.5]


@pytest.mark.parametrize("cell", ["null", "NaN", '"nan"', '"NA"', '""', '"None"'])
def test_what_is_missing_is_nan(tmp_path: Path, cell: str) -> None:
    """Null and its spellings; NaN stays NaN."""
    assert np.isnan(loaded(tmp_path, f'{{"loss": [1, {cell}]}}').curves["loss"][1])


@pytest.mark.parametrize(("cell", "value"), [('"inf"', np.inf), ("Infinity", np.inf), ('"-inf"', -np.inf)])
def test_infinite_values(tmp_path: Path, cell: str, value: float) -> None:
    """An infinite loss is no missing one."""
    assert loaded(tmp_path, f'{{"loss": [{cell}]}}').curves["loss"][0] == value


@pytest.mark.parametrize("row", ["[0.1, 0.2]", '"[0.1, 0.2]"', '"[0.1 0.2]"', '"[np.float32(0.1), np.float32(0.2)]"'])
def test_a_vector_an_epoch(tmp_path: Path, row: str) -> None:
    """F1Score stores one value per class; an epoch without it is NaN throughout."""
    found = loaded(tmp_path, f'{{"f1_score": [{row}, null]}}').curves["f1_score"]
    assert np.array_equal(found, [[0.1, 0.2], [np.nan, np.nan]], equal_nan=True)


def test_a_vector_in_a_csv(tmp_path: Path) -> None:
    """CSVLogger puts a vector between quotes of its own."""
    found = loaded(tmp_path, 'epoch,f1_score\n0,"""[0.1, 0.2]"""\n1,"""[0.3, 0.4]"""\n', "h.csv")
    assert found.curves["f1_score"].tolist() == [[0.1, 0.2], [0.3, 0.4]]


def test_curves_of_unequal_length(tmp_path: Path) -> None:
    """Nothing is cut to the shorter one."""
    found = loaded(tmp_path, '{"loss": [1, 2, 3, 4], "val_loss": [5, 6]}').curves
    assert [len(curve) for curve in found.values()] == [4, 2]


@pytest.mark.parametrize("written", [[0, 1], [5, 6]])
def test_the_epoch_is_no_curve(tmp_path: Path, written: list[int]) -> None:
    """Epoch numbers are kept as they stand, from JSON and from CSV."""
    both = (
        loaded(tmp_path, json.dumps({"epoch": written, "loss": [2, 1]})),
        loaded(tmp_path, "epoch,loss\n" + "".join(f"{number},1\n" for number in written), "h.csv"),
    )
    assert all(one.epochs == tuple(written) and set(one.curves) == {"loss"} for one in both)


def test_no_epoch_numbers(tmp_path: Path) -> None:
    """Without them there is nothing."""
    assert loaded(tmp_path, '{"loss": [1]}').epochs is None


def test_a_whole_history_object(tmp_path: Path) -> None:
    """``vars(history)``: the curves stand in ``history``, the epochs beside them."""
    found = loaded(tmp_path, '{"history": {"loss": [2, 1]}, "epoch": [0, 1], "params": {"verbose": 1}}')
    assert (set(found.curves), found.epochs) == ({"loss"}, (0, 1))


def test_as_pandas_writes_it(tmp_path: Path) -> None:
    """``DataFrame.to_json()``: row numbers, sorted as numbers."""
    found = loaded(tmp_path, json.dumps({"loss": {str(row): row for row in (0, 10, 2, 1)}}))
    assert found.curves["loss"].tolist() == [0, 1, 2, 10]


def test_separators_and_repeated_headers(tmp_path: Path) -> None:
    """CSVLogger's separator is free, and a resumed run may write its header again."""
    found = loaded(tmp_path, "epoch;loss\n0;2.0\nepoch;loss\n1;1.0\n", "h.csv")
    assert (found.curves["loss"].tolist(), found.epochs) == ([2.0, 1.0], (0, 1))


@pytest.mark.parametrize(
    "text",
    [
        '{"loss": [true]}',
        '{"loss": [[1, 2], [3]]}',
        '{"loss": [1, [2]]}',
        '{"loss": [1], "epoch": [0.5]}',
        '{"loss": [{}]}',
    ],
)
def test_what_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    """One sentence that names the file."""
    with pytest.raises(InputError, match=r"models\.m\.history: h\.json: is not a training history"):
        loaded(tmp_path, text)


def test_a_line_with_too_many_cells(tmp_path: Path) -> None:
    """A broken CSV is no history."""
    with pytest.raises(InputError, match="more cells"):
        loaded(tmp_path, "epoch,loss\n0,1,2\n", "h.csv")


# ------------------------------------------------------------------------------------------------ columns by name

LIGHTNING = """epoch,step,lr,train_loss_epoch,train_loss_step,val_acc,val_loss
0,,0.1,,,,
0,4,,,2.0,,
0,9,,,1.5,,
0,9,,,,0.5,1.4
0,9,,1.7,,,
1,19,,1.2,1.1,,
1,19,,,,0.75,1.3
"""
MLFLOW = """key,value,step,timestamp
val_loss,1.4,0,5
loss,1.7,0,4
loss,1.2,1,8
"""


def test_columns_of_lightning(tmp_path: Path) -> None:
    """Rows of an epoch become one; of several values the last counts; what no epoch has is missing."""
    (tmp_path / "metrics.csv").write_text(LIGHTNING, "utf-8")
    names = {"loss": "train_loss_epoch", "val_loss": "val_loss", "last": "train_loss_step", "lr": "lr"}
    found = histories.load(AT, "metrics.csv", tmp_path, names)
    assert found.epochs == (0, 1)
    assert {key: curve.tolist() for key, curve in found.curves.items() if key != "lr"} == {
        "loss": [1.7, 1.2],
        "val_loss": [1.4, 1.3],
        "last": [1.5, 1.1],
    }
    assert np.array_equal(found.curves["lr"], [0.1, np.nan], equal_nan=True)
    by_step = histories.load(AT, "metrics.csv", tmp_path, {"epoch": "step", "last": "train_loss_step"})
    assert (by_step.epochs, by_step.curves["last"].tolist()) == ((4, 9, 19), [2.0, 1.5, 1.1])


def test_columns_of_mlflow(tmp_path: Path) -> None:
    """A table with one row for each value has its names in ``key``."""
    (tmp_path / "metrics.csv").write_text(MLFLOW, "utf-8")
    found = histories.load(AT, "metrics.csv", tmp_path, {"loss": "loss", "val_loss": "val_loss"})
    assert found.epochs == (0, 1)
    assert found.curves["loss"].tolist() == [1.7, 1.2]
    assert np.array_equal(found.curves["val_loss"], [1.4, np.nan], equal_nan=True)


def test_columns_without_epochs(tmp_path: Path) -> None:
    """Every row is one."""
    (tmp_path / "m.csv").write_text("a,b\n1,2\n3,4\n", "utf-8")
    found = histories.load(AT, "m.csv", tmp_path, {"loss": "b"})
    assert (found.epochs, found.curves["loss"].tolist()) == (None, [2.0, 4.0])


@pytest.mark.parametrize(
    ("text", "names", "words"),
    [
        ("epoch,a\n0,1\n", {"loss": "b"}, "it has no column 'b', but epoch, a"),
        (",a\n,1\n", {"loss": "a", "epoch": "e"}, "it has no column 'e', but a"),
        ("epoch,a\n0,x\n", {"loss": "a"}, "is not a training history"),
        ("epoch,a\n,1\n", {"loss": "a"}, "row 0 has values, but no epoch"),
        ("epoch,a\n0.5,1\n", {"loss": "a"}, "'epoch' is not a list of whole numbers"),
        ("epoch,a\nx,1\n", {"loss": "a"}, "is not a training history"),
        ("epoch,a\n[1],1\n", {"loss": "a"}, "is not a training history"),
        (MLFLOW, {"loss": "accuracy"}, "it has no column 'accuracy', but step, val_loss, loss"),
    ],
)
def test_columns_that_are_not_there(tmp_path: Path, text: str, names: dict[str, str], words: str) -> None:
    """One sentence."""
    (tmp_path / "m.csv").write_text(text, "utf-8")
    with pytest.raises(InputError, match=words) as caught:
        histories.load(AT, "m.csv", tmp_path, names)
    assert str(caught.value).startswith("models.m.history: m.csv: ")


def test_columns_of_unequal_length(tmp_path: Path) -> None:
    """JSON may have them; with epochs they cannot be joined."""
    (tmp_path / "h.json").write_text('{"history": {"a": [1, 2, 3], "b": [1]}, "epoch": [0, 1, 2]}', "utf-8")
    assert histories.load(AT, "h.json", tmp_path, {"loss": "a"}).curves["loss"].tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(InputError, match="'b' has 1 values for 3 epochs"):
        histories.load(AT, "h.json", tmp_path, {"loss": "b"})


@given(st.lists(st.tuples(st.integers(0, 5), st.none() | st.floats(-9, 9)), max_size=30))
def test_the_last_value_of_an_epoch_counts(rows: list[tuple[int, float | None]]) -> None:
    """Against a loop."""
    expected = {epoch: value for epoch, value in rows if value is not None}
    columns = {"epoch": [epoch for epoch, _ in rows], "a": [value for _, value in rows]}
    found = mapped(columns, {"loss": "a"}, lambda value: value is None)
    assert found == {"epoch": sorted(expected), "loss": [expected[epoch] for epoch in sorted(expected)]}


# ------------------------------------------------------------------------------------------------ TensorBoard


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_event_files(tmp_path: Path) -> None:
    """What Keras' callback and a summary writer leave is what ``fit`` returns and what was written; only scalars are read."""
    import keras
    import tensorflow as tf

    x, y = np.zeros((8, 2)), np.arange(8) % 2
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", metrics=["mae"])
    callback = keras.callbacks.TensorBoard(tmp_path / "logs", write_graph=False, histogram_freq=1)
    fitted = model.fit(x, y, validation_data=(x, y), epochs=3, verbose=0, callbacks=[callback]).history
    found = histories.load(AT, "logs", tmp_path)
    assert found.epochs == (0, 1, 2)
    assert {key: found.curves[key].tolist() for key in fitted} == {
        key: pytest.approx(values) for key, values in fitted.items()
    }
    assert (found.file, found.sha256) == ("logs/", of_folder(tmp_path / "logs"))
    with tf.summary.create_file_writer(str(tmp_path / "own")).as_default():
        for step, value in ((0, 3.0), (5, 2.0), (5, 1.0)):
            tf.summary.scalar("Loss/train", value, step)
            tf.summary.text("note", "no number", step)
            tf.summary.histogram("weights", [1.0, 2.0], step)
    (file,) = (tmp_path / "own").iterdir()
    own = histories.load(AT, f"own/{file.name}", tmp_path, {"loss": "Loss/train"})
    assert (own.epochs, own.curves["loss"].tolist(), own.sha256) == ((0, 5), [3.0, 1.0], sha256(file))
    with pytest.raises(InputError, match=r"name some in history_columns \(there are Loss/train\)"):
        histories.load(AT, "own", tmp_path)
    with pytest.raises(InputError, match="it has no column 'Loss', but step, Loss/train"):
        histories.load(AT, "own", tmp_path, {"loss": "Loss"})
    content = bytearray(file.read_bytes())
    content[14] ^= 255
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"models\.m\.history: own: cannot be read as TensorBoard's event files"):
        histories.load(AT, "own", tmp_path, {"loss": "Loss/train"})
