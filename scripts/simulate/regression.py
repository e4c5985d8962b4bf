"""Coverage of the intervals of regression, and false alarms of its rules."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.metrics import comparison, intervals, regression, simultaneous
from reportgen.metrics.design import Design as Rows
from reportgen.sections.performance.regression.findings import LARGE_BIAS, STRONG_GROWTH
from scripts.simulate.tally import Tally, print_alarms, print_coverage, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate
    from scripts.simulate.tally import Covered

    Floats = NDArray[np.float64]

RUNS = 2000
TRUTH_ROWS = 4_000_000
ROWS = (100, 600, 5000)


class Design(NamedTuple):
    """Errors of one kind; ``growing`` ones have a spread that is proportional to exp(signal / 2)."""

    kind: Literal["normal", "t3", "exponential", "log-normal"]
    growing: bool = False

    def __str__(self) -> str:
        """Return the design in words."""
        return f"{self.kind} errors{', growing' if self.growing else ''}"


DESIGNS = tuple(
    Design(kind, growing) for kind in ("normal", "t3", "exponential", "log-normal") for growing in (False, True)
)


class Sample(NamedTuple):
    """Labels (N,), and the predictions of two models whose errors are related."""

    labels: Floats
    first: Floats
    second: Floats


def noise(generator: np.random.Generator, kind: str, n: int) -> Floats:
    """Draw errors with mean 0 and, where that exists for squares too, variance 1."""
    if kind == "t3":
        return generator.standard_t(3, n) / np.sqrt(3)
    if kind == "exponential":
        return generator.exponential(size=n) - 1
    if kind == "log-normal":
        return (generator.lognormal(0, 0.75, n) - np.exp(0.75**2 / 2)) / np.sqrt(
            (np.exp(0.75**2) - 1) * np.exp(0.75**2)
        )
    return generator.normal(size=n)


def draw(generator: np.random.Generator, design: Design, n: int) -> Sample:
    """Draw a signal that both models find, a part that only the first finds, and errors."""
    signal, part = generator.normal(size=(2, n))
    error = noise(generator, design.kind, n) * (np.exp(signal / 2) if design.growing else 1.0)
    return Sample(signal + 0.4 * part + error, signal + 0.4 * part, signal)


def numbers(sample: Sample) -> Iterator[tuple[str, Estimate]]:
    """Yield the numbers of the report, with the rules by which it withholds their intervals."""
    errors, other = sample.first - sample.labels, sample.second - sample.labels
    rmse, r_squared = intervals.root_mean_square(errors), regression.r_squared(errors, sample.labels)
    found = {
        "bias": intervals.mean(errors),
        "MAE": intervals.mean(np.abs(errors), low=0.0),
        "RMSE": None if rmse is None else regression.if_light_tailed(rmse, errors),
        "median absolute error": regression.quantile(np.abs(errors), 0.5),
        "R²": None if r_squared is None else regression.if_light_tailed(r_squared, errors),
        "MAE skill": regression.mae_skill(errors, sample.labels),
        "error growth": regression.growth(sample.first, errors),
        "MAE difference": comparison.mean_difference(np.abs(errors), np.abs(other)),
        "MSE difference": comparison.mean_difference(errors**2, other**2),
    }
    yield from ((name, estimate) for name, estimate in found.items() if estimate is not None)


@cache
def sizes(design: Design) -> Floats:
    """Return the sorted absolute errors of a sample so large that its own error does not matter."""
    sample = draw(np.random.default_rng(98), design, TRUTH_ROWS)
    return np.sort(np.abs(sample.first - sample.labels))


@cache
def truth(design: Design) -> dict[str, float]:
    """Return the numbers of such a sample."""
    return values(numbers(draw(np.random.default_rng(99), design, TRUTH_ROWS)))


def conformal(sample: Sample, design: Design, level: float, seed: int) -> Iterator[tuple[str, Estimate, float]]:
    """Yield half-width and coverage of the other half, each with what it estimates in this run."""
    errors, n = sample.first - sample.labels, len(sample.labels)
    found = regression.split_conformal(errors, level, Rows(n), seed)
    if found is not None:
        every, calibrated = sizes(design), int(found.calibrated.sum())
        wanted = np.ceil((calibrated + 1) * level - 1e-9) / calibrated
        yield f"half-width, {100 * level:.0f} %", found.half_width, float(every[int(wanted * (len(every) - 1))])
        reached = float(np.searchsorted(every, found.half_width.value, side="right") / len(every))
        yield f"coverage of it, {100 * level:.0f} %", found.covered, reached


def coverage(design: Design, n: int, runs: int, seed: int = 1) -> dict[str, Covered]:
    """Simulate a design; return the coverage of each number."""
    true, generator = truth(design), np.random.default_rng(seed)
    tally = Tally()
    for run in range(runs):
        sample = draw(generator, design, n)
        for name, estimate in numbers(sample):
            tally.add(name, estimate, true[name])
        for level in (0.9, 0.95):
            for name, estimate, value in conformal(sample, design, level, run):
                tally.add(name, estimate, value)
    return tally.covered(design, runs)


def alarms(design: Design, n: int, runs: int, seed: int = 2) -> dict[str, float]:
    """Return the shares of runs in which predictions without a bias have one in a range, and errors of one size grow."""
    generator, biased, large, growing = np.random.default_rng(seed), 0, 0, 0
    for _ in range(runs):
        sample = draw(generator, design, n)
        errors = sample.first - sample.labels
        found = [(one.bias.value, one.p_value or 0.0) for one in regression.bins(sample.first, errors, Rows(n))]
        adjusted = comparison.holm([p_value for _, p_value in found])
        told = [value for (value, _), p_value in zip(found, adjusted, strict=True) if p_value < simultaneous.LEVEL]
        biased += bool(told)
        large += any(abs(value) >= LARGE_BIAS * np.sqrt((errors**2).mean()) for value in told)
        growth = regression.growth(sample.first, errors)
        if growth is not None and growth.low is not None and growth.high is not None:
            growing += not growth.low <= 0 <= growth.high and abs(growth.value) >= STRONG_GROWTH
    return {"a range is called biased": biased / runs, "PRF212": large / runs, "PRF213": growing / runs}


def main(runs: int = RUNS) -> None:
    """Print the tables."""
    print(f"### Intervals of regression\n\n{runs:,} runs of every design.\n")
    print_coverage(dict.fromkeys(ROWS, DESIGNS), coverage, runs)
    print(f"\n### Rules of regression\n\nPredictions without a bias. {runs:,} runs of every row.\n")
    print("| rule | errors | n | fires |")
    print("| --- | --- | --- | --- |")
    rows = [(design, n) for design in DESIGNS if not design.growing for n in ROWS]
    print_alarms([(f"{design.kind} | {n:,}", alarms(design, n, runs)) for design, n in rows])
