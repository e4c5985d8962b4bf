"""Scores of positions: boundaries against SciPy's erosion, sums per unit, differences over classes, and the coverage of intervals over units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracle import load, oracle
from scipy import ndimage
from sklearn import metrics as sk

from reportgen.metrics import dense, intervals, pooled, scores
from reportgen.metrics.design import Design
from reportgen.metrics.pooled import Parts
from scripts.simulate import dense as simulated

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 4))
def test_a_boundary_is_the_mask_minus_its_erosion(seed: int, classes: int) -> None:
    """For every class, as Boundary IoU defines it: outside of the image is outside of the area."""
    generator = np.random.default_rng(seed)
    shape = (3, *generator.integers(3, 90, 2))
    labels = np.kron(generator.integers(0, classes, (3, 2, 2)), np.ones((45, 45), int))[tuple(map(slice, shape))]
    found = dense.boundary(labels, np.ones(shape, bool))
    square = np.ones((3, 3), bool)
    for image, edge in zip(labels, found, strict=True):
        for index in range(classes):
            area = image == index
            inside = ndimage.binary_erosion(area, square, iterations=dense.boundary_reach(shape[1:]))
            assert (edge[area] == ~inside[area]).all()


def test_positions_that_do_not_count_make_no_boundary() -> None:
    """A hole in a large area has none around it, and is on none."""
    labels, counted = np.zeros((1, 9, 9), int), np.ones((1, 9, 9), bool)
    counted[0, 3:6, 3:6] = False
    found = dense.boundary(labels, counted)
    assert found.sum() == 32
    assert not found[0, 1:-1, 1:-1].any()


@given(SEEDS)
def test_sums_and_means_of_units(seed: int) -> None:
    """As those of each unit alone; the mean IoU of an image is scikit-learn's over the classes that are in it."""
    generator = np.random.default_rng(seed)
    labels, called = generator.integers(0, 3, (2, 5, 4, 4))
    counted = generator.random(labels.shape) < 0.7
    values = generator.random(int(counted.sum()))
    sums = dense.sums_per_unit(values, counted)
    assert sums.sum() == pytest.approx(values.sum())
    assert sums[0] == pytest.approx(values[: counted[0].sum()].sum())
    actual, predicted = (dense.per_unit(one, counted, 3) for one in (labels, called))
    hits = dense.per_unit(labels, counted & (labels == called), 3)
    parts = [Parts(hits[:, k] * 1.0, (actual + predicted - hits)[:, k] * 1.0) for k in range(3)]
    found = dense.mean_of_unit(parts)
    for place in range(5):
        y, p = labels[place][counted[place]], called[place][counted[place]]
        if len(y) == 0:
            assert np.isnan(found[place])
        else:
            assert found[place] == pytest.approx(sk.jaccard_score(y, p, average="macro"))


@given(SEEDS, st.integers(2, 30))
def test_losses_are_those_of_rows(seed: int, classes: int) -> None:
    """In any precision, and where the outputs are extreme."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(20, classes)) * 10.0 ** generator.integers(-3, 4)
    labels = generator.integers(0, classes, 20)
    log_p = scores.log_softmax(logits)
    nll, brier, highest = dense.losses(logits, labels)
    np.testing.assert_allclose(nll, scores.nll(log_p, labels), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(brier, scores.brier(np.exp(log_p), labels), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(highest, np.exp(log_p).max(axis=1), rtol=1e-12)
    single = dense.losses(logits.astype(np.float32), labels)[0]
    assert single.dtype == np.float64


def test_the_standard_error_is_that_of_images() -> None:
    """The variance over images of the oracle is the ratio estimator's, not that of independent pixels."""
    data = load("seg")
    counted = data["y"] != data["ignore"]
    right = (data["logits"].argmax(axis=-1) == data["y"]) & counted
    parts = Parts(right.sum(axis=(1, 2)) * 1.0, counted.sum(axis=(1, 2)) * 1.0)
    naive, clustered = oracle("seg/pixel_acc_se_naive_cluster")
    linear = parts.linear()
    assert linear is not None
    rows = linear[:]
    assert rows.std(ddof=1) / np.sqrt(len(rows)) == pytest.approx(clustered, rel=1e-9)
    found = Design(24, "image", np.arange(24)).estimate(intervals.mean(rows))  # type: ignore[arg-type]
    assert found.high - found.low > 2 * 1.96 * clustered > 2 * 1.96 * naive  # type: ignore[operator]


@given(SEEDS)
def test_a_difference_over_classes_is_that_of_the_means(seed: int) -> None:
    """The other way round it changes its sign; of a model with itself it is 0; its mass sums to 1."""
    generator = np.random.default_rng(seed)

    def drawn() -> list[Parts]:
        whole = generator.integers(1, 9, (3, 12)) * 1.0
        return [Parts(np.floor(one * generator.random(12)), one) for one in whole]

    first, second = drawn(), drawn()
    found, back = pooled.macro_difference(first, second), pooled.macro_difference(second, first)
    assert found is not None
    assert back is not None
    means = [float(np.mean([one.value() for one in parts])) for parts in (first, second)]  # type: ignore[misc]
    assert found[0].value == pytest.approx(means[0] - means[1])
    assert back[0].value == pytest.approx(-found[0].value)
    assert pooled.macro_difference(first, first)[0].value == 0  # type: ignore[index]
    assert pooled.mass((*first, *second), np.ones(12)).sum() == pytest.approx(1)
    nothing = [Parts(np.zeros(12), np.zeros(12))]
    assert pooled.macro_difference(nothing, first) is None
    assert pooled.macro_difference([*nothing, *first], first)[0].value == pytest.approx(0)  # type: ignore[index]


def test_coverage_of_intervals_over_units() -> None:
    """In 150 samples of 50 images the intervals cover about as often as they say; those of independent pixels hardly ever do."""
    design = simulated.DESIGNS[0]
    covered = simulated.coverage(design, 50, runs=150)
    for name in ("pixel accuracy", "mean IoU", "mean IoU difference"):
        assert covered[name].coverage >= 86, name
    assert covered["pixel accuracy, pixels taken as independent"].coverage < 60
