"""Refusing unsure rows: the area under the risk-coverage curve against an independent library, and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracle import close, load, oracle

from reportgen.metrics import scores
from reportgen.metrics.selective import Refusals

ROWS = st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9, 0.99]), st.booleans()), min_size=1, max_size=60)


def ranked(rows: list[tuple[float, bool]]) -> Refusals:
    """Rank pairs of confidence and whether it is right."""
    confidence, correct = zip(*rows, strict=True)
    return Refusals.of(np.array(confidence), np.array(correct))


def test_the_area_is_that_of_an_independent_library() -> None:
    """uncertainty-calibration gives the area under accuracy against coverage."""
    arrays = load("mc10")
    log_p = scores.log_softmax(arrays["logits"])
    correct = log_p.argmax(axis=1) == arrays["y"]
    area = Refusals.of(np.exp(log_p).max(axis=1), correct).area()
    assert close(area.value, "mc10/aurc")
    assert area.value == pytest.approx(1 - oracle("mc10/area_coverage_accuracy/uncertainty-calibration"), abs=1e-9)
    assert area.low is not None
    assert area.high is not None
    assert area.low < area.value < area.high


@given(ROWS)
def test_equal_confidences_count_as_in_random_order(rows: list[tuple[float, bool]]) -> None:
    """The area is the mean over the orders of tied rows: by hand, group by group."""
    total, before, errors_before = 0.0, 0, 0.0
    for confidence in sorted({one for one, _ in rows}, reverse=True):
        group = [right for one, right in rows if one == confidence]
        wrong = group.count(False)
        for place in range(1, len(group) + 1):
            total += (errors_before + place * wrong / len(group)) / (before + place)
        before, errors_before = before + len(group), errors_before + wrong
    assert ranked(rows).area().value == pytest.approx(total / len(rows))


@given(ROWS)
def test_the_influences_have_mean_zero(rows: list[tuple[float, bool]]) -> None:
    """So the pseudo-values have the mean that they are about."""
    found = ranked(rows)
    influence = found._influence()[:]
    assert len(influence) == len(rows)
    assert influence.mean() == pytest.approx(found.area().value, abs=1e-12)


def test_the_influences_predict_what_one_more_row_does() -> None:
    """The change of the area by one row more, times n, is the influence of a row like it."""
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1, 4000)
    correct = generator.random(4000) < confidence
    found = Refusals.of(confidence, correct)
    before, order = found.area().value, np.argsort(-confidence)
    influence = found._influence()[:] - before
    for row in order[[100, 1000, 3900]]:
        after = Refusals.of(np.append(confidence, confidence[row]), np.append(correct, correct[row])).area().value
        assert (after - before) * 4001 == pytest.approx(influence[row], abs=0.02)


def test_the_interval_holds_the_area_of_a_calibrated_model() -> None:
    """Confidences uniform from 0.5 to 1: the area is the integral of u / 2 times -ln u, an eighth; covered in 95 % of 400 samples."""
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        confidence = generator.uniform(0.5, 1, 300)
        area = Refusals.of(confidence, generator.random(300) < confidence).area()
        assert area.low is not None
        assert area.high is not None
        covered += area.low <= 1 / 8 <= area.high
    assert 0.92 < covered / 400 < 0.98


def test_a_useless_confidence_has_the_error_rate_as_its_area() -> None:
    """One confidence for all rows: refusing brings nothing."""
    found = ranked([(0.7, index % 4 != 0) for index in range(40)])
    assert found.area().value == pytest.approx(0.25)
    accuracy, lowest = found.accuracy_at(0.5)
    assert (accuracy.value, accuracy.n, lowest) == (pytest.approx(0.75), 20, 0.7)


def test_without_errors_there_is_no_area_and_no_interval() -> None:
    """Equal values have none."""
    area = ranked([(0.5, True), (0.9, True), (0.8, True)]).area()
    assert (area.value, area.low, area.withheld) == (0, None, "no variation was seen")


@given(ROWS)
def test_all_rows_kept_is_the_accuracy(rows: list[tuple[float, bool]]) -> None:
    """At full coverage nothing is refused; the curve begins there."""
    found, share = ranked(rows), sum(right for _, right in rows) / len(rows)
    accuracy, lowest = found.accuracy_at(1.0)
    assert accuracy.value == pytest.approx(share)
    assert lowest == min(one for one, _ in rows)
    refused, risk = found.curve(20)
    assert (refused[0], risk[0]) == (0, pytest.approx(1 - share))
    assert (np.diff(refused) > 0).all()


@given(ROWS, st.sampled_from([0.5, 0.75, 0.9, 1.0]))
def test_the_threshold_is_the_lowest_that_does_it(rows: list[tuple[float, bool]], wanted: float) -> None:
    """By trying every confidence."""
    reaching = []
    for limit in {one for one, _ in rows}:
        kept = [right for one, right in rows if one >= limit]
        if sum(kept) / len(kept) >= wanted - 1e-9 and len(kept) >= 3:
            reaching.append((limit, len(kept)))
    found = ranked(rows).reach(wanted, fewest=3)
    assert (None if found is None else (found.confidence, found.kept)) == min(reaching, default=None)
