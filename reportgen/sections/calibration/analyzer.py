"""Computes the metrics of the calibration section for every head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.heads import ClassifiedHead
from reportgen.contract.needs import Need
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.section import BaseAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import calibration, comparison, density, intervals, smoothing, temperature
from reportgen.metrics.temperature import NoTemperatureError
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.schema import (
    BrierScore,
    CalibrationOptions,
    CalibrationResult,
    ConfidenceDensity,
    ConfidenceEntropy,
    HeadCalibration,
    ReliabilityPoint,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.classification import ScorePoints
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.calibration import ResidualBins

FIT_ROWS = 50_000
"""Maximum number of rows that the temperature is fitted on."""
_CURVE_BINS = 15
_LANDSCAPE_CELLS = 30


@dataclass(frozen=True)
class _Head(ClassifiedHead):
    """A head and its binned forecasts."""

    bins: int

    @cached_property
    def forecast(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Forecasts, with the counts of positive and negative outcomes at each."""
        if self.binary:
            points = self.outputs.one_vs_rest(1)
            return points.scores, points.positives, points.negatives
        correct = self.outputs.correct.astype(np.float64)
        return self.outputs.confidence, correct, 1.0 - correct

    @cached_property
    def equal_width(self) -> ResidualBins:
        return calibration.residual_bins(*self.forecast, calibration.equal_width_edges(self.bins))

    def equal_mass(self, bins: int) -> ResidualBins:
        edges = calibration.equal_mass_edges(self.forecast[0], bins)
        return calibration.residual_bins(*self.forecast, edges)


