"""The performance section: numbers against scikit-learn, rules on the smallest results that deserve them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from factory import (
    analyzed,
    dense_head,
    distributional_head,
    draw_all,
    evaluation,
    head,
    leaking,
    multilabel_head,
    noisy,
    on_training,
    outputs,
    regression_head,
    scenes,
    two_heads,
    unmeasured,
)
from sklearn import metrics as sk

from reportgen.contract.decision import Baseline, Decision as Roles
from reportgen.contract.focus import View
from reportgen.contract.records.data import NearDuplicates
from reportgen.figures import svg
from reportgen.figures.style import theme
from reportgen.sections.performance import SECTION, rivals, tiers
from reportgen.sections.performance.analyzer import PerformanceAnalyzer
from reportgen.sections.performance.schema import PerformanceOptions, PerformanceResult
from reportgen.sections.performance.tiers import told_apart
from reportgen.text.formatting import THIN

if TYPE_CHECKING:
    from reportgen.contract.figures import Figure
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.result import SectionResult
    from reportgen.contract.statements import Statement


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
    """Above the size that is kept, ranking comes from histograms, with the interval of a sample and the largest error."""
    logits, y = noisy(2000, 4)
    exact, cells = analyze(head(outputs(logits, y))), analyze(head(outputs(logits, y, keep_limit=10)))
    for name in ("roc_auc", "average_precision"):
        one, other = cells.find(name, "a"), exact.find(name, "a")
        assert one.value == pytest.approx(other.value, abs=1e-3)
        assert (one.ci_low, one.ci_high) == pytest.approx((other.ci_low, other.ci_high), abs=2e-3)
        assert "histogram" in (one.estimator or "")
    bound = float((cells.find("roc_auc", "a").estimator or "").rpartition("within ")[2].rstrip(")"))
    assert abs(value(cells, "roc_auc") - value(exact, "roc_auc")) <= bound < 0.01
    assert value(cells, "nll") == value(exact, "nll")


def test_histograms_of_many_classes_are_near_the_exact_numbers() -> None:
    """With 1,000 classes nearly all probabilities are below 1/1,000, and still told apart."""
    generator = np.random.default_rng(0)
    y = np.repeat(np.arange(1000), 2)
    logits = generator.normal(size=(2000, 1000)).astype(np.float32) * 3
    logits[np.arange(2000), y] += 8
    exact, cells = analyze(head(outputs(logits, y))), analyze(head(outputs(logits, y, keep_limit=10)))
    for name in ("roc_auc", "average_precision"):
        assert value(cells, name) == pytest.approx(value(exact, name), abs=2e-3)


def test_equal_scores_share_the_credit_of_top_k() -> None:
    """A model that scores all ten classes the same is right in half of its top 5, whatever the label."""
    for label in (0, 9):
        result = analyze(head(outputs(np.zeros((40, 10), np.float32), [label] * 40)))
        assert value(result, "top_k_accuracy") == 0.5


def test_proportions_always_have_an_interval_and_approximations_only_with_errors() -> None:
    """Four errors in a hundred rows are too few for all but the proportions; five are enough."""
    y = np.arange(100) % 2
    for wrong, shown in ((4, False), (5, True)):
        said = y.copy()
        said[:wrong] = 1 - said[:wrong]
        strength = np.linspace(1, 3, 100)[:, None]
        result = analyze(head(outputs(np.eye(2, dtype=np.float32)[said] * strength, y)))
        for name in (
            "balanced_accuracy",
            "macro_f1",
            "nll",
            "brier_score",
            "roc_auc",
            "average_precision",
            "nll_skill",
        ):
            found = result.find(name, "a")
            assert (found.ci_low is not None) is shown, name
            assert ("no interval: at least 5 errors are needed (found 4)" in (found.caveat or "")) is not shown
        for name, part in (("accuracy", None), ("accuracy_gain", None), ("f1", "class:1"), ("recall", "class:1")):
            assert result.find(name, "a", part).ci_low is not None


def test_few_examples_of_a_class_withhold_its_means() -> None:
    """Nine examples of a class are too few for the mean over classes; ten are enough."""
    for few, shown in ((9, False), (10, True)):
        y = np.array([0] * 60 + [1] * few)
        said = np.where(np.arange(len(y)) % 6 == 0, 1 - y, y)
        strength = np.linspace(1, 3, len(y))[:, None]
        result = analyze(head(outputs(np.eye(2, dtype=np.float32)[said] * strength, y)))
        for name in ("balanced_accuracy", "macro_f1", "roc_auc", "average_precision"):
            found = result.find(name, "a")
            assert (found.ci_low is not None) is shown, name
            assert ("(found 9)" in (found.caveat or "")) is not shown


def test_intervals_stay_in_the_possible_range_and_have_a_width() -> None:
    """Whatever the model and however few the rows."""
    for seed in range(60):
        n = 2 + seed
        logits, y = noisy(n, 2 + seed % 4, sharp=3, seed=seed)
        result = analyze(head(outputs(logits, y)), head(outputs(logits[::-1], y)))
        for one in result.measurements:
            low, high = one.metric.ci_low, one.metric.ci_high
            if low is not None and high is not None and one.metric.value is not None:
                assert low <= one.metric.value <= high, one
                assert low < high, one
                assert not (one.metric.unit == "fraction" and high > 1), one
                assert not (one.name in {"nll", "brier_score"} and low < 0), one
                assert not (one.name in {"brier_score", "brier_difference"} and high > 2), one


def test_holm_counts_the_pairs_of_all_heads() -> None:
    """Two heads of two models are two comparisons of the report."""
    y = [0, 1] * 50
    good, bad = outputs(logits_for(y), y), outputs(logits_for([1 - label for label in y[:10]] + y[10:]), y)
    one, other = two_heads(good), two_heads(bad)
    both = replace(one, models=(*one.models, replace(other.models[0], name="b")))
    result = PerformanceAnalyzer(PerformanceOptions()).analyze(both)
    p = value(result, "mcnemar_p", "head:kind/vs b")
    assert value(result, "mcnemar_p_holm", "head:kind/vs b") == pytest.approx(2 * p)


def test_each_output_has_its_own_figures() -> None:
    """In a comparison, the accuracies of an output are not mixed with those of another, nor are its classes."""
    y = [0, 1] * 50
    one, other = (two_heads(outputs(logits_for([1 - label for label in y[:n]] + y[n:]), y)) for n in (0, 10))
    both = replace(one, models=(*one.models, replace(other.models[0], name="b")))
    figures = {figure.name: figure for figure in draw_all(SECTION, analyzed(SECTION, both))}
    assert list(figures) == ["accuracy", "accuracy-2", "recall", "recall-2", "confusion", "confusion-2"]
    assert figures["accuracy-2"].title == "a is right most often (output size)"
    assert figures["accuracy-2"].alt == "Accuracy a 100\N{NARROW NO-BREAK SPACE}%, b 90.0\N{NARROW NO-BREAK SPACE}%."


@pytest.mark.parametrize(("n", "accuracy", "classes"), [(100, 0.8, 2), (600, 0.9, 2), (600, 0.8, 10)])
def test_intervals_cover_the_truth(n: int, accuracy: float, classes: int) -> None:
    """Of 300 samples of a fixed seed at least 92 % of the intervals hold the number of all samples together."""
    names = ("balanced_accuracy", "macro_f1", "nll", "brier_score", "roc_auc", "average_precision", "nll_skill")
    logits, y = noisy(300 * n, classes, accuracy=accuracy, sharp=2)
    truth = analyze(head(outputs(logits, y)))
    hits, shown = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for start in range(0, 300 * n, n):
        result = analyze(head(outputs(logits[start : start + n], y[start : start + n])))
        for name in names:
            found = result.find(name, "a")
            if found.ci_low is not None and found.ci_high is not None:
                shown[name] += 1
                hits[name] += found.ci_low <= value(truth, name) <= found.ci_high
    for name in names:
        assert shown[name] >= 285, name
        assert hits[name] / shown[name] >= 0.92, (name, hits[name] / shown[name])


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
    assert {one.metric.reason for one in result.measurements} == {"sequence heads are not measured"}


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
    """Every produced metric is declared, and every declared one is produced by four models of two recipes."""
    logits, y = noisy(200, 3)
    several = multilabel_head(logits, np.eye(3, dtype=int)[y])
    heads = [head(outputs(logits * scale, y)) for scale in (1, 2)]
    made = evaluation(*heads, *[regression_head(y + 0.5, y)] * 2)
    models = tuple(replace(model, recipe=name) for model, name in zip(made.models, "xyxy", strict=True))
    roles = Roles(candidate="b", baseline=Baseline(model="a"))
    near = NearDuplicates(np.arange(200) > 190)
    spreads = distributional_head(np.column_stack([y, y + 1]), y)
    quantiles = distributional_head(np.column_stack([y, y]), y, levels=(0.5, 0.9))
    trained = [
        analyzed(SECTION, leaking(on_training(replace(one, decision=roles)), np.arange(200) < 9, near))
        for one in (replace(made, models=models), *(evaluation(*[one] * 2) for one in (several, spreads, quantiles)))
    ]
    order = analyzed(SECTION, evaluation(*[head(outputs(logits, y), task="ordinal")] * 2))
    logits, marks = scenes(60)
    images = [dense_head(logits * scale, marks) for scale in (1, 2)]
    sequences = [dense_head(logits.reshape(60, 64, 3) * scale, marks.reshape(60, 64)) for scale in (1, 2)]
    few = NearDuplicates(np.arange(60) > 50)
    positions = [
        analyzed(SECTION, leaking(on_training(replace(evaluation(*pair), decision=roles)), np.arange(60) < 9, few))
        for pair in (images, sequences)
    ]
    produced = {one.name for found in (*trained, order, *positions) for one in found.measurements}
    assert produced == {spec.name for spec in SECTION.metrics}


# ------------------------------------------------------------------------------------------------ rules


def test_prf001_fires_on_failed_outputs() -> None:
    """Outputs that are not finite are a problem; a task that is not measured is none."""
    assert "PRF001" in codes(analyze(unmeasured("failed", "outputs are NaN")))
    assert "PRF001" not in codes(analyze(unmeasured()))


def test_prf101_fires_where_the_evidence_is_against_the_model() -> None:
    """Thirty errors against a majority of nine tenths are; nine right of ten are too few to tell from eight; a clear gain is neither."""
    y = [0] * 90 + [1] * 10
    worse = analyze(head(outputs(logits_for([1] * 30 + [0] * 60 + [1] * 10), y)))
    few = analyze(head(outputs(logits_for([0] * 8 + [1, 0]), [0] * 8 + [1, 1])))
    many = analyze(head(outputs(logits_for([0] * 50 + [1] * 50), [0] * 50 + [1] * 50)))
    assert [{"PRF101", "PRF102"} & codes(result) for result in (worse, few, many)] == [{"PRF101"}, {"PRF102"}, set()]
    assert "10 rows are too few to tell its accuracy" in message(few, "PRF102")
    assert "points" in message(worse, "PRF101")


def test_prf101_fires_where_the_model_is_the_majority_rule() -> None:
    """A model that predicts the most frequent class on every row is no better by definition."""
    assert "PRF101" in codes(analyze(head(outputs(logits_for([0] * 30), [0] * 20 + [1] * 10))))
    assert "PRF101" not in codes(analyze(head(outputs(logits_for([0] * 30), [0] * 30))))


def test_prf101_rarely_speaks_against_a_better_model() -> None:
    """In 500 samples of 30 rows a model of 75 % is called worse than a majority of 60 % in less than 1 %."""
    generator = np.random.default_rng(0)
    fired = 0
    for _ in range(500):
        y = (generator.random(30) < 0.4).astype(int)
        said = np.where(generator.random(30) < 0.75, y, 1 - y)
        fired += "PRF101" in codes(analyze(head(outputs(logits_for(list(said)), y))))
    assert fired < 5


def test_prf201_fires_on_a_class_that_would_have_been_predicted() -> None:
    """Of two classes, six examples would be missed by a recall of one half with a chance of 1/64; five are too few to say."""
    for count, fires in ((6, True), (5, False)):
        assert (
            "PRF201" in codes(analyze(head(outputs(logits_for([0] * 30), [0] * (30 - count) + [1] * count))))
        ) is fires
    assert "PRF201" not in codes(analyze(head(outputs(logits_for([0, 1]), [0, 1]))))


def test_prf201_counts_the_classes() -> None:
    """Of ten classes seven examples are too few, eight are enough: 0.5^8 is less than 5 % of a tenth."""
    for count, fires in ((8, True), (7, False)):
        y = [0] * 40 + [9] * count
        assert ("PRF201" in codes(analyze(head(outputs(logits_for([0] * len(y), 10), y))))) is fires


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


def test_prf301_compares_with_the_expected_number() -> None:
    """At 99.33 % a hundred rows have 0.67 errors: three are more, two are not."""
    for wrong, fires in ((3, True), (2, False)):
        for listed in (0, 10):
            made = head(outputs(logits_for([0] * 100, strength=5.0), [1] * wrong + [0] * (100 - wrong)))
            result = analyze(made, confident_errors=listed)
            assert ("PRF301" in codes(result)) is fires
            if fires:
                said = message(result, "PRF301").replace(THIN, " ")
                assert (
                    "at least 99 % sure on 100 rows, 99.3 % on average, and wrong on 3 of them; a calibrated model would be wrong on 0.7"
                    in said
                )


def test_effects_are_multiples_of_the_threshold() -> None:
    """Ninety percent of a class missed where half is allowed; 3 % of sure rows wrong where 1 % is."""
    missed = analyze(head(outputs(logits_for([1] * 2 + [0] * 38), [1] * 20 + [0] * 20)))
    sure = analyze(head(outputs(logits_for([0] * 100, strength=5.0), [1] * 3 + [0] * 97)))
    for result, code, effect, n in ((missed, "PRF202", 1.8, 20), (sure, "PRF301", 3, 100)):
        (found,) = next(rule for rule in SECTION.rules if rule.code == code).apply(result)
        assert (found.effect, found.n) == (pytest.approx(effect), n)


def effect(result: PerformanceResult, code: str) -> tuple[float | None, int | None]:
    """Return effect and n of the first finding of a rule."""
    found = next(rule for rule in SECTION.rules if rule.code == code).apply(result)[0]
    return found.effect, found.n


def test_effects_of_differences_are_multiples_of_their_reach() -> None:
    """Worse than the majority: above 1. Not told from it: how far the interval reaches beyond the difference."""
    y = [0] * 60 + [1] * 40
    worse = analyze(head(outputs(logits_for([1] * 60 + [0] * 40), y)))
    gain = worse.find("accuracy_gain", "a")
    assert effect(worse, "PRF101") == (pytest.approx(gain.value / (gain.value - gain.ci_high)), 100)  # type: ignore[operator]
    assert effect(worse, "PRF101")[0] > 1  # type: ignore[operator]
    assert effect(analyze(head(outputs(logits_for([0] * 100), y))), "PRF101") == (None, 100)
    near = analyze(head(outputs(logits_for([0] * 58 + [1] * 2 + [1] * 4 + [0] * 36), y)))
    gain = near.find("accuracy_gain", "a")
    assert gain.value == pytest.approx(0.02)
    assert effect(near, "PRF102") == (pytest.approx((0.02 - gain.ci_low) / 0.02), 100)  # type: ignore[operator]


def test_effects_that_count() -> None:
    """Tied models; examples of a class that is never predicted, and of the rarest class."""
    y = [0, 1] * 50
    tied = analyze(*[head(outputs(logits_for([1 - label for label in y[:k]] + y[k:]), y)) for k in (1, 2, 2)])
    assert effect(tied, "PRF401") == (2, 100)
    never = analyze(head(outputs(logits_for([0] * 40), [0] * 30 + [1] * 10)))
    assert effect(never, "PRF201") == (pytest.approx(10 * np.log(2) / np.log(2 / 0.05)), 10)
    assert effect(never, "PRF501") == (2, 40)


def test_prf301_looks_at_rows_with_99_percent() -> None:
    """Errors at 98.2 % do not count."""
    assert "PRF301" not in codes(analyze(head(outputs(logits_for([0] * 100, strength=4.0), [1] * 100))))


def test_prf301_is_shared_among_the_models() -> None:
    """An excess with p = 0.03 is found in one model, and is none among two."""
    made = [head(outputs(logits_for([0] * 100, strength=5.0), [1] * 3 + [0] * 97)) for _ in range(2)]
    assert "PRF301" in codes(analyze(made[0]))
    assert "PRF301" not in codes(analyze(*made))


@pytest.mark.parametrize(("n", "runs"), [(600, 300), (5000, 60)])
def test_prf301_rarely_warns_about_a_calibrated_model(n: int, runs: int) -> None:
    """At most 5 % of samples of a fixed seed; an over-confident model is found in nearly all."""
    fired = sharp = 0
    for seed in range(runs):
        logits, y = noisy(n, 3, seed=seed)
        fired += "PRF301" in codes(analyze(head(outputs(logits, y))))
        if seed < 20:
            sharp += "PRF301" in codes(analyze(head(outputs(2 * logits, y))))
    assert fired <= 0.05 * runs
    assert sharp >= 19


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


# ------------------------------------------------------------------------------------------------ statements


def said(*made: HeadEvaluation, candidate: str | None = None, baseline: str | None = None) -> list[Statement]:
    """Return the statements about heads of models a, b, c with these roles."""
    roles = Roles(candidate=candidate, baseline=None if baseline is None else Baseline(model=baseline))
    result = analyzed(SECTION, replace(evaluation(*made), decision=roles))
    return list(SECTION.statements(result, View(decision=roles)))


def right(*hits: int, n: int = 100) -> list[HeadEvaluation]:
    """Make models that are right on the first rows, and always say one of two classes; the labels alternate."""
    labels = np.arange(n) % 2
    return [head(outputs(logits_for(list(np.where(np.arange(n) < hit, labels, 1 - labels))), labels)) for hit in hits]


def test_a_difference_is_a_statement_only_where_it_was_told() -> None:
    """With counts, points and the test; otherwise too few to tell, and how many rows would. Of two classes with the precision of the weaker one."""
    (better, weakest) = said(*right(80, 95), candidate="b", baseline="a")
    assert better.text == "95 of 100 right, a 80: +15.0 points [8.0, 23.2], unlikely to be luck (McNemar p < 0.001)."
    assert better.settled
    assert weakest.text.startswith("Weakest class: 1, 47 of 50 found (94.0\u202f% [83.8, 97.9]), a 40: ")
    assert weakest.text.endswith(". Of 49 predictions of 1, 2 are wrong (precision 95.9\u202f%).")
    (unsure, _) = said(*right(92, 95), candidate="b", baseline="a")
    assert not unsure.settled
    assert re.search(r"too few to tell them apart \(McNemar p = 0.25\), about [\d,]+ rows in all would do", unsure.text)
    (same, _) = said(*right(95, 95), candidate="b", baseline="a")
    assert "and so would 10 times as many be" in same.text


@pytest.mark.parametrize(
    ("positives", "found", "false_alarms", "words"),
    [
        (5, 1, 0, "b is not measurably better"),
        (5, 0, 30, "b is worse"),
        (50, 45, 0, None),
    ],
)
def test_a_rare_class_makes_accuracy_easy(positives: int, found: int, false_alarms: int, words: str | None) -> None:
    """It is said where always giving the frequent class is right about as often, or more often."""
    labels = np.zeros(100, np.int32)
    labels[:positives] = 1
    answers = np.zeros(100)
    answers[:found] = 1.0
    answers[100 - false_alarms :] = 1.0
    one = np.stack([1 - answers, answers], axis=1) * 4.0
    heads = [head(outputs(one.astype(np.float32), labels)) for _ in "ab"]
    texts = [each.text for each in said(*heads, candidate="b", baseline="a")]
    about = [text for text in texts if "Always predicting" in text]
    assert len(about) == (words is not None)
    assert all(str(words) in text and f"{100 - positives} of 100" in text for text in about)


def test_every_number_of_a_statement_has_its_address() -> None:
    """Each one is a measurement of the result; the text is that of the measurement."""
    roles = Roles(candidate="b", baseline=Baseline(model="a"))
    result = analyzed(SECTION, replace(evaluation(*right(80, 95)), decision=roles))
    for statement in SECTION.statements(result, View(decision=roles)):
        numbers = [part for part in statement.parts if not isinstance(part, str)]
        assert len(numbers) >= 3
        for one in numbers:
            assert result.find(one.metric, one.model, one.subject).value is not None


def test_a_model_alone_is_compared_with_not_looking() -> None:
    """A candidate without a baseline."""
    (alone, weakest) = said(*right(95), candidate="a")
    assert re.fullmatch(
        r"95 of 100 right \(95\.0.% \[.*\]\); always predicting c?\d would be right on 50\.", alone.text
    )
    assert weakest.topic == "weakness"


def test_a_comparison_names_the_best_and_those_not_told_from_it() -> None:
    """In all three cases."""
    (clear,) = said(*right(70, 95))
    assert "b is right most often: 95 of 100" in clear.text
    assert "the difference from every other model is unlikely to be luck" in clear.text
    (tied,) = said(*right(94, 95))
    assert "a is not distinguishable from it" in tied.text
    (some,) = said(*right(60, 94, 95))
    assert "not distinguishable from it: b" in some.text


def test_models_that_are_right_equally_often_are_all_the_best() -> None:
    """Statement, title of the figure and finding name all of them, and those that are not told from them."""
    evaluated = evaluation(*right(60, 95, 95, 94))
    result = analyzed(SECTION, evaluated)
    (tier,) = result.tiers
    assert (tier.best, tier.equal, tier.tied, tier.settled) == ("b", ("c",), ("d",), False)
    (sentence,) = said(*right(60, 95, 95, 94))
    assert sentence.text.startswith("b and c are right most often: 95 of 100 each (95.0")
    assert sentence.text.endswith("; not distinguishable from them: d.")
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PRF401").find(result)
    assert hit.message.startswith(
        "Its accuracy and that of c are the highest, but d is not distinguishable from them on these 100 rows (paired"
    )
    titles = [figure.title for figure in draw_all(SECTION, result)]
    assert "b and c are right most often, not distinguishable from d" in titles
    alone = analyzed(SECTION, evaluation(*right(95, 95)))
    (hit,) = next(rule for rule in SECTION.rules if rule.code == "PRF401").find(alone)
    assert hit.message.startswith(
        "Its accuracy and that of b are the highest and equal on these 100 rows: choose by other criteria"
    )


def test_what_is_told_from_one_of_the_best_is_not_tied_with_them() -> None:
    """A pair that was not tested tells nothing."""
    ends = {frozenset("ab"): (0.0, -0.1, 0.1), frozenset("ac"): (0.1, -0.1, 0.3), frozenset("bc"): (0.1, 0.09, 0.11)}
    values = {"a": 0.9, "b": 0.9, "c": 0.8}
    found = tiers.tier(None, values, ends)
    assert (found.leaders, found.tied, found.untested) == (("a", "b"), (), ())
    found = tiers.tier(None, values, {pair: one for pair, one in ends.items() if pair != frozenset("bc")}, 1)
    assert (found.leaders, found.tied) == (("a", "b"), ("c",))


def test_differences_by_class_are_told_after_correction() -> None:
    """One class out of many by chance is not."""
    labels = np.repeat(np.arange(20), 30)
    first = labels.copy()
    second = labels.copy()
    second[:30] = (labels[:30] + 1) % 20
    roles = Roles(candidate="a", baseline=Baseline(model="b"))
    made = [head(outputs(logits_for(list(predicted), 20), labels)) for predicted in (first, second)]
    result = analyzed(SECTION, replace(evaluation(*made), decision=roles))
    differences = {str(one.subject): one.metric for one in result.named("recall_difference")}
    assert len(differences) == 20
    assert [differences[name].value for name in told_apart(differences)] == [1.0]


def seeded(recipes: str, spread: float = 0.6, n: int = 600, classes: int = 5) -> Evaluation:
    """Make models a, b, c ... of recipes with one letter each: seeds differ by noise, recipe y is worse."""
    logits, y = noisy(n, classes)
    generator = np.random.default_rng(1)
    heads = [
        head(outputs((logits + spread * (1 + 3 * (name == "y")) * generator.normal(size=logits.shape)), y))
        for name in recipes
    ]
    made = evaluation(*heads)
    named = zip(made.models, recipes, strict=True)
    return replace(made, models=tuple(replace(one, recipe=None if name == "-" else name) for one, name in named))


def test_a_recipe_has_the_mean_and_the_spread_of_its_seeds() -> None:
    """At the address of its first model; other models have none."""
    result = analyzed(SECTION, seeded("-xxxyy"))
    scores = [value(result, "accuracy", model=name) for name in "bcd"]
    mean = result.find("accuracy_over_seeds", "b", "recipe:x")
    assert (mean.value, mean.estimator) == (pytest.approx(np.mean(scores)), "3 seeds")
    assert mean.ci_low < min(scores) < max(scores) < mean.ci_high  # type: ignore[operator]
    assert value(result, "accuracy_seed_sd", "recipe:x", "b") == pytest.approx(np.std(scores, ddof=1))
    assert {one.model for one in result.named("nll_over_seeds")} == {"b", "e"}
    assert [(one.name, one.model, one.seeds) for one in result.recipes] == [
        ("x", "b", ("b", "c", "d")),
        ("y", "e", ("e", "f")),
    ]


def test_recipes_are_compared_over_their_seeds() -> None:
    """A recipe that is much worse is found; equal ones are not; one seed has no interval, with the reason."""
    result = analyzed(SECTION, seeded("xxxyyy"))
    found = result.find("accuracy_recipe_difference", "a", "recipe:x vs y")
    assert found.ci_low > 0
    assert found.estimator == "3 and 3 seeds"
    assert "PRF402" in codes(result)
    assert "PRF402" not in codes(analyzed(SECTION, seeded("xxzz")))
    single = analyzed(SECTION, seeded("xxy"))
    found = single.find("accuracy_recipe_difference", "a", "recipe:x vs y")
    assert found.value is not None
    assert found.ci_low is None
    assert "a recipe has one model" in str(found.caveat)
    assert single.find("accuracy_seed_sd", "c", "recipe:y").status == "insufficient_data"
    assert "PRF402" not in codes(single)


@pytest.mark.parametrize(
    ("recipes", "words"),
    [
        ("--", "One seed each: training noise is not in these intervals"),
        ("xy", "One seed each: training noise is not in these intervals"),
        ("xxy", "it is in those of the recipes below (recipe x 2 seeds)"),
    ],
)
def test_the_scores_say_whether_they_cover_training(recipes: str, words: str) -> None:
    """The note is there whenever no recipe has two models; with several it says how many."""
    result = analyzed(SECTION, seeded(recipes))
    tables = SECTION.tables(result, View())
    assert words in tables[0].note
    assert [one.name for one in tables if one.on_front_page] == (["recipes-accuracy"] if "x" in recipes else [])
    seeds = [row[:2] for one in tables if one.name == "recipes-accuracy" for row in one.rows]
    assert ("x" not in recipes) or ("x", recipes.count("x")) in seeds


def test_a_recipe_with_different_numbers_of_classes_is_none() -> None:
    """Its numbers are missing with the reason, and it is compared with no other."""
    four, five = seeded("x", classes=4), seeded("xyy")
    made = replace(five, models=(*five.models, replace(four.models[0], name="d")))
    result = analyzed(SECTION, made)
    found = result.find("accuracy_over_seeds", "a", "recipe:x")
    assert (found.status, found.reason) == ("not_applicable", "its models have different numbers of classes")
    assert not list(result.named("accuracy_recipe_difference"))
    assert SECTION.tables(result, View())


def test_the_rmse_of_a_recipe() -> None:
    """Its mean over the seeds is the mean of their RMSE, in its own table."""
    generator = np.random.default_rng(0)
    labels = generator.normal(size=200)
    made = evaluation(*(regression_head(labels + generator.normal(size=200), labels) for _ in range(3)))
    made = replace(made, models=tuple(replace(one, recipe="x") for one in made.models))
    result = analyzed(SECTION, made)
    mean = result.find("rmse_over_seeds", "a", "recipe:x")
    assert mean.value == pytest.approx(np.mean([value(result, "rmse", model=name) for name in "abc"]))
    assert mean.ci_low < mean.value < mean.ci_high  # type: ignore[operator]
    assert "recipes-rmse" in {table.name for table in SECTION.tables(result, View())}


def test_of_very_many_models_each_is_compared_with_the_best_and_the_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with every other; the pairs that are left out still count in the family."""
    generator = np.random.default_rng(8)
    labels = generator.integers(0, 2, 400)
    heads = []
    for index, name in enumerate("abcde"):
        wrong = generator.random(400) < (0.02 if name == "c" else 0.1 + 0.05 * index)
        heads.append(head(outputs(logits_for((labels ^ wrong).tolist()), labels)))
    whole = analyze(*heads)
    monkeypatch.setattr(rivals, "MOST", 4)
    result = analyze(*heads)
    pairs = {frozenset((one.model, (one.subject or "").removeprefix("vs "))) for one in result.named("mcnemar_p")}
    assert pairs == {frozenset(("c", other)) for other in "abde"}
    assert result.tiers == whole.tiers
    (p,) = (one.metric.value for one in result.named("mcnemar_p") if (one.model, one.subject) == ("c", "vs e"))
    assert p is not None
    assert value(result, "mcnemar_p_holm", "vs e", "c") == pytest.approx(min(10 * p, 1.0), rel=1e-9)
    assert value(result, "accuracy_difference", "vs e", "c") == value(whole, "accuracy_difference", "vs e", "c")


