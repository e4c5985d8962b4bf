"""Scores without the rows that are also in the training data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import (
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
)
from scipy.special import ndtr
from scipy.stats import binomtest
from sklearn import metrics as sk

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import View
from reportgen.contract.records.data import NearDuplicates
from reportgen.contract.subjects import Subject
from reportgen.sections.performance import (
    SECTION,
    training_schema,
)
from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.sections.performance.schema import PerformanceResult

N = 300
LOGITS, LABELS = noisy(N, 3, accuracy=0.5)
RIGHT = LOGITS.argmax(axis=1) == LABELS
LEAKED = np.arange(N) % 4 == 0
NAMES = {spec.name for spec in (*training_schema.UNSEEN, *training_schema.DEDUPLICATED)}


IMAGES, AREAS = scenes(N, size=6)
LEVELS = (0.1, 0.5, 0.9)


def images(noise: float = 0.0, **options: Any) -> HeadEvaluation:
    """Make a segmentation head."""
    return dense_head(IMAGES + noise * np.random.default_rng(3).normal(size=IMAGES.shape), AREAS, **options)


def sequences(noise: float = 0.0, **options: Any) -> HeadEvaluation:
    """Make a sequence labeling head of the same positions."""
    scores = IMAGES + noise * np.random.default_rng(3).normal(size=IMAGES.shape)
    return dense_head(scores.reshape(N, -1, 3), AREAS.reshape(N, -1), **options)


def spreads(scale: float = 1.0) -> HeadEvaluation:
    """Make a head of means with standard deviations."""
    means = LABELS + scale * np.random.default_rng(4).normal(size=N)
    return distributional_head(np.stack([means, np.linspace(0.5, 2.0, N)], axis=1), LABELS)


def quantiles(scale: float = 1.0) -> HeadEvaluation:
    """Make a head of quantiles."""
    medians = LABELS + scale * np.random.default_rng(4).normal(size=N)
    return distributional_head(medians[:, None] + [-1.0, 0.0, 1.2], LABELS, levels=LEVELS)


def analyze(made: Evaluation, leaked: Any = LEAKED) -> PerformanceResult:
    """Analyze an evaluation in which some rows are leaked."""
    return analyzed(SECTION, leaking(made, leaked))  # type: ignore[no-any-return]


def wilson(hits: Any) -> tuple[float, float]:
    """Return Wilson's interval of a share."""
    found = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return found.low, found.high


def test_classes() -> None:
    """Accuracy and NLL are those of the unseen rows alone; the difference has the interval of two independent shares."""
    result = analyze(evaluation(head(outputs(LOGITS, LABELS))))
    p = np.exp(LOGITS[~LEAKED].astype(float))
    accuracy = result.find("unseen_accuracy", "a")
    low, high = wilson(RIGHT[~LEAKED])
    assert accuracy.value == pytest.approx(sk.accuracy_score(LABELS[~LEAKED], LOGITS[~LEAKED].argmax(axis=1)))
    assert (accuracy.ci_low, accuracy.ci_high, accuracy.n) == (pytest.approx(low), pytest.approx(high), 225)
    nll = sk.log_loss(LABELS[~LEAKED], p / p.sum(axis=1, keepdims=True))
    assert result.find("unseen_nll", "a").value == pytest.approx(nll)
    difference = result.find("leaked_accuracy_difference", "a")
    assert difference.value == pytest.approx(RIGHT[LEAKED].mean() - RIGHT[~LEAKED].mean())
    (p1, p2), (low1, high1) = (RIGHT[LEAKED].mean(), RIGHT[~LEAKED].mean()), wilson(RIGHT[LEAKED])
    below, above = np.hypot(p1 - low1, high - p2), np.hypot(high1 - p1, p2 - low)  # Newcombe (1998), method 10
    assert (difference.ci_low, difference.ci_high) == (pytest.approx(p1 - p2 - below), pytest.approx(p1 - p2 + above))
    assert difference.n == 75


