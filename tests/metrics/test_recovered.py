"""Differences of estimates on independent rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from oracle import oracle

from reportgen.metrics import comparison, intervals, recovered
from scripts.simulate.releases import Answers, Pair, covered, covered_by_correlation

VALUES = st.floats(-10, 10)
WIDTHS = st.floats(0, 5)


def ends(hits: int, n: int) -> recovered.Ends:
    """Return a share with its Wilson interval."""
    found = intervals.wilson(hits, n)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return found.value, found.low, found.high


def test_of_two_shares_it_is_that_of_newcombe() -> None:
    """Statsmodels' for four pairs of shares, and the example of Newcombe's paper."""
    pairs = (((591, 600), (581, 600)), ((56, 70), (48, 80)), ((10, 10), (0, 20)), ((9, 10), (3, 10)))
    found = [end for one, other in pairs for end in recovered.difference(ends(*one), ends(*other))]
    wanted = oracle("unpaired/newcombe_591-600_581-600_56-70_48-80_10-10_0-20_9-10_3-10/statsmodels")
    assert found == pytest.approx(wanted, rel=1e-9)
    assert found[2:4] == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_of_two_normal_intervals_it_has_the_root_of_the_summed_variances() -> None:
    """The textbook interval of a difference of two means with known variances."""
    low, high = recovered.difference(
        (5.0, 5.0 - 1.96 * 0.3, 5.0 + 1.96 * 0.3), (4.0, 4.0 - 1.96 * 0.4, 4.0 + 1.96 * 0.4)
    )
    assert (low, high) == pytest.approx((1 - 1.96 * 0.5, 1 + 1.96 * 0.5))


@given(VALUES, WIDTHS, WIDTHS, VALUES, WIDTHS, WIDTHS)
def test_the_other_way_round_it_is_mirrored(a: float, b: float, c: float, d: float, e: float, f: float) -> None:
    """And it includes the difference, and is not narrower than either interval."""
    one, other = (a, a - b, a + c), (d, d - e, d + f)
    low, high = recovered.difference(one, other)
    assert recovered.difference(other, one) == pytest.approx((-high, -low))
    assert low <= a - d <= high
    assert high - low >= max(math.hypot(b, f), math.hypot(c, e)) - 1e-9


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=200))
def test_with_the_correlation_of_shares_it_is_newcombes_paired_interval(answers: list[tuple[bool, bool]]) -> None:
    """That of `comparison`, which has an oracle of its own, but for its end at the largest difference."""
    now, before = np.array(answers).T
    wanted = comparison.accuracy_difference(comparison.discordance(now, before))
    both = [ends(int(one.sum()), len(one)) for one in (now, before)]
    correlation = recovered.correlation(now - now.mean(), before - before.mean())
    low, high = recovered.difference(both[0], both[1], correlation)
    assert (max(low, -1.0), min(high, 1.0)) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


@given(arrays(np.float64, 30, elements=st.floats(-1, 1)), st.integers(0, 30))
def test_a_correlation_is_one_and_models_that_agree_are_not_taken_to_be_equal(values: Any, differing: int) -> None:
    """Between -1 and 1, the same both ways round, and below 1 for equal rows."""
    one = values - values.mean()
    other = np.where(np.arange(30) < differing, one[::-1], one)
    found = recovered.correlation(one, other)
    assert -1 - 1e-9 <= found < 1
    assert recovered.correlation(other, one) == pytest.approx(found)


def test_an_end_outside_of_its_value_counts_as_the_value() -> None:
    """A corrected interval need not include its estimate: then that side adds nothing."""
    assert recovered.difference((1.0, 1.2, 2.0), (0.0, 0.0, 0.0)) == (1.0, 2.0)


def test_it_covers_on_independent_rows_and_is_too_wide_on_the_same() -> None:
    """A small version of ``make simulate``: 95 % within simulation error, and never too narrow where rows are shared."""
    for found in covered(Pair(600, 0.9, 0.9, "independent"), 1000):
        assert 0.93 < found < 0.97
    assert min(covered(Pair(600, 0.9, 0.9, "the same"), 300)) > 0.99


@pytest.mark.parametrize("design", [Answers(600, 3, 0.7, 0.75, 0.9), Answers(600, 0, 1.0, 0.95, 0.9)])
def test_it_covers_on_the_same_rows_with_their_correlation(design: Answers) -> None:
    """A small version of ``make simulate``."""
    found = covered_by_correlation(design, 300)
    assert found
    assert all(0.9 < share <= 1 for share in found.values())
