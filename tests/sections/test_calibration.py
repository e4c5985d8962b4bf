"""The calibration section: numbers, notions, rules."""

from __future__ import annotations

import numpy as np
import pytest
from factory import analyzed, evaluation, head, noisy, outputs, unmeasured

from reportgen.contract.numbers import Measurement, Metric
from reportgen.sections.calibration import SECTION, findings, schema
from reportgen.sections.calibration.schema import CalibrationOptions, CalibrationResult


def analyze(*heads: object, **options: object) -> CalibrationResult:
    """Analyze heads of models a, b, c."""
    return analyzed(SECTION, evaluation(*heads), **options)  # type: ignore[arg-type]


def value(result: CalibrationResult, name: str, subject: str | None = None) -> float:
    """Return a value of model a that is there."""
    found = result.find(name, "a", subject).value
    assert found is not None
    return float(found)


def test_a_calibrated_model_is_not_accused() -> None:
    """Labels drawn from the probabilities: p is not small, the temperature is near 1, its interval holds 1."""
    result = analyze(head(outputs(*noisy(4000, 5))))
    temperature = result.find("temperature", "a")
    assert value(result, "ece_p") > 0.05
    assert temperature.ci_low is not None
    assert temperature.ci_high is not None
    assert temperature.ci_low < 1 < temperature.ci_high


def test_an_overconfident_model_is_found_out() -> None:
    """Logits multiplied by 2: the temperature is 2, the gap above 0, and ECE falls when it is applied."""
    result = analyze(head(outputs(*noisy(4000, 5, sharp=2.0))))
    assert value(result, "temperature") == pytest.approx(2, abs=0.15)
    assert value(result, "calibration_gap") > 0
    assert value(result, "ece_after_temperature") < value(result, "ece") / 2
    assert value(result, "temperature_nll_gain") > 0


def test_binary_heads_speak_of_the_positive_class() -> None:
    """A model that says 0.2 where 1 in 2 is positive has a gap of -0.3."""
    z = np.full((400, 1), np.log(0.2 / 0.8), np.float32)
    y = np.arange(400) % 2
    result = analyze(head(outputs(z, y)))
    assert value(result, "calibration_gap") == pytest.approx(-0.3)
    assert value(result, "ece") == pytest.approx(0.3)
    assert value(result, "mean_confidence") == pytest.approx(0.8)
    assert value(result, "class_bias", "class:1") == pytest.approx(-0.3)


def test_empty_bins_have_no_points() -> None:
    """A constant forecast has one point in the reliability diagram."""
    z = np.full((50, 1), 1.0, np.float32)
    assert len(analyze(head(outputs(z, np.arange(50) % 2))).heads[0].curve) == 1


def test_mce_needs_thirty_examples() -> None:
    """With 29 rows no bin is large enough, and the reason is told."""
    result = analyze(head(outputs(*noisy(29, 3))))
    assert result.find("mce", "a").reason == "no bin has 30 examples"


def test_no_temperature_for_a_perfect_model() -> None:
    """Where every row is right there is no finite temperature."""
    y = np.arange(60) % 3
    result = analyze(head(outputs(np.eye(3, dtype=np.float32)[y], y)))
    assert "all rows" in (result.find("temperature", "a").reason or "")


def test_histograms_are_near_the_exact_class_errors() -> None:
    """Above the size that is kept, class errors come from histograms and say so."""
    logits, y = noisy(3000, 4, sharp=1.5)
    exact, cells = analyze(head(outputs(logits, y))), analyze(head(outputs(logits, y, keep_limit=10)))
    assert value(cells, "class_ece", "class:2") == pytest.approx(value(exact, "class_ece", "class:2"), abs=2e-3)
    assert value(cells, "ece") == value(exact, "ece")


