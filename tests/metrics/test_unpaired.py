"""Differences of estimates on independent rows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st
from oracle import oracle

from reportgen.metrics import intervals, unpaired
from scripts.simulate.releases import Pair, covered

VALUES = st.floats(-10, 10)
WIDTHS = st.floats(0, 5)


def ends(hits: int, n: int) -> unpaired.Ends:
    """Return a share with its Wilson interval."""
    found = intervals.wilson(hits, n)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return found.value, found.low, found.high


def test_of_two_shares_it_is_that_of_newcombe() -> None:
    """Statsmodels' for four pairs of shares, and the example of Newcombe's paper."""
    pairs = (((591, 600), (581, 600)), ((56, 70), (48, 80)), ((10, 10), (0, 20)), ((9, 10), (3, 10)))
    found = [end for one, other in pairs for end in unpaired.difference(ends(*one), ends(*other))]
    wanted = oracle("unpaired/newcombe_591-600_581-600_56-70_48-80_10-10_0-20_9-10_3-10/statsmodels")
    assert found == pytest.approx(wanted, rel=1e-9)
    assert found[2:4] == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_of_two_normal_intervals_it_has_the_root_of_the_summed_variances() -> None:
    """The textbook interval of a difference of two means with known variances."""
    low, high = unpaired.difference(
        (5.0, 5.0 - 1.96 * 0.3, 5.0 + 1.96 * 0.3), (4.0, 4.0 - 1.96 * 0.4, 4.0 + 1.96 * 0.4)
    )
    assert (low, high) == pytest.approx((1 - 1.96 * 0.5, 1 + 1.96 * 0.5))


@given(VALUES, WIDTHS, WIDTHS, VALUES, WIDTHS, WIDTHS)
def test_the_other_way_round_it_is_mirrored(a: float, b: float, c: float, d: float, e: float, f: float) -> None:
    """And it includes the difference, and is not narrower than either interval."""
    one, other = (a, a - b, a + c), (d, d - e, d + f)
    low, high = unpaired.difference(one, other)
    assert unpaired.difference(other, one) == pytest.approx((-high, -low))
    assert low <= a - d <= high
    assert high - low >= max(math.hypot(b, f), math.hypot(c, e)) - 1e-9


def test_an_end_outside_of_its_value_counts_as_the_value() -> None:
    """A corrected interval need not include its estimate: then that side adds nothing."""
    assert unpaired.difference((1.0, 1.2, 2.0), (0.0, 0.0, 0.0)) == (1.0, 2.0)


def test_it_covers_on_independent_rows_and_is_too_wide_on_the_same() -> None:
    """A small version of ``make simulate``: 95 % within simulation error, and never too narrow where rows are shared."""
    for found in covered(Pair(600, 0.9, 0.9, "independent"), 1000):
        assert 0.93 < found < 0.97
    assert min(covered(Pair(600, 0.9, 0.9, "the same"), 300)) > 0.99
