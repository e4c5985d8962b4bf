"""A slice against the rest: the tests and intervals against other libraries, enumeration, and simulation."""

from __future__ import annotations

from itertools import combinations
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from reportgen.contract.numbers import required
from reportgen.metrics import comparison, intervals, slices
from reportgen.metrics.design import Design


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_fisher(n: int, other: int, data: st.DataObject) -> None:
    """Twice the smaller tail of SciPy's test."""
    hits, other_hits = data.draw(st.integers(0, n)), data.draw(st.integers(0, other))
    table = [[hits, n - hits], [other_hits, other - other_hits]]
    tails = [stats.fisher_exact(table, side).pvalue for side in ("less", "greater")]
    assert slices.fisher(hits, n, other_hits, other) == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-9)


def test_fisher_of_many_rows() -> None:
    """A tail is summed as far as it reaches, not over all rows."""
    found = slices.fisher(49_000_300, 50_000_000, 49_000_000, 50_000_000)
    assert found == pytest.approx(stats.chi2_contingency(
        [[49_000_300, 999_700], [49_000_000, 1_000_000]], correction=False).pvalue, rel=0.01)  # fmt: skip


def test_welch() -> None:
    """As in SciPy; without spread only equality counts."""
    generator = np.random.default_rng(0)
    first, second = generator.exponential(size=40), 0.3 + 2 * generator.exponential(size=70)
    assert slices.welch(first, second) == pytest.approx(stats.ttest_ind(first, second, equal_var=False).pvalue)
    same = np.ones(3)
    assert (slices.welch(same, same), slices.welch(same, 2 * same), slices.welch(same[:1], first)) == (1.0, 0.0, 1.0)


def test_permutation() -> None:
    """Close to many drawn divisions of skewed values, without drawing any; the same for the samples in either order."""
    generator = np.random.default_rng(1)
    for shift in (0.0, 0.3, -0.3, 0.6):
        pooled = generator.exponential(size=100) + np.where(np.arange(100) < 30, shift, 0.0)
        first, second = pooled[:30], pooled[30:]
        drawn = np.array([generator.permutation(pooled)[:30].sum() for _ in range(4000)])
        tails = [float((drawn <= first.sum()).mean()), float((drawn >= first.sum()).mean())]
        assert slices.permutation(first, second) == pytest.approx(min(1.0, 2 * min(tails)), abs=0.03)
        assert slices.permutation(second, first) == pytest.approx(slices.permutation(first, second), rel=1e-6)
    assert slices.permutation(np.ones(3), np.ones(4)) == 1.0


def test_the_moments_of_the_permutation_test() -> None:
    """Variance and skewness of all divisions of few values give the tail."""
    pooled = np.random.default_rng(6).exponential(size=14)
    sums = np.array([pooled[list(chosen)].sum() for chosen in combinations(range(14), 5)])
    own = pooled[:5].sum()
    law = stats.pearson3(stats.skew(sums), sums.mean(), sums.std())
    expected = min(1.0, 2 * min(law.cdf(own), law.sf(own)))
    assert slices.permutation(pooled[:5], pooled[5:]) == pytest.approx(expected, rel=1e-9)


def test_the_difference_of_shares() -> None:
    """Newcombe's interval of independent shares, in numbers of his paper (1998, table II, a: 56 of 70 and 48 of 80)."""
    right = np.repeat([True, False, True, False], [56, 14, 48, 32])
    inside = np.arange(150) < 70
    found = slices.from_rest(right, inside, Design(150))
    assert found is not None
    assert (round(found.value, 4), round(found.low or 0, 4), round(found.high or 0, 4)) == (0.2, 0.0524, 0.3339)
    assert found.n == 70


