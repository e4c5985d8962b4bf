"""Scores over seeds: closed forms of crossed random effects, and false alarms with a fixed seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from reportgen.metrics import seeds
from scripts.simulate.seeds import WORLDS, alarms

ROWS = arrays(np.float64, st.tuples(st.integers(2, 5), st.integers(2, 8)), elements=st.sampled_from([0.0, 0.5, 1.0]))


def test_seeds_that_differ_on_all_rows_alike_have_the_t_interval_of_their_scores() -> None:
    """Rows that do not vary add nothing: what is left is Student's t of the scores, and Welch's of two recipes."""
    scores, others = np.array([0.8, 0.9, 0.85]), np.array([0.7, 0.9])
    found = seeds.over_seeds(np.repeat(scores[:, None], 50, axis=1))
    low, high = stats.t.interval(0.95, 2, scores.mean(), stats.sem(scores))
    assert (found.low, found.high) == pytest.approx((low, high))
    both = seeds.difference(*(np.repeat(one[:, None], 50, axis=1) for one in (scores, others)))
    welch = stats.ttest_ind(scores, others, equal_var=False).confidence_interval(0.95)
    assert (both.low, both.high) == pytest.approx((welch.low, welch.high))


def test_equal_models_have_the_t_interval_of_the_rows() -> None:
    """Without any variation between seeds the rows are left: the paired t interval."""
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 40))
    found = seeds.difference(np.repeat(first[None], 3, axis=0), np.repeat(second[None], 2, axis=0))
    interval = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


@given(ROWS)
def test_the_mean_is_inside_and_the_order_of_seeds_and_rows_does_not_matter(rows: np.ndarray) -> None:
    """A recipe differs from itself by 0; its interval is the same in any order."""
    found, turned = seeds.over_seeds(rows), seeds.over_seeds(rows[::-1, ::-1])
    assert found.value == pytest.approx(rows.mean())
    assert (found.low is None) == bool((rows == rows[0, 0]).all()) == (found.withheld is not None)
    if found.low is not None and found.high is not None:
        assert found.low < found.value < found.high
        assert (turned.low, turned.high) == pytest.approx((found.low, found.high))
    itself = seeds.difference(rows, rows)
    assert itself.value == 0
    if itself.low is not None:
        assert itself.low == pytest.approx(-itself.high)  # type: ignore[operator]


@given(ROWS, st.integers(2, 20))
def test_more_comparisons_make_it_wider(rows: np.ndarray, comparisons: int) -> None:
    """Bonferroni: for all pairs together."""
    one, many = seeds.difference(rows, 1 - rows), seeds.difference(rows, 1 - rows, comparisons)
    assert one.value == many.value
    if one.low is not None and many.low is not None:
        assert many.low < one.low


def test_one_seed_has_no_interval() -> None:
    """Its value is there, and the reason."""
    rows = np.array([[0.0, 1.0, 1.0]])
    assert seeds.deviation(rows) is None
    for found in (seeds.over_seeds(rows), seeds.difference(rows, np.ones((3, 3)))):
        assert found.low is None
        assert found.withheld is not None
        assert "one model" in found.withheld
    assert seeds.deviation(np.array([[0.0, 1.0], [1.0, 1.0]])) == pytest.approx(np.std([0.5, 1.0], ddof=1))


def test_equal_recipes_are_seldom_told_apart() -> None:
    """At most one report in twenty, with a margin for the simulation; a t test of the scores errs far more often."""
    ours, welch, _ = alarms(WORLDS[1], (5, 5), 300)
    assert ours <= 0.08
    assert welch >= 0.12
