"""Leakage: rows of the evaluation data that are in the training data; pandas as the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from streams import Stream

from reportgen.errors import InputError
from reportgen.evaluation.leakage import training_rows
from reportgen.evaluation.population import describe_data
from reportgen.evaluation.row_digests import DIGEST, row_digests
from reportgen.inputs.sources.memory import Memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.contract.records.data import TrainingRows

COLUMNS = 2


def compared(x: Any, training: Any, rows: Any = None) -> TrainingRows:
    """Look for rows of an array, or of several by name, in another one."""
    dataset, other = (Memory(one, None).open() for one in (x, training))
    return training_rows(dataset, np.arange(dataset.n) if rows is None else np.asarray(rows), other)


def tables(most: int = 12) -> st.SearchStrategy[NDArray[Any]]:
    """Make tables of few different rows."""
    shape = st.integers(1, most).map(lambda n: (n, COLUMNS))
    return shape.flatmap(lambda size: arrays(np.float64, size, elements=st.sampled_from([0.0, 1.0, 0.1, -2.5])))


@given(tables(), tables(), st.data())
def test_leaked_rows_are_those_of_pandas(x: Any, training: Any, data: st.DataObject) -> None:
    """Of all evaluated rows, or of a sample of them; however the training rows are read."""
    rows = sorted(data.draw(st.sets(st.integers(0, len(x) - 1), min_size=1)))
    told = pd.MultiIndex.from_arrays(x[rows].T).isin(pd.MultiIndex.from_arrays(training.T))
    found = compared(x, training, rows)
    assert found.leaked.tolist() == told.tolist()
    assert (found.n, found.count, found.compared) == (len(training), told.sum(), "bit by bit")
    dataset, streamed = Memory(x, None).open(), Stream(Memory(training, None).open())
    assert training_rows(dataset, np.asarray(rows), streamed).leaked.tolist() == told.tolist()  # type: ignore[arg-type]


@given(tables())
def test_repeated_rows_are_those_of_pandas(x: Any) -> None:
    """Within the evaluation data, too."""
    found = describe_data(Memory(x, None).open(), np.arange(len(x)))
    assert found.duplicates == pd.DataFrame(x).duplicated().sum()


def test_planted_rows_are_found() -> None:
    """Every third of 3,000 pictures is in the training data, in another order; progress is told by the rows read."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (3000, 8, 8, 1), np.uint8)
    training = generator.permutation(np.concatenate([generator.integers(0, 256, (5000, 8, 8, 1), np.uint8), x[::3]]))
    told: list[tuple[str, int, int]] = []
    own, other = Memory(x, None).open(), Memory(training, None).open()
    found = training_rows(own, np.arange(3000), other, lambda *step: told.append(step))
    assert np.flatnonzero(found.leaked).tolist() == list(range(0, 3000, 3))
    comparing = [step for step in told if step[0] == "comparing with the training data"]
    assert comparing == sorted(comparing)
    assert comparing[-1] == ("comparing with the training data", 6000, 6000)
    assert ("preparing the comparison with the training data", 3000, 3000) in told
    assert {done <= total for _, done, total in told} == {True}


@pytest.mark.parametrize(
    ("own", "other", "as_type"),
    [
        ("float64", "float32", "float32"),
        ("float32", "float64", "float32"),
        ("float16", "float64", "float16"),
        ("uint8", "float32", "float32"),
        ("float64", "int64", "float64"),
        ("uint8", "int16", "int16"),
    ],
)
def test_types_may_differ(own: str, other: str, as_type: str) -> None:
    """The same values stored in another type are the same rows, and the report says as what they were compared."""
    values = np.array([[1, 2], [3, 4], [5, 6]]) + (0.1 if own[0] == other[0] == "f" else 0)
    found = compared(values.astype(own), values[1:].astype(other))
    assert found.leaked.tolist() == [False, True, True]
    assert found.compared == f"bit by bit, x as {as_type}"


def test_all_inputs_must_be_equal() -> None:
    """A row with one input of one training row and one of another is none of them."""
    x = {"left": np.array([[1.0], [2.0]]), "right": np.array([[1.0], [2.0]])}
    found = compared(x, {"left": np.array([[1.0], [2.0]]), "right": np.array([[2.0], [2.0]])})
    assert found.leaked.tolist() == [False, True]


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (
            np.zeros((2, 4, 4)),
            r"the rows of x have the shape \(4, 4\) in the training data, \(4, 4, 1\) in the evaluation data",
        ),
        ({"left": np.zeros((2, 4))}, "the training data has the inputs left, the evaluation data x"),
    ],
)
def test_rows_of_another_form_cannot_be_compared(training: Any, words: str) -> None:
    """That is an error, never "no leakage"."""
    with pytest.raises(InputError, match=words):
        compared(np.zeros((2, 4, 4, 1)), training)


def test_sixteen_bytes_a_row() -> None:
    """Digests that end with a zero byte are told apart too: all have the same length."""
    digests = row_digests({"x": np.arange(20_000)[:, None]})
    assert digests.dtype == DIGEST
    assert digests.nbytes == 16 * 20_000
    assert len(np.unique(digests)) == 20_000
    assert (digests.view(np.uint8).reshape(-1, 16)[:, -1] == 0).any()
