"""What an evaluation is made of: decisions, labels, samples, accumulated outputs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
from factory import noisy, outputs
from hypothesis import given, strategies as st

from reportgen.contract.records.heads import Decision
from reportgen.errors import InputError
from reportgen.evaluation.heads import Output, Reader
from reportgen.evaluation.sampling import choose_rows
from reportgen.evaluation.tasks.base import ContradictionError, HeadEvidence, HeadRows, OutputsError, UndecidedError
from reportgen.evaluation.tasks.classification import ClassificationAccumulator, Labels, encode
from reportgen.evaluation.tasks.resolve import (
    TASKS,
    resolve_outputs,
    resolve_task,
)
from reportgen.inputs.models import canonical_loss
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.models import ModelSpec, TaskName

LOSSES = {
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "mean_squared_error",
    "huber",
    "my_loss",
}


@pytest.mark.parametrize(
    ("evidence", "task", "kind"),
    [
        (HeadEvidence(loss="sparse_categorical_crossentropy", from_logits=True, n_outputs=10), "multiclass", "logits"),
        (HeadEvidence(loss="binary_crossentropy", from_logits=False), "binary", "probabilities"),
        (HeadEvidence(loss="binary_crossentropy", from_logits=False, n_outputs=5), "multilabel", "probabilities"),
        (HeadEvidence(loss="mean_squared_error"), "regression", "values"),
        (HeadEvidence(activation="softmax", n_outputs=2), "binary", "probabilities"),
        (HeadEvidence(activation="log_softmax", n_outputs=3, labels="integers"), "multiclass", "logits"),
        (HeadEvidence(activation="sigmoid", labels="floats"), "regression", "values"),
        (HeadEvidence(activation="linear", labels="floats"), "regression", "values"),
        (
            HeadEvidence(activation="linear", declared_outputs="logits", n_outputs=3, labels="integers"),
            "multiclass",
            "logits",
        ),
        (HeadEvidence(declared_task="multiclass", activation="softmax", n_outputs=2), "multiclass", "probabilities"),
    ],
)
def test_ordered_rules(evidence: HeadEvidence, task: str, kind: str) -> None:
    """The first rule that matches decides, and says so."""
    decided = resolve_task(evidence)
    assert (decided.value, resolve_outputs(evidence, decided.value).value) == (task, kind)
    assert decided.rule


def test_a_linear_head_with_integer_labels_is_ambiguous() -> None:
    """Nothing is guessed: the remedy is named."""
    with pytest.raises(UndecidedError, match="set outputs ="):
        resolve_task(HeadEvidence(activation="linear", n_outputs=3, labels="integers"))


def test_logits_behind_a_softmax_contradict() -> None:
    """A loss from logits on top of a softmax is told, not computed."""
    evidence = HeadEvidence(loss="categorical_crossentropy", from_logits=True, activation="softmax", n_outputs=3)
    with pytest.raises(ContradictionError, match="last activation is softmax"):
        resolve_outputs(evidence, "multiclass")


def test_losses_have_one_name() -> None:
    """Class, function and abbreviation are one."""
    assert {canonical_loss(name) for name in ("MeanSquaredError", "mean_squared_error", "mse")} == {
        "mean_squared_error"
    }


def test_labels_of_every_kind() -> None:
    """Integers, strings, one-hot and soft rows come to the same indices."""
    names = ("ant", "bee", "cat")
    wanted = [2, 0, 1]
    for y, kind in (
        (np.array([2, 0, 1]), "integers"),
        (np.array([[2.0], [0.0], [1.0]]), "integers"),
        (np.array(["cat", "ant", "bee"]), "strings"),
        (np.eye(3)[wanted], "one-hot"),
        (np.eye(3)[wanted] * 0.7 + 0.1, "soft"),
    ):
        made = encode(y, 3, names, ("data", "y"), "f.npz")
        assert made.hard.tolist() == wanted
        assert made.encoding.value == kind
        assert (made.soft is not None) is (kind == "soft")


@pytest.mark.parametrize(
    ("y", "names", "message"),
    [
        (np.array([0, 3]), None, "1 labels outside the model's 3 classes"),
        (np.array([-1, 0]), None, "the first is -1 in row 0"),
        (np.array([0.5, 1.0]), None, "fractional"),
        (np.array(["dog"]), ("ant", "bee", "cat"), "does not list: 'dog'"),
        (np.array(["ant", "bee"]), None, "2 different labels"),
        (np.eye(4), None, "4 columns"),
        (np.ones((2, 3)), None, "not distributions"),
        (np.array([0]), ("ant",), "has 1 names"),
    ],
)
def test_labels_that_cannot_be(y: np.ndarray, names: tuple[str, ...] | None, message: str) -> None:
    """Each mistake is one sentence."""
    with pytest.raises(InputError, match=message):
        encode(y, 3, names, ("data", "y"), "f.npz")


@pytest.mark.parametrize(
    ("output", "labels", "options", "message"),
    [
        (Output("o", (3,), "softmax"), [0, 0, 0, 0, 0, 0, 0, 0, 5, 7], {}, r"has 2 labels .*\(the first is 5 in row 8\)"),
        (Output("o", (3,), "softmax"), np.ones((10, 3)), {}, r"\(row 2 sums to 3\)"),
        (Output("o", (3,), "sigmoid"), np.full((10, 3), 2), {}, "the first is 2 in row 2"),
        (Output("o", (3,), "sigmoid"), np.full((10, 3), -1), {}, "the first is row 2"),
        (Output("o", (2, 3), "softmax"), np.full((10, 2), 4), {}, "the first is 4 in row 2"),
        (Output("o", (2, 3), "softmax"), np.zeros((10, 2, 3)), {}, r"\(row 2 has others\)"),
    ],
)  # fmt: skip
def test_rows_are_those_of_the_data(output: Output, labels: Any, options: dict[str, Any], message: str) -> None:
    """Where rows are sampled or have weight 0, an error counts them as the file does, not as the evaluation."""
    model: Any = SimpleNamespace(name="m", loss_of=lambda *_: None)
    reader = Reader(model, ModelSpec(path="m.keras", **options), DataSpec(path="d.npz"), np.array([2, 5, 8, 9]), 0.5)
    with pytest.raises(InputError, match=message):
        reader.open(0, output, np.asarray(labels), None)


def test_a_sample_is_stratified_and_seeded() -> None:
    """Classes keep their shares, and the same seed gives the same rows."""
    labels = np.array([0] * 900 + [1] * 100)
    rows, words = choose_rows(1000, 50, labels, seed=3)
    assert np.bincount(labels[rows]).tolist() == [45, 5]
    assert np.array_equal(rows, choose_rows(1000, 50, labels, seed=3)[0])
    assert "50 of 1,000 rows (seed 3)" in words
    assert choose_rows(10, None, labels, 0)[1] == "all rows"


def test_ties_of_a_sample_are_broken_at_random() -> None:
    """Of more classes than rows those that are drawn are spread over all, seed by seed."""
    labels = np.repeat(np.arange(5000), 10)
    rows, _ = choose_rows(50_000, 1000, labels, seed=0)
    found = labels[rows]
    assert len(rows) == 1000
    assert np.bincount(found).max() == 1
    assert 300 < (found < 2500).sum() < 700
    assert np.array_equal(rows, choose_rows(50_000, 1000, labels, seed=0)[0])
    assert not np.array_equal(rows, choose_rows(50_000, 1000, labels, seed=1)[0])


def test_probabilities_that_are_none_contradict() -> None:
    """Rows that do not sum to 1 are refused with the evidence, never taken for logits."""
    labels = Labels(np.zeros(1, np.int32), None, Decision("integers", ""), ())
    with pytest.raises(OutputsError, match=r"a row sums to 1\.2"):
        ClassificationAccumulator(HeadRows(1, 2, "probabilities"), labels).add(
            np.array([[0.7, 0.5]], np.float32), np.arange(1)
        )
    with pytest.raises(OutputsError, match="they range from -2 to 3"):
        ClassificationAccumulator(HeadRows(1, 2, "probabilities"), labels).add(
            np.array([[-2.0, 3.0]], np.float32), np.arange(1)
        )


def test_outputs_that_are_not_finite_are_counted() -> None:
    """NaN is counted, and the first row kept."""
    labels = Labels(np.zeros(3, np.int32), None, Decision("integers", ""), ())
    accumulator = ClassificationAccumulator(HeadRows(3, 2, "logits"), labels)
    accumulator.add(np.array([[0, 1], [np.nan, 0], [0, np.inf]], np.float32), np.arange(3))
    assert (accumulator.gathered.not_finite, accumulator.gathered.first_not_finite) == (2, 1)


def test_logits_and_probabilities_give_the_same_record() -> None:
    """A softmax head seen before or after its softmax gives the same numbers."""
    logits, labels = noisy(100, 3)
    p = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(axis=1, keepdims=True)
    first, second = outputs(logits, labels), outputs(p, labels, kind="probabilities")
    for name in ("confidence", "nll", "brier", "entropy"):
        assert np.allclose(getattr(first, name), getattr(second, name), rtol=1e-6)
    assert np.array_equal(first.rank, second.rank)
    assert second.clipped_fraction == 0


def test_the_histogram_counts_every_row() -> None:
    """Above the size that is kept each class's histogram holds all rows, and a sample of logits is there."""
    logits, labels = noisy(300, 4)
    made = outputs(logits, labels, keep_limit=10)
    assert made.logits is None
    assert made.histogram is not None
    assert (made.histogram.positives + made.histogram.negatives).sum(axis=1).tolist() == [300] * 4
    assert made.histogram.positives.sum(axis=1).tolist() == np.bincount(labels, minlength=4).tolist()
    assert len(made.logit_sample) == 300
    with pytest.raises(ValueError, match="not kept"):
        made.probability(0)


