"""Computes the metrics of the calibration section for every head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.forecasts import BANDS, WEIGHTED, nulls_of, points_of
from reportgen.contract.needs import Need
from reportgen.contract.section import PerModelAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import calibration, density, selective, smoothing, temperature
from reportgen.metrics.mapped import among
from reportgen.metrics.spans import each, spans
from reportgen.metrics.temperature import NoTemperatureError
from reportgen.sections.calibration import multilabel, schema
from reportgen.sections.calibration.adjusted import CalibratedModel, Heads, TestedHead, adjusted
from reportgen.sections.calibration.binned import (
    Binned,
    class_p_values,
    curve,
    debiased,
    known_values,
    rows_of_bins,
)
from reportgen.sections.calibration.distributions import analyzer as distributions
from reportgen.sections.calibration.positions import analyzer as positions
from reportgen.sections.calibration.schema import (
    BrierScore,
    CalibrationOptions,
    CalibrationResult,
    ConfidenceEntropy,
    Confidences,
    ErrorBand,
    HeadCalibration,
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.forecasts import Floats, Points
    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.classification import ClassificationOutputs
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.design import Design

_SHAPE_ROWS = 30
"""Predictions below which each is kept, because so few have no meaningful density. Convention."""
_MOST_NINES = 6.0
"""-log10(1 - confidence) of the highest confidence that is told apart. Convention."""
_HISTOGRAMS = "of so many logits only counts in histograms are kept, which do not tell the rows"
_IN_CELLS = "rows counted in fine cells of confidence"
_LANDSCAPE_CELLS = 30
_WHOLE_DIGITS = 9
"""Decimals to which numbers of errors are kept, so that whole ones are whole."""
_BEYOND = 0.5
"""Nines by which the density of the confidence extends beyond the highest one. Convention."""
_REFUSAL_POINTS = 200


class CalibrationAnalyzer(PerModelAnalyzer[CalibrationOptions, CalibrationResult, CalibratedModel]):
    """Measures calibration and uncertainty of every head."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS})
    part = CalibratedModel

    def of_model(self, evaluation: Evaluation) -> CalibratedModel:
        """Measure every head of a model."""
        heads = Heads.of(evaluation, self.options.bins)
        return CalibratedModel(
            heads=tuple(map(self._of_head, heads.classified)),
            multilabel=tuple(multilabel.of_head(one, self.options.bins) for one in heads.multilabel),
            positions=tuple(map(positions.of_head, heads.positions)),
            distributions=tuple(map(distributions.of_head, heads.distributions)),
        )

    def joined(self, evaluation: Evaluation, parts: Sequence[CalibratedModel]) -> CalibrationResult:
        """Put the models together, with the p-values that are adjusted for all of them."""
        heads = Heads.of(evaluation, self.options.bins)
        classified = [one for part in parts for one in part.heads]
        several = [one for part in parts for one in part.multilabel]
        of_positions = [one for part in parts for one in part.positions]
        distributed = [one for part in parts for one in part.distributions]
        return CalibrationResult(
            measurements=(
                *(one for found in classified for one in found.measurements),
                *(one for found in several for one in found.measurements),
                *(one for found in of_positions for one in found.measurements),
                *adjusted(
                    list(zip(heads.classified, classified, strict=True)),
                    list(zip(heads.multilabel, several, strict=True)),
                    list(zip(heads.positions, of_positions, strict=True)),
                ),
                *(one for found in distributed for one in found.measurements),
                *distributions.adjusted(list(zip(heads.distributions, distributed, strict=True))),
            ),
            split=heads.data.split,
            n=heads.data.n,
            heads=tuple(found.shown for found in classified),
            multilabel=tuple(found.shown for found in several),
            positions=tuple(found.shown for found in of_positions),
            distributions=tuple(found.shown for found in distributed),
            options=self.options,
        )

    def _of_head(self, subject: Binned) -> TestedHead:
        return TestedHead(
            measurements=(
                *_errors(subject),
                *_direction(subject),
                *_uncertainty(subject),
                *_refusing(subject),
                *_temperature(subject),
                *_classes(subject),
            ),
            whole=subject.calibration_p,
            classes=class_p_values(subject),
            shown=self._shown(subject),
        )

    def _shown(self, subject: Binned) -> HeadCalibration:
        return HeadCalibration(
            model=subject.model.name,
            subject=subject.subject(),
            task=subject.head.task.value,
            class_names=subject.head.class_names,
            n=subject.n,
            notion="positive class" if subject.binary else "confidence",
            curve=curve(subject),
            bands=_bands(subject),
            right=_confidences(subject, self.options.violin_points, right=True),
            wrong=_confidences(subject, self.options.violin_points, right=False),
            landscape=_landscape(subject.outputs),
            brier=_brier(subject),
            refusal=_refusal(subject),
        )


def _brier(subject: Binned) -> BrierScore:
    found = subject.mean_loss(subject.brier, subject.largest_brier)
    if found is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    found = subject.design.estimate(found)
    return BrierScore(value=found.value, low=found.low, high=found.high)


