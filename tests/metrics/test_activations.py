"""Activations: oracles of dimensionality, scikit-learn and scipy, closed forms, and properties."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracle import close, load, oracle
from scipy import stats

from reportgen.evaluation.moments import LayerAccumulator, merge_moments
from reportgen.metrics import activations, dimension, folds, rank, separability

ARRAYS, CLASSES = load("acts"), load("acts_cls")


@pytest.mark.parametrize("name", ["white_N256_C64", "white_N100_C400"])
def test_the_debiased_participation_ratio(name: str) -> None:
    """It is the row estimator of dimensionality; the one for both sides, -27698 here, is the trap."""
    found = dimension.debiased_participation_ratio(ARRAYS[name][:, None])
    assert found is not None
    assert found.value == pytest.approx(oracle(f"acts/{name}/participation_ratio/dimensionality")["row"], rel=1e-9)


@pytest.mark.parametrize("name", ["white_N256_C64", "white_N100_C400"])
def test_ranks_of_the_centred_covariance(name: str) -> None:
    """Participation ratio, effective rank and entropy rank without correction."""
    eigenvalues = dimension.covariance_eigenvalues(ARRAYS[name])
    assert close(rank.participation_ratio(eigenvalues), f"acts/{name}/pr_naive_centered")
    assert close(rank.effective_rank(eigenvalues), f"acts/{name}/erank_sigma_centered")
    assert close(rank.entropy_rank(eigenvalues), f"acts/{name}/erank_lambda_centered")


def test_white_noise_is_not_biased_by_few_rows() -> None:
    """With a quarter of the rows that there are channels, the mean estimate is the number of channels."""
    found = [
        dimension.debiased_participation_ratio(np.random.default_rng(seed).normal(size=(25, 1, 100)))
        for seed in range(60)
    ]
    assert np.mean([one.value for one in found if one]) == pytest.approx(100, rel=0.02)


def test_the_jackknife_interval_covers() -> None:
    """The truth of a known spectrum lies in the interval about as often as it says."""
    scale = 1 / np.sqrt(np.arange(1, 33))
    truth = (scale**2).sum() ** 2 / (scale**4).sum()
    hits = 0
    for seed in range(100):
        x = np.random.default_rng(seed).normal(size=(400, 1, 32)) * scale
        found = dimension.debiased_participation_ratio(x)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert 87 <= hits <= 100


def test_both_ways_to_the_gram_matrix_agree() -> None:
    """Adding channels that are always 0 changes sides, not the number."""
    x = np.random.default_rng(0).normal(size=(40, 2, 10))
    padded = np.concatenate([x, np.zeros((40, 2, 60))], axis=2)
    one, other = dimension.debiased_participation_ratio(x), dimension.debiased_participation_ratio(padded)
    assert one is not None
    assert other is not None
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@given(st.integers(-8, 8))
def test_dimensions_do_not_depend_on_the_scale(power: int) -> None:
    """Scaling by 1e±8 and shifting change nothing."""
    x = np.random.default_rng(0).normal(size=(64, 1, 12))
    one, other = (dimension.debiased_participation_ratio(made) for made in (x, (x + 3) * 10.0**power))
    assert one is not None
    assert other is not None
    assert other.value == pytest.approx(one.value)


def test_draws_are_averaged_on_one_scale() -> None:
    """Positions of unequal spread: (tr Σ)² and tr Σ² are averaged before they are divided."""
    spread = np.ones((4, 24))
    spread[0] *= 10
    spread[1:, 4:] = 0.02
    truth = (spread**2).sum(axis=1) @ (spread**2).sum(axis=1) / (spread**4).sum()
    found = dimension.debiased_participation_ratio(np.random.default_rng(0).normal(size=(2000, 4, 24)) * spread)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < truth < found.high
    assert found.value == pytest.approx(truth, rel=0.01)


@pytest.mark.parametrize("channels", [9, 30])
def test_the_jackknife_leaves_blocks_out(channels: int) -> None:
    """Each part is the estimate without the rows of its block, on either side of the Gram matrix."""
    x = np.random.default_rng(1).normal(size=(40, 2, channels)) ** 3
    found = dimension.debiased_participation_ratio(x)
    parts = [
        dimension.debiased_participation_ratio(np.delete(x, block, axis=0))
        for block in np.array_split(np.arange(40), 10)
    ]
    assert found is not None
    assert found.high is not None
    logs = np.log([one.value for one in parts if one])
    error = np.sqrt(9 / 10 * ((logs - logs.mean()) ** 2).sum())
    assert np.log(found.high / found.value) == pytest.approx(stats.t.ppf(0.975, 9) * error)


def test_constants_have_no_dimension() -> None:
    """Nothing varies: no ratio, eigenvalues of 0."""
    assert dimension.debiased_participation_ratio(ARRAYS["const_N50_C8"][:, None]) is None
    assert not dimension.covariance_eigenvalues(ARRAYS["const_N50_C8"]).any()
    assert dimension.debiased_participation_ratio(np.ones((5, 1, 3))) is None


def test_dead_units_and_sparsity() -> None:
    """Seven units never fire; zeros and positive values are counted exactly."""
    x = ARRAYS["relu_dead7_N2000_C48"]
    assert activations.dead_units(x.min(axis=0), x.max(axis=0)) == oracle("acts/relu_dead7/dead_units")
    assert np.allclose([(x == 0).mean(), (x > 0).mean()], oracle("acts/relu_dead7/sparsity_posratio"))


def test_dormant_units() -> None:
    """Sokar's share of dormant units."""
    share = activations.dormant_units(np.abs(CLASSES["X"]).mean(axis=0), 0.025) / CLASSES["X"].shape[1]
    assert share == oracle("acts_cls/dormant_ratio_tau0.025_0.1")[0]


