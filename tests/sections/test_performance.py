"""The performance section: numbers against scikit-learn, rules on the smallest results that deserve them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, evaluation, head, noisy, outputs, two_heads, unmeasured
from hypothesis import given, strategies as st
from oracle import close, load
from sklearn import metrics as sk

from reportgen.contract.focus import View
from reportgen.contract.records.heads import Decision, HeadEvaluation
from reportgen.contract.records.regression import ValuePredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import HeadRows
from reportgen.evaluation.tasks.regression import Regression
from reportgen.figures.style import theme
from reportgen.sections.performance import SECTION
from reportgen.sections.performance.analyzer import PerformanceAnalyzer
from reportgen.sections.performance.schema import PerformanceOptions, PerformanceResult

if TYPE_CHECKING:
    from reportgen.contract.result import SectionResult


def analyze(*heads: object, **options: object) -> PerformanceResult:
    """Analyze heads of models a, b, c."""
    return analyzed(SECTION, evaluation(*heads), **options)  # type: ignore[arg-type]


def message(result: PerformanceResult, code: str) -> str:
    """Return the first message of a rule."""
    rule = next(rule for rule in SECTION.rules if rule.code == code)
    return next(iter(rule.apply(result))).message


def codes(result: PerformanceResult) -> set[str]:
    """Return the codes of the rules that fire."""
    return {finding.code for rule in SECTION.rules for finding in rule.apply(result)}


def value(result: SectionResult, name: str, subject: str | None = None, model: str = "a") -> float:
    """Return a value that is there."""
    found = result.find(name, model, subject).value
    assert found is not None
    return float(found)


def logits_for(predictions: list[int], classes: int = 2, strength: float = 2.0) -> np.ndarray:
    """Return logits that predict these classes."""
    return np.eye(classes, dtype=np.float32)[predictions] * strength


def test_binary_numbers_equal_those_of_scikit_learn() -> None:
    """A sigmoid's numbers speak of the positive class."""
    generator = np.random.default_rng(0)
    z = generator.normal(size=300).astype(np.float32)
    y = (generator.random(300) < 1 / (1 + np.exp(-z))).astype(int)
    result = analyze(head(outputs(z[:, None], y)))
    p = 1 / (1 + np.exp(-z.astype(float)))
    assert value(result, "nll") == pytest.approx(sk.log_loss(y, p))
    assert value(result, "brier_score") == pytest.approx(sk.brier_score_loss(y, p))
    assert value(result, "roc_auc") == pytest.approx(sk.roc_auc_score(y, p))
    assert value(result, "average_precision") == pytest.approx(sk.average_precision_score(y, p))
    assert value(result, "precision", "class:1") == pytest.approx(sk.precision_score(y, p > 0.5))
    assert result.find("top_k_accuracy", "a").status == "not_applicable"


def test_multiclass_numbers_equal_those_of_scikit_learn() -> None:
    """Macro numbers over the classes."""
    logits, y = noisy(400, 5)
    p = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(axis=1, keepdims=True)
    result = analyze(head(outputs(logits, y)))
    assert value(result, "roc_auc") == pytest.approx(sk.roc_auc_score(y, p, multi_class="ovr"))
    assert value(result, "average_precision") == pytest.approx(sk.average_precision_score(np.eye(5)[y], p))
    assert value(result, "top_k_accuracy") == pytest.approx(sk.top_k_accuracy_score(y, p, k=3))
    assert value(result, "balanced_accuracy") == pytest.approx(sk.balanced_accuracy_score(y, p.argmax(axis=1)))


def test_histograms_are_near_the_exact_numbers_and_say_so() -> None:
    """Above the size that is kept, ranking comes from histograms."""
    logits, y = noisy(2000, 4)
    exact, cells = analyze(head(outputs(logits, y))), analyze(head(outputs(logits, y, keep_limit=10)))
    for name in ("roc_auc", "average_precision"):
        assert value(cells, name) == pytest.approx(value(exact, name), abs=2e-3)
        assert "histogram" in (cells.find(name, "a").estimator or "")
    assert value(cells, "nll") == value(exact, "nll")


def test_threshold_moves_the_decision() -> None:
    """At a higher threshold fewer examples are called positive."""
    z = np.linspace(-3, 3, 100, dtype=np.float32)[:, None]
    y = (np.arange(100) >= 50).astype(int)
    low, high = (analyze(head(outputs(z, y, threshold=threshold))) for threshold in (0.5, 0.9))
    assert value(low, "recall", "class:1") == 1
    assert value(high, "recall", "class:1") < 0.5
    assert PerformanceAnalyzer(PerformanceOptions(threshold=0.9)).threshold() == 0.9