def test_a_class_that_got_worse_is_said_beside_the_weakest() -> None:
    """Where the candidate finds fewer rows of a class than its baseline, corrected for the number of classes, though it is not the weakest."""
    labels = np.repeat([0, 1, 2], [900, 900, 200])
    row = np.arange(2000)
    candidate = np.where((labels == 0) & (row % 9 < 2), 1, np.where((labels == 2) & (row % 2 == 0), 0, labels))
    baseline = np.where((labels == 2) & (row % 4 != 1), 0, labels)
    made = evaluation(*(head(outputs(np.eye(3)[one] * 4.0, labels)) for one in (candidate, baseline)))
    roles = Roles(candidate="a", baseline=Baseline(model="b"))
    result = analyzed(SECTION, replace(made, decision=roles))
    said = [one.text for one in SECTION.statements(result, View(decision=roles))]
    assert said[1].startswith("Weakest class: 2, 100 of 200 found")
    assert said[2].startswith(f"Worse than b on 0: 700 of 900 found (77.8{THIN}% [")
    assert ", b 900: −22.2 points [" in said[2]
    assert len(said) == 3


def confusions(*predictions: list[int], view: View | None = None) -> Figure:
    """Draw the confusion matrices of models that predict these for twelve rows of three classes."""
    labels = np.repeat([0, 1, 2], 4)
    result = analyze(*(head(outputs(logits_for(one, 3), labels)) for one in predictions))
    drawer = SECTION.visualizer(theme("publication", "abc"), view or View())
    return next(one for one in drawer.figures(result) if one.name == "confusion")


