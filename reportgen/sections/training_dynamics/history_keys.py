"""What the keys of a training history mean: split, metric, output, direction. An ordered list of rules decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Split = Literal["train", "validation"]

VALIDATION = "val_"
_LEARNING_RATES = ("learning_rate", "lr")
_NEUTRAL = (*_LEARNING_RATES, "time", "epoch_time", "duration", "momentum", "steps", "count", "samples")
_UP = (
    "accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy",
    "sparse_top_k_categorical_accuracy", "auc", "precision", "recall", "f1_score", "fbeta_score", "r2_score", "iou",
    "binary_io_u", "mean_io_u", "one_hot_io_u", "one_hot_mean_io_u", "cosine_similarity", "precision_at_recall",
    "recall_at_precision", "sensitivity_at_specificity", "specificity_at_sensitivity", "true_positives", "true_negatives",
    "concordance_correlation", "pearson_correlation",
)  # fmt: skip
_DOWN = (
    "loss", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence", "poisson",
    "log_cosh", "logcosh", "mean_squared_error", "mse", "root_mean_squared_error", "rmse", "mean_absolute_error", "mae",
    "mean_absolute_percentage_error", "mape", "mean_squared_logarithmic_error", "msle", "hinge", "squared_hinge",
    "categorical_hinge", "false_positives", "false_negatives",
)  # fmt: skip
_WORDS = re.compile(
    r"(?P<down>loss|error|mse|mae|mape|rmse|msle|crossentropy|nll|perplexity|wer|cer|hinge|divergence|distance|ece|brier)"
    r"|(?P<up>acc|auc|precision|recall|f1|iou|dice|r2|kappa|score|sensitivity|specificity|psnr|ssim|bleu|top_?\d*k?)"
)
_COUNTED = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Key:
    """A key of a history.

    Attributes
    ----------
    key
        As it stands in the history.
    split
        A key that begins with ``val_`` is of the validation set, and no other.
    metric
        Its name without split, output and number: ``accuracy`` of ``val_kind_accuracy_1``.
    head
        The output that it is of, None for the whole model.
    higher_is_better
        None where no rule tells.
    neutral
        It measures no quality: a learning rate, a time.
    rule
        Which rule decided.
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
        """The loss of the whole model."""
        return self.metric == "loss" and self.head is None

    @property
    def is_learning_rate(self) -> bool:
        """The learning rate."""
        return self.metric in _LEARNING_RATES

    @property
    def unknown(self) -> bool:
        """No rule tells which end is better."""
        return self.higher_is_better is None and not self.neutral


def understand(key: str, heads: Sequence[str], declared: Mapping[str, str]) -> Key:
    """Decide what a key means.

    Parameters
    ----------
    key
        As it stands in the history.
    heads
        Names of the model's outputs.
    declared
        The spec's own words: a key, without ``val_``, to the name of a Keras metric, ``higher``, ``lower`` or ``ignore``.

    Examples
    --------
    >>> understand("val_kind_accuracy", ["kind", "size"], {}).metric, understand("val_lossy", [], {}).rule
    ('accuracy', "the word 'loss' in it")
    """
    split: Split = "validation" if key.startswith(VALIDATION) else "train"
    own = key.removeprefix(VALIDATION)
    if own in declared:
        return _declared(key, split, own, declared[own])
    if own in _NEUTRAL:
        return Key(key, split, own, None, None, neutral=True, rule="measures no quality")
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
    """Tell whether a word may stand for a key's meaning in the spec."""
    return meaning in {"higher", "lower", "ignore", *_UP, *_DOWN}


def _in_table(key: str, split: Split, own: str, head: str | None) -> Key | None:
    if head is not None and not own.startswith(f"{head}_"):
        return None
    name = own if head is None else own.removeprefix(f"{head}_")
    rule = "Keras' name" if head is None else f"Keras' name after the output's, {head}"
    for metric in (name, _COUNTED.sub("", name), _COUNTED.sub("", name).removeprefix("weighted_")):
        if metric in _UP or metric in _DOWN:
            return Key(key, split, metric, head, metric in _UP, neutral=False, rule=rule)
    return None


def _by_suffix(key: str, split: Split, own: str) -> Key | None:
    """Find the longest Keras name at the end; what stands before it is taken for an output."""
    plain = _COUNTED.sub("", own)
    for metric in sorted((*_UP, *_DOWN), key=len, reverse=True):
        if plain.endswith(f"_{metric}"):
            head = plain.removesuffix(f"_{metric}")
            return Key(key, split, metric, head, metric in _UP, neutral=False, rule=f"ends in Keras' name {metric}")
    return None


def _by_word(key: str, split: Split, own: str) -> Key:
    """Look for a telling word; the last one decides, so that a top_5_error is an error."""
    words = list(_WORDS.finditer(own.lower()))
    if not words:
        return Key(key, split, own, None, None, neutral=False, rule="no rule tells which end is better")
    last = words[-1]
    return Key(key, split, own, None, last.lastgroup == "up", neutral=False, rule=f"the word {last.group()!r} in it")
