"""The calibration section: numbers, notions, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from factory import (
    analyzed,
    distributional_head,
    draw_all,
    evaluation,
    head,
    multilabel_head,
    noisy,
    outputs,
    unmeasured,
)

from reportgen.contract import forecasts
from reportgen.contract.decision import Decision
from reportgen.contract.focus import View
from reportgen.contract.numbers import Measurement, Metric
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.subjects import Subject
from reportgen.figures import svg
from reportgen.figures.style import theme
from reportgen.figures.svg import to_svg
from reportgen.metrics import calibration, comparison
from reportgen.sections.calibration import SECTION, findings, schema, titles
from reportgen.sections.calibration.analyzer import _bands
from reportgen.sections.calibration.binned import Binned
from reportgen.sections.calibration.errors import ErrorVisualizer
from reportgen.sections.calibration.schema import CalibrationOptions, CalibrationResult, HeadCalibration
from reportgen.sections.calibration.visualizer import CalibrationVisualizer
from reportgen.text.formatting import THIN, fraction

if TYPE_CHECKING:
    from reportgen.contract.figures import Figure
    from reportgen.contract.statements import Statement

VIEW = View()
CANDIDATE = Decision(candidate="a")


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


def test_the_direction_of_a_binary_head_is_that_of_its_confidence() -> None:
    """A model that says 0.2 where 1 in 2 is positive understates the class, and is over-confident: 80 % sure, 50 % right."""
    z = np.full((400, 1), np.log(0.2 / 0.8), np.float32)
    y = np.arange(400) % 2
    result = analyze(head(outputs(z, y)))
    assert value(result, "calibration_gap") == pytest.approx(0.3)
    assert value(result, "positive_class_bias") == pytest.approx(-0.3)
    assert value(result, "ece") == pytest.approx(0.3)
    assert value(result, "mean_confidence") == pytest.approx(0.8)
    assert value(result, "class_bias", "class:1") == pytest.approx(-0.3)


def test_empty_bins_have_no_points() -> None:
    """A constant forecast has one point in the reliability diagram."""
    z = np.full((50, 1), 1.0, np.float32)
    assert len(analyze(head(outputs(z, np.arange(50) % 2))).heads[0].curve) == 1


def test_an_uneven_underconfident_binary_head() -> None:
    """Prevalence 18 %, logits halved: under-confident, though the mean probability of the class is too high."""
    generator = np.random.default_rng(0)
    z = generator.normal(-4, 4, 2000)
    y = (generator.random(2000) < 1 / (1 + np.exp(-z))).astype(int)
    result = analyze(head(outputs((z / 2)[:, None].astype(np.float32), y)))
    assert value(result, "positive_class_bias") > 0.02
    assert value(result, "calibration_gap") < -0.04
    assert value(result, "temperature") == pytest.approx(0.5, abs=0.08)
    messages = [finding.message for rule in SECTION.rules for finding in rule.apply(result)]
    assert any("It is under-confident: mean confidence minus accuracy is −" in message for message in messages)
    assert not any("over-confident" in message or "less often" in message for message in messages)


def test_mce_is_on_the_bins_of_the_ece() -> None:
    """With 29 rows it is there too, beside what a calibrated model would have."""
    result = analyze(head(outputs(*noisy(29, 3))))
    assert value(result, "mce") > value(result, "ece")
    assert 0 < value(result, "mce_null") < 1


def test_multiclass_heads_have_no_positive_class() -> None:
    """The number is missing with the reason."""
    found = analyze(head(outputs(*noisy(29, 3)))).find("positive_class_bias", "a")
    assert (found.status, found.reason) == ("not_applicable", "only binary heads have a positive class")


def test_no_temperature_for_a_perfect_model() -> None:
    """Where every row is right there is no finite temperature."""
    y = np.arange(60) % 3
    result = analyze(head(outputs(np.eye(3, dtype=np.float32)[y], y)))
    assert "all rows" in (result.find("temperature", "a").reason or "")


def test_a_temperature_from_few_errors_has_no_interval() -> None:
    """With three errors there is a value, and the reason why it has no interval; with one, a fold without it has no optimum."""
    y = np.arange(60) % 3
    logits = np.eye(3, dtype=np.float32)[y] * 3
    results = [analyze(head(outputs(logits, np.where(np.arange(60) < wrong, (y + 1) % 3, y)))) for wrong in (3, 1)]
    for name in ("temperature", "temperature_nll_gain"):
        found = results[0].find(name, "a")
        assert found.value is not None
        assert found.ci_low is None
        assert "fewer than 10" in (found.caveat or "")
    assert results[1].find("temperature", "a").value is not None
    assert "without one of the five folds, all rows" in (results[1].find("temperature_nll_gain", "a").reason or "")


def test_the_verdicts_are_adjusted_for_all_models() -> None:
    """The smaller of the two p-values of a head, twice, and Holm's adjustment over the heads."""
    result = analyze(*(head(outputs(*noisy(300, 3, sharp=sharp, seed=4))) for sharp in (1.0, 1.2, 1.4)))
    raw = [
        2 * min(float(result.find(name, model).value or 0) for name in ("ece_p", "calibration_gap_p"))
        for model in "abc"
    ]
    found = [float(result.find("calibration_p", model).value or 0) for model in "abc"]
    assert found == pytest.approx(comparison.holm([min(1.0, p) for p in raw]))
    alone = analyze(head(outputs(*noisy(300, 3, sharp=1.2, seed=4))))
    assert value(alone, "calibration_p") == pytest.approx(min(1.0, raw[1]))


