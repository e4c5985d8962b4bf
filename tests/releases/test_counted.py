"""Metrics of labels, pixels and tokens on stored counts: their values, and what the rows contribute to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from factory import dense_head, evaluation, multilabel_head, scenes
from hypothesis import given, settings, strategies as st
from releases.slopes import require_slopes
from sklearn import metrics as sk

from reportgen.analysis.releases import counted, linearized, predictions

ROWS, CLASSES = 30, 3


@st.composite
def rows(draw: Any) -> tuple[Any, Any, Any]:
    """Return labels and predictions (N, K) bool of several labels per row, and weights of mean 1."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    labels = generator.random((ROWS, CLASSES)) < 0.5
    labels[0], labels[1] = True, False
    predicted = np.where(generator.random((ROWS, CLASSES)) < draw(st.floats(0.2, 0.9)), labels, ~labels)
    weights = generator.uniform(0.5, 2, ROWS)
    return labels, predicted, weights / weights.mean()


def probabilities(predicted: Any) -> Any:
    """Return those of the predictions."""
    return np.where(predicted, 0.8, 0.3)


def columns(labels: Any, predicted: Any) -> Any:
    """Return the counts of rows of which all labels are known."""
    wrong = np.where(labels, 1 - probabilities(predicted), probabilities(predicted))
    losses = {"nll": -np.log(1 - wrong).sum(axis=1), "brier": (wrong**2).sum(axis=1)}
    sums = {"counted": np.full(len(labels), CLASSES), **losses}
    return {"predicted": predicted.astype(int), "actual": labels.astype(int), "hits": (predicted & labels) * 1, **sums}


def scores(labels: Any, predicted: Any, weights: Any) -> dict[tuple[str, int | None], float]:
    """Return the metrics by scikit-learn, of a class or of all."""
    both: Any = {"sample_weight": weights, "zero_division": np.nan}
    found: dict[tuple[str, int | None], float] = {
        ("hamming_loss", None): sk.hamming_loss(labels, predicted, sample_weight=weights)
    }
    share, loss_of = np.average(labels, axis=0, weights=weights), {"nll": sk.log_loss, "brier": sk.brier_score_loss}
    always = sk.hamming_loss(labels, np.tile(share > 1 / 2, (ROWS, 1)), sample_weight=weights)
    found["hamming_skill", None] = 1 - found["hamming_loss", None] / always
    for name, loss in loss_of.items():
        own, constant = (
            sum(loss(*one, sample_weight=weights) for one in zip(labels.T, p.T, strict=True))
            for p in (probabilities(predicted), np.tile(share, (ROWS, 1)))
        )
        found[f"{name}_skill", None] = 1 - own / constant
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for average in ("micro", "macro", "samples"):
            found[f"{average}_{name}", None] = float(score(labels, predicted, average=average, **both))
        for index, value in enumerate(score(labels, predicted, average=None, **both)):
            found[name, index] = float(value)
    found["mean_iou", None] = float(
        np.mean([sk.jaccard_score(*one, sample_weight=weights) for one in zip(labels.T, predicted.T, strict=True)])
    )
    return found


def parts(name: str, index: int | None, made: Any, weights: Any) -> Any:
    """Return what is tested, by the way in which releases are compared."""
    if index is None:
        return linearized.of_output(name, made, weights, CLASSES)
    return linearized.of_class(name, made, weights, index)


@given(rows())
def test_values_are_those_of_scikit_learn(made: tuple[Any, Any, Any]) -> None:
    """Weighted; what has no value in scikit-learn has none."""
    labels, predicted, weights = made
    for (name, index), wanted in scores(*made).items():
        found = parts(name, index, columns(labels, predicted), weights)
        value = np.nan if found is None else found[0]
        assert value == pytest.approx(wanted, abs=1e-9, nan_ok=True), (name, index)
    unknown = columns(labels, predicted) | {"counted": np.full(ROWS, CLASSES - 1)}
    assert parts("nll_skill", None, unknown, weights) is None


