"""Scores of predicted values: against scikit-learn, scipy and closed forms, with properties."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from oracle import close, load
from scipy import stats
from sklearn import metrics as sk

from reportgen.metrics import intervals, regression
from reportgen.metrics.design import Design
from reportgen.metrics.intervals import Estimate
from scripts.simulate import regression as simulated

FINITE = st.floats(-1e6, 1e6)
VALUES = st.lists(FINITE, min_size=2, max_size=60).map(np.array)


def test_scores_agree_with_scikit_learn() -> None:
    """R² and median absolute error; the median absolute error of an even number of rows is an observed one."""
    made = load("reg")
    errors = made["mu"] - made["y"]
    found = regression.r_squared(errors, made["y"])
    assert found is not None
    assert close([found.value], "reg/rmse_mae_r2_medae/sklearn", part=slice(2, 3))
    assert close([regression.quantile(np.abs(errors), 0.5).value], "reg/rmse_mae_r2_medae/sklearn", 2e-3, slice(3, 4))
    odd = np.abs(errors[:-1])
    assert regression.quantile(odd, 0.5).value == np.median(odd)


@given(VALUES, st.integers(0, 2**32 - 1))
def test_skills_agree_with_scikit_learn_with_weights(labels: Any, seed: int) -> None:
    """R² of any weights; the MAE skill is 0 for the median of the labels."""
    generator = np.random.default_rng(seed)
    weights = generator.random(len(labels)) + 0.5
    errors = generator.normal(size=len(labels))
    found = regression.r_squared(errors, labels, weights)
    if np.ptp(labels) < 1e-3:
        return
    assert found is not None
    assert found.value == pytest.approx(sk.r2_score(labels, labels + errors, sample_weight=weights), rel=1e-9, abs=1e-9)
    constant = regression.mae_skill(regression.quantile(labels, 0.5).value - labels, labels)
    assert constant is not None
    assert constant.value == pytest.approx(0, abs=1e-12)


def test_labels_that_do_not_vary_have_no_skill() -> None:
    """Neither of them."""
    assert regression.r_squared(np.ones(3), np.ones(3)) is None
    assert regression.mae_skill(np.ones(3), np.ones(3)) is None
    for tiny in (np.array([0.0, 8e-110, 0.0]), 1e9 + np.array([0.0, 1e-7, 0.0])):
        assert regression.r_squared(np.ones(3), tiny) is None
        assert regression.mae_skill(np.ones(3), tiny) is None


@pytest.mark.parametrize(("n", "level"), [(6, 0.5), (30, 0.5), (100, 0.9), (300, 0.95), (1000, 0.1)])
def test_the_interval_of_a_quantile_has_its_coverage(n: int, level: float) -> None:
    """Exactly, by the binomial distribution: at least 95 %, and not with one rank less at either end."""
    found = regression.quantile(np.arange(1.0, n + 1), level)
    low, high = round(found.low or 0), round(found.high or 0)
    assert stats.binom.cdf(low - 1, n, level) <= 0.025 < stats.binom.cdf(low, n, level)
    assert stats.binom.sf(high - 1, n, level) <= 0.025 < stats.binom.sf(high - 2, n, level)


@given(st.lists(FINITE, min_size=1, max_size=60).map(np.array), st.sampled_from([0.1, 0.5, 0.9]), st.floats(1, 4))
def test_a_quantile_is_inside_its_interval_and_a_design_widens_it(values: Any, level: float, divisor: float) -> None:
    """The value is one of the values; equal weights change nothing; without enough rows there is a reason."""
    found = regression.quantile(values, level)
    assert found.value in values
    assert regression.quantile(values, level, np.full(len(values), 1.0)) == found
    if found.low is None or found.high is None:
        assert "needs" in str(found.withheld)
        return
    assert found.low <= found.value <= found.high
    wider = regression.quantile(values, level, divisor=divisor)
    assert wider.low is None or (wider.low <= found.low and found.high <= (wider.high or math.inf))


@given(st.integers(20, 400), st.sampled_from([0.9, 0.95]), st.integers(0, 2**32 - 1))
def test_split_conformal_is_the_rank_of_one_half(n: int, level: float, seed: int) -> None:
    """The half-width is the error at rank ceil((m + 1) level) of one half; the coverage is that of the other half."""
    errors = np.random.default_rng(seed).normal(size=n)
    found = regression.split_conformal(errors, level, Design(n), seed)
    m = (n + 1) // 2
    rank = math.ceil(round((m + 1) * level, 9))
    if rank > m:
        assert found is None
        return
    assert found is not None
    assert int(found.calibrated.sum()) == m
    assert found.half_width.value == np.sort(np.abs(errors[found.calibrated]))[rank - 1]
    assert found.covered.value == pytest.approx((np.abs(errors[found.tested]) <= found.half_width.value).mean())


@pytest.mark.parametrize(
    ("level", "half_width", "uncovered"), [(0.9, 0.688732800614946, 181 / 1500), (0.95, 0.9624930099672013, 86 / 1500)]
)
def test_split_conformal_is_that_of_crepes(level: float, half_width: float, uncovered: float) -> None:
    """``ConformalRegressor().fit(residuals).predict_int`` and ``evaluate`` of crepes 0.9.1, on the same halves."""
    made = load("reg")
    found = regression.split_conformal(made["y"] - made["mu"], level, Design(3000), 7)
    assert found is not None
    assert found.half_width.value == half_width
    assert found.covered.value == pytest.approx(1 - uncovered, rel=1e-12)


def test_the_half_width_of_all_rows() -> None:
    """The error at rank ceil((n + 1) level)."""
    made = load("reg")
    rank = math.ceil(3001 * 0.9)
    assert close(
        regression.quantile(np.abs(made["y"] - made["mu"]), rank / 3000).value, "reg/split_conformal_halfwidth_90"
    )


def test_split_conformal_keeps_groups_together() -> None:
    """A patient is in one half."""
    groups = np.repeat(np.arange(40), 5)
    found = regression.split_conformal(
        np.random.default_rng(0).normal(size=200), 0.9, Design(200, "patient", groups), 0
    )
    assert found is not None
    assert not set(groups[found.tested]) & set(groups[found.calibrated])


def test_the_coverage_of_split_conformal_is_the_level_on_average() -> None:
    """At least, and by at most 1 / (m + 1) above it."""
    generator = np.random.default_rng(0)
    found = [
        regression.split_conformal(generator.standard_t(3, 100), 0.9, Design(100), seed).covered.value  # type: ignore[union-attr]
        for seed in range(800)
    ]
    assert 0.9 - 0.005 <= float(np.mean(found)) <= 0.9 + 1 / 51 + 0.005


@given(st.integers(10, 80), st.integers(0, 2**32 - 1), st.booleans())
def test_growth_agrees_with_scipy(n: int, seed: int, tied: bool) -> None:
    """Spearman's correlation of prediction and absolute error, with ties."""
    generator = np.random.default_rng(seed)
    predictions, errors = generator.normal(size=(2, n))
    if tied:
        predictions, errors = predictions.round(), errors.round()
    found = regression.growth(predictions, errors)
    if np.ptp(predictions) == 0 or np.ptp(np.abs(errors)) == 0:
        assert found is None
        return
    assert found is not None
    assert found.value == pytest.approx(stats.spearmanr(predictions, np.abs(errors)).statistic, abs=1e-12)
    assert found.low is None or found.low < found.value < (found.high or 0)


