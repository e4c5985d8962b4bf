"""Multiclass and binary heads: evidence, class labels and the accumulator. A binary head has two classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.classification import (
    HISTOGRAM_CELLS,
    ClassHistogram,
    ClassificationOutputs,
    ClassPredictions,
    histogram_cells,
)
from reportgen.contract.records.heads import Decision
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
from reportgen.inputs.labels import kind_of
from reportgen.metrics import scores
from reportgen.metrics.mapped import as_type, filled, numbers
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.evaluation.tasks.base import HeadEvidence, HeadRows

CLASS_LOSSES = frozenset(
    {
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_generalized_cross_entropy",
    }
)
"""Losses for classes that exclude each other."""
SIGMOID_LOSSES = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
"""Losses for one or several sigmoids."""
DEFAULT_THRESHOLD = 0.5
"""The threshold at which the positive class is also the more probable one."""
KEEP_LIMIT = 20_000_000
"""Maximum number of logits that are kept (80 MB in float32)."""
SAMPLE_ROWS = 20_000
_PREDICTED = {"predictions": np.int32, "confidence": np.float64, "entropy": np.float64, "log_normalizer": np.float64}
"""What is gathered of every row."""
_COMPARED = {"nll": np.float64, "brier": np.float64, "rank": np.int32, "ties": np.int32}
"""And of one with a label."""
_LABEL_TOLERANCE = 1e-3
OUTPUT_TOLERANCE = {2: 2e-2, 4: 1e-3, 8: 1e-3}
"""Tolerance for the sum of a row of probabilities, by bytes per number; float16 rows of 1,000 classes are off by about 1e-2."""
_BINARY = 2


class Classification(Task):
    """Exactly one of two or more classes; ``ordinal`` if they are declared to have an order, that of the outputs."""

    names = ("multiclass", "binary", "ordinal")

    def of_loss(self, evidence: HeadEvidence) -> Decision | None:
        """Match a cross-entropy over classes, or one sigmoid under a sigmoid loss; one class per row."""
        if evidence.axes:
            return None
        if evidence.loss in CLASS_LOSSES:
            return Decision(_by_number(evidence), f"compiled loss {evidence.loss}, {evidence.size}")
        if evidence.loss in SIGMOID_LOSSES and evidence.n_outputs == 1:
            return Decision("binary", f"compiled loss {evidence.loss}, {evidence.size}")
        return None

    def of_activation(self, evidence: HeadEvidence) -> Decision | None:
        """Match a softmax, its logarithm, or one sigmoid unless the labels are fractional; one class per row."""
        if evidence.axes:
            return None
        if evidence.activation in {"softmax", "log_softmax"}:
            return Decision(_by_number(evidence), f"last activation {evidence.activation}, {evidence.size}")
        if evidence.activation == "sigmoid" and evidence.labels != "floats" and evidence.n_outputs == 1:
            return Decision("binary", f"last activation sigmoid, {evidence.size}")
        return None

    def of_outputs(self, evidence: HeadEvidence) -> Decision | None:
        """Match outputs declared as logits or probabilities."""
        if evidence.declared_outputs in {"logits", "probabilities"} and not evidence.axes:
            rule = f"outputs declared as {evidence.declared_outputs}, {evidence.size}"
            return Decision(_by_number(evidence), rule)
        return None

    def output_type(self, evidence: HeadEvidence) -> Decision:
        """Return probabilities or logits; several sigmoids are not the probabilities of classes in an order."""
        if evidence.declared_task == "ordinal" and evidence.activation == "sigmoid" and evidence.n_outputs > 1:
            raise ContradictionError(
                "the task is ordinal, so the outputs are probabilities of the classes that sum to 1, but the last activation is sigmoid: "
                "cumulative probabilities are not supported",
                "task",
            )
        return type_of_probabilities(evidence)

    def link(self, n_outputs: int) -> str | None:
        """Return the softmax, or the sigmoid of a single output."""
        return "softmax" if n_outputs > 1 else "sigmoid"

    def not_measured(self, task: str, shape: tuple[Any, ...]) -> str | None:
        """Reject sequences, and a single output for several classes."""
        if len(shape) > 1:
            return shape_not_measured(task, shape)
        if task in {"multiclass", "ordinal"} and shape and shape[-1] == 1:
            return "a single output cannot distinguish several classes"
        return None

    def gather(self, task: str, rows: HeadRows) -> Gathering:
        """Encode the labels as class indices, and collect scores and a bounded number of logits."""
        n_classes = max(rows.n_outputs, _BINARY)
        if task == "binary" and n_classes > _BINARY:
            message = f"the task is binary, but the head has {n_classes} outputs"
            raise ContradictionError(message)
        labels = None
        if (
            task == "ordinal"
            and rows.class_names is None
            and rows.labels is not None
            and kind_of(rows.labels) == "strings"
        ):
            message = "must name the classes in their order, because the task is ordinal and the labels are text"
            raise InputError(("data", "class_names"), "", message)
        if rows.labels is not None:
            labels = encode(rows.labels, n_classes, rows.class_names, rows.location, rows.file, rows.numbers)
        threshold = rows.threshold if task == "binary" and rows.threshold != DEFAULT_THRESHOLD else None
        accumulator = ClassificationAccumulator(rows, labels, threshold)
        if labels is None:
            names = rows.class_names or default_names(n_classes)
            return Gathering(Decision("none", "no labels"), names, accumulator)
        return Gathering(labels.encoding, labels.class_names, accumulator)


def _by_number(evidence: HeadEvidence) -> str:
    return "multiclass" if evidence.n_outputs > _BINARY else "binary"


# ------------------------------------------------------------------------------------------------ labels


@dataclass(frozen=True)
class Labels:
    """Class indices (N,) int32; soft labels (N, n_classes) float64 if the data has them; the class names."""

    hard: NDArray[np.int32]
    soft: NDArray[np.float64] | None
    encoding: Decision
    class_names: tuple[str, ...]


def default_names(n_classes: int) -> tuple[str, ...]:
    """Return the default class names: their indices."""
    return tuple(str(index) for index in range(n_classes))


def encode(
    y: NDArray[Any],
    n_classes: int,
    class_names: tuple[str, ...] | None,
    location: tuple[str | int, ...],
    file: str,
    numbers: NDArray[np.int64] | None = None,
) -> Labels:
    """Encode labels as class indices.

    Parameters
    ----------
    y
        (N,) or (N, 1) integers or strings, or (N, n_classes) one-hot or soft rows.
    n_classes
        Number of classes of the head.
    class_names
        As in the spec, in the order of the head's outputs.
    location, file
        Named in errors.
    numbers
        (N,) positions of the rows in the data, named there too; None if they are those of ``y``.

    Raises
    ------
    InputError
        Labels outside the classes of the head, of the wrong shape, or contradicting the names.
    """
    if class_names is not None and len(class_names) != n_classes:
        message = f"has {len(class_names)} names, but the model has {n_classes} output classes"
        raise InputError(("data", "class_names"), "", message)
    names = class_names or default_names(n_classes)
    kind = kind_of(y)
    if kind == "rows":
        return _rows(y, n_classes, names, location, file, numbers)
    flat = y.reshape(-1)
    if len(flat) != len(y):
        raise InputError(location, file, f"must have one label per row (found shape {y.shape})")
    if kind == "strings":
        return _strings(flat, n_classes, class_names, location, file)
    if kind == "floats":
        raise InputError(location, file, "must be class labels (found fractional numbers)")
    n_outside, first = 0, 0
    for span in spans(len(flat)):
        outside = (flat[span] < 0) | (flat[span] >= n_classes)
        if not n_outside and outside.any():
            first = span.start + int(np.argmax(outside))
        n_outside += int(np.count_nonzero(outside))
    if n_outside:
        message = (
            f"has {n_outside:,} labels outside the model's {n_classes} classes 0 to {n_classes - 1} "
            f"(the first is {flat[first]:g} in row {number_of(first, numbers)})"
        )
        raise InputError(location, file, message)
    return Labels(as_type(flat, np.int32), None, Decision("integers", "read as class indices"), names)


def _is_number(text: str) -> bool:
    """Return whether a text reads as a number, which sorts unlike it: "10" comes before "2"."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _strings(
    y: NDArray[Any], n_classes: int, class_names: tuple[str, ...] | None, location: tuple[str | int, ...], file: str
) -> Labels:
    found = sorted({str(value) for span in spans(len(y)) for value in np.unique(y[span])})
    if class_names is None:
        if all(map(_is_number, found)):
            message = f"has numbers as text (found {found[0]!r}): save them as numbers, or set data.class_names"
            raise InputError(location, file, message)
        if len(found) != n_classes:
            message = (
                f"has {len(found)} different labels, but the model has {n_classes} output classes: set data.class_names"
            )
            raise InputError(location, file, message)
        order, rule = tuple(found), "string labels in sorted order"
    else:
        unknown = sorted(set(found) - set(class_names))
        if unknown:
            listed = ", ".join(map(repr, unknown[:5])) + (" ..." if len(unknown) > 5 else "")  # noqa: PLR2004
            raise InputError(location, file, f"has labels that data.class_names does not list: {listed}")
        order, rule = class_names, "string labels in the order of data.class_names"
    index = {name: position for position, name in enumerate(order)}
    hard = filled(len(y), np.int32, lambda span: _indices(y[span], index))
    return Labels(hard, None, Decision("strings", rule), order)


