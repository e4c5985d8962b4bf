"""Metrics that are no means of rows: their values, and what the rows contribute to them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from releases.slopes import require_slopes
from sklearn import metrics as sk

from reportgen.analysis.releases import linearized

CLASSES, ROWS = 3, 40


@st.composite
def rows(draw: Any) -> tuple[Any, Any]:
    """Return the stored columns of two outputs, and weights of mean 1."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    labels = np.concatenate([np.arange(CLASSES), generator.integers(0, CLASSES, ROWS - CLASSES)])
    predictions = np.where(
        generator.random(ROWS) < draw(st.floats(0.1, 0.9)), labels, generator.integers(0, CLASSES, ROWS)
    )
    targets = generator.normal(size=ROWS)
    values = targets + draw(st.floats(0.1, 2)) * generator.normal(size=ROWS)
    weights = generator.uniform(0.5, 2, ROWS)
    p = generator.dirichlet(np.ones(CLASSES), ROWS)
    columns = {"label": labels, "prediction": predictions, "target": targets, "value": values, "probabilities": p}
    return columns, weights / weights.mean()


def scores(columns: Any, weights: Any) -> dict[tuple[str, int | None], float]:
    """Return the metrics by scikit-learn, of a class or of all."""
    both, known = (columns["label"], columns["prediction"]), (columns["target"], columns["value"])
    found: dict[tuple[str, int | None], float] = {
        ("balanced_accuracy", None): sk.balanced_accuracy_score(*both, sample_weight=weights),
        ("macro_f1", None): sk.f1_score(*both, average="macro", sample_weight=weights),
        ("rmse", None): sk.root_mean_squared_error(*known, sample_weight=weights),
        ("r_squared", None): sk.r2_score(*known, sample_weight=weights),
    }
    y, p = columns["label"], columns["probabilities"]
    constant = np.tile(np.bincount(y, weights) / weights.sum(), (len(y), 1))
    common = np.full(len(y), np.bincount(y, weights).argmax())
    for skill, loss, own, reference in (
        ("accuracy_skill", sk.zero_one_loss, columns["prediction"], common),
        ("nll_skill", sk.log_loss, p, constant),
        ("brier_skill", partial(sk.brier_score_loss, scale_by_half=False), p, constant),
    ):
        found[skill, None] = 1 - loss(y, own, sample_weight=weights) / loss(y, reference, sample_weight=weights)
    for index in range(CLASSES):
        for name, score in (("f1", sk.f1_score), ("precision", sk.precision_score)):
            found[name, index] = score(*both, labels=[index], average="macro", sample_weight=weights, zero_division=0)
    return found


def parts(name: str, index: int | None, columns: Any, weights: Any) -> Any:
    """Return what is tested."""
    if index is None:
        y, p = columns["label"], columns["probabilities"]
        losses = {
            "nll": -np.log(p[np.arange(ROWS), y]),
            "brier": ((p - np.eye(CLASSES)[y]) ** 2).sum(axis=1),
        }
        kind = ("target", "value") if name in {"rmse", "r_squared"} else ("label", "prediction")
        return linearized.of_output(name, {one: columns[one] for one in kind} | losses, weights, CLASSES)
    return linearized.of_class(name, columns, weights, index)


@given(rows())
def test_values_are_those_of_scikit_learn(made: tuple[Any, Any]) -> None:
    """Weighted; a class that is never predicted has no precision."""
    columns, weights = made
    for (name, index), wanted in scores(columns, weights).items():
        found = parts(name, index, columns, weights)
        if found is None:
            assert (name, (columns["prediction"] == index).any()) == ("precision", False)
        else:
            assert found[0] == pytest.approx(wanted, abs=1e-9), name


@settings(max_examples=20)
@given(rows(), st.integers(0, ROWS - 1), st.integers(0, ROWS - 1))
def test_contributions_are_the_change_with_the_weight_of_a_row(made: tuple[Any, Any], one: int, other: int) -> None:
    """They sum to 0, and are proportional to the derivative of scikit-learn's number by the weight of each row, times the weight."""
    columns, weights = made
    require_slopes(
        lambda changed: scores(columns, changed), lambda key: parts(*key, columns, weights), weights, one, other
    )


def test_other_metrics_and_other_columns_have_none() -> None:
    """Neither guessed nor raised."""
    columns = {"label": np.array([0, 1]), "prediction": np.array([0, 1])}
    assert linearized.of_output("roc_auc", columns, np.ones(2), 2) is None
    assert linearized.of_output("rmse", columns, np.ones(2), 2) is None
    assert linearized.of_output("macro_f1", {"prediction": columns["prediction"]}, np.ones(2), 2) is None
    assert linearized.of_class("recall", columns, np.ones(2), 0) is None
    assert linearized.of_output("nll_skill", columns, np.ones(2), 2) is None
    one_class = {"label": np.zeros(3, int), "prediction": np.zeros(3, int), "nll": np.ones(3)}
    assert linearized.of_output("nll_skill", one_class, np.ones(3), 2) is None
    halved = {"label": np.array([0, 1]), "prediction": np.array([0, 1]), "brier": np.array([0.25, 0.0])}
    assert linearized.of_output("brier_skill", halved, np.ones(2), 2, binary=True)[0] == 0.5  # type: ignore[index]
    constant = {"value": np.ones(3), "target": np.ones(3)}
    assert linearized.of_output("r_squared", constant, np.ones(3), 0) is None
