"""Predicted distributions: what a head is, its outputs, numbers, groups and weights, comparisons, rules, statements, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, distributional_head, draw_all, evaluation, regression_head
from hypothesis import given, strategies as st
from oracle import close, load
from scipy import stats

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import Focus, View
from reportgen.contract.records.distributional import NormalOutputs, QuantileOutputs
from reportgen.contract.records.regression import ValuePredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import (
    ContradictionError,
    HeadEvidence,
    HeadRows,
    OutputsError,
    Several,
    UndecidedError,
)
from reportgen.evaluation.tasks.distributional import Distributional
from reportgen.evaluation.tasks.resolve import resolve_outputs, resolve_task
from reportgen.figures import style
from reportgen.sections.calibration import SECTION as CALIBRATION
from reportgen.sections.performance import SECTION as PERFORMANCE

if TYPE_CHECKING:
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.heads import HeadEvaluation

MADE = load("reg")
LEVELS = tuple(MADE["q_levels"].tolist())
NORMAL = distributional_head(np.column_stack([MADE["mu"], MADE["sigma"]]), MADE["y"])
QUANTILES = distributional_head(MADE["q"], MADE["y"], levels=LEVELS)
N = 800
GENERATOR = np.random.default_rng(0)
MEANS, NOISE = GENERATOR.normal(size=(2, N))
SOUND = distributional_head(np.column_stack([MEANS, np.ones(N)]), MEANS + NOISE)
PAIR = Decision(candidate="b", baseline=Baseline(model="a"))


def scaled(factor: float, shift: float = 0.0) -> HeadEvaluation:
    """Make a head whose standard deviations are this many times the right ones."""
    return distributional_head(np.column_stack([MEANS + shift, np.full(N, factor)]), MEANS + NOISE)


def of_quantiles(levels: tuple[float, ...], by: Any = 0.0) -> HeadEvaluation:
    """Make a head of the right quantiles, moved by some numbers (n_levels,) or (N, n_levels)."""
    return distributional_head(MEANS[:, None] + stats.norm.ppf(levels) + by, MEANS + NOISE, levels=levels)


def designed(made: Evaluation, **design: Any) -> Evaluation:
    """Give the rows of an evaluation groups and weights."""
    assert made.data is not None
    return replace(made, data=replace(made.data, **design))


def analyze(*heads: HeadEvaluation, section: Any = CALIBRATION, roles: Decision | None = None) -> Any:
    """Analyze heads of models a, b, c."""
    made = evaluation(*heads)
    return analyzed(section, made if roles is None else replace(made, decision=roles))


def said(*heads: HeadEvaluation, section: Any = CALIBRATION, roles: Decision = PAIR) -> list[str]:
    """Return the sentences with these roles, with plain spaces."""
    result = analyze(*heads, section=section, roles=roles)
    return [
        one.text.replace("\N{NARROW NO-BREAK SPACE}", " ") for one in section.statements(result, View(decision=roles))
    ]


def found(*heads: HeadEvaluation) -> dict[str, str]:
    """Return the messages of the rules about distributions by code, with plain spaces."""
    result = analyze(*heads)
    findings = [one for rule in CALIBRATION.rules for one in rule.apply(result) if one.code[:5] == "CAL12"]
    return {one.code: one.message.replace("\N{NARROW NO-BREAK SPACE}", " ") for one in findings}


# ------------------------------------------------------------------------------------------------ what a head is


@pytest.mark.parametrize(
    ("declared", "outputs"),
    [("mean_and_sd", "mean_and_sd"), ("mean_and_variance", "mean_and_variance"), ("quantiles", "quantiles")],
)
@pytest.mark.parametrize("loss", [None, "own_loss"])
@pytest.mark.parametrize("labels", ["integers", "floats", "rows", None])
def test_declared_outputs_decide(declared: str, outputs: str, loss: str | None, labels: str | None) -> None:
    """The rule that fired is recorded; whether the labels are fractional, or counts, changes nothing."""
    evidence = HeadEvidence(declared_outputs=declared, loss=loss, n_outputs=2, labels=labels, activation="linear")
    task = resolve_task(evidence)
    assert task.value == "distributional"
    assert "declared" in task.rule
    assert resolve_outputs(evidence, task.value).value == outputs
    assert resolve_task(replace(evidence, declared_task="distributional")).rule == "declared in the spec"


def test_other_evidence_contradicts_a_declaration() -> None:
    """A loss or an activation of another task is an error that shows it, at the key that declares the outputs."""
    for evidence, message, key in (
        (
            HeadEvidence(loss="mean_squared_error", declared_outputs="mean_and_sd"),
            "compiled loss mean_squared",
            "outputs",
        ),
        (
            HeadEvidence(activation="softmax", declared_outputs="quantiles", n_outputs=3),
            "last activation soft",
            "quantiles",
        ),
        (HeadEvidence(loss="binary_crossentropy", declared_outputs="values"), "declared as values, but", "outputs"),
    ):
        with pytest.raises(ContradictionError, match=message) as caught:
            resolve_task(evidence)
        assert caught.value.key == key
    declared = HeadEvidence(activation="sigmoid", declared_outputs="quantiles", declared_task="distributional")
    assert resolve_task(declared).value == "distributional"
    with pytest.raises(UndecidedError, match='set outputs = "mean_and_sd"'):
        resolve_outputs(HeadEvidence(declared_task="distributional"), "distributional")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (HeadRows(4, 3, "mean_and_sd"), "a mean and a standard deviation, but the head has 3 outputs"),
        (HeadRows(4, 1, "mean_and_variance"), "a mean and a variance, but the head has 1 output, which"),
        (HeadRows(4, 4, "quantiles", levels=(0.1, 0.5, 0.9)), "3 quantiles, but the head has 4 outputs"),
        (HeadRows(4, 66, "mean_and_sd"), "distributions of 33 values: at most 32"),
    ],
)
def test_outputs_that_are_no_parts(rows: HeadRows, message: str) -> None:
    """The number of outputs contradicts what they should be."""
    with pytest.raises(ContradictionError, match=message):
        Distributional().gather("distributional", rows)


def test_labels_and_names_are_one_for_each_value() -> None:
    """Neither two labels for one distribution nor a name for each part; a sequence has no number."""
    task, labels = Distributional(), np.zeros((4, 2))
    with pytest.raises(
        InputError,
        match=r"one number per row, because the head has 2 outputs, 2 for each value \(found shape \(4, 2\)\)",
    ):
        task.gather("distributional", HeadRows(4, 2, "mean_and_sd", labels=labels))
    with pytest.raises(InputError, match="has 2 names, but the output has distributions of 1 values"):
        task.gather("distributional", HeadRows(4, 2, "mean_and_sd", value_names=("a", "b")))
    assert task.not_measured("distributional", (99,)) is None
    assert "an answer for each position" in str(task.not_measured("distributional", (5, 2)))


# ------------------------------------------------------------------------------------------------ outputs


@pytest.mark.parametrize(
    ("kind", "spread"), [("mean_and_sd", 2.0), ("mean_and_variance", 4.0), ("mean_and_log_variance", np.log(4.0))]
)
def test_every_spread_is_a_standard_deviation(kind: str, spread: float) -> None:
    """Whatever it is stated as; the errors are those of the mean."""
    outputs = distributional_head([[1.0, spread], [3.0, spread]], [1.0, 2.0], kind).outputs
    assert isinstance(outputs, NormalOutputs)
    assert outputs.deviations == pytest.approx([2.0, 2.0])
    assert outputs.errors[:].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("kind", "spread", "message"),
    [
        ("mean_and_sd", -0.5, "the smallest standard deviation is -0.5"),
        ("mean_and_sd", 0.0, "the smallest standard deviation is 0"),
        ("mean_and_variance", -2.0, "the smallest variance is -2"),
        ("mean_and_sd", 1e-200, "ranges from 1e-200 to 1e-200"),
        ("mean_and_log_variance", 3000.0, "ranges from 3000 to 3000"),
        ("mean_and_log_variance", -3000.0, "ranges from -3000 to -3000"),
    ],
)
def test_a_spread_that_is_none_is_an_error(kind: str, spread: float, message: str) -> None:
    """With the evidence, what was wanted and what to do."""
    with pytest.raises(OutputsError, match=message) as caught:
        distributional_head([[1.0, spread]] * 2, [1.0, 2.0], kind)
    assert caught.value.wanted.startswith("a mean and a ")
    assert caught.value.remedy


def test_rows_that_are_not_finite_are_counted() -> None:
    """Whatever the spreads of the same batch are."""
    accumulator = Distributional().gather("distributional", HeadRows(6, 2, "mean_and_sd")).accumulator
    accumulator.add(np.array([[0.0, np.nan], [0.0, -1.0], [np.inf, 1.0]]), np.array([3, 4, 5]))
    assert (accumulator.gathered.not_finite, accumulator.gathered.first_not_finite) == (2, 3)


def test_several_values_are_heads() -> None:
    """All means, then all spreads; the lowest quantile of all values, then the next. Names as of values."""
    outputs = np.array([[1.0, 2.0, 0.1, 0.2], [3.0, 4.0, 0.3, 0.4]])
    labels = np.array([[0.0, 1.0], [2.0, 3.0]])
    rows = HeadRows(2, 4, "mean_and_sd", labels=labels, value_names=("x", "y"))
    gathering = Distributional().gather("distributional", rows)
    gathering.accumulator.add(outputs, np.arange(2))
    several = gathering.accumulator.result()
    assert isinstance(several, Several)
    y = several.parts["y"]
    assert isinstance(y, NormalOutputs)
    assert (y.predictions.tolist(), y.deviations.tolist(), y.labels.tolist()) == ([2, 4], [0.2, 0.4], [1, 3])
    rows = HeadRows(2, 4, "quantiles", levels=(0.5, 0.9))
    gathering = Distributional().gather("distributional", rows)
    gathering.accumulator.add(outputs, np.arange(2))
    parts = gathering.accumulator.result()
    assert isinstance(parts, Several)
    assert {name: type(part) for name, part in parts.parts.items()} == {"0": ValuePredictions, "1": ValuePredictions}
    assert parts.parts["1"].predictions.tolist() == [2.0, 4.0]  # type: ignore[attr-defined]


def test_some_of_the_rows() -> None:
    """A slice has its own spreads and quantiles."""
    rows = np.arange(3000) % 3 == 0
    for head, name in ((NORMAL, "deviations"), (QUANTILES, "quantiles")):
        taken = head.outputs.take(rows)  # type: ignore[union-attr]
        assert np.array_equal(getattr(taken, name), getattr(head.outputs, name)[rows])
        assert len(taken.labels) == len(taken.predictions) == 1000  # type: ignore[attr-defined]
    assert isinstance(QUANTILES.outputs, QuantileOutputs)
    assert np.array_equal(QUANTILES.outputs.predictions, MADE["q"][:, 3])


def test_distributions_without_labels_have_reasons() -> None:
    """The predictions are there; every metric of the head says why it is missing."""
    head = distributional_head([[1.0, 1.0], [2.0, 1.0]])
    assert isinstance(head.outputs, ValuePredictions)
    for section, name in ((CALIBRATION, "scale_factor"), (PERFORMANCE, "crps")):
        assert analyze(head, section=section).find(name, "a").reason == "no labels"


# ------------------------------------------------------------------------------------------------ numbers


def test_numbers_agree_with_other_libraries() -> None:
    """CRPS, pinball loss, sharpness, the scale of standardized errors, the PIT, the share below each quantile."""
    scores, numbers = analyze(NORMAL, QUANTILES, section=PERFORMANCE), analyze(NORMAL, QUANTILES)
    assert close(scores.find("crps", "a").value, "reg/crps_gaussian/scoringrules")
    assert close(numbers.find("sharpness", "a").value, "reg/sharpness/uncertainty-toolbox")
    assert close(numbers.find("pit_distance", "a").value, "reg/pit_ks/scipy")
    assert close(
        [numbers.find("quantile_coverage", "b", f"level:{level:g}").value for level in LEVELS], "reg/quantile_coverage"
    )
    z = (MADE["y"] - MADE["mu"]) / MADE["sigma"]
    assert close([z.mean(), z.std(ddof=1)], "reg/z_mean_std")
    assert numbers.find("scale_factor", "a").value == pytest.approx(np.hypot(z.mean(), z.std()))
    for level in (0.5, 0.8, 0.9, 0.95):
        covered = numbers.find("interval_coverage", "a", f"level:{level:g}")
        assert covered.value == pytest.approx((np.abs(z) <= stats.norm.ppf((1 + level) / 2)).mean())
        assert covered.ci_low < covered.value < covered.ci_high
    width = numbers.find("interval_width", "b", "level:0.9").value
    assert width == pytest.approx((MADE["q"][:, 6] - MADE["q"][:, 0]).mean())
    assert scores.find("mae", "a").value == pytest.approx(np.abs(MADE["y"] - MADE["mu"]).mean())


def test_every_declared_number_is_there_or_has_a_reason() -> None:
    """What quantiles have and a normal distribution does not, and the other way round."""
    result = analyze(NORMAL, QUANTILES)
    missing = {(one.model, one.name) for one in result.measurements if one.metric.status == "not_applicable"}
    of_quantiles = {("b", name) for name in ("scale_factor", "sharpness", "pit_distance", "pit_p")}
    assert missing == {("a", "crossing_rows"), *of_quantiles}
    scores = analyze(NORMAL, QUANTILES, section=PERFORMANCE)
    assert scores.find("pinball_loss", "a").reason == "the outputs are a mean and a spread, not quantiles"
    assert scores.find("crps_skill", "b").reason == "the outputs are quantiles, not a mean and a spread"


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 5), st.floats(-10, 10))
def test_units_do_not_matter(seed: int, unit: float, origin: float) -> None:
    """In another unit the CRPS and the widths are in that unit, coverage, scale and skill are the same."""
    generator = np.random.default_rng(seed)
    mean, label, spread = generator.normal(size=(3, 60))
    spread = np.exp(spread)
    one = distributional_head(np.column_stack([mean, spread]), label)
    other = distributional_head(np.column_stack([unit * mean + origin, unit * spread]), unit * label + origin)
    first, second = analyze(one), analyze(other)
    for name, subject, factor in (
        ("scale_factor", None, 1),
        ("sharpness", None, unit),
        ("interval_width", "level:0.9", unit),
    ):
        assert second.find(name, "a", subject).value == pytest.approx(factor * first.find(name, "a", subject).value)
    first, second = (analyze(head, section=PERFORMANCE) for head in (one, other))
    assert second.find("crps", "a").value == pytest.approx(unit * first.find("crps", "a").value)
    assert second.find("crps_skill", "a").value == pytest.approx(first.find("crps_skill", "a").value, abs=1e-6)


def test_groups_and_weights() -> None:
    """Rows that repeat what others say widen every interval; a weighted share is the share of the weight; one test is left out."""
    labels, means = np.repeat(MEANS + NOISE, 5), np.repeat(MEANS, 5)
    head = distributional_head(np.column_stack([means, np.ones(5 * N)]), labels)
    plain = evaluation(head)
    clustered = designed(plain, by="patient", groups=np.arange(5 * N) // 5)
    for section, name, subject in (
        (CALIBRATION, "interval_coverage", "level:0.9"),
        (CALIBRATION, "scale_factor", None),
        (PERFORMANCE, "crps", None),
    ):
        first, second = (analyzed(section, made).find(name, "a", subject) for made in (plain, clustered))
        assert second.value == first.value
        assert (second.ci_high - second.ci_low) > 2 * (first.ci_high - first.ci_low)
    result = analyzed(CALIBRATION, clustered)
    assert result.find("pit_p", "a").reason == (
        "the rows are grouped by patient, and this test is for independent rows of equal weight"
    )
    many, few = analyze(head), analyze(SOUND)
    for level in ("level:0.5", "level:0.95"):
        p, alone = (
            result.find("interval_coverage_p", "a", level).value,
            few.find("interval_coverage_p", "a", level).value,
        )
        assert p >= many.find("interval_coverage_p", "a", level).value
        assert p == pytest.approx(alone, abs=0.3)
    weights = np.linspace(0.5, 1.5, 5 * N)
    weighted = analyzed(CALIBRATION, designed(plain, weights=weights))
    inside = np.abs(labels - means) <= stats.norm.ppf(0.95)
    assert weighted.find("interval_coverage", "a", "level:0.9").value == pytest.approx(
        np.average(inside, weights=weights)
    )
    assert not any(bar.range_low for bar in weighted.distributions[0].bars)
    tested = analyzed(CALIBRATION, designed(plain, by="site", groups=np.arange(5 * N) % 4))
    assert tested.find("interval_coverage_p", "a", "level:0.9").reason == "it rests on fewer than 10 groups (site)"
    assert tested.find("interval_coverage", "a", "level:0.9").ci_low is None


def test_labels_that_are_all_the_same_have_no_skill() -> None:
    """A score there is."""
    result = analyze(distributional_head([[1.0, 1.0]] * 5, [1.0] * 5), section=PERFORMANCE)
    assert result.find("crps", "a").value == pytest.approx(0.23369497725510913)
    assert result.find("crps_skill", "a").reason == "all labels are the same"


# ------------------------------------------------------------------------------------------------ models


def test_paired_differences() -> None:
    """In CRPS or pinball loss with its p-value, both ways round; between models whose outputs are of one kind and level."""
    heads = (
        SOUND,
        scaled(2.0),
        of_quantiles((0.1, 0.5)),
        of_quantiles((0.5, 0.9)),
        regression_head(MEANS, MEANS + NOISE),
    )
    result = analyze(*heads, section=PERFORMANCE)
    pairs = [(one.model, one.subject) for one in result.named("crps_difference")]
    assert pairs == [("a", "vs b"), ("b", "vs a")]
    assert not list(result.named("pinball_difference"))
    assert len(list(result.named("mae_difference"))) == 20
    difference = result.find("crps_difference", "b", "vs a")
    crps = [result.find("crps", model).value for model in "ba"]
    assert difference.value == pytest.approx(crps[0] - crps[1])
    assert difference.ci_low > 0
    assert result.find("crps_p", "b", "vs a").value == result.find("crps_p_holm", "a", "vs b").value < 0.001
    same = analyze(of_quantiles((0.1, 0.5)), of_quantiles((0.1, 0.5), 0.5), section=PERFORMANCE)
    assert same.find("pinball_difference", "b", "vs a").ci_low > 0
    names = [table.name for table in PERFORMANCE.tables(same, View())]
    assert {"distributions", "pinball-pairs"} <= set(names)
    assert "crps-pairs" not in names


def test_what_performance_says_of_a_candidate() -> None:
    """The score as a sentence of its own beside the MAE, which a spread does not change."""
    texts = said(scaled(2.0), SOUND, section=PERFORMANCE)
    assert texts[0] == "MAE 0.774 against 0.774: 0, the same on every row."
    assert texts[1].startswith("CRPS 0.548 against 0.646: ")
    assert "unlikely to be luck (p < 0.001)" in texts[1]
    moved = said(of_quantiles((0.1, 0.5, 0.9), 0.3), of_quantiles((0.1, 0.5, 0.9)), section=PERFORMANCE)
    assert moved[1].startswith("Pinball loss ")


# ------------------------------------------------------------------------------------------------ rules and statements


def test_narrow_wide_and_sound_intervals() -> None:
    """Each has one rule; the scale factor is the remedy where it is known to differ from 1."""
    assert found(SOUND).keys() == {"CAL125"}
    narrow, wide = found(scaled(0.5)), found(scaled(2.0))
    assert narrow.keys() == {"CAL121"}
    assert wide.keys() == {"CAL122"}
    assert "Multiply the standard deviations by 2.0" in narrow["CAL121"] or "by 1.9" in narrow["CAL121"]
    assert "90 % intervals contain" in narrow["CAL121"]
    assert "too cautious" in wide["CAL122"]
    assert found(of_quantiles((0.05, 0.5, 0.95), np.array([0.8, 0, -0.8]))).keys() == {"CAL121"}


def test_one_side_and_another_shape() -> None:
    """Quantiles that are wrong where no interval is; normal distributions whose sides are, too."""
    shifted = found(of_quantiles((0.1, 0.5), 1.0))
    assert shifted.keys() == {"CAL124"}
    assert "its quantile of 50 %" in shifted["CAL124"]
    assert "too high" in shifted["CAL124"]
    only = found(scaled(1.0, 0.2))
    assert only.keys() == {"CAL124"}
    assert "PIT distance" in only["CAL124"]


def test_crossing_is_found_and_said() -> None:
    """With the share of rows and the count, and that nothing was sorted."""
    by = np.zeros((N, 3))
    by[:200, 0] = 3.0
    crossed = found(of_quantiles((0.4, 0.5, 0.6), by))
    assert "in 25.0 % [" in crossed["CAL123"]
    assert "of 800 rows (200 rows)" in crossed["CAL123"]
    assert "CAL123" not in found(QUANTILES)


def test_what_page_one_says_of_the_candidate() -> None:
    """Coverage of its intervals with what is wrong, or that nothing is shown; without a pair of levels, a quantile."""
    (text,) = said(SOUND, scaled(0.5))
    assert text.startswith("90 % intervals contain 60.9 % [")
    assert text.endswith(" of 800 labels: too narrow; standard deviations times 1.94 would fit.")
    (text,) = said(scaled(2.0), SOUND)
    assert "; not shown to be wrong (p " in text
    (text,) = said(SOUND, of_quantiles((0.1, 0.5), 1.0))
    assert text.startswith("The quantile of 50 % is at or above ")
    assert text.endswith(": too high.")
    (text,) = said(SOUND, scaled(0.5), roles=Decision())
    assert text.startswith(
        "1 of 2 predicted distributions has intervals that are measurably off; those of b: 90 % intervals"
    )
    (text,) = said(SOUND, SOUND, roles=Decision())
    assert text.startswith("None of 2 predicted distributions has")
    (text,) = said(SOUND, roles=Decision())
    assert text.startswith("90 % intervals contain")


def test_figures_and_tables() -> None:
    """Levels and the PIT of normal distributions, levels of quantiles; all that is drawn is in the result."""
    figures = draw_all(CALIBRATION, analyze(NORMAL, QUANTILES))
    assert [figure.name for figure in figures] == ["coverage", "coverage-2", "pit"]
    assert figures[0].title.replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "Intervals of a are too narrow: those of 90 % contain 78.0 % of the labels"
    )
    assert figures[2].title.replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "22.0 % of the labels are in the outer 10 % of the distributions of a"
    )
    many = tuple(np.linspace(0.01, 0.99, 99).round(2).tolist())
    (figure,) = draw_all(CALIBRATION, analyze(of_quantiles(many)))
    assert "12 of 99 levels" in figure.caption
    few = draw_all(CALIBRATION, analyze(distributional_head([[1.0, 1.0]] * 5, [1.0, 2.0, 0.0, 1.0, 1.5])))
    assert [figure.name for figure in few] == ["coverage"]
    assert [figure.title for figure in draw_all(CALIBRATION, analyze(SOUND))] == [
        "No level of a is measurably off",
        "The labels are where the distributions of a expect them, as far as 800 rows show",
    ]


def test_models_that_are_left_out_have_no_figures() -> None:
    """Where only models of another task are in focus; the tables list what they can."""
    result = analyze(NORMAL, QUANTILES)
    view = View(focus=Focus(models=("c",), order=("c", "a", "b"), by=None))
    assert CALIBRATION.visualizer is not None
    theme = style.theme("publication", ["a", "b"])
    assert not list(CALIBRATION.visualizer(theme, view).figures(result))
    values = analyze(NORMAL, section=PERFORMANCE)
    assert PERFORMANCE.visualizer is not None
    assert not list(PERFORMANCE.visualizer(theme, view).figures(values))
