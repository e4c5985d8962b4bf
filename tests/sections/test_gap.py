"""The generalization gap: scores on the training data minus those on the evaluated rows, unpaired."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import (
    SHA,
    analyzed,
    evaluation,
    head,
    leaking,
    multilabel_head,
    noisy,
    outputs,
    regression_head,
    two_heads,
)
from hypothesis import given, settings, strategies as st
from scipy.stats import binomtest

from reportgen.contract.decision import Decision
from reportgen.contract.focus import View
from reportgen.contract.records.evaluation import SplitOutputs
from reportgen.sections.performance import SECTION, training_schema as schema

if TYPE_CHECKING:
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.sections.performance.schema import PerformanceResult

CANDIDATE = View(decision=Decision(candidate="a"))


def trained(own: HeadEvaluation, there: HeadEvaluation, **of_training: Any) -> Evaluation:
    """Make an evaluation of a model on test rows, and on rows of its training data."""
    made, other = evaluation(own), evaluation(there)
    assert other.data is not None
    data = replace(other.data, files=(("train.npz", SHA),), split="train", **of_training)
    model = replace(made.models[0], splits={"train": SplitOutputs((there,))})
    return replace(made, models=(model,), splits={"train": data})


def of_classes(right: int, n: int, seed: int = 0) -> HeadEvaluation:
    """Make a head that gets so many rows right."""
    logits, labels = noisy(n, 3, accuracy=1.0, seed=seed)
    predicted = logits.argmax(axis=1)
    labels = np.where(np.arange(n) < right, predicted, (predicted + 1) % 3)
    return head(outputs(logits, labels))


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 200), st.integers(20, 200), st.floats(0, 1), st.floats(0, 1))
def test_the_gap_in_accuracy_has_newcombes_interval(n: int, m: int, here: float, there: float) -> None:
    """From scipy's Wilson intervals, method 10; the score on the training data is that of a report on it."""
    right, other = round(here * n), round(there * m)
    made = trained(of_classes(right, n), of_classes(other, m))
    result: PerformanceResult = analyzed(SECTION, made)
    gap, score = result.find("accuracy_gap", "a"), result.find("train_accuracy", "a")
    p, q = other / m, right / n
    of_p, of_q = (binomtest(*one).proportion_ci(method="wilson") for one in ((other, m), (right, n)))
    low, high = p - q - np.hypot(p - of_p.low, of_q.high - q), p - q + np.hypot(of_p.high - p, q - of_q.low)
    assert gap.value == pytest.approx(other / m - right / n)
    assert (gap.ci_low, gap.ci_high, gap.n) == (pytest.approx(low), pytest.approx(high), n)
    alone = analyzed(SECTION, made.on("train"))
    assert score.model_copy(update={"estimator": None}) == alone.find("accuracy", "a").model_copy(
        update={"estimator": None}
    )
    assert (alone.split, alone.n) == ("train", m)
    assert not any(one.name.endswith("_gap") for one in alone.measurements)


def test_every_kind_of_head() -> None:
    """Each score on the training data is that of a report on it, and each gap is the difference of the two."""
    generator = np.random.default_rng(0)
    hot = [np.eye(3, dtype=int)[noisy(n, 3, accuracy=0.5)[1]] for n in (200, 500)]
    logits = [noisy(n, 3, accuracy=0.5)[0] for n in (200, 500)]
    labels = [generator.normal(size=n) for n in (200, 500)]
    values = [
        regression_head(one + scale * generator.normal(size=len(one)), one)
        for one, scale in zip(labels, (2, 1), strict=True)
    ]
    for own, there, gaps in (
        (of_classes(150, 200), of_classes(480, 500), schema.GAPS[:3]),
        (*(multilabel_head(*one) for one in zip(logits, hot, strict=True)), schema.GAPS[3:5]),
        (*values, schema.GAPS[5:]),
    ):
        made = trained(own, there)
        result, alone = analyzed(SECTION, made), analyzed(SECTION, made.on("train"))
        for one in gaps:
            name = one.score.name.removeprefix("train_")
            here, score, gap = result.find(name, "a"), result.find(one.score.name, "a"), result.find(one.gap.name, "a")
            expected = alone.find(name, "a")
            assert (score.value, score.ci_low, score.ci_high) == (expected.value, expected.ci_low, expected.ci_high)
            assert gap.value == pytest.approx(score.value - here.value)
            below = np.hypot(score.value - score.ci_low, here.ci_high - here.value)
            above = np.hypot(score.ci_high - score.value, here.value - here.ci_low)
            assert (gap.ci_low, gap.ci_high) == (pytest.approx(gap.value - below), pytest.approx(gap.value + above))
        assert {one.name for one in result.measurements if one.name.endswith("_gap")} == {one.gap.name for one in gaps}
        (table,) = (one for one in SECTION.tables(result, CANDIDATE) if one.title == "Generalization gap")
        assert table.note.startswith("On 500 rows of the training data, in inference mode.")