def test_numbers_are_those_of_a_report_on_the_unseen_rows() -> None:
    """With their intervals; of classes and of values, in groups and with weights."""
    generator = np.random.default_rng(1)
    groups, weights = np.arange(N) // 5, generator.uniform(0.5, 2.0, N)
    predictions = LABELS + generator.normal(size=N)
    for one, pairs in (
        (head(outputs(LOGITS, LABELS)), (("accuracy", "unseen_accuracy"), ("nll", "unseen_nll"))),
        (regression_head(predictions, LABELS), (("mae", "unseen_mae"),)),
        (multilabel_head(LOGITS, np.eye(3, dtype=int)[LABELS]), (("exact_match", "unseen_exact_match"),)),
        (spreads(), (("crps", "unseen_crps"), ("mae", "unseen_mae"))),
        (quantiles(), (("pinball_loss", "unseen_pinball_loss"), ("mae", "unseen_mae"))),
        (images(), (("mean_iou", "unseen_mean_iou"), ("nll", "unseen_nll"))),
        (sequences(), (("token_accuracy", "unseen_token_accuracy"),)),
    ):
        made = evaluation(one)
        assert made.data is not None
        made = replace(made, data=replace(made.data, by="patient", groups=groups, weights=weights / weights.mean()))
        assert one.outputs is not None
        assert made.data is not None
        alone = replace(one, outputs=one.outputs.take(~LEAKED), n=int((~LEAKED).sum()))
        model = replace(made.models[0], heads=(alone,))
        whole = analyzed(SECTION, replace(made, models=(model,), data=made.data.take(~LEAKED)))
        result = analyze(made)
        for score, unseen in pairs:
            expected, found = whole.find(score, "a"), result.find(unseen, "a")
            assert found.ci_low is not None
            assert found.model_copy(update={"caveat": expected.caveat, "estimator": expected.estimator}) == expected


PAIR = Decision(candidate="b", baseline=Baseline(model="a"))


def test_the_difference_from_the_baseline_on_unseen_rows() -> None:
    """Is the paired one of a report on these rows alone; in the sentence too. Other models have none."""
    other = np.roll(LOGITS, 1, axis=1) * (np.arange(N) % 3 == 0)[:, None] + LOGITS
    made = [head(outputs(one, LABELS)) for one in (other, LOGITS)]
    guesses = [regression_head(LABELS + scale * np.random.default_rng(2).normal(size=N), LABELS) for scale in (2, 1)]
    several = [multilabel_head(one, np.eye(3, dtype=int)[LABELS]) for one in (other, LOGITS)]
    for heads, paired, name in (
        ([images(1.0), images()], "mean_iou_difference", "unseen_mean_iou_difference"),
        ([sequences(1.0), sequences()], "token_accuracy_difference", "unseen_token_accuracy_difference"),
        (several, "exact_match_difference", "unseen_exact_match_difference"),
        (made, "accuracy_difference", "unseen_accuracy_difference"),
        (guesses, "mae_difference", "unseen_mae_difference"),
    ):
        result = analyze(replace(evaluation(*heads), decision=PAIR))
        alone = [replace(one, outputs=one.outputs.take(~LEAKED), n=225) for one in heads if one.outputs is not None]
        whole = analyzed(SECTION, replace(evaluation(*alone), decision=PAIR))
        expected, found = whole.find(paired, "b", Subject.of("vs", "a")), result.find(name, "b")
        assert (found.value, found.ci_low, found.ci_high) == (expected.value, expected.ci_low, expected.ci_high)
        assert result.find(name, "a").status == "not_applicable"
        said = [one.text for one in SECTION.statements(result, View(decision=PAIR))]
        (sentence,) = (one for one in said if one.startswith("Without the 75 "))
        assert sentence.endswith(f", {formatting.with_interval(found)} from the baseline.")
    assert not any(one.name == "unseen_accuracy_difference" for one in analyze(evaluation(*made)).measurements)


