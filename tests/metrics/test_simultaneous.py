"""Many comparisons at once: implied p-values, families, differences of two intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reportgen.metrics import comparison, simultaneous


@pytest.mark.parametrize("sign", [1, -1])
def test_the_p_value_is_that_of_the_interval(sign: int) -> None:
    """Below 5 % exactly where the interval excludes 0; only the side of 0 counts."""
    for low, expected in ((0.02, "<"), (-0.02, ">")):
        ends = sorted((sign * low, sign * 9.0))
        p = simultaneous.implied_p((sign * 0.5, ends[0], ends[1]))
        assert (p < 0.05) is (expected == "<")
    assert simultaneous.implied_p((0.1, 0.1, 0.1)) == 0
    assert simultaneous.implied_p((0.0, -1.0, 1.0)) == 1


def test_a_mean_has_the_p_value_of_its_test() -> None:
    """The paired mean of NLL: scipy's test of the same differences."""
    generator = np.random.default_rng(3)
    first, second = generator.normal(0.1, 1, 500), generator.normal(0, 1, 500)
    found = comparison.mean_difference(first, second)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    expected = stats.ttest_rel(first, second).pvalue
    assert simultaneous.implied_p((found.value, found.low, found.high)) == pytest.approx(expected, abs=2e-3)


def test_counts_have_nearly_the_exact_p_value() -> None:
    """Newcombe's interval against McNemar's exact test: the same order of size far beyond 5 %."""
    for only_first, only_second in ((13, 0), (8, 1), (30, 10), (80, 40)):
        table = comparison.Discordance(4000, only_first, only_second, 1000 - only_first - only_second)
        found = comparison.accuracy_difference(table)
        assert found.low is not None
        assert found.high is not None
        ratio = simultaneous.implied_p((found.value, found.low, found.high)) / comparison.mcnemar(table)
        assert 0.5 < ratio < 6


def test_a_family_is_adjusted() -> None:
    """By Holm, each under its own key."""
    found = simultaneous.adjusted({"a": (0.3, 0.1, 0.5), "b": (0.1, -0.1, 0.3)})
    assert found["a"] == pytest.approx(2 * simultaneous.implied_p((0.3, 0.1, 0.5)))
    assert found["b"] == pytest.approx(simultaneous.implied_p((0.1, -0.1, 0.3)))
    assert simultaneous.adjusted({}) == {}


def test_two_equal_intervals_are_apart_by_their_combined_width() -> None:
    """Root two times the half width, as for independent normal estimates."""
    value, low, high = simultaneous.apart((0.5, 0.4, 0.6), (0.5, 0.4, 0.6))
    assert (value, low, high) == pytest.approx((0, -0.1 * 2**0.5, 0.1 * 2**0.5))


@pytest.mark.parametrize("count", [3, 10])
def test_among_equal_models_none_is_told_from_the_best(count: int) -> None:
    """In 95 % of families or more; by single intervals in far fewer."""
    generator = np.random.default_rng(13)
    runs, n = 300, 200
    missed = plain = 0
    for _ in range(runs):
        scores = generator.normal(size=n) + generator.normal(size=(count, n))
        differences = {}
        for i in range(count):
            for j in range(i):
                found = comparison.mean_difference(scores[i], scores[j])
                assert found is not None
                assert found.low is not None
                assert found.high is not None
                differences[i, j] = (found.value, found.low, found.high)
        best = int(scores.mean(axis=1).argmax())
        adjusted = simultaneous.adjusted(differences)
        missed += any(best in pair and p <= simultaneous.LEVEL for pair, p in adjusted.items())
        plain += any(best in pair and low * high > 0 for pair, (_, low, high) in differences.items())
    assert missed <= stats.binom.ppf(0.999, runs, 0.05)
    assert plain > 2 * missed
    assert plain > 0.08 * runs
