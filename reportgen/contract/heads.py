"""A head of a model as sections measure it, with methods to record its metrics."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import numpy as np

from reportgen.contract.numbers import OF_CALIBRATED
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.evaluation import OutputsT
from reportgen.contract.records.multilabel import ClassOutputs, MultilabelOutputs
from reportgen.contract.subjects import about
from reportgen.metrics import classification, comparison, intervals, multilabel, ordinal, pooled, scores
from reportgen.metrics.confidence import SURE, ConfidentErrors, confident_errors
from reportgen.metrics.mapped import filled
from reportgen.metrics.pooled import Parts
from reportgen.metrics.spans import Derived, each, number, total

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import ModelEvaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.subjects import Subject
    from reportgen.contract.theme import Theme
    from reportgen.metrics.calibrated import Null
    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.metrics.multilabel import Counts

    Floats = NDArray[np.float64]
    Target = tuple[str | None, int, bytes]

_EITHER = "rows with an error of either model"


@dataclass(frozen=True)
class MeasuredHead(Generic[OutputsT]):
    """One head of one model with its outputs; records metrics at their addresses."""

    model: ModelEvaluation
    head: HeadEvaluation
    outputs: OutputsT
    data: DataEvaluation

    @property
    def n(self) -> int:
        """Number of evaluated rows."""
        return self.head.n

    @property
    def design(self) -> Design:
        """How the evaluated rows belong together and what they weigh."""
        return self.data.design

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the head on some of its rows, given by a mask (N,)."""
        outputs = self.outputs.take(rows)
        head = replace(self.head, outputs=outputs, n=number(rows))
        return replace(self, head=head, outputs=outputs, data=self.data.take(rows))

    def subject(self, part: Subject | None = None) -> Subject | None:
        """Return the subject of a metric of the head or a part of it."""
        return self.model.subject(self.head, part)

    def measure(self, spec: MetricSpec, value: float, part: Subject | None = None, **details: Any) -> Measurement:
        """Record a value at its address; ``n`` defaults to that of the head."""
        return spec.measure(self.model.name, value, subject=self.subject(part), **({"n": self.n} | details))

    def estimated(
        self,
        spec: MetricSpec,
        estimate: Estimate,
        part: Subject | None = None,
        design: Design | None = None,
        **details: Any,
    ) -> Measurement:
        """Record an estimate at its address, with its interval for these rows or with the reason why there is none.

        ``design`` is that of its rows, by default of all.
        """
        estimate = (design or self.design).estimate(estimate)
        interval: dict[str, Any] = {"ci_low": estimate.low, "ci_high": estimate.high, "ci_method": estimate.method}
        if estimate.withheld is not None:
            reasons = (details.pop("caveat", None), f"no interval: {estimate.withheld}")
            interval["caveat"] = "; ".join(reason for reason in reasons if reason)
        return self.measure(spec, estimate.value, part, n=estimate.n, **interval, **details)

    def tested(
        self, spec: MetricSpec, p_value: float | None, part: Subject | None = None, **details: Any
    ) -> Measurement:
        """Record a p-value at its address, or that there are too few groups for a test."""
        if p_value is None:
            return self.insufficient(spec, self.design.too_few, part)
        return self.measure(spec, p_value, part, **details)

    def if_any(
        self, spec: MetricSpec, estimate: Estimate | None, reason: str, part: Subject | None = None, **details: Any
    ) -> Measurement:
        """Record an estimate at its address, or why the data does not determine one."""
        if estimate is None:
            return self.insufficient(spec, reason, part)
        return self.estimated(spec, estimate, part, **details)

    def expected(self, spec: MetricSpec, null: Null | None, part: Subject | None = None, **details: Any) -> Measurement:
        """Record the error expected of calibrated models, or that there are too few groups for it."""
        if null is None:
            return self.insufficient(spec, self.design.too_few, part)
        how = self.design.said(OF_CALIBRATED)
        return self.measure(spec, null.mean, part, ci_low=0.0, ci_high=null.high, ci_method=how, **details)

    def insufficient(self, spec: MetricSpec, reason: str, part: Subject | None = None) -> Measurement:
        """Record at its address why the data does not determine a value."""
        return spec.missing(self.model.name, "insufficient_data", reason, subject=self.subject(part))

    def not_applicable(self, spec: MetricSpec, reason: str, part: Subject | None = None) -> Measurement:
        """Record at its address why a metric does not fit."""
        return spec.missing(self.model.name, "not_applicable", reason, subject=self.subject(part))


