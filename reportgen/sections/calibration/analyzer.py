"""Computes the metrics of the calibration section for every head."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    ConfidenceEntropy,
    Confidences,
    ErrorBand,
    HeadCalibration,
    ReliabilityPoint,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.calibration import Null, ResidualBins
    from reportgen.metrics.temperature import Temperature

FIT_ROWS = 50_000
"""Maximum number of rows that the temperature is fitted on."""
BANDS = (0.0, 0.7, 0.9, 0.99, 0.999, 1.0)
"""Ends of the bands of confidence in which errors are counted. Convention."""
_SHAPE_ROWS = 30
"""Predictions below which each is kept, because so few have no meaningful density. Convention."""
_MOST_NINES = 6.0
"""-log10(1 - confidence) of the highest confidence that is told apart. Convention."""
_NO_INTERVAL = f"no interval: fewer than {temperature.RARER} right or fewer than {temperature.RARER} wrong predictions"
_LANDSCAPE_CELLS = 30
_WHOLE_DIGITS = 9
"""Decimals to which numbers of errors are kept, so that whole ones are whole."""
_BEYOND = 0.5
"""Nines by which the density of the confidence extends beyond the highest one. Convention."""


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
        return self.predicted

    @cached_property
    def equal_width(self) -> ResidualBins:
        return calibration.residual_bins(*self.forecast, calibration.equal_width_edges(self.bins))

    @cached_property
    def predicted(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Confidences of the predicted class, with the counts of right and wrong predictions at each."""
        correct = self.outputs.correct.astype(np.float64)
        return self.outputs.confidence, correct, 1.0 - correct


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
        heads, tested = [], []
        for model, head, outputs in evaluation.heads(ClassificationOutputs):
            subject = _Head(model, head, outputs, data, self.options.bins)
            p_values = _PValues.of(subject)
            measurements += [*_errors(subject, p_values), *_direction(subject, p_values)]
            measurements += [*_uncertainty(subject), *_temperature(subject), *_classes(subject)]
            heads.append(self._shown(subject))
            tested.append((replace(subject), p_values))
        measurements += _adjusted(tested)
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
            bands=_bands(subject),
            right=_confidences(subject.outputs, self.options.violin_points, right=True),
            wrong=_confidences(subject.outputs, self.options.violin_points, right=False),
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


@dataclass(frozen=True)
class _PValues:
    """What the tests of a head say, before they are adjusted for each other."""

    ece: Null
    gap: float
    classes: tuple[float, ...]

    @classmethod
    def of(cls, subject: _Head) -> _PValues:
        """Test a head; the two classes of a binary head are one test."""
        outputs = subject.outputs
        tested = (1,) if subject.binary else range(outputs.n_classes)
        points = (outputs.one_vs_rest(index) for index in tested)
        return cls(
            calibration.ece_null(subject.equal_width, subject.data.seed),
            calibration.in_the_large_p(*subject.predicted),
            tuple(calibration.in_the_large_p(one.scores, one.positives, one.negatives) for one in points),
        )


def _adjusted(tested: Sequence[tuple[_Head, _PValues]]) -> Iterator[Measurement]:
    """Yield the p-values that are adjusted for all heads: the verdict on each, and those of the classes."""
    whole = comparison.holm([min(1.0, 2 * min(found.ece.p_value, found.gap)) for _, found in tested])
    classes = iter(comparison.benjamini_hochberg([p for _, found in tested for p in found.classes]))
    for (subject, found), p in zip(tested, whole, strict=True):
        yield subject.measure(schema.CALIBRATION_P, p)
        adjusted = [next(classes) for _ in found.classes]
        if subject.binary:
            adjusted *= 2
        for name, one in zip(subject.head.class_names, adjusted, strict=True):
            yield subject.measure(schema.CLASS_BIAS_P, one, Subject.of("class", name))


def _errors(subject: _Head, p_values: _PValues) -> Iterator[Measurement]:
    bins, options, seed = subject.equal_width, f"{subject.bins} equal-width bins", subject.data.seed
    notion = "positive class" if subject.binary else "top label"
    yield subject.measure(schema.ECE, calibration.ece(bins), estimator=f"{notion}, {options}")
    yield _expected(subject, schema.ECE_NULL, p_values.ece, estimator=options)
    yield subject.measure(schema.ECE_P, p_values.ece.p_value)
    edges = calibration.adaptive_edges(subject.forecast[0], subject.bins)
    debiased = calibration.debiased_error(calibration.residual_bins(*subject.forecast, edges))
    if debiased is None:
        yield subject.insufficient(schema.DEBIASED, "no bin has two examples")
    else:
        how = f"L2, {len(edges) - 1} bins: {subject.bins} of equal mass, cut again at equal widths"
        yield subject.estimated(schema.DEBIASED, debiased, estimator=how)
    yield subject.measure(schema.SMECE, smoothing.smece(*subject.forecast))
    yield subject.measure(schema.MCE, calibration.mce(bins), estimator=options)
    yield _expected(subject, schema.MCE_NULL, calibration.mce_null(bins, seed), estimator=options)


def _expected(subject: _Head, spec: MetricSpec, null: Null, **details: Any) -> Measurement:
    band: dict[str, Any] = {"ci_low": 0.0, "ci_high": null.high, "ci_method": "95 % of calibrated models"}
    return subject.measure(spec, null.mean, **band, **details)