def test_the_difference_of_means() -> None:
    """Its ends are those of both means, by square-and-add."""
    generator = np.random.default_rng(2)
    losses, inside = generator.exponential(size=200), np.arange(200) < 60
    found = slices.from_rest(losses, inside, Design(200))
    own, rest = (cast("Any", intervals.mean(part)) for part in (losses[:60], losses[60:]))
    assert found is not None
    assert found.value == pytest.approx(losses[:60].mean() - losses[60:].mean())
    below, above = found.value - required(found.low), required(found.high) - found.value
    assert below == pytest.approx(np.hypot(own.value - own.low, rest.high - rest.value))
    assert above == pytest.approx(np.hypot(own.high - own.value, rest.value - rest.low))


def test_groups() -> None:
    """Repeating every row in a group of its own leaves value, interval and test nearly alone; few groups have neither."""
    generator = np.random.default_rng(3)
    right, inside = generator.random(200) < 0.8, np.arange(200) < 80
    plain = slices.from_rest(right, inside, Design(200))
    times = 5
    rows = np.repeat(np.arange(200), times)
    design = Design(200 * times, "patient", rows)
    found = slices.from_rest(right[rows], inside[rows], design)
    assert plain is not None
    assert found is not None
    clustered = design.estimate(found)
    assert clustered.value == pytest.approx(plain.value)
    assert clustered.low == pytest.approx(plain.low, abs=0.01)
    p_value = slices.from_rest_p(right[rows], inside[rows], design)
    assert p_value == pytest.approx(stats.ttest_ind(right[:80], right[80:], equal_var=False).pvalue, abs=0.03)
    few = Design(200, "patient", np.where(inside, np.arange(200) % 9, np.arange(200)))
    assert slices.from_rest_p(right, inside, few) is None


def test_weights() -> None:
    """A weight of 2 is two rows, for the value; a slice of all rows has no rest."""
    right = np.array([True, False, True, True] * 20)
    inside = np.arange(80) < 40
    weights = np.where(np.arange(80) % 4 == 1, 2.0, 1.0)
    design = Design(80, weights=weights / weights.mean())
    found = slices.from_rest(right, inside, design)
    twice = np.repeat(np.arange(80), weights.astype(int))
    assert found is not None
    assert found.value == pytest.approx(right[twice][inside[twice]].mean() - right[twice][~inside[twice]].mean())
    assert slices.from_rest(right, np.ones(80, bool), Design(80)) is None
    assert slices.from_rest_p(right, np.ones(80, bool), Design(80)) is None


@pytest.mark.parametrize("groups", [None, 80])
@pytest.mark.parametrize("kind", ["shares", "losses"])
def test_false_alarms(kind: str, groups: int | None) -> None:
    """Where nothing differs, at most one family of overlapping slices in twenty has any that is told from the rest (Holm)."""
    generator = np.random.default_rng(4)
    n, runs, alarms = 400, 200, 0
    for _ in range(runs):
        group = np.arange(n) if groups is None else generator.integers(0, groups, n)
        latent = generator.normal(size=n) + 0.7 * generator.normal(size=n)[group]
        values = latent < 1.2 if kind == "shares" else np.exp(latent)
        design = Design(n) if groups is None else Design(n, "patient", group)
        family = [generator.integers(0, 4, n)[group], np.digitize(generator.random(n), [0.15, 0.5])[group]]
        masks = [codes == code for codes in family for code in np.unique(codes) if (codes == code).sum() >= 30]
        found = [slices.from_rest_p(values, mask, design) for mask in masks]
        alarms += min(comparison.holm([p for p in found if p is not None])) < 0.05
    assert alarms / runs <= 0.05


def test_power() -> None:
    """A slice that is right 20 points less often is told from the rest nearly always."""
    generator = np.random.default_rng(5)
    inside = np.arange(600) < 120
    found = [
        slices.from_rest_p(generator.random(600) < np.where(inside, 0.7, 0.9), inside, Design(600)) for _ in range(100)
    ]
    assert sum(p is not None and p < 0.05 / 6 for p in found) >= 95