def test_the_classes_are_adjusted_for_all_models() -> None:
    """A biased class among those of more models has a larger adjusted p-value."""
    one = head(outputs(*noisy(300, 3, sharp=1.5)))
    calm = head(outputs(*noisy(300, 3, seed=5)))
    alone, among = analyze(one), analyze(one, calm, calm)
    p_values = [min(value(result, "class_bias_p", f"class:{name}") for name in "012") for result in (alone, among)]
    assert p_values[0] < p_values[1]


def test_rare_positives_do_not_accuse_a_calibrated_model() -> None:
    """At 60 rows with 1.5 % positive, 29 of 60 calibrated models were accused in 0.1.0; now at most 5 are."""
    accused = 0
    for run in range(60):
        generator = np.random.default_rng(run)
        z = generator.normal(-4.3, 0.5, 60)
        y = (generator.random(60) < 1 / (1 + np.exp(-z))).astype(int)
        result = analyze(head(outputs(z[:, None], y)))
        codes = {rule.code for rule in SECTION.rules for _ in rule.apply(result)}
        assert ("CAL103" in codes) is not bool(codes - {"CAL103", "CAL501"})
        accused += "CAL103" not in codes
    assert accused <= 5


def test_histograms_are_near_the_exact_class_errors() -> None:
    """Above the size that is kept, class errors come from histograms and say so."""
    logits, y = noisy(3000, 4, sharp=1.5)
    exact, cells = analyze(head(outputs(logits, y))), analyze(head(outputs(logits, y, keep_limit=10)))
    assert value(cells, "class_ece", "class:2") == pytest.approx(value(exact, "class_ece", "class:2"), abs=2e-3)
    assert value(cells, "ece") == value(exact, "ece")


def test_what_is_produced_is_what_is_declared() -> None:
    """Every produced metric is declared, and every declared one is produced."""
    result = analyze(head(outputs(*noisy(300, 3))))
    logits, y = noisy(300, 3)
    labeled = analyze(multilabel_head(logits, np.eye(3, dtype=int)[y]))
    spread = analyze(distributional_head(np.column_stack([y, y + 1]), y))
    levels = analyze(distributional_head(np.column_stack([y - 1, y, y + 1]), y, levels=(0.1, 0.5, 0.9)))
    produced = {one.name for found in (result, labeled, spread, levels) for one in found.measurements}
    assert produced == {spec.name for spec in SECTION.metrics}
    assert {one.name for one in analyze(unmeasured()).measurements} == {spec.name for spec in schema.WHOLE}


