"""Slices of multilabel, segmentation and sequence labeling heads: over rows, images and sequences, never over labels, pixels or tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import analyzed, dense_head, draw_all, evaluation, multilabel_head, scenes
from sections.test_slices import ROLES, assert_as_alone, codes, designed, on_rows, planted, sentences, sliced
from sklearn import metrics as sk

from reportgen.contract.decision import Decision
from reportgen.contract.focus import View
from reportgen.metrics import comparison
from reportgen.metrics.design import Design
from reportgen.metrics.pooled import Parts, linear_apart
from reportgen.metrics.slices import from_rest, from_rest_p
from reportgen.sections.calibration import SECTION as CALIBRATION
from reportgen.sections.slices import SECTION
from reportgen.sections.slices.scores import MEASURED

if TYPE_CHECKING:
    from reportgen.contract.records.heads import HeadEvaluation

N = 150
REGIONS = np.arange(N) % 3
NAMES = ("east", "north", "west")
LOGITS, LABELS = scenes(N)
NOISE = np.random.default_rng(1).normal(size=LOGITS.shape)
MASK = np.arange(64) < np.random.default_rng(0).integers(3, 65, (N, 1))


def seen(scale: float, rows: Any = slice(None), labels: Any = LABELS) -> HeadEvaluation:
    """Make a segmentation head of some images."""
    return dense_head((LOGITS + scale * NOISE)[rows], labels[rows], ignored=255)


def read(scale: float, rows: Any = slice(None)) -> HeadEvaluation:
    """Make a sequence labeling head of some sequences."""
    shape = (N, 64)
    logits = (LOGITS + scale * NOISE).reshape(*shape, 3)
    return dense_head(logits[rows], LABELS.reshape(shape)[rows], mask=MASK[rows])


def labeled(scale: float, rows: Any = slice(None)) -> HeadEvaluation:
    """Make a multilabel head of some rows, of which some labels are not known."""
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(N, 4))
    labels = (generator.random((N, 4)) < 1 / (1 + np.exp(-2 * logits))).astype(int)
    labels[generator.random((N, 4)) < 0.1] = -1
    labels[(labels < 0).all(axis=1)] = 0
    return multilabel_head((2 * logits + scale * generator.normal(size=(N, 4)))[rows], labels[rows])


KINDS: dict[str, tuple[Any, str, str]] = {
    "images": (seen, "mean_iou", "mean_iou_p"),
    "sequences": (read, "token_accuracy", "token_accuracy_p"),
    "labels": (labeled, "micro_f1", "micro_f1_p"),
}


@pytest.mark.parametrize("design", ["plain", "groups", "weights"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_of_a_slice_are_those_of_its_rows_alone(kind: str, design: str) -> None:
    """Scores and paired differences equal those of a report that has only these rows, intervals and p-values included."""
    make, score, p_value = KINDS[kind]
    rows = designed(design, N, 6)
    made = sliced(evaluation(make(0.5), make(1.5)), REGIONS, NAMES, **rows)
    result = analyzed(SECTION, replace(made, decision=ROLES))
    task = next(name for name, one in MEASURED.items() if one.score.spec.name == score)
    for code, name in enumerate(NAMES):
        inside = np.flatnonzero(code == REGIONS)
        own = on_rows(evaluation(make(0.5, inside), make(1.5, inside)), rows, N, inside)
        assert_as_alone(result, own, task, f"slice:{name}", p_value)
        found = result.find("rows", "a", f"slice:{name}")
        assert found.value == found.n == 50


def test_the_classes_of_labels_are_as_calibrated_as_those_of_a_report_on_the_slice() -> None:
    """The expected class ECE is the mean of what the calibration section expects of each class; the p-values are adjusted by Holm."""
    result = analyzed(SECTION, sliced(evaluation(labeled(0.5)), REGIONS, NAMES))
    p_values = []
    for code, name in enumerate(NAMES):
        calibration = analyzed(CALIBRATION, evaluation(labeled(0.5, np.flatnonzero(code == REGIONS))))
        nulls = [calibration.find("class_ece_null", "a", f"class:{index}").value for index in range(4)]
        assert result.find("mean_class_ece_null", "a", f"slice:{name}").value == pytest.approx(np.mean(nulls))
        p_values.append(result.find("calibration_p", "a", f"slice:{name}").value)
    found = [result.find("calibration_p_holm", "a", f"slice:{name}").value for name in NAMES]
    assert found == pytest.approx(comparison.holm(p_values))


def test_ranks_of_labels_and_boundaries_of_areas() -> None:
    """ROC AUC and average precision as scikit-learn has them; the boundary IoU from bands that are drawn anew."""
    one = labeled(0.5)
    result, found, rows = analyzed(SECTION, sliced(evaluation(one), REGIONS, NAMES)), one.outputs, REGIONS == 2
    for name, score in (("roc_auc", sk.roc_auc_score), ("average_precision", sk.average_precision_score)):
        values = []
        for index in range(4):
            own = rows & found.known[:, index]
            values.append(score(found.labels[own, index], found.logits[own, index]))
        assert result.find(name, "a", "slice:west").value == pytest.approx(np.mean(values))
    images = analyzed(SECTION, sliced(evaluation(seen(0.5)), REGIONS, NAMES))
    called = (LOGITS + 0.5 * NOISE).argmax(axis=-1)[rows]
    scores = []
    for index in range(3):
        actual, predicted = (np.stack([band(image == index) for image in some]) for some in (LABELS[rows], called))
        scores.append((actual & predicted).sum() / (actual | predicted).sum())
    assert images.find("mean_boundary_iou", "a", "slice:west").value == pytest.approx(np.mean(scores))


def band(area: Any) -> Any:
    """Return the pixels of an area of 8 x 8 pixels that are one pixel from what is not in it, the border of the image included."""
    padded = np.pad(area, 1)
    inner = np.ones_like(area)
    for down in range(3):
        for right in range(3):
            inner &= padded[down : down + 8, right : right + 8]
    return area & ~inner


@pytest.mark.parametrize("kind", KINDS)
def test_a_slice_against_the_rest(kind: str) -> None:
    """Its score minus that of all other rows, as scikit-learn has both, and a test that is one of images and sequences."""
    make, score, _ = KINDS[kind]
    one = make(0.5)
    result = analyzed(SECTION, sliced(evaluation(one), REGIONS, NAMES))
    called, y = (LOGITS + 0.5 * NOISE).argmax(axis=-1), LABELS
    for code, name in enumerate(NAMES):
        means = []
        for rows in (code == REGIONS, code != REGIONS):
            if kind == "labels":
                found = one.outputs
                known = found.known[rows]
                means.append(sk.f1_score(found.labels[rows][known], found.predicted[rows][known]))
            elif kind == "images":
                means.append(sk.jaccard_score(y[rows].ravel(), called[rows].ravel(), average="macro"))
            else:
                there = MASK[rows].reshape(-1)
                means.append(sk.accuracy_score(y[rows].ravel()[there], called[rows].ravel()[there]))
        found = result.find(f"{score}_from_rest", "a", f"slice:{name}")
        assert found.value == pytest.approx(means[0] - means[1])
        assert found.ci_low < found.value < found.ci_high
        assert ("clustered by" in found.ci_method) == (kind != "labels")
        assert 0 < result.find("rest_p_holm", "a", f"slice:{name}").value <= 1


def test_values_are_the_delta_method() -> None:
    """Their means are the ratios, and their variances those of ratios of means (Cochran 1977, 2.39), weighted as well."""
    generator = np.random.default_rng(0)
    sizes = generator.integers(1, 9, 80).astype(float)
    parts = Parts(generator.binomial(sizes.astype(int), 0.7).astype(float), sizes)
    inside, weights = np.arange(80) < 30, generator.uniform(0.5, 2, 80)
    found = linear_apart([parts], inside, np.ones(80))
    assert found is not None
    for rows in (inside, ~inside):
        a, b = parts.numerators[rows], parts.denominators[rows]
        ratio, n = a.sum() / b.sum(), rows.sum()
        assert found[rows].mean() == pytest.approx(ratio)
        squares = (a.var(ddof=1) + ratio**2 * b.var(ddof=1) - 2 * ratio * np.cov(a, b)[0, 1]) / (n * b.mean() ** 2)
        assert found[rows].var(ddof=1) / n == pytest.approx(squares)
    weighted = linear_apart([parts, parts], inside, weights)
    assert weighted is not None
    assert np.average(weighted[inside], weights=weights[inside]) == pytest.approx(parts_of(parts, inside, weights))
    nowhere = Parts(np.where(inside, 0.0, parts.numerators), np.where(inside, 0.0, sizes))
    assert linear_apart([parts, nowhere], inside, weights) is None
    assert linear_apart([nowhere], inside, weights) is None


def parts_of(parts: Parts, rows: Any, weights: Any) -> float:
    """Return the weighted ratio of some rows."""
    return float((weights * parts.numerators)[rows].sum() / (weights * parts.denominators)[rows].sum())


def test_equal_slices_are_called_different_in_one_test_of_twenty_at_most() -> None:
    """Linearized ratios of images of unequal size and quality, in slices of 30, tested as the section does; and intervals cover."""
    generator, alarms, covered, draws = np.random.default_rng(0), 0, 0, 400
    inside = np.arange(120) < 30
    design = Design(120, "image", np.arange(120))
    for _ in range(draws):
        sizes = generator.integers(20, 200, 120)
        parts = Parts(generator.binomial(sizes, generator.beta(8, 2, 120)).astype(float), sizes.astype(float))
        found = linear_apart([parts], inside, np.ones(120))
        assert found is not None
        p_value, difference = from_rest_p(found, inside, design), from_rest(found, inside, design)
        assert p_value is not None
        assert difference is not None
        alarms += p_value < 0.05
        ends = design.estimate(difference)
        assert ends.low is not None
        assert ends.high is not None
        covered += ends.low <= 0 <= ends.high
    assert alarms / draws <= 0.06
    assert covered / draws >= 0.93


def test_a_weak_slice_of_images_is_named() -> None:
    """In sentences, findings, tables and the figure, by mean IoU and images."""
    hard = REGIONS == 1
    bad = LOGITS + np.where(hard, 4.0, 0.0)[:, None, None, None] * NOISE
    made = sliced(evaluation(dense_head(bad, LABELS), dense_head(LOGITS, LABELS)), REGIONS, NAMES)
    result = analyzed(SECTION, replace(made, decision=ROLES))
    first, second = sentences(result)
    assert first.startswith("Worst of 3 slices, north: mean IoU ")
    assert " on 50 images, −" in first
    assert "points [" in first
    assert first.endswith("] from the rest, unlikely to be luck (p < 0.001).")
    assert second.startswith("Worse than b on 1 of 3 slices, north: −")
    assert {("SLC101", "a", "slice:north"), ("SLC102", "a", "slice:north")} <= set(codes(result))
    hits = [one.message for rule in SECTION.rules for one in rule.apply(result)]
    assert any("on these 50 images" in one for one in hits)
    assert any("the score of all images does not hold here" in one for one in hits)
    tables = {table.name: table for table in SECTION.tables(result, View(decision=ROLES))}
    parts = ("", "-scores", "-losses", "-confidence", "-errors", "-skill")
    names = [f"slices{part}-{model}" for model in "ab" for part in parts]
    assert list(tables) == [*names[:6], "slices-differences-a", *names[6:]]
    titles = [column.title for column in tables["slices-a"].columns]
    assert titles == [
        "Slice",
        "Images",
        "Mean IoU",
        "Difference from the rest",
        "p (Holm)",
        "Mean IoU of b",
        "Minus b",
        "p (Holm)",
    ]
    assert tables["slices-a"].note.startswith("On all 150 images: ")
    (figure,) = draw_all(SECTION, result)
    assert figure.title == "a has a lower mean IoU on north"
    assert [panel.title for panel in figure.panels] == ["Mean IoU by slice", "a minus b, same images"]


def test_a_class_that_few_images_of_a_slice_have() -> None:
    """Then its mean over classes is not compared with that of the rest, whatever its number of images, and has no interval."""
    rare = np.where((LABELS == 2) & (REGIONS == 1)[:, None, None] & (np.arange(N) > 20)[:, None, None], 0, LABELS)
    made = sliced(evaluation(seen(0.5, labels=rare), seen(1.5, labels=rare)), REGIONS, NAMES)
    result = analyzed(SECTION, replace(made, decision=ROLES))
    one = result.find("mean_iou", "a", "slice:north")
    assert (one.value is not None, one.ci_low) == (True, None)
    needed = "at least 10 images with each class are needed"
    for name in ("mean_iou_from_rest", "rest_p", "rest_p_holm"):
        found = result.find(name, "a", "slice:north")
        assert (found.value, found.status) == (None, "insufficient_data")
        assert found.reason == f"{needed} in the slice and outside of it (found 7)"
    assert result.find("difference_p", "a", "slice:north").reason == f"{needed} (found 7)"
    assert result.find("rest_p_holm", "a", "slice:east").estimator == "Holm, 2 slices"
    assert not [one for one in codes(result) if one[0] == "SLC301"]
    assert draw_all(SECTION, result)


def test_units_without_a_position_that_counts_are_in_no_slice() -> None:
    """The numbers are those without them; the definition has all rows of the data."""
    labels = LABELS.copy()
    labels[:30] = 255
    made = sliced(evaluation(seen(0.5, labels=labels), seen(1.5, labels=labels)), REGIONS, NAMES)
    result = analyzed(SECTION, replace(made, decision=ROLES))
    kept = np.arange(30, N)
    without = sliced(evaluation(seen(0.5, kept), seen(1.5, kept)), REGIONS[30:], NAMES)
    fewer = analyzed(SECTION, replace(without, decision=ROLES))
    assert [one.n for one in result.definitions] == [50, 50, 50]
    assert result.find("rows", "a", "slice:east").value == 40
    assert result.measurements == fewer.measurements
    assert [one.n for one in result.heads] == [120, 120]


def test_too_few_images_to_tell() -> None:
    """Named as images, also where rows of the data would be enough."""
    labels = LABELS.copy()
    labels[REGIONS == 1] = 255
    labels[1:60:3] = LABELS[1:60:3]
    result = analyzed(SECTION, sliced(evaluation(seen(0.5, labels=labels)), REGIONS, NAMES))
    reason = "20 images, fewer than 30: too few to tell"
    assert result.find("mean_iou", "a", "slice:north").reason == reason
    (hit,) = (one for rule in SECTION.rules if rule.code == "SLC301" for one in rule.apply(result))
    assert "1 slice of 3 has fewer than 30 images: north (20)." in hit.message


def test_a_slice_without_any_label() -> None:
    """Where no class applies or is predicted there is no F1, which is no score of 0; without any at all there is no ranking."""
    logits = np.full((N, 2), -3.0)
    labels = np.zeros((N, 2), int)
    labels[REGIONS == 0, 0] = 1
    logits[REGIONS == 0, 0] = 3.0
    result = analyzed(SECTION, sliced(evaluation(multilabel_head(logits, labels)), REGIONS, NAMES))
    assert result.find("micro_f1", "a", "slice:east").value == 1
    found = result.find("micro_f1", "a", "slice:north")
    assert (found.value, found.reason) == (None, "no class applies or is predicted on any row")
    assert "in the slice or outside of it no class applies" in str(result.find("rest_p", "a", "slice:east").reason)
    assert not [one for one in codes(result) if one[0] == "SLC301"]
    empty = analyzed(SECTION, sliced(evaluation(multilabel_head(-np.abs(logits), 0 * labels)), REGIONS, NAMES))
    assert empty.heads[0].overall is None
    assert draw_all(SECTION, empty) == []
    (table, *_) = SECTION.tables(empty, View())
    assert table.note == "p-values are adjusted for 0 slices (Holm)."
    assert sentences(empty, Decision(candidate="a")) == []


def test_slices_of_images_are_discovered() -> None:
    """By 1 minus their mean IoU, on the images that count."""
    n = 600
    logits, labels = scenes(n, seed=3)
    _, columns, weakness = planted(n)
    labels[:20] = 255
    noise = np.random.default_rng(0).normal(size=logits.shape)
    made = evaluation(
        dense_head(logits + np.where(weakness, 6.0, 0.0)[:, None, None, None] * noise, labels, ignored=255)
    )
    assert made.data is not None
    made = replace(made, decision=Decision(candidate="a"), data=replace(made.data, searched=columns))
    result = analyzed(SECTION, made)
    (search,) = result.searches
    assert search.searched + search.judged == n - 20
    assert 'region == "north"' in search.found[0]
    (text,) = sentences(result, Decision(candidate="a"))
    assert "(discovered): mean IoU" in text
    assert "unlikely to be luck" in text


def test_a_baseline_with_other_positions_is_not_compared() -> None:
    """Differences are of the same images: if a mask of one model leaves another set of them, there are none."""
    labels = LABELS.copy()
    labels[:1] = 255
    made = sliced(evaluation(seen(0.5), seen(1.5, labels=labels)), REGIONS, NAMES)
    result = analyzed(SECTION, replace(made, decision=ROLES))
    assert result.heads[0].difference is None
    assert result.find_or_none("mean_iou_difference", "a", "slice:east") is None