def test_the_difference_of_distributions_from_the_baseline() -> None:
    """Of CRPS, and of pinball loss where the levels are the same; the sentence is about the MAE."""
    for heads, paired, score in (
        ([spreads(2), spreads()], "crps_difference", "crps"),
        ([quantiles(2), quantiles()], "pinball_difference", "pinball"),
    ):
        result = analyze(replace(evaluation(*heads), decision=PAIR))
        alone = [replace(one, outputs=one.outputs.take(~LEAKED), n=225) for one in heads if one.outputs is not None]
        whole = analyzed(SECTION, replace(evaluation(*alone), decision=PAIR))
        expected = whole.find(paired, "b", Subject.of("vs", "a"))
        found = result.find(f"unseen_{score}_difference", "b")
        assert (found.value, found.ci_low, found.ci_high) == (expected.value, expected.ci_low, expected.ci_high)
        said = [one.text for one in SECTION.statements(result, View(decision=PAIR))]
        (sentence,) = (one for one in said if one.startswith("Without the 75 rows"))
        assert "in the training data: MAE " in sentence
    other = distributional_head(np.stack([LABELS - 1.0, LABELS, LABELS + 1.0], axis=1), LABELS, levels=(0.2, 0.5, 0.8))
    result = analyze(replace(evaluation(other, quantiles()), decision=PAIR))
    assert result.find("unseen_pinball_difference", "b").status == "not_applicable"


NEAR = np.arange(N) % 4 == 1


def test_without_near_duplicates() -> None:
    """The scores are those of a report on the rows that are neither leaked nor near; the unseen ones stay as they are."""
    other = np.roll(LOGITS, 1, axis=1) * (np.arange(N) % 3 == 0)[:, None] + LOGITS
    made = [head(outputs(one, LABELS)) for one in (other, LOGITS)]
    guesses = [regression_head(LABELS + scale * np.random.default_rng(2).normal(size=N), LABELS) for scale in (2, 1)]
    several = [multilabel_head(one, np.eye(3, dtype=int)[LABELS]) for one in (other, LOGITS)]
    for heads, score, paired in (
        ([spreads(2), spreads()], "crps", "crps_difference"),
        ([images(1.0), images()], "mean_iou", "mean_iou_difference"),
        ([sequences(1.0), sequences()], "token_accuracy", "token_accuracy_difference"),
        (made, "accuracy", "accuracy_difference"),
        (guesses, "mae", "mae_difference"),
        (several, "exact_match", "exact_match_difference"),
    ):
        whole = replace(evaluation(*heads), decision=PAIR)
        result = analyzed(SECTION, leaking(whole, LEAKED, NearDuplicates(NEAR)))
        kept = ~LEAKED & ~NEAR
        alone = [replace(one, outputs=one.outputs.take(kept), n=150) for one in heads if one.outputs is not None]
        expected = analyzed(SECTION, replace(evaluation(*alone), decision=PAIR))
        for name, told, part in (
            (f"deduplicated_{score}", score, None),
            (f"deduplicated_{paired}", paired, Subject.of("vs", "a")),
        ):
            found, right = result.find(name, "b"), expected.find(told, "b", part)
            assert (found.value, found.ci_low, found.ci_high, found.n) == (
                right.value,
                right.ci_low,
                right.ci_high,
                right.n,
            )
        assert result.find(f"unseen_{score}", "b") == analyze(whole).find(f"unseen_{score}", "b")
        apart = result.find(f"near_duplicate_{score}_difference", "b")
        near_alone = [replace(one, outputs=one.outputs.take(NEAR), n=75) for one in heads if one.outputs is not None]
        on_near = analyzed(SECTION, evaluation(*near_alone)).find(score, "b").value
        assert apart.value == pytest.approx(on_near - result.find(f"deduplicated_{score}", "b").value)
        assert apart.n == 75
        said = [one.text for one in SECTION.statements(result, View(decision=PAIR))]
        rows = {"mean_iou": "images", "token_accuracy": "sequences"}.get(score, "rows")
        assert any(
            one.startswith(f"Without the 150 {rows} that are equal or nearly equal to a row of the") for one in said
        )
        titles = [table.title for table in SECTION.tables(result, View())]
        assert any("without near duplicates of training rows" in title for title in titles)