@settings(max_examples=20)
@given(rows(), st.integers(0, ROWS - 1), st.integers(0, ROWS - 1))
def test_contributions_are_the_change_with_the_weight_of_a_row(
    made: tuple[Any, Any, Any], one: int, other: int
) -> None:
    """They sum to 0, and are proportional to the derivative of scikit-learn's number by the weight of each row, times the weight."""
    labels, predicted, weights = made
    stored = columns(labels, predicted)
    require_slopes(
        lambda changed: scores(labels, predicted, changed),
        lambda key: parts(*key, stored, weights),
        weights,
        one,
        other,
    )


def test_every_metric_of_positions_is_found_in_the_stored_counts() -> None:
    """Images and sequences with the scores of scikit-learn, image by image too, and exact matches."""
    logits, labels = scenes(20)
    called = logits.argmax(axis=-1)
    for task, shape in (("segmentation", (20, 8, 8)), ("sequence_labeling", (20, 64))):
        answers = predictions.of_evaluation(
            evaluation(dense_head(logits.reshape(*shape, 3), labels.reshape(shape), task=task))
        )
        assert answers is not None
        stored, weights = answers.heads["a", "out"], np.ones(20)
        y, p = labels.ravel(), called.ravel()
        images = list(zip(labels.reshape(20, -1), called.reshape(20, -1), strict=True))
        rates = {
            "pixel_accuracy": sk.accuracy_score(y, p),
            "mean_iou": sk.jaccard_score(y, p, average="macro"),
            "macro_f1": sk.f1_score(y, p, average="macro"),
            "image_mean_iou": np.mean([sk.jaccard_score(*one, average="macro") for one in images]),
            "image_mean_dice": np.mean([sk.f1_score(*one, average="macro") for one in images]),
            "sequence_mean_accuracy": np.mean([sk.accuracy_score(*one) for one in images]),
            "nll": sk.log_loss(
                y, np.exp(logits.reshape(-1, 3)) / np.exp(logits.reshape(-1, 3)).sum(axis=1, keepdims=True)
            ),
        }
        rates["perplexity"] = np.exp(rates["nll"])
        for name, wanted in rates.items():
            found = linearized.of_output(name, stored, weights, 3)
            assert found is not None
            assert found[0] == pytest.approx(wanted, rel=1e-6), name
            assert found[1].sum() == pytest.approx(0, abs=1e-9)
        assert linearized.of_class("iou", stored, weights, 1) is not None
        assert (linearized.of_class("boundary_iou", stored, weights, 1) is None) == (task == "sequence_labeling")
        assert (linearized.of_output("mean_boundary_iou", stored, weights, 3) is None) == (task == "sequence_labeling")
        assert counted.exact(stored).tolist() == [bool((a == b).all()) for a, b in images]
        assert linearized.of_output("roc_auc", stored, weights, 3) is None


def test_labels_that_are_not_known_count_nowhere() -> None:
    """Neither as predicted nor as labeled."""
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(20, 3)), generator.integers(0, 2, (20, 3)).astype(float)
    labels[:5, 1] = -1
    answers = predictions.of_evaluation(evaluation(multilabel_head(logits, labels)))
    assert answers is not None
    stored = answers.heads["a", "out"]
    known = labels >= 0
    assert stored["counted"].tolist() == known.sum(axis=1).tolist()
    assert not stored["predicted"][~known].any()
    found = linearized.of_output("brier_score", stored, np.ones(20), 3)
    assert found is not None
    squares = (1 / (1 + np.exp(-logits)) - labels) ** 2
    assert found[0] == pytest.approx(squares[known].mean(), rel=1e-6)
    nobody = {name: np.zeros_like(one) for name, one in stored.items()}
    assert linearized.of_output("samples_f1", nobody, np.ones(20), 3) is None
    assert linearized.of_output("perplexity", nobody, np.ones(20), 3) is None