@dataclass(frozen=True)
class ClassifiedHead(MeasuredHead[ClassificationOutputs]):
    """A multiclass or binary head with labels."""

    @property
    def binary(self) -> bool:
        """Whether the metrics are about the positive class."""
        return self.head.task.value == "binary"

    @property
    def target(self) -> Target:
        """Return what heads of different models share if their errors are errors on the same labels: name, classes, labels."""
        digest = hashlib.blake2b(np.ascontiguousarray(self.outputs.labels).data, digest_size=16).digest()
        return self.subject(), self.outputs.n_classes, digest

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """The (K, K) counts of rows; rows are true classes, columns predicted ones."""
        return classification.confusion_matrix(self.outputs.labels, self.outputs.predictions, self.outputs.n_classes)

    @cached_property
    def weighted(self) -> NDArray[Any]:
        """The confusion matrix with the weights of the rows."""
        if self.design.weights is None:
            return self.confusion
        found = self.outputs
        return classification.weighted_confusion(found.labels, found.predictions, found.n_classes, self.design.weights)

    def approximated(self, estimate: Estimate) -> Estimate:
        """Withhold an approximate interval below 5 errors."""
        return estimate.supported(self.n_errors, intervals.FEWEST_ERRORS, "errors")

    @property
    def top_k(self) -> int:
        """K of the top-k accuracy: 5, or 3 below ten classes. Convention."""
        return 3 if self.outputs.n_classes < 10 else 5  # noqa: PLR2004 said in the docstring

    @property
    def top_k_accuracy(self) -> Estimate | None:
        """Return the share of the rows whose label is among the k most probable classes; None without a row."""
        k, rank, ties = self.top_k, self.outputs.rank, self.outputs.ties
        credit = each(lambda higher, equal: scores.top_k_credit(higher, equal, k), rank, ties)
        return intervals.proportion(credit, self.design.weights)

    @property
    def balanced_accuracy(self) -> Estimate:
        """Return the mean recall of the classes that have examples."""
        parts, weight = (self.weighted, self.outputs.labels, self.outputs.predictions), self.design.weight
        found = classification.balanced_accuracy_estimate(self.weighted, self.confusion.sum(axis=1))
        return self.approximated(found.of_rows(lambda: classification.of_mean_recall(*parts, weight)))

    @property
    def macro_f1(self) -> Estimate:
        """Return the mean F1 of the classes that have examples or were predicted."""
        parts, weight = (self.weighted, self.outputs.labels, self.outputs.predictions), self.design.weight
        found = classification.macro_f1_estimate(self.weighted, self.confusion.sum(axis=1))
        return self.approximated(found.of_rows(lambda: classification.of_macro_f1(*parts, weight)))

    @property
    def n_errors(self) -> int:
        """Number of rows that are predicted wrong."""
        return self.n - number(self.outputs.correct)

    def mean_loss(self, values: Values, largest: float = math.inf) -> Estimate | None:
        """Return the mean of a loss (N,) between 0 and ``largest``; its interval is withheld below 5 errors."""
        found = intervals.mean(values, low=0.0, high=largest, weights=self.design.weights)
        return None if found is None else found.supported(self.n_errors, intervals.FEWEST_ERRORS, "errors")

    def loss_apart(self, first: Values, second: Values, wrong: int, largest: float = math.inf) -> Estimate | None:
        """Return the mean difference of two models' losses (N,) on these rows; its interval is withheld where few of these have an error.

        ``wrong`` is the number of rows with an error of either model, and no difference is larger than ``largest``.
        """
        found = comparison.mean_difference(first, second, largest, self.design.weights)
        return None if found is None else found.supported(wrong, intervals.FEWEST_PAIRED, _EITHER)

    def wrong_of_either(self, other: ClassifiedHead) -> int:
        """Return the number of rows that this or another model predicts wrong."""
        return comparison.errors_of_either(self.outputs.correct, other.outputs.correct)

    @property
    def distances(self) -> Derived:
        """(N,) by how many classes the prediction is off, where the classes have an order."""
        return ordinal.distances(self.outputs.labels, self.outputs.predictions)

    @property
    def class_mae(self) -> Estimate | None:
        """Return the mean of :attr:`distances`."""
        return self.mean_loss(self.distances, self.outputs.n_classes - 1)

    @property
    def kappa(self) -> Estimate | None:
        """Return Cohen's kappa with quadratic weights; None where all labels and predictions are one class."""
        found = ordinal.quadratic_kappa(self.outputs.labels, self.outputs.predictions, self.design.weights)
        return None if found is None else self.approximated(found)

    def kappa_apart(self, other: ClassifiedHead) -> Estimate | None:
        """Return the kappa minus that of another model on the same rows; None where all labels and predictions are one class."""
        rows = self.outputs.labels, self.outputs.predictions, other.outputs.predictions
        found = ordinal.quadratic_kappa_difference(*rows, self.design.weights)
        wrong = self.wrong_of_either(other)
        return None if found is None else found.supported(wrong, intervals.FEWEST_PAIRED, _EITHER)

    def confident_errors(self) -> ConfidentErrors:
        """Count the errors of which the model is sure; the p-value of an excess is for these rows, None in too few groups."""
        outputs = self.outputs
        found = confident_errors(outputs.confidence, outputs.correct, SURE)
        if self.design.plain:
            return found
        excess = each(lambda p, right: np.where(p >= SURE, p - right, 0.0), outputs.confidence, outputs.correct)
        variance = each(lambda p: np.where(p >= SURE, p * (1 - p), 0.0), outputs.confidence)
        least = total(variance, each(np.square, self.design.weight))
        return replace(found, p_value=self.design.p_value(excess, found.p_value, least, above=True))

    @property
    def brier(self) -> Values:
        """Return the Brier score (N,) by the convention for the task: positive class only, or summed over the classes."""
        summed = self.outputs.brier
        return Derived(len(summed), lambda span: summed[span] / 2) if self.binary else summed

    @property
    def largest_brier(self) -> float:
        """Return the largest Brier score by that convention."""
        return 1.0 if self.binary else 2.0

    @property
    def brier_convention(self) -> str:
        """Return which of the two applies."""
        return "positive class" if self.binary else "sum over the classes"


