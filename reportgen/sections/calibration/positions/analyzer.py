"""Measures the calibration of pixels and tokens from sums per image or sequence and bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Measurement
from reportgen.metrics import calibration
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.binned import points_of
from reportgen.sections.calibration.schema import PositionsCalibration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.positions import DenseHead
    from reportgen.metrics.unit_bins import UnitBins


class TestedPositions(Strict):
    """What was found of a head: its numbers, and the p-value of its calibration before it is adjusted; null where there is no test."""

    measurements: tuple[Measurement, ...]
    whole: float | None
    shown: PositionsCalibration


def of_head(head: DenseHead) -> TestedPositions:
    """Measure a head."""
    numbers = (*_errors(head), *_direction(head), *_uncertainty(head))
    return TestedPositions(measurements=numbers, whole=head.calibration_p, shown=_shown(head, head.unit_bins))


def _errors(head: DenseHead) -> Iterator[Measurement]:
    bins, ece = head.unit_bins.bins, head.ece_null
    how = f"{len(bins.n)} equal-width bins"
    yield head.measure(schema.ECE, calibration.ece(bins), estimator=f"top label of each {head.position}, {how}")
    yield head.expected(schema.ECE_NULL, ece, estimator=how)
    yield head.tested(schema.ECE_P, None if ece is None else ece.p_value)
    kind = f"L2, {how}; pairs of {head.position}s of different {head.unit}s"
    yield head.if_any(
        schema.DEBIASED, head.debiased, f"no bin has {head.position}s of two {head.unit}s", estimator=kind
    )
    yield head.measure(schema.MCE, calibration.mce(bins), estimator=how)
    yield head.expected(schema.MCE_NULL, head.mce_null, estimator=how)


def _direction(head: DenseHead) -> Iterator[Measurement]:
    yield head.estimated(schema.GAP, head.gap, estimator="confidence of the predicted class")
    how = f"Student's t, clustered by {head.design.by}"
    yield head.tested(schema.GAP_P, head.unit_bins.gap_p, estimator=how)


def _uncertainty(head: DenseHead) -> Iterator[Measurement]:
    brier = head.mean_loss(head.mean_brier)
    yield head.estimated(schema.BRIER, brier, estimator="positive class" if head.brier_divisor > 1 else None)
    yield head.estimated(schema.MEAN_CONFIDENCE, head.mean_confidence)


def _shown(head: DenseHead, found: UnitBins) -> PositionsCalibration:
    curve, counted = found.curve(), found.counted.sum(axis=0)
    return PositionsCalibration(
        model=head.model.name,
        subject=head.subject(),
        task=head.head.task.value,
        n=head.n,
        positions=int(counted.sum()),
        curve=points_of(curve, counted[counted > 0].tolist()),
    )
