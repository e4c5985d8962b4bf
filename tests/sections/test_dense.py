"""Segmentation and sequence labeling in the performance section: numbers against scikit-learn, differences, sentences, tables and figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, dense_head, draw_all, evaluation, head, outputs, scenes, unmeasured
from oracle import close, load
from sklearn import metrics as sk

from reportgen.analysis.unmeasured import unmeasured as missing_numbers
from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.contract.positions import DenseHead
from reportgen.contract.records.dense import DenseOutputs
from reportgen.sections.performance import SECTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.contract.numbers import Metric
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.sections.performance.schema import PerformanceResult

LOGITS, LABELS = scenes(60)
CALLED = LOGITS.argmax(axis=-1)
ROLES = Decision(candidate="a", baseline=Baseline(model="b"))
WORSE = LOGITS + 2 * np.random.default_rng(1).normal(size=LOGITS.shape)


def tagged(scores: Any, labels: Any, **options: Any) -> Any:
    """Make a sequence labeling head of the same positions."""
    return dense_head(scores.reshape(len(scores), -1, 3), labels.reshape(len(scores), -1), **options)


def analyze(*heads: Any, decision: Decision | None = None) -> PerformanceResult:
    """Analyze the heads of models a, b and so on."""
    made = evaluation(*heads)
    return analyzed(SECTION, made if decision is None else replace(made, decision=decision))  # type: ignore[no-any-return]


def found(result: PerformanceResult, name: str, subject: str | None = None, model: str = "a") -> Metric:
    """Return a metric."""
    return result.find(name, model, subject)


# ------------------------------------------------------------------------------------------------ numbers


def test_segmentation_is_as_scikit_learn_measures_it() -> None:
    """Over all images together, and image by image; every class."""
    result = analyze(dense_head(LOGITS, LABELS))
    y, p = LABELS.ravel(), CALLED.ravel()
    images = list(zip(LABELS.reshape(60, -1), CALLED.reshape(60, -1), strict=True))
    for name, wanted in {
        "pixel_accuracy": sk.accuracy_score(y, p),
        "mean_iou": sk.jaccard_score(y, p, average="macro"),
        "mean_dice": sk.f1_score(y, p, average="macro"),
        "image_mean_iou": np.mean([sk.jaccard_score(*one, average="macro") for one in images]),
        "image_mean_dice": np.mean([sk.f1_score(*one, average="macro") for one in images]),
        "nll": sk.log_loss(y, np.exp(LOGITS.reshape(-1, 3)) / np.exp(LOGITS.reshape(-1, 3)).sum(axis=1, keepdims=True)),
        "majority_accuracy": (y == 0).mean(),
        "pixel_accuracy_gain": sk.accuracy_score(y, p) - (y == 0).mean(),
    }.items():
        one = found(result, name)
        assert one.value == pytest.approx(wanted), name
        assert one.ci_low is None or one.ci_low <= wanted <= one.ci_high, name  # type: ignore[operator]
    for name, by_class in {
        "iou": sk.jaccard_score(y, p, average=None),
        "dice": sk.f1_score(y, p, average=None),
        "precision": sk.precision_score(y, p, average=None),
        "recall": sk.recall_score(y, p, average=None),
        "support": np.bincount(y),
    }.items():
        assert [found(result, name, f"class:{k}").value for k in range(3)] == pytest.approx(list(by_class)), name
    assert "clustered by image, 60 groups" in str(found(result, "mean_iou").ci_method)
    assert found(result, "mean_iou").n == 60


def test_sequences_are_as_scikit_learn_measures_them() -> None:
    """Tokens, classes, whole sequences; one right token in a short sequence counts as many in a long one only by sequence."""
    mask = np.arange(64) < np.random.default_rng(0).integers(3, 65, (60, 1))
    result = analyze(tagged(LOGITS, LABELS, mask=mask))
    y, p = LABELS.reshape(60, -1), CALLED.reshape(60, -1)
    assert found(result, "token_accuracy").value == pytest.approx(sk.accuracy_score(y[mask], p[mask]))
    assert found(result, "macro_f1").value == pytest.approx(sk.f1_score(y[mask], p[mask], average="macro"))
    each = [(a[m] == b[m]).mean() for a, b, m in zip(y, p, mask, strict=True)]
    assert found(result, "sequence_mean_accuracy").value == pytest.approx(np.mean(each))
    assert found(result, "exact_match").value == pytest.approx(np.mean(np.array(each) == 1))
    assert found(result, "perplexity").value == pytest.approx(np.exp(found(result, "nll").value))  # type: ignore[arg-type]
    assert found(result, "perplexity").ci_high == pytest.approx(np.exp(found(result, "nll").ci_high))  # type: ignore[arg-type]
    assert (result.dense[0].masked, result.dense[0].positions) == (int((~mask).sum()), int(mask.sum()))


def test_the_oracles() -> None:
    """What independent libraries say of the frozen inputs is what the report says."""
    seg, seq = load("seg"), load("seq")
    images = analyze(dense_head(seg["logits"], seg["y"], ignored=255))
    assert close(found(images, "pixel_accuracy").value, "seg/pixel_accuracy/sklearn")
    assert close(found(images, "mean_iou").value, "seg/miou/sklearn")
    assert (images.dense[0].positions, images.dense[0].ignored) == (5376, 768)
    sequences = analyze(dense_head(seq["logits"], seq["y"], mask=seq["mask"]))
    assert close(found(sequences, "token_accuracy").value, "seq/token_accuracy_masked/sklearn")
    assert close(found(sequences, "perplexity").value, "seq/perplexity_masked")


def _areas(shift: float) -> np.ndarray:
    """Return (12, 96, 80) classes of 0 to 3: those of the nearest of nine points, all moved down by ``shift``."""
    generator, shape = np.random.default_rng(7), (12, 96, 80)
    points = generator.uniform(0, 1, (12, 9, 2)) * shape[1:]
    classes = generator.integers(4, size=(12, 9))
    rows, columns = np.indices(shape[1:])
    ahead, beside = (points[..., axis, None, None] for axis in range(2))
    nearest = ((rows - ahead - shift) ** 2 + (columns - beside) ** 2).argmin(axis=1)
    return np.stack([one[place] for one, place in zip(classes, nearest, strict=True)])


def test_boundary_iou_is_that_of_opencv() -> None:
    """With the bands that ``cv2.erode`` of OpenCV 5.0.0 leaves, 3 x 3 and as often as 2 % of the diagonal, pooled over the images."""
    expected = [0.48017052060457305, 0.41490467937608316, 0.40989489874391183, 0.4235047912765723]
    result = analyze(dense_head(8.0 * np.eye(4)[_areas(2.5)], _areas(0.0)))
    assert [found(result, "boundary_iou", f"class:{k}").value for k in range(4)] == pytest.approx(expected, rel=1e-12)
    assert found(result, "mean_boundary_iou").value == pytest.approx(np.mean(expected), rel=1e-12)
    assert found(result, "pixel_accuracy").value == pytest.approx(0.9439453125)


def test_units_without_a_position_are_left_out() -> None:
    """They are counted, and change no number; the worst units are named by their rows in the data."""
    labels = LABELS.copy()
    labels[:5] = 255
    result, without = analyze(dense_head(LOGITS, labels, ignored=255)), analyze(dense_head(LOGITS[5:], LABELS[5:]))
    shown = result.dense[0]
    assert (shown.n, shown.empty, shown.ignored) == (55, 5, 0)
    for name in ("mean_iou", "image_mean_iou", "nll", "mean_boundary_iou"):
        assert found(result, name) == found(without, name)
    assert [one.row for one in shown.lowest] == [one.row + 5 for one in without.dense[0].lowest]


def test_few_units_have_no_interval() -> None:
    """However many pixels they have: below ten images, the report says so."""
    result = analyze(dense_head(LOGITS[:9], LABELS[:9]))
    one = found(result, "pixel_accuracy")
    assert one.ci_low is None
    assert "it rests on fewer than 10 groups (image)" in str(one.caveat)


def test_a_class_in_few_images() -> None:
    """However often it is called elsewhere: a mean over classes has no interval then, and its difference no test."""
    rare = np.where((LABELS == 2) & (np.arange(60) >= 9)[:, None, None], 0, LABELS)
    result = analyze(dense_head(LOGITS, rare), dense_head(WORSE, rare))
    for name, subject in (("mean_iou", None), ("mean_dice", None), ("mean_iou_difference", "vs b")):
        one = found(result, name, subject)
        assert one.value is not None
        assert one.ci_low is None, name
        assert "at least 10 images with each class are needed (found 9)" in str(one.caveat)
    test = found(result, "mean_iou_p", "vs b")
    assert (test.status, test.reason) == (
        "insufficient_data",
        "at least 10 images with each class are needed (found 9)",
    )
    assert found(result, "pixel_accuracy_difference", "vs b").ci_low is not None
    said = SECTION.statements(result, View(decision=ROLES))  # type: ignore[misc]
    assert "not tested: at least 10 images with each class are needed" in said[0].text


def test_a_class_that_is_nowhere() -> None:
    """Has no scores, with the reason, and is left out of the means, which say so; two classes have the usual Brier score."""
    four = np.concatenate([LOGITS, np.full((*LABELS.shape, 1), -50.0)], axis=-1)
    result = analyze(dense_head(four, LABELS))
    missing = found(result, "iou", "class:3")
    assert (missing.status, missing.reason) == (
        "insufficient_data",
        "the class has no examples and was never predicted",
    )
    assert found(result, "mean_iou").value == pytest.approx(
        found(analyze(dense_head(LOGITS, LABELS)), "mean_iou").value
    )
    assert "1 of 4 classes are neither labeled nor predicted" in str(found(result, "mean_iou").caveat)
    binary = analyze(dense_head(LOGITS[..., :2], np.minimum(LABELS, 1)))
    p = 1 / (1 + np.exp(LOGITS[..., 0] - LOGITS[..., 1]))
    wanted = sk.brier_score_loss(np.minimum(LABELS, 1).ravel(), p.ravel())
    assert found(binary, "brier_score").value == pytest.approx(wanted)


def test_groups_and_weights() -> None:
    """Images of one patient hang together; weights count images, and one that weighs twice is as two."""
    made = evaluation(dense_head(LOGITS, LABELS))
    assert made.data is not None
    grouped = replace(made, data=replace(made.data, by="patient", groups=np.arange(60) // 4))
    one = found(analyzed(SECTION, grouped), "mean_iou")
    assert "clustered by patient, 15 groups" in str(one.ci_method)
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    weighed = replace(made, data=replace(made.data, weights=weights / weights.mean()))
    twice = np.concatenate([np.arange(60), np.arange(20)])
    for name in ("mean_iou", "image_mean_iou", "nll", "pixel_accuracy_gain", "brier_skill"):
        expected = found(analyze(dense_head(LOGITS[twice], LABELS[twice])), name).value
        assert found(analyzed(SECTION, weighed), name).value == pytest.approx(expected), name


# ------------------------------------------------------------------------------------------------ differences


@pytest.mark.parametrize(("make", "name"), [(dense_head, "mean_iou"), (tagged, "token_accuracy")])
def test_differences_are_paired(make: Callable[..., Any], name: str) -> None:
    """The other way round they change their sign; the p-value is the same; of equal models they are 0 and p is 1."""
    result = analyze(make(LOGITS, LABELS), make(WORSE, LABELS), decision=ROLES)
    there, back = found(result, f"{name}_difference", "vs b"), found(result, f"{name}_difference", "vs a", "b")
    values = [found(result, name, model=model).value for model in "ab"]
    assert there.value == pytest.approx(values[0] - values[1])  # type: ignore[operator]
    assert back.value == pytest.approx(-there.value)  # type: ignore[operator]
    assert there.ci_low > 0  # type: ignore[operator]
    assert found(result, f"{name}_p", "vs b").value == pytest.approx(found(result, f"{name}_p", "vs a", "b").value)
    assert found(result, f"{name}_p", "vs b").value < 0.001  # type: ignore[operator]
    apart = found(result, f"{name}_difference", "vs b")
    assert apart.ci_high - apart.ci_low < 0.5  # type: ignore[operator]
    same = analyze(make(LOGITS, LABELS), make(LOGITS, LABELS))
    assert found(same, f"{name}_difference", "vs b").value == 0
    assert found(same, f"{name}_p", "vs b").value == 1
    of_class = "iou" if name == "mean_iou" else "f1"
    for label in "012":
        own, other = (found(result, of_class, f"class:{label}", model).value for model in "ab")
        assert found(result, f"{of_class}_difference", f"class:{label}").value == pytest.approx(own - other)  # type: ignore[operator]


def test_outputs_of_different_tasks_are_not_compared() -> None:
    """Images with images, sequences with sequences, and each of its own classes."""
    result = analyze(
        dense_head(LOGITS, LABELS), tagged(LOGITS, LABELS), dense_head(LOGITS[..., :2], np.minimum(LABELS, 1))
    )
    assert not list(result.named("mean_iou_difference"))
    assert result.dense_tiers == ()


# ------------------------------------------------------------------------------------------------ what is said


def test_what_page_one_says() -> None:
    """Both scores, the difference, whether it is luck, the weakest class; every number has an address."""
    result = analyze(dense_head(LOGITS, LABELS), dense_head(WORSE, LABELS), decision=ROLES)
    first, second = SECTION.statements(result, View(decision=ROLES))  # type: ignore[misc]
    assert first.text.startswith("Mean IoU ")
    assert "unlikely to be luck (p < 0.001); pixel accuracy" in first.text
    assert second.text.startswith("Weakest class: ")
    for statement in (first, second):
        for part in statement.parts:
            if not isinstance(part, str):
                result.find(part.metric, part.model, part.subject)
    alone = analyze(tagged(LOGITS, LABELS), decision=Decision(candidate="a"))
    (said, _) = SECTION.statements(alone, View(decision=Decision(candidate="a")))  # type: ignore[misc]
    assert said.text.startswith("Token accuracy ")
    assert "always predicting 0 would be right for" in said.text
    compared = analyze(dense_head(LOGITS, LABELS), dense_head(WORSE, LABELS))
    (ranked,) = SECTION.statements(compared, View())  # type: ignore[misc]
    assert "a has the highest mean IoU" in ranked.text


def test_figures_and_tables_are_drawn() -> None:
    """Of both tasks in one report, with labels that are not for the figure; every value that is drawn is in the result."""
    names = ("<b>ground</b>", "road", "x" * 60)
    result = analyze(
        dense_head(LOGITS, LABELS, names),
        dense_head(WORSE, LABELS, names),
        tagged(LOGITS, LABELS),
        tagged(WORSE, LABELS),
    )
    drawn = [figure.name for figure in draw_all(SECTION, result)]
    assert drawn == ["dense", "dense-2", "dense-classes", "dense-classes-2", "dense-confusion", "dense-confusion-2"]
    tables = {table.name: table for table in SECTION.tables(result, View())}
    assert {"segmentation", "sequence-labeling", "segmentation-pairs", "dense-lowest-a"} <= tables.keys()
    assert "3,840 pixels of 60 images count" in tables["segmentation"].note


def test_heads_that_are_not_measured_have_reasons() -> None:
    """Without labels, with outputs that are not finite, and in sections that measure no positions."""
    unlabeled = analyze(dense_head(LOGITS))
    assert {one.metric.reason for one in unlabeled.measurements} == {"no labels"}
    failed = analyze(replace(unmeasured("failed", "outputs are NaN"), task=dense_head(LOGITS).task))
    assert "PRF001" in {finding.code for rule in SECTION.rules for finding in _codes(rule, failed)}
    rows_only = replace(SECTION, tasks={"multiclass": SECTION.tasks["multiclass"]})
    missing = missing_numbers(rows_only, evaluation(dense_head(LOGITS, LABELS)))
    assert {one.metric.reason for one in missing} == {"section performance does not support segmentation outputs"}


def _codes(rule: Any, result: PerformanceResult) -> list[Any]:
    return [rule for _ in rule.apply(result)]


def test_a_model_with_outputs_of_several_tasks() -> None:
    """Classes of rows beside classes of positions: each has its own tables, and none lacks a number of the other."""
    made = evaluation(head(outputs(LOGITS[:, 0, 0], LABELS[:, 0, 0])))
    heads = (replace(made.models[0].heads[0], name="kind"), replace(dense_head(LOGITS, LABELS), name="area"))
    both: Evaluation = replace(made, models=(replace(made.models[0], heads=heads),))
    result = analyzed(SECTION, both)
    assert found(result, "mean_iou", "head:area").value is not None
    assert found(result, "iou", "head:area/class:1").value is not None
    scores = {table.name: table.rows for table in SECTION.tables(result, View())}
    assert [len(scores[name]) for name in ("scores", "probabilistic", "segmentation", "skill")] == [1, 1, 1, 1]
    draw_all(SECTION, result)


def test_taking_rows_takes_all_parts() -> None:
    """Of the record and of its boundaries; the confusion stays that of all."""
    made = dense_head(LOGITS, LABELS)
    assert isinstance(made.outputs, DenseOutputs)
    some = np.arange(60) < 7
    part = made.outputs.take(some)
    assert isinstance(part.boundary_hits, np.ndarray)
    assert (len(part.hits), len(part.boundary_hits), part.clipped) == (7, 7, None)
    assert part.confusion.sum() == LABELS.size
    data = evaluation(made).data
    assert data is not None
    assert DenseHead.of(evaluation(made).models[0], made, made.outputs, data).take(some).n == 7