@given(st.lists(FINITE, min_size=1, max_size=60).map(np.array))
def test_rows_for_half_is_the_smallest_number(errors: Any) -> None:
    """So many rows make half of the sum, one less do not."""
    count = regression.rows_for_half(errors)
    squares = np.sort(errors**2)[::-1]
    half = squares.sum() / 2
    assert (count == 0) == (squares.sum() == 0)
    if count:
        assert squares[:count].sum() >= half * (1 - 1e-9)
        assert squares[: count - 1].sum() < half


@given(st.integers(0, 300), st.integers(0, 2**32 - 1), st.booleans())
def test_bins_have_every_row_once(n: int, seed: int, tied: bool) -> None:
    """In order and without an overlap; the mean of their errors is that of all rows; too few rows have none."""
    generator = np.random.default_rng(seed)
    predictions, errors = generator.normal(size=(2, n))
    if tied:
        predictions = predictions.round()
    found = regression.bins(predictions, errors, Design(n))
    if n < regression.FEWEST_FOR_BINS:
        assert found == ()
        return
    assert sum(one.bias.n for one in found) == n
    assert all(first.high < second.low for first, second in pairwise(found))
    assert all(one.low <= one.center <= one.high and one.lower <= one.median <= one.upper for one in found)
    assert sum(one.bias.n * one.bias.value for one in found) / n == pytest.approx(errors.mean())


def test_the_intervals_hold_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small version of ``make simulate``."""
    monkeypatch.setattr(simulated, "TRUTH_ROWS", 200_000)
    found = simulated.coverage(simulated.Design("exponential"), 100, 100)
    assert min(one.coverage for one in found.values() if one.reported > 90) > 85
    assert found["RMSE"].reported < 50
    fired = simulated.alarms(simulated.Design("normal"), 100, 60)
    assert max(fired.values()) < 0.2


def test_an_interval_of_heavy_tails_is_withheld() -> None:
    """Normal errors keep theirs, those of which few rows make most do not, and no error is no reason."""
    estimate = Estimate(1.0, 600, 0.9, 1.1, "mean")
    errors = np.random.default_rng(0).normal(size=600)
    assert regression.if_light_tailed(estimate, errors) is estimate
    assert "kurtosis" in str(regression.if_light_tailed(estimate, np.append(errors[1:], 30.0)).withheld)
    assert regression.if_light_tailed(estimate, np.zeros(600)) is estimate
    huge = regression.if_light_tailed(estimate, 1e150 * errors)
    assert huge is estimate


def test_normal_quantiles_are_on_the_line() -> None:
    """Those of a large normal sample are near, with the ends of the sample; equal errors have none."""
    expected, found = regression.normal_quantiles(np.random.default_rng(0).normal(3, 2, size=20_000), 99)
    assert len(expected) == len(found) == 99
    assert np.abs(expected - found)[5:-5].max() < 0.05
    assert [len(one) for one in regression.normal_quantiles(np.ones(9), 99)] == [0, 0]


@settings(max_examples=200)
@given(st.integers(3, 40), st.integers(0, 2**32 - 1), st.floats(-1, 3))
def test_the_p_value_of_a_mean_inverts_its_interval(n: int, seed: int, center: float) -> None:
    """It is below 0.05 if and only if the interval excludes 0; without skewness it is that of Student's t."""
    generator = np.random.default_rng(seed)
    values = generator.exponential(size=n) - center
    found = intervals.mean(values)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert (intervals.mean_p_value(values) < 0.05) == (not found.low <= 0 <= found.high)
    both = np.concatenate([values, 2 * values.mean() - values])
    assert intervals.mean_p_value(both) == pytest.approx(stats.ttest_1samp(both, 0).pvalue, rel=1e-6)


def test_the_p_value_of_values_that_do_not_vary() -> None:
    """Differences of 0 are no evidence, equal other ones are certain, one is none."""
    assert [intervals.mean_p_value(np.array(values)) for values in ([0.0, 0.0], [1.0, 1.0], [1.0])] == [1.0, 0.0, 1.0]
