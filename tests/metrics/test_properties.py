"""What must hold for every input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from reportgen.metrics import (
    agreement,
    calibrated,
    calibration,
    classification,
    comparison,
    confidence,
    density,
    intervals,
    ranking,
    scores,
    smoothing,
    temperature,
)
from scripts.simulate.many_classes import compared

SEEDS = st.integers(0, 10_000)


def sample(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return forecasts and outcomes of a miscalibrated model."""
    generator = np.random.default_rng(seed)
    f = generator.beta(0.6, 0.9, n)
    y = (generator.random(n) < f**1.5).astype(float)
    return f, y, 1 - y


@given(SEEDS)
def test_order_does_not_matter(seed: int) -> None:
    """A permutation of the examples changes no number."""
    f, p, q = sample(seed)
    order = np.random.default_rng(seed).permutation(len(f))
    assert smoothing.smece(f, p, q) == pytest.approx(smoothing.smece(f[order], p[order], q[order]), abs=1e-9)
    for number in (ranking.average_precision, ranking.roc_auc):
        one, other = number(f, p, q), number(f[order], p[order], q[order])
        assert one is not None
        assert other is not None
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-9)


@given(SEEDS)
def test_points_may_stand_for_many(seed: int) -> None:
    """A point with counts gives what the examples one by one give."""
    f, p, q = sample(seed, 60)
    counts = np.random.default_rng(seed).integers(1, 5, len(f))
    one_by_one = [np.repeat(values, counts) for values in (f, p, q)]
    counted = (f, p * counts, q * counts)
    edges = calibration.equal_width_edges(15)
    assert calibration.ece(calibration.residual_bins(*counted, edges)) == pytest.approx(
        calibration.ece(calibration.residual_bins(*one_by_one, edges))
    )
    first, second = ranking.roc_auc(*counted), ranking.roc_auc(*one_by_one)
    assert first is not None
    assert second is not None
    assert (first.value, first.low) == pytest.approx((second.value, second.low))


@given(SEEDS)
def test_residuals_add_up_to_the_gap(seed: int) -> None:
    """The residuals of all bins add up to N times the gap, and no ECE is below its size."""
    points = sample(seed)
    bins, gap = calibration.residual_bins(*points, calibration.equal_width_edges(15)), calibration.gap(*points)
    assert bins.residual.sum() == pytest.approx(bins.total * gap.value)
    assert calibration.mce(bins) >= calibration.ece(bins) - 1e-12 >= abs(gap.value) - 2e-12


@given(st.integers(1, 50))
def test_perfect_forecasts_have_no_error(n: int) -> None:
    """Forecasts that equal the outcome have no calibration error."""
    y = np.arange(n) % 2.0
    bins = calibration.residual_bins(y, y, 1 - y, calibration.equal_width_edges(15))
    assert calibration.ece(bins) == 0
    assert smoothing.smece(y, y, 1 - y) == pytest.approx(0, abs=1e-5)


def test_debiased_error_is_unbiased() -> None:
    """Over 400 samples of a calibrated model the mean of T is 0 within four standard errors."""
    generator = np.random.default_rng(0)
    values = []
    for _ in range(400):
        f = generator.beta(0.6, 0.9, 300)
        y = (generator.random(300) < f).astype(float)
        found = calibration.squared_error(calibration.residual_bins(f, y, 1 - y, calibration.equal_mass_edges(f, 15)))
        assert found is not None
        values.append(found.value)
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(400)


@given(SEEDS)
def test_logits_and_probabilities_agree(seed: int) -> None:
    """Scores from logits equal scores from the logarithm of their softmax."""
    generator = np.random.default_rng(seed)
    logits, labels = generator.normal(size=(50, 4)) * 3, generator.integers(0, 4, 50)
    log_p = scores.log_softmax(logits)
    again = scores.log_softmax(log_p + 7.0)
    assert np.allclose(scores.nll(log_p, labels), scores.nll(again, labels))
    hard, soft = scores.brier(np.exp(log_p), labels), scores.brier(np.exp(log_p), np.eye(4)[labels])
    assert np.allclose(hard, soft)


