"""Calibration of multilabel heads: each class is a binary head, of the rows whose label is known; heads are never pooled over classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.base import Strict
from reportgen.contract.forecasts import Forecaster, null_of
from reportgen.contract.numbers import Measurement
from reportgen.contract.records.multilabel import ClassOutputs
from reportgen.contract.subjects import Subject
from reportgen.metrics import calibrated, calibration, intervals, pooled
from reportgen.metrics.spans import each, number
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.binned import curve, debiased, expected
from reportgen.sections.calibration.schema import ClassCurve, MultilabelCalibration, ReliabilityPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.forecasts import Points
    from reportgen.contract.heads import MultilabelHead

MOST_CURVES = 6
"""Classes of a head whose reliability diagrams are kept. Convention."""


@dataclass(frozen=True)
class _Label(Forecaster[ClassOutputs]):
    """One class as a binary head."""

    @property
    def forecast(self) -> Points:
        """Probabilities of the class, with the weights of the rows that it applies to, and of the others."""
        outputs, weight = self.outputs, self.design.weight
        true = each(np.multiply, outputs.labels, weight)
        return outputs.probability, true, each(np.subtract, weight, true)


@dataclass(frozen=True)
class _Class:
    """What was found of a class: its numbers, the p-values of its ECE and of its bias, None where there is no test."""

    name: str
    measurements: tuple[Measurement, ...]
    ece: float
    ece_p: float | None
    bias_p: float | None
    curve: tuple[ReliabilityPoint, ...]

    @property
    def p(self) -> float | None:
        """Of both tests, allowed for both."""
        return None if self.ece_p is None or self.bias_p is None else min(1.0, 2 * min(self.ece_p, self.bias_p))


class TestedClasses(Strict):
    """What was found of a multilabel head: its numbers, and the p-values of its classes before they are adjusted; null where there is no test."""

    measurements: tuple[Measurement, ...]
    names: tuple[str, ...]
    """The classes of which labels are known."""
    classes: tuple[float | None, ...]
    biases: tuple[float | None, ...]
    shown: MultilabelCalibration

    @property
    def whole(self) -> float | None:
        """Of the head as such: the smallest of the classes, allowed for their number (Bonferroni)."""
        known = [p for p in self.classes if p is not None]
        return min(1.0, len(known) * min(known)) if known else None


def of_head(head: MultilabelHead, bins: int) -> TestedClasses:
    """Measure a multilabel head and each of its classes."""
    known = _known(head)
    found = [_of_class(head, index, bins) for index in np.flatnonzero(known).tolist()]
    ranked = sorted(found, key=lambda one: (1.0 if one.p is None else one.p, -one.ece))
    return TestedClasses(
        measurements=(
            *_whole(head, found),
            *_unknown(head, np.flatnonzero(~known)),
            *(one for of_class in found for one in of_class.measurements),
        ),
        names=tuple(one.name for one in found),
        classes=tuple(one.p for one in found),
        biases=tuple(one.bias_p for one in found),
        shown=MultilabelCalibration(
            model=head.model.name,
            subject=head.subject(),
            n=head.n,
            class_names=tuple(one.name for one in found),
            curves=tuple(ClassCurve(name=one.name, curve=one.curve) for one in ranked[:MOST_CURVES]),
        ),
    )


def _whole(head: MultilabelHead, found: list[_Class]) -> Iterator[Measurement]:
    worst = max(found, key=lambda one: one.ece)
    yield head.measure(schema.LARGEST_CLASS_ECE, worst.ece, estimator=f"class {worst.name}")
    yield head.measure(
        schema.MEAN_CLASS_ECE, float(np.mean([one.ece for one in found])), estimator=f"{len(found)} classes"
    )
    squares = head.mean_brier
    brier = pooled.pooled_loss(squares.numerators, squares.denominators, head.design.weights)
    brier = brier.supported(head.n_wrong, intervals.FEWEST_ERRORS, "rows with an error")
    yield head.estimated(schema.BRIER, brier, estimator="mean over the classes")


def _known(head: MultilabelHead) -> NDArray[np.bool_]:
    """Return of which classes (K,) a label is known."""
    return np.array([number(head.outputs.known[:, index]) > 0 for index in range(head.outputs.n_classes)])


def _unknown(head: MultilabelHead, classes: NDArray[np.int64]) -> Iterator[Measurement]:
    """Yield why classes of which no label is known have no numbers."""
    for index in classes.tolist():
        for spec in schema.OF_LABELS:
            part = Subject.of("class", head.head.class_names[index])
            yield head.insufficient(spec, "no label of this class is known", part)


def _of_class(head: MultilabelHead, index: int, bins: int) -> _Class:
    one = _Label(*head.class_alone(index), bins)
    name = head.head.class_names[index]
    part, found = Subject.of("class", name), one.equal_width
    null = null_of(calibrated.ece_null, found, one.forecast, one.design, one.data.seed)
    size, how = calibration.ece(found), f"{bins} equal-width bins"
    numbers = (
        one.measure(schema.CLASS_ECE, size, part, estimator=how),
        expected(one, schema.CLASS_ECE_NULL, null, part, estimator=how),
        debiased(one, schema.CLASS_DEBIASED, part),
        one.estimated(schema.CLASS_BIAS, calibration.gap(*one.forecast), part),
    )
    p_value = None if null is None else null.p_value
    return _Class(name, numbers, size, p_value, one.in_the_large(one.forecast), curve(one))
