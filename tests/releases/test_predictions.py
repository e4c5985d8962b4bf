"""The answers on every row: small, the same in every run, and not trusted when they are read."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from factory import dense_head, evaluation, multilabel_head, scenes
from hypothesis import given, strategies as st
from pyarrow import parquet
from releases.made import classified, positions, release, several, values

from reportgen.analysis.releases import predictions, release as releases
from reportgen.contract.formats import ANSWERS
from reportgen.errors import ResultsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = ("a", "out")


def written(folder: Path, content: bytes, n: int, sha256: str | None = None) -> predictions.Predictions | None:
    """Write and read a file."""
    (folder / ANSWERS).write_bytes(content)
    return predictions.read(folder / ANSWERS, sha256 or hashlib.sha256(content).hexdigest(), n, [KEY])


def table(**columns: Any) -> bytes:
    """Return a file with these columns."""
    sink = io.BytesIO()
    parquet.write_table(pa.table({name.replace("__", "/"): column for name, column in columns.items()}), sink)
    return sink.getvalue()


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Rows, groups, weights and the answers of one model; those of others are not read."""
    made = classified(by="patient", groups=np.arange(300) // 2, weights=np.tile([0.5, 1.5], 150))
    found = predictions.of_evaluation(made)
    assert found is not None
    read = written(tmp_path, predictions.to_bytes(found), 300)
    assert read is not None
    assert set(read.heads) == {KEY}
    assert set(read.rows) == {"row", "group", "weight"}
    for name, array in {**found.rows, **found.heads[KEY]}.items():
        np.testing.assert_array_equal({**read.rows, **read.heads[KEY]}[name], array)


def test_it_takes_about_thirty_bytes_per_row_and_is_the_same_in_every_run() -> None:
    """Of 20,000 rows of one model, as written; random confidences compress least."""
    made = predictions.of_evaluation(classified(["a"], rows=20_000))
    assert made is not None
    content = predictions.to_bytes(made)
    assert len(content) / 20_000 < 30
    assert predictions.to_bytes(made) == content


def test_predicted_values_are_stored_as_they_are(tmp_path: Path) -> None:
    """Without rounding: a difference of two nearly equal models must not be one of float32."""
    found = predictions.of_evaluation(values())
    assert found is not None
    read = written(tmp_path, predictions.to_bytes(found), 120)
    assert read is not None
    np.testing.assert_array_equal(read.heads[KEY]["value"], values().models[0].heads[0].outputs.predictions)  # type: ignore[union-attr]


@pytest.mark.parametrize("made", [positions(), positions(tokens=True), several()], ids=["pixels", "tokens", "labels"])
def test_counts_by_class_are_columns_by_class(tmp_path: Path, made: Any) -> None:
    """A column for each class and kind of count, whatever the number of pixels; what is read is what was written."""
    found = predictions.of_evaluation(made)
    assert found is not None
    content = predictions.to_bytes(found)
    names = set(parquet.ParquetFile(io.BytesIO(content)).schema_arrow.names)
    assert {"a/out/hits/0", "a/out/predicted/2", "a/out/actual/1", "a/out/counted", "b/out/nll"} <= names
    assert ("a/out/boundary_hits/0" in names) == (made.models[0].heads[0].task.value == "segmentation")
    read = written(tmp_path, content, found.n)
    assert read is not None
    assert read.heads[KEY].keys() == found.heads[KEY].keys()
    for name, array in found.heads[KEY].items():
        np.testing.assert_array_equal(read.heads[KEY][name], array)


def test_answers_without_labels_are_the_predicted_classes() -> None:
    """Of labels whether each class is predicted, of pixels how many are."""
    logits, _ = scenes(4)
    for made in (dense_head(logits), multilabel_head(logits[:, 0, 0])):
        found = predictions.of_evaluation(evaluation(made))
        assert found is not None
        assert set(found.heads[KEY]) == {"predicted"}
        np.testing.assert_array_equal(found.heads[KEY]["predicted"], made.outputs.predicted[:])  # type: ignore[union-attr]


def test_an_output_with_too_many_counts_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of it, rather than a part; other outputs are."""
    monkeypatch.setattr(predictions, "MOST_COUNTS", 899)
    assert predictions.of_evaluation(several()) is None
    monkeypatch.setattr(predictions, "MOST_COUNTS", 900)
    assert predictions.of_evaluation(several()) is not None


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    """The results can be copied without it."""
    assert predictions.read(tmp_path / ANSWERS, "0" * 64, 3, [KEY]) is None


ROWS = {"row": np.arange(3)}
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no parquet": (lambda: b"PAR1 but not really", "cannot be read as parquet"),
    "empty": (lambda: b"", "cannot be read as parquet"),
    "too few rows": (lambda: table(row=np.arange(2)), "has 2 rows, but the results beside it say 3"),
    "no rows": (lambda: table(a__out__label=np.zeros(3, np.int32)), "has no column 'row'"),
    "text": (lambda: table(**ROWS, a__out__label=["x", "y", "z"]), "'a/out/label' must be int32 without gaps"),
    "gaps": (lambda: table(**ROWS, a__out__label=pa.array([1, None, 2], pa.int32())), "int32 without gaps"),
    "lists": (lambda: table(**ROWS, a__out__label=[[1], [2], [3]]), "'a/out/label"),
    "wide": (lambda: table(**ROWS, a__out__label=np.zeros(3, np.int64)), "must be int32"),
    "NaN": (lambda: table(**ROWS, a__out__nll=np.full(3, np.nan, np.float32)), "not finite"),
    "counts of text": (lambda: table(**ROWS, a__out__hits__0=["x", "y", "z"]), "'a/out/hits/0' must be int32"),
    "a bomb": (lambda: table(**ROWS, a__out__label=["x" * 4_000_000] * 3), "is larger than its rows"),
}


@pytest.mark.parametrize("which", BAD)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, which: str) -> None:
    """Whatever is in it, and though its digest is right."""
    content, says = BAD[which]
    with pytest.raises(ResultsError, match=says) as error:
        written(tmp_path, content(), 3)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=40), st.integers(0, 400))
def test_a_damaged_file_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int) -> None:
    """Nothing but a ResultsError, wherever bytes are overwritten."""
    content = bytearray(table(**ROWS, a__out__label=np.zeros(3, np.int32)))
    content[place : place + len(noise)] = noise
    with suppress(ResultsError):
        found = written(tmp_path_factory.mktemp("damaged"), bytes(content), 3)
        assert found is not None
        assert found.n == 3


def test_another_file_beside_the_results_is_refused(tmp_path: Path) -> None:
    """Its digest is in the results."""
    path = release(tmp_path, classified())
    answers = path.with_name(ANSWERS)
    answers.write_bytes(answers.read_bytes() + b" ")
    with pytest.raises(ResultsError, match="its digest differs"):
        releases.read(path, "r.json", None)


def test_the_file_in_the_results_is_not_followed(tmp_path: Path) -> None:
    """Only the file of that name beside the results is read, whatever they say."""
    path = release(tmp_path, classified())
    path.write_text(path.read_text("utf-8").replace('"file": "predictions.parquet"', '"file": "/etc/passwd"'), "utf-8")
    found = releases.read(path, "r.json", None)
    assert found.predictions is not None
    path.with_name(ANSWERS).unlink()
    assert releases.read(path, "r.json", None).predictions is None
