"""How good the numbers of the calibration chapter are: coverage of its intervals, false alarms of its tests.

``python scripts/simulate/calibration.py [RUNS]``; 2,000 runs of each design for the documentation (5 minutes).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import calibrated, calibration, comparison, scores, smoothing, temperature
from reportgen.metrics.temperature import NoTemperatureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIZES = (100, 600, 5000)
SMALL_SIZES = (30, 100, 600)
RUNS = 800
BINS = 15
POPULATION = 400_000
DRAWS = 2000
"""Fewer than in a report, where p-values are adjusted for more models."""
MONTE_CARLO = 2.5758293035489004
"""The 0.995 quantile of the normal distribution."""


@dataclass(frozen=True)
class Design:
    """Logits are normal with standard deviation ``spread``, class 0 shifted; labels follow them; the model states ``sharp`` times as much."""

    name: str
    classes: int
    spread: float
    shift: float
    sharp: float

    def draw(self, n: int, generator: np.random.Generator) -> tuple[Floats, NDArray[np.int64], Floats]:
        """Return stated logits (n, K), labels (n,) and true probabilities (n, K)."""
        logits = generator.normal(size=(n, self.classes)) * self.spread
        logits[:, 0] += self.shift
        p = np.exp(scores.log_softmax(logits))
        labels = (generator.random((n, 1)) > np.cumsum(p, axis=1)[:, :-1]).sum(axis=1)
        return logits * self.sharp, labels, p


COVERAGE = (
    Design("binary, calibrated", 2, 2.0, 0.0, 1.0),
    Design("binary, logits doubled", 2, 2.0, 0.0, 2.0),
    Design("binary 18 % positive, logits halved", 2, 2.8, 5.2, 0.5),
    Design("binary, sharp, logits doubled", 2, 8.0, 0.0, 2.0),
    Design("5 classes, 90 % right, logits doubled", 5, 8.0, 3.0, 2.0),
)
CALIBRATED = (
    Design("binary", 2, 2.0, 0.0, 1.0),
    Design("binary, 5 % positive", 2, 1.5, 4.5, 1.0),
    Design("binary, 1.5 % positive", 2, 0.35, 4.3, 1.0),
    Design("10 classes", 10, 3.0, 0.0, 1.0),
    Design("5 classes, 97 % right", 5, 14.0, 6.0, 1.0),
)


def main() -> None:
    """Print the tables."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    print("Coverage of 95 % intervals\n")
    print(_row("design", "number", "n", "runs", "reported", "covered", "99 % Monte Carlo"))
    for design in COVERAGE:
        for n in SIZES:
            for number, inside in coverage(design, n, runs).items():
                print(_row(design.name, number, n, runs, f"{len(inside) / runs:.1%}", *_share(inside)), flush=True)
    _print_alarms(runs)
    _print_smooth(runs // 4)


def _print_alarms(runs: int) -> None:
    print("\nFalse alarms on calibrated models (at most 5 % are allowed)\n")
    print(_row("design", "test", "n", "runs", "", "alarms", "99 % Monte Carlo"))
    for design in CALIBRATED:
        for n in SMALL_SIZES:
            for name, alarms in false_alarms(design, n, runs).items():
                print(_row(design.name, name, n, runs, "", *_share(alarms)), flush=True)
    print("\nMiscalibrated models found by the verdict\n")
    print(_row("design", "test", "n", "runs", "", "found", "99 % Monte Carlo"))
    for design in COVERAGE[1:]:
        for n in SIZES[:2]:
            print(_row(design.name, "verdict", n, runs, "", *_share(verdicts(design, n, runs))), flush=True)
    print("\nFalse alarms among several calibrated models (at most 5 % are allowed)\n")
    for models in (5, 20):
        alarms = many_models(CALIBRATED[3], 300, models, runs // 10)
        print(_row(f"10 classes, any of {models} models", "verdict", 300, runs // 10, "", *_share(alarms)), flush=True)


def _print_smooth(runs: int) -> None:
    print("\nsmECE above its range if calibrated (about 5 % of calibrated models)\n")
    print(_row("design", "test", "n", "runs", "", "above", "99 % Monte Carlo"))
    for design in (*CALIBRATED, COVERAGE[1]):
        for n in SIZES[:2]:
            above = smooth_alarms(design, n, runs)
            print(_row(design.name, "smECE", n, runs, "", *_share(above)), flush=True)


def _row(*cells: Any) -> str:
    widths = (38, 28, 6, 6, 9, 8, 18)
    return "  ".join(str(cell).ljust(width) for cell, width in zip(cells, widths, strict=True))


def _share(found: list[bool]) -> tuple[str, str]:
    if not found:
        return "", ""
    p, n = float(np.mean(found)), len(found)
    center, z2 = p + MONTE_CARLO**2 / (2 * n), MONTE_CARLO**2
    half = MONTE_CARLO * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    return f"{p:.1%}", f"[{(center - half) / (1 + z2 / n):.1%}, {(center + half) / (1 + z2 / n):.1%}]"


# ------------------------------------------------------------------------------------------------ coverage


def coverage(design: Design, n: int, runs: int) -> dict[str, list[bool]]:
    """Return for each number whether its interval covers the truth, run by run where there is an interval."""
    truth = _truth(design)
    inside: dict[str, list[bool]] = defaultdict(list)
    for run in range(runs):
        logits, labels, _ = design.draw(n, np.random.default_rng((n, run)))
        for name, low, high in _intervals(logits, labels, run):
            inside[name].append(low - 1e-12 <= truth[name] <= high + 1e-12)
    return inside


def _truth(design: Design) -> dict[str, float]:
    logits, _, p = design.draw(POPULATION, np.random.default_rng(1))
    stated = np.exp(scores.log_softmax(logits))
    top, rows = stated.argmax(axis=1), np.arange(len(p))
    gaps = stated[rows, top] - p[rows, top]
    forecast_gaps = stated[:, 1] - p[:, 1] if design.classes == 2 else gaps  # noqa: PLR2004
    before, after = (-(p * scores.log_softmax(logits / t)).sum(axis=1).mean() for t in (1.0, design.sharp))
    return {
        "calibration_gap": float(gaps.mean()),
        "positive_class_bias": float(forecast_gaps.mean()),
        "class_bias": float((stated[:, -1] - p[:, -1]).mean()),
        "debiased_calibration_error": float(np.sqrt((forecast_gaps**2).mean())),
        "temperature": design.sharp,
        "temperature_nll_gain": float(before - after),
    }


def _intervals(logits: Floats, labels: NDArray[np.int64], seed: int) -> Iterator[tuple[str, float, float]]:
    p = np.exp(scores.log_softmax(logits))
    correct = (p.argmax(axis=1) == labels).astype(float)
    forecast, true = p.max(axis=1), correct
    found = [("calibration_gap", calibration.gap(forecast, correct, 1 - correct))]
    if p.shape[1] == 2:  # noqa: PLR2004
        forecast, true = p[:, 1], labels.astype(float)
        found.append(("positive_class_bias", calibration.gap(forecast, true, 1 - true)))
    else:
        last = (labels == p.shape[1] - 1).astype(float)
        found.append(("class_bias", calibration.gap(p[:, -1], last, 1 - last)))
    edges = calibration.adaptive_edges(forecast, BINS)
    error = calibration.debiased_error(calibration.residual_bins(forecast, true, 1 - true, edges))
    if error is not None:
        found.append(("debiased_calibration_error", error))
    try:
        fitted = temperature.fit(logits, labels)
        if fitted.bounds is not None:
            yield ("temperature", *fitted.bounds)
        found.append(
            ("temperature_nll_gain", temperature.cross_fit(fitted, logits, labels, labels.astype(np.int32), seed).gain)
        )
    except NoTemperatureError:
        pass
    for name, one in found:
        if one.low is not None and one.high is not None:
            yield name, one.low, one.high


# ------------------------------------------------------------------------------------------------ false alarms


def false_alarms(design: Design, n: int, runs: int) -> dict[str, list[bool]]:
    """Return for each test of a head whether it accuses a calibrated model, run by run."""
    alarms: dict[str, list[bool]] = defaultdict(list)
    for run in range(runs):
        logits, labels, _ = design.draw(n, np.random.default_rng((n, run)))
        p = np.exp(scores.log_softmax(logits))
        verdict = verdict_p(p, labels, run) < calibration.LEVEL
        biased = min(comparison.benjamini_hochberg(_class_p(p, labels))) < calibration.LEVEL
        alarms["verdict (CAL101 to CAL202)"].append(verdict)
        alarms["any class (CAL401)"].append(biased)
        alarms["either of both"].append(verdict or biased)
        forecast, true = _forecast(p, labels)
        edges = calibration.equal_mass_edges(forecast, BINS)
        curve = calibration.reliability_curve(calibration.residual_bins(forecast, true, 1 - true, edges))
        outside = (curve.frequency < curve.band_low - 1e-12) | (curve.frequency > curve.band_high + 1e-12)
        alarms["any point outside its bar"].append(bool(outside.any()))
    return alarms


def smooth_alarms(design: Design, n: int, runs: int) -> list[bool]:
    """Return whether the smECE of a model is above the range of calibrated ones, run by run."""
    found = []
    for run in range(runs):
        logits, labels, _ = design.draw(n, np.random.default_rng((n, run)))
        forecast, true = _forecast(np.exp(scores.log_softmax(logits)), labels)
        points = (forecast, true, 1 - true)
        found.append(smoothing.smece(*points) > smoothing.smece_null(*points, run).high)
    return found


def verdicts(design: Design, n: int, runs: int) -> list[bool]:
    """Return whether the verdict on a model is that it is not calibrated, run by run."""
    drawn = (design.draw(n, np.random.default_rng((n, run))) for run in range(runs))
    return [
        verdict_p(np.exp(scores.log_softmax(logits)), labels, run) < calibration.LEVEL
        for run, (logits, labels, _) in enumerate(drawn)
    ]


def many_models(design: Design, n: int, models: int, runs: int) -> list[bool]:
    """Return whether any of several calibrated models is accused, run by run."""
    found = []
    for run in range(runs):
        p_values = []
        for model in range(models):
            logits, labels, _ = design.draw(n, np.random.default_rng((n, run, model)))
            p_values.append(verdict_p(np.exp(scores.log_softmax(logits)), labels, run))
        found.append(min(comparison.holm(p_values)) < calibration.LEVEL)
    return found


def verdict_p(p: Floats, labels: NDArray[np.int64], seed: int) -> float:
    """Return the p-value of a head before it is adjusted for other heads."""
    correct = (p.argmax(axis=1) == labels).astype(float)
    forecast, true = _forecast(p, labels)
    bins = calibration.residual_bins(forecast, true, 1 - true, calibration.equal_width_edges(BINS))
    gap = calibration.in_the_large_p(p.max(axis=1), correct, 1 - correct)
    return min(1.0, 2 * min(calibrated.nulls(bins, seed, DRAWS).ece.p_value, gap))


def _forecast(p: Floats, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    if p.shape[1] == 2:  # noqa: PLR2004
        return p[:, 1], (labels == 1).astype(float)
    return p.max(axis=1), (p.argmax(axis=1) == labels).astype(float)


def _class_p(p: Floats, labels: NDArray[np.int64]) -> list[float]:
    tested = (1,) if p.shape[1] == 2 else range(p.shape[1])  # noqa: PLR2004
    return [
        calibration.in_the_large_p(p[:, index], (labels == index).astype(float), (labels != index).astype(float))
        for index in tested
    ]


if __name__ == "__main__":
    main()
