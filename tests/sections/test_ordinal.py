"""Classes in an order: what a head is, numbers beside those of classification, comparisons, statements, tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, evaluation, head, outputs
from sklearn import metrics as sk

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import ContradictionError, HeadEvidence, HeadRows
from reportgen.evaluation.tasks.classification import Classification
from reportgen.evaluation.tasks.resolve import resolve_outputs, resolve_task
from reportgen.sections.calibration import SECTION as CALIBRATION
from reportgen.sections.errors import SECTION as ERRORS
from reportgen.sections.performance import SECTION, ordinal_schema as schema

if TYPE_CHECKING:
    from reportgen.contract.records.heads import HeadEvaluation

GENERATOR = np.random.default_rng(0)
N, CLASSES = 400, 5
LABELS = GENERATOR.integers(0, CLASSES, N)
PAIR = Decision(candidate="b", baseline=Baseline(model="a"))


def predictions(noise: float, seed: int = 1) -> Any:
    """Draw predictions that are off by some classes."""
    off = noise * np.random.default_rng(seed).normal(size=N)
    return np.clip(np.rint(LABELS + off), 0, CLASSES - 1).astype(int)


def model(noise: float, seed: int = 1, task: str = "ordinal") -> HeadEvaluation:
    """Make a head with such predictions."""
    return head(outputs(3.0 * np.eye(CLASSES)[predictions(noise, seed)], LABELS), task=task)


def analyze(*heads: HeadEvaluation, roles: Decision | None = None, section: Any = SECTION) -> Any:
    """Analyze heads of models a, b, c."""
    made = evaluation(*heads)
    return analyzed(section, made if roles is None else replace(made, decision=roles))


def said(*heads: HeadEvaluation, roles: Decision = PAIR) -> list[str]:
    """Return the sentences about distances in classes."""
    texts = [one.text for one in SECTION.statements(analyze(*heads, roles=roles), View(decision=roles))]
    return [text for text in texts if "classes on average" in text]


# ------------------------------------------------------------------------------------------------ what a head is


def test_an_order_is_declared_never_inferred() -> None:
    """The rule is recorded; without a declaration the same evidence is multiclass."""
    evidence = HeadEvidence(
        loss="sparse_categorical_crossentropy", activation="softmax", n_outputs=5, from_logits=False
    )
    assert resolve_task(evidence).value == "multiclass"
    declared = replace(evidence, declared_task="ordinal")
    assert resolve_task(declared).rule == "declared in the spec"
    assert resolve_task(declared).value == "ordinal"
    assert resolve_outputs(declared, "ordinal").value == "probabilities"


def test_what_contradicts_an_order() -> None:
    """Cumulative sigmoids, a single output, and text whose order nobody states."""
    with pytest.raises(ContradictionError, match="cumulative probabilities are not supported") as caught:
        resolve_outputs(HeadEvidence(declared_task="ordinal", activation="sigmoid", n_outputs=4), "ordinal")
    assert caught.value.key == "task"
    task = Classification()
    assert "a single output" in str(task.not_measured("ordinal", (1,)))
    assert task.not_measured("ordinal", (3,)) is None
    text = np.array(["low", "mid", "top"])
    with pytest.raises(InputError, match="must name the classes in their order"):
        task.gather("ordinal", HeadRows(3, 3, "logits", labels=text))
    named = HeadRows(3, 3, "logits", labels=text, class_names=("low", "mid", "top"))
    assert task.gather("ordinal", named).class_names == ("low", "mid", "top")
    assert task.gather("ordinal", HeadRows(3, 3, "logits")).labels.value == "none"


# ------------------------------------------------------------------------------------------------ numbers


def test_numbers_stand_beside_those_of_classification() -> None:
    """As scikit-learn has them, with intervals; every other number of a head with classes is there."""
    result = analyze(model(1.0))
    kappa, distance = (result.find(spec.name, "a") for spec in (schema.KAPPA, schema.CLASS_MAE))
    predicted = predictions(1.0)
    assert kappa.value == pytest.approx(sk.cohen_kappa_score(LABELS, predicted, weights="quadratic"))
    assert distance.value == pytest.approx(sk.mean_absolute_error(LABELS, predicted))
    for one in (kappa, distance):
        assert one.ci_low < one.value < one.ci_high
    plain = {(one.name, one.subject): one.metric for one in analyze(model(1.0, task="multiclass")).measurements}
    both = {(one.name, one.subject): one.metric for one in result.measurements}
    assert {name: both[name] for name in plain} == plain
    assert {name for name, _ in both.keys() - plain.keys()} == {"quadratic_kappa", "class_mae"}
    assert analyze(model(1.0), section=CALIBRATION).find("ece", "a").value is not None
    assert analyze(model(1.0), section=ERRORS).find("errors", "a").value == 179


def test_what_the_rows_do_not_determine_has_a_reason() -> None:
    """One class alone has no kappa; few errors no interval; a head without labels none of both."""
    same = analyze(head(outputs(np.tile([3.0, 0, 0], (30, 1)), np.zeros(30, int)), task="ordinal"))
    assert same.find("quadratic_kappa", "a").reason == "all labels and predictions are the same class"
    y = np.arange(40) % 4
    few = np.where(np.arange(40) < 2, 3 - y, y)
    result = analyze(head(outputs(3.0 * np.eye(4)[few], y), task="ordinal"))
    for name in ("quadratic_kappa", "class_mae"):
        assert result.find(name, "a").caveat == "no interval: at least 5 errors are needed (found 2)"


def test_paired_differences() -> None:
    """In distance with a p-value and in kappa, both ways round; only between heads whose classes have an order."""
    result = analyze(model(1.0), model(0.4, 2), model(0.5, 3, "multiclass"))
    difference = result.find("class_mae_difference", "b", "vs a")
    off = [np.abs(predictions(*one) - LABELS) for one in ((0.4, 2), (1.0, 1))]
    assert difference.value == pytest.approx((off[0] - off[1]).mean())
    assert difference.ci_high < 0
    assert result.find("class_mae_p", "b", "vs a").value == result.find("class_mae_p", "a", "vs b").value < 0.001
    kappas = [result.find("quadratic_kappa", name).value for name in "ba"]
    found = result.find("quadratic_kappa_difference", "b", "vs a")
    assert found.value == pytest.approx(kappas[0] - kappas[1])
    assert found.ci_low > 0
    assert {one.model for one in result.named("class_mae_difference")} == {"a", "b"}
    names = [table.name for table in SECTION.tables(result, View())]
    assert {"ordinal", "ordinal-pairs", "pairs"} <= set(names)
    assert len(names) == len(set(names))
    (table,) = (one for one in SECTION.tables(result, View()) if one.name == "ordinal")
    assert [row[0] for row in table.rows] == ["a", "b"]


def test_groups_widen_them() -> None:
    """Five copies of a row in a group say what one says."""
    repeated = np.repeat(np.arange(N), 5)
    one = head(outputs(3.0 * np.eye(CLASSES)[predictions(1.0)][repeated], LABELS[repeated]), task="ordinal")
    plain = evaluation(one)
    assert plain.data is not None
    grouped = replace(plain, data=replace(plain.data, by="row", groups=repeated))
    for name in ("quadratic_kappa", "class_mae"):
        first, second = (analyzed(SECTION, made).find(name, "a") for made in (plain, grouped))
        assert second.value == first.value
        assert (second.ci_high - second.ci_low) > 2 * (first.ci_high - first.ci_low)


# ------------------------------------------------------------------------------------------------ statements


def test_what_page_one_says() -> None:
    """By how many classes the candidate is off, against its baseline, and whether it could be luck."""
    (clear,) = said(model(1.0), model(0.4, 2))
    assert clear.startswith("Off by 0.160 classes on average against 0.50: −0.34 [")
    assert ", unlikely to be luck (p < 0.001); quadratic kappa 0.9" in clear
    (unclear,) = said(model(1.0), model(1.0, 5))
    assert ": too few to tell" in unclear
    (equal,) = said(model(1.0), model(1.0))
    assert ": 0, the same on every row; quadratic kappa" in equal


def test_differences_that_cancel_are_not_the_same_on_every_row() -> None:
    """Each model is off by one class on a row that the other one gets right."""
    labels = np.arange(40) % 3
    heads = [
        head(outputs(3.0 * np.eye(CLASSES)[np.where(np.arange(40) == row, labels + 1, labels)], labels), task="ordinal")
        for row in (0, 1)
    ]
    (cancels,) = said(*heads)
    assert "the same on every row" not in cancels
    assert ": 0 [" in cancels
    assert "too few to tell" in cancels
    (alone,) = said(model(1.0), roles=Decision(candidate="a"))
    assert alone.startswith("Off by 0.50 [")
    assert "] classes on average; quadratic kappa 0." in alone
    assert not said(model(1.0), roles=Decision())
    assert not said(model(1.0, task="multiclass"), model(0.4, 2, "multiclass"))


def test_every_number_of_a_statement_has_its_address() -> None:
    """And is a measurement of the result, whatever the head is called."""
    made = evaluation(model(1.0), model(0.4, 2))
    several = replace(
        made,
        models=tuple(
            replace(one, heads=(replace(one.heads[0], name="grade"), replace(one.heads[0], name="other")))
            for one in made.models
        ),
        decision=PAIR,
    )
    result = analyzed(SECTION, several)
    found = [one for one in SECTION.statements(result, View(decision=PAIR)) if "classes on average" in one.text]
    assert [one.text.partition(":")[0] for one in found] == ["Output grade", "Output other"]
    quantities = [part for one in found for part in one.parts if not isinstance(part, str)]
    assert len(quantities) == 10
    assert all(result.find(part.metric, part.model, part.subject).value is not None for part in quantities)
