"""What the figures of the calibration section say: titles and alt texts, and the numbers that they rest on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from reportgen.contract.numbers import required
from reportgen.contract.subjects import Subject, about
from reportgen.sections.calibration import bands
from reportgen.sections.calibration.findings import SIGNIFICANT, class_is_biased, evidence
from reportgen.sections.calibration.schema import WANTED_ACCURACY, CalibrationResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.contract.numbers import Metric
    from reportgen.sections.calibration.findings import ClassEvidence, Evidence
    from reportgen.sections.calibration.schema import (
        HeadCalibration,
        MultilabelCalibration,
        PositionsCalibration,
    )

    Point = tuple[float, float]

WANTED = f"{100 * WANTED_ACCURACY:g}{formatting.THIN}%"
_SIDES = {1: "more", -1: "fewer"}
"""Errors than the confidence implies."""
_LEAST_KEPT = 0.1
"""Share of the rows where the refusal curve ends: on fewer it is noise. Convention."""


def where(result: CalibrationResult) -> str:
    """Return the split and the number of its rows."""
    return f"{result.split} split, n = {result.n:,}"


def refusal_curve(head: HeadCalibration) -> list[Point]:
    """Return the refusal curve in percent, as far as it has errors; empty without any."""
    if head.refusal is None:
        return []
    points = zip(head.refusal.refused, head.refusal.risk, strict=True)
    return [(100 * refused, 100 * risk) for refused, risk in points if risk and refused <= 1 - _LEAST_KEPT]


def refusal_title(result: CalibrationResult, heads: Sequence[HeadCalibration], candidate: str | None) -> str:
    """Return what refusing brings, for the candidate, or else for the model that has to refuse the least."""
    best = refusal_model(result, heads, candidate)
    heads = [head for head in heads if head.model == candidate] or heads
    kept = {head: result.find("kept_at_99", head.model, head.subject) for head in heads}
    if best is None:
        if any(metric.status == "insufficient_data" for metric in kept.values()):
            return "Errors among the rows that are left"
        if len(heads) > 1:
            return f"Refusing unsure rows makes no model {WANTED} right"
        return f"Refusing unsure rows does not make {about(heads[0].model, heads[0].subject)} {WANTED} right"
    name, refused = about(best.model, best.subject), 1 - required(kept[best].value)
    return f"{name} is {WANTED} right " + (
        f"when it refuses {formatting.fraction(refused)} of rows" if refused > 0 else "without refusing a row"
    )


def refusal_model(
    result: CalibrationResult, heads: Sequence[HeadCalibration], candidate: str | None
) -> HeadCalibration | None:
    """Return the head that the title of the refusal curves names: of the candidate, or else the one that has to refuse the least; None where none can."""
    heads = [head for head in heads if head.model == candidate] or heads
    kept = {head: result.find("kept_at_99", head.model, head.subject).value for head in heads}
    return max((head for head in heads if kept[head] is not None), key=lambda head: required(kept[head]), default=None)


def refusal_alt(result: CalibrationResult, head: HeadCalibration) -> str:
    """Return the refusal curve of a head in words."""
    name, line = about(head.model, head.subject), refusal_curve(head)
    kept = result.find("kept_at_99", head.model, head.subject)
    text = f"{name}: {formatting.fraction(line[0][1] / 100)} errors without refusing"
    if kept.value is None:
        return f"{text}; {WANTED} right: {kept.reason}."
    return f"{text}; {WANTED} right when {formatting.fraction(1 - kept.value)} of rows are refused."


def outside_title(outside: Mapping[HeadCalibration, int] | Mapping[PositionsCalibration, int]) -> str:
    """Return how many points of which models are not where those of a calibrated model are."""
    words = [
        f"{about(head.model, head.subject)} {count} of {len(head.curve)}" for head, count in outside.items() if count
    ]
    if not words:
        return "All points are within the range of a calibrated model"
    return f"Points outside the range of a calibrated model: {formatting.listed(words)}"


def expected_title(result: CalibrationResult, heads: Sequence[HeadCalibration], candidate: str | None) -> str:
    """Return whether the heads make the errors that their confidence implies: the candidate, else all that are shown."""
    asked = [head for head in heads if head.model == candidate] or heads
    found = {(one.model, one.subject): one for one in evidence(result)}
    judged = [(head, one) for head in asked if (one := found.get((head.model, head.subject))) is not None]
    if len(judged) == 1:
        return _expected_of(*judged[0])
    parts = []
    for side in (1, -1):
        found_so = [(head, one) for head, one in judged if one.side == side]
        if len(found_so) == 1:
            parts.append(_expected_of(*found_so[0]))
        elif found_so:
            words = f"{len(found_so)} of {len(judged)} models make {_SIDES[side]} errors"
            parts.append(f"{words} than their confidence implies")
    none = {0: "No model makes", 2: "Neither model makes"}.get(
        len(judged), f"Of these {len(judged)} models, none makes"
    )
    return "; ".join(parts) or f"{none} measurably more or fewer errors than its confidence implies"


def _expected_of(head: HeadCalibration, found: Evidence) -> str:
    name = about(head.model, head.subject)
    errors, expected = _errors_of(head)
    counts = f"{errors:,} wrong, {expected} expected"
    against = _against(head, found.side)
    if against:
        return f"{name} makes {_SIDES[found.side]} errors in all than its confidence implies ({counts}), but {against}"
    if found.side and any(bands.side(band) == found.side for band in head.bands):
        return f"{name} makes {_SIDES[found.side]} errors than its confidence implies: {counts}"
    if found.side:
        return f"{name} makes {_SIDES[found.side]} errors in all than its confidence implies ({counts}), but in no band alone"
    if found.p < SIGNIFICANT:
        return f"The errors of {name} do not follow its confidence: {counts}"
    return f"Errors of {name}: {counts}; not distinguishable from calibrated"


def _against(head: HeadCalibration, side: int) -> str:
    """Return the bands of confidence that are measurably on the other side than all of them together; empty without one.

    Measurably: not as any band of 95 % of calibrated models.
    """
    beyond = [
        f"{bands.placed(band)} ({band.errors:,} wrong, {bands.expected(band.expected)} expected)"
        for band in head.bands
        if side and bands.side(band) == -side
    ]
    return f"{_SIDES[-side]} {formatting.listed(beyond)}" if beyond else ""


def _errors_of(head: HeadCalibration) -> tuple[int, str]:
    """Return the errors of a head, and those that its confidence implies as text."""
    expected = sum(band.expected for band in head.bands)
    return sum(band.errors for band in head.bands), bands.expected(expected)


def expected_alt(head: HeadCalibration) -> str:
    """Return the errors of a head by band in words."""
    errors, expected = _errors_of(head)
    by_band = "; ".join(
        f"{bands.name(band.low, band.high)}: {band.errors:,} of {band.n:,}, expected {bands.expected(band.expected)}"
        for band in head.bands
    )
    return f"{about(head.model, head.subject)}: {errors:,} errors, {expected} expected. By confidence: {by_band}."


def confidence_title(heads: Sequence[HeadCalibration]) -> str:
    """Return the medians of the wrong predictions, which say how sure a model is where it fails."""
    medians = [
        f"{about(head.model, head.subject)} {formatting.fraction(head.wrong.quartiles[1])}"
        for head in heads
        if head.wrong is not None and head.wrong.quartiles is not None
    ]
    return (
        f"Median confidence of wrong predictions: {formatting.listed(medians)}" if medians else "No wrong predictions"
    )


def confidence_alt(head: HeadCalibration) -> str:
    """Return the confidence of the right and of the wrong predictions in words."""
    parts = [
        f"{formatting.fraction(one.quartiles[1])} of {one.n:,} {word} predictions"
        for word, one in (("right", head.right), ("wrong", head.wrong))
        if one is not None and one.quartiles is not None
    ]
    return f"{about(head.model, head.subject)}: median {' and '.join(parts)}"


class WithClasses(Protocol):
    """A head with calibration by class."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def subject(self) -> str | None:
        """``head:NAME``; null if the model has only one."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes that were measured."""


