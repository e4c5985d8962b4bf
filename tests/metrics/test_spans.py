"""Rows in spans: the sums of all rows, whatever the span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from reportgen.contract.forecasts import nulls_of, points_of
from reportgen.metrics import (
    agreement,
    calibrated,
    calibration,
    classification,
    comparison,
    density,
    distributions,
    folds,
    intervals,
    mapped,
    ordinal,
    pooled,
    ranking,
    regression,
    seeds,
    slices,
    smoothing,
    spans,
)
from reportgen.metrics.confidence import confident_errors
from reportgen.metrics.design import Design
from reportgen.metrics.ordered import Ordered
from reportgen.metrics.pooled import Parts
from reportgen.metrics.ranking import Column
from reportgen.metrics.selective import Refusals
from reportgen.metrics.spans import Derived, each

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from reportgen.contract.forecasts import Points

GENERATOR = np.random.default_rng(5)
LOSSES, CONFIDENCE = GENERATOR.exponential(size=1_000), GENERATOR.beta(8, 1, size=1_000)
LABELS, PREDICTIONS = GENERATOR.integers(0, 4, (2, 1_000))
CORRECT = GENERATOR.random(1_000) < CONFIDENCE
ERRORS = each(np.subtract, LOSSES, GENERATOR.normal(1, 1, 1_000))
BINNED = np.round(LOSSES, 1), ERRORS
WEIGHTS, SCORES = LOSSES / LOSSES.mean(), np.round(CONFIDENCE, 2)
COLUMNS = [Column(one, CORRECT, known) for one, known in ((SCORES, None), (LOSSES, LABELS > 0))]
SURE = 1 - (1 - CONFIDENCE) ** 6
PARTS = Parts(np.minimum(LABELS, PREDICTIONS) * 1.0, LABELS * 1.0)
GROUPS = GENERATOR.integers(0, 200, 1_000)
INSIDE = GENERATOR.random(1_000) < 0.3
EDGES = calibration.equal_width_edges(15)
FOUND: tuple[Callable[[], Any], ...] = (
    lambda: intervals.mean(ERRORS),
    lambda: intervals.proportion(CORRECT),
    lambda: intervals.ratio(LOSSES, CONFIDENCE),
    lambda: comparison.accuracy_difference(comparison.discordance(CORRECT, INSIDE)),
    lambda: agreement.error_consistency(comparison.discordance(CORRECT, INSIDE)),
    lambda: classification.macro_f1_estimate(CONFUSION).of_rows(
        lambda: classification.of_macro_f1(CONFUSION, LABELS, PREDICTIONS, CONFIDENCE)
    ),
    lambda: classification.balanced_accuracy_estimate(CONFUSION).of_rows(
        lambda: classification.of_mean_recall(CONFUSION, LABELS, PREDICTIONS, CONFIDENCE)
    ),
)
CONFUSION = classification.weighted_confusion(LABELS, PREDICTIONS, 4, CONFIDENCE)


def ends(*found: intervals.Estimate | None) -> list[float | None]:
    """Return the values of estimates, and the ends of their intervals."""
    return [number for one in found if one is not None for number in (one.value, one.low, one.high)]


def grouped() -> Design:
    """Return rows in groups."""
    return Design(1_000, "patient", GROUPS)


def weighted() -> Design:
    """Return rows with weights."""
    return Design(1_000, weights=CONFIDENCE / CONFIDENCE.mean())


def points(design: Design) -> Points:
    """Return forecasts with the weights of both outcomes."""
    return points_of(CONFIDENCE, CORRECT, design)


def null(design: Design) -> calibrated.Null:
    """Return the error of calibrated models in rows."""
    bins = calibration.residual_bins(*points(design), EDGES)
    found = nulls_of(bins, points(design), design, 0)
    assert found is not None
    return found.ece


@pytest.mark.parametrize(
    "measure",
    [
        lambda: intervals.mean(LOSSES, 0.0),
        lambda: intervals.mean(Derived(1_000, lambda span: LOSSES[span] ** 2), 0.0, weights=CONFIDENCE),
        lambda: intervals.ratio(LOSSES, CONFIDENCE),
        lambda: intervals.proportion(CORRECT),
        lambda: comparison.mean_difference(LOSSES, CONFIDENCE),
        lambda: classification.skill(LOSSES, CONFIDENCE),
        lambda: confident_errors(CONFIDENCE, CORRECT, 0.9),
        lambda: classification.confusion_matrix(LABELS, PREDICTIONS, 4).tolist(),
        lambda: spans.most(np.round(LOSSES, 1), 7).tolist(),
        lambda: intervals.root_mean_square(ERRORS),
        lambda: regression.quantile(each(np.abs, ERRORS), 0.9),
        lambda: regression.quantile(np.round(LOSSES, 1), 0.9, CONFIDENCE),
        lambda: regression.r_squared(ERRORS, LOSSES, CONFIDENCE),
        lambda: regression.mae_skill(ERRORS, LOSSES),
        lambda: regression.growth(LOSSES, ERRORS),
        lambda: regression.growth(np.round(LOSSES, 1), np.round(ERRORS[:], 1)),
        lambda: regression.split_conformal(ERRORS, 0.9, Design(1_000), 3).half_width,  # type: ignore[union-attr]
        lambda: regression.split_conformal(ERRORS, 0.9, Design(1_000), 3).covered,  # type: ignore[union-attr]
        lambda: [[one.low, one.center, one.bias.value, one.median] for one in regression.bins(*BINNED, Design(1_000))],
        lambda: [[found] for found in regression.normal_quantiles(ERRORS, 99)[1].tolist()],
        lambda: ranking.roc_auc(SCORES, CORRECT * WEIGHTS, ~CORRECT * WEIGHTS),
        lambda: ranking.average_precision(SCORES, CORRECT * WEIGHTS, ~CORRECT * WEIGHTS),
        lambda: ranking.mean_roc_auc(COLUMNS, 1_000),
        lambda: ranking.mean_average_precision(COLUMNS, 1_000, WEIGHTS),
        lambda: calibration.gap(CONFIDENCE, CORRECT * WEIGHTS, ~CORRECT * WEIGHTS),
        lambda: [calibration.residual_bins(CONFIDENCE, CORRECT * 1.0, ~CORRECT * 1.0, EDGES).squared.tolist()],
        lambda: calibration.adaptive_edges(CONFIDENCE, 15).tolist(),
        lambda: [calibration.in_the_large_p(part, CORRECT * 1.0, ~CORRECT * 1.0) for part in (CONFIDENCE, SURE)],
        lambda: pooled.micro(PARTS, WEIGHTS),
        lambda: pooled.macro([PARTS, Parts(PARTS.denominators, PARTS.denominators)]),
        lambda: pooled.difference(PARTS, Parts(CORRECT * 1.0, 1.0 + PARTS.denominators))[0],  # type: ignore[index]
        lambda: pooled.mean_over_rows(pooled.per_row(PARTS)[0]),
        lambda: [pooled.linear_apart([PARTS], INSIDE, WEIGHTS)[::50].tolist()],  # type: ignore[index]
        lambda: spans.most(np.round(LOSSES, 1), 7, CONFIDENCE).tolist(),
        lambda: [
            intervals.mean_p_value(ERRORS),
            regression.rows_for_half(ERRORS),
            distributions.distance_from_uniform(CONFIDENCE),
            *distributions.crps_of_labels(np.round(LOSSES, 1))[::100].tolist(),
            distributions.share_p_value(CORRECT, 0.9),
        ],
        lambda: ends(*(grouped().estimate(found()) for found in FOUND)),
        lambda: ends(*(weighted().estimate(found()) for found in FOUND)),
        lambda: [
            grouped().p_value(ERRORS, 0.1),
            weighted().p_value(ERRORS, 0.1),
            slices.from_rest_p(CORRECT, INSIDE, Design(1_000)),
            slices.from_rest_p(LOSSES, INSIDE, Design(1_000)),
            slices.from_rest_p(CORRECT, INSIDE, grouped()),
            slices.from_rest_p(LOSSES, INSIDE, weighted()),
        ],
        lambda: [*grouped().units(LOSSES)[::9].tolist(), *weighted().units(ERRORS)[::99].tolist()],
        lambda: [grouped().take(INSIDE).count, weighted().take(INSIDE).effective],
        lambda: [*folds.grouped_folds(GROUPS, 3)[::50].tolist(), *mapped.coded(GROUPS)[::50].tolist()],
        lambda: ends(*(slices.from_rest(values, INSIDE, Design(1_000)) for values in (CORRECT, LOSSES))),
        lambda: ends(*(grouped().estimate(slices.from_rest(one, INSIDE, grouped())) for one in (CORRECT, LOSSES))),  # type: ignore[arg-type]
        lambda: ends(Refusals.of(np.round(CONFIDENCE, 2), CORRECT).area()),
        lambda: ends(grouped().estimate(Refusals.of(np.round(CONFIDENCE, 2), CORRECT).area())),
        lambda: [
            calibration.in_the_large_p(*points(Design(1_000))),
            smoothing.smece(*points(Design(1_000))),
            smoothing.smece_null(*points(Design(1_000)), 0).high,
            *calibration.adaptive_edges(CONFIDENCE, 15).tolist(),
            *calibration.residual_bins(*points(weighted()), EDGES).squared.tolist(),
        ],
        lambda: [null(design()).high for design in (grouped, weighted)],
        lambda: [
            calibrated.between_groups(
                calibration.residual_bins(*points(grouped()), EDGES),
                calibrated.grouped_residuals(*points(grouped()), EDGES, groups),
            )
            for groups in (GROUPS, None)
        ],
        lambda: ends(calibration.gap(*points(Design(1_000))), grouped().estimate(calibration.gap(*points(grouped())))),
        lambda: ends(seeds.over_seeds([LOSSES, ERRORS]), seeds.difference([LOSSES, ERRORS], [ERRORS, CONFIDENCE])),
        lambda: [
            *ends(ordinal.quadratic_kappa(LABELS, PREDICTIONS, CONFIDENCE)),
            *ends(ordinal.quadratic_kappa_difference(LABELS, PREDICTIONS, LABELS % 3)),
        ],
        lambda: density.quantiles(LOSSES, [0.25, 0.5, 0.9]).tolist(),
    ],
)
def test_the_span_does_not_matter(measure: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the last digits of sums; nor whether arrays are on the disk."""
    monkeypatch.setattr(calibrated, "_MOST_SIGNS", 100)
    whole = measure()
    for module in (spans, calibrated):
        monkeypatch.setattr(module, "AT_ONCE", 7)
    monkeypatch.setattr(mapped, "MAPPED", 1)
    parts = measure()
    if isinstance(whole, list):
        for part, wanted in zip(parts, whole, strict=True):
            assert part == pytest.approx(wanted, rel=1e-9)
        return
    for name, value in vars(whole).items():
        if isinstance(value, float):
            assert getattr(parts, name) == pytest.approx(value, rel=1e-9)
        elif not callable(value):
            assert getattr(parts, name) == value


