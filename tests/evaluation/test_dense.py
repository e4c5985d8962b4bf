"""Segmentation and sequence labeling in the pass: which rule decides, what labels must be, which positions count, and the sums per unit."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from factory import dense_head, scenes
from hypothesis import given, strategies as st
from oracle import close, load
from sklearn import metrics as sk

from reportgen.contract.records.dense import DenseOutputs, DensePredictions
from reportgen.errors import InputError
from reportgen.evaluation.heads import Output, Reader
from reportgen.evaluation.tasks.base import ContradictionError, HeadEvidence, HeadRows, OutputsError, UndecidedError
from reportgen.evaluation.tasks.dense import Dense, DenseAccumulator
from reportgen.evaluation.tasks.resolve import resolve_outputs, resolve_task
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.models import ModelSpec

LOGITS, LABELS = scenes(12)
TOKENS, TAGS = LOGITS.reshape(12, 64, 3), LABELS.reshape(12, 64)
IMAGE = HeadEvidence(n_outputs=3, axes=2, labels="integers")


def outputs(*given: Any, **options: Any) -> DenseOutputs:
    """Return the record of a head."""
    found = dense_head(*given, **options).outputs
    assert isinstance(found, DenseOutputs)
    return found


# ------------------------------------------------------------------------------------------------ which rule decides


@pytest.mark.parametrize(
    ("evidence", "task", "rule"),
    [
        (
            replace(IMAGE, loss="sparse_categorical_crossentropy", from_logits=True),
            "segmentation",
            "compiled loss sparse",
        ),
        (replace(IMAGE, loss="dice", activation="softmax"), "segmentation", "compiled loss dice"),
        (replace(IMAGE, n_outputs=1, loss="binary_crossentropy"), "segmentation", "2 classes for each position"),
        (replace(IMAGE, activation="softmax"), "segmentation", "last activation softmax"),
        (replace(IMAGE, activation="softmax", axes=1), "sequence_labeling", "1 axis of positions"),
        (replace(IMAGE, activation="sigmoid", n_outputs=1, axes=3), "segmentation", "3 axes of positions"),
        (replace(IMAGE, declared_outputs="logits", axes=1), "sequence_labeling", "outputs declared as logits"),
        (replace(IMAGE, declared_task="segmentation", axes=1), "segmentation", "declared in the spec"),
        (replace(IMAGE, loss="binary_crossentropy", n_outputs=1, labels="floats"), "regression", "fractional labels"),
        (replace(IMAGE, activation="sigmoid"), "multilabel", "last activation sigmoid"),
        (replace(IMAGE, activation="softmax", axes=0), "multiclass", "last activation softmax"),
    ],
)
def test_the_first_rule_that_matches_decides(evidence: HeadEvidence, task: str, rule: str) -> None:
    """Loss, activation, declared outputs; images of an autoencoder are no classes, several sigmoids are no single class."""
    found = resolve_task(evidence)
    assert found.value == task
    assert rule in found.rule


def test_what_is_not_decided_and_what_contradicts() -> None:
    """The outputs decide nothing; a task that does not fit the shape is an error, and so are logits behind a softmax."""
    with pytest.raises(UndecidedError):
        resolve_task(IMAGE)
    with pytest.raises(UndecidedError):
        resolve_outputs(replace(IMAGE, loss="dice"), "segmentation")
    with pytest.raises(ContradictionError, match="last activation is softmax"):
        resolve_outputs(replace(IMAGE, declared_outputs="logits", activation="softmax"), "segmentation")
    for image, task, axes in (
        (IMAGE, "segmentation", "2, 3, 1"),
        (replace(IMAGE, axes=1), "sequence_labeling", "2, 1"),
    ):
        words = (
            rf"softmax is over axis 1 of the output, .* in {task} they must be .* keras\.layers\.Permute\(\({axes}\)\)"
        )
        for evidence in (replace(image, activation="softmax"), replace(image, declared_task=task)):
            with pytest.raises(ContradictionError, match=words):
                resolve_task(replace(evidence, axis=1))
    with pytest.raises(ContradictionError, match=r"the task is segmentation, but the output has shape \(3,\)"):
        Dense().gather("segmentation", HeadRows(4, 3, "logits", (3,)))
    with pytest.raises(ContradictionError, match=r"has shape \(8, 8, 3\), not \(positions, classes\)"):
        Dense().gather("sequence_labeling", HeadRows(4, 3, "logits", (8, 8, 3)))
    assert "300 classes are too many" in str(Dense().not_measured("segmentation", (8, 8, 300)))
    with pytest.raises(InputError, match="has 2 names, but the model has 3 output classes"):
        dense_head(LOGITS, LABELS, ("a", "b"))


# ------------------------------------------------------------------------------------------------ labels and masks


def test_labels_in_several_columns_are_positions() -> None:
    """The columns of a sequence are its positions and name no classes; the columns of one-hot labels do."""
    model: Any = SimpleNamespace(name="tagger", loss_of=lambda *_: None)
    table = DataSpec(path="d.csv", x=("a",), y=("first", "second", "third"))
    reader = Reader(model, ModelSpec(path="tagger.keras"), table, np.arange(12), 0.5)
    tags, kinds = np.arange(36).reshape(12, 3) % 3, np.eye(3, dtype=int)[np.arange(12) % 3]
    found = reader.open(0, Output("tags", (3, 3), "softmax"), tags, None).record
    assert (found.task.value, found.class_names) == ("sequence_labeling", ("0", "1", "2"))
    found = reader.open(0, Output("kind", (3,), "softmax"), kinds, None).record
    assert (found.task.value, found.class_names) == ("multiclass", ("first", "second", "third"))


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (LABELS[:, :4], {}, r"must have a class for each of the 8 × 8 positions of the output, of shape \(12, 8, 8\) \(found shape \(12, 4, 8\)\)"),
        (LABELS[:, 0, 0], {}, r"found shape \(12,\)"),
        (LABELS + 1, {}, r"outside the model's 3 classes 0 to 2 \(the first is 3 in row 0\); if it marks positions that do not count, set data.ignore_label = 3"),
        (LABELS - 1, {}, "set data.ignore_label = -1"),
        (np.where(LABELS == 2, 100 * (1 + LABELS % 2 + (np.arange(8) > 4)), LABELS), {}, r"the first is [12]00 in row 0\)$"),
        (LABELS + 0.5, {}, "the first is 0.5 in row 0"),
        (LABELS.astype(str), {}, "must be class indices for each position"),
        (np.full_like(LABELS, 255), {"ignored": 255}, "leaves no position that counts"),
        (LABELS, {"mask": np.zeros_like(LABELS)}, "leaves no position that counts"),
        (LABELS, {"mask": np.ones((12, 8))}, r"one value for each position of the labels, of shape \(12, 8, 8\) \(found shape \(12, 8\)\)"),
        (np.eye(3)[LABELS] * 0.5, {}, "must have a single 1 for each position"),
    ],
)  # fmt: skip
def test_labels_that_contradict(labels: Any, options: dict[str, Any], message: str) -> None:
    """Each is one sentence with what was found."""
    with pytest.raises(InputError, match=message):
        dense_head(LOGITS, labels, **options)


def test_forms_of_labels_are_the_same() -> None:
    """Indices, with an axis of one, as floats, one-hot."""
    forms = (LABELS, LABELS[..., None], LABELS.astype(float), np.eye(3)[LABELS])
    heads = [dense_head(LOGITS, labels) for labels in forms]
    assert [head.labels.value for head in heads] == ["integers"] * 3 + ["one-hot"]
    first = heads[0].outputs
    assert isinstance(first, DenseOutputs)
    for head in heads[1:]:
        assert isinstance(head.outputs, DenseOutputs)
        np.testing.assert_array_equal(head.outputs.hits, first.hits)
        np.testing.assert_array_equal(head.outputs.nll, first.nll)


def test_which_positions_count_is_recorded() -> None:
    """With the rule; masked and ignored positions are counted apart."""
    labels, mask = LABELS.copy(), np.ones_like(LABELS)
    labels[:, 0], mask[:, :2] = 255, 0
    labels[:, -1] = 255
    head = dense_head(LOGITS, labels, mask=mask, ignored=255)
    assert head.positions is not None
    assert head.positions.value == "where the mask is 1 and where the label is not 255"
    assert isinstance(head.outputs, DenseOutputs)
    assert head.outputs.masked.tolist() == [16] * 12
    assert head.outputs.ignored.tolist() == [8] * 12
    assert head.outputs.counted.tolist() == [40] * 12
    assert dense_head(LOGITS, LABELS).positions.rule == "made by hand"  # type: ignore[union-attr]


@given(st.integers(0, 2**32 - 1))
def test_a_mask_is_a_deletion(seed: int) -> None:
    """Of tokens: the sums are those of the others alone, whatever is there; with an ignored label too."""
    generator = np.random.default_rng(seed)
    mask = generator.random(TAGS.shape) < 0.6
    mask[:, 0] = True
    poisoned, labels = TOKENS.copy(), TAGS.copy()
    poisoned[~mask], labels[~mask] = np.nan, -7
    for options in ({"mask": mask}, {"ignored": -7}):
        found = outputs(poisoned, labels, **options)
        for row, kept in enumerate(mask):
            alone = outputs(TOKENS[row : row + 1, kept], TAGS[row : row + 1, kept])
            np.testing.assert_array_equal(found.hits[row], alone.hits[0])
            np.testing.assert_allclose([found.nll[row], found.brier[row]], [alone.nll[0], alone.brier[0]], rtol=1e-12)


# ------------------------------------------------------------------------------------------------ outputs


def test_the_oracles() -> None:
    """Accuracy, mean IoU, counts and perplexity of independent libraries; padding that counted would give other numbers."""
    seg, seq = load("seg"), load("seq")
    images = outputs(seg["logits"], seg["y"], ignored=int(seg["ignore"]))
    union = images.actual.sum(axis=0) + images.predicted.sum(axis=0) - images.hits.sum(axis=0)
    assert images.counted.sum() == 5376
    assert close(images.counted.sum(), "seg/n_valid_pixels")
    assert close(images.right.sum() / images.counted.sum(), "seg/pixel_accuracy/sklearn")
    assert close((images.hits.sum(axis=0) / union).mean(), "seg/miou/sklearn")
    tokens = outputs(seq["logits"], seq["y"], mask=seq["mask"])
    assert close(tokens.right.sum() / tokens.counted.sum(), "seq/token_accuracy_masked/sklearn")
    assert close(np.exp(tokens.nll.sum() / tokens.counted.sum()), "seq/perplexity_masked")
    whole = outputs(seq["logits"], seq["y"])
    assert not close(whole.right.sum() / whole.counted.sum(), "seq/token_accuracy_masked/sklearn")


@given(st.integers(0, 2**32 - 1))
def test_sums_are_those_of_scikit_learn(seed: int) -> None:
    """Image by image: counts of each class, log loss, confusion; logits and probabilities alike."""
    logits, labels = scenes(3, seed=seed)
    p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    for found in (outputs(logits, labels), outputs(p, labels, kind="probabilities")):
        assert (
            found.confusion == sk.confusion_matrix(labels.ravel(), p.argmax(axis=-1).ravel(), labels=range(3))
        ).all()
        for row in range(3):
            y, called = labels[row].ravel(), p[row].argmax(axis=-1).ravel()
            assert found.actual[row].tolist() == np.bincount(y, minlength=3).tolist()
            assert found.predicted[row].tolist() == np.bincount(called, minlength=3).tolist()
            assert found.right[row] == sk.accuracy_score(y, called, normalize=False)
            assert found.nll[row] == pytest.approx(
                sk.log_loss(y, p[row].reshape(-1, 3), labels=range(3), normalize=False)
            )
            one_hot = np.eye(3)[y]
            assert found.brier[row] == pytest.approx(((p[row].reshape(-1, 3) - one_hot) ** 2).sum())


def test_one_sigmoid_has_two_classes() -> None:
    """As logits and as probabilities, with the threshold of the report."""
    z, y = LOGITS[..., 1:2] - LOGITS[..., :1], (LABELS > 0).astype(int)
    p = 1 / (1 + np.exp(-z))
    found = outputs(z, y, threshold=0.8)
    np.testing.assert_array_equal(found.hits, outputs(p, y, kind="probabilities", threshold=0.8).hits)
    assert found.predicted[:, 1].sum() == (p > 0.8).sum()
    assert outputs(z, y).predicted[:, 1].sum() == (p > 0.5).sum()


def test_outputs_that_are_no_probabilities_or_not_finite() -> None:
    """At positions that count; a probability of 0 for the label is clipped, and counted."""
    with pytest.raises(OutputsError, match="range from"):
        dense_head(LOGITS, LABELS, kind="probabilities")
    with pytest.raises(OutputsError, match="a row sums to"):
        dense_head(np.full_like(LOGITS, 0.2), LABELS, kind="probabilities")
    accumulator = Dense().gather("segmentation", HeadRows(12, 3, "logits", LOGITS.shape[1:], LABELS)).accumulator
    broken = LOGITS.copy()
    broken[5, 0, 0, 0] = np.inf
    accumulator.add(broken, np.arange(12))
    assert (accumulator.gathered.not_finite, accumulator.gathered.first_not_finite) == (1, 5)
    sure = np.eye(3)[np.where(np.arange(8) == 0, 1, LABELS)]
    clipped = outputs(sure, LABELS, kind="probabilities").clipped
    assert clipped is not None
    assert clipped.tolist() == (LABELS[:, :, 0] != 1).sum(axis=1).tolist()


def test_batches_and_layer_masks_make_no_difference() -> None:
    """The sums are the same in batches of any size; a mask of the model's layers counts as one of the data."""
    mask = np.random.default_rng(0).random(TAGS.shape) < 0.5
    wanted = outputs(TOKENS, TAGS, mask=mask)
    accumulator = Dense().gather("sequence_labeling", HeadRows(12, 3, "logits", TOKENS.shape[1:], TAGS)).accumulator
    assert isinstance(accumulator, DenseAccumulator)
    for place in range(12):
        accumulator.add(TOKENS[place : place + 1], np.array([place]), mask[place : place + 1])
    found = accumulator.result()
    assert isinstance(found, DenseOutputs)
    for name in ("hits", "nll", "masked", "confusion"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    empty = Dense().gather("sequence_labeling", HeadRows(12, 3, "logits", TOKENS.shape[1:], TAGS)).accumulator
    assert isinstance(empty, DenseAccumulator)
    empty.add(TOKENS, np.arange(12), np.zeros_like(mask))
    with pytest.raises(InputError, match="the mask of the model's layers is 0 everywhere"):
        empty.result()


def test_sizes_that_the_model_leaves_open() -> None:
    """Are those of the labels; outputs of another size are an error; without labels any size is."""
    rows = HeadRows(12, 3, "logits", (None, None, 3), LABELS)
    gathering = Dense().gather("segmentation", rows)
    gathering.accumulator.add(LOGITS, np.arange(12))
    with pytest.raises(InputError, match="has labels of 8 × 8 positions, but the output has 4 × 4"):
        gathering.accumulator.add(LOGITS[:, ::2, ::2], np.arange(12))
    assert gathering.at_once == 2**22 // LOGITS[0].size
    unlabeled = dense_head(LOGITS)
    assert isinstance(unlabeled.outputs, DensePredictions)
    assert not unlabeled.outputs.labeled
    assert unlabeled.outputs.predicted.sum() == LABELS.size
