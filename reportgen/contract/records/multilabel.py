"""Predictions of a multilabel head: any number of its classes applies to a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.heads import HeadOutputs
from reportgen.metrics import scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_BINARY = 2


@dataclass(frozen=True)
class MultilabelPredictions(HeadOutputs):
    """Predictions of a multilabel head, one row per example that was evaluated.

    Attributes
    ----------
    logits
        (N, n_classes) float32 or float64, the log-odds of every class.
    threshold
        Probability above which a class is predicted, the same for all classes.
    """

    logits: NDArray[Any]
    threshold: float

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.logits.shape[1])

    def probability(self, index: int) -> Floats:
        """Return the (N,) float64 probabilities of one class."""
        return np.exp(scores.log_sigmoid(self.logits[:, index]))

    @cached_property
    def predicted(self) -> Flags:
        """(N, n_classes) bool, whether the probability of the class is above the threshold."""
        return np.asarray(self.logits > np.log(self.threshold / (1 - self.threshold)))


@dataclass(frozen=True)
class MultilabelOutputs(MultilabelPredictions):
    """Predictions of a multilabel head, compared with the labels.

    Attributes
    ----------
    labels
        (N, n_classes) bool, whether the class applies; False where that is not known.
    known
        (N, n_classes) bool, whether the label is known; each row and each class may lack some.
    clipped_fraction
        Share of the known labels that had a probability of exactly zero and were clipped, if there are no logits; None otherwise.
    """

    labeled: ClassVar[bool] = True

    labels: Flags
    known: Flags
    clipped_fraction: float | None = None

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the outputs of some of the rows, given by a mask (N,); ``clipped_fraction`` stays that of all rows."""
        return replace(self, logits=self.logits[rows], labels=self.labels[rows], known=self.known[rows])

    @cached_property
    def wrong(self) -> Flags:
        """(N, n_classes) bool, whether a known label is predicted wrong."""
        return np.asarray((self.predicted != self.labels) & self.known)

    @cached_property
    def nll(self) -> Floats:
        """(N,) float64, the negative log-likelihood in nats, summed over the known labels; class by class, so that no matrix is needed."""
        found = np.zeros(len(self.labels))
        for index in range(self.n_classes):
            z, applies = self.logits[:, index], self.labels[:, index]
            found -= np.where(self.known[:, index], scores.log_sigmoid(np.where(applies, z, -z)), 0.0)
        return found

    @cached_property
    def brier(self) -> Floats:
        """(N,) float64, the squared error of the probability, summed over the known labels; class by class likewise."""
        found = np.zeros(len(self.labels))
        for index in range(self.n_classes):
            error = self.probability(index) - self.labels[:, index]
            found += np.where(self.known[:, index], error**2, 0.0)
        return found

    def rows(self, index: int) -> NDArray[np.int64]:
        """Return the positions of the rows whose label of a class is known."""
        return np.flatnonzero(self.known[:, index])

    def binary(self, index: int) -> ClassificationOutputs:
        """Return one class as a binary head, of the rows whose label is known: then its formulas apply to the class."""
        rows = self.rows(index)
        z = self.logits[rows, index].astype(np.float64)
        logits = np.stack([np.zeros(len(z)), z], axis=1)
        log_p = scores.log_softmax(logits)
        p, labels = np.exp(log_p), self.labels[rows, index].astype(np.int32)
        predictions = self.predicted[rows, index].astype(np.int32)
        rank, ties = scores.true_class_rank(logits, labels)
        return ClassificationOutputs(
            predictions=predictions,
            confidence=p[np.arange(len(p)), predictions],
            entropy=scores.entropy(log_p),
            logits=logits,
            log_normalizer=-log_p[:, 0],
            logit_sample=logits,
            logit_sample_rows=np.arange(len(rows)),
            n_classes=_BINARY,
            labels=labels,
            soft_labels=None,
            nll=scores.nll(log_p, labels),
            brier=scores.brier(p, labels),
            rank=rank,
            ties=ties,
            histogram=None,
            clipped_fraction=self.clipped_fraction,
        )