def made(name: str, number: float, **details: object) -> Measurement:
    """Make a measurement of model a."""
    unit = SECTION.metric(name).unit
    return Measurement(name=name, model="a", metric=Metric(value=number, unit=unit, n=1000, **details))  # type: ignore[arg-type]


def result_of(*measurements: Measurement) -> CalibrationResult:
    """Make a result of measurements alone."""
    return CalibrationResult(measurements=measurements, split="test", n=1000, heads=(), options=CalibrationOptions())


def evidence(
    ece: float, limit: float, p: float, low: float = -0.001, high: float = 0.001, gap_p: float = 0.5
) -> tuple[Measurement, ...]:
    """Make what a verdict rests on: the ECE and its limit, the adjusted p-value, the gap with its interval and p-value."""
    return (
        made("ece", ece),
        made("ece_null", 0.009, ci_low=0.0, ci_high=limit, ci_method="band"),
        made("calibration_p", p),
        made("calibration_gap", (low + high) / 2, ci_low=low, ci_high=high, ci_method="Wilson"),
        made("calibration_gap_p", gap_p),
    )


def fired(result: CalibrationResult) -> set[str]:
    """Return the codes of the rules that fire."""
    return {rule.code for rule in SECTION.rules for _ in rule.apply(result)}


@pytest.mark.parametrize(
    ("ece", "limit", "p", "code"),
    [
        (0.101, 0.015, 0.01, "CAL101"),
        (0.10, 0.015, 0.01, "CAL102"),
        (0.016, 0.015, 0.049, "CAL102"),
        (0.3, 0.015, 0.05, "CAL103"),
        (0.01, 0.009, 0.01, None),
        (0.2, 0.2, 0.01, None),
    ],
)
def test_the_rules_of_ece(ece: float, limit: float, p: float, code: str | None) -> None:
    """First noise, then size; an ECE inside its printed range is never called miscalibrated."""
    assert fired(result_of(*evidence(ece, limit, p))) == ({code} if code else set())


@pytest.mark.parametrize(
    ("low", "high", "p", "gap_p", "code"),
    [
        (0.01, 0.03, 0.01, 0.005, "CAL201"),
        (-0.03, -0.01, 0.01, 0.005, "CAL202"),
        (0.01, 0.03, 0.05, 0.005, "CAL103"),
        (-0.001, 0.05, 0.01, 0.005, None),
        (0.01, 0.03, 0.01, 0.05, None),
        (0.005, 0.015, 0.01, 0.005, None),
    ],
)
def test_the_rules_of_the_gap(low: float, high: float, p: float, gap_p: float, code: str | None) -> None:
    """Over- and under-confidence need the adjusted test, the gap's own test, its interval, and more than a point."""
    assert fired(result_of(*evidence(0.01, 0.02, p, low, high, gap_p))) == ({code} if code else set())


@pytest.mark.parametrize(
    ("measured", "code", "effect"),
    [
        (evidence(0.15, 0.015, 0.01), "CAL101", 1.5),
        (evidence(0.05, 0.015, 0.01), "CAL102", 5),
        (evidence(0.01, 0.02, 0.01, 0.02, 0.04, 0.005), "CAL201", 3),
        (
            (
                *evidence(0.05, 0.015, 0.01),
                made("temperature", 2.0),
                made("temperature_nll_gain", 0.06, ci_low=0.02, ci_high=0.1, ci_method="t"),
                made("ece_after_temperature", 0.01),
                made("ece_after_temperature_null", 0.009, ci_low=0.0, ci_high=0.02, ci_method="band"),
            ),
            "CAL301",
            1.5,
        ),
        ((made("class_bias", -0.02), made("class_bias_p", 0.01)), "CAL401", 2),
    ],
)
def test_effects_are_multiples_of_the_threshold(measured: tuple[Measurement, ...], code: str, effect: float) -> None:
    """An ECE of 10 % or 1 %, a point between confidence and accuracy or of a class, the reach of the gain's interval."""
    (found,) = next(rule for rule in SECTION.rules if rule.code == code).apply(result_of(*measured))
    assert (found.effect, found.n) == (pytest.approx(effect), 1000)