def of_class(result: CalibrationResult, metric: str, head: WithClasses, name: str) -> Metric:
    """Return a metric of a class."""
    return result.find(metric, head.model, Subject.of("class", name, within=head.subject))


def established(result: CalibrationResult, head: WithClasses, name: str) -> bool:
    """Return whether the bias of a class is beyond chance, by its adjusted test and by its interval."""
    return class_is_biased(*(of_class(result, metric, head, name) for metric in ("class_bias_p", "class_bias")))


def class_p(result: CalibrationResult, head: WithClasses, name: str) -> float:
    """Return the adjusted p-value of the bias of a class; infinity, which comes last, where there is no test."""
    value = of_class(result, "class_bias_p", head, name).value
    return math.inf if value is None else float(value)


def classes_title(found: ClassEvidence) -> str:
    """Return of how many classes of a multilabel head the probability is off, and for which it is most."""
    name, total = about(found.model, found.subject), found.total
    if not found.wrong:
        return f"No class of {name} is measurably miscalibrated"
    worst = found.wrong[0]
    are = "is" if len(found.wrong) == 1 else "are"
    return f"{len(found.wrong)} of {total} classes of {name} {are} miscalibrated, most of all {worst.name}: ECE {formatting.fraction(required(worst.ece.value))}"


def classes_alt(result: CalibrationResult, head: MultilabelCalibration) -> str:
    """Return the points outside the range of a calibrated model, class by class."""
    listed = "; ".join(
        f"class {one.name}: {sum(point.outside for point in one.curve)} of {len(one.curve)} points are outside the gray bars, "
        f"ECE {formatting.fraction(required(of_class(result, 'class_ece', head, one.name).value))}"
        for one in head.curves
    )
    return f"{about(head.model, head.subject)}, {listed}."