def test_a_threshold_moves_the_prediction_and_its_confidence() -> None:
    """The positive class is predicted above the threshold; the confidence is that of the predicted class."""
    logits = np.log(np.array([[0.6], [0.2], [0.4]]) / np.array([[0.4], [0.8], [0.6]]))
    made = outputs(logits, [1, 0, 0], threshold=0.3)
    assert made.predictions.tolist() == [1, 0, 1]
    assert made.confidence == pytest.approx([0.6, 0.8, 0.4])
    assert made.correct.tolist() == [True, True, False]
    assert outputs(logits, [1, 0, 0]).predictions.tolist() == [1, 0, 0]


def test_without_labels_there_are_predictions() -> None:
    """What needs no label is gathered as with labels, and nothing else."""
    logits, labels = noisy(50, 3)
    accumulator = ClassificationAccumulator(HeadRows(50, 3, "logits"), None)
    accumulator.add(logits, np.arange(50))
    bare, compared = accumulator.result(), outputs(logits, labels)
    assert not bare.labeled
    assert compared.labeled
    assert not hasattr(bare, "nll")
    assert np.array_equal(bare.predictions, compared.predictions)
    assert np.array_equal(bare.confidence, compared.confidence)
    assert np.array_equal(bare.probability(1), compared.probability(1))


def test_every_task_has_one_room() -> None:
    """No two rooms stand for one task, and every task of the spec has one."""
    names = [name for task in TASKS for name in task.names]
    assert sorted(names) == sorted(set(get_args(TaskName)) - {"auto"})


@given(
    st.sampled_from(sorted(LOSSES)) | st.none(),
    st.sampled_from(["softmax", "sigmoid", "linear", "relu"]) | st.none(),
    st.integers(1, 4),
    st.sampled_from(["integers", "strings", "rows", "floats"]) | st.none(),
    st.sampled_from(["auto", "logits", "probabilities", "values"]),
)
def test_no_two_tasks_match_the_same_evidence(
    loss: str | None, activation: str | None, n: int, labels: str | None, declared: str
) -> None:
    """So the order of the rooms decides nothing; only the order of the kinds of evidence does."""
    evidence = HeadEvidence("auto", declared, loss, None, activation, n, labels)
    for look in ("of_loss", "of_activation", "of_labels", "of_outputs"):
        assert sum(getattr(task, look)(evidence) is not None for task in TASKS) <= 1