def test_one_verdict_with_its_direction() -> None:
    """A miscalibrated model that is over-confident has one finding that says both."""
    result = result_of(*evidence(0.05, 0.02, 0.001, 0.01, 0.03, 0.001))
    (finding,) = (finding for rule in SECTION.rules for finding in rule.apply(result))
    assert finding.code == "CAL102"
    assert finding.message.startswith(
        "ECE is 5.0\N{NARROW NO-BREAK SPACE}% on 1,000 rows, where 95 % of calibrated models are at or below 2.0"
    )
    assert finding.message.endswith("It is over-confident: mean confidence minus accuracy is +2.0 points [1.0, 3.0].")


def test_a_biased_class_leaves_no_verdict_of_calibrated() -> None:
    """CAL103 is not said of a model one of whose classes is biased."""
    calm = evidence(0.015, 0.02, 0.5)
    biased = [
        one.model_copy(update={"subject": Subject("class:1")})
        for one in (made("class_bias", 0.02), made("class_bias_p", 0.01))
    ]
    assert fired(result_of(*calm)) == {"CAL103"}
    assert fired(result_of(*calm, *biased)) == {"CAL401"}


@pytest.mark.parametrize(("low", "p", "fires"), [(0.001, 0.01, True), (-0.001, 0.01, False), (0.001, 0.05, False)])
def test_cal301_needs_a_gain_beyond_the_interval(low: float, p: float, fires: bool) -> None:
    """Temperature scaling is advised only where it surely helps a model that is not calibrated."""
    gain = made("temperature_nll_gain", 0.01, ci_low=low, ci_high=0.02, ci_method="SE")
    null = made("ece_after_temperature_null", 0.009, ci_low=0.0, ci_high=0.02, ci_method="band")
    others = (made("temperature", 1.5), made("ece_after_temperature", 0.01), null, *evidence(0.05, 0.02, p))
    hits = list(findings.recoverable(result_of(gain, *others)))
    assert bool(hits) is fires


@pytest.mark.parametrize(
    ("p", "low", "fires"), [(0.049, None, True), (0.05, None, False), (0.01, 0.001, True), (0.01, -0.001, False)]
)
def test_cal401_needs_a_small_adjusted_p_and_an_interval_without_0(p: float, low: float | None, fires: bool) -> None:
    """A class is named only where its bias is beyond chance by both, as the figure fills it."""
    ends = {} if low is None else {"ci_low": low, "ci_high": 0.04, "ci_method": "bootstrap"}
    result = result_of(made("class_bias", 0.02, **ends), made("class_bias_p", p))
    assert bool(list(findings.biased_classes(result))) is fires


@pytest.mark.parametrize(("n", "fires"), [(199, True), (200, False)])
def test_cal501_fires_below_200_rows(n: int, fires: bool) -> None:
    """Few rows are said."""
    hits = list(findings.few_rows(analyze(head(outputs(*noisy(n, 3))))))
    assert bool(hits) is fires


# ------------------------------------------------------------------------------------------------ what figures show


def test_the_bands_hold_all_rows_and_the_errors_that_confidence_implies() -> None:
    """Their sums are the rows, the errors, and the sum of 1 - confidence: mean confidence minus accuracy times n is the rest."""
    result = analyze(head(outputs(*noisy(900, 4, sharp=1.7))))
    bands = result.heads[0].bands
    errors = sum(band.errors for band in bands)
    assert sum(band.n for band in bands) == 900
    assert errors - sum(band.expected for band in bands) == pytest.approx(900 * value(result, "calibration_gap"))
    assert all(band.range_low <= band.expected <= band.range_high for band in bands)
    assert [band.low for band in bands] == sorted(band.low for band in bands)