def test_no_near_duplicates() -> None:
    """The scores without them are those on unseen rows, the difference has its reason; not looked for, there are none at all."""
    made = evaluation(head(outputs(LOGITS, LABELS)))
    result = analyzed(SECTION, leaking(made, LEAKED, NearDuplicates(np.zeros(N, np.bool_))))
    assert result.find("deduplicated_accuracy", "a").value == result.find("unseen_accuracy", "a").value
    missing = result.find("near_duplicate_accuracy_difference", "a")
    assert (missing.status, missing.reason) == (
        "insufficient_data",
        "no evaluated row is nearly equal to a row of the training data",
    )
    assert not any("nearly" in one.text for one in SECTION.statements(result, View(decision=Decision(candidate="a"))))
    unknown = analyzed(SECTION, leaking(made, LEAKED, NearDuplicates(np.zeros(N, np.bool_), reason="by chance")))
    assert not any("duplicate" in one.name for one in unknown.measurements)
    both = analyzed(SECTION, leaking(made, LEAKED, NearDuplicates(~LEAKED)))
    assert both.find("deduplicated_accuracy", "a").status == "insufficient_data"
    assert both.find("near_duplicate_accuracy_difference", "a").status == "insufficient_data"


def test_the_training_data_itself() -> None:
    """Where all rows are in it, neither scores nor differences are left, and no sentence is about them."""
    heads = (
        head(outputs(LOGITS, LABELS)),
        regression_head(LABELS, LABELS + RIGHT),
        multilabel_head(LOGITS, np.eye(3, dtype=int)[LABELS]),
        spreads(),
        quantiles(),
        images(),
        sequences(),
    )
    result = analyzed(SECTION, leaking(evaluation(*heads), np.ones(N, np.bool_), NearDuplicates(np.zeros(N, np.bool_))))
    missing = [one.metric for one in result.measurements if one.name in NAMES]
    assert len(missing) == 4 * (len(heads) + 2) + 3
    assert {one.status for one in missing} == {"insufficient_data"}
    assert all((one.reason or "").startswith("every evaluated row is also in the training data") for one in missing)
    for model in "abcdefg":
        said = SECTION.statements(result, View(decision=Decision(candidate=model)))
        assert not any("training data" in one.text for one in said)


def test_values() -> None:
    """MAE on the unseen rows, and by how much leaked ones are closer."""
    errors = np.where(LEAKED, 0.1, 1.0) * np.resize([1, -1, 2], N)
    result = analyze(evaluation(regression_head(LABELS + errors, LABELS)))
    assert result.find("unseen_mae", "a").value == pytest.approx(np.abs(errors[~LEAKED]).mean())
    expected = np.abs(errors[LEAKED]).mean() - np.abs(errors[~LEAKED]).mean()
    assert result.find("leaked_mae_difference", "a").value == pytest.approx(expected)


def mean_iou(rows: Any) -> float:
    """Return the mean IoU of some images, from sklearn."""
    return float(sk.jaccard_score(AREAS[rows].ravel(), IMAGES[rows].argmax(axis=-1).ravel(), average="macro"))


def token_accuracy(rows: Any) -> float:
    """Return the share of right positions of some sequences."""
    return float((IMAGES[rows].argmax(axis=-1) == AREAS[rows]).mean())