@given(st.lists(st.sampled_from(["a", "b", "cc", ""]) | st.just("b"), min_size=1, max_size=30), st.data())
def test_codes_are_those_of_numpy(values: list[str], data: st.DataObject) -> None:
    """Of text and of numbers, of all rows and of some, in spans on the disk."""
    array = np.array(values)
    rows = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "AT_ONCE", 3)
        patch.setattr(mapped, "MAPPED", 1)
        distinct, codes = np.unique(array, return_inverse=True)
        assert mapped.distinct(array).tolist() == distinct.tolist()
        assert mapped.coded(array).tolist() == codes.tolist()
        assert mapped.coded(codes * 7 - 9).tolist() == codes.tolist()
        assert (
            mapped.taken(array, rows).tolist()
            == mapped.taken(array, mapped.places(rows)).tolist()
            == array[rows].tolist()
        )
        summed = mapped.summed(each(np.multiply, rows, 2.0 * codes), codes, len(distinct))
        assert summed.tolist() == np.bincount(codes, 2.0 * codes * rows).tolist()


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 9))
def test_the_largest_are_those_of_a_stable_sort(values: list[int], limit: int) -> None:
    """Equal ones in their order."""
    expected = sorted(range(len(values)), key=lambda place: -values[place])[:limit]
    assert spans.most(np.array(values, np.float64), limit).tolist() == expected


