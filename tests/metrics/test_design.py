"""Groups and weights of rows: brute force, replicated rows, scikit-learn's sample weights, and a small simulation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings, strategies as st

from reportgen.metrics import (
    agreement,
    calibrated,
    calibration,
    classification,
    comparison,
    confidence,
    folds,
    intervals,
    ranking,
    scores,
    temperature,
)
from reportgen.metrics.design import FEWEST_GROUPS, Design
from reportgen.metrics.intervals import Contributions, Estimate
from scripts.simulate import groups as simulated, weighted

if TYPE_CHECKING:
    from numpy.typing import NDArray

N, COUNT = 600, 60


class Rows:
    """Rows of two models with three classes, in groups that share a part of the evidence; weights of their own."""

    generator = np.random.default_rng(7)
    groups = np.sort(generator.integers(0, COUNT, N))
    labels = generator.integers(0, 3, N)
    shift = generator.normal(size=(COUNT, 3))[groups]
    logits = 2.0 * np.eye(3)[labels] + shift + generator.normal(size=(N, 3))
    other = logits + generator.normal(size=(N, 3))
    weights = generator.exponential(size=N) + 0.2
    weights = weights / weights.mean()
    p = np.exp(scores.log_softmax(logits))
    predictions = logits.argmax(axis=1)
    correct = predictions == labels
    also = other.argmax(axis=1) == labels
    nll = scores.nll(np.log(p), labels)
    prior = scores.nll(np.log(np.full((N, 3), 1 / 3)), labels)


def estimates(rows: NDArray[Any], w: NDArray[np.float64]) -> dict[str, Estimate | None]:
    """Return the estimates of some of the rows with their weights."""
    labels, predictions, weights = Rows.labels[rows], Rows.predictions[rows], w[rows] / w[rows].mean()
    confusion = classification.weighted_confusion(labels, predictions, 3, weights)
    parts = (confusion, labels, predictions, weights)
    table = comparison.discordance(Rows.correct[rows], Rows.also[rows], weights)
    own = labels == 1
    points = Rows.p[rows, 1], np.where(own, weights, 0.0), np.where(own, 0.0, weights)
    right = np.where(Rows.correct[rows], weights, 0.0)
    fitted = temperature.fit(Rows.logits[rows], labels, weights=weights)
    column = Rows.p[rows]
    return {
        "accuracy": intervals.proportion(Rows.correct[rows], weights),
        "difference": comparison.accuracy_difference(table),
        "balanced": classification.balanced_accuracy_estimate(confusion).of_rows(
            lambda: classification.of_mean_recall(*parts)
        ),
        "macro F1": classification.macro_f1_estimate(confusion).of_rows(lambda: classification.of_macro_f1(*parts)),
        "NLL": intervals.mean(Rows.nll[rows], weights=weights),
        "RMS": intervals.root_mean_square(Rows.nll[rows], weights),
        "skill": classification.skill(Rows.nll[rows], Rows.prior[rows] + 0.1 * Rows.nll[rows], weights),
        "AUC": ranking.roc_auc(*points),
        "AP": ranking.average_precision(*points),
        "macro AUC": ranking.macro_roc_auc(lambda index: column[:, index], labels.astype(np.int32), range(3), weights),
        "macro AP": ranking.macro_average_precision(
            lambda index: column[:, index], labels.astype(np.int32), range(3), weights
        ),
        "kappa": agreement.error_consistency(table),
        "flips": agreement.negative_flips(table),
        "gap": calibration.gap(Rows.p[rows].max(axis=1), right, weights - right),
        "temperature": fitted.estimate,
    }


ALL = np.arange(N)
ONES = np.ones(N)


def brute_force(name: str, weights: NDArray[np.float64]) -> float:
    """Return the jackknife variance of a number: it is computed again without each of the groups."""
    whole = estimates(ALL, weights)[name]
    assert whole is not None
    found = [estimates(np.flatnonzero(Rows.groups != group), weights)[name] for group in np.unique(Rows.groups)]
    values = np.array([one.value for one in found if one is not None])
    return float((len(values) - 1) / len(values) * ((values - whole.value) ** 2).sum())


def by_contributions(found: Estimate, weights: NDArray[np.float64]) -> float:
    """Return the variance by the contributions, up to their scale: relative to that of independent rows of equal weight."""
    assert found.contributions is not None
    made = found.contributions()
    values = made.values[:]
    sums = np.bincount(Rows.groups, values)
    mass = np.bincount(Rows.groups, made.mass[:]) / made.mass[:].sum()
    used = mass > 0
    jackknife = (used.sum() - 1) / used.sum() * float(((sums[used] / (1 - mass[used])) ** 2).sum())
    return jackknife / float((values**2 / weights).sum())


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", list(estimates(ALL, ONES)))
def test_the_design_effect_is_that_of_leaving_groups_out(name: str, *, weighted: bool) -> None:
    """The variance by linearized contributions against the number computed again without each group."""
    weights = Rows.weights if weighted else ONES
    found = estimates(ALL, weights)[name]
    assert found is not None
    grouped = brute_force(name, weights)
    assert grouped == pytest.approx(by_contributions(found, weights) * independent(found, weights), rel=0.12)


def independent(found: Estimate, weights: NDArray[np.float64]) -> float:
    """Return the variance that the interval of a number has in independent rows: from its width in very many of them."""
    assert found.widened is not None
    assert found.contributions is not None
    if (
        found.method is not None and "half an example" in found.method
    ):  # not centered at the value; the contributions have their scale
        return float((found.contributions().values[:] ** 2 / weights).sum())
    narrow = found.widened(1e-4)
    assert narrow.low is not None
    assert narrow.high is not None
    return ((narrow.high - narrow.low) / 2 / intervals.Z95 * 100) ** 2


@pytest.mark.parametrize("name", list(estimates(ALL, ONES)))
def test_groups_of_one_row_are_independent_rows(name: str) -> None:
    """Their interval is the usual one, within a few percent."""
    found = estimates(ALL, ONES)[name]
    assert found is not None
    single = Design(N, "row", ALL).estimate(found)
    assert (single.value, single.n) == (found.value, found.n)
    assert single.high - single.low == pytest.approx(found.high - found.low, rel=0.12)
    assert single.method == f"{found.method}, clustered by row, {N} groups"


@pytest.mark.parametrize("copies", [2, 5])
def test_copies_of_rows_say_nothing_new(copies: int) -> None:
    """The interval of copied rows that are grouped is that of the rows themselves."""
    rows = Design(N * copies, "row", np.repeat(ALL, copies))
    for values in (Rows.correct, Rows.nll):
        once, again = intervals.mean(values.astype(float)), intervals.mean(np.repeat(values.astype(float), copies))
        assert once is not None
        assert again is not None
        found = rows.estimate(again)
        assert found.high - found.low == pytest.approx(once.high - once.low, rel=0.05)
        assert again.high - again.low < 0.8 * (once.high - once.low)


def test_a_mean_has_the_jackknifes_variance_exactly() -> None:
    """In closed form: the means without each of the groups."""
    design = Design(N, "patient", Rows.groups)
    found = intervals.mean(Rows.nll)
    assert found is not None
    without = [Rows.nll[Rows.groups != group].mean() for group in np.unique(Rows.groups)]
    count = len(without)
    expected = (count - 1) / count * float(((np.array(without) - found.value) ** 2).sum())
    scale = float(((Rows.nll - found.value) ** 2).sum()) / N**2
    assert by_contributions(found, ONES) == pytest.approx(expected / scale)
    assert design.divisor(found.contributions()) > expected / scale  # Student's t, too


@given(st.data())
@settings(max_examples=40)
def test_names_and_order_of_groups_do_not_matter(data: st.DataObject) -> None:
    """Nor is a clustered interval ever narrower than that of independent rows, or a p-value smaller."""
    sizes = data.draw(st.lists(st.integers(1, 8), min_size=FEWEST_GROUPS, max_size=25))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    generator = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = generator.normal(size=len(groups)).round(2) + generator.normal(size=len(sizes))[groups]
    order = generator.permutation(len(groups))
    names = generator.permutation(len(sizes)) * 3 + 5
    first, second = (intervals.mean(one) for one in (values, values[order]))
    if first is None or second is None or first.low is None:
        return
    one = Design(len(groups), "patient", groups).estimate(first)
    other = Design(len(groups), "patient", names[groups][order]).estimate(second)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    assert one.low <= first.low
    assert one.high >= first.high
    tested = Design(len(groups), "patient", groups).p_value(values, 0.5)
    assert tested is not None
    assert tested >= 0.5


def test_few_groups_and_unknown_contributions_have_no_interval() -> None:
    """And no test; the reason says why."""
    found = intervals.mean(Rows.nll)
    assert found is not None
    few = Design(N, "patient", Rows.groups % (FEWEST_GROUPS - 1))
    assert few.estimate(found).withheld == "it rests on fewer than 10 groups (patient)"
    assert few.p_value(Rows.nll, 0.5) is None
    enough = Design(N, "patient", Rows.groups % FEWEST_GROUPS)
    assert enough.estimate(found).low is not None
    anonymous = Estimate(0.5, N, 0.4, 0.6, "some way")
    withheld = enough.estimate(anonymous)
    assert (withheld.low, withheld.high, withheld.method) == (None, None, None)
    assert (
        withheld.withheld
        == "the rows are grouped by patient, and this interval is for independent rows of equal weight"
    )
    assert Design(N).estimate(anonymous) is anonymous
    only_some = intervals.of_share(Rows.correct, np.where(Rows.groups < FEWEST_GROUPS - 1, 1.0, 0.0))
    assert Design(N, "patient", Rows.groups).divisor(only_some) is None


def test_no_error_at_all_is_as_sure_as_groups_are() -> None:
    """Without an error the rows of a group are taken to be right together: the bound is that of the groups, not of the rows."""
    found = intervals.proportion(np.ones(N, bool))
    assert found is not None
    clustered = Design(N, "patient", ALL // 10).estimate(found)
    groups = intervals.wilson(N // 10, N // 10)
    assert groups is not None
    assert clustered.low < groups.low < found.low
    assert clustered.low == pytest.approx(groups.low, abs=0.01)


@pytest.mark.parametrize("name", ["accuracy", "balanced", "macro F1", "NLL", "AUC", "AP", "macro AUC"])
def test_weights_are_those_of_scikit_learn(name: str) -> None:
    """The values against its sample weights."""
    labels, w = Rows.labels, Rows.weights
    own = labels == 1
    expected = {
        "accuracy": lambda: sklearn.metrics.accuracy_score(labels, Rows.predictions, sample_weight=w),
        "balanced": lambda: sklearn.metrics.balanced_accuracy_score(labels, Rows.predictions, sample_weight=w),
        "macro F1": lambda: sklearn.metrics.f1_score(labels, Rows.predictions, average="macro", sample_weight=w),
        "NLL": lambda: sklearn.metrics.log_loss(labels, Rows.p, sample_weight=w),
        "AUC": lambda: sklearn.metrics.roc_auc_score(own, Rows.p[:, 1], sample_weight=w),
        "AP": lambda: sklearn.metrics.average_precision_score(own, Rows.p[:, 1], sample_weight=w),
        "macro AUC": lambda: np.mean(
            [sklearn.metrics.roc_auc_score(labels == k, Rows.p[:, k], sample_weight=w) for k in range(3)]
        ),
    }
    found = estimates(ALL, w)[name]
    assert found is not None
    assert found.value == pytest.approx(expected[name]())
    assert Design(N, weights=w).estimate(found).method == f"{found.method}, weighted"


def test_whole_weights_are_copies_in_a_group() -> None:
    """A row of weight 3 is three rows that are one group, in values and intervals."""
    counts = np.random.default_rng(1).integers(1, 4, N)
    weights = counts / counts.mean()
    for values in (Rows.correct.astype(float), Rows.nll):
        weighted, copied = intervals.mean(values, weights=weights), intervals.mean(np.repeat(values, counts))
        assert weighted is not None
        assert copied is not None
        one = Design(N, weights=weights).estimate(weighted)
        other = Design(int(counts.sum()), "row", np.repeat(ALL, counts)).estimate(copied)
        assert one.value == pytest.approx(other.value)
        assert one.high - one.low == pytest.approx(other.high - other.low, rel=0.03)
    design = Design(N, weights=weights)
    assert design.effective == pytest.approx(counts.sum() ** 2 / (counts**2).sum())
    assert Design(N).effective == N


def test_a_temperature_of_weighted_rows_is_that_of_copies() -> None:
    """Its folds keep groups whole."""
    counts = np.random.default_rng(1).integers(1, 4, N)
    one = temperature.fit(Rows.logits, Rows.labels, weights=counts.astype(float))
    other = temperature.fit(np.repeat(Rows.logits, counts, axis=0), np.repeat(Rows.labels, counts))
    assert one.value == pytest.approx(other.value)
    fold = folds.grouped_folds(Rows.groups, seed=0)
    assert all(len(np.unique(fold[Rows.groups == group])) == 1 for group in range(COUNT))
    assert np.bincount(fold).min() > N / 10


def test_pairs_of_different_groups() -> None:
    """The debiased error without pairs of the same group, by brute force over all pairs."""
    f, y = Rows.p[:120, 1], (Rows.labels[:120] == 1).astype(float)
    codes = np.unique(Rows.groups[:120], return_inverse=True)[1]
    edges = calibration.equal_width_edges(4)
    bins = calibration.residual_bins(f, y, 1 - y, edges)
    found = calibrated.between_groups(bins, calibrated.grouped_residuals(f, y, 1 - y, edges, codes))
    place = np.clip(np.searchsorted(edges, f, side="right") - 1, 0, 3)
    total = weight = 0.0
    for index in range(4):
        inside = np.flatnonzero(place == index)
        pairs = [(i, j) for i in inside for j in inside if codes[i] != codes[j]]
        if pairs:
            products = [(f[i] - y[i]) * (f[j] - y[j]) for i, j in pairs]
            total += len(inside) * float(np.mean(products))
            weight += len(inside)
    assert found == pytest.approx(math.sqrt(max(total / weight, 0.0)))
    one_group = calibrated.grouped_residuals(f, y, 1 - y, edges, np.zeros(120, np.int64))
    assert calibrated.between_groups(bins, one_group) is None


def test_the_null_in_groups_is_never_narrower() -> None:
    """Of the ECE and the MCE, drawn by signs or, of many groups, as normal."""
    f = Rows.p.max(axis=1)
    points = f, Rows.correct.astype(float), 1.0 - Rows.correct
    edges = calibration.equal_width_edges(15)
    bins = calibration.residual_bins(*points, edges)
    together = np.empty(N, np.int64)
    together[np.argsort(points[0] - points[1])] = ALL // 10
    of_rows = calibrated.nulls(bins, 0, 2000)
    of_groups = calibrated.nulls(bins, 0, 2000, calibrated.grouped_residuals(*points, edges, together))
    for alone, grouped in ((of_rows.ece, of_groups.ece), (of_rows.mce, of_groups.mce)):
        assert (grouped.mean, grouped.high, grouped.p_value) >= (alone.mean, alone.high, alone.p_value)
        assert grouped.high > alone.high
    many = [np.tile(one, 5) for one in points]
    large = calibration.residual_bins(*many, edges)
    drawn = calibrated.grouped_residuals(*many, edges, np.arange(5 * N) // 2)
    by_normal = calibrated.nulls(large, 0, 2000, drawn).ece
    assert by_normal.high == pytest.approx(calibrated.nulls(large, 0, 2000).ece.high, rel=0.15)


def test_the_null_of_weighted_rows() -> None:
    """Equal weights: as without. Weights by outcome: every row's expected residual is 0, and the draws have the variance of the rows."""
    f = Rows.p.max(axis=1)
    true, edges = Rows.correct.astype(float), calibration.equal_width_edges(15)
    equal = calibrated.weighted_residuals(f, true, 1 - true, edges)
    assert equal.probability[:] == pytest.approx(f)
    bins = calibration.residual_bins(f, true, 1 - true, edges)
    with_weights, without = calibrated.nulls(bins, 1, 4000, equal), calibrated.nulls(bins, 0, 4000)
    assert with_weights.ece.high == pytest.approx(without.ece.high, rel=0.05)
    assert with_weights.mce.high == pytest.approx(without.mce.high, rel=0.05)
    weights = np.where(Rows.correct, 0.5, 2.0)
    found = calibrated.weighted_residuals(f, weights * true, weights * (1 - true), edges)
    chance, positive, negative = found.probability[:], found.positive[:], found.negative[:]
    expected = chance * positive + (1 - chance) * negative
    assert expected == pytest.approx(np.zeros(N), abs=1e-12)
    assert positive / (f - 1) == pytest.approx(np.full(N, 0.5))
    assert negative / f == pytest.approx(np.full(N, 2.0))
    drawn = found.drawn(15, 0, 20_000)
    each = chance * positive**2 + (1 - chance) * negative**2
    assert drawn.var(axis=0) == pytest.approx(np.bincount(found.bin[:], each, 15), rel=0.06)
    many = calibrated.weighted_residuals(
        *(np.tile(one, 50) for one in (f, weights * true, weights * (1 - true))), edges
    )
    assert many.drawn(15, 0, 20_000).var(axis=0) == pytest.approx(50 * np.bincount(found.bin[:], each, 15), rel=0.06)


