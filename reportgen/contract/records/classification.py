"""Predictions of a multiclass or binary head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from reportgen.contract.records.heads import HeadOutputs
from reportgen.metrics.mapped import chosen, coded, filled, places, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


HISTOGRAM_CELLS = 2048
_WIDEST = 90.0
"""Log-odds at the ends of the histograms; float32 has no smaller probability."""
_BY_ROW = ("predictions", "confidence", "entropy", "log_normalizer", "labels", "nll", "brier", "rank", "ties")
"""Fields with one number per row."""


@dataclass(frozen=True)
class ScorePoints:
    """Scores of one class against the rest; each point stands for ``positives + negatives`` examples.

    Attributes
    ----------
    scores
        (M,) float64 in [0, 1].
    positives, negatives
        (M,) float64 counts of examples of the class and of the rest.
    exact
        False if the points are cells of a histogram.
    """

    scores: FloatArray
    positives: FloatArray
    negatives: FloatArray
    exact: bool


def histogram_cells(p: FloatArray, log_p: FloatArray) -> IntArray:
    """Return the cells of probabilities, of equal width on the scale of asinh(log-odds).

    With many classes nearly all probabilities are close to 0, where cells of equal width on [0, 1] would hold them all.
    """
    with np.errstate(divide="ignore"):
        odds = np.clip(log_p - np.log1p(-p), -_WIDEST, _WIDEST)
    places = (np.arcsinh(odds) / np.arcsinh(_WIDEST) + 1) / 2 * HISTOGRAM_CELLS
    return np.minimum(places.astype(np.int64), HISTOGRAM_CELLS - 1)


@dataclass(frozen=True)
class ClassHistogram:
    """Per class, histograms of the probabilities of its own examples and of the others.

    Kept instead of the logits if there are too many of them; the cells are those of :func:`histogram_cells`.

    Attributes
    ----------
    positives, negatives
        (n_classes, HISTOGRAM_CELLS) counts.
    sums
        (n_classes, HISTOGRAM_CELLS) sum of the probabilities in the cell.
    """

    positives: FloatArray
    negatives: FloatArray
    sums: FloatArray


@dataclass(frozen=True)
class ClassPredictions(HeadOutputs):
    """Predictions of a multiclass or binary head, one entry per example that was evaluated.

    A binary head has two classes; a sigmoid logit z is stored as the two logits (0, z).

    Attributes
    ----------
    predictions
        (N,) int32, the class with the highest probability, the first one in case of ties; for a binary head with a
        threshold other than 0.5 the positive class if its probability is above the threshold.
    confidence
        (N,) float64, the probability of the predicted class.
    entropy
        (N,) float64, predictive entropy in nats.
    logits
        (N, n_classes) float32 or float64; None above the size limit.
    log_normalizer
        (N,) float64, logsumexp of the logits.
    logit_sample, logit_sample_rows
        A seeded sample of the logits and its positions, for fits that need them; all rows when the logits are kept.
    """

    predictions: NDArray[np.int32]
    confidence: FloatArray
    entropy: FloatArray
    logits: NDArray[np.float32] | FloatArray | None
    log_normalizer: FloatArray
    logit_sample: NDArray[np.float32] | FloatArray
    logit_sample_rows: IntArray
    n_classes: int

    def probability(self, index: int) -> FloatArray:
        """Return the (N,) float64 probabilities of one class; requires the logits."""
        if self.logits is None:
            message = "the logits were not kept"
            raise ValueError(message)
        probability: FloatArray = np.exp(self.logits[:, index].astype(np.float64) - self.log_normalizer)
        return probability


@dataclass(frozen=True)
class ClassificationOutputs(ClassPredictions):
    """Predictions of a multiclass or binary head, compared with the labels.

    Attributes
    ----------
    labels
        (N,) int32, the true class; for soft labels the most probable one.
    soft_labels
        (N, n_classes) float64, rows sum to 1; None for hard labels.
    nll, brier
        (N,) float64: negative log-likelihood in nats; Brier score summed over the classes.
    rank
        (N,) int32, number of classes with a higher probability than the true one.
    ties
        (N,) int32, number of classes with the probability of the true one, itself included.
    histogram
        Replaces the logits above the size limit.
    clipped_fraction
        Share of rows whose true class had a probability of exactly zero and was clipped, if there are no logits;
        None otherwise.
    """

    labeled: ClassVar[bool] = True

    labels: NDArray[np.int32]
    soft_labels: FloatArray | None
    nll: FloatArray
    brier: FloatArray
    rank: NDArray[np.int32]
    ties: NDArray[np.int32]
    histogram: ClassHistogram | None
    clipped_fraction: float | None

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(N,) bool, whether the prediction equals the label."""
        return filled(len(self.labels), np.bool_, lambda span: self.predictions[span] == self.labels[span])

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the outputs of some of the rows, given by a mask (N,).

        A histogram does not tell rows apart and is left out; ``clipped_fraction`` stays that of all rows.
        """
        sampled = chosen(rows, self.logit_sample_rows)
        by_row: dict[str, Any] = {name: taken(getattr(self, name), rows) for name in _BY_ROW}
        return replace(
            self,
            **by_row,
            logits=None if self.logits is None else taken(self.logits, rows),
            soft_labels=None if self.soft_labels is None else taken(self.soft_labels, rows),
            logit_sample=taken(self.logit_sample, sampled),
            logit_sample_rows=coded(taken(self.logit_sample_rows, sampled), places(rows)),
            histogram=None,
        )

    def one_vs_rest(self, index: int) -> ScorePoints:
        """Return the scores of one class against the rest, exact or from the histogram."""
        if self.histogram is None:
            positives = (self.labels == index).astype(np.float64)
            return ScorePoints(self.probability(index), positives, 1.0 - positives, exact=True)
        positives, negatives = self.histogram.positives[index], self.histogram.negatives[index]
        filled = (positives + negatives) > 0
        mean = self.histogram.sums[index][filled] / (positives + negatives)[filled]
        return ScorePoints(mean, positives[filled], negatives[filled], exact=False)
