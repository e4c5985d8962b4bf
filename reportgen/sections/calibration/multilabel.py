"""Calibration of multilabel heads: each class is a binary head, of the rows whose label is known; heads are never pooled over classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.base import Strict
from reportgen.contract.forecasts import calibrated_p, of_classes
from reportgen.contract.numbers import Measurement
from reportgen.contract.subjects import Subject
from reportgen.metrics import calibration
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.binned import curve, debiased
from reportgen.sections.calibration.schema import ClassCurve, MultilabelCalibration, ReliabilityPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.forecasts import ClassForecaster
    from reportgen.contract.heads import MultilabelHead

MOST_CURVES = 6
"""Classes of a head whose reliability diagrams are kept. Convention."""


@dataclass(frozen=True)
class _Class:
    """What was found of a class: its numbers, the p-values of its calibration and of its bias, None where there is no test."""

    name: str
    measurements: tuple[Measurement, ...]
    ece: float
    p: float | None
    bias_p: float | None
    curve: tuple[ReliabilityPoint, ...]


class TestedClasses(Strict):
    """What was found of a multilabel head: its numbers, and the p-values of its classes before they are adjusted; null where there is no test."""

    measurements: tuple[Measurement, ...]
    names: tuple[str, ...]
    """The classes of which labels are known."""
    classes: tuple[float | None, ...]
    biases: tuple[float | None, ...]
    whole: float | None
    """Of the head as such."""
    shown: MultilabelCalibration


def of_head(head: MultilabelHead, bins: int) -> TestedClasses:
    """Measure a multilabel head and each of its classes."""
    names = head.head.class_names
    found = {index: _of_class(one, names[index]) for index, one in of_classes(head, bins)}
    known = list(found.values())
    ranked = sorted(known, key=lambda one: (1.0 if one.p is None else one.p, -one.ece))
    return TestedClasses(
        measurements=(
            *_whole(head, known),
            *_unknown(head, [name for index, name in enumerate(names) if index not in found]),
            *(one for of_class in known for one in of_class.measurements),
        ),
        names=tuple(one.name for one in known),
        classes=tuple(one.p for one in known),
        biases=tuple(one.bias_p for one in known),
        whole=calibrated_p(one.p for one in known),
        shown=MultilabelCalibration(
            model=head.model.name,
            subject=head.subject(),
            n=head.n,
            class_names=tuple(one.name for one in known),
            curves=tuple(ClassCurve(name=one.name, curve=one.curve) for one in ranked[:MOST_CURVES]),
        ),
    )


def _whole(head: MultilabelHead, found: list[_Class]) -> Iterator[Measurement]:
    worst = max(found, key=lambda one: one.ece)
    yield head.measure(schema.LARGEST_CLASS_ECE, worst.ece, estimator=f"class {worst.name}")
    yield head.measure(
        schema.MEAN_CLASS_ECE, float(np.mean([one.ece for one in found])), estimator=f"{len(found)} classes"
    )
    yield head.estimated(schema.BRIER, head.mean_loss(head.mean_brier), estimator="mean over the classes")


def _unknown(head: MultilabelHead, names: list[str]) -> Iterator[Measurement]:
    """Yield why classes of which no label is known have no numbers."""
    for name in names:
        for spec in schema.OF_LABELS:
            yield head.insufficient(spec, "no label of this class is known", Subject.of("class", name))


def _of_class(one: ClassForecaster, name: str) -> _Class:
    part, size, how = Subject.of("class", name), calibration.ece(one.equal_width), f"{one.bins} equal-width bins"
    numbers = (
        one.measure(schema.CLASS_ECE, size, part, estimator=how),
        one.expected(schema.CLASS_ECE_NULL, one.ece_null, part, estimator=how),
        debiased(one, schema.CLASS_DEBIASED, part),
        one.estimated(schema.CLASS_BIAS, calibration.gap(*one.forecast), part),
    )
    return _Class(name, numbers, size, one.calibration_p, one.bias_p, curve(one))
