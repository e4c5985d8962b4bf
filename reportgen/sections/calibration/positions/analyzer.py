"""Measures the calibration of pixels and tokens from sums per image or sequence and bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.base import Strict
from reportgen.contract.numbers import OF_CALIBRATED, Measurement
from reportgen.metrics import calibrated, calibration, intervals, pooled
from reportgen.metrics.design import FEWEST_GROUPS
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.binned import points_of
from reportgen.sections.calibration.schema import PositionsCalibration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.positions import DenseHead
    from reportgen.metrics.calibrated import Null
    from reportgen.metrics.unit_bins import UnitBins


class TestedPositions(Strict):
    """What was found of a head: its numbers, and the p-value of its calibration before it is adjusted; null where there is no test."""

    measurements: tuple[Measurement, ...]
    whole: float | None
    shown: PositionsCalibration


def of_head(head: DenseHead) -> TestedPositions:
    """Measure a head."""
    found, few = head.unit_bins, head.design.count < FEWEST_GROUPS
    rows, seed = found.grouped, head.data.seed
    ece = None if few else calibrated.ece_null(found.bins, seed, rows=rows)
    mce = None if few else calibrated.mce_null(found.bins, seed, rows=rows)
    gap_p = found.gap_p
    whole = None if ece is None or gap_p is None else min(1.0, 2 * min(ece.p_value, gap_p))
    numbers = (*_errors(head, found, ece, mce), *_direction(head, found, gap_p), *_uncertainty(head, found))
    return TestedPositions(measurements=numbers, whole=whole, shown=_shown(head, found))


def _errors(head: DenseHead, found: UnitBins, ece: Null | None, mce: Null | None) -> Iterator[Measurement]:
    bins = found.bins
    how = f"{len(bins.n)} equal-width bins"
    yield head.measure(schema.ECE, calibration.ece(bins), estimator=f"top label of each {head.position}, {how}")
    yield _expected(head, schema.ECE_NULL, ece, how)
    yield head.tested(schema.ECE_P, None if ece is None else ece.p_value)
    debiased = calibrated.between_groups(bins, found.grouped)
    if debiased is None:
        yield head.insufficient(schema.DEBIASED, f"no bin has {head.position}s of two {head.unit}s")
    else:
        kind = f"L2, {how}; pairs of {head.position}s of different {head.unit}s"
        yield head.estimated(schema.DEBIASED, head.design.without_interval(debiased), estimator=kind)
    yield head.measure(schema.MCE, calibration.mce(bins), estimator=how)
    yield _expected(head, schema.MCE_NULL, mce, how)


def _expected(head: DenseHead, spec: MetricSpec, null: Null | None, how: str) -> Measurement:
    if null is None:
        return head.insufficient(spec, head.design.too_few)
    method = head.design.said(OF_CALIBRATED)
    return head.measure(spec, null.mean, ci_low=0.0, ci_high=null.high, ci_method=method, estimator=how)


def _direction(head: DenseHead, found: UnitBins, p_value: float | None) -> Iterator[Measurement]:
    gap = found.difference
    if gap is None:
        message = "a measured head has a position that counts"
        raise ValueError(message)
    yield head.estimated(schema.GAP, gap[0], estimator="confidence of the predicted class")
    yield head.tested(schema.GAP_P, p_value, estimator=f"Student's t, clustered by {head.design.by}")


def _uncertainty(head: DenseHead, found: UnitBins) -> Iterator[Measurement]:
    brier, confidence = head.mean_brier, found.gap[0]
    score = pooled.pooled_loss(brier.numerators, brier.denominators, head.design.weights)
    score = score.supported(head.n_wrong, intervals.FEWEST_ERRORS, f"{head.unit}s with an error")
    yield head.estimated(schema.BRIER, score, estimator="positive class" if head.brier_divisor > 1 else None)
    mean = pooled.pooled_loss(confidence.numerators, confidence.denominators, head.design.weights)
    yield head.estimated(schema.MEAN_CONFIDENCE, mean)


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
