"""Metrics that are no means of rows: their value on the stored rows, and what each row contributes to it (the delta method)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

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


def of_output(name: str, columns: Columns, weights: Floats, n_classes: int) -> Parts | None:
    """Return a metric of a whole output on rows (N,) of some weights; None for any other metric, or where it has no value."""
    if "hits" in columns:
        return _of_counts(name, counted.of_output("nll" if name == "perplexity" else name, columns), weights)
    if name in _VALUES and "target" in columns:
        return _VALUES[name](columns["value"] - columns["target"], columns["target"], weights)
    if name not in _CLASSES or "label" not in columns:
        return None
    labels, predictions = columns["label"], columns["prediction"]
    confusion = classification.weighted_confusion(labels, predictions, n_classes, weights)
    value, contributions = _CLASSES[name]
    return float(value(confusion)), contributions(confusion, labels, predictions, weights).values


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


def _root_mean_square(errors: Floats, _targets: Floats, weights: Floats) -> Parts:
    squares = errors**2
    mean = float(np.average(squares, weights=weights))
    return mean**0.5, weights * (squares - mean)


def _r_squared(errors: Floats, targets: Floats, weights: Floats) -> Parts | None:
    center = np.average(targets, weights=weights)
    spread = (targets - center) ** 2
    if not spread.any():
        return None
    share = float((weights @ errors**2) / (weights @ spread))
    return 1 - share, weights * (share * spread - errors**2)


_VALUES: Mapping[str, Callable[[Floats, Floats, Floats], Parts | None]] = {
    "rmse": _root_mean_square,
    "r_squared": _r_squared,
}
_CLASSES = {
    "balanced_accuracy": (classification.balanced_accuracy, classification.of_mean_recall),
    "macro_f1": (classification.macro_f1, classification.of_macro_f1),
}
"""The value of a confusion matrix, and the contributions of its rows, by metric."""