def test_the_ranges_hold_all_bands_of_most_calibrated_models() -> None:
    """In at least 95 % of cases; the ranges are of whole numbers, so in more."""
    held = 0
    for run in range(100):
        made = evaluation(head(outputs(*noisy(400, 3, seed=run))))
        assert made.data is not None
        (one,) = made.heads(ClassificationOutputs)
        bands = _bands(Binned(*one, made.data, bins=15))
        held += all(band.range_low - 1e-9 <= band.errors <= band.range_high + 1e-9 for band in bands)
    assert held >= 93


def test_the_diagram_has_the_bins_of_the_ece() -> None:
    """The ECE is the mean distance of its points from the diagonal, weighted by their rows."""
    result = analyze(head(outputs(*noisy(500, 4, sharp=1.5))), bins=12)
    curve = result.heads[0].curve
    ece = sum(point.n * abs(point.forecast - point.frequency) for point in curve) / 500
    assert ece == pytest.approx(value(result, "ece"))


@pytest.mark.parametrize(("wrong", "shape"), [(0, None), (29, False), (30, True)])
def test_few_predictions_are_kept_and_many_have_a_density(wrong: int, shape: bool | None) -> None:
    """Below 30 there is no density; without any there are no quartiles."""
    labels = np.arange(90) % 3
    logits = np.eye(3, dtype=np.float32)[labels] * 4 + np.linspace(0, 1, 90, dtype=np.float32)[:, None]
    made = analyze(head(outputs(logits, np.where(np.arange(90) < wrong, (labels + 1) % 3, labels)))).heads[0]
    assert made.right is not None
    assert made.wrong is not None
    assert made.right.n + made.wrong.n == 90
    assert (made.wrong.quartiles is None) is (shape is None)
    assert bool(made.wrong.density) is bool(shape)
    assert len(made.wrong.values) == (0 if shape else wrong)


def test_the_density_is_one_on_the_scale_of_nines() -> None:
    """Its integral is 1; a confidence of 1 counts as six nines, and no grid reaches beyond them."""
    for sharp in (1.0, 20.0):
        made = analyze(head(outputs(*noisy(2000, 2, sharp=sharp)))).heads[0].right
        assert made is not None
        assert (made.grid[-1] == 6) is (sharp == 20)
        assert np.trapezoid(made.density, made.grid) == pytest.approx(1, abs=0.02)


def test_a_class_bias_has_an_interval() -> None:
    """That of the calibration gap, applied to the probability of the class."""
    logits, labels = noisy(400, 3, sharp=1.5)
    result = analyze(head(outputs(logits, labels)))
    bias = result.find("class_bias", "a", "class:1")
    p = np.exp(logits.astype(float))[:, 1] / np.exp(logits.astype(float)).sum(axis=1)
    true = (labels == 1).astype(float)
    assert bias.value == pytest.approx((p - true).mean(), abs=1e-6)
    assert (bias.ci_low, bias.ci_high) == pytest.approx(
        (calibration.gap(p, true, 1 - true).low, calibration.gap(p, true, 1 - true).high), abs=1e-6
    )


def figures(result: CalibrationResult, view: View = VIEW) -> dict[str, Figure]:
    """Draw all figures; by name."""
    look = theme("publication", sorted({one.model for one in result.heads}))
    drawn = list(CalibrationVisualizer(look, view).figures(result))
    assert all(to_svg(figure, look, figure.name) for figure in drawn)
    return {figure.name: figure for figure in drawn}


def test_titles_are_conclusions() -> None:
    """Of a calibrated model nothing is said that is not shown; of an over-confident one its errors are counted."""
    calm = figures(analyze(head(outputs(*noisy(2000, 4)))))
    assert calm["expected-errors"].title.startswith("Errors of a: ")
    assert calm["expected-errors"].title.endswith("not distinguishable from calibrated")
    assert calm["class-bias"].title == "No bias of a class is established"
    sharp = analyze(head(outputs(*noisy(2000, 4, sharp=2.0))))
    assert figures(sharp)["expected-errors"].title.startswith("a makes more errors than its confidence implies: ")
    assert figures(sharp)["reliability"].title.startswith("Points outside the range of a calibrated model: ")


