"""Training histories in every form in which Keras and its users write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportgen.errors import InputError
from reportgen.inputs import histories

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