def test_images_and_sequences() -> None:
    """The scores are those of the pixels of the unseen images, pooled; the interval of the difference is over images, from both sides."""
    p = np.exp(IMAGES) / np.exp(IMAGES).sum(axis=-1, keepdims=True)
    result = analyze(evaluation(images(), sequences()))
    for model, score, of in (("a", "mean_iou", mean_iou), ("b", "token_accuracy", token_accuracy)):
        unseen, apart = (result.find(name, model) for name in (f"unseen_{score}", f"leaked_{score}_difference"))
        assert (unseen.value, unseen.n) == (pytest.approx(of(~LEAKED)), 225)
        assert (apart.value, apart.n) == (pytest.approx(of(LEAKED) - of(~LEAKED)), 75)
        variance = 0.0
        for places in (np.flatnonzero(LEAKED), np.flatnonzero(~LEAKED)):  # the jackknife over images
            left = np.array([of(np.delete(places, one)) for one in range(len(places))])
            variance += (len(places) - 1) * left.var()
        assert apart.ci_high - apart.ci_low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.08)
        nll = sk.log_loss(AREAS[~LEAKED].ravel(), p[~LEAKED].reshape(-1, 3))
        assert result.find("unseen_nll", model).value == pytest.approx(nll)
        assert "clustered by" in (unseen.ci_method or "")


def test_images_without_a_pixel_that_counts_are_left_out() -> None:
    """Of both sides; the sentence and the table count those that are left."""
    mask = np.ones_like(AREAS)
    mask[:8] = 0
    result = analyze(evaluation(images(mask=mask)))
    kept = ~LEAKED & (np.arange(N) >= 8)
    found = result.find("unseen_mean_iou", "a")
    assert (found.value, found.n) == (pytest.approx(mean_iou(kept)), 219)
    (table,) = (one for one in SECTION.tables(result, View()) if one.name == "unseen-images")
    assert table.note.startswith("73 of 292 images are also in the training data.")
    said = [one.text for one in SECTION.statements(result, View(decision=Decision(candidate="a")))]
    assert any(one.startswith("Without the 73 images that are also in the training data: mean IoU ") for one in said)
    made = evaluation(images(mask=mask))
    heads = tuple(replace(one, name=name) for one, name in ((images(mask=mask), "near"), (images(), "far")))
    both = analyze(replace(made, models=(replace(made.models[0], heads=heads),)))
    (table,) = (one for one in SECTION.tables(both, View()) if one.name == "unseen-images")
    counted = "73 of 292 images of a, output near, 75 of 300 images of a, output far"
    assert table.note.startswith(f"{counted} are also in the training data.")


def test_few_leaked_images() -> None:
    """The difference has no interval where few of them have a class, and no value where they lack one; the score without them is there."""
    few = analyze(evaluation(images()), np.arange(N) < 4)
    apart = few.find("leaked_mean_iou_difference", "a")
    assert apart.value is not None
    assert apart.ci_low is None
    assert apart.caveat == "no interval: at least 10 images of a class are needed (found 4)"
    areas = np.where(np.arange(N)[:, None, None] < 4, 0, AREAS)
    certain = np.where((np.arange(N) < 4)[:, None, None, None], 9.0 * np.eye(3)[0], IMAGES)
    lacking = analyze(evaluation(dense_head(certain, areas)), np.arange(N) < 4)
    missing = lacking.find("leaked_mean_iou_difference", "a")
    assert (missing.status, missing.reason) == (
        "insufficient_data",
        "other classes are labeled or predicted on these rows than on the others",
    )
    for result in (few, lacking):
        assert result.find("unseen_mean_iou", "a").n == N - 4
        (table,) = (one for one in SECTION.tables(result, View()) if one.name == "unseen-images")
        assert table.note.startswith("4 of 300 images are also in the training data.")
        said = [one.text for one in SECTION.statements(result, View(decision=Decision(candidate="a")))]
        assert any(one.startswith("Without the 4 images that are also in the training data: mean IoU") for one in said)


def crps(rows: Any) -> float:
    """Return the mean CRPS of some rows by its definition, an integral."""
    found: Any = spreads().outputs
    grid = np.linspace(-12, 14, 4001)
    apart = ndtr((grid - found.predictions[rows, None]) / found.deviations[rows, None]) - (grid >= LABELS[rows, None])
    return float(np.trapezoid(apart**2, grid, axis=1).mean())


