"""Gathers the outputs of a classification head batch by batch, in bounded memory. Numpy only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.classification import HISTOGRAM_CELLS, ClassHistogram, ClassificationOutputs
from reportgen.metrics import scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.inputs.labels import Labels

KEEP_LIMIT = 20_000_000
"""Logits are kept while there are at most so many of them (80 MB in float32)."""
SAMPLE_ROWS = 20_000
_ROW_SUM_TOLERANCE = {2: 2e-2, 4: 1e-3, 8: 1e-3}
"""By bytes per number; float16 rows of a thousand classes are off by about 1e-2."""


class OutputsError(Exception):
    """The outputs contradict what they were taken for; the message says how."""


class ClassificationAccumulator:
    """Fills a :class:`ClassificationOutputs`, one batch after the other.

    Parameters
    ----------
    labels
        Encoded labels of all rows.
    n_classes
        Two for a binary head.
    kind
        ``logits`` or ``probabilities``: what :meth:`add` is given.
    seed
        Of the sample of logits, where not all are kept.
    keep_limit
        Keep the logits while ``rows * n_classes`` is at most this.
    """

    def __init__(self, labels: Labels, n_classes: int, kind: str, seed: int, keep_limit: int = KEEP_LIMIT) -> None:
        self._labels = labels
        self._n_classes = n_classes
        self._kind = kind
        n = len(labels.hard)
        self._filled = 0
        self._clipped = 0
        self._columns = {name: np.empty(n) for name in ("confidence", "nll", "brier", "entropy", "normalizer")}
        self._predictions = np.empty(n, np.int32)
        self._rank = np.empty(n, np.int32)
        self.not_finite: int = 0
        self.first_not_finite: int | None = None
        dtype = np.float32 if kind == "logits" else np.float64
        self._keep = n * n_classes <= keep_limit
        if self._keep:
            self._sample_rows = np.arange(n)
        else:
            size = min(n, SAMPLE_ROWS)
            self._sample_rows = np.sort(np.random.default_rng(seed).choice(n, size, replace=False))
        self._sample = np.empty((len(self._sample_rows), n_classes), dtype)
        self._slots = np.full(n, -1)
        self._slots[self._sample_rows] = np.arange(len(self._sample_rows))
        shape = (0 if self._keep else n_classes, HISTOGRAM_CELLS)
        self._counts, self._positives, self._sums = np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Take the head's outputs for some rows: (batch, n_classes), or (batch, 1) for one sigmoid.

        Parameters
        ----------
        outputs
            What the model put out.
        rows
            (batch,) which of the labels they belong to; each comes once.

        Raises
        ------
        OutputsError
            Probabilities that are none.
        """
        self._filled += len(outputs)
        if not self._all_finite(outputs, rows):
            return
        logits = self._logits(outputs, self._labels.hard[rows])
        targets = self._labels.hard[rows] if self._labels.soft is None else self._labels.soft[rows]
        log_p = scores.log_softmax(logits)
        p = np.exp(log_p)
        self._predictions[rows] = logits.argmax(axis=1)
        self._rank[rows] = scores.true_class_rank(logits, self._labels.hard[rows])
        self._columns["confidence"][rows] = p.max(axis=1)
        self._columns["nll"][rows] = scores.nll(log_p, targets)
        self._columns["brier"][rows] = scores.brier(p, targets)
        self._columns["entropy"][rows] = scores.entropy(log_p)
        self._columns["normalizer"][rows] = logits[:, 0].astype(np.float64) - log_p[:, 0]
        self._keep_logits(logits, rows)
        if not self._keep:
            self._count(p, self._labels.hard[rows])

    def result(self) -> ClassificationOutputs:
        """Return the record; only after every row was added and all were finite."""
        return ClassificationOutputs(
            labels=self._labels.hard,
            soft_labels=self._labels.soft,
            predictions=self._predictions,
            confidence=self._columns["confidence"],
            nll=self._columns["nll"],
            brier=self._columns["brier"],
            entropy=self._columns["entropy"],
            rank=self._rank,
            logits=self._sample if self._keep else None,
            log_normalizer=self._columns["normalizer"],
            logit_sample=self._sample,
            logit_sample_rows=self._sample_rows,
            histogram=None if self._keep else self._histogram(),
            clipped_fraction=None if self._kind == "logits" else self._clipped / self._filled,
            n_classes=self._n_classes,
        )

    def _all_finite(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> bool:
        bad = rows[~np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)]
        if len(bad):
            first = int(bad.min())
            self.first_not_finite = first if self.first_not_finite is None else min(first, self.first_not_finite)
        self.not_finite += len(bad)
        return self.not_finite == 0

    def _logits(self, outputs: NDArray[Any], labels: NDArray[np.int32]) -> NDArray[Any]:
        if self._kind == "logits":
            if outputs.shape[1] == 1:
                return np.concatenate([np.zeros_like(outputs), outputs], axis=1)
            return outputs
        p = self._checked(outputs).astype(np.float64)
        if p.shape[1] == 1:
            p = np.concatenate([1.0 - p, p], axis=1)
        self._clipped += int((p[np.arange(len(p)), labels] <= 0).sum())
        tiny = np.finfo(outputs.dtype if outputs.dtype.kind == "f" else np.float64).tiny
        logits: NDArray[np.float64] = np.log(np.maximum(p, tiny))
        return logits

    def _checked(self, outputs: NDArray[Any]) -> NDArray[Any]:
        tolerance = _ROW_SUM_TOLERANCE.get(outputs.dtype.itemsize, 1e-3)
        low, high = float(outputs.min()), float(outputs.max())
        if low < -tolerance or high > 1 + tolerance:
            message = f"they reach from {low:.4g} to {high:.4g}"
            raise OutputsError(message)
        if outputs.shape[1] > 1:
            off = np.abs(outputs.sum(axis=1, dtype=np.float64) - 1)
            if off.max() > tolerance:
                message = f"a row sums to {outputs[off.argmax()].sum(dtype=np.float64):.4g}"
                raise OutputsError(message)
        return np.clip(outputs, 0, 1)

    def _keep_logits(self, logits: NDArray[Any], rows: NDArray[np.int64]) -> None:
        slots = self._slots[rows]
        self._sample[slots[slots >= 0]] = logits[slots >= 0]

    def _count(self, p: NDArray[np.float64], labels: NDArray[np.int32]) -> None:
        cells = np.minimum((p * HISTOGRAM_CELLS).astype(np.int64), HISTOGRAM_CELLS - 1)
        classes = np.broadcast_to(np.arange(self._n_classes), cells.shape)
        np.add.at(self._counts, (classes, cells), 1.0)
        np.add.at(self._sums, (classes, cells), p)
        np.add.at(self._positives, (labels, cells[np.arange(len(p)), labels]), 1.0)

    def _histogram(self) -> ClassHistogram:
        return ClassHistogram(self._positives, self._counts - self._positives, self._sums)
