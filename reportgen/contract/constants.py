"""What heads are compared with: the best constants of their rows, such as the most frequent class; gains and skills over these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import classification, comparison, multilabel, pooled, scores
from reportgen.metrics.mapped import filled
from reportgen.metrics.pooled import Parts
from reportgen.metrics.spans import Derived, average, each, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from reportgen.contract.heads import ClassifiedHead, MultilabelHead
    from reportgen.contract.positions import DenseHead
    from reportgen.metrics.intervals import Estimate, Values

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Skill = tuple[str, Estimate | None]
    """The name of a metric, and its value; None where the constant is perfect."""

PERFECT = "there is only one class, so the baseline is perfect"
"""Why a head of classes has no skill."""


@dataclass(frozen=True)
class OfClasses:
    """The most frequent class and the class frequencies of the rows of a head."""

    head: ClassifiedHead

    @cached_property
    def frequencies(self) -> Floats:
        """(K,) class frequencies of the labels."""
        head = self.head
        if head.outputs.soft_labels is not None:
            soft, weight = head.outputs.soft_labels, head.design.weight
            return np.array(
                [average(each(lambda row, index=index: row[:, index], soft), weight) for index in range(soft.shape[1])]
            )
        return np.asarray(head.weighted.sum(axis=1) / head.weighted.sum(), dtype=np.float64)

    @property
    def majority(self) -> int:
        """The most frequent class."""
        return int(self.head.weighted.sum(axis=1).argmax())

    @property
    def _always(self) -> Derived:
        """(N,) bool, whether always predicting the most frequent class is right."""
        majority = self.majority
        return each(lambda label: label == majority, self.head.outputs.labels)

    @property
    def accuracy(self) -> float:
        """Accuracy of always predicting the most frequent class."""
        return average(self._always, self.head.design.weights)

    @property
    def gain(self) -> Estimate:
        """Return the accuracy minus that of always predicting the most frequent class."""
        table = comparison.discordance(self.head.outputs.correct, self._always, self.head.design.weights)
        return comparison.accuracy_difference(table)

    def skills(self) -> Iterator[Skill]:
        """Yield the skills in accuracy, NLL and Brier score."""
        head, outputs = self.head, self.head.outputs
        targets = outputs.labels if outputs.soft_labels is None else outputs.soft_labels
        with np.errstate(divide="ignore"):
            prior = np.log(self.frequencies)
        summed = 2 if head.binary else 1
        for name, losses, reference in (
            ("accuracy_skill", _wrong(outputs.correct), _wrong(self._always)),
            ("nll_skill", outputs.nll, _of_constant(scores.nll, prior, targets)),
            (
                "brier_skill",
                head.brier,
                _of_constant(lambda log_p, given: scores.brier(np.exp(log_p), given) / summed, prior, targets),
            ),
        ):
            found = classification.skill(losses, reference, head.design.weights)
            yield name, None if found is None else head.approximated(found)


def _wrong(correct: Flags | Derived) -> Derived:
    """Return 1 for every row that is wrong, otherwise 0."""
    return Derived(len(correct), lambda span: (~correct[span]).astype(np.float64))


def _of_constant(loss: Callable[[Floats, NDArray[Any]], Floats], log_p: Floats, targets: NDArray[Any]) -> Derived:
    """Return the losses of a model that predicts the same log-probabilities (K,) for every row; targets (N,) classes or (N, K) soft labels."""
    if targets.ndim > 1:
        return Derived(len(targets), lambda span: loss(np.tile(log_p, (len(targets[span]), 1)), targets[span]))
    of_classes = loss(np.tile(log_p, (len(log_p), 1)), np.arange(len(log_p)))
    return Derived(len(targets), lambda span: of_classes[targets[span]])


@dataclass(frozen=True)
class OfLabels:
    """The frequencies of the classes of a multilabel head, and the best constant answer."""

    head: MultilabelHead

    @cached_property
    def frequencies(self) -> Mapping[int, float]:
        """How often each class applies, by weight, of the classes of which a label is known."""
        outputs, weights = self.head.outputs, self.head.design.weights
        sums = {
            index: [total(one[:, index], weights) for one in (outputs.labels, outputs.known)]
            for index in range(outputs.n_classes)
        }
        return {index: applies / known for index, (applies, known) in sums.items() if known}

    def skills(self) -> Iterator[Skill]:
        """Yield the skills in Hamming loss, NLL and Brier score."""
        outputs, wrong = self.head.outputs, self.head.counts.wrong
        always = multilabel.constant(outputs.labels, outputs.known, self.head.design.weights)
        reference = each(
            lambda labels, known: ((always != labels) & known).sum(axis=1).astype(np.float64),
            outputs.labels,
            outputs.known,
        )
        yield "hamming_skill", self._skill(wrong.numerators, reference)
        yield "nll_skill", self._skill(outputs.nll, self._of_frequencies(_nll))
        yield "brier_skill", self._skill(outputs.brier, self._of_frequencies(_squared))

    def _skill(self, losses: Values, reference: Values) -> Estimate | None:
        found = classification.skill(losses, reference, self.head.design.weights)
        return None if found is None else self.head.supported(found)

    def _of_frequencies(self, loss: Callable[[Flags, float], Floats]) -> Floats:
        """Return the loss of predicting the frequency of every class, summed over the known labels of every row (N,); class by class."""
        outputs = self.head.outputs

        def of(span: slice) -> Floats:
            found = np.zeros(span.stop - span.start)
            for index, frequency in self.frequencies.items():
                applies, known = outputs.labels[span, index], outputs.known[span, index]
                found += np.where(known, loss(applies, frequency), 0.0)
            return found

        return filled(self.head.n, np.float64, of)


def _nll(applies: Flags, frequency: float) -> Floats:
    with np.errstate(divide="ignore"):
        return np.where(applies, -np.log(frequency), -np.log1p(-frequency))


def _squared(applies: Flags, frequency: float) -> Floats:
    return np.square(frequency - applies)


@dataclass(frozen=True)
class OfPositions:
    """The most frequent class and the class frequencies of the positions of a head."""

    head: DenseHead

    @cached_property
    def frequency(self) -> Floats:
        """(K,) float64, the share of each class of the positions, by the weights of the units."""
        found = (self.head.design.weight[:, None] * self.head.outputs.actual).sum(axis=0)
        return np.asarray(found / found.sum(), dtype=np.float64)

    @property
    def majority(self) -> int:
        """The most frequent class."""
        return int(self.frequency.argmax())

    @property
    def _always(self) -> Parts:
        """Positions that the most frequent class is right at."""
        outputs = self.head.outputs
        return Parts(outputs.actual[:, self.majority].astype(np.float64), outputs.counted)

    @property
    def accuracy(self) -> float | None:
        """Share of the positions at which always predicting the most frequent class is right; None without a position."""
        return self._always.value(self.head.design.weights)

    @property
    def gain(self) -> Estimate | None:
        """Return the share of the positions that are right minus that of always predicting the most frequent class."""
        found = pooled.macro_difference([self.head.right], [self._always], self.head.design.weights)
        return None if found is None else found[0]

    def skills(self) -> Iterator[Skill]:
        """Yield the skills in NLL and Brier score."""
        outputs, frequency = self.head.outputs, self.frequency
        with np.errstate(divide="ignore"):
            logarithms = np.where(frequency > 0, np.log(frequency), 0.0)
        prior_nll = -(outputs.actual * logarithms).sum(axis=1)
        prior_brier = (outputs.actual * (1.0 - 2.0 * frequency + (frequency**2).sum())).sum(axis=1)
        for name, sums, prior in (
            ("nll_skill", outputs.nll, prior_nll),
            ("brier_skill", outputs.brier, prior_brier),
        ):
            found = None if frequency.max() == 1 else classification.skill(sums, prior, self.head.design.weights)
            yield name, None if found is None else self.head.supported(found)