def test_equally_frequent_confusions_are_all_named() -> None:
    """Of one model or of several; what is not equal is not."""
    one = [0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    two = [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 0]
    assert confusions(one).title == "Most frequent confusion: a predicts 0 as 1, 2 of 4 times"
    both = confusions(two)
    assert both.title == "Most frequent confusions: a predicts 0 as 1 and 1 as 2, 2 times each"
    assert "the most frequent confusions are 0 as 1 and 1 as 2, 2 times each." in both.alt
    assert confusions(one, two).title == (
        "Most frequent confusions: a predicts 0 as 1; b predicts 0 as 1 and 1 as 2, 2 times each"
    )
    candidate = View(decision=Roles(candidate="a"))
    assert confusions(one, two, view=candidate).title == "Most frequent confusion: a predicts 0 as 1, 2 of 4 times"
    perfect = [0] * 4 + [1] * 4 + [2] * 4
    assert confusions(perfect).title == "No class is predicted as another"


def test_confusion_matrices_share_their_shades() -> None:
    """The largest number of errors of all panels is black in each, and the caption has it."""
    mild = [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    strong = [1, 1, 1, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    figure = confusions(mild, strong)
    assert "from white (none) to black (3)." in figure.caption
    drawn = svg.draw(figure, theme("publication", ["a", "b"]), "f")
    assert [ax.images[0].get_clim() for ax in drawn.axes] == [(0.0, 3.0)] * 2


def test_of_many_models_those_that_would_squeeze_the_others_are_beyond_the_axis() -> None:
    """The caption counts them; of few models the axis has all."""
    labels = np.tile([0, 1], 100)

    def model(wrong: int) -> HeadEvaluation:
        return head(outputs(logits_for([*(1 - labels[:wrong]), *labels[wrong:]]), labels))

    several = [model(wrong) for wrong in (2, 4, 6, 8, 10, 150)]
    figures = {one.name: one for one in draw_all(SECTION, analyze(*several))}
    assert "Triangle at the edge: a model beyond the axis." in figures["accuracy"].caption
    (ax,) = svg.draw(figures["accuracy"], theme("publication", list("abcdef")), "f").axes
    assert 0.8 < ax.get_xlim()[0] < 0.95
    few = {one.name: one for one in draw_all(SECTION, analyze(*several[3:]))}
    assert "Triangle" not in few["accuracy"].caption


@pytest.mark.parametrize("name", ["accuracy", "recall"])
def test_axes_of_shares_are_in_percent(name: str) -> None:
    """Like the text beside them."""
    logits, labels = noisy(300, 3)
    figure = next(one for one in draw_all(SECTION, analyze(*[head(outputs(logits, labels))] * 2)) if one.name == name)
    (ax,) = svg.draw(figure, theme("publication", ["a", "b"]), "f").axes
    ticks = ax.xaxis.get_major_formatter().format_ticks(ax.get_xticks())
    assert all(tick.endswith(f"{THIN}%") for tick in ticks)
