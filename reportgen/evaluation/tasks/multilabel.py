"""Multilabel heads: several sigmoids, so that any number of classes applies to a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.heads import Decision
from reportgen.contract.records.multilabel import MultilabelOutputs, MultilabelPredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import (
    Accumulator,
    ContradictionError,
    Gathering,
    OutputsError,
    Task,
    number_of,
    shape_not_measured,
    type_of_probabilities,
)
from reportgen.evaluation.tasks.classification import OUTPUT_TOLERANCE, SIGMOID_LOSSES, default_names
from reportgen.inputs.labels import kind_of
from reportgen.metrics.mapped import rows_last
from reportgen.metrics.spans import number, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.evaluation.tasks.base import HeadEvidence, HeadRows

MOST_CLASSES = 512
"""Classes of a head that are measured one by one. Convention."""
UNKNOWN = -1
"""The label of a class that is not known."""


class Multilabel(Task):
    """Any number of several classes."""

    names = ("multilabel",)

    def of_loss(self, evidence: HeadEvidence) -> Decision | None:
        """Match several outputs under a sigmoid loss."""
        if evidence.loss in SIGMOID_LOSSES and evidence.n_outputs > 1:
            return Decision("multilabel", f"compiled loss {evidence.loss}, {evidence.size}")
        return None

    def of_activation(self, evidence: HeadEvidence) -> Decision | None:
        """Match several sigmoids, unless the labels are fractional."""
        if evidence.activation == "sigmoid" and evidence.labels != "floats" and evidence.n_outputs > 1:
            return Decision("multilabel", f"last activation sigmoid, {evidence.size}")
        return None

    def output_type(self, evidence: HeadEvidence) -> Decision:
        """Return probabilities or logits; a loss for several sigmoids contradicts a softmax, whose classes exclude each other."""
        if evidence.activation == "softmax" and evidence.declared_task == "auto":
            raise ContradictionError(
                f"the compiled loss {evidence.loss} is for classes that apply independently, but the last activation is softmax: "
                'set task = "multiclass" or "multilabel"'
            )
        return type_of_probabilities(evidence)

    def link(self, _n_outputs: int) -> str | None:
        """Return the sigmoid."""
        return "sigmoid"

    def not_measured(self, task: str, shape: tuple[Any, ...]) -> str | None:
        """Reject further axes, a single output, and more classes than can be measured one by one."""
        if len(shape) > 1:
            return shape_not_measured(task, shape)
        n_classes = int(shape[0]) if shape else 1
        if n_classes == 1:
            return 'a single output has one class: set task = "binary"'
        if n_classes > MOST_CLASSES:
            return f"{n_classes:,} classes are too many to measure each of them (at most {MOST_CLASSES})"
        return None

    def gather(self, _task: str, rows: HeadRows) -> Gathering:
        """Encode the labels as 0 or 1 for each class, and collect the logits."""
        if rows.class_names is not None and len(rows.class_names) != rows.n_outputs:
            message = f"has {len(rows.class_names)} names, but the model has {rows.n_outputs} output classes"
            raise InputError(("data", "class_names"), "", message)
        labels = (
            None if rows.labels is None else encode(rows.labels, rows.n_outputs, rows.location, rows.file, rows.numbers)
        )
        names = rows.class_names or default_names(rows.n_outputs)
        rule = Decision("none", "no labels") if labels is None else labels.encoding
        return Gathering(rule, names, MultilabelAccumulator(rows, labels))


# ------------------------------------------------------------------------------------------------ labels


@dataclass(frozen=True)
class Labels:
    """Whether each class applies (N, n_classes) bool, False where it is not known, and whether it is known (N, n_classes) bool."""

    applies: NDArray[np.bool_]
    known: NDArray[np.bool_]
    encoding: Decision


def encode(
    y: NDArray[Any],
    n_classes: int,
    location: tuple[str | int, ...],
    file: str,
    numbers: NDArray[np.int64] | None = None,
) -> Labels:
    """Read labels as 0 or 1 for each class.

    Parameters
    ----------
    y
        (N, n_classes): 1 where the class applies, 0 where it does not, -1 where that is not known.
    n_classes
        Number of classes of the head.
    location, file
        Named in errors.
    numbers
        (N,) positions of the rows in the data, named there too; None if they are those of ``y``.

    Raises
    ------
    InputError
        Labels of another shape, or with other values.
    """
    shape = f"0 or 1 for each of the {n_classes} classes, of shape ({len(y):,}, {n_classes})"
    if kind_of(y) != "rows":
        message = (
            f"must be {shape}, because the head is multilabel (found {kind_of(y)} of shape {y.shape}); if exactly one class applies to "
            'each row, set task = "multiclass"'
        )
        raise InputError(location, file, message)
    if y.shape[1] != n_classes:
        raise InputError(location, file, f"has {y.shape[1]} columns, but the model has {n_classes} output classes")
    applies, known = (rows_last(len(y), (n_classes,), np.bool_) for _ in range(2))
    other, empty = [], []
    for span in spans(len(y)):
        given = y[span]
        applies[span], known[span] = given == 1, given != UNKNOWN
        other.append(span.start + np.flatnonzero((known[span] & ~applies[span] & (given != 0)).any(axis=1)))
        empty.append(span.start + np.flatnonzero(~known[span].any(axis=1)))
    wrong, unlabeled = (np.concatenate([np.empty(0, np.int64), *found]) for found in (other, empty))
    if len(wrong):
        row = y[wrong[0]]
        value = row[(row != UNKNOWN) & (row != 0) & (row != 1)][0]
        message = (
            f"must be {shape}, or -1 where it is not known: {len(wrong):,} rows have other values (the first is "
            f"{value:g} in row {number_of(wrong[0], numbers)})"
        )
        raise InputError(location, file, message)
    if len(unlabeled):
        message = (
            f"has {len(unlabeled):,} rows of which no label is known (the first is row "
            f"{number_of(unlabeled[0], numbers)}): leave them out"
        )
        raise InputError(location, file, message)
    return Labels(applies, known, Decision("0 or 1 for each class", _rule(applies, known)))


def _rule(applies: NDArray[np.bool_], known: NDArray[np.bool_]) -> str:
    """Return what the labels show beside their encoding: labels that are not known, and classes that exclude each other."""
    unknown = known.size - number(known)
    if unknown:
        return f"{unknown:,} of {known.size:,} labels are not known"
    if all(bool((applies[span].sum(axis=1) == 1).all()) for span in spans(len(applies))):
        return "exactly one class applies to every row"
    return f"{number(applies) / len(applies):.3g} classes apply to a row on average"


# ------------------------------------------------------------------------------------------------ outputs


class MultilabelAccumulator(Accumulator):
    """Fills the record of a multilabel head, one batch after the other.

    Parameters
    ----------
    rows
        The number of rows and outputs, and their type: ``logits`` or ``probabilities``.
    labels
        Of all rows; None without labels.
    """

    def __init__(self, rows: HeadRows, labels: Labels | None) -> None:
        super().__init__(rows)
        self._kind, self._threshold, self._labels = rows.output_type, rows.threshold, labels
        kind = np.float32 if self._kind == "logits" else np.float64
        self.gathered.column("logits", kind, rows.n_outputs, rows_last=True)
        self._clipped = self.gathered.count("clipped")

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Add the outputs (batch, n_classes) of some rows (batch,).

        Raises
        ------
        OutputsError
            The values are not probabilities.
        """
        if self.gathered.note(rows[~np.isfinite(outputs).all(axis=1)]):
            self.gathered.put("logits", rows, outputs if self._kind == "logits" else self._log_odds(outputs, rows))

    def result(self) -> MultilabelPredictions:
        """Return the record; with labels if there are any."""
        logits = self.gathered.entries("logits")
        if self._labels is None:
            return MultilabelPredictions(logits, self._threshold)
        clipped = None if self._kind == "logits" else int(self._clipped) / max(number(self._labels.known), 1)
        return MultilabelOutputs(logits, self._threshold, self._labels.applies, self._labels.known, clipped)

    def _log_odds(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        tolerance = OUTPUT_TOLERANCE.get(outputs.dtype.itemsize, 1e-3)
        low, high = float(outputs.min()), float(outputs.max())
        if low < -tolerance or high > 1 + tolerance:
            message = f"they range from {low:.4g} to {high:.4g}"
            raise OutputsError(message)
        p = np.clip(outputs, 0, 1).astype(np.float64)
        if self._labels is not None:
            applies, known = self._labels.applies[rows], self._labels.known[rows]
            self._clipped += (known & (np.where(applies, p, 1 - p) <= 0)).sum()
        tiny = float(np.finfo(outputs.dtype if outputs.dtype.kind == "f" else np.float64).tiny)
        found: NDArray[np.float64] = np.log(np.maximum(p, tiny)) - np.log(np.maximum(1 - p, tiny))
        return found
