"""Calibration: intervals that cover, tests that keep their level, ends that are possible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from reportgen.metrics import calibrated, calibration, scores, temperature

SEEDS = st.integers(0, 2**32 - 1)


def drawn(n: int, seed: int, a: float = 0.6, b: float = 0.9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw forecasts from a beta distribution, and outcomes from the forecasts."""
    generator = np.random.default_rng(seed)
    f = generator.beta(a, b, n)
    y = (generator.random(n) < f).astype(float)
    return f, y, 1 - y


def logistic(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-z))."""
    return np.exp(-np.logaddexp(0, -z))


@given(st.integers(1, 40), SEEDS)
def test_no_expected_error_is_impossible(n: int, seed: int) -> None:
    """Mean and limit of both errors stay within [0, 1], also for a single row."""
    bins = calibration.residual_bins(*drawn(n, seed), calibration.equal_width_edges(15))
    nulls = calibrated.nulls(bins, 0, 500)
    for null in (nulls.ece, nulls.mce):
        assert 0 <= null.mean <= null.high <= 1


@given(st.integers(1, 200), SEEDS)
def test_p_and_limit_agree(n: int, seed: int) -> None:
    """Both are one-sided: no error at or below the limit has p below 0.05 unless the limit is the mean."""
    bins = calibration.residual_bins(*drawn(n, seed), calibration.equal_width_edges(15))
    null = calibrated.nulls(bins, 0, 500).ece
    if calibration.ece(bins) > null.high + 1e-9:
        assert null.p_value < 0.05
    elif null.high > null.mean:
        assert null.p_value >= 0.05


def test_the_null_has_its_level() -> None:
    """Of 600 calibrated models with rare positives at most 5 % have p below 0.05, within the simulation's error."""
    edges = calibration.equal_width_edges(15)
    found = []
    for seed in range(600):
        f, y, no = drawn(60, seed, 0.4, 6.0)
        found.append(calibrated.nulls(calibration.residual_bins(f, y, no, edges), seed, 500).ece.p_value < 0.05)
    assert np.mean(found) <= 0.075


def distribution(f: np.ndarray) -> np.ndarray:
    """Return the distribution of a sum of independent outcomes, one convolution at a time."""
    mass = np.ones(1)
    for p in f:
        mass = np.convolve(mass, [1 - p, p])
    return mass


@pytest.mark.parametrize(("n", "a", "b"), [(1, 1, 1), (40, 1, 1), (60, 0.4, 6), (3000, 0.02, 4), (400, 2, 2)])
@pytest.mark.parametrize("seed", range(4))
def test_the_number_of_positives(n: int, a: float, b: float, seed: int) -> None:
    """The p-value equals that of the exact distribution, in groups and above a variance of 25 within a tenth."""
    f, y, no = drawn(n, seed, a, b)
    mass, count = distribution(f), int(y.sum())
    exact = min(1.0, 2 * min(mass[: count + 1].sum(), mass[count:].sum()))
    tolerance = 1e-9 if n <= 60 else 0.02 * exact + 1e-6
    assert calibration.in_the_large_p(f, y, no) == pytest.approx(exact, abs=tolerance)


def test_impossible_outcomes_have_the_smallest_p() -> None:
    """A model that is certain and wrong is not calibrated; one that is certain and right may be."""
    one = np.ones(5)
    assert calibration.in_the_large_p(one, one, 0 * one) == pytest.approx(1)
    assert calibration.in_the_large_p(one, 0 * one, one) == 1e-12


@given(st.floats(0.0001, 0.9999), st.integers(1, 500), st.floats(0, 1))
def test_binomial_quantiles(level: float, n: int, p: float) -> None:
    """The cumulative probability reaches the level at the quantile and not before."""
    found = calibration._binomial_quantile(level, n, p)
    assert stats.binom.cdf(found, n, p) >= level - 1e-9
    assert stats.binom.cdf(found - 1, n, p) <= level + 1e-9


def test_all_bars_hold_together() -> None:
    """Of 400 calibrated models at most 5 % have a point outside its bar, within the simulation's error; bars for one point at a time: 34 %."""
    outside = []
    for seed in range(400):
        points = drawn(600, seed)
        bins = calibration.residual_bins(*points, calibration.equal_mass_edges(points[0], 15))
        curve = calibration.reliability_curve(bins)
        outside.append(bool(((curve.frequency < curve.band_low) | (curve.frequency > curve.band_high)).any()))
    assert 0.005 < np.mean(outside) <= 0.08