def test_calibrated_models_of_weighted_rows_are_seldom_called_miscalibrated() -> None:
    """Rows drawn by class, the worst of the designs."""
    rejected = 0
    for run, (sample, rows) in enumerate(weighted._samples(weighted.Weighted(600, "by class", 0.95), 60, 5)):
        p, _ = simulated._ece(sample, rows, run)
        rejected += p < 0.05
    assert rejected <= 8


def test_a_difference_that_one_group_makes_is_not_significant() -> None:
    """McNemar's test of the rows would say so."""
    first, second = np.ones(N, bool), np.ones(N, bool)
    second[Rows.groups == 3] = False
    exact = comparison.mcnemar(comparison.discordance(first, second))
    clustered = Design(N, "patient", Rows.groups).p_value(first.astype(float) - second, exact)
    assert exact < 0.05
    assert clustered is not None
    assert clustered > 0.2


def _confident(design: Design, correct: NDArray[np.bool_]) -> float | None:
    sure = np.full(N, 0.99)
    found = confidence.confident_errors(sure, correct, 0.99)
    return design.p_value(sure - correct, found.p_value, float((sure * (1 - sure)).sum()), above=True)


def test_confident_errors_of_one_group_are_no_excess() -> None:
    """Spread over groups they are."""
    one, spread = np.ones(N, bool), np.ones(N, bool)
    one[np.flatnonzero(Rows.groups == 3)[:18]] = False
    one[np.flatnonzero(Rows.groups == 4)[:18]] = False
    spread[::25] = False
    design = Design(N, "patient", Rows.groups)
    assert _confident(design, spread) < 0.01
    assert _confident(design, one) > 0.05
    assert _confident(Design(N), one) < 0.01