def test_soft_labels() -> None:
    """NLL is the cross-entropy with the soft labels, and accuracy says what it was taken against."""
    soft = np.array([[0.6, 0.4], [0.3, 0.7]])
    made = outputs(np.log(soft), [0, 1], soft=soft)
    result = analyze(head(made))
    assert value(result, "nll") == pytest.approx(-(soft * np.log(soft)).sum(axis=1).mean())
    assert "soft labels" in (result.find("accuracy", "a").caveat or "")


def test_clipped_probabilities_are_told() -> None:
    """A label with probability 0 is clipped, and the NLL says so."""
    made = outputs(np.array([[1.0, 0.0], [0.5, 0.5]], np.float32), [1, 0], kind="probabilities")
    assert "clipped" in (analyze(head(made)).find("nll", "a").caveat or "")


def test_one_class_has_no_auc() -> None:
    """A data set with one class gives null with its reason."""
    result = analyze(head(outputs(logits_for([0, 0, 1]), [0, 0, 0])))
    assert result.find("roc_auc", "a").status == "insufficient_data"
    assert result.find("accuracy_skill", "a").value is None


def test_an_unmeasured_head_has_reasons() -> None:
    """Every number of a head that is not measured is null with the reason."""
    result = analyze(unmeasured())
    assert {one.metric.status for one in result.measurements} == {"not_applicable"}
    assert {one.metric.reason for one in result.measurements} == {"multilabel heads are not measured"}


def test_several_heads_are_subjects() -> None:
    """With two heads every number stands under its head."""
    result = PerformanceAnalyzer(PerformanceOptions()).analyze(two_heads(outputs(logits_for([0, 1]), [0, 1])))
    assert value(result, "accuracy", "head:kind") == 1
    assert value(result, "recall", "head:size/class:1") == 1


def test_confident_errors_name_the_row_of_the_data_set() -> None:
    """Rows are counted in the whole data set, also when a sample was evaluated."""
    made = evaluation(head(outputs(logits_for([0, 1, 0]), [0, 0, 0])), rows=[4, 7, 9])
    result = PerformanceAnalyzer(PerformanceOptions()).analyze(made)
    assert [error.row for error in result.heads[0].errors] == [7]


def test_what_is_produced_is_what_is_declared() -> None:
    """Every produced metric is declared, and every declared one is produced by three models."""
    logits, y = noisy(200, 3)
    result = analyze(*[head(outputs(logits * scale, y)) for scale in (1, 2)], regression_head(y + 0.5, y))
    assert {one.name for one in result.measurements} == {spec.name for spec in SECTION.metrics}


# ------------------------------------------------------------------------------------------------ rules


def test_prf001_fires_on_failed_outputs() -> None:
    """Outputs that are not finite are a problem; a task that is not measured is none."""
    assert "PRF001" in codes(analyze(unmeasured("failed", "outputs are NaN")))
    assert "PRF001" not in codes(analyze(unmeasured()))


def test_prf101_fires_where_the_interval_reaches_the_baseline() -> None:
    """Nine right of ten are no better than a majority of eight; ninety-nine of a hundred are."""
    few = analyze(head(outputs(logits_for([0] * 8 + [1, 0]), [0] * 8 + [1, 1])))
    many = analyze(head(outputs(logits_for([0] * 50 + [1] * 50), [0] * 50 + [1] * 50)))
    assert "PRF101" in codes(few)
    assert "PRF101" not in codes(many)


def test_prf201_fires_on_a_class_that_is_never_predicted() -> None:
    """Class 1 has an example and is never said."""
    assert "PRF201" in codes(analyze(head(outputs(logits_for([0, 0]), [0, 1]))))
    assert "PRF201" not in codes(analyze(head(outputs(logits_for([0, 1]), [0, 1]))))


def test_prf202_fires_on_a_class_that_is_mostly_missed() -> None:
    """Two found of twenty are surely less than half; nine of twenty are not."""
    for found, fires in ((2, True), (9, False)):
        predictions = [1] * found + [0] * (20 - found) + [0] * 20
        result = analyze(head(outputs(logits_for(predictions), [1] * 20 + [0] * 20)))
        assert ("PRF202" in codes(result)) is fires


def test_a_low_recall_is_given_with_its_counts() -> None:
    """Two of twenty examples are found."""
    y = [1] * 20 + [0] * 20
    result = analyze(head(outputs(logits_for([1] * 2 + [0] * 38), y)))
    assert "(2 of 20)" in message(result, "PRF202")