@given(SEEDS)
def test_macro_auc_of_two_classes(seed: int) -> None:
    """For two classes the macro AUC is the AUC."""
    f, p, q = sample(seed, 100)
    labels = p.astype(np.int32)
    single = ranking.roc_auc(f, p, q)
    macro = ranking.macro_roc_auc(lambda index: f if index else 1 - f, labels, [0, 1])
    assert single is not None
    assert macro is not None
    assert macro.value == pytest.approx(single.value)
    assert macro.low == pytest.approx(single.low, abs=0.01)


@given(SEEDS, st.floats(0.5, 3.0))
def test_temperature_recovers_what_was_put_in(seed: int, true: float) -> None:
    """Logits multiplied by T have the temperature T times as large."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(300, 3)) * 2
    labels = np.array([generator.choice(3, p=row) for row in np.exp(scores.log_softmax(logits))])
    first, second = temperature.fit(logits, labels), temperature.fit(logits * true, labels)
    assert second.value == pytest.approx(first.value * true, rel=1e-6)
    assert second.standard_error == pytest.approx(first.standard_error * true, rel=1e-5)


@pytest.mark.parametrize(("logits", "message"), [(np.eye(3) * 9, "all rows"), (np.zeros((3, 3)), "do not separate")])
def test_no_temperature(logits: np.ndarray, message: str) -> None:
    """Without a finite optimum the reason is told instead of a number."""
    with pytest.raises(temperature.NoTemperatureError, match=message):
        temperature.fit(np.tile(logits, (20, 1)), np.tile(np.arange(3), 20))


def test_worse_than_chance_has_no_temperature() -> None:
    """Logits that point away from the label have no positive temperature."""
    labels = np.tile(np.arange(3), 20)
    with pytest.raises(temperature.NoTemperatureError):
        temperature.fit(-np.eye(3)[labels], labels)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values(p_values: list[float]) -> None:
    """Adjustment never lowers a p-value, keeps their order, and Holm is the stricter one."""
    holm, fdr = comparison.holm(p_values), comparison.benjamini_hochberg(p_values)
    for raw, strict, loose in zip(p_values, holm, fdr, strict=True):
        assert raw <= loose + 1e-12
        assert loose <= strict + 1e-12 <= 1 + 2e-12
    order = np.argsort(p_values)
    assert np.all(np.diff(np.array(holm)[order]) >= 0)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_accuracy_difference_is_antisymmetric(a: int, b: int, c: int, d: int) -> None:
    """Swapping the models turns value and interval around; the interval holds the value."""
    if a + b + c + d == 0:
        return
    one = comparison.accuracy_difference(comparison.Discordance(a, b, c, d))
    other = comparison.accuracy_difference(comparison.Discordance(a, c, b, d))
    assert one.low is not None
    assert one.high is not None
    assert other.high is not None
    assert one.value == -other.value
    assert one.low == pytest.approx(-other.high)
    assert one.low <= one.value <= one.high


def test_accuracy_difference_covers_the_truth() -> None:
    """In 2,000 samples of 100 pairs Newcombe's interval holds the true difference in 93 to 98 % of the cases."""
    generator = np.random.default_rng(1)
    truth = (0.6, 0.15, 0.05, 0.2)
    covered = 0
    for counts in generator.multinomial(100, truth, 2000):
        found = comparison.accuracy_difference(comparison.Discordance(*map(int, counts)))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.1 <= found.high
    assert 0.93 < covered / 2000 < 0.98


def test_a_missing_class_has_no_recall() -> None:
    """A class without examples is not a number, and the macro numbers leave it out."""
    confusion = np.array([[5, 0, 0], [1, 4, 0], [0, 0, 0]])
    assert np.isnan(classification.recall(confusion)[2])
    assert classification.balanced_accuracy(confusion) == pytest.approx(0.9)


def test_equal_forecasts_share_a_bin() -> None:
    """Ties are never split: a constant forecast has one bin."""
    assert calibration.equal_mass_edges(np.full(100, 0.7), 15).tolist() == [0.0, 1.0]


def test_the_density_integrates_to_one() -> None:
    """Reflection at the ends keeps all of the mass."""
    grid, values = density.reflected_density(np.random.default_rng(0).beta(5, 1, 500), 0.1, 1.0, 400)
    assert np.trapezoid(values, grid) == pytest.approx(1, abs=1e-3)


def test_a_single_value_has_no_interval() -> None:
    """One value has a mean and no interval; none has no mean."""
    assert intervals.mean(np.array([2.0])) == intervals.Estimate(2.0, 1, withheld="there is a single value")
    assert intervals.mean(np.array([])) is None
    assert intervals.wilson(0, 0) is None