def test_class_information() -> None:
    """omega² follows from scikit-learn's F; selectivity is Morcos'; silent units have neither, where the oracle says 0."""
    x, y = CLASSES["X"], CLASSES["y"]
    eta = np.array([np.nan if one is None else one for one in oracle("acts_cls/eta2_per_unit/sklearn")], float)
    n, k = len(y), len(np.unique(y))
    f = eta / (1 - eta) * (n - k) / (k - 1)
    assert np.allclose(separability.omega_squared(x, y), (k - 1) * (f - 1) / ((k - 1) * (f - 1) + n), equal_nan=True)
    live = x.std(axis=0) > 0
    found = separability.class_selectivity(x, y)
    assert np.allclose(found[live], np.array(oracle("acts_cls/class_selectivity"))[live])
    assert np.isnan(found[~live]).all()


def test_the_nearest_center() -> None:
    """Accuracy over scikit-learn's five folds."""
    x, y = CLASSES["X"], CLASSES["y"]
    found = separability.nearest_center(x[:, x.std(axis=0) > 0], y, np.repeat(np.arange(5), len(y) // 5))
    assert found is not None
    assert found.mean() == pytest.approx(oracle("acts_cls/ncc_acc_5fold/sklearn"))


def test_folds_are_stratified() -> None:
    """Every class is dealt out evenly, seeded."""
    labels = np.repeat([0, 1], [50, 10])
    assigned = folds.stratified_folds(labels, 0)
    assert np.bincount(assigned[labels == 1], minlength=5).tolist() == [2] * 5
    assert np.array_equal(assigned, folds.stratified_folds(labels, 0))


def test_too_few_of_a_class_are_left_out() -> None:
    """One class of enough rows is no comparison."""
    labels = np.repeat([0, 1], [20, 3])
    assert separability.nearest_center(np.zeros((23, 2)), labels, folds.stratified_folds(labels, 0)) is None


def test_values_too_large_for_their_squares_are_not_finite() -> None:
    """What float32 cannot square is said to be not finite, instead of an infinite spread."""
    call = SimpleNamespace(name="layer")
    tensor = SimpleNamespace(shape=(None, 2))
    unit = SimpleNamespace(
        name="layer", kind="Dense", activation=None, calls=(call,), tensor=tensor, channels_first=False
    )
    accumulator = LayerAccumulator(unit)  # type: ignore[arg-type]
    channels = np.zeros((7, 2), np.float32)
    channels[1, 0] = np.inf
    pooled = np.full((3, 2), 1e30, np.float32)
    accumulator.add({"channels": channels, "n": 3.0, "pooled": pooled, "positions": pooled[:, None]})
    assert accumulator.result().not_finite == 3


@given(st.integers(1, 19), st.integers(0, 1000))
def test_merging_batches_is_one_batch(split: int, seed: int) -> None:
    """Chan's merge gives the moments of the whole, also far from 0."""
    x = np.random.default_rng(seed).normal(size=(20, 3)) + 1e6
    parts = [
        (len(part), part.mean(axis=0), ((part - part.mean(axis=0)) ** 2).sum(axis=0)) for part in (x[:split], x[split:])
    ]
    n, mean, squares = merge_moments(*parts[0], *parts[1])
    assert n == 20
    assert np.allclose(mean, x.mean(axis=0), rtol=1e-12)
    assert np.allclose(squares, ((x - x.mean(axis=0)) ** 2).sum(axis=0), rtol=1e-6)