def test_groups_widen_both_intervals() -> None:
    """Those of the evaluated rows and of the training rows; the gap has the ends of the widened ones."""
    made = trained(of_classes(80, 100), of_classes(190, 200), by="patient", groups=np.arange(200) // 5)
    plain = analyzed(SECTION, trained(of_classes(80, 100), of_classes(190, 200)))
    result = analyzed(SECTION, made)
    score, gap = result.find("train_accuracy", "a"), result.find("accuracy_gap", "a")
    here = result.find("accuracy", "a")
    assert "clustered by patient" in (score.ci_method or "")
    assert gap.ci_low == pytest.approx(gap.value - np.hypot(score.value - score.ci_low, here.ci_high - here.value))
    assert gap.ci_low < plain.find("accuracy_gap", "a").ci_low


def test_weights_of_one_kind_only() -> None:
    """Then the two scores are not of the same population, and there is no gap."""
    result = analyzed(SECTION, trained(of_classes(80, 100), of_classes(190, 200), weights=np.linspace(0.5, 1.5, 200)))
    gap = result.find("accuracy_gap", "a")
    assert (gap.value, gap.status) == (None, "not_applicable")
    assert "set weight for both" in (gap.reason or "")
    assert result.find("train_accuracy", "a").value is not None


def test_a_gap_is_said_where_it_is_clear() -> None:
    """About the candidate; not where its interval includes 0, and not without a candidate."""
    clear, unclear = (analyzed(SECTION, trained(of_classes(right, 400), of_classes(398, 400))) for right in (360, 396))
    said = [one.text for one in SECTION.statements(clear, CANDIDATE) if "training data" in one.text]
    assert len(said) == 1
    assert said[0].startswith("On the training data accuracy is 99.5")
    assert said[0].endswith(" to the test split.")
    assert "a gap of +9.5 points [" in said[0]
    for result, view in ((unclear, CANDIDATE), (clear, View())):
        assert not [one for one in SECTION.statements(result, view) if "training data" in one.text]


def test_leaked_rows_make_the_gap_smaller() -> None:
    """That is a caveat of the gap."""
    made = leaking(trained(of_classes(80, 100), of_classes(190, 200)), np.arange(100) < 7)
    gap = analyzed(SECTION, made).find("accuracy_gap", "a")
    assert gap.caveat == "7 of the evaluated rows are also in the training data: on unseen rows the gap is larger"


def test_a_score_without_an_interval() -> None:
    """A model without errors on its training data has a gap in NLL, and no interval of it."""
    gap = analyzed(SECTION, trained(of_classes(80, 100), of_classes(200, 200))).find("nll_gap", "a")
    assert gap.value is not None
    assert gap.ci_low is None
    assert gap.caveat == "no interval: at least 5 errors are needed (found 0)"


def test_a_gap_for_each_output() -> None:
    """Of a model with several."""
    made, other = (two_heads(outputs(*noisy(n, 3, accuracy=0.7))) for n in (100, 300))
    assert other.data is not None
    model = replace(made.models[0], splits={"train": SplitOutputs(other.models[0].heads)})
    made = replace(made, models=(model,), splits={"train": replace(other.data, split="train")})
    found = [one.subject for one in analyzed(SECTION, made).measurements if one.name == "accuracy_gap"]
    assert found == ["head:kind", "head:size"]


def test_without_labels_of_the_training_data_there_is_none() -> None:
    """Neither numbers nor a table."""
    result = analyzed(SECTION, evaluation(of_classes(80, 100)))
    assert not {one.name for one in result.measurements} & {one.name for one in schema.GENERALIZATION}
    assert "Generalization gap" not in {table.title for table in SECTION.tables(result, CANDIDATE)}
