"""Scores of classes in an order: against scikit-learn, and with properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sklearn import metrics as sk

from reportgen.metrics import ordinal
from reportgen.metrics.design import Design
from scripts.simulate import ordinal as simulated

SEEDS = st.integers(0, 2**32 - 1)


def draw(seed: int, n: int = 80, classes: int = 5, noise: float = 1.0) -> tuple[Any, Any, Any, Any]:
    """Draw labels, the predictions of two models, and weights of mean 1."""
    generator = np.random.default_rng(seed)
    y = generator.integers(0, classes, n)
    first, second = np.clip(np.rint(y + noise * generator.normal(size=(2, n))), 0, classes - 1).astype(np.int32)
    weights = generator.random(n) + 0.5
    return y.astype(np.int32), first, second, weights / weights.mean()


@given(SEEDS, st.integers(2, 9))
def test_scores_agree_with_scikit_learn(seed: int, classes: int) -> None:
    """Quadratic kappa, its difference and the distance, with weights and without."""
    y, first, second, w = draw(seed, classes=classes)
    for weights in (None, w):
        kappas = []
        for predicted in (first, second):
            wanted = sk.cohen_kappa_score(y, predicted, weights="quadratic", sample_weight=weights)
            found = ordinal.quadratic_kappa(y, predicted, weights)
            assert found is not None
            assert found.value == pytest.approx(wanted)
            kappas.append(wanted)
        difference = ordinal.quadratic_kappa_difference(y, first, second, weights)
        assert difference is not None
        assert difference.value == pytest.approx(kappas[0] - kappas[1])
        distance = np.average(ordinal.distances(y, first)[:], weights=weights)
        assert distance == pytest.approx(sk.mean_absolute_error(y, first, sample_weight=weights))


@given(SEEDS)
def test_the_contributions_are_what_rows_change(seed: int) -> None:
    """They sum to 0, and a row that counts a little more moves kappa, and the difference, by its contribution."""
    y, first, second, _ = draw(seed, n=40)
    n, step = len(y), 1e-6
    for score, rows in (
        (ordinal.quadratic_kappa, (y, first)),
        (ordinal.quadratic_kappa_difference, (y, first, second)),
    ):
        found = score(*rows)
        assert found is not None
        assert found.contributions is not None
        values = found.contributions().values[:]
        assert values.sum() == pytest.approx(0, abs=1e-9)
        for row in range(3):
            weights = np.ones(n)
            weights[row] += step * n
            moved = score(*rows, weights / weights.mean())
            assert moved is not None
            assert (moved.value - found.value) / step == pytest.approx(n * values[row], rel=1e-3, abs=1e-4)


@given(SEEDS, st.integers(1, 3))
def test_order_alone_matters(seed: int, shift: int) -> None:
    """The same classes further up, or from the other end, have the same kappa; a row twice in a group says nothing new."""
    y, first, _, _ = draw(seed)
    found, moved, turned = (
        ordinal.quadratic_kappa(*rows) for rows in ((y, first), (y + shift, first + shift), (4 - y, 4 - first))
    )
    assert found is not None
    assert moved is not None
    assert turned is not None
    assert found.value == pytest.approx(moved.value) == pytest.approx(turned.value)
    assume(found.low is not None)
    twice = ordinal.quadratic_kappa(np.repeat(y, 2), np.repeat(first, 2))
    assert twice is not None
    grouped = Design(2 * len(y), by="row", groups=np.repeat(np.arange(len(y)), 2)).estimate(twice)
    assert grouped.low == pytest.approx(found.low, abs=0.03)
    assert grouped.high == pytest.approx(found.high, abs=0.03)


def test_where_there_is_no_kappa_or_no_interval() -> None:
    """One class alone has no kappa; perfect predictions and models that are off alike have no interval."""
    same = np.zeros(4, np.int32)
    assert ordinal.quadratic_kappa(same, same) is None
    assert ordinal.quadratic_kappa_difference(same, same, same) is None
    y = np.array([0, 1, 2, 2], np.int32)
    perfect = ordinal.quadratic_kappa(y, y)
    assert perfect is not None
    assert (perfect.value, perfect.low, perfect.withheld) == (
        1.0,
        None,
        "prediction and label are the same on every row",
    )
    opposite = ordinal.quadratic_kappa(np.array([0, 1], np.int32), np.array([1, 0], np.int32))
    assert opposite is not None
    assert (opposite.value, opposite.withheld) == (-1.0, "no variation was seen")
    alike = ordinal.quadratic_kappa_difference(y, same, same)
    assert alike is not None
    assert (alike.value, alike.withheld) == (0.0, "both models are off by the same on every row")


@pytest.mark.parametrize(("classes", "noise"), [(5, 0.5), (3, 1.2)])
def test_the_intervals_hold_the_truth(classes: int, noise: float) -> None:
    """Kappa and its difference on 100 rows, in about 95 % of samples."""
    y, first, second, _ = draw(0, 400_000, classes, noise)
    true, difference = ordinal.quadratic_kappa(y, first), ordinal.quadratic_kappa_difference(y, first, second)
    assert true is not None
    assert difference is not None
    held = [0, 0]
    for seed in range(1, 201):
        y, first, second, _ = draw(seed, 100, classes, noise)
        found = ordinal.quadratic_kappa(y, first), ordinal.quadratic_kappa_difference(y, first, second)
        for place, (one, value) in enumerate(zip(found, (true.value, difference.value), strict=True)):
            assert one is not None
            assert one.low is not None
            assert one.high is not None
            held[place] += one.low <= value <= one.high
    assert min(held) >= 180


def test_the_simulation_of_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small version of ``make simulate``."""
    monkeypatch.setattr(simulated, "TRUTH_ROWS", 100_000)
    found = simulated.coverage(simulated.Design(5, 0.5), 100, 100)
    assert set(found) == {"MAE in classes", "quadratic kappa", "difference in MAE", "difference in kappa"}
    assert min(one.coverage for one in found.values()) > 85