def test_what_is_produced_is_what_is_declared() -> None:
    """Every produced metric is declared, and every declared one is produced."""
    result = analyze(head(outputs(*noisy(300, 3))))
    assert {one.name for one in result.measurements} == {spec.name for spec in SECTION.metrics}
    assert {one.name for one in analyze(unmeasured()).measurements} == {spec.name for spec in schema.WHOLE}


def made(name: str, number: float, **details: object) -> Measurement:
    """Make a measurement of model a."""
    unit = SECTION.metric(name).unit
    return Measurement(name=name, model="a", metric=Metric(value=number, unit=unit, n=1000, **details))  # type: ignore[arg-type]


def result_of(*measurements: Measurement) -> CalibrationResult:
    """Make a result of measurements alone."""
    return CalibrationResult(measurements=measurements, split="test", n=1000, heads=(), options=CalibrationOptions())


@pytest.mark.parametrize(
    ("ece", "p", "code"),
    [
        (0.101, 0.01, "CAL101"),
        (0.10, 0.01, "CAL102"),
        (0.011, 0.049, "CAL102"),
        (0.3, 0.05, "CAL103"),
        (0.01, 0.01, None),
    ],
)
def test_the_rules_of_ece(ece: float, p: float, code: str | None) -> None:
    """First noise, then size."""
    null = made("ece_null", 0.009, ci_low=0.005, ci_high=0.015, ci_method="band")
    result = result_of(made("ece", ece), made("ece_p", p), null)
    fired = {rule.code for rule in SECTION.rules for _ in rule.apply(result)}
    assert fired == ({code} if code else set())


@pytest.mark.parametrize(
    ("low", "high", "code"), [(0.01, 0.03, "CAL201"), (-0.03, -0.01, "CAL202"), (-0.01, 0.03, None)]
)
def test_the_rules_of_the_gap(low: float, high: float, code: str | None) -> None:
    """Over- and under-confidence beyond the interval."""
    gap = made("calibration_gap", (low + high) / 2, ci_low=low, ci_high=high, ci_method="SE")
    fired = {rule.code for rule in SECTION.rules for _ in rule.apply(result_of(gap))}
    assert fired == ({code} if code else set())


def test_the_gap_is_in_points_and_of_what_is_calibrated() -> None:
    """Confidence against accuracy; for a binary head, the positive class against its frequency."""
    words = {}
    for notion in ("top label", "positive class"):
        gap = made("calibration_gap", 0.02, ci_low=0.01, ci_high=0.03, ci_method="SE", estimator=notion)
        (words[notion],) = (hit.message for hit in findings.overconfident(result_of(gap)))
    assert words["top label"].startswith("Mean confidence minus accuracy is +2.0 points [1.0, 3.0]")
    assert words["positive class"].startswith("Mean predicted probability minus frequency is +2.0 points")


@pytest.mark.parametrize(("low", "fires"), [(0.001, True), (-0.001, False)])
def test_cal301_needs_a_gain_beyond_the_interval(low: float, fires: bool) -> None:
    """Temperature scaling is advised only where it surely helps."""
    gain = made("temperature_nll_gain", 0.01, ci_low=low, ci_high=0.02, ci_method="SE")
    others = (made("temperature", 1.5), made("ece", 0.05), made("ece_after_temperature", 0.01))
    hits = list(findings.recoverable(result_of(gain, *others)))
    assert bool(hits) is fires


@pytest.mark.parametrize(("p", "fires"), [(0.049, True), (0.05, False)])
def test_cal401_needs_a_small_adjusted_p(p: float, fires: bool) -> None:
    """A class is named only where its bias is beyond chance."""
    result = result_of(made("class_bias", 0.02), made("class_bias_p", p))
    assert bool(list(findings.biased_classes(result))) is fires


@pytest.mark.parametrize(("n", "fires"), [(199, True), (200, False)])
def test_cal501_fires_below_200_rows(n: int, fires: bool) -> None:
    """Few rows are said."""
    hits = list(findings.few_rows(analyze(head(outputs(*noisy(n, 3))))))
    assert bool(hits) is fires