class CalibrationAnalyzer(BaseAnalyzer[CalibrationOptions, CalibrationResult]):
    """Measures calibration and uncertainty of every head."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS})

    def analyze(self, evaluation: Evaluation) -> CalibrationResult:
        """Compute the metrics of every head."""
        data = evaluation.data
        if data is None:
            message = "calibration needs data"
            raise ValueError(message)
        measurements: list[Measurement] = []
        heads = []
        for model, head, outputs in evaluation.heads(ClassificationOutputs):
            subject = _Head(model, head, outputs, data, self.options.bins)
            measurements += [*_errors(subject), *_uncertainty(subject), *_temperature(subject), *_classes(subject)]
            heads.append(self._shown(subject))
        return CalibrationResult(
            measurements=tuple(measurements), split=data.split, n=data.n, heads=tuple(heads), options=self.options
        )

    def _shown(self, subject: _Head) -> HeadCalibration:
        return HeadCalibration(
            model=subject.model.name,
            subject=subject.subject(),
            task=subject.head.task.value,
            class_names=subject.head.class_names,
            n=subject.n,
            notion="positive class" if subject.binary else "confidence",
            curve=_curve(subject),
            density=_density(subject.outputs, self.options.violin_points),
            landscape=_landscape(subject.outputs),
            brier=_brier(subject),
        )


def _brier(subject: _Head) -> BrierScore:
    found = subject.mean_loss(subject.brier, subject.largest_brier)
    if found is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    return BrierScore(value=found.value, low=found.low, high=found.high)


# ------------------------------------------------------------------------------------------------ numbers


def _errors(subject: _Head) -> Iterator[Measurement]:
    bins, options = subject.equal_width, f"{subject.bins} equal-width bins"
    null = calibration.ece_null(bins, subject.data.seed)
    notion = "positive class" if subject.binary else "top label"
    yield subject.measure(schema.ECE, calibration.ece(bins), estimator=f"{notion}, {options}")
    band: dict[str, Any] = {
        "ci_low": null.low,
        "ci_high": null.high,
        "ci_method": "95 % range of the ECE of a calibrated model",
    }
    yield subject.measure(schema.ECE_NULL, null.mean, estimator=options, **band)
    yield subject.measure(schema.ECE_P, null.p_value)
    debiased = calibration.debiased_error(subject.equal_mass(subject.bins))
    if debiased is None:
        yield subject.insufficient(schema.DEBIASED, "no bin has two examples")
    else:
        yield subject.estimated(schema.DEBIASED, debiased, estimator=f"L2, {subject.bins} equal-mass bins")
    yield subject.measure(schema.SMECE, smoothing.smece(*subject.forecast))
    largest = calibration.mce(bins)
    if largest is None:
        yield subject.insufficient(schema.MCE, "no bin has 30 examples")
    else:
        yield subject.measure(schema.MCE, largest, estimator=f"{options} with at least 30 examples")
    yield subject.estimated(schema.GAP, calibration.gap(bins), estimator=notion)


def _uncertainty(subject: _Head) -> Iterator[Measurement]:
    outputs = subject.outputs
    largest = float(np.log(outputs.n_classes))
    for spec, estimate, estimator in (
        (schema.BRIER, subject.mean_loss(subject.brier, subject.largest_brier), subject.brier_convention),
        (schema.MEAN_CONFIDENCE, intervals.mean(outputs.confidence, 0.0, 1.0), None),
        (schema.MEAN_ENTROPY, intervals.mean(outputs.entropy, 0.0, largest), f"at most {largest:.3f} nats"),
    ):
        if estimate is not None:
            yield subject.estimated(spec, estimate, estimator=estimator)


def _temperature(subject: _Head) -> Iterator[Measurement]:
    outputs = subject.outputs
    chosen = np.arange(len(outputs.logit_sample_rows))
    if len(chosen) > FIT_ROWS:
        chosen = np.sort(np.random.default_rng(subject.data.seed).choice(chosen, FIT_ROWS, replace=False))
    rows = outputs.logit_sample_rows[chosen]
    labels = outputs.labels[rows]
    targets = labels if outputs.soft_labels is None else outputs.soft_labels[rows]
    try:
        fitted = temperature.cross_fit(outputs.logit_sample[chosen], targets, labels, subject.data.seed)
    except NoTemperatureError as reason:
        for spec in (schema.TEMPERATURE, schema.TEMPERATURE_GAIN, schema.TEMPERATURE_ECE):
            yield subject.insufficient(spec, str(reason))
        return
    n, half = len(rows), intervals.Z95 * fitted.fitted.standard_error
    value = fitted.fitted.value
    sample = f"a sample of {n:,} rows" if n < subject.n else "all rows"
    ends: dict[str, Any] = {
        "ci_low": max(value - half, 0.0),
        "ci_high": value + half,
        "ci_method": "sandwich standard error",
    }
    yield subject.measure(schema.TEMPERATURE, value, n=n, estimator=sample, **ends)
    gain = comparison.mean_difference(fitted.nll_before, fitted.nll_after)
    if gain is not None:
        yield subject.estimated(schema.TEMPERATURE_GAIN, gain, estimator=f"5 folds, {sample}")
    after = _ece_after(subject, chosen, fitted.confidence_after)
    yield subject.measure(schema.TEMPERATURE_ECE, after, n=n, estimator=f"5 folds, {sample}")


def _ece_after(subject: _Head, sample: NDArray[Any], confidence: NDArray[np.float64]) -> float:
    """Return the ECE of rescaled forecasts of some sampled logits, of the same kind as :attr:`_Head.forecast`."""
    outputs = subject.outputs
    rows = outputs.logit_sample_rows[sample]
    top = outputs.logit_sample[sample].argmax(axis=1)
    came_true, forecast = outputs.labels[rows] == top, confidence
    if subject.binary:
        forecast = np.where(top == 1, confidence, 1.0 - confidence)
        came_true = outputs.labels[rows] == 1
    true = came_true.astype(np.float64)
    edges = calibration.equal_width_edges(subject.bins)
    return calibration.ece(calibration.residual_bins(forecast, true, 1.0 - true, edges))


def _classes(subject: _Head) -> Iterator[Measurement]:
    names, outputs = subject.head.class_names, subject.outputs
    points = (outputs.one_vs_rest(index) for index in range(outputs.n_classes))
    summed = [_class_bins(one, subject.bins) for one in points]
    biases = [calibration.class_bias(bins) for bins in summed]
    p_values = [bias.p_value for bias in biases if bias.p_value is not None]
    adjusted = iter(comparison.benjamini_hochberg(p_values))
    estimator = None if outputs.histogram is None else "from histograms with 2,048 bins"
    for name, bins, bias in zip(names, summed, biases, strict=True):
        part = Subject.of("class", name)
        yield subject.measure(schema.CLASS_ECE, calibration.ece(bins), part, estimator=estimator)
        yield subject.measure(schema.CLASS_BIAS, bias.value, part, estimator=estimator)
        if bias.p_value is None:
            yield subject.insufficient(schema.CLASS_BIAS_P, "all probabilities of the class are 0 or 1", part)
        else:
            yield subject.measure(schema.CLASS_BIAS_P, next(adjusted), part)


def _class_bins(points: ScorePoints, bins: int) -> ResidualBins:
    edges = calibration.equal_width_edges(bins)
    return calibration.residual_bins(points.scores, points.positives, points.negatives, edges)


# ------------------------------------------------------------------------------------------------ what figures show


def _curve(subject: _Head) -> tuple[ReliabilityPoint, ...]:
    curve = calibration.reliability_curve(subject.equal_mass(min(_CURVE_BINS, subject.bins)), subject.data.seed)
    columns = (curve.forecast, curve.frequency, curve.low, curve.high, curve.band_low, curve.band_high)
    return tuple(
        ReliabilityPoint(
            n=round(n),
            forecast=forecast,
            frequency=frequency,
            low=low,
            high=high,
            band_low=band_low,
            band_high=band_high,
        )
        for n, forecast, frequency, low, high, band_low, band_high in zip(
            curve.n.tolist(), *(column.tolist() for column in columns), strict=True
        )
    )


def _density(outputs: ClassificationOutputs, points: int) -> ConfidenceDensity:
    low = 1.0 / outputs.n_classes
    grid, values = density.reflected_density(outputs.confidence, low, 1.0, points)
    quartiles = np.quantile(outputs.confidence, [0.25, 0.5, 0.75])
    return ConfidenceDensity(
        grid=tuple(grid.tolist()),
        density=tuple(values.tolist()),
        quartiles=(float(quartiles[0]), float(quartiles[1]), float(quartiles[2])),
    )


def _landscape(outputs: ClassificationOutputs) -> ConfidenceEntropy:
    confidence_edges = np.linspace(1.0 / outputs.n_classes, 1.0, _LANDSCAPE_CELLS + 1)
    entropy_edges = np.linspace(0.0, np.log(outputs.n_classes), _LANDSCAPE_CELLS + 1)
    counts, _, _ = np.histogram2d(
        np.clip(outputs.entropy, 0.0, entropy_edges[-1]),
        np.clip(outputs.confidence, confidence_edges[0], 1.0),
        bins=[entropy_edges, confidence_edges],
    )
    return ConfidenceEntropy(
        confidence_edges=tuple(confidence_edges.tolist()),
        entropy_edges=tuple(entropy_edges.tolist()),
        counts=tuple(tuple(int(count) for count in row) for row in counts),
    )