def test_one_class_has_no_auc() -> None:
    """Without positives or without negatives there is no curve."""
    f = np.array([0.2, 0.4])
    assert ranking.roc_auc(f, np.ones(2), np.zeros(2)) is None
    assert ranking.average_precision(f, np.zeros(2), np.ones(2)) is None


@pytest.mark.parametrize("shift", [-8.0, 0.0, 8.0])
def test_the_interval_of_average_precision_does_not_depend_on_the_scale(shift: float) -> None:
    """Scores crowded at an end of [0, 1] keep the interval that they have in the middle."""
    generator = np.random.default_rng(0)
    y = (generator.random(3000) < 0.1).astype(float)
    z = generator.normal(size=3000) + 1.5 * y
    expected = ranking.average_precision(z, y, 1 - y)
    found = ranking.average_precision(1 / (1 + np.exp(-(z + shift))), y, 1 - y)
    assert expected is not None
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert expected.low < expected.value < expected.high  # type: ignore[operator]


def test_the_interval_of_average_precision_is_that_of_resampled_examples() -> None:
    """The jackknife gives the spread that 400 samples of the examples have, within 10 %."""
    generator = np.random.default_rng(3)
    y = (generator.random(2000) < 0.2).astype(float)
    z = generator.normal(size=2000) + 1.5 * y
    rows = generator.integers(0, 2000, (400, 2000))
    values = [ranking.average_precision(z[row], y[row], 1 - y[row]).value for row in rows]  # type: ignore[union-attr]
    found = ranking.average_precision(z, y, 1 - y)
    assert found is not None
    assert found.high - found.low == pytest.approx(2 * intervals.Z95 * np.std(values), rel=0.1)  # type: ignore[operator]


@given(SEEDS)
def test_the_cells_bound_the_error_of_the_area(seed: int) -> None:
    """The area from cells of the score is as near to the exact one as the bound says."""
    f, p, q = sample(seed)
    cells = np.minimum((f * 12).astype(int), 11)
    positives, negatives = (np.bincount(cells, weights=one, minlength=12) for one in (p, q))
    if positives.sum() == 0 or negatives.sum() == 0:
        return
    exact, coarse = ranking.roc_auc(f, p, q), ranking.roc_auc(np.arange(12.0), positives, negatives)
    assert exact is not None
    assert coarse is not None
    assert abs(exact.value - coarse.value) <= ranking.area_bound(positives, negatives) + 1e-12


@given(SEEDS)
def test_the_chance_of_confident_errors_is_never_too_small(seed: int) -> None:
    """It is at least the exact tail of the Poisson binomial distribution, and near it where that is small."""
    generator = np.random.default_rng(seed)
    f = generator.uniform(0.99, 1, 300)
    correct = generator.random(300) < 2 * f - 1
    exact = np.ones(1)
    for chance in 1 - f:
        exact = np.convolve(exact, [1 - chance, chance])
    found = confidence.confident_errors(f, correct, 0.99)
    tail = exact[found.errors :].sum()
    assert found.expected == pytest.approx((1 - f).sum())
    assert tail - 1e-12 <= found.p_value
    if tail < 0.05:
        assert found.p_value <= 1.2 * tail


def test_the_gap_of_two_rows_says_little() -> None:
    """Its interval covers most of what is possible, and no more."""
    f, p = np.array([0.9, 0.6]), np.array([1.0, 0.0])
    found = calibration.gap(f, p, 1 - p)
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low < -0.5
    assert 0.7 < found.high <= 1


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4))
def test_error_consistency_stays_in_its_range(counts: list[int]) -> None:
    """The interval holds the value, has a width, and ends within -1 and 1; below five errors of a model there is none."""
    table = comparison.Discordance(*counts)
    found = agreement.error_consistency(table) if table.n else None
    if found is None:
        return
    fewest = min(table.only_first, table.only_second) + table.neither
    assert (found.low is None) is (fewest < 5)
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high


