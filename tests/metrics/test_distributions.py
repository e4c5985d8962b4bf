"""Scores of predicted distributions: against scoringrules, uncertainty-toolbox, scipy and scikit-learn, and with properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracle import close, load
from scipy import integrate, stats
from sklearn import metrics as sk

from reportgen.metrics import distributions
from scripts.simulate import distributions as simulated

MADE = load("reg")
Y, MEANS, DEVIATIONS, QUANTILES = MADE["y"], MADE["mu"], MADE["sigma"], MADE["q"]
LEVELS = tuple(MADE["q_levels"].tolist())
SEEDS = st.integers(0, 2**32 - 1)


def weighted(seed: int, n: int) -> tuple[Any, Any]:
    """Draw labels, some of them equal, and weights of mean 1."""
    generator = np.random.default_rng(seed)
    w = generator.random(n) + 0.5
    return generator.integers(-5, 5, n).astype(float), w / w.mean()


def test_scores_agree_with_other_libraries() -> None:
    """CRPS with scoringrules, pinball loss level by level and the PIT's distance with scikit-learn and scipy."""
    assert close(distributions.crps_normal(Y, MEANS, DEVIATIONS).mean(), "reg/crps_gaussian/scoringrules")
    assert close(distributions.pinball(Y, QUANTILES, LEVELS).mean(axis=0), "reg/pinball_per_level/sklearn")
    places = distributions.transform(Y, MEANS, DEVIATIONS)
    assert close(distributions.distance_from_uniform(places), "reg/pit_ks/scipy")


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.1, 3))
def test_the_crps_is_the_integral_that_defines_it(label: float, mean: float, deviation: float) -> None:
    """Squared difference of both cumulative distributions, integrated on both sides of the label."""
    normal = stats.norm(mean, deviation)
    below = integrate.quad(lambda x: normal.cdf(x) ** 2, min(label, mean) - 12 * deviation, label)[0]
    above = integrate.quad(lambda x: normal.sf(x) ** 2, label, max(label, mean) + 12 * deviation)[0]
    found = distributions.crps_normal(*(np.array([value]) for value in (label, mean, deviation)))
    assert found[0] == pytest.approx(below + above, abs=1e-6)


@given(SEEDS, st.integers(1, 30))
def test_the_crps_of_the_labels_is_that_of_their_distribution(seed: int, n: int) -> None:
    """By all pairs of weighted labels; 0 where all are equal, up to rounding."""
    y, w = weighted(seed, n)
    share = w / w.sum()
    distance = np.abs(y[:, None] - y)
    wanted = distance @ share - share @ distance @ share / 2
    assert np.allclose(distributions.crps_of_labels(y, w), wanted, atol=1e-12)
    plain = distance.mean(axis=1) - distance.mean() / 2
    assert np.allclose(distributions.crps_of_labels(y), plain, atol=1e-12)
    assert not distributions.crps_of_labels(np.full(n, 0.1)).any()


@given(SEEDS, st.integers(2, 40))
def test_no_constant_has_a_lower_pinball_loss_than_the_quantiles_of_the_labels(seed: int, n: int) -> None:
    """Weighted, as scikit-learn's mean_pinball_loss has it."""
    y, w = weighted(seed, n)
    levels = (0.1, 0.5, 0.8)
    found = np.average(distributions.pinball_of_labels(y, levels, w)[:], axis=0, weights=w)
    for level, loss in zip(levels, found, strict=True):
        constants = [sk.mean_pinball_loss(y, np.full(n, c), sample_weight=w, alpha=level) for c in np.unique(y)]
        assert loss == pytest.approx(min(constants))


@given(SEEDS, st.integers(5, 400))
def test_the_test_of_uniformity_is_kolmogorovs(seed: int, n: int) -> None:
    """Within the error of Stephens' correction; weights of 1 change nothing, weighted rows are repeated ones."""
    generator = np.random.default_rng(seed)
    places = generator.random(n) ** generator.uniform(0.7, 1.4)
    exact = stats.kstest(places, "uniform")
    found = distributions.distance_from_uniform(places)
    assert found == pytest.approx(exact.statistic)
    error = 0.03 if exact.pvalue > 0.1 else 0.003
    assert distributions.uniform_p_value(found, n) == pytest.approx(exact.pvalue, abs=error)
    repeats = generator.integers(1, 4, n)
    repeated = distributions.distance_from_uniform(np.repeat(places, repeats))
    assert distributions.distance_from_uniform(places, repeats.astype(float)) == pytest.approx(repeated)


@given(st.integers(1, 300), st.floats(0.01, 0.99), SEEDS)
def test_the_test_of_a_share_is_exact(n: int, level: float, seed: int) -> None:
    """Twice the smaller binomial tail."""
    hits = np.random.default_rng(seed).random(n) < level
    k = int(hits.sum())
    tails = stats.binom.cdf(k, n, level), stats.binom.sf(k - 1, n, level)
    assert distributions.share_p_value(hits, level) == pytest.approx(min(1.0, 2 * min(tails)))


@given(st.integers(10, 5000), st.integers(2, 30))
def test_bars_of_uniform_places_are_within_their_range(n: int, count: int) -> None:
    """The binomial distribution leaves at most 2.5 % over the number of bars beyond each end."""
    low, high = distributions.bar_range(n, count)
    tail = 0.025 / count + 1e-12
    assert stats.binom.cdf(round(low * n) - 1, n, 1 / count) <= tail
    assert stats.binom.sf(round(high * n), n, 1 / count) <= tail
    assert stats.binom.cdf(round(low * n), n, 1 / count) >= tail - 2e-12


def test_central_intervals_are_between_levels_that_add_up_to_one() -> None:
    """Whatever the rounding of the levels; a median has none."""
    assert distributions.central((0.025, 0.1, 0.5, 0.9, 0.975)) == ((0.8, 1, 3), (0.95, 0, 4))
    assert distributions.central((0.1, 0.5)) == ()
    assert [level for level, *_ in distributions.central(LEVELS)] == [0.5, 0.8, 0.9]
    thirds = (1 / 3, 0.5, 2 / 3)
    assert [place for _, *place in distributions.central(thirds)] == [[0, 2]]


def test_crossing_is_a_decrease_anywhere() -> None:
    """Equal quantiles do not cross."""
    assert distributions.crossing(np.array([[1, 2, 3], [1, 1, 1], [1, 3, 2], [2, 1, 3]])).tolist() == [
        False,
        False,
        True,
        True,
    ]


def test_the_intervals_hold_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small version of ``make simulate``."""
    monkeypatch.setattr(simulated, "TRUTH_ROWS", 100_000)
    found = simulated.coverage(simulated.Design("normal", 0.7), 200, 100)
    assert min(one.coverage for one in found.values()) > 85
    assert max(simulated.alarms(1.0, 100, 60).values()) < 0.2
    assert simulated.alarms(0.7, 300, 20)["CAL121, too narrow"] > 0.9
