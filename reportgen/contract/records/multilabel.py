"""Predictions of a multilabel head: any number of its classes applies to a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from reportgen.contract.records.heads import HeadOutputs
from reportgen.metrics import scores
from reportgen.metrics.mapped import filled, taken
from reportgen.metrics.spans import each

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


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

    @property
    def predicted(self) -> Derived:
        """(N, n_classes) bool, whether the probability of the class is above the threshold."""
        return _above(self.logits, self.threshold)

    def predicted_of(self, index: int) -> Derived:
        """Return (N,) bool, whether one class is predicted."""
        return _above(self.logits[:, index], self.threshold)


@dataclass(frozen=True)
class ClassOutputs(HeadOutputs):
    """One class of a multilabel head, on the rows whose label of it is known: a binary head of its own.

    Attributes
    ----------
    logits
        (M,) float32 or float64, the log-odds of the class.
    threshold
        Probability above which it is predicted.
    labels
        (M,) bool, whether it applies.
    """

    labeled: ClassVar[bool] = True

    logits: NDArray[Any]
    threshold: float
    labels: Flags

    @property
    def probability(self) -> Derived:
        """(M,) float64."""
        return each(_probability, self.logits)

    @property
    def predicted(self) -> Derived:
        """(M,) bool, whether the probability is above the threshold."""
        return _above(self.logits, self.threshold)

    @property
    def brier(self) -> Derived:
        """(M,) float64, the squared error of the probability."""
        return each(lambda logits, applies: (_probability(logits) - applies) ** 2, self.logits, self.labels)


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
        return replace(
            self, logits=taken(self.logits, rows), labels=taken(self.labels, rows), known=taken(self.known, rows)
        )

    @property
    def wrong(self) -> Derived:
        """(N, n_classes) bool, whether a known label is predicted wrong."""
        return each(
            lambda predicted, labels, known: (predicted != labels) & known, self.predicted, self.labels, self.known
        )

    @cached_property
    def nll(self) -> Floats:
        """(N,) float64, the negative log-likelihood in nats, summed over the known labels."""
        return self._summed(lambda z, applies: -scores.log_sigmoid(np.where(applies, z, -z)))

    @cached_property
    def brier(self) -> Floats:
        """(N,) float64, the squared error of the probability, summed over the known labels."""
        return self._summed(lambda z, applies: (_probability(z) - applies) ** 2)

    def _summed(self, loss: Callable[[NDArray[Any], Flags], Floats]) -> Floats:
        """Return a loss of logits and labels, summed over the known labels of every row (N,); class by class, so that no matrix is needed."""

        def of(span: slice) -> Floats:
            z, applies, known = self.logits[span], self.labels[span], self.known[span]
            found = np.zeros(len(z))
            for index in range(self.n_classes):
                found += np.where(known[:, index], loss(z[:, index], applies[:, index]), 0.0)
            return found

        return filled(len(self.labels), np.float64, of)

    def of_class(self, index: int) -> ClassOutputs:
        """Return one class, on the rows whose label of it is known."""
        known = self.known[:, index]
        return ClassOutputs(
            logits=taken(self.logits[:, index], known),
            threshold=self.threshold,
            labels=taken(self.labels[:, index], known),
        )


def _above(logits: NDArray[Any], threshold: float) -> Derived:
    return each(lambda found: found > np.log(threshold / (1 - threshold)), logits)


def _probability(logits: NDArray[Any]) -> Floats:
    return np.exp(scores.log_sigmoid(logits))