@pytest.mark.parametrize("kappa", [0.0, 0.4, 0.8])
def test_error_consistency_covers_the_truth(kappa: float) -> None:
    """In 1,000 samples of 200 pairs with a fifth of errors at least 93 % of the intervals hold the true kappa."""
    errors = 0.2
    both = errors * errors + kappa * errors * (1 - errors)
    truth = (1 - 2 * errors + both, errors - both, errors - both, both)
    covered = 0
    for counts in np.random.default_rng(2).multinomial(200, truth, 1000):
        found = agreement.error_consistency(comparison.Discordance(*map(int, counts)))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= kappa <= found.high
    assert covered >= 930


def test_perfect_separation_has_no_auc_interval() -> None:
    """Six perfectly ranked examples do not make an AUC of 1 certain."""
    f, y = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]), np.array([0.0, 0, 0, 1, 1, 1])
    separated = intervals.Estimate(1.0, 6, withheld="the scores separate the classes perfectly")
    assert ranking.roc_auc(f, y, 1 - y) == separated
    assert ranking.macro_roc_auc(lambda index: f if index else 1 - f, y.astype(np.int32), [0, 1]) == separated


def test_a_class_with_one_example_has_no_macro_interval() -> None:
    """The spread of a single placement cannot be estimated."""
    column = np.array([0.1, 0.9, 0.2, 0.95, 0.3])
    found = ranking.macro_roc_auc(lambda index: column if index else 1 - column, np.array([0, 1, 0, 0, 0]), [0, 1])
    assert found == intervals.Estimate(0.75, 5, withheld="at least 10 examples of a class are needed (found 1)")


@given(st.floats(0.01, 0.99))
def test_neighbouring_numbers_are_told_apart(lower: float) -> None:
    """Forecasts without a number between them still stand in two bins."""
    f, y = np.repeat([lower, np.nextafter(lower, 1)], 10), np.ones(20)
    bins = calibration.residual_bins(f, y, 1 - y, calibration.equal_mass_edges(f, 2))
    assert bins.n.tolist() == [10, 10]


def test_rounding_above_one_does_no_harm() -> None:
    """A probability of 1 + 1e-13 has no variance, and the numbers under calibration stay numbers."""
    f, y = np.full(50, 1 + 1e-13), np.ones(50)
    bins = calibration.residual_bins(f, y, 1 - y, calibration.equal_width_edges(15))
    assert bins.variance.sum() == 0
    assert calibration.in_the_large_p(f, y, 1 - y) == pytest.approx(1)
    assert calibrated.nulls(bins, seed=0).ece.mean == 0


def test_newcombes_interval_on_a_worked_example() -> None:
    """R package contingencytables, test-ch8.R, data of Cavo et al. (2012): -0.0621 (-0.1186 to -0.0046)."""
    found = comparison.accuracy_difference(comparison.Discordance(59, 6, 16, 80))
    assert (found.value, found.low, found.high) == pytest.approx((-0.0621, -0.1186, -0.0046), abs=5e-5)


@pytest.mark.parametrize("separation", [1.0, 3.0])
def test_an_area_from_histograms_is_within_its_bound(separation: float) -> None:
    """The exact macro AUC of fifty classes, and that of the cells that stand in for the scores."""
    exact, binned, bound = compared(separation, classes=50, rows=1000)
    assert 0 < abs(binned - exact) <= bound < 0.01


@settings(max_examples=10)
@given(SEEDS, st.sampled_from([30, 300]))
def test_a_calibrated_smece_is_where_it_is_expected(seed: int, n: int) -> None:
    """The range is from 0 to above the mean; forecasts that are far too sure are above it, and p counts the draws."""
    generator = np.random.default_rng(seed)
    f = generator.beta(0.6, 0.9, n)
    y = (generator.random(n) < f).astype(float)
    null = smoothing.smece_null(f, y, 1 - y, seed)
    assert 0 < null.mean < null.high < 1
    assert (smoothing.smece(f, y, 1 - y) > null.high) <= (null.p_value <= 0.05)
    wrong = (generator.random(n) < 0.5).astype(float)
    sure = np.full(n, 0.95)
    assert smoothing.smece(sure, wrong, 1 - wrong) > smoothing.smece_null(sure, wrong, 1 - wrong, seed).high


def test_a_certain_forecast_has_no_smece_to_expect() -> None:
    """At 0 and 1 a calibrated model makes no error."""
    f = np.array([0.0, 1.0, 1.0])
    null = smoothing.smece_null(f, f, 1 - f, 0)
    assert null.high == pytest.approx(0, abs=1e-3)