def test_the_candidate_is_what_the_figure_is_about() -> None:
    """With a candidate the title is about it, without one about all; those of the decision alone are drawn."""
    heads = [head(outputs(*noisy(2000, 4, sharp=sharp))) for sharp in (2.0, 2.0, 2.0, 1.0)]
    result = analyze(*heads)
    assert figures(result)["expected-errors"].title == "3 of 3 models make more errors than their confidence implies"
    decided = figures(result, View(decision=Decision(candidate="d")))["expected-errors"]
    assert decided.title.startswith("Errors of d: ")
    assert "d: " in decided.alt
    assert "1 of 4 models" in decided.caption


def test_few_models_have_no_scatter_and_two_classes_no_bias_by_class() -> None:
    """Three numbers say more than three points, and the two biases of a binary head are one."""
    binary = head(outputs(*noisy(100, 2)))
    few = figures(analyze(binary))
    assert "errors" not in few
    assert "class-bias" not in few
    assert "errors" in figures(analyze(*[binary] * 6))
    drawn = CalibrationVisualizer(theme("publication", ["a"])).dashboard(analyze(binary))
    assert [figure.name for figure in drawn] == ["confidence", "errors"]


def test_many_classes_have_rows_for_those_with_the_smallest_p() -> None:
    """Forty classes: twelve have a row, the others are in the table."""
    names = tuple(f"a class with a long name, number {index}" for index in range(40))
    drawn = figures(analyze(head(outputs(*noisy(800, 40)), names)))["class-bias"]
    assert "12 classes with the smallest p-values" in drawn.caption
    assert len(drawn.tables[0].rows) == 40


# ------------------------------------------------------------------------------------------------ statements


def stated(result: CalibrationResult, decision: Decision = CANDIDATE) -> Statement:
    """Return the only statement."""
    (found,) = SECTION.statements(result, View(decision=decision))
    assert found.topic == "confidence"
    assert len(found.text.split()) < 25
    for part in found.parts:
        if not isinstance(part, str):
            assert result.find(part.metric, part.model, part.subject).value is not None
    return found


def gain(low: float | None) -> Measurement:
    """Make the gain of temperature scaling."""
    ends = {} if low is None else {"ci_low": low, "ci_high": 0.02, "ci_method": "SE"}
    return made("temperature_nll_gain", 0.01, **ends)


@pytest.mark.parametrize(
    ("measured", "low", "text", "settled"),
    [
        (evidence(0.02, 0.015, 0.01, -0.02, -0.006, 0.01), -0.001, "Under-confident by 1.3 points; rescaling would bring no measurable gain.", True),
        (evidence(0.02, 0.015, 0.01, 0.01, 0.03, 0.01), 0.001, "Over-confident by 2.0 points; rescaling would measurably improve the probabilities.", True),
        (evidence(0.02, 0.015, 0.01), None, "Miscalibrated: ECE 2.0 %, of calibrated models at most 1.5 %; too few errors to test rescaling.", True),
        (evidence(0.01, 0.015, 0.01), 0.0, "Miscalibrated, direction unclear (calibration p = 0.010; confidence minus accuracy 0 points); rescaling would bring no measurable gain.", True),
        (evidence(0.01, 0.015, 0.2), -0.001, "No miscalibration detected (calibration p = 0.20; confidence minus accuracy 0 points).", True),
        (evidence(0.01, 0.015, 0.2), 0.001, "No miscalibration detected (calibration p = 0.20; confidence minus accuracy 0 points).", True),
        (evidence(0.01, 0.015, 0.2, -0.06, 0.02), -0.001, "Too few rows to judge the confidence (calibration p = 0.20; confidence minus accuracy −2.0 points).", False),
    ],
)  # fmt: skip
def test_the_statement_on_a_model(
    measured: tuple[Measurement, ...], low: float | None, text: str, settled: bool
) -> None:
    """Direction and size where they are established, and what rescaling brings where that is known."""
    found = stated(result_of(*measured, gain(low)))
    assert found.text.replace("\N{NARROW NO-BREAK SPACE}", " ") == text
    assert (found.settled, found.n) == (settled, 1000)


