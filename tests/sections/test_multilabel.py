"""Multilabel heads: labels, outputs, numbers, comparisons, calibration by class, statements, rules, figures, errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, draw_all, evaluation, multilabel_head
from oracle import close, load, oracle
from sklearn import metrics as sk

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.contract.heads import MultilabelHead
from reportgen.contract.records.examples import Example, Examples
from reportgen.contract.records.multilabel import MultilabelPredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import ContradictionError, HeadEvidence, HeadRows, OutputsError
from reportgen.evaluation.tasks.multilabel import Multilabel
from reportgen.evaluation.tasks.resolve import resolve_outputs
from reportgen.metrics import mapped, spans
from reportgen.sections.calibration import SECTION as CALIBRATION
from reportgen.sections.errors import SECTION as ERRORS
from reportgen.sections.performance import SECTION
from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.statements import Statement

MADE = load("multilabel")
Y, LOGITS, MASKED = MADE["y"], MADE["logits"], np.where(MADE["mask"], MADE["y"], -1)
PAIR = Decision(candidate="b", baseline=Baseline(model="a"))
NAMES = ("war", "art", "sea", "law", "sun", "ice")
GENERATOR = np.random.default_rng(0)
WEIGHTS = np.tile([0.5, 1.5], len(Y))[: len(Y)]


def analyze(*heads: HeadEvaluation, section: Any = SECTION, roles: Decision | None = None) -> Any:
    """Analyze heads of models a, b, c."""
    made = evaluation(*heads)
    return analyzed(section, made if roles is None else replace(made, decision=roles))


def noisy(scale: float) -> HeadEvaluation:
    """Make a head that is worse by noise."""
    return multilabel_head(LOGITS + scale * np.random.default_rng(1).normal(size=LOGITS.shape), Y, NAMES)


def said(*heads: HeadEvaluation, roles: Decision = PAIR, section: Any = SECTION) -> list[Statement]:
    """Return the statements with these roles."""
    return list(section.statements(analyze(*heads, roles=roles, section=section), View(decision=roles)))


def codes(result: Any, section: Any = SECTION) -> set[str]:
    """Return the codes of all findings."""
    return {finding.code for rule in section.rules for finding in rule.apply(result)}


# ------------------------------------------------------------------------------------------------ labels and outputs


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"0 or 1 for each of the 2 classes, of shape \(2, 2\).*found integers of shape \(2,\).*multiclass"),
        (["a", "b"], "found strings"),
        ([[0, 1, 0], [1, 0, 0]], "has 3 columns, but the model has 2 output classes"),
        ([[0, 1], [2, 0]], r"1 rows have other values \(the first is 2 in row 1\)"),
        ([[0.5, 1], [1, 0]], r"the first is 0.5 in row 0"),
        ([[-1, -1], [1, 0]], r"has 1 rows of which no label is known \(the first is row 0\)"),
    ],
)
def test_labels_that_contradict_the_head(labels: list[Any], message: str) -> None:
    """One sentence shows the evidence."""
    with pytest.raises(InputError, match=message):
        multilabel_head(np.zeros((2, 2)), labels)


def test_the_labels_say_what_they_are() -> None:
    """Labels that are not known are counted; a single class in every row is recorded, because the task may be another."""
    assert multilabel_head(np.zeros((2, 2)), [[1, -1], [1, 0]]).labels.rule == "1 of 4 labels are not known"
    assert "exactly one class applies to every row" in multilabel_head(np.zeros((2, 2)), [[1, 0], [0, 1]]).labels.rule
    assert multilabel_head(np.zeros((2, 2)), [[1, 1], [0, 1]]).labels.rule == "1.5 classes apply to a row on average"


def test_what_a_head_must_be() -> None:
    """Several sigmoids, not too many, on one axis; a softmax under a loss for sigmoids is a contradiction."""
    task = Multilabel()
    assert [task.not_measured("multilabel", shape) for shape in ((2,), (512,))] == [None, None]
    assert 'set task = "binary"' in str(task.not_measured("multilabel", (1,)))
    assert "513 classes are too many" in str(task.not_measured("multilabel", (513,)))
    assert "an answer for each position of a row" in str(task.not_measured("multilabel", (4, 3)))
    evidence = HeadEvidence(loss="binary_crossentropy", from_logits=False, activation="softmax", n_outputs=3)
    with pytest.raises(ContradictionError, match="last activation is softmax: set task"):
        resolve_outputs(evidence, "multilabel")
    declared = replace(evidence, declared_task="multilabel")
    assert resolve_outputs(declared, "multilabel").value == "probabilities"
    with pytest.raises(InputError, match="has 1 names, but the model has 2 output classes"):
        multilabel_head(np.zeros((2, 2)), names=("a",))


def test_outputs_that_are_no_probabilities() -> None:
    """They are an error; NaN is counted; a probability of 0 or 1 is clipped, which is told."""
    with pytest.raises(OutputsError, match="range from -1 to 2"):
        multilabel_head([[2.0, -1.0]], kind="probabilities")
    rows = HeadRows(4, 2, "logits")
    accumulator = Multilabel().gather("multilabel", rows).accumulator
    accumulator.add(np.array([[0.0, np.nan], [0.0, 1.0]]), np.array([2, 3]))
    assert (accumulator.gathered.not_finite, accumulator.gathered.first_not_finite) == (1, 2)
    sure = np.where(GENERATOR.random((60, 2)) < 0.5, 1.0, 0.0)
    wrong = sure.copy()
    wrong[:6] = 1 - wrong[:6]
    found = analyze(multilabel_head(sure, wrong.astype(int), kind="probabilities")).find("nll", "a")
    assert "10.00% of the labels had probability 0" in found.caveat


def test_probabilities_and_logits_have_the_same_numbers() -> None:
    """And without labels there are predictions and reasons."""
    first = analyze(multilabel_head(LOGITS, Y))
    second = analyze(multilabel_head(MADE["probs"], Y, kind="probabilities"))
    for one, other in zip(first.measurements, second.measurements, strict=True):
        assert (one.name, one.subject) == (other.name, other.subject)
        assert one.metric.reason == other.metric.reason
        assert one.metric.value is None or one.metric.value == pytest.approx(other.metric.value, rel=1e-5)
    head = multilabel_head(LOGITS)
    assert isinstance(head.outputs, MultilabelPredictions)
    assert {(one.metric.status, one.metric.reason) for one in analyze(head).measurements} == {
        ("not_applicable", "no labels")
    }


def test_a_threshold_is_that_of_the_probabilities() -> None:
    """A class is predicted above it."""
    outputs = multilabel_head(LOGITS, Y, threshold=0.3).outputs
    assert isinstance(outputs, MultilabelPredictions)
    assert np.array_equal(outputs.predicted[:], MADE["probs"] > 0.3)


# ------------------------------------------------------------------------------------------------ numbers


def test_scores_agree_with_the_oracles() -> None:
    """Of every class and over all; a class without examples has no recall, AUC or average precision, with the reason."""
    result = analyze(multilabel_head(MADE["probs"], Y, NAMES, kind="probabilities"))
    by_class = [f"class:{name}" for name in NAMES]
    assert close(
        [result.find("class_brier_score", "a", one).value for one in by_class], "multilabel/per_label_brier/sklearn"
    )
    aucs = [result.find("class_roc_auc", "a", one).value for one in by_class]
    assert aucs[:5] == pytest.approx(oracle("multilabel/per_label_auc/sklearn")[:5])
    assert result.find("nll", "a").value == pytest.approx(oracle("multilabel/bce_mean/sklearn"))
    reasons = {
        name: result.find(name, "a", by_class[5]).reason
        for name in ("recall", "class_roc_auc", "class_average_precision")
    }
    assert reasons == {
        "recall": "the class has no examples",
        "class_roc_auc": "the class applies to no row",
        "class_average_precision": "the class applies to no row",
    }
    predicted = MADE["probs"] > 0.5
    assert result.find("exact_match", "a").value == sk.accuracy_score(Y, predicted)
    assert result.find("hamming_loss", "a").value == pytest.approx(sk.hamming_loss(Y, predicted))
    for average in ("micro", "macro", "samples"):
        for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
            found, wanted = (
                result.find(f"{average}_{name}", "a"),
                score(Y, predicted, average=average, zero_division=np.nan),
            )
            assert found.value == pytest.approx(wanted)
            if found.ci_low is not None:
                assert found.ci_low < found.value < found.ci_high
    auc = result.find("roc_auc", "a")
    assert auc.value == pytest.approx(sk.roc_auc_score(Y[:, :5], MADE["probs"][:, :5], average="macro"))
    assert auc.caveat == "1 of 6 classes apply to no row or to all of them and are left out"
    precision = sk.average_precision_score(Y[:, :5], MADE["probs"][:, :5], average="macro")
    assert result.find("average_precision", "a").value == pytest.approx(precision)


def test_labels_that_are_not_known_are_left_out() -> None:
    """Class by class, against the oracle; a class of which none is known has reasons in both sections."""
    result = analyze(multilabel_head(LOGITS, MASKED))
    briers = [result.find("class_brier_score", "a", f"class:{index}") for index in range(6)]
    assert close([one.value for one in briers], "multilabel/per_label_brier_masked", rtol=1e-5)
    assert [one.n for one in briers] == MADE["mask"].sum(axis=0).tolist()
    weighted = (MADE["probs"] - Y) ** 2
    assert result.find("brier_score", "a").value == pytest.approx(weighted[MADE["mask"]].mean(), rel=1e-5)
    hidden = Y.copy()
    hidden[:, 2] = -1
    for section, name in ((SECTION, "recall"), (CALIBRATION, "class_ece")):
        found = analyze(multilabel_head(LOGITS, hidden), section=section)
        assert found.find(name, "a", "class:2").reason == "no label of this class is known"
        assert draw_all(section, found)


def test_a_class_is_a_binary_head_of_its_rows() -> None:
    """With their rows, groups and weights."""
    made = evaluation(multilabel_head(LOGITS, MASKED, NAMES))
    assert made.data is not None
    groups, weights = np.arange(len(Y)) // 4, GENERATOR.random(len(Y)) + 0.5
    data = replace(made.data, by="patient", groups=groups, weights=weights / weights.mean())
    one = MultilabelHead(made.models[0], made.models[0].heads[0], made.models[0].heads[0].outputs, data)  # type: ignore[arg-type]
    _, head, outputs, taken = one.class_alone(1)
    known = MADE["mask"][:, 1]
    assert head.n == known.sum()
    assert np.array_equal(outputs.labels, Y[known, 1])
    assert np.array_equal(outputs.logits, LOGITS[known, 1].astype(np.float32))
    assert np.array_equal(taken.rows, np.flatnonzero(known))
    assert np.array_equal(taken.groups, groups[known])  # type: ignore[arg-type]
    assert taken.weights is not None
    assert taken.weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("section", [SECTION, CALIBRATION])
def test_grouped_and_weighted_rows_have_wider_intervals(section: Any) -> None:
    """No interval for independent rows is left where rows are grouped, and what has none says why."""
    made = evaluation(multilabel_head(LOGITS, MASKED, NAMES), noisy(1.0))
    assert made.data is not None
    plain = analyzed(section, made)
    groups = np.arange(len(Y)) // 4
    weights = GENERATOR.random(len(Y)) + 0.5
    data = replace(made.data, by="patient", groups=groups, weights=weights / weights.mean())
    result = analyzed(section, replace(made, data=data))
    assert len(result.measurements) == len(plain.measurements)
    for one in result.measurements:
        assert one.metric.ci_method is None or "clustered by patient" in one.metric.ci_method
    assert draw_all(section, result)


def test_what_one_class_everywhere_has() -> None:
    """Every label 1, all predicted: numbers and reasons, no failure, in all sections."""
    everything = multilabel_head(np.full((30, 3), 4.0), np.ones((30, 3), int))
    nothing = multilabel_head(np.full((30, 3), -4.0), np.zeros((30, 3), int))
    for head, exists in ((everything, True), (nothing, False)):
        result = analyze(head)
        assert result.find("exact_match", "a").value == 1
        assert (result.find("micro_f1", "a").value == 1) is exists
        assert result.find("roc_auc", "a").status == "insufficient_data"
        assert result.find("hamming_skill", "a").status == "insufficient_data"
        for section in (SECTION, CALIBRATION, ERRORS):
            found = analyze(head, head, section=section, roles=PAIR)
            assert all((one.metric.value is None) == (one.metric.reason is not None) for one in found.measurements)
            assert all(one.text for one in section.statements(found, View(decision=PAIR)))
            if section.visualizer is not None:
                draw_all(section, found)


@pytest.mark.parametrize("section", [SECTION, CALIBRATION, ERRORS])
@pytest.mark.parametrize("labels", [Y, MASKED], ids=["known", "some not known"])
@pytest.mark.parametrize("design", [{}, {"by": "patient", "groups": np.arange(len(Y)) // 4, "weights": WEIGHTS}])
def test_numbers_do_not_depend_on_spans(
    section: Any, labels: Any, design: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the last digits of sums, with what there is of each row on the disk."""

    def results() -> Any:
        shifted = LOGITS + np.random.default_rng(1).normal(size=LOGITS.shape)
        made = evaluation(*(multilabel_head(one, labels, NAMES) for one in (LOGITS, shifted)))
        assert made.data is not None
        return analyzed(section, replace(made, decision=PAIR, data=replace(made.data, **design)))

    whole = results()
    monkeypatch.setattr(spans, "AT_ONCE", len(Y) // 3)
    monkeypatch.setattr(mapped, "MAPPED", 1)
    parts = results()
    for one, other in zip(whole.measurements, parts.measurements, strict=True):
        assert (one.name, one.subject, one.metric.reason) == (other.name, other.subject, other.metric.reason)
        for field in ("value", "ci_low", "ci_high"):
            wanted = getattr(one.metric, field)
            assert getattr(other.metric, field) == (
                wanted if wanted is None else pytest.approx(wanted, rel=1e-9, abs=1e-12)
            )
        assert (one.metric.ci_method, one.metric.caveat) == (other.metric.ci_method, other.metric.caveat)
    assert getattr(whole, "multilabel", None) is None or len(whole.multilabel) == len(parts.multilabel)


# ------------------------------------------------------------------------------------------------ comparisons


def test_a_difference_is_that_of_the_scores_and_has_one_test() -> None:
    """Of each score, the other way round too; the candidate's classes are compared with the baseline's."""
    result = analyze(noisy(1.5), noisy(0.0), roles=PAIR)
    for name, difference in (
        ("micro_f1", "micro_f1_difference"),
        ("exact_match", "exact_match_difference"),
        ("hamming_loss", "hamming_difference"),
        ("nll", "nll_difference"),
        ("brier_score", "brier_difference"),
    ):
        values = [result.find(name, model).value for model in "ab"]
        found = result.find(difference, "b", "vs a")
        assert found.value == pytest.approx(values[1] - values[0])
        assert found.ci_low < found.value < found.ci_high
    p = result.find("micro_f1_p", "b", "vs a")
    assert p.value < 0.05
    assert p.value == result.find("micro_f1_p_holm", "a", "vs b").value
    scores = [result.find("f1", model, "class:law").value for model in "ab"]
    assert result.find("f1_difference", "b", "class:law").value == pytest.approx(scores[1] - scores[0])
    assert [one.best for one in result.multilabel_tiers] == ["b"]


def test_statements_are_held_to_their_evidence() -> None:
    """Every number has its address; a difference is luck, or not, by its test; a class without examples is not the weakest."""
    clear = said(noisy(1.5), noisy(0.0))
    assert [one.topic for one in clear] == ["difference", "weakness"]
    assert clear[0].settled
    assert ", unlikely to be luck (p < 0.001); all classes right on " in clear[0].text
    assert clear[1].text.startswith("Weakest class: ")
    assert "Weakest class: ice" not in clear[1].text
    name = clear[1].text.removeprefix("Weakest class: ").partition(",")[0]
    theirs = analyze(noisy(1.5), noisy(0.0)).find("f1", "a", f"class:{name}")
    assert f", a F1 {formatting.metric(theirs).text}: " in clear[1].text
    unsure = said(noisy(0.0), noisy(0.05))[0]
    assert not unsure.settled
    assert "too few to tell" in unsure.text
    result = analyze(noisy(1.5), noisy(0.0), roles=PAIR)
    for one in (part for statement in clear for part in statement.parts if not isinstance(part, str)):
        assert result.find(one.metric, one.model, one.subject).value is not None
    alone = said(noisy(0.0), roles=Decision(candidate="a"))[0].text
    assert alone.startswith("All classes right on 206 of 2,000 rows (10.3")
    assert "; micro F1 57.2" in alone
    ranked = said(noisy(1.5), noisy(0.0), roles=Decision())
    assert [one.text.partition(":")[0] for one in ranked] == ["b has the highest micro F1"]


# ------------------------------------------------------------------------------------------------ calibration


def test_the_calibration_of_each_class_agrees_with_the_oracle() -> None:
    """The ECE of every class; the largest and the mean of them; nothing is pooled over classes."""
    result = analyze(multilabel_head(MADE["probs"], Y, NAMES, kind="probabilities"), section=CALIBRATION)
    found = [result.find("class_ece", "a", f"class:{name}").value for name in NAMES]
    assert close(found, "multilabel/per_label_ece_width_15/torchmetrics", rtol=5e-6)
    assert result.find("largest_class_ece", "a").value == max(found)
    assert result.find("mean_class_ece", "a").value == pytest.approx(np.mean(found))
    assert codes(result, CALIBRATION) == {"CAL111", "CAL401"}
    statement = said(multilabel_head(LOGITS, Y, NAMES), section=CALIBRATION, roles=Decision(candidate="a"))[0]
    assert statement.text.startswith("5 of 6 classes are miscalibrated, most of all ice: ECE 41.2")
    for one in (part for part in statement.parts if not isinstance(part, str)):
        assert result.find(one.metric, "a", one.subject).value is not None


def test_a_calibrated_head_is_told_to_be_one() -> None:
    """No class, no finding."""
    logits = GENERATOR.normal(size=(2000, 4)) * 1.5
    labels = (GENERATOR.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(int)
    result = analyze(multilabel_head(logits, labels), section=CALIBRATION)
    assert result.find("calibration_p", "a").value > 0.05
    assert codes(result, CALIBRATION) == set()
    text = said(multilabel_head(logits, labels), section=CALIBRATION, roles=Decision(candidate="a"))[0].text
    assert text.startswith("No class is measurably miscalibrated (p")


# ------------------------------------------------------------------------------------------------ figures, rules, errors


def test_a_head_has_its_own_figures_and_tables() -> None:
    """No accuracy, no confusion matrix."""
    result = analyze(noisy(1.5), noisy(0.0))
    assert [one.name for one in draw_all(SECTION, result)] == ["multilabel", "class-f1"]
    assert [one.name for one in SECTION.tables(result, View())] == [
        "multilabel",
        "averages",
        "multilabel-skill",
        "probabilistic",
        "multilabel-pairs",
        "multilabel-classes-a",
        "multilabel-classes-b",
    ]
    assert SECTION.visualizer is not None
    calibration = analyze(noisy(0.0), section=CALIBRATION)
    assert [one.name for one in draw_all(CALIBRATION, calibration)] == ["class-reliability", "class-bias", "class-ece"]


@pytest.mark.parametrize(
    ("made", "code", "fires"),
    [
        (multilabel_head(LOGITS, Y), "PRF121", False),
        (multilabel_head(-LOGITS, Y), "PRF121", True),
        (multilabel_head(np.full((40, 2), 3.0), [[1, 0], [1, 1]] * 20), "PRF121", True),
        (multilabel_head(np.full((40, 2), 3.0), [[1, 0], [1, 1]] * 20), "PRF122", False),
        (multilabel_head(LOGITS, Y), "PRF122", False),
        (multilabel_head(LOGITS, Y), "PRF221", False),
        (multilabel_head(LOGITS + 1, Y), "PRF221", True),
        (multilabel_head(LOGITS - 1, Y), "PRF221", True),
        (multilabel_head(LOGITS - [0, 20, 0, 0, 0, 0], Y), "PRF201", True),
        (multilabel_head(LOGITS - [0, 2, 0, 0, 0, 0], Y), "PRF202", True),
        (multilabel_head(LOGITS, Y), "PRF501", True),
        (multilabel_head(LOGITS[:, :5], Y[:, :5]), "PRF501", False),
    ],
)
def test_rules_fire_above_their_thresholds(made: HeadEvaluation, code: str, fires: bool) -> None:
    """And not below."""
    assert (code in codes(analyze(made))) is fires


def test_the_rows_with_the_most_wrong_labels_are_shown() -> None:
    """The candidate's worst first, with the classes that are missed and added; numbers are those of its labels."""
    made = evaluation(noisy(1.5), noisy(0.0))
    wrong = ((LOGITS > 0) != Y).sum(axis=1)
    rows = tuple(Example(int(place)) for place in np.argsort(-wrong)[:20])
    result = analyzed(ERRORS, replace(made, decision=PAIR, examples=Examples(5, rows, (), 100)))
    assert result.find("wrong_rows", "b").value == int((wrong > 0).sum())
    assert result.find("missed_labels", "b").value == int(((LOGITS <= 0) & (Y == 1)).sum())
    assert result.find("added_labels", "b").value == int(((LOGITS > 0) & (Y == 0)).sum())
    assert result.find("most_wrong_labels", "b").value == wrong.max()
    assert ERRORS.galleries is not None
    (gallery,) = ERRORS.galleries(result, View(decision=PAIR))
    assert gallery.title == "Most wrong labels of b"
    assert len(gallery.cards) == 5
    first = gallery.cards[0]
    place = int(first.title.removeprefix("row "))
    assert wrong[place] == wrong.max()
    assert [one.model for one in first.answers] == ["b", "a"]
    assert first.answers[0].mark == "wrong"
    assert first.label.split(", ")[0] in NAMES
