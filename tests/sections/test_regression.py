"""Predicted values in the performance section: numbers, comparisons, statements, rules, figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, draw_all, evaluation, regression_head
from hypothesis import given, strategies as st
from oracle import close, load
from scipy import stats

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.contract.records.regression import ValuePredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import HeadRows, Several
from reportgen.evaluation.tasks.regression import Regression
from reportgen.sections.performance import SECTION, regression_schema as schema

if TYPE_CHECKING:
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.statements import Statement
    from reportgen.sections.performance.schema import PerformanceResult

GENERATOR = np.random.default_rng(0)
N = 600
LABELS = GENERATOR.normal(100, 20, N)
NOISE = GENERATOR.normal(size=(3, N))
PAIR = Decision(candidate="b", baseline=Baseline(model="a"))


def model(scale: float, which: int = 0, shift: float = 0.0) -> HeadEvaluation:
    """Make a head that is off by noise of a size."""
    return regression_head(LABELS + scale * NOISE[which] + shift, LABELS)


def analyze(*heads: HeadEvaluation, roles: Decision | None = None) -> PerformanceResult:
    """Analyze heads of models a, b, c."""
    made = evaluation(*heads)
    return analyzed(SECTION, made if roles is None else replace(made, decision=roles))  # type: ignore[no-any-return]


def said(*heads: HeadEvaluation, roles: Decision = PAIR) -> list[Statement]:
    """Return the statements with these roles."""
    return list(SECTION.statements(analyze(*heads, roles=roles), View(decision=roles)))


def codes(result: PerformanceResult) -> set[str]:
    """Return the codes of all findings."""
    return {finding.code for rule in SECTION.rules for finding in rule.apply(result)}


# ------------------------------------------------------------------------------------------------ one model


def test_errors_agree_with_scikit_learn() -> None:
    """RMSE, MAE and R², each inside its interval; the bias is the mean error; every declared metric is there."""
    made = load("reg")
    result = analyze(regression_head(made["mu"], made["y"]))
    found = [result.find(name, "a") for name in ("rmse", "mae", "r_squared")]
    assert close([one.value for one in found], "reg/rmse_mae_r2_medae/sklearn", part=slice(3))
    assert result.find("mae", "a").ci_low < result.find("mae", "a").value < result.find("mae", "a").ci_high  # type: ignore[operator]
    assert result.find("bias", "a").value == pytest.approx((made["mu"] - made["y"]).mean())
    assert {one.name for one in result.measurements} == {spec.name for spec in schema.REGRESSION}
    half = {"half_width_90", "half_width_95", "coverage_90", "coverage_95"}
    assert {one.metric.n for one in result.measurements if one.name not in half} == {3000}
    assert {one.metric.n for one in result.measurements if one.name in half} == {1500}


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.floats(-1e3, 1e3))
def test_errors_are_ordered(errors: list[float], label: float) -> None:
    """The bias is no larger than the MAE, the MAE no larger than the RMSE."""
    result = analyze(regression_head(np.array(errors) + label, np.full(len(errors), label)))
    bias, mae, rmse = (result.find(name, "a").value for name in ("bias", "mae", "rmse"))
    slack = 1e-9 * (1 + rmse)  # type: ignore[operator]
    assert abs(bias) <= mae + slack <= rmse + 2 * slack  # type: ignore[arg-type, operator]


def test_a_value_has_its_own_tables_and_no_classes() -> None:
    """No table of accuracies, no confusion matrix; what three rows do not determine has a reason."""
    result = analyze(regression_head([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]))
    assert [table.name for table in SECTION.tables(result, View())] == [
        "regression",
        "regression-skill",
        "regression-intervals",
    ]
    for name in ("half_width_90", "coverage_95", "error_growth"):
        assert result.find(name, "a").status == "insufficient_data"
    figures = draw_all(SECTION, result)
    assert [figure.name for figure in figures] == ["observed", "quantiles"]


def test_values_without_labels_have_reasons() -> None:
    """The predictions are there, the errors are not."""
    made = regression_head([1.0, 2.0])
    assert isinstance(made.outputs, ValuePredictions)
    result = analyze(made)
    assert {(one.metric.status, one.metric.reason) for one in result.measurements} == {("not_applicable", "no labels")}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "b"], "must be numbers for regression"),
        ([[1.0, 2.0], [3.0, 4.0]], r"must have one number per row \(found shape \(2, 2\)\)"),
        ([1.0, np.nan], "NaN or infinite labels in 1 rows"),
    ],
)
def test_labels_that_are_no_values(labels: list[Any], message: str) -> None:
    """One sentence says what was found."""
    with pytest.raises(InputError, match=message):
        regression_head([1.0, 2.0], labels)


# ------------------------------------------------------------------------------------------------ several values


def gather(values: Any, labels: Any, names: tuple[str, ...] | None = None) -> Any:
    """Collect the values of a head."""
    values = np.asarray(values, np.float32)
    rows = HeadRows(len(values), values.shape[1], "values", labels=np.asarray(labels), value_names=names)
    gathering = Regression().gather("regression", rows)
    for places in np.array_split(np.arange(len(values))[::-1], 2):
        gathering.accumulator.add(values[places], places)
    return gathering.accumulator


def test_each_of_several_values_is_a_head_of_its_own() -> None:
    """With its labels, named as in the spec or numbered; a value that is not finite fails the row."""
    values, labels = np.arange(12.0).reshape(4, 3), -np.arange(12.0).reshape(4, 3)
    for names, wanted in ((None, ["0", "1", "2"]), (("x", "y", "z"), ["x", "y", "z"])):
        found = gather(values, labels, names).result()
        assert isinstance(found, Several)
        assert list(found.parts) == wanted
        for place, one in enumerate(found.parts.values()):
            assert one.predictions.tolist() == values[:, place].tolist()  # type: ignore[attr-defined]
            assert one.labels.tolist() == labels[:, place].tolist()  # type: ignore[attr-defined]
    broken = gather(np.where(values == 7, np.nan, values), labels)
    assert (broken.gathered.not_finite, broken.gathered.first_not_finite) == (1, 2)


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        (np.zeros(4), None, "must have 3 numbers per row"),
        (np.zeros((4, 3)), ("x", "y"), "has 2 names, but the output has 3 values per row"),
    ],
)
def test_labels_and_names_fit_the_values(labels: Any, names: Any, message: str) -> None:
    """One sentence says what does not."""
    with pytest.raises(InputError, match=message):
        gather(np.zeros((4, 3)), labels, names)


def test_a_picture_is_not_measured_value_by_value() -> None:
    """An autoencoder has too many values, a head of one or several has not."""
    task = Regression()
    assert "784 values per row are too many" in str(task.not_measured("regression", (784,)))
    assert [task.not_measured("regression", shape) for shape in ((), (1,), (3,))] == [None] * 3


def test_values_are_compared_one_by_one() -> None:
    """A model with two values has numbers, pairs and statements for each, Holm over all pairs."""
    made = evaluation(model(10), model(12, 1))
    models = tuple(
        replace(one, heads=(replace(one.heads[0], name="x"), replace(model(5 + place, 2), name="y")))
        for place, one in enumerate(made.models)
    )
    result = analyzed(SECTION, replace(made, models=models, decision=PAIR))
    assert {str(one.subject) for one in result.named("mae")} == {"head:x", "head:y"}
    single, holm = ([one.metric.value for one in result.named(name)] for name in ("mae_p", "mae_p_holm"))
    assert max(holm) <= 2 * max(single)
    assert min(holm) == pytest.approx(2 * min(single))
    texts = [one.text for one in SECTION.statements(result, View(decision=PAIR))]
    assert sum(text.startswith("Output y: MAE ") for text in texts) == 1
    names = [figure.name for figure in draw_all(SECTION, result)]
    assert names.count("observed-2") == 1


# ------------------------------------------------------------------------------------------------ two models


def test_differences_are_paired_and_mirrored() -> None:
    """The difference is that of the MAEs and has the sign of the order; the p-value is that of a paired test."""
    result = analyze(model(10), model(12))
    first, second = (result.find("mae_difference", name, f"vs {other}") for name, other in (("a", "b"), ("b", "a")))
    maes = [result.find("mae", name).value for name in "ab"]
    assert first.value == pytest.approx(maes[0] - maes[1])  # type: ignore[operator]
    assert (first.value, first.ci_low) == (pytest.approx(-second.value), pytest.approx(-second.ci_high))  # type: ignore[operator]
    squares = result.find("mse_difference", "a", "vs b").value
    assert squares == pytest.approx(result.find("rmse", "a").value ** 2 - result.find("rmse", "b").value ** 2)  # type: ignore[operator]
    unlike = analyze(model(10), model(10.5, 1))
    expected = stats.ttest_rel(np.abs(10 * NOISE[0]), np.abs(10.5 * NOISE[1])).pvalue
    assert unlike.find("mae_p", "a", "vs b").value == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(("name", "size"), [("mae", np.abs), ("mse", np.square)])
def test_skill_over_another_model(name: str, size: Any) -> None:
    """1 minus the ratio of the mean errors, paired: the interval is close to that of a bootstrap of the rows."""
    result = analyze(model(10), model(10.5, 1))
    own, other = size(10 * NOISE[0]), size(10.5 * NOISE[1])
    found = result.find(f"{name}_skill_over_model", "a", "vs b")
    assert found.value == pytest.approx(1 - own.mean() / other.mean())
    rows = np.random.default_rng(1).integers(N, size=(4_000, N))
    ends = np.quantile(1 - own[rows].mean(axis=1) / other[rows].mean(axis=1), (0.025, 0.975))
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(ends), abs=0.015)
    assert result.find(f"{name}_skill_over_model", "b", "vs a").value == pytest.approx(1 - other.mean() / own.mean())


def test_no_skill_over_a_model_without_errors() -> None:
    """The ratio does not exist; and that of squares has no interval where few rows make most of them."""
    result = analyze(model(10), model(0))
    assert result.find("mae_skill_over_model", "a", "vs b").reason == "the other model has no error on any row"
    assert result.find("mae_skill_over_model", "b", "vs a").value == 1.0
    errors = np.ones(N)
    errors[0] = 500.0
    heavy = analyze(regression_head(LABELS + errors, LABELS), model(10))
    for pair in (("a", "vs b"), ("b", "vs a")):
        found = heavy.find("mse_skill_over_model", *pair)
        assert found.ci_low is None
        assert "few rows make most of the squared error" in (found.caveat or "")


def test_the_statement_of_a_difference_is_held_to_its_evidence() -> None:
    """Clear: unlikely to be luck; unclear: too few, and how many rows would tell; equal: the same."""
    clear = said(model(12), model(10))[0]
    assert clear.settled
    assert clear.text.startswith("MAE ")
    assert ", unlikely to be luck (p < 0.001)." in clear.text
    assert " against " in clear.text
    unsure = said(model(10, 1), model(10.5, 2))[0]
    assert not unsure.settled
    assert "too few to tell them apart (p = 0.25), about " in unsure.text
    equal = said(model(10), model(10))[0]
    assert equal.text.endswith(": 0, the same on every row.")


def test_every_number_of_a_statement_has_its_address() -> None:
    """And is a measurement of the result."""
    result = analyze(model(12), model(10), roles=PAIR)
    statements = SECTION.statements(result, View(decision=PAIR))
    assert [one.topic for one in statements] == ["difference", "weakness", "confidence"]
    for one in (part for statement in statements for part in statement.parts if not isinstance(part, str)):
        assert result.find(one.metric, one.model, one.subject).value is not None


def test_a_candidate_alone_is_compared_with_a_constant() -> None:
    """Better or worse than the median."""
    assert "less than always predicting the median" in said(model(10), roles=Decision(candidate="a"))[0].text
    assert "more than always predicting the median" in said(model(60), roles=Decision(candidate="a"))[0].text


def test_a_bias_is_said_only_where_it_is_measured() -> None:
    """In a range, on all rows, or nowhere."""
    sound = regression_head(LABELS, LABELS + 10 * NOISE[1])
    shifted = regression_head(LABELS + 1.5, LABELS + 10 * NOISE[1])
    nowhere, everywhere, somewhere = (said(model(10), one)[1].text for one in (sound, shifted, model(10)))
    assert nowhere.startswith("No measurable bias: ")
    assert nowhere.endswith(", nor in any range of predictions.")
    assert everywhere.startswith("Predictions are too high on average: bias ")
    assert somewhere.startswith("Predictions of ")


def test_a_comparison_names_the_best_and_those_not_told_from_it() -> None:
    """In all three cases, in the statement, the title of the figure and the finding."""
    roles = Decision()
    (clear,) = said(model(12), model(10), roles=roles)
    assert clear.text.startswith("b has the lowest MAE: ")
    assert "the difference from every other model is unlikely to be luck" in clear.text
    (tied,) = said(model(10, 1), model(10, 2), roles=roles)
    assert "a is not distinguishable from it" in tied.text or "b is not distinguishable from it" in tied.text
    result = analyze(model(20), model(10, 1), model(10, 2))
    assert "PRF401" in codes(result)
    title = next(figure.title for figure in draw_all(SECTION, result) if figure.name == "values")
    assert "has the lowest MAE, not distinguishable from" in title


def test_labels_in_quarters_are_those_of_the_candidate() -> None:
    """Four of a quarter each, without an overlap, their mean is the difference; without a baseline none."""
    result = analyze(model(12), model(10), roles=PAIR)
    bands = next(one for one in result.values if one.model == "b").bands
    assert [one.n for one in bands] == [150] * 4
    assert all(first.high < second.low for first, second in pairwise(bands))
    assert np.mean([one.difference for one in bands]) == pytest.approx(result.find("mae_difference", "b", "vs a").value)
    assert not any(one.bands for one in analyze(model(12), model(10)).values)


def test_heavy_tails_have_no_interval_of_the_rmse() -> None:
    """With the reason; the MAE keeps its own."""
    errors = np.where(np.arange(N) == 5, 900.0, NOISE[0])
    result = analyze(regression_head(LABELS + errors, LABELS))
    for name in ("rmse", "r_squared"):
        found = result.find(name, "a")
        assert found.ci_low is None
        assert "few rows make most of the squared error" in str(found.caveat)
    assert result.find("mae", "a").ci_low is not None


# ------------------------------------------------------------------------------------------------ rules


@pytest.mark.parametrize(
    ("made", "code", "fires"),
    [
        (model(1000), "PRF111", True),
        (model(20, 0), "PRF111", False),
        (regression_head(np.full(N, 99.0), LABELS), "PRF111", True),
        (regression_head(np.full(N, 99.0), LABELS), "PRF112", False),
        (model(20, 0), "PRF112", True),
        (model(10), "PRF112", False),
        (model(10, shift=2.0), "PRF211", False),
        (model(10, shift=3.0), "PRF211", True),
        (regression_head([1.0, 1.5], [1.0, 1.0]), "PRF211", False),
        (regression_head(LABELS + NOISE[0] * (LABELS / 100) ** 4, LABELS), "PRF213", True),
        (model(3), "PRF213", False),
        (
            regression_head(LABELS + np.where(LABELS > 125, 20, np.where(LABELS < 75, -20, 5 * NOISE[0])), LABELS),
            "PRF212",
            True,
        ),
        (model(10, shift=8.0), "PRF212", False),
    ],
)
def test_rules_fire_above_their_thresholds(made: HeadEvaluation, code: str, fires: bool) -> None:
    """And not below, nor where the evidence is missing."""
    assert (code in codes(analyze(made))) is fires


def test_a_failed_value_is_a_problem() -> None:
    """NaN outputs are found, whatever the task."""
    failed = replace(model(1), outputs=None, status="failed", reason="outputs are NaN")
    assert codes(analyze(failed)) == {"PRF001"}