# ------------------------------------------------------------------------------------------------ numbers


def _errors(subject: Binned) -> Iterator[Measurement]:
    bins, options = subject.equal_width, f"{subject.bins} equal-width bins"
    notion = "positive class" if subject.binary else "top label"
    yield subject.measure(schema.ECE, calibration.ece(bins), estimator=f"{notion}, {options}")
    yield subject.expected(schema.ECE_NULL, subject.ece_null, estimator=options)
    yield subject.tested(schema.ECE_P, subject.ece_p)
    yield debiased(subject, schema.DEBIASED)
    cells = _IN_CELLS if subject.counted and not subject.binary else None
    yield subject.measure(schema.SMECE, smoothing.smece(*subject.forecast), estimator=cells)
    if subject.design.plain:
        yield subject.expected(schema.SMECE_NULL, subject.smece_null)
    else:
        yield subject.insufficient(schema.SMECE_NULL, subject.design.without_interval(0.0).withheld or "")
    yield subject.measure(schema.MCE, calibration.mce(bins), estimator=options)
    yield subject.expected(schema.MCE_NULL, subject.mce_null, estimator=options)


def _direction(subject: Binned) -> Iterator[Measurement]:
    yield subject.estimated(
        schema.GAP, calibration.gap(*subject.predicted), estimator="confidence of the predicted class"
    )
    yield subject.tested(schema.GAP_P, subject.gap_p)
    if subject.binary:
        yield subject.estimated(schema.POSITIVE_BIAS, calibration.gap(*subject.forecast))
    else:
        yield subject.not_applicable(schema.POSITIVE_BIAS, "only binary heads have a positive class")


def _uncertainty(subject: Binned) -> Iterator[Measurement]:
    largest = float(np.log(subject.outputs.n_classes))
    for spec, estimate, estimator in (
        (schema.BRIER, subject.mean_loss(subject.brier, subject.largest_brier), subject.brier_convention),
        (schema.MEAN_CONFIDENCE, subject.mean_confidence, None),
        (schema.MEAN_ENTROPY, subject.mean_entropy, f"at most {largest:.3f} nats"),
    ):
        if estimate is not None:
            yield subject.estimated(spec, estimate, estimator=estimator)


def _refusing(subject: Binned) -> Iterator[Measurement]:
    if subject.design.weights is not None:
        for spec in schema.REFUSING:
            yield subject.not_applicable(spec, WEIGHTED)
        return
    ranked = subject.refusals
    yield subject.estimated(schema.AURC, subject.aurc, estimator=_IN_CELLS if subject.counted else None)
    for share, spec in schema.COVERAGE:
        accuracy, lowest = ranked.accuracy_at(share)
        yield subject.estimated(spec, accuracy, estimator=f"confidence of at least {lowest:.4f}")
    reached = ranked.reach(schema.WANTED_ACCURACY)
    if reached is not None:
        yield subject.measure(schema.CONFIDENCE_FOR_99, reached.confidence, estimator=f"keeps {reached.kept:,} rows")
        yield subject.measure(schema.KEPT_AT_99, reached.share)
        return
    for spec in (schema.CONFIDENCE_FOR_99, schema.KEPT_AT_99):
        if subject.n < selective.FEWEST_KEPT:
            yield subject.insufficient(spec, f"fewer than {selective.FEWEST_KEPT} rows were evaluated")
        else:
            reason = (
                f"not reached: no threshold that keeps at least {selective.FEWEST_KEPT} rows makes the rest 99 % right"
            )
            yield subject.not_applicable(spec, reason)


def _temperature(subject: Binned) -> Iterator[Measurement]:
    try:
        found = subject.rescaling
    except NoTemperatureError as reason:
        yield from (subject.insufficient(spec, str(reason)) for spec in schema.RESCALING)
        return
    n, labels = len(found.rows), subject.outputs.labels[found.rows]
    yield subject.estimated(schema.TEMPERATURE, found.fitted.estimate, design=found.design, estimator=found.sample)
    try:
        given = (subject.outputs.logit_sample[found.chosen], found.targets, labels, subject.data.seed)
        scaled = temperature.cross_fit(found.fitted, *given, found.design.groups)
    except NoTemperatureError as reason:
        yield from (subject.insufficient(spec, str(reason)) for spec in schema.RESCALING[1:])
        return
    folds = f"5 folds, {found.sample}"
    yield subject.estimated(schema.TEMPERATURE_GAIN, scaled.gain, design=found.design, estimator=folds)
    points = _points_after(subject, found.chosen, scaled.confidence, found.design)
    bins = calibration.residual_bins(*points, calibration.equal_width_edges(subject.bins))
    yield subject.measure(schema.TEMPERATURE_ECE, calibration.ece(bins), n=n, estimator=folds)
    nulls = nulls_of(bins, points, found.design, subject.data.seed)
    yield subject.expected(schema.TEMPERATURE_ECE_NULL, None if nulls is None else nulls.ece, n=n, estimator=folds)