def test_confident_errors_are_counted_among_all_errors() -> None:
    """Two listed of three errors are at least two."""
    logits = logits_for([1, 1, 1, 0, 1], strength=6.0)
    result = analyze(head(outputs(logits, [0, 0, 0, 0, 1])))
    assert "on 3 of its 3 errors" in message(result, "PRF301")
    listed = analyze(head(outputs(logits, [0, 0, 0, 0, 1])), confident_errors=2)
    assert "on at least 2 of its 3 errors" in message(listed, "PRF301")


def test_prf301_fires_on_an_error_with_99_percent() -> None:
    """An error at 99.3 % fires; one at 98.2 % does not."""
    for strength, fires in ((5.0, True), (4.0, False)):
        result = analyze(head(outputs(logits_for([1, 1], strength=strength), [0, 1])))
        assert ("PRF301" in codes(result)) is fires


def test_prf401_fires_where_another_model_is_as_good() -> None:
    """A model that errs once in a hundred cannot be told from one that never errs; one that errs often can."""
    y = [0, 1] * 50
    best = head(outputs(logits_for(y), y))
    near = head(outputs(logits_for([1, *y[1:]]), y))
    far = head(outputs(logits_for([1 - label for label in y[:40]] + y[40:]), y))
    assert "PRF401" in codes(analyze(best, near))
    assert "PRF401" not in codes(analyze(best, far))


def test_prf501_fires_below_twenty_examples() -> None:
    """Nineteen examples are few; twenty are not."""
    for count, fires in ((19, True), (20, False)):
        y = [0] * count + [1] * 20
        assert ("PRF501" in codes(analyze(head(outputs(logits_for(y), y))))) is fires


def regression_head(predictions: Any, labels: Any = None, name: str = "out") -> HeadEvaluation:
    """Make a regression head of values that go through its accumulator in two batches."""
    values = np.asarray(predictions, np.float64)[:, None]
    rows = HeadRows(len(values), 1, "values", labels=None if labels is None else np.asarray(labels))
    gathering = Regression().gather("regression", rows)
    for places in np.array_split(np.arange(len(values)), 2):
        gathering.accumulator.add(values[places], places)
    rule = Decision("regression", "made by hand")
    found = gathering.accumulator.result()
    reason = None if found.labeled else "no labels"
    status = "ok" if found.labeled else "not_applicable"
    return HeadEvaluation(name, rule, rule, gathering.labels, (), len(values), found, status, reason)  # type: ignore[arg-type]


def test_errors_of_a_regression_head_agree_with_scikit_learn() -> None:
    """RMSE and MAE, each inside its interval; the bias is the mean error."""
    made = load("reg")
    result = analyze(regression_head(made["mu"], made["y"]))
    rmse, mae = (result.find(name, "a") for name in ("rmse", "mae"))
    assert close([rmse.value, mae.value], "reg/rmse_mae_r2_medae/sklearn", part=slice(2))
    assert rmse.ci_low < rmse.value < rmse.ci_high  # type: ignore[operator]
    assert result.find("bias", "a").value == pytest.approx((made["mu"] - made["y"]).mean())
    assert {one.metric.n for one in result.measurements} == {3000}


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.floats(-1e3, 1e3))
def test_errors_of_a_regression_head_are_ordered(errors: list[float], label: float) -> None:
    """The bias is no larger than the MAE, the MAE no larger than the RMSE."""
    result = analyze(regression_head(np.array(errors) + label, np.full(len(errors), label)))
    bias, mae, rmse = (result.find(name, "a").value for name in ("bias", "mae", "rmse"))
    slack = 1e-9 * (1 + rmse)  # type: ignore[operator]
    assert abs(bias) <= mae + slack <= rmse + 2 * slack  # type: ignore[arg-type, operator]


def test_a_regression_head_has_its_own_table_and_no_classes() -> None:
    """No table of accuracies, no confusion matrix, no row of a metric of another task."""
    result = analyze(regression_head([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]))
    assert {one.name for one in result.measurements} == {"bias", "mae", "rmse"}
    (table,) = SECTION.tables(result, View())
    assert [column.title for column in table.columns] == ["Model", "Bias", "MAE", "RMSE"]
    assert list(SECTION.visualizer(theme("publication", ["a"])).figures(result)) == []  # type: ignore[misc]


def test_a_regression_head_without_labels_has_reasons() -> None:
    """Its values are there, its errors are not."""
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
