"""Interprets the keys of a training history, by an ordered list of rules: split, metric, output, direction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Split = Literal["train", "validation"]

_VALIDATION = ("val_", "validation_")
_OF_A_TEST = ("test_", "eval_")
_LEARNING_RATES = ("learning_rate", "lr")
_NEUTRAL = (
    *_LEARNING_RATES, "time", "epoch_time", "duration", "momentum", "steps", "count", "samples", "true_positives",
    "true_negatives", "false_positives", "false_negatives", "mean", "sum",
)  # fmt: skip
_UP = (
    "accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy",
    "sparse_top_k_categorical_accuracy", "auc", "precision", "recall", "f1_score", "fbeta_score", "r2_score", "io_u", "iou",
    "binary_io_u", "mean_io_u", "one_hot_io_u", "one_hot_mean_io_u", "cosine_similarity", "precision_at_recall",
    "recall_at_precision", "sensitivity_at_specificity", "specificity_at_sensitivity", "concordance_correlation",
    "pearson_correlation",
)  # fmt: skip
_DOWN = (
    "loss", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence", "kld",
    "poisson", "log_cosh", "logcosh", "mean_squared_error", "mse", "root_mean_squared_error", "rmse", "mean_absolute_error",
    "mae", "mean_absolute_percentage_error", "mape", "mean_squared_logarithmic_error", "msle", "hinge", "squared_hinge",
    "categorical_hinge",
)  # fmt: skip
_WORDS_UP = frozenset(
    ("acc", "accuracy", "auc", "precision", "recall", "f1", "iou", "dice", "r2", "kappa", "score", "sensitivity",
     "specificity", "psnr", "ssim", "bleu", "rouge", "mcc", "ap", "map", "similarity", "correlation")
)  # fmt: skip
_WORDS_DOWN = frozenset(
    ("loss", "error", "mse", "mae", "mape", "rmse", "msle", "crossentropy", "nll", "perplexity", "wer", "cer", "hinge",
     "divergence", "kld", "distance", "ece", "brier")
)  # fmt: skip
_COUNTED = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Key:
    """A key of a history.

    Attributes
    ----------
    key
        As written in the history.
    split
        ``validation`` for a key that starts with ``val_`` (or ``validation_``), else ``train``.
    metric
        Its name without split, output and number: ``accuracy`` for ``val_kind_accuracy_1``.
    head
        The output that it belongs to; None for the whole model.
    higher_is_better
        None where it is unknown.
    neutral
        Whether it does not measure quality: a learning rate, a time.
    rule
        The rule that applied.
    """

    key: str
    split: Split
    metric: str
    head: str | None
    higher_is_better: bool | None
    neutral: bool
    rule: str

    @property
    def is_loss(self) -> bool:
        """Whether it is the loss of the whole model."""
        return self.metric == "loss" and self.head is None

    @property
    def is_learning_rate(self) -> bool:
        """Whether it is the learning rate."""
        return self.metric in _LEARNING_RATES

    @property
    def unknown(self) -> bool:
        """Whether it is unknown which direction is better."""
        return self.higher_is_better is None and not self.neutral


def parse_key(key: str, heads: Sequence[str], declared: Mapping[str, str]) -> Key:
    """Interpret a key.

    Parameters
    ----------
    key
        As written in the history.
    heads
        Names of the outputs of the model.
    declared
        Declared in the spec: a key, without ``val_``, to the name of a Keras metric, ``higher``, ``lower`` or ``ignore``.

    Examples
    --------
    >>> parse_key("val_kind_accuracy", ["kind", "size"], {}).metric, parse_key("top_5_error", [], {}).rule
    ('accuracy', "contains the word 'error'")
    """
    prefix = next((one for one in _VALIDATION if key.startswith(one)), "")
    split: Split = "validation" if prefix else "train"
    own = key.removeprefix(prefix)
    if own in declared:
        return _declared(key, split, own, declared[own])
    if own.startswith(_OF_A_TEST):
        return Key(key, split, own, None, None, neutral=True, rule="test metric, not part of training")
    if _COUNTED.sub("", own) in _NEUTRAL:
        return Key(key, split, own, None, None, neutral=True, rule="not a quality metric")
    for head in (None, *sorted(heads, key=len, reverse=True)):
        found = _in_table(key, split, own, head)
        if found is not None:
            return found
    return _by_suffix(key, split, own) or _by_word(key, split, own)


def _declared(key: str, split: Split, own: str, meaning: str) -> Key:
    rule = "declared in the spec"
    if meaning in {"higher", "lower"}:
        return Key(key, split, own, None, meaning == "higher", neutral=False, rule=rule)
    if meaning == "ignore":
        return Key(key, split, own, None, None, neutral=True, rule=rule)
    return Key(key, split, meaning, None, meaning in _UP, neutral=False, rule=rule)


def is_known(meaning: str) -> bool:
    """Return whether the spec may declare this meaning for a key."""
    return meaning in {"higher", "lower", "ignore", *_UP, *_DOWN}


def _in_table(key: str, split: Split, own: str, head: str | None) -> Key | None:
    if head is not None and not own.startswith(f"{head}_"):
        return None
    name = own if head is None else own.removeprefix(f"{head}_")
    rule = "Keras metric name" if head is None else f"Keras metric name after the output name {head}"
    for metric in (name, _COUNTED.sub("", name), _COUNTED.sub("", name).removeprefix("weighted_")):
        if metric in _UP or metric in _DOWN:
            return Key(key, split, metric, head, metric in _UP, neutral=False, rule=rule)
    return None


def _by_suffix(key: str, split: Split, own: str) -> Key | None:
    """Find the longest Keras metric name at the end of the key."""
    plain = _COUNTED.sub("", own)
    for metric in sorted((*_UP, *_DOWN), key=len, reverse=True):
        if plain.endswith(f"_{metric}"):
            return Key(
                key, split, own, None, metric in _UP, neutral=False, rule=f"ends in the Keras metric name {metric}"
            )
    return None


def _by_word(key: str, split: Split, own: str) -> Key:
    """Look for a known word; the last one decides, so that top_5_error is an error."""
    words = [word for word in re.split(r"[^a-z0-9]+", own.lower()) if word in _WORDS_UP | _WORDS_DOWN]
    if not words:
        return Key(key, split, own, None, None, neutral=False, rule="unknown direction")
    return Key(key, split, own, None, words[-1] in _WORDS_UP, neutral=False, rule=f"contains the word {words[-1]!r}")