def test_a_comparison_counts_its_models() -> None:
    """And names the one that is farthest off."""
    heads = [head(outputs(*noisy(2000, 4, sharp=sharp))) for sharp in (1.0, 2.0, 1.5)]
    result = analyze(*heads)
    found = stated(result, Decision())
    assert found.text.startswith("2 of 3 models have a measurable confidence error, most of all b: over-confident by ")
    calm = stated(analyze(heads[0], heads[0]), Decision())
    assert calm.text.startswith("None of 2 models has a measurable confidence error")
    one = stated(analyze(heads[1], unmeasured()), Decision())
    assert one.text.startswith("a: over-confident by ")


def test_a_model_without_predictions_has_no_statement() -> None:
    """Nothing was measured."""
    assert SECTION.statements(analyze(unmeasured()), View(decision=Decision(candidate="a"))) == ()


def test_refusing_rows_answers_at_which_confidence_it_is_right() -> None:
    """A calibrated model: the threshold keeps what it says, and the rows above it are 99 % right."""
    made = outputs(*noisy(4000, 5))
    result = analyze(head(made))
    limit = value(result, "confidence_for_99")
    kept = made.confidence >= limit
    assert value(result, "kept_at_99") == pytest.approx(kept.mean())
    assert made.correct[kept].mean() >= 0.99
    order = np.argsort(-made.confidence)
    for share in (80, 90, 95):
        assert value(result, f"accuracy_at_{share}") == pytest.approx(made.correct[order][: 40 * share].mean())
    title = next(figure.title for figure in draw_all(SECTION, result) if figure.name == "refusal")
    assert title == f"a is 99{THIN}% right when it refuses {fraction(1 - kept.mean())} of rows"


def test_a_threshold_that_is_not_reached_is_missing_with_the_reason() -> None:
    """Confidence that says nothing reaches no accuracy; fewer than 100 rows do not show one."""
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(400, 3)).astype(np.float32), generator.integers(0, 3, 400)
    result = analyze(head(outputs(logits, labels)))
    for name in ("confidence_for_99", "kept_at_99"):
        assert result.find(name, "a").status == "not_applicable"
        assert (result.find(name, "a").reason or "").startswith("not reached: ")
    few = analyze(head(outputs(logits[:99], labels[:99])))
    assert few.find("kept_at_99", "a").reason == "fewer than 100 rows were evaluated"
    titles = [figure.title for one in (result, few) for figure in draw_all(SECTION, one) if figure.name == "refusal"]
    assert titles == [f"Refusing unsure rows does not make a 99{THIN}% right", "Errors among the rows that are left"]


def test_without_errors_there_is_nothing_to_refuse() -> None:
    """Always right: the area is 0 without an interval, nothing is refused, and no curve is drawn."""
    labels = np.arange(200) % 3
    result = analyze(head(outputs(np.eye(3, dtype=np.float32)[labels] * 4, labels)))
    assert (value(result, "aurc"), result.find("aurc", "a").ci_low) == (0, None)
    assert value(result, "kept_at_99") == 1
    assert "refusal" not in {figure.name for figure in draw_all(SECTION, result)}