def _direction(subject: _Head, p_values: _PValues) -> Iterator[Measurement]:
    yield subject.estimated(
        schema.GAP, calibration.gap(*subject.predicted), estimator="confidence of the predicted class"
    )
    yield subject.measure(schema.GAP_P, p_values.gap)
    if subject.binary:
        yield subject.estimated(schema.POSITIVE_BIAS, calibration.gap(*subject.forecast))
    else:
        reason = "only binary heads have a positive class"
        yield schema.POSITIVE_BIAS.missing(subject.model.name, "not_applicable", reason, subject=subject.subject())


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
        fitted = temperature.fit(outputs.logit_sample[chosen], targets)
    except NoTemperatureError as reason:
        yield from (subject.insufficient(spec, str(reason)) for spec in schema.RESCALING)
        return
    n = len(rows)
    sample = f"a sample of {n:,} rows" if n < subject.n else "all rows"
    caveat = None if fitted.bounds else _NO_INTERVAL
    yield subject.measure(schema.TEMPERATURE, fitted.value, n=n, estimator=sample, caveat=caveat, **_ends(fitted))
    try:
        scaled = temperature.cross_fit(fitted, outputs.logit_sample[chosen], targets, labels, subject.data.seed)
    except NoTemperatureError as reason:
        yield from (subject.insufficient(spec, str(reason)) for spec in schema.RESCALING[1:])
        return
    folds = f"5 folds, {sample}"
    yield subject.estimated(schema.TEMPERATURE_GAIN, scaled.gain, estimator=folds, caveat=caveat)
    bins = _bins_after(subject, chosen, scaled.confidence)
    yield subject.measure(schema.TEMPERATURE_ECE, calibration.ece(bins), n=n, estimator=folds)
    null = calibration.ece_null(bins, subject.data.seed)
    yield _expected(subject, schema.TEMPERATURE_ECE_NULL, null, n=n, estimator=folds)


def _ends(fitted: Temperature) -> dict[str, Any]:
    """Return the interval of a temperature, if it has one, as fields of its metric."""
    if fitted.bounds is None:
        return {}
    low, high = fitted.bounds
    return {"ci_low": low, "ci_high": high, "ci_method": "sandwich standard error, log scale"}


def _bins_after(subject: _Head, sample: NDArray[Any], confidence: NDArray[np.float64]) -> ResidualBins:
    """Return the bins of rescaled forecasts of some sampled logits, of the same kind as :attr:`_Head.forecast`."""
    outputs = subject.outputs
    rows = outputs.logit_sample_rows[sample]
    top = outputs.logit_sample[sample].argmax(axis=1)
    came_true, forecast = outputs.labels[rows] == top, confidence
    if subject.binary:
        forecast = np.where(top == 1, confidence, 1.0 - confidence)
        came_true = outputs.labels[rows] == 1
    true = came_true.astype(np.float64)
    edges = calibration.equal_width_edges(subject.bins)
    return calibration.residual_bins(forecast, true, 1.0 - true, edges)


def _classes(subject: _Head) -> Iterator[Measurement]:
    names, outputs = subject.head.class_names, subject.outputs
    estimator = None if outputs.histogram is None else "from histograms with 2,048 bins"
    for index, name in enumerate(names):
        part, points = Subject.of("class", name), outputs.one_vs_rest(index)
        forecast = (points.scores, points.positives, points.negatives)
        bins = calibration.residual_bins(*forecast, calibration.equal_width_edges(subject.bins))
        yield subject.measure(schema.CLASS_ECE, calibration.ece(bins), part, estimator=estimator)
        yield subject.estimated(schema.CLASS_BIAS, calibration.gap(*forecast), part, estimator=estimator)


# ------------------------------------------------------------------------------------------------ what figures show


def _curve(subject: _Head) -> tuple[ReliabilityPoint, ...]:
    curve = calibration.reliability_curve(subject.equal_width)
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


def _bands(subject: _Head) -> tuple[ErrorBand, ...]:
    bins = calibration.residual_bins(*subject.predicted, np.array(BANDS))
    curve, used = calibration.reliability_curve(bins), np.flatnonzero(bins.n)
    return tuple(
        ErrorBand(
            low=BANDS[place],
            high=BANDS[place + 1],
            n=round(n),
            errors=round(n * (1 - frequency)),
            expected=n * (1 - forecast),
            range_low=round(n * (1 - high), _WHOLE_DIGITS),
            range_high=round(n * (1 - low), _WHOLE_DIGITS),
        )
        for place, n, forecast, frequency, low, high in zip(
            used.tolist(),
            *(one.tolist() for one in (curve.n, curve.forecast, curve.frequency, curve.band_low, curve.band_high)),
            strict=True,
        )
    )


def _confidences(outputs: ClassificationOutputs, points: int, *, right: bool) -> Confidences:
    found = np.sort(outputs.confidence[outputs.correct == right])
    grid = values = np.empty(0)
    if len(found) >= _SHAPE_ROWS:
        low, high = _nines(
            np.array([min(float(outputs.confidence.min()), 1.0 / outputs.n_classes), found[-1]])
        ).tolist()
        grid, values = density.reflected_density(_nines(found), low, min(high + _BEYOND, _MOST_NINES), points)
    quartiles = np.quantile(found, [0.25, 0.5, 0.75]).tolist() if len(found) else None
    return Confidences(
        n=len(found),
        quartiles=quartiles,
        grid=tuple(grid.tolist()),
        density=tuple(values.tolist()),
        values=tuple(found.tolist()) if len(found) < _SHAPE_ROWS else (),
    )


def _nines(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -log10(1 - confidence), the number of nines of a confidence, 6 at most."""
    return -np.log10(np.maximum(1.0 - confidence, 10.0**-_MOST_NINES))


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