def _rows(
    y: NDArray[Any],
    n_classes: int,
    names: tuple[str, ...],
    location: tuple[str | int, ...],
    file: str,
    numbers: NDArray[np.int64] | None,
) -> Labels:
    if y.shape[1] != n_classes:
        raise InputError(location, file, f"has {y.shape[1]} columns, but the model has {n_classes} output classes")
    n_bad, first, whole = 0, (0, 0.0), True
    for span in spans(len(y)):
        rows = y[span].astype(np.float64)
        sums = rows.sum(axis=1)
        bad = ~np.isfinite(sums) | (rows < 0).any(axis=1) | (np.abs(sums - 1) > _LABEL_TOLERANCE)
        if not n_bad and bad.any():
            place = int(np.argmax(bad))
            first = (span.start + place, float(sums[place]))
        n_bad += int(np.count_nonzero(bad))
        whole = whole and bool(np.isin(rows, (0.0, 1.0)).all())
    if n_bad:
        message = (
            f"has {n_bad:,} rows that are not distributions over the classes (row {number_of(first[0], numbers)} sums to "
            f"{first[1]:g}); if several "
            'classes can apply to a row, set task = "multilabel"'
        )
        raise InputError(location, file, message)
    hard = filled(len(y), np.int32, lambda span: y[span].argmax(axis=1))
    if whole:
        return Labels(hard, None, Decision("one-hot", "every row contains a single 1"), names)
    soft = filled(len(y), np.float64, lambda span: _normalized(y[span].astype(np.float64)), y.shape[1:])
    return Labels(
        hard, soft, Decision("soft", "rows sum to 1; accuracy and ranking use the most probable class"), names
    )


