"""Calibration of pixels and tokens: numbers of independent libraries, chance by images and sequences, never by pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, dense_head, draw_all, evaluation, head, noisy, outputs, scenes
from oracle import close, load
from scipy.special import softmax
from sklearn import metrics as sk

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.metrics.calibrated import nulls
from reportgen.metrics.design import Design
from reportgen.metrics.unit_bins import UnitBins
from reportgen.sections.calibration import SECTION, schema

if TYPE_CHECKING:
    from reportgen.contract.numbers import Metric
    from reportgen.sections.calibration.schema import CalibrationResult

ROLES = Decision(candidate="a", baseline=Baseline(model="b"))


def calibrated(units: int, size: int, *, sharp: float = 1.0, seed: int = 0) -> Any:
    """Make a segmentation head of images (size, size) whose labels follow its probabilities; its logits are ``sharp`` times as large."""
    generator = np.random.default_rng(seed)
    logits = 2 * generator.normal(size=(units, size, size, 3))
    p = softmax(logits, axis=-1)
    labels = (generator.random((*p.shape[:-1], 1)) > p[..., :-1].cumsum(axis=-1)).sum(axis=-1)
    return dense_head(sharp * logits, labels)


def measured(*heads: Any, **options: Any) -> CalibrationResult:
    """Measure the heads of models a, b and so on."""
    return analyzed(SECTION, evaluation(*heads), **options)  # type: ignore[no-any-return]


def found(result: CalibrationResult, name: str, model: str = "a") -> Metric:
    """Return a metric."""
    return result.find(name, model)


def test_the_oracles() -> None:
    """What netcal and torchmetrics say of the frozen inputs is what the report says: ignored and masked positions do not count."""
    seg, seq = load("seg"), load("seq")
    images, sequences = (
        measured(dense_head(seg["logits"], seg["y"], ignored=255)),
        measured(dense_head(seq["logits"], seq["y"], mask=seq["mask"])),
    )
    assert close(found(images, "ece").value, "seg/ece_width_15/netcal")
    assert close(found(images, "ece").value, "seg/ece_width_15/torchmetrics")
    assert close(found(sequences, "ece").value, "seq/ece_width_15_masked/netcal")
    assert (images.positions[0].positions, sequences.positions[0].positions) == (5376, int(seq["mask"].sum()))


def test_numbers_are_those_of_numpy_and_scikit_learn() -> None:
    """Position by position, with every bin of the diagram; an interval contains its number."""
    logits, labels = scenes(40)
    labels = np.where(np.random.default_rng(0).random(labels.shape) < 0.1, 255, labels)
    result = measured(dense_head(logits, labels, ignored=255))
    there = labels != 255
    p, y = softmax(logits[there], axis=-1), labels[there]
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    place = np.minimum((confidence * 15).astype(int), 14)
    sums = [np.bincount(place, one, 15) for one in (np.ones(len(y)), confidence, right)]
    filled = sums[0] > 0
    gaps = np.abs(sums[1] - sums[2])
    brier = np.mean([sk.brier_score_loss(y == k, p[:, k]) for k in range(3)]) * 3
    for name, wanted in {
        "ece": gaps.sum() / len(y),
        "mce": (gaps[filled] / sums[0][filled]).max(),
        "calibration_gap": confidence.mean() - sk.accuracy_score(y, p.argmax(axis=1)),
        "mean_confidence": confidence.mean(),
        "brier_score": brier,
    }.items():
        one = found(result, name)
        assert one.value == pytest.approx(wanted), name
        assert one.ci_low is None or one.ci_low < wanted < one.ci_high, name  # type: ignore[operator]
        assert one.n == 40
    (shown,) = result.positions
    assert [point.n for point in shown.curve] == sums[0][filled].astype(int).tolist()
    assert [point.forecast for point in shown.curve] == pytest.approx(sums[1][filled] / sums[0][filled])
    assert [point.frequency for point in shown.curve] == pytest.approx(sums[2][filled] / sums[0][filled])
    assert "clustered by image, 40 groups" in str(found(result, "calibration_gap").ci_method)


def test_two_classes_with_a_threshold() -> None:
    """The confidence is that of the class which the threshold says, below one half too; the Brier score that of one class."""
    generator = np.random.default_rng(0)
    z, labels = generator.normal(size=(30, 6, 6, 1)), generator.integers(0, 2, (30, 6, 6))
    result = measured(dense_head(z, labels, threshold=0.7))
    p = 1 / (1 + np.exp(-z[..., 0]))
    called = p > 0.7
    assert found(result, "mean_confidence").value == pytest.approx(np.where(called, p, 1 - p).mean())
    assert found(result, "calibration_gap").value == pytest.approx(
        np.where(called, p, 1 - p).mean() - (called == labels).mean()
    )
    assert found(result, "brier_score").value == pytest.approx(sk.brier_score_loss(labels.ravel(), p.ravel()))


def test_every_metric_is_there_or_has_a_reason() -> None:
    """Of few images too, and no other than the declared ones."""
    for units, few in ((30, False), (9, True)):
        result = measured(calibrated(units, 6))
        assert [one.name for one in result.measurements if one.name != "calibration_p"] == [
            one.name for one in schema.POSITIONS if one.name != "calibration_p"
        ]
        for name in ("ece_null", "ece_p", "mce_null", "calibration_gap_p", "calibration_p"):
            one = found(result, name)
            assert (one.value is None) == few, name
            assert not few or one.reason == "it rests on fewer than 10 groups (image)"
        ends = [(point.low, point.band_low, point.band_high) for point in result.positions[0].curve]
        assert [all(one is None for one in column) for column in zip(*ends, strict=True)] == [few] * 3


def test_over_confidence_is_found() -> None:
    """With its sign, a finding and a sentence; the figure says which points are off, and formats without pictures have its table."""
    made = evaluation(calibrated(60, 8, sharp=2.5, seed=3), calibrated(60, 8, seed=3))
    result = analyzed(SECTION, replace(made, decision=ROLES))
    assert found(result, "calibration_gap").value > 0.05  # type: ignore[operator]
    assert found(result, "calibration_p").value < 0.01  # type: ignore[operator]
    hits = [(rule.code, hit.model) for rule in SECTION.rules for hit in rule.find(result)]
    assert ("CAL101", "a") in hits
    texts = [hit.message for rule in SECTION.rules for hit in rule.find(result)]
    assert sum(" on 60 images, where 95 % of calibrated models " in text for text in texts) == 2
    assert ("CAL103", "b") in hits
    (text,) = (one.text for one in SECTION.statements(result, View(decision=ROLES)))
    assert text.startswith("Over-confident by ")
    tables = {table.name: table for table in SECTION.tables(result, View(decision=ROLES))}
    assert list(tables) == ["positions", "further-positions"]
    assert tables["positions"].title == "Calibration of pixels"
    assert [row[0] for row in tables["positions"].rows] == ["a", "b"]
    assert "rest on images, not on single pixels" in tables["positions"].note
    (figure,) = draw_all(SECTION, result)
    assert figure.name == "position-reliability"
    assert figure.title.startswith("Points outside the range of a calibrated model: a ")
    assert "Lines: 95" in figure.caption
    assert "intervals over images" in figure.caption
    assert [len(table.rows) for table in figure.tables] == [len(one.curve) for one in result.positions]


def test_beside_other_heads() -> None:
    """Each in its own table; all of them are one family of tests."""
    logits, labels = noisy(300, 3)
    alone, dense = measured(head(outputs(logits, labels))), calibrated(300, 6, sharp=1.3)
    both = measured(head(outputs(logits, labels)), dense)
    assert found(both, "ece") == found(alone, "ece")
    assert found(both, "calibration_p").value >= found(alone, "calibration_p").value  # type: ignore[operator]
    tables = {table.name: table for table in SECTION.tables(both, View())}
    assert [row[0] for row in tables["verdict"].rows] == ["a"]
    assert [row[0] for row in tables["positions"].rows] == ["b"]
    assert [row[0] for row in tables["further-positions"].rows] == ["b"]
    assert {"position-reliability", "reliability"} <= {figure.name for figure in draw_all(SECTION, both)}


def test_images_without_a_position_that_counts_change_nothing() -> None:
    """Neither a number nor the seeded draws."""
    logits, labels = scenes(40)
    labels[:4] = 255
    result, without = measured(dense_head(logits, labels, ignored=255)), measured(dense_head(logits[4:], labels[4:]))
    assert result.measurements == without.measurements
    assert result.positions == without.positions


def test_weights_are_repetitions() -> None:
    """An image of weight 2 counts as two of them in every number; groups of images make them less certain."""
    one = calibrated(30, 6, sharp=1.5)
    made = evaluation(one)
    assert made.data is not None
    counts = 1 + np.arange(30) % 2
    weighted = replace(made, data=replace(made.data, weights=counts / counts.mean()))
    twice = np.repeat(np.arange(30), counts)
    repeated = evaluation(replace(one, outputs=one.outputs.take(twice), n=len(twice)))
    first, second = (analyzed(SECTION, found) for found in (weighted, repeated))
    for name in ("ece", "mce", "calibration_gap", "mean_confidence", "brier_score"):
        assert found(first, name).value == pytest.approx(found(second, name).value), name
    grouped = analyzed(SECTION, replace(made, data=replace(made.data, by="patient", groups=np.arange(30) // 3)))
    assert found(grouped, "ece").value == found(measured(one), "ece").value
    assert "clustered by patient, 10 groups" in str(found(grouped, "calibration_gap").ci_method)


def bins_of(one: Any) -> UnitBins:
    """Return the sums of a head."""
    made = one.outputs
    design = Design(len(made.counted), "image", np.arange(len(made.counted)))
    return UnitBins(made.bin_counted, made.bin_right, made.bin_confidence, design)


def test_sums_of_units_are_those_of_their_positions() -> None:
    """The residuals of groups add up to those of the bins, with weights and groups."""
    one = bins_of(calibrated(30, 6))
    weights = np.random.default_rng(0).uniform(0.5, 2, 30)
    design = Design(30, "patient", np.arange(30) // 2, weights / weights.mean())
    made = replace(one, design=design)
    rows = made.grouped
    for values, wanted in ((rows.sums, made.bins.residual), (rows.n, made.bins.n)):
        np.testing.assert_allclose(np.bincount(rows.bin, values, 15), wanted, atol=1e-12)
    assert made.groups.max() == 15
    mean = np.average((one.confidence - one.right).sum(axis=1), weights=weights)
    assert made.difference is not None
    assert made.difference[0].value == pytest.approx(mean / np.average(one.counted.sum(axis=1), weights=weights))


@pytest.mark.parametrize("shared", [0.0, 0.1])
def test_calibrated_models_are_called_miscalibrated_in_one_report_of_twenty_at_most(shared: float) -> None:
    """Also where all of an image is right more or less often than stated, which a test of single pixels takes for a fault of the model."""
    alarms, single, points, draws = 0, 0, 0, 300
    for seed in range(draws):
        generator = np.random.default_rng(seed)
        forecast = generator.uniform(0.4, 0.9, (40, 100))
        right = generator.random((40, 100)) < forecast + shared * generator.choice([-1, 1], (40, 1))
        one = sums(forecast, right)
        alarms += measured_p(one, seed) < 0.05
        curve = one.curve()
        points += bool(((curve.frequency < curve.band_low) | (curve.frequency > curve.band_high)).any())
        z = (forecast - right).sum() / np.sqrt((forecast * (1 - forecast)).sum())
        single += abs(z) > 1.96
    assert alarms / draws <= 0.06
    assert points / draws <= 0.07
    assert (single / draws > 0.2) == bool(shared)


def sums(forecast: Any, right: Any) -> UnitBins:
    """Sum positions (N, M) in bins."""
    place = np.minimum((forecast * 15).astype(int), 14)
    made = [np.zeros((len(place), 15)) for _ in range(3)]
    for one, values in zip(made, (np.ones(place.shape), right, forecast), strict=True):
        np.add.at(one, (np.arange(len(place))[:, None], place), values)
    counted, hits, confidence = made
    return UnitBins(
        counted.astype(np.int64), hits.astype(np.int64), confidence, Design(len(place), "image", np.arange(len(place)))
    )


def measured_p(one: UnitBins, seed: int) -> float:
    """Return the p-value of calibration as the section combines it."""
    null = nulls(one.bins, seed, 2000, one.grouped).ece
    assert one.gap_p is not None
    return min(1.0, 2 * min(null.p_value, one.gap_p))


def test_a_model_that_is_always_right_is_not_shown_to_be_wrong_by_few_positions() -> None:
    """Its residuals do not vary, but the variance is never below that of calibrated positions."""
    forecast = np.full((30, 2), 0.97)
    one = sums(forecast, np.ones((30, 2), bool))
    assert one.gap_p is not None
    assert one.gap_p > 0.05
    many = sums(np.full((30, 400), 0.97), np.ones((30, 400), bool))
    assert many.gap_p is not None
    assert many.gap_p < 0.001


def test_tokens_and_pixels_have_a_figure_each() -> None:
    """Named by what they are."""
    logits, labels = scenes(30)
    tags = dense_head(logits.reshape(30, -1, 3), labels.reshape(30, -1))
    result = measured(dense_head(logits, labels), tags)
    pixels, tokens = draw_all(SECTION, result)
    assert (pixels.name, tokens.name) == ("position-reliability", "position-reliability-2")
    assert "Share of the tokens" in tokens.caption
    assert "intervals over sequences" in tokens.caption
    assert [table.title for table in SECTION.tables(result, View())] == [
        "Calibration of pixels and tokens",
        "Confidence of pixels and tokens: other numbers",
    ]
