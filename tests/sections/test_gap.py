"""The generalization gap: scores on the training data minus those on the evaluated rows, unpaired."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import (
    SHA,
    analyzed,
    dense_head,
    distributional_head,
    evaluation,
    head,
    leaking,
    multilabel_head,
    noisy,
    outputs,
    regression_head,
    scenes,
    two_heads,
)
from hypothesis import given, settings, strategies as st
from scipy.stats import binomtest
from sklearn import metrics as sk

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
    spreads = [
        distributional_head(np.stack([one + scale * generator.normal(size=len(one)), 1.0 + one**2], axis=1), one)
        for one, scale in zip(labels, (2, 1), strict=True)
    ]
    quantiles = [
        distributional_head(one[:, None] + generator.normal(size=(len(one), 3)), one, levels=(0.1, 0.5, 0.9))
        for one in labels
    ]
    pictures = [scenes(n, seed=n, size=6) for n in (200, 500)]
    tags = [(scores.reshape(len(scores), -1, 3), areas.reshape(len(areas), -1)) for scores, areas in pictures]
    for own, there, names in (
        (of_classes(150, 200), of_classes(480, 500), ("gap",)),
        (*(multilabel_head(*one) for one in zip(logits, hot, strict=True)), ("gap-labels",)),
        (*values, ("gap-values",)),
        (*spreads, ("gap-values", "gap-crps")),
        (*quantiles, ("gap-values", "gap-pinball")),
        (*(dense_head(*one) for one in pictures), ("gap-images",)),
        (*(dense_head(*one) for one in tags), ("gap-sequences",)),
    ):
        kinds = [one for one in schema.GAP_TABLES if one.name in names]
        gaps = [gap for one in kinds for gap in one.gaps]
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
        tables = [one for one in SECTION.tables(result, CANDIDATE) if one.title.startswith("Generalization gap")]
        assert [one.name for one in tables] == [*names]
        for table, kind in zip(tables, kinds, strict=True):
            assert table.note.startswith(f"On 500 {kind.rows} of the training data, in inference mode.")


def test_the_gap_of_images_and_sequences_is_that_of_their_pixels() -> None:
    """From sklearn; images without a pixel that counts are left out on either side, and the interval is over images: a jackknife."""
    (scores, areas), (others, known) = scenes(150, seed=1, size=6), scenes(250, seed=2, size=6)
    others = others + 2.0 * np.eye(3)[known]
    masks = [np.ones_like(one) for one in (areas, known)]
    masks[0][:10], masks[1][:50] = 0, 0
    result = analyzed(
        SECTION, trained(dense_head(scores, areas, mask=masks[0]), dense_head(others, known, mask=masks[1]))
    )

    def mean_iou(logits: Any, labels: Any) -> float:
        return float(sk.jaccard_score(labels.ravel(), logits.argmax(axis=-1).ravel(), average="macro"))

    sides = ((others[50:], known[50:]), (scores[10:], areas[10:]))
    gap, score = result.find("mean_iou_gap", "a"), result.find("train_mean_iou", "a")
    assert (gap.value, gap.n) == (pytest.approx(mean_iou(*sides[0]) - mean_iou(*sides[1])), 140)
    assert (score.value, score.n) == (pytest.approx(mean_iou(*sides[0])), 200)
    variance = 0.0
    for logits, labels in sides:
        n = len(labels)
        left = np.array([mean_iou(np.delete(logits, one, axis=0), np.delete(labels, one, axis=0)) for one in range(n)])
        variance += (n - 1) * left.var()
    assert gap.ci_high - gap.ci_low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.08)
    said = [one.text for one in SECTION.statements(result, CANDIDATE)]
    assert sum(one.startswith("On the training data mean IoU is ") for one in said) == 1


def test_means_over_other_classes_have_no_gap() -> None:
    """A class that is neither labeled nor predicted on one side; the other scores have theirs."""
    scores, areas = scenes(60, size=6)
    certain = dense_head(9.0 * np.eye(3)[np.minimum(areas, 1)], np.minimum(areas, 1))
    result = analyzed(SECTION, trained(certain, dense_head(scores, areas)))
    gap = result.find("mean_iou_gap", "a")
    assert (gap.status, gap.reason) == (
        "insufficient_data",
        "other classes are labeled or predicted on the evaluated rows than on those of the training data",
    )
    assert result.find("train_mean_iou", "a").value is not None
    assert result.find("pixel_accuracy_gap", "a").value is not None


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


def test_leaked_rows_can_make_the_gap_smaller() -> None:
    """That is a caveat of the gap."""
    made = leaking(trained(of_classes(80, 100), of_classes(190, 200)), np.arange(100) < 7)
    gap = analyzed(SECTION, made).find("accuracy_gap", "a")
    assert gap.caveat == "7 of the evaluated rows are also in the training data: on unseen rows the gap can be larger"


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