def test_the_debiased_error_of_a_sharp_binary_model() -> None:
    """At 5,000 rows and doubled logits 15 equal-mass bins cover the true error in a third of runs; adaptive ones in nine of ten."""
    z = np.random.default_rng(1).normal(0, 12, 1_000_000)
    truth = float(np.sqrt(np.mean((logistic(2 * z) - logistic(z)) ** 2)))
    inside: dict[str, list[bool]] = {"mass": [], "adaptive": []}
    for seed in range(100):
        generator = np.random.default_rng(seed)
        z = generator.normal(0, 12, 5000)
        f, y = logistic(2 * z), (generator.random(5000) < logistic(z)).astype(float)
        for name, edges in (
            ("mass", calibration.equal_mass_edges(f, 15)),
            ("adaptive", calibration.adaptive_edges(f, 15)),
        ):
            found = calibration.debiased_error(calibration.residual_bins(f, y, 1 - y, edges))
            assert found is not None
            assert found.low is not None
            assert found.high is not None
            inside[name].append(found.low <= truth <= found.high)
    assert np.mean(inside["mass"]) < 0.5
    assert np.mean(inside["adaptive"]) >= 0.9


def test_the_gap_has_a_width_where_all_are_right() -> None:
    """Forty right predictions with full confidence do not prove an accuracy of 100 %: Wilson's upper end of the error, 8.8 %."""
    found = calibration.gap(np.full(40, 1 - 1e-12), np.ones(40), np.zeros(40))
    assert (found.low, found.high) == (pytest.approx(0, abs=1e-9), pytest.approx(0.0876, abs=1e-4))


@given(st.integers(2, 50), SEEDS)
def test_the_gap_has_possible_ends(n: int, seed: int) -> None:
    """Its interval is within [-1, 1] and holds the value, also for two rows; one row has none."""
    found = calibration.gap(*drawn(n, seed))
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert calibration.gap(*drawn(1, seed)).low is None


@pytest.mark.parametrize(("n", "a", "b"), [(20, 8.0, 0.5), (100, 0.6, 0.9), (100, 0.4, 6.0), (600, 8.0, 0.5)])
def test_the_interval_of_the_gap_covers(n: int, a: float, b: float) -> None:
    """Of 1,000 runs at least 93 % cover the gap of forecasts that are squared."""
    draws = np.random.default_rng(0).beta(a, b, 1_000_000)
    truth = float((draws**2 - draws).mean())
    inside = []
    for seed in range(1000):
        f, y, no = drawn(n, seed, a, b)
        found = calibration.gap(f**2, y, no)
        assert found.low is not None
        assert found.high is not None
        inside.append(found.low <= truth <= found.high)
    assert np.mean(inside) >= 0.93


@pytest.mark.parametrize("sharp", [1.0, 2.0])
def test_the_gain_of_a_temperature_covers(sharp: float) -> None:
    """At 100 rows at least 92 % of 300 intervals cover the gain of the optimal temperature; mean ± 1.96 SE covered 76 to 82 %."""
    z = np.random.default_rng(1).normal(size=(400_000, 2)) * 2
    p = np.exp(scores.log_softmax(z))
    before, after = (-(p * scores.log_softmax(z * factor)).sum(axis=1).mean() for factor in (sharp, 1.0))
    inside = []
    for seed in range(300):
        generator = np.random.default_rng(seed)
        z = generator.normal(size=(100, 2)) * 2
        labels = (generator.random(100) > np.exp(scores.log_softmax(z))[:, 0]).astype(np.int32)
        fitted = temperature.fit(z * sharp, labels)
        gain = temperature.cross_fit(fitted, z * sharp, labels, labels, seed).gain
        if gain.low is not None and gain.high is not None:
            inside.append(gain.low <= before - after <= gain.high)
    assert len(inside) >= 285
    assert np.mean(inside) >= 0.92


@given(SEEDS, st.floats(0.5, 3.0))
def test_the_interval_of_a_temperature_scales(seed: int, factor: float) -> None:
    """Logits multiplied by T multiply both ends by T, and no end is negative."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(300, 3))
    labels = np.array([generator.choice(3, p=row) for row in np.exp(scores.log_softmax(logits))])
    first, second = temperature.fit(logits, labels).bounds, temperature.fit(logits * factor, labels).bounds
    assert first is not None
    assert second is not None
    assert second == pytest.approx((first[0] * factor, first[1] * factor), rel=1e-4)
    assert 0 < first[0] < first[1]


def test_a_temperature_without_a_finite_interval() -> None:
    """Where the upper end is beyond float64 there is no interval, of neither the temperature nor its gain, and the reason is said."""
    rows = np.ones(200)
    found = temperature.Temperature(0.5, 400.0, 20, rows, rows).estimate
    assert (found.value, found.low, found.high) == (0.5, None, None)
    assert found.withheld == "the rows say so little that the interval has no finite end"
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(200, 2)) * 2
    labels = (generator.random(200) > np.exp(scores.log_softmax(logits))[:, 0]).astype(np.int32)
    gain = temperature.cross_fit(temperature.Temperature(1.0, 1e4, 20, rows, rows), logits, labels, labels, 0).gain
    assert (gain.low, gain.withheld) == (None, found.withheld)
