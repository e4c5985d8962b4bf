"""Segmentation and sequence labeling: a class for every pixel of an image, or for every token of a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.dense import DenseOutputs, DensePredictions
from reportgen.contract.records.heads import Decision
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import Accumulator, ContradictionError, Gathering, Task, type_of_probabilities
from reportgen.evaluation.tasks.classification import (
    CLASS_LOSSES,
    DEFAULT_THRESHOLD,
    SIGMOID_LOSSES,
    both_classes,
    default_names,
    log_probabilities,
    probabilities,
)
from reportgen.evaluation.tasks.position_labels import PositionLabels
from reportgen.metrics import dense, scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.evaluation.tasks.base import HeadEvidence, HeadRows

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_CLASSES = 256
"""Classes of a head that are measured one by one. Convention."""
_LOSSES = CLASS_LOSSES | {"dice", "tversky"}
_BATCH = 2**22
"""Outputs of a batch: 16 MB in float32; what the layers before them need grows with it."""
_AT_ONCE = 2**20
"""Outputs whose logarithms are taken at once: 8 MB in float64."""
_BINARY = 2
_OF_ROWS = {"nll": np.float64, "brier": np.float64, "masked": np.int64, "ignored": np.int64, "clipped": np.int64}
"""What is gathered of a row beside the counts of its classes."""
_OF_BINS = {"bin_counted": np.int64, "bin_right": np.int64, "bin_confidence": np.float64}
"""And for each bin of the confidence, where there are labels."""


class Dense(Task):
    """Exactly one class for every position of a row."""

    names = ("segmentation", "sequence_labeling")

    def of_loss(self, evidence: HeadEvidence) -> Decision | None:
        """Match a loss over classes for outputs with positions, or one sigmoid under a sigmoid loss unless the labels are fractional."""
        sigmoid = evidence.loss in SIGMOID_LOSSES and evidence.n_outputs == 1 and evidence.labels != "floats"
        if evidence.axes and (evidence.loss in _LOSSES or sigmoid):
            return _by_axes(evidence, f"compiled loss {evidence.loss}")
        return None

    def of_activation(self, evidence: HeadEvidence) -> Decision | None:
        """Match a softmax, its logarithm, or one sigmoid unless the labels are fractional, for outputs with positions."""
        sigmoid = evidence.activation == "sigmoid" and evidence.n_outputs == 1 and evidence.labels != "floats"
        if evidence.axes and (evidence.activation in {"softmax", "log_softmax"} or sigmoid):
            return _by_axes(evidence, f"last activation {evidence.activation}")
        return None

    def of_outputs(self, evidence: HeadEvidence) -> Decision | None:
        """Match outputs with positions that are declared as logits or probabilities."""
        if evidence.axes and evidence.declared_outputs in {"logits", "probabilities"}:
            return _by_axes(evidence, f"outputs declared as {evidence.declared_outputs}")
        return None

    def output_type(self, evidence: HeadEvidence) -> Decision:
        """Return probabilities or logits."""
        return type_of_probabilities(evidence)

    def link(self, n_outputs: int) -> str | None:
        """Return the softmax, or the sigmoid of a single output."""
        return "softmax" if n_outputs > 1 else "sigmoid"

    def not_measured(self, _task: str, shape: tuple[Any, ...]) -> str | None:
        """Reject more classes than can be measured one by one."""
        if shape and shape[-1] > MOST_CLASSES:
            return f"{shape[-1]:,} classes are too many to measure each of them (at most {MOST_CLASSES})"
        return None

    def gather(self, task: str, rows: HeadRows) -> Gathering:
        """Count right and wrong positions per row; the labels are a class for each position."""
        places = rows.shape[:-1]
        if not places or (task == "sequence_labeling" and len(places) > 1):
            wanted = "(positions, classes)" if task == "sequence_labeling" else "(height, width, classes)"
            found = rows.shape or (1,)
            raise ContradictionError(f"the task is {task}, but the output has shape {found}, not {wanted}")
        n_classes = max(rows.n_outputs, _BINARY)
        if rows.class_names is not None and len(rows.class_names) != n_classes:
            message = f"has {len(rows.class_names)} names, but the model has {n_classes} output classes"
            raise InputError(("data", "class_names"), "", message)
        labels = None if rows.labels is None else PositionLabels.of(rows, n_classes)
        accumulator = DenseAccumulator(rows, labels, n_classes, boundaries=task == "segmentation")
        rule = Decision("none", "no labels") if labels is None else labels.encoding
        shape = rows.shape if labels is None else (*labels.shape, n_classes)
        size = int(np.prod([side or 1 for side in shape]))
        names = rows.class_names or default_names(n_classes)
        which = Decision("all", "no labels") if labels is None else labels.which
        return Gathering(rule, names, accumulator, which, max(_BATCH // size, 1))


def _by_axes(evidence: HeadEvidence, rule: str) -> Decision:
    """Decide between both tasks: one axis of positions is a sequence, several are an image or a volume."""
    task = "sequence_labeling" if evidence.axes == 1 else "segmentation"
    axes = "1 axis" if evidence.axes == 1 else f"{evidence.axes} axes"
    return Decision(task, f"{rule}, {max(evidence.n_outputs, _BINARY)} classes for each position, {axes} of positions")


class DenseAccumulator(Accumulator):
    """Fills the record of a segmentation or sequence labeling head, one batch after the other: sums per row, nothing per position.

    Parameters
    ----------
    rows
        The number of rows, the type of the outputs: ``logits`` or ``probabilities``, and the threshold of a single sigmoid.
    labels
        Of all rows; None without labels.
    n_classes
        Number of classes.
    boundaries
        Whether positions along boundaries are counted apart.
    """

    def __init__(self, rows: HeadRows, labels: PositionLabels | None, n_classes: int, *, boundaries: bool) -> None:
        super().__init__(rows)
        self._rows, self._labels, self._n_classes = rows, labels, n_classes
        self._boundaries = boundaries and labels is not None
        names = ["predicted", "actual", "hits"]
        names += ["boundary_hits", "boundary_predicted", "boundary_actual"] if self._boundaries else []
        for name in names:
            self.gathered.column(name, np.int64, n_classes)
        for name, dtype in _OF_ROWS.items():
            self.gathered.column(name, dtype)
        bins = {} if labels is None else _OF_BINS
        for name, dtype in bins.items():
            self.gathered.column(name, dtype, dense.BINS)
        self._names = (*names, *_OF_ROWS, *bins)
        self._confusion = self.gathered.count("confusion", n_classes, n_classes)

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64], mask: Flags | None = None) -> None:
        """Add the outputs (batch, ..., n_classes) of some rows (batch,); with (batch, ..., 1) for one sigmoid.

        ``mask`` (batch, ...) is that of the model's layers, None if they have none.

        Raises
        ------
        OutputsError
            The values are not probabilities.
        InputError
            The labels have other positions than the outputs.
        """
        step = max(_AT_ONCE // max(int(np.prod(outputs.shape[1:])), 1), 1)
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            self._add(outputs[part], rows[part], None if mask is None else mask[part])

    def _add(self, outputs: NDArray[Any], rows: NDArray[np.int64], mask: Flags | None) -> None:
        places = outputs.shape[:-1]
        counted = np.ones(places, np.bool_) if mask is None else mask
        if self._labels is not None:
            labels, counted, ignored = self._labels.take(rows, counted)
            self.gathered.put("ignored", rows, ignored)
            sizes = counted.reshape(len(rows), -1).sum(axis=1)
            self.gathered.put("masked", rows, int(np.prod(places[1:])) - sizes - ignored)
        chosen = dense.chosen(outputs, counted)
        if not self._all_finite(chosen, counted, rows) or not len(chosen):
            return
        logits, p = self._read(chosen)
        classes = np.zeros(places, np.int64)
        classes[counted] = self._classes(logits, p)
        self.gathered.put("predicted", rows, dense.per_unit(classes, counted, self._n_classes))
        if self._labels is not None:
            self._compare(labels, classes, counted, rows)
            chosen_labels, chosen_classes = (dense.chosen(one, counted) for one in (labels, classes))
            highest = self._score(chosen_labels, logits, p, counted, rows)
            if not self._most_probable:
                highest = np.where(logits.argmax(axis=1) == chosen_classes, highest, 1 - highest)
            binned = dense.binned(highest, chosen_labels == chosen_classes, counted)
            for name, values in zip(_OF_BINS, binned, strict=True):
                self.gathered.put(name, rows, values)

    def _read(self, chosen: NDArray[Any]) -> tuple[NDArray[Any], Floats | None]:
        """Return the logits of positions (M, n_classes), and their probabilities if the outputs are these."""
        if self._rows.output_type == "logits":
            return both_classes(chosen), None
        p = probabilities(chosen)
        return log_probabilities(p, chosen.dtype), p

    @property
    def _most_probable(self) -> bool:
        """Whether the predicted class is the most probable one, and not what a threshold says of two."""
        return self._n_classes > _BINARY or self._rows.threshold == DEFAULT_THRESHOLD

    def _classes(self, logits: NDArray[Any], p: Floats | None) -> Ints:
        """Return the predicted classes (M,): the most probable one, or with one sigmoid what the threshold says."""
        if self._most_probable:
            return logits.argmax(axis=1)
        positive = np.exp(scores.log_softmax(logits))[:, 1] if p is None else p[:, 1]
        return (positive > self._rows.threshold).astype(np.int64)

    def _compare(self, labels: Ints, classes: Ints, counted: Flags, rows: NDArray[np.int64]) -> None:
        n, right = self._n_classes, counted & (labels == classes)
        self.gathered.put("actual", rows, dense.per_unit(labels, counted, n))
        self.gathered.put("hits", rows, dense.per_unit(labels, right, n))
        pairs = dense.chosen(labels * n + classes, counted)
        self._confusion += np.bincount(pairs, minlength=n * n).reshape(n, n)
        if self._boundaries:
            true, called = dense.boundary(labels, counted), dense.boundary(classes, counted)
            self.gathered.put("boundary_hits", rows, dense.per_unit(labels, true & called & right, n))
            self.gathered.put("boundary_actual", rows, dense.per_unit(labels, true, n))
            self.gathered.put("boundary_predicted", rows, dense.per_unit(classes, called, n))

    def _score(
        self, labels: Ints, logits: NDArray[Any], p: Floats | None, counted: Flags, rows: NDArray[np.int64]
    ) -> Floats:
        """Sum the losses of positions (M,), and return their highest probabilities."""
        nll, brier, highest = dense.losses(logits, labels)
        for name, values in (("nll", nll), ("brier", brier)):
            self.gathered.put(name, rows, dense.sums_per_unit(values, counted))
        if p is not None:
            clipped = (p[np.arange(len(p)), labels] <= 0).astype(np.float64)
            self.gathered.put("clipped", rows, dense.sums_per_unit(clipped, counted).astype(np.int64))
        return highest

    def result(self) -> DensePredictions:
        """Return the record; with labels if there are any."""
        if self._labels is None:
            return DensePredictions(self.gathered.entries("predicted"))
        if not self.gathered.entries("actual").any():
            message = "has no label of a position that counts: the mask of the model's layers is 0 everywhere else"
            raise InputError(self._rows.location, self._rows.file, message)
        rest: dict[str, Any] = {name: self.gathered.entries(name) for name in self._names}
        if self._rows.output_type == "logits":
            rest["clipped"] = None
        return DenseOutputs(**rest, confusion=self._confusion)

    def _all_finite(self, chosen: NDArray[Any], counted: Flags, rows: NDArray[np.int64]) -> bool:
        """Note rows with NaN or infinite outputs at positions that count."""
        finite = np.isfinite(chosen)
        if finite.all():
            return self.gathered.not_finite == 0
        wrong = dense.sums_per_unit((~finite.all(axis=1)).astype(np.float64), counted)
        return self.gathered.note(rows[wrong > 0])