def test_cells_keep_the_sums_over_bins_between_their_edges() -> None:
    """Numbers of rows and residuals of the bins are those of the rows; the squares are next to them."""
    edges = calibration.equal_width_edges(15)
    exact = calibration.residual_bins(CONFIDENCE, CORRECT * 1.0, ~CORRECT * 1.0, edges)
    cells = calibration.in_cells(CONFIDENCE, CORRECT, calibration.fine_edges(edges))
    found = calibration.residual_bins(cells.forecasts, cells.positives, cells.negatives, edges)
    assert found.n.tolist() == exact.n.tolist()
    assert found.outcome.tolist() == exact.outcome.tolist()
    assert found.residual == pytest.approx(exact.residual, abs=1e-10)
    assert found.squared == pytest.approx(exact.squared, rel=1e-4)
    assert calibration.ece(found) == pytest.approx(calibration.ece(exact), abs=1e-12)


def test_rows_in_cells_are_refused_like_rows() -> None:
    """The area is next to that of the rows, also where nearly all are surer than 99.9 %; kept rows and errors at an edge are exact."""
    for confidence in (CONFIDENCE, 1 - GENERATOR.uniform(0, 1e-3, 1_000) ** 2):
        cells = calibration.in_cells(confidence, CORRECT, calibration.fine_edges(np.array([0.0, 1.0])))
        found = Refusals.of_counts(cells.lowest, cells.positives, cells.negatives)
        exact = Refusals.of(confidence, CORRECT)
        assert found.area().value == pytest.approx(exact.area().value, rel=2e-3)
        assert found.area().high == pytest.approx(exact.area().high, rel=2e-3)
        for lowest, kept, errors in zip(found.confidence, found.kept, found.errors, strict=True):
            assert int((confidence >= lowest).sum()) == kept
            assert int((confidence >= lowest)[~CORRECT].sum()) == errors


