"""Effects of parameters: against least squares, against recipes, against Fisher's test; what order and names must not change."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.special import stdtrit

from reportgen.metrics import effects, seeds
from reportgen.metrics.design import Design
from reportgen.metrics.effects import Fit, Scores
from reportgen.metrics.factors import Factor, curve, levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KINDS, WIDTHS, RATES = range(2), range(2), range(3)
GRID = np.array(list(product(KINDS, WIDTHS, RATES)))


def grid(codes: Any = GRID) -> dict[str, Factor]:
    """Return the parameters of a grid as levels."""
    return {
        name: levels(codes[:, place], count)
        for place, (name, count) in enumerate((("kind", 2), ("width", 2), ("lr", 3)))
    }


def known(means: Floats, repeats: Any = None) -> Scores:
    """Return scores whose rows differ for all runs alike, so that only the runs vary."""
    m = len(means)
    return Scores(means, np.zeros((m, m)), 1000, np.arange(m) if repeats is None else np.asarray(repeats))


def least_squares(codes: NDArray[np.int64], y: Floats) -> tuple[Floats, Floats, int]:
    """Return coefficients, their covariance and degrees of freedom by scipy: a constant and indicator columns."""
    columns = [np.ones(len(y))]
    for place in range(codes.shape[1]):
        columns += [(codes[:, place] == level).astype(float) for level in range(1, codes[:, place].max() + 1)]
    x = np.stack(columns, 1)
    found = np.linalg.lstsq(x, y, rcond=None)[0]
    freedom = len(y) - x.shape[1]
    variance = float(((y - x @ found) ** 2).sum()) / freedom
    return found, variance * np.linalg.inv(x.T @ x), freedom


def test_main_effects_are_those_of_least_squares() -> None:
    """Value and interval of every difference, Bonferroni over the five of them."""
    y = np.random.default_rng(3).normal(size=len(GRID))
    beta, covariance, freedom = least_squares(GRID, y)
    mains = Fit(grid(), known(y)).mains()
    for name, first, second, at in (("kind", 0, 1, 1), ("width", 0, 1, 2), ("lr", 0, 1, 3), ("lr", 0, 2, 4)):
        (found,) = [one.effect for one in mains[name].compared if (one.first, one.second) == (first, second)]
        reach = stdtrit(freedom, 1 - 0.05 / 5 / 2) * np.sqrt(covariance[at, at])
        assert found.value == pytest.approx(-beta[at])
        assert (found.low, found.high) == (pytest.approx(-beta[at] - reach), pytest.approx(-beta[at] + reach))
    assert all(one.inflation == pytest.approx(1) for one in mains.values())


def test_an_interaction_is_that_of_least_squares() -> None:
    """The product column of two parameters with two levels, added to an additive model; Bonferroni over all seven."""
    y = np.random.default_rng(4).normal(size=len(GRID))
    fit = Fit(grid(), known(y))
    (found,) = fit.interactions()["kind", "width"]
    assert fit.additive
    wide = np.concatenate([GRID, (GRID[:, 0] * GRID[:, 1])[:, None]], axis=1)
    beta, covariance, freedom = least_squares(wide, y)
    reach = stdtrit(freedom, 1 - 0.05 / 7 / 2) * np.sqrt(covariance[-1, -1])
    assert found.effect.value == pytest.approx(beta[-1])
    assert found.effect.low == pytest.approx(beta[-1] - reach)
    chance = 2 * stats.t.sf(abs(beta[-1]) / np.sqrt(covariance[-1, -1]), freedom)
    assert found.effect.p_value == pytest.approx(min(7 * chance, 1))


def test_with_enough_runs_interactions_are_part_of_the_model() -> None:
    """An unbalanced grid of two parameters: a main effect is the mean over the runs of the differences of all cells."""
    codes = np.array([[0, 0]] * 4 + [[0, 1]] * 2 + [[1, 0]] * 3 + [[1, 1]] * 5)
    y = np.random.default_rng(14).normal(size=len(codes)) + codes.sum(axis=1)
    factors = {"a": levels(codes[:, 0], 2), "b": levels(codes[:, 1], 2)}
    fit = Fit(factors, known(y))
    cells = {(i, j): y[(codes == (i, j)).all(axis=1)] for i in range(2) for j in range(2)}
    shares = {j: (codes[:, 1] == j).mean() for j in range(2)}
    value = sum(shares[j] * (cells[0, j].mean() - cells[1, j].mean()) for j in range(2))
    freedom = len(y) - 4
    variance = sum(((cell - cell.mean()) ** 2).sum() for cell in cells.values()) / freedom
    error = np.sqrt(variance * sum(shares[j] ** 2 / len(cells[i, j]) for i in range(2) for j in range(2)))
    (found,) = fit.mains()["a"].compared
    assert not fit.additive
    assert (fit.source, fit.freedom) == ("residuals", freedom)
    assert found.effect.value == pytest.approx(value)
    assert found.effect.high == pytest.approx(value + stdtrit(freedom, 1 - 0.05 / 2 / 2) * error)
    (crossed,) = fit.interactions()["a", "b"]
    assert crossed.effect.value == pytest.approx(
        cells[0, 0].mean() - cells[0, 1].mean() - cells[1, 0].mean() + cells[1, 1].mean()
    )


def test_the_model_with_interactions_is_that_of_statsmodels() -> None:
    """On an unbalanced grid: an interaction, and a main effect averaged over the runs."""
    path = Path(__file__).parents[1] / "oracles" / "expected.json"
    expected = json.loads(path.read_text("utf-8"))["sweep/two_way_interactions/statsmodels"]["value"]
    codes = np.array([setting for place, setting in enumerate(GRID) for _ in range(1 + place % 3)])
    fit = Fit(grid(codes), known(np.array(expected["y"])))
    assert (fit.additive, fit.freedom) == (False, expected["df"])
    for effect, (value, error, *_), family in (
        (fit.interactions()["kind", "width"][0].effect, expected["interaction"], 7),
        (fit.mains()["kind"].compared[0].effect, expected["main"], 5),
    ):
        reach = stdtrit(expected["df"], 1 - 0.05 / family / 2) * error
        assert effect.value == pytest.approx(value, rel=1e-9)
        assert (effect.low, effect.high) == (pytest.approx(value - reach), pytest.approx(value + reach))


def test_a_curve_is_the_parabola_of_least_squares() -> None:
    """The values at both ends and in the middle."""
    generator = np.random.default_rng(5)
    x = np.concatenate([[-1.0, 1.0], generator.uniform(-1, 1, 18)])
    y = 1 + x - 2 * x**2 + generator.normal(size=20)
    fit = Fit({"lr": curve(x)}, known(y))
    at = np.polynomial.polynomial.Polynomial.fit(x, y, 2)
    levels = fit.mains()["lr"].levels
    assert [one.value + fit.mean for one in levels] == pytest.approx([at(-1.0), at(0.0), at(1.0)])
    assert fit.predicted("lr", np.array([0.5, 0.25]), np.array([0.5])) + fit.mean == pytest.approx(at(0.5))


def test_repeated_settings_are_the_variance_between_runs() -> None:
    """From five degrees of freedom on: Student's t test of two groups."""
    y = np.random.default_rng(6).normal(size=8)
    codes = np.repeat([0, 1], 4)
    fit = Fit({"kind": levels(codes, 2)}, known(y, codes))
    test = stats.ttest_ind(y[:4], y[4:])
    (found,) = fit.mains()["kind"].compared
    assert fit.source == "repeats"
    assert found.effect.p_value == pytest.approx(test.pvalue)
    interval = test.confidence_interval()
    assert (found.effect.low, found.effect.high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_rows_count_as_they_do_for_recipes() -> None:
    """Two settings with equally many seeds: the variance of their difference, but for its degrees of freedom."""
    generator = np.random.default_rng(7)
    easy = generator.normal(size=400)
    first, second = (
        easy + generator.normal(size=400) + generator.normal(size=(4, 400)) + shift for shift in (0.0, 0.5)
    )
    rows = [*first, *second]
    codes = np.repeat([0, 1], 4)
    scores = Scores(np.array([one.mean() for one in rows]), effects.covariance(rows, 100), 400, codes)
    (found,) = Fit({"kind": levels(codes, 2)}, scores).mains()["kind"].compared
    expected = seeds.difference(first, second)
    assert found.effect.value == pytest.approx(expected.value)
    assert expected.low is not None
    assert found.effect.low == pytest.approx(expected.low, abs=0.02 * abs(expected.value - expected.low))


def test_the_covariance_is_numpys() -> None:
    """In blocks, over the rows."""
    rows = np.random.default_rng(8).normal(size=(3, 50))
    assert effects.covariance(list(rows), 7) == pytest.approx(np.cov(rows))


def test_parameters_that_vary_together_are_not_separated() -> None:
    """Neither has an effect; each names the other, and a third one is estimated."""
    codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 3)
    factors = {
        "kind": levels(codes[:, 0], 2),
        "drop": levels(1 - codes[:, 0], 2),
        "width": levels(codes[:, 1], 2),
    }
    fit = Fit(factors, known(np.random.default_rng(9).normal(size=12)))
    mains = fit.mains()
    assert (mains["kind"].compared, mains["kind"].aliases) == ((), ("drop",))
    assert mains["drop"].aliases == ("kind",)
    assert len(mains["width"].compared) == 1
    with pytest.raises(ValueError, match="cannot be separated"):
        fit.predicted("kind", np.array([1.0]), np.array([1.0]))