def _normalized(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows / rows.sum(axis=1)[:, None]


def _indices(values: NDArray[Any], index: dict[str, int]) -> NDArray[np.int32]:
    """Return the classes of text labels (M,)."""
    distinct, which = np.unique(values, return_inverse=True)
    return np.array([index[str(value)] for value in distinct], np.int32)[which]


# ------------------------------------------------------------------------------------------------ outputs


class ClassificationAccumulator(Accumulator):
    """Fills a :class:`ClassificationOutputs`, one batch after the other.

    Parameters
    ----------
    rows
        The number of rows, and the type of the outputs: ``logits`` or ``probabilities``. A binary head has two classes,
        with one output or two.
    labels
        Encoded labels of all rows; None without labels.
    threshold
        Probability above which class 1 is predicted; None for the most probable class.
    keep_limit
        Keep the logits if ``rows * n_classes`` is at most this.
    """

    def __init__(
        self, rows: HeadRows, labels: Labels | None, threshold: float | None = None, keep_limit: int = KEEP_LIMIT
    ) -> None:
        super().__init__(rows)
        n, n_classes = rows.n, max(rows.n_outputs, 2)
        self._n, self._labels, self._n_classes = n, labels, n_classes
        self._kind, self._threshold = rows.output_type, threshold
        self._keep = n * n_classes <= keep_limit
        self._sample_rows = None if self._keep else _sampled(n, rows.seed)
        for name, kind in (_PREDICTED | ({} if labels is None else _COMPARED)).items():
            self.gathered.column(name, kind)
        dtype = np.float32 if self._kind == "logits" else np.float64
        self.gathered.column("logits", dtype, n_classes, of=self._sample_rows)
        shape = (0 if self._keep else n_classes, HISTOGRAM_CELLS)
        self._counts, self._positives = (self.gathered.count(name, *shape) for name in ("counts", "positives"))
        self._sums = self.gathered.sum("probabilities", *shape)
        self._clipped = self.gathered.count("clipped")

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Add the head's outputs for some rows: (batch, n_classes), or (batch, 1) for one sigmoid.

        Parameters
        ----------
        outputs
            The outputs of the model.
        rows
            (batch,) the positions of their labels, each once.

        Raises
        ------
        OutputsError
            The values are not probabilities.
        """
        if not self.gathered.note(rows[~np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)]):
            return
        logits = self._logits(outputs, rows)
        log_p = scores.log_softmax(logits)
        p = np.exp(log_p)
        predictions = logits.argmax(axis=1) if self._threshold is None else (p[:, 1] > self._threshold).astype(np.int32)
        put = self.gathered.put
        put("predictions", rows, predictions)
        put("confidence", rows, p[np.arange(len(p)), predictions])
        put("entropy", rows, scores.entropy(log_p))
        put("log_normalizer", rows, logits[:, 0].astype(np.float64) - log_p[:, 0])
        put("logits", rows, logits)
        if self._labels is not None:
            self._compare(self._labels, logits, log_p, p, rows)

    def _compare(
        self,
        labels: Labels,
        logits: NDArray[Any],
        log_p: NDArray[np.float64],
        p: NDArray[np.float64],
        rows: NDArray[np.int64],
    ) -> None:
        hard = labels.hard[rows]
        targets = hard if labels.soft is None else labels.soft[rows]
        rank, ties = scores.true_class_rank(logits, hard)
        compared = {"rank": rank, "ties": ties, "nll": scores.nll(log_p, targets), "brier": scores.brier(p, targets)}
        for name, values in compared.items():
            self.gathered.put(name, rows, values)
        if not self._keep:
            self._count(p, log_p, hard)

    def result(self) -> ClassPredictions:
        """Return the record; call it after all rows were added, if all were finite."""
        entries = self.gathered.entries
        found: dict[str, Any] = {name: entries(name) for name in _PREDICTED}
        sample = entries("logits")
        found |= {
            "logits": sample if self._keep else None,
            "logit_sample": sample,
            "logit_sample_rows": numbers(self._n) if self._sample_rows is None else self._sample_rows,
            "n_classes": self._n_classes,
        }
        if self._labels is None:
            return ClassPredictions(**found)
        found |= {name: entries(name) for name in _COMPARED}
        return ClassificationOutputs(
            **found,
            labels=self._labels.hard,
            soft_labels=self._labels.soft,
            histogram=None if self._keep else self._histogram(),
            clipped_fraction=None if self._kind == "logits" else int(self._clipped) / self._n,
        )

    def _logits(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
        if self._kind == "logits":
            return both_classes(outputs)
        p = probabilities(outputs)
        if self._labels is not None:
            self._clipped += (p[np.arange(len(p)), self._labels.hard[rows]] <= 0).sum()
        return log_probabilities(p, outputs.dtype)

    def _count(self, p: NDArray[np.float64], log_p: NDArray[np.float64], labels: NDArray[np.int32]) -> None:
        cells = histogram_cells(p, log_p)
        classes = np.broadcast_to(np.arange(self._n_classes), cells.shape)
        np.add.at(self._counts, (classes, cells), 1)
        np.add.at(self._sums, (classes, cells), p)
        np.add.at(self._positives, (labels, cells[np.arange(len(p)), labels]), 1)

    def _histogram(self) -> ClassHistogram:
        positives = self._positives.astype(np.float64)
        return ClassHistogram(positives, self._counts - positives, self.gathered.total("probabilities"))


def _sampled(n: int, seed: int) -> NDArray[np.int64]:
    """Return the positions of the rows of which logits are kept, sorted."""
    return np.sort(np.random.default_rng(seed).choice(n, min(n, SAMPLE_ROWS), replace=False))


def both_classes(logits: NDArray[Any]) -> NDArray[Any]:
    """Return logits (M, n_classes), with a column of zeros before those of a single sigmoid (M, 1)."""
    return np.concatenate([np.zeros_like(logits), logits], axis=1) if logits.shape[1] == 1 else logits


def probabilities(outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Return probabilities (M, n_classes) float64, those of both classes for a single sigmoid (M, 1).

    Raises
    ------
    OutputsError
        The values are not probabilities.
    """
    tolerance = OUTPUT_TOLERANCE.get(outputs.dtype.itemsize, 1e-3)
    low, high = float(outputs.min()), float(outputs.max())
    if low < -tolerance or high > 1 + tolerance:
        message = f"they range from {low:.4g} to {high:.4g}"
        raise OutputsError(message)
    if outputs.shape[1] > 1:
        off = np.abs(outputs.sum(axis=1, dtype=np.float64) - 1)
        if off.max() > tolerance:
            message = f"a row sums to {outputs[off.argmax()].sum(dtype=np.float64):.4g}"
            raise OutputsError(message)
    p = np.clip(outputs, 0, 1).astype(np.float64)
    return np.concatenate([1.0 - p, p], axis=1) if p.shape[1] == 1 else p


def log_probabilities(p: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[np.float64]:
    """Return the logarithms of probabilities, those of 0 as of the smallest number of the outputs' dtype."""
    tiny = np.finfo(dtype if dtype.kind == "f" else np.float64).tiny
    found: NDArray[np.float64] = np.log(np.maximum(p, tiny))
    return found
