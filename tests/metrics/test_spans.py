"""Rows in spans: the sums of all rows, whatever the span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from reportgen.metrics import (
    calibration,
    classification,
    comparison,
    density,
    distributions,
    folds,
    intervals,
    mapped,
    pooled,
    ranking,
    regression,
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

GENERATOR = np.random.default_rng(5)
LOSSES, CONFIDENCE = GENERATOR.exponential(size=1_000), GENERATOR.beta(8, 1, size=1_000)
LABELS, PREDICTIONS = GENERATOR.integers(0, 4, (2, 1_000))
CORRECT = GENERATOR.random(1_000) < CONFIDENCE
ERRORS = each(np.subtract, LOSSES, GENERATOR.normal(1, 1, 1_000))
BINNED = np.round(LOSSES, 1), ERRORS
WEIGHTS, SCORES = LOSSES / LOSSES.mean(), np.round(CONFIDENCE, 2)
COLUMNS = [Column(one, CORRECT, known) for one, known in ((SCORES, None), (LOSSES, LABELS > 0))]
EDGES, SURE = calibration.equal_width_edges(15), 1 - (1 - CONFIDENCE) ** 6
PARTS = Parts(np.minimum(LABELS, PREDICTIONS) * 1.0, LABELS * 1.0)


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
        lambda: spans.most(np.round(LOSSES, 1), 7, CONFIDENCE).tolist(),
        lambda: [
            intervals.mean_p_value(ERRORS),
            regression.rows_for_half(ERRORS),
            distributions.distance_from_uniform(CONFIDENCE),
            *distributions.crps_of_labels(np.round(LOSSES, 1))[::100].tolist(),
            distributions.share_p_value(CORRECT, 0.9),
        ],
    ],
)
def test_the_span_does_not_matter(measure: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the last digits of sums; nor whether arrays are on the disk."""
    whole = measure()
    monkeypatch.setattr(spans, "AT_ONCE", 7)
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