def test_contributions_of_a_part_of_the_rows() -> None:
    """A recall rests on its class alone: groups without it do not count."""
    own = (Rows.labels == 1) & (Rows.groups < 30)
    hits = Rows.predictions == 1
    found = intervals.wilson(int((own & hits).sum()), int(own.sum()))
    assert found is not None
    clustered = Design(N, "patient", Rows.groups).estimate(found.of_rows(lambda: intervals.of_share(hits, own * 1.0)))
    assert clustered.method is not None
    assert clustered.method.endswith(f"{len(np.unique(Rows.groups[own]))} groups")


@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_coverage_and_false_alarms_in_groups(sizes: Any) -> None:
    """A small version of ``make simulate``: rows that are alike in their groups, and what rows taken as independent would say."""
    design, runs = simulated.Clustered(20, sizes, 0.95, 0.75), 60
    for name, counts in simulated.coverage(design, runs).items():
        assert counts.shown < 0.9 * runs or counts.covered / counts.shown > 0.86, name
        assert counts.alone <= counts.covered
        assert name not in ("accuracy", "NLL") or counts.alone / counts.shown < 0.75
    rejected = simulated.alarms(design, runs)
    assert rejected["ECE"][1] > 0.3
    assert rejected["equal accuracies"][1] > 0.1
    assert max(one for one, _ in rejected.values()) <= 0.14


def test_contributions_need_not_have_a_scale() -> None:
    """The design effect is a ratio."""
    design = Design(N, "patient", Rows.groups)
    found = intervals.mean(Rows.nll)
    assert found is not None
    assert found.contributions is not None
    made = found.contributions()
    scaled = Contributions(made.values[:] * 7, made.mass[:] * 3)
    assert design.divisor(made) == pytest.approx(design.divisor(scaled))
