"""Metrics that are no means of rows: their value on the stored rows, and what each row contributes to it (the delta method)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.analysis.releases import counted
from reportgen.metrics import classification, pooled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.analysis.releases.predictions import Columns

    Floats = NDArray[np.float64]
    Parts = tuple[float, Floats]
    """A value, and the contributions of the rows to it (N,), whose scale does not matter."""


def of_output(name: str, columns: Columns, weights: Floats, n_classes: int, *, binary: bool = False) -> Parts | None:
    """Return a metric of a whole output on rows (N,) of some weights; None for any other metric, or where it has no value.

    ``binary`` is whether the Brier scores are of the positive class, not summed over the classes.
    """
    if "hits" in columns and name in _LABEL_SKILLS:
        return _of_label_skill(name, columns, weights)
    if "hits" in columns:
        return _of_counts(name, counted.of_output("nll" if name == "perplexity" else name, columns), weights)
    if name in _VALUES and "target" in columns:
        return _VALUES[name](columns["value"] - columns["target"], columns["target"], weights)
    if name in _SKILLS and "label" in columns:
        return _of_skill(name, columns, weights, n_classes, summed=1 if binary else 2)
    if name not in _CLASSES or "label" not in columns:
        return None
    labels, predictions = columns["label"], columns["prediction"]
    confusion = classification.weighted_confusion(labels, predictions, n_classes, weights)
    value, contributions = _CLASSES[name]
    return float(value(confusion)), contributions(confusion, labels, predictions, weights).values[:]


def of_class(name: str, columns: Columns, weights: Floats, index: int) -> Parts | None:
    """Return a metric of a class on rows (N,) of some weights; None for any other metric, or where it has no value."""
    if "hits" in columns:
        return _of_counts(name, counted.of_class(name, columns, index), weights)
    if name not in {"precision", "f1"} or "label" not in columns:
        return None
    has, said = (columns[column] == index for column in ("label", "prediction"))
    hits = (has & said).astype(np.float64)
    among = said.astype(np.float64) if name == "precision" else (has.astype(np.float64) + said) / 2
    total = float(weights @ among)
    if total == 0:
        return None
    value = float(weights @ hits) / total
    return value, weights * (hits - value * among)


def _of_counts(name: str, parts: Sequence[pooled.Parts] | None, weights: Floats) -> Parts | None:
    found = None if parts is None else counted.linear(parts, weights)
    return (math.exp(found[0]), found[1]) if found is not None and name == "perplexity" else found


def _of_skill(name: str, columns: Columns, weights: Floats, n_classes: int, summed: int) -> Parts | None:
    """Return the skill against the class frequencies of the same rows, or their most frequent class.

    The constants have the least loss on these rows, so that a small change of the weights does not change their loss by changing them.
    """
    labels, (column, constant) = columns["label"], _SKILLS[name]
    frequencies = np.bincount(labels, weights, n_classes) / weights.sum()
    losses = columns["prediction"] != labels if column is None else columns.get(column)
    if losses is None:
        return None
    with np.errstate(divide="ignore"):
        reference = constant(frequencies)[labels]
    if column == "brier":
        reference = reference * summed / 2
    return _skill(losses.astype(np.float64), reference, weights)


def _of_label_skill(name: str, columns: Columns, weights: Floats) -> Parts | None:
    """Return the skill of several labels against how often each applies, or against whether it mostly does.

    None where a label of a row is not known: it is not stored which.
    """
    applies, (losses, constant) = columns["actual"] > 0, _LABEL_SKILLS[name]
    if (columns["counted"] != applies.shape[1]).any():
        return None
    reference = constant(applies, np.average(applies, axis=0, weights=weights)).sum(axis=1)
    return _skill(losses(columns).astype(np.float64), reference.astype(np.float64), weights)


def _skill(losses: Floats, reference: Floats, weights: Floats) -> Parts | None:
    """Return 1 - mean loss / mean loss of a reference on the same rows (N,); None where the reference is perfect."""
    if not reference.any():
        return None
    share = float((weights @ losses) / (weights @ reference))
    return 1 - share, weights * (share * reference - losses)


def _root_mean_square(errors: Floats, _targets: Floats, weights: Floats) -> Parts:
    squares = errors**2
    mean = float(np.average(squares, weights=weights))
    return mean**0.5, weights * (squares - mean)


def _r_squared(errors: Floats, targets: Floats, weights: Floats) -> Parts | None:
    return _skill(errors**2, (targets - np.average(targets, weights=weights)) ** 2, weights)


_VALUES: Mapping[str, Callable[[Floats, Floats, Floats], Parts | None]] = {
    "rmse": _root_mean_square,
    "r_squared": _r_squared,
}
_CLASSES = {
    "balanced_accuracy": (classification.balanced_accuracy, classification.of_mean_recall),
    "macro_f1": (classification.macro_f1, classification.of_macro_f1),
}
"""The value of a confusion matrix, and the contributions of its rows, by metric."""
_SKILLS: Mapping[str, tuple[str | None, Callable[[Floats], Floats]]] = {
    "accuracy_skill": (None, lambda frequencies: (np.arange(len(frequencies)) != frequencies.argmax()).astype(float)),
    "nll_skill": ("nll", lambda frequencies: -np.log(frequencies)),
    "brier_skill": ("brier", lambda frequencies: 1 + float((frequencies**2).sum()) - 2 * frequencies),
}
"""The column of the losses, None for wrong answers, and the loss of a constant on a row of each class (K,), by metric."""
_LABEL_SKILLS: Mapping[str, tuple[Callable[[Columns], NDArray[Any]], Callable[[Any, Floats], NDArray[Any]]]] = {
    "hamming_skill": (
        lambda columns: (columns["predicted"] != columns["actual"]).sum(axis=1),
        lambda applies, share: applies != (share > 1 / 2),
    ),
    "nll_skill": (lambda columns: columns["nll"], lambda applies, share: -np.log(np.where(applies, share, 1 - share))),
    "brier_skill": (lambda columns: columns["brier"], lambda applies, share: (applies - share) ** 2),
}
"""The losses of the rows (N,), and that of a constant on labels (N, K) that apply to a share (K,) of the rows, by metric."""