def pinball(rows: Any) -> float:
    """Return the mean pinball loss of some rows over the levels, from sklearn."""
    found: Any = quantiles().outputs
    losses = [
        sk.mean_pinball_loss(LABELS[rows], found.quantiles[rows, index], alpha=level)
        for index, level in enumerate(LEVELS)
    ]
    return float(np.mean(losses))


def test_distributions() -> None:
    """CRPS and pinball loss of the unseen rows, and by how much those of leaked ones differ; a table each."""
    result = analyze(evaluation(spreads(), quantiles()))
    for model, name, of in (("a", "crps", crps), ("b", "pinball_loss", pinball)):
        assert result.find(f"unseen_{name}", model).value == pytest.approx(of(~LEAKED), rel=2e-3)
        apart = result.find(f"leaked_{name.removesuffix('_loss')}_difference", model)
        assert apart.value == pytest.approx(of(LEAKED) - of(~LEAKED), abs=4e-3)
        assert (apart.n, apart.ci_low is None) == (75, False)
    titles = {one.title for one in SECTION.tables(result, View())}
    assert titles >= {f"{score} without the rows of the training data" for score in ("CRPS", "Pinball loss")}


def test_without_training_data_there_are_none() -> None:
    """Neither numbers nor a table nor a sentence."""
    result = analyzed(SECTION, evaluation(head(outputs(LOGITS, LABELS)), regression_head(LABELS, LABELS + 1)))
    assert not NAMES & {one.name for one in result.measurements}


@pytest.mark.parametrize(("leaked", "reason"), [(np.zeros(N), "no evaluated row"), (np.ones(N), "every evaluated row")])
def test_none_or_all_leaked(leaked: Any, reason: str) -> None:
    """If no row is leaked, the scores are those of all rows; if all are, they are missing. The difference is, in both cases."""
    result = analyze(evaluation(head(outputs(LOGITS, LABELS)), regression_head(LABELS, LABELS + RIGHT)), leaked)
    for name, model in (("leaked_accuracy_difference", "a"), ("leaked_mae_difference", "b")):
        missing = result.find(name, model)
        assert missing.status == "insufficient_data"
        assert (missing.reason or "").startswith(reason)
    for name, whole, model in (("unseen_accuracy", "accuracy", "a"), ("unseen_mae", "mae", "b")):
        assert result.find(name, model).value == (None if leaked.all() else result.find(whole, model).value)
    assert not [table for table in SECTION.tables(result, View()) if table.name.startswith("unseen")]


def test_a_table_and_a_sentence() -> None:
    """Of classes and of values; the sentence is about the candidate."""
    made = evaluation(head(outputs(LOGITS, LABELS)), regression_head(LABELS, LABELS + RIGHT))
    result = analyze(made)
    tables = {table.name: table for table in SECTION.tables(result, View())}
    assert [row[0] for row in tables["unseen"].rows] == ["a"]
    assert [row[0] for row in tables["unseen-values"].rows] == ["b"]
    assert tables["unseen"].note.startswith("75 of 300 rows are also in the training data.")
    for candidate, words in (("a", "accuracy "), ("b", "MAE ")):
        said = [one.text for one in SECTION.statements(result, View(decision=Decision(candidate=candidate)))]
        assert (
            sum(one.startswith(f"Without the 75 rows that are also in the training data: {words}") for one in said) == 1
        )
    one = analyze(made, np.arange(N) == 7)
    said = [one.text for one in SECTION.statements(one, View(decision=Decision(candidate="a")))]
    assert any(one.startswith("Without the row that is also in the training data: accuracy ") for one in said)
    notes = [table.note for table in SECTION.tables(one, View()) if table.name == "unseen"]
    assert [note.startswith("1 of 300 rows is also in the training data.") for note in notes] == [True]