def test_nearly_the_same_parameters_are_inflated() -> None:
    """Eleven of twelve runs agree: the variance inflation factor of the two columns."""
    one, other = np.repeat([0, 1], 6), np.repeat([0, 1], [5, 7])
    fit = Fit({"a": levels(one, 2), "b": levels(other, 2)}, known(np.arange(12.0)))
    correlation = np.corrcoef(one, other)[0, 1]
    assert fit.mains()["a"].inflation == pytest.approx(1 / (1 - correlation**2))


def test_too_few_runs_have_no_effects() -> None:
    """Three degrees of freedom are needed."""
    codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    fit = Fit({"a": levels(codes[:, 0], 2), "b": levels(codes[:, 1], 2)}, known(np.arange(4.0)))
    assert (fit.mains(), fit.freedom, fit.source) == ({}, 1, None)
    assert fit.interactions() == {}


def test_runs_that_do_not_differ_have_no_interval() -> None:
    """Rather than one of width 0."""
    (found,) = Fit({"a": levels(np.repeat([0, 1], 4), 2)}, known(np.full(8, 0.5))).mains()["a"].compared
    assert (found.effect.low, found.effect.p_value, found.effect.shown) == (None, None, False)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 2**31))
def test_order_and_labels_change_nothing(shuffled: Any, seed: int) -> None:
    """Runs in another order, levels and parameters named otherwise."""
    y = np.random.default_rng(seed).normal(size=(len(GRID), 30))
    order = list(range(len(GRID)))
    shuffled.shuffle(order)
    renamed = list(RATES)
    shuffled.shuffle(renamed)

    def fitted(codes: NDArray[np.int64], rows: Floats) -> Fit:
        scores = Scores(rows.mean(axis=1), effects.covariance(list(rows)), 30, np.arange(len(rows)))
        return Fit(grid(codes), scores)

    other = GRID.copy()
    other[:, 2] = np.array(renamed)[GRID[:, 2]]
    plain, changed = fitted(GRID, y), fitted(other[order], y[order])
    for name in ("kind", "width", "lr"):
        one, two = plain.mains()[name].strongest, changed.mains()[name].strongest
        assert one is not None
        assert two is not None
        assert abs(two.effect.value) == pytest.approx(abs(one.effect.value))
        assert two.effect.p_value == pytest.approx(one.effect.p_value)
    ours = sorted(one.effect.p_value or 0 for one in plain.interactions()["kind", "lr"])
    theirs = sorted(one.effect.p_value or 0 for one in changed.interactions()["kind", "lr"])
    assert theirs == pytest.approx(ours)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 12), st.integers(1, 12))
def test_failures_are_compared_by_fishers_test(inside: int, outside: int, more: int, others: int) -> None:
    """Exactly."""
    found = effects.associated(inside, inside + more, outside, outside + others)
    assert found == pytest.approx(stats.fisher_exact([[inside, more], [outside, others]]).pvalue)


def test_groups_are_units() -> None:
    """The mean stays; without groups and weights every row is a unit, and groups of equal size have their means."""
    values = np.random.default_rng(1).normal(size=12)
    groups = np.repeat(np.arange(4), 3)
    assert (Design(12).units(values) == values).all()
    assert Design(12, "g", groups).units(values) == pytest.approx(values.reshape(4, 3).mean(axis=1))
    weights = np.random.default_rng(2).uniform(0.5, 1.5, 12)
    weights /= weights.mean()
    assert Design(12, "g", groups, weights).units(values).mean() == pytest.approx(np.average(values, weights=weights))
