"""Metrics of multilabel, segmentation and sequence labeling outputs as what the rows of the stored counts make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import dense
from reportgen.metrics.pooled import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.analysis.releases.predictions import Columns

    Floats = NDArray[np.float64]
    Counts = tuple[Floats, Floats, Floats]
    """What is right, predicted and labeled: (N, K), or (N,) of all classes together or of one."""
    Ratio = Callable[[Counts], Parts]

LOSSES = {"nll": "nll", "brier_score": "brier"}
"""The columns of the losses, which are sums over what counts in a row."""
UNBOUNDED = frozenset({*LOSSES, "cardinality_bias", "classes_per_row"})
"""Metrics that are not in [0, 1]."""


def of_output(name: str, columns: Columns) -> list[Parts] | None:
    """Return the parts of a metric of a whole output on rows (N,), over several of which it is the mean; None for any other metric."""
    if name in LOSSES:
        return [Parts(columns[LOSSES[name]].astype(np.float64), columns["counted"].astype(np.float64))]
    if name in _OF_ALL or name in _BY_ROW:
        hits, predicted, actual = _counts(columns)
        together = hits.sum(axis=1), predicted.sum(axis=1), actual.sum(axis=1)
        if name in _OF_ALL:
            return [_OF_ALL[name](together, columns["counted"].astype(np.float64))]
        return [_mean_of_rows([_BY_ROW[name](together)])]
    if name in _BY_IMAGE:
        by_class = _of_classes(columns, _BY_IMAGE[name])
        return None if by_class is None else [_mean_of_rows(by_class)]
    stem, ratio = _OVER_CLASSES.get(name, ("", None))
    return None if ratio is None else _of_classes(columns, ratio, stem)


def of_class(name: str, columns: Columns, index: int) -> list[Parts] | None:
    """Return the parts of a metric of a class, as :func:`of_output`."""
    if name not in _OF_CLASS:
        return None
    stem, ratio = _OF_CLASS[name]
    found = _of_classes(columns, ratio, stem)
    return None if found is None else [found[index]]


def linear(parts: Sequence[Parts], weights: Floats) -> tuple[float, Floats] | None:
    """Return the mean of scores over those that exist, and what each row contributes to it (N,); None where none exists."""
    rows = [found[:] for one in parts if (found := one.linear(weights)) is not None]
    if not rows:
        return None
    mean = np.mean(rows, axis=0)
    value = float(np.average(mean, weights=weights))
    return value, weights * (mean - value)


def exact(columns: Columns) -> NDArray[np.bool_]:
    """Return (N,) bool, whether everything that counts in a row is predicted right."""
    hits, predicted, actual = _counts(columns)
    return np.asarray((predicted + actual == 2 * hits).all(axis=1))


def _counts(columns: Columns, stem: str = "") -> Counts:
    hits, predicted, actual = (columns[f"{stem}{name}"].astype(np.float64) for name in ("hits", "predicted", "actual"))
    return hits, predicted, actual


def _of_classes(columns: Columns, ratio: Ratio, stem: str = "") -> list[Parts] | None:
    """Return a ratio of every class; None where there are no such counts."""
    if f"{stem}hits" not in columns:
        return None
    return [ratio(one) for one in zip(*(one.T for one in _counts(columns, stem)), strict=True)]


def _mean_of_rows(by_class: Sequence[Parts]) -> Parts:
    """Return the mean of the scores of the rows, each of them the mean over the classes that the row has; of the rows that have one."""
    values = dense.mean_of_unit(by_class)
    return Parts(np.nan_to_num(values), (~np.isnan(values)).astype(np.float64))


def _precision(counts: Counts) -> Parts:
    return Parts(counts[0], counts[1])


def _recall(counts: Counts) -> Parts:
    return Parts(counts[0], counts[2])


def _f1(counts: Counts) -> Parts:
    return Parts(2 * counts[0], counts[1] + counts[2])


def _iou(counts: Counts) -> Parts:
    return Parts(counts[0], counts[1] + counts[2] - counts[0])


def _accuracy(counts: Counts, counted: Floats) -> Parts:
    return Parts(counts[0], counted)


_OF_ALL: Mapping[str, Callable[[Counts, Floats], Parts]] = {
    "micro_precision": lambda counts, _: _precision(counts),
    "micro_recall": lambda counts, _: _recall(counts),
    "micro_f1": lambda counts, _: _f1(counts),
    "pixel_accuracy": _accuracy,
    "token_accuracy": _accuracy,
    "hamming_loss": lambda counts, counted: Parts(counts[1] + counts[2] - 2 * counts[0], counted),
    "classes_per_row": lambda counts, _: Parts(counts[2], np.ones(len(counts[0]))),
    "cardinality_bias": lambda counts, _: Parts(counts[1] - counts[2], np.ones(len(counts[0]))),
}
_BY_ROW: Mapping[str, Ratio] = {
    "samples_precision": _precision,
    "samples_recall": _recall,
    "samples_f1": _f1,
    "sequence_mean_accuracy": _recall,
}
_BY_IMAGE: Mapping[str, Ratio] = {"image_mean_iou": _iou, "image_mean_dice": _f1}
_OVER_CLASSES: Mapping[str, tuple[str, Ratio | None]] = {
    "macro_precision": ("", _precision),
    "macro_recall": ("", _recall),
    "macro_f1": ("", _f1),
    "mean_iou": ("", _iou),
    "mean_dice": ("", _f1),
    "mean_boundary_iou": ("boundary_", _iou),
}
_OF_CLASS: Mapping[str, tuple[str, Ratio]] = {
    "precision": ("", _precision),
    "recall": ("", _recall),
    "f1": ("", _f1),
    "iou": ("", _iou),
    "dice": ("", _f1),
    "boundary_iou": ("boundary_", _iou),
}
"""What a metric is a ratio of, and the start of the names of the columns with its counts."""