@pytest.mark.parametrize("classes", [2, 4])
def test_rows_counted_in_cells_are_measured_like_rows(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number is that of the rows, or next to it, and the page says which are not exact."""
    many = head(outputs(*noisy(3000, classes)))
    exact = analyze(many)
    monkeypatch.setattr(forecasts, "MOST_ROWS", 0)
    found = analyze(many)
    for made, again in zip(exact.measurements, found.measurements, strict=True):
        one, other = made.metric, again.metric
        assert other.status == one.status
        if one.value is not None and one.unit != "p-value":
            assert other.value == pytest.approx(one.value, rel=5e-3, abs=1e-6), made.name
    for one, other in zip(exact.heads, found.heads, strict=True):
        assert [(band.n, band.errors) for band in other.bands] == [(band.n, band.errors) for band in one.bands]
        assert [band.expected for band in other.bands] == pytest.approx([band.expected for band in one.bands])
        assert [point.n for point in other.curve] == [point.n for point in one.curve]
        assert other.right.n == one.right.n
        assert other.right.quartiles == pytest.approx(one.right.quartiles, rel=1e-3)
        assert other.landscape == one.landscape
    said = "rows counted in fine cells of confidence"
    told = {one.name for one in found.measurements if one.metric.estimator == said}
    assert told == ({"aurc", "smece"} if classes > 2 else {"aurc"})


def banded(*bands: tuple[float, float, int, float, float, float]) -> HeadCalibration:
    """Return a head with these bands: ends, errors, those expected, and the range of a calibrated model."""
    whole = analyze(head(outputs(*noisy(400, 3)))).heads[0]
    made = tuple(
        schema.ErrorBand(low=low, high=high, n=1000, errors=errors, expected=expected, range_low=least, range_high=most)
        for low, high, errors, expected, least, most in bands
    )
    return whole.model_copy(update={"bands": made})


def test_a_band_on_the_other_side_is_in_the_title() -> None:
    """Where it is beyond what calibrated models have; within that it is chance."""
    fewer = (0.9, 0.99, 7, 25.0, 14.0, 40.0)
    (evidence,) = findings.evidence(analyze(head(outputs(*noisy(2000, 4, sharp=0.5)))))
    assert evidence.side == -1
    one = banded(fewer, (0.999, 1.0, 5, 0.866, 0.0, 4.0))
    assert titles._expected_of(one, evidence).replace(THIN, " ") == (
        "a makes fewer errors in all than its confidence implies (12 wrong, 25.9 expected), but more over 99.9 % (5 wrong, 0.9 expected)"
    )
    inside = banded(fewer, (0.999, 1.0, 4, 0.866, 0.0, 4.0))
    assert (
        titles._expected_of(inside, evidence)
        == "a makes fewer errors than its confidence implies: 11 wrong, 25.9 expected"
    )


def test_a_single_model_of_several_is_named() -> None:
    """With its errors; several are counted."""
    heads = [head(outputs(*noisy(2000, 4, sharp=sharp))) for sharp in (1.0, 1.0, 2.0)]
    title = figures(analyze(*heads))["expected-errors"].title
    assert title.startswith("c makes more errors than its confidence implies: ")
    assert title.endswith(" expected")


@pytest.mark.parametrize("count", [2, 8])
def test_every_refusal_curve_has_its_name(count: int) -> None:
    """However crowded the ends are, also on a phone."""
    heads = [head(outputs(*noisy(400, 3, seed=seed))) for seed in range(count)]
    result, look = analyze(*heads), theme("publication", "abcdefgh"[:count])
    figure = next(one for one in ErrorVisualizer(look).figures(result) if one.name == "refusal")
    drawn = to_svg(figure, svg.narrowed(look), "f").svg
    assert [one.model for one in result.heads if f">{one.model}<" in drawn] == list("abcdefgh"[:count])


def test_the_best_and_the_worst_have_names_in_the_landscape() -> None:
    """By Brier score and by ECE, of more models than a legend has room for."""
    heads = [head(outputs(*noisy(300, 3, sharp=0.2 + place / 4, seed=place))) for place in range(14)]
    names = tuple(f"model-{place:02}" for place in range(14))
    result = analyzed(SECTION, evaluation(*heads, names=names))
    look = theme("publication", names)
    figure = next(one for one in CalibrationVisualizer(look).figures(result) if one.name == "errors")
    drawn = to_svg(figure, svg.narrowed(look), "f").svg
    eces = {one.model: result.find("ece", one.model).value for one in result.heads}
    briers = {one.model: one.brier.value for one in result.heads}
    for values in (eces, briers):
        for pick in (min, max):
            assert f">{pick(values, key=values.__getitem__)}<" in drawn