def _points_after(subject: Binned, sample: NDArray[Any], confidence: Floats, design: Design) -> Points:
    """Return the rescaled forecasts of some sampled logits, of the same kind as :attr:`Binned.forecast`."""
    outputs = subject.outputs
    rows = outputs.logit_sample_rows[sample]
    top = outputs.logit_sample[sample].argmax(axis=1)
    came_true, forecast = outputs.labels[rows] == top, confidence
    if subject.binary:
        forecast = np.where(top == 1, confidence, 1.0 - confidence)
        came_true = outputs.labels[rows] == 1
    return points_of(forecast, came_true, design)


def _classes(subject: Binned) -> Iterator[Measurement]:
    names, outputs = subject.head.class_names, subject.outputs
    estimator = None if outputs.histogram is None else "from histograms with 2,048 bins"
    for index, name in enumerate(names):
        part, points = Subject.of("class", name), subject.class_points(index)
        if points is None:
            for spec in (schema.CLASS_ECE, schema.CLASS_BIAS):
                yield subject.insufficient(spec, _HISTOGRAMS, part)
            continue
        bins = calibration.residual_bins(*points, calibration.equal_width_edges(subject.bins))
        yield subject.measure(schema.CLASS_ECE, calibration.ece(bins), part, estimator=estimator)
        yield subject.estimated(schema.CLASS_BIAS, calibration.gap(*points), part, estimator=estimator)


# ------------------------------------------------------------------------------------------------ what figures show


def _refusal(subject: Binned) -> Refusal | None:
    if subject.design.weights is not None:
        return None
    refused, risk = subject.refusals.curve(_REFUSAL_POINTS)
    return Refusal(refused=tuple(refused.tolist()), risk=tuple(risk.tolist()))


def _bands(subject: Binned) -> tuple[ErrorBand, ...]:
    """Count errors by confidence; not for weighted rows, whose errors are no counts."""
    if subject.design.weights is not None:
        return ()
    bins = calibration.residual_bins(*subject.predicted, np.array(BANDS))
    counts, divisors = rows_of_bins(subject.predicted, bins, subject.design)
    curve, used = calibration.reliability_curve(bins, divisors), np.flatnonzero(bins.n)
    cells = zip(
        used.tolist(),
        counts,
        *(one.tolist() for one in (curve.forecast, curve.frequency)),
        *(known_values(one) for one in (curve.band_low, curve.band_high)),
        strict=True,
    )
    return tuple(
        ErrorBand(
            low=BANDS[place],
            high=BANDS[place + 1],
            n=n,
            errors=round(n * (1 - frequency)),
            expected=n * (1 - forecast),
            range_low=None if high is None else round(n * (1 - high), _WHOLE_DIGITS),
            range_high=None if low is None else round(n * (1 - low), _WHOLE_DIGITS),
        )
        for place, n, forecast, frequency, low, high in cells
    )


def _confidences(subject: Binned, points: int, *, right: bool) -> Confidences:
    outputs, counts = subject.outputs, None
    if subject.counted:
        cells = subject.cells
        counts = cells.positives if right else cells.negatives
        found, counts = cells.forecasts[counts > 0], counts[counts > 0]
    else:
        found = among(outputs.confidence, outputs.correct if right else each(np.logical_not, outputs.correct))
        found.sort()
    n = len(found) if counts is None else round(float(counts.sum()))
    grid = values = np.empty(0)
    if n >= _SHAPE_ROWS:
        low, high = _nines(
            np.array([min(float(outputs.confidence.min()), 1.0 / outputs.n_classes), found[-1]])
        ).tolist()
        ends = (low, min(high + _BEYOND, _MOST_NINES))
        grid, values = density.reflected_density(each(_nines, found), *ends, points, counts)
    return Confidences(
        n=n,
        quartiles=density.quantiles(found, [0.25, 0.5, 0.75], counts).tolist() if n else None,
        grid=tuple(grid.tolist()),
        density=tuple(values.tolist()),
        values=tuple(found.tolist()) if n < _SHAPE_ROWS else (),
    )


def _nines(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -log10(1 - confidence), the number of nines of a confidence, 6 at most."""
    return -np.log10(np.maximum(1.0 - confidence, 10.0**-_MOST_NINES))


def _landscape(outputs: ClassificationOutputs) -> ConfidenceEntropy:
    confidence_edges = np.linspace(1.0 / outputs.n_classes, 1.0, _LANDSCAPE_CELLS + 1)
    entropy_edges = np.linspace(0.0, np.log(outputs.n_classes), _LANDSCAPE_CELLS + 1)
    counts = np.zeros((_LANDSCAPE_CELLS, _LANDSCAPE_CELLS))
    for span in spans(len(outputs.entropy)):
        counts += np.histogram2d(
            np.clip(outputs.entropy[span], 0.0, entropy_edges[-1]),
            np.clip(outputs.confidence[span], confidence_edges[0], 1.0),
            bins=[entropy_edges, confidence_edges],
        )[0]
    return ConfidenceEntropy(
        confidence_edges=tuple(confidence_edges.tolist()),
        entropy_edges=tuple(entropy_edges.tolist()),
        counts=tuple(tuple(int(count) for count in row) for row in counts),
    )