def test_equal_mass_is_of_examples_not_of_points() -> None:
    """A point with nine of ten examples is a bin by itself."""
    points, counts = np.array([0.1, 0.2, 0.3, 0.4]), np.array([1.0, 1.0, 90.0, 8.0])
    assert calibration.equal_mass_edges(points, 2, counts).tolist() == pytest.approx([0, 0.35, 1])
    assert calibration.equal_mass_edges(points, 2).tolist() == pytest.approx([0, 0.25, 1])


def test_a_density_of_counted_values_is_that_of_the_values() -> None:
    """But for the interpolation of its quartiles."""
    values, counts = np.array([0.1, 0.5, 0.6, 0.9]), np.array([100.0, 300.0, 250.0, 350.0])
    grid, exact = density.reflected_density(np.repeat(values, counts.astype(int)), 0.0, 1.0, 50)
    again, found = density.reflected_density(values, 0.0, 1.0, 50, counts)
    assert again.tolist() == grid.tolist()
    assert found == pytest.approx(exact, rel=1e-9)


def test_what_is_on_the_disk_is_as_it_was_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorted, summed up and chosen, over several spans."""
    monkeypatch.setattr(spans, "AT_ONCE", 7)
    monkeypatch.setattr(mapped, "MAPPED", 1)
    values = ERRORS[:]
    assert np.array_equal(mapped.in_order(ERRORS), np.sort(values))
    assert mapped.running(ERRORS) == pytest.approx(np.cumsum(values))
    assert np.array_equal(mapped.among(ERRORS, CORRECT), values[CORRECT])
    assert np.array_equal(mapped.contiguous(values.reshape(50, 20).T), values.reshape(50, 20).T)
    assert mapped.contiguous(values) is values
    for table in (values.reshape(50, 20), values.reshape(20, 50).T):
        taken = mapped.taken(table, CORRECT[:50])
        assert np.array_equal(taken, table[CORRECT[:50]])
        assert taken.flags.c_contiguous == table.flags.c_contiguous
    assert mapped.taken(values, np.ones(1_000, np.bool_)) is values
    order = mapped.in_order_with_places(np.round(ERRORS[:], 1))
    assert np.array_equal(order.imag, np.argsort(np.round(values, 1), kind="stable"))
    assert np.array_equal(order.real, np.sort(np.round(values, 1)))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_ranks_are_those_of_scipy(values: list[int]) -> None:
    """Mean ranks of equal values."""
    found = Ordered.of(np.array(values, np.float64)).ranks(np.array(values, np.float64))
    assert found.tolist() == stats.rankdata(values).tolist()


@given(st.integers(1, 60), st.integers(0, 99), st.sampled_from([2, 5]))
def test_rows_have_the_folds_of_groups_of_one_row(n: int, seed: int, count: int) -> None:
    """So numbers are the same whichever way they are assigned."""
    assert folds.row_folds(n, seed, count).tolist() == folds.grouped_folds(np.arange(n), seed, count).tolist()