@dataclass(frozen=True)
class MultilabelHead(MeasuredHead[MultilabelOutputs]):
    """A multilabel head with labels, and what is counted of its rows once."""

    @cached_property
    def counts(self) -> Counts:
        """Right and wrong predictions by row."""
        return multilabel.counts(self.outputs.predicted, self.outputs.labels, self.outputs.known)

    @cached_property
    def exact(self) -> NDArray[np.bool_]:
        """(N,) bool, whether all known labels of the row are predicted right."""
        return filled(self.n, np.bool_, self.counts.exact.of)

    @property
    def n_wrong(self) -> int:
        """Number of rows with a wrong prediction."""
        return self.n - number(self.exact)

    def supported(self, found: Estimate) -> Estimate:
        """Return a mean of losses; its interval is withheld below 5 rows with an error."""
        return found.supported(self.n_wrong, intervals.FEWEST_ERRORS, "rows with an error")

    def mean_loss(self, sums: Parts) -> Estimate:
        """Return the mean of a loss over all known labels, as :meth:`supported`."""
        return self.supported(pooled.pooled_loss(sums.numerators, sums.denominators, self.design.weights))

    def of_class(self, index: int) -> Counts:
        """Return right and wrong predictions of one class by row."""
        outputs = self.outputs
        return multilabel.counts(outputs.predicted_of(index), outputs.labels[:, index], outputs.known[:, index])

    def f1_apart(self, other: MultilabelHead) -> tuple[Estimate, Derived] | None:
        """Return the difference in micro F1 from another model on the same rows, and its linearized rows; None where there is no F1."""
        return pooled.difference(self.counts.f1, other.counts.f1, self.design.weights)

    def f1_p(self, other: MultilabelHead) -> float | None:
        """Return the p-value of equal micro F1; None without a test."""
        found = self.f1_apart(other)
        return None if found is None else self.design.p_value(found[1], intervals.mean_p_value(found[1]))

    def exact_apart(self, other: MultilabelHead) -> Estimate:
        """Return the difference in exact match from another model on the same rows."""
        return comparison.accuracy_difference(comparison.discordance(self.exact, other.exact, self.design.weights))

    def loss_apart(self, own: Parts, other: Parts, largest: float = 1.0) -> Estimate | None:
        """Return a score or loss minus that of another model on the same rows; None where there is none."""
        found = pooled.difference(own, other, self.design.weights, largest)
        return None if found is None else found[0]

    def of_either(self, found: Estimate, wrong: int) -> Estimate:
        """Return a difference from another model; its interval is withheld where few rows, ``wrong``, have an error of either."""
        return found.supported(wrong, intervals.FEWEST_PAIRED, _EITHER)

    def wrong_of_either(self, other: MultilabelHead) -> int:
        """Return the number of rows with a label that this or another model predicts wrong."""
        return comparison.errors_of_either(self.exact, other.exact)

    @property
    def mean_nll(self) -> Parts:
        """The NLL of a known label."""
        return Parts(self.outputs.nll, self.counts.known)

    @property
    def mean_brier(self) -> Parts:
        """The squared error of a known label."""
        return Parts(self.outputs.brier, self.counts.known)

    def class_alone(self, index: int) -> tuple[ModelEvaluation, HeadEvaluation, ClassOutputs, DataEvaluation]:
        """Return the parts of a :class:`MeasuredHead` about one class, of the rows whose label is known."""
        known, outputs = self.outputs.known[:, index], self.outputs.of_class(index)
        head = replace(self.head, n=len(outputs.labels), outputs=outputs)
        return self.model, head, outputs, self.data if head.n == self.n else self.data.take(known)


HeadT = TypeVar("HeadT", bound=MeasuredHead[Any])


def comparable(subjects: Iterable[HeadT]) -> list[list[HeadT]]:
    """Group the models that have a classification head with the same name and number of classes; groups of two or more."""
    groups: dict[tuple[str | None, int], list[HeadT]] = {}
    for subject in subjects:
        groups.setdefault((subject.subject(), subject.outputs.n_classes), []).append(subject)
    return [group for group in groups.values() if len(group) > 1]


class OfHead(Protocol):
    """An item that is about a head."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def subject(self) -> str | None:
        """``head:NAME``; null if the model has only one."""


def figure_label(theme: Theme, one: OfHead) -> str:
    """Return the label of a head in a figure, with model names shortened as in the legends."""
    return about(theme.look(one.model).label, one.subject)
