"""Coverage of the intervals of predicted distributions, and false alarms of their rules."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reportgen.contract.distributions import NOMINAL
from reportgen.metrics import classification, comparison, distributions, intervals, regression
from reportgen.sections.calibration.distributions.findings import SIGNIFICANT
from scripts.simulate.regression import noise
from scripts.simulate.tally import covered, print_alarms, print_coverage, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate
    from scripts.simulate.tally import Covered

    Floats = NDArray[np.float64]

QUANTILE = NormalDist().inv_cdf
RUNS = 2000
TRUTH_ROWS = 2_000_000
ROWS = (100, 600, 5000)
LEVELS = (0.1, 0.5, 0.9)


class Design(NamedTuple):
    """Standardized errors of one kind; the stated standard deviations are ``factor`` times the right ones."""

    kind: str
    factor: float = 1.0

    def __str__(self) -> str:
        """Return the design in words."""
        return f"{self.kind} errors, spread × {self.factor:g}"


DESIGNS = tuple(Design(kind, factor) for kind in ("normal", "t3", "exponential") for factor in (0.7, 1.0, 1.5))


class Sample(NamedTuple):
    """Labels (N,), the means and standard deviations of a model, and those of another one that knows only their mean."""

    labels: Floats
    means: Floats
    deviations: Floats
    others: Floats


def draw(generator: np.random.Generator, design: Design, n: int) -> Sample:
    """Draw a signal that both models find, and errors whose size the first one knows up to a factor."""
    signal, size = generator.normal(size=(2, n))
    spread = np.exp(size / 3)
    labels = signal + spread * noise(generator, design.kind, n)
    return Sample(labels, signal, design.factor * spread, np.full(n, design.factor * np.exp(1 / 18)))


def numbers(sample: Sample) -> Iterator[tuple[str, Estimate]]:
    """Yield the numbers of the report, with the rules by which it withholds their intervals."""
    y, z = sample.labels, (sample.labels - sample.means) / sample.deviations
    crps, other = (distributions.crps_normal(y, sample.means, spread) for spread in (sample.deviations, sample.others))
    ends = np.array([QUANTILE(level) for level in LEVELS])
    pinball, others = (
        distributions.pinball(y, sample.means[:, None] + spread[:, None] * ends, LEVELS).mean(axis=1)
        for spread in (sample.deviations, sample.others)
    )
    scale = intervals.root_mean_square(z)
    sharpness = intervals.root_mean_square(sample.deviations)
    found = {
        "CRPS": intervals.mean(crps, low=0.0),
        "CRPS skill": classification.skill(crps, distributions.crps_of_labels(y)),
        "CRPS difference": comparison.mean_difference(crps, other),
        "pinball loss": intervals.mean(pinball, low=0.0),
        "pinball skill": classification.skill(pinball, distributions.pinball_of_labels(y, LEVELS)[:].mean(axis=1)),
        "pinball difference": comparison.mean_difference(pinball, others),
        "scale factor": None if scale is None else regression.if_light_tailed(scale, z),
        "sharpness": None if sharpness is None else regression.if_light_tailed(sharpness, sample.deviations),
        "interval coverage, 90 %": intervals.proportion(np.abs(z) <= QUANTILE(0.95)),
        "interval width": intervals.mean(2 * QUANTILE(0.95) * sample.deviations),
    }
    yield from ((name, estimate) for name, estimate in found.items() if estimate is not None)


@cache
def truth(design: Design) -> dict[str, float]:
    """Return the numbers of a sample so large that its own error does not matter."""
    return values(numbers(draw(np.random.default_rng(99), design, TRUTH_ROWS)))


def coverage(design: Design, n: int, runs: int, seed: int = 1) -> dict[str, Covered]:
    """Simulate a design; return the coverage of each number."""
    return covered(design, runs, truth(design), lambda generator: numbers(draw(generator, design, n)), seed)


def alarms(factor: float, n: int, runs: int, seed: int = 2) -> dict[str, float]:
    """Return the shares of runs in which the intervals of normal errors are called too narrow or too wide, or anything is called wrong."""
    generator, wrong, narrow, wide = np.random.default_rng(seed), 0, 0, 0
    for _ in range(runs):
        sample = draw(generator, Design("normal", factor), n)
        z = (sample.labels - sample.means) / sample.deviations
        inside = [(level, np.abs(z) <= QUANTILE((1 + level) / 2)) for level in NOMINAL]
        places = distributions.transform(sample.labels, sample.means, sample.deviations)
        shape = distributions.uniform_p_value(distributions.distance_from_uniform(places), n)
        *adjusted, _ = all_adjusted = comparison.holm(
            [*(distributions.share_p_value(hits, level) for level, hits in inside), shape]
        )
        wrong += min(all_adjusted) < SIGNIFICANT
        off = [hits.mean() - level for (level, hits), p in zip(inside, adjusted, strict=True) if p < SIGNIFICANT]
        narrow += bool(off) and max(off, key=abs) < 0
        wide += bool(off) and max(off, key=abs) > 0
    return {"CAL121, too narrow": narrow / runs, "CAL122, too wide": wide / runs, "any of it is wrong": wrong / runs}


def main(runs: int = RUNS) -> None:
    """Print the tables."""
    print(f"### Intervals of predicted distributions\n\n{runs:,} runs of every design.\n")
    print_coverage(dict.fromkeys(ROWS, DESIGNS), coverage, runs)
    print(f"\n### Rules of predicted distributions\n\nNormal errors, one model. {runs:,} runs of every row.\n")
    print("| rule | stated spread | n | fires |")
    print("| --- | --- | --- | --- |")
    rows = [(factor, n) for factor in (1.0, 0.9, 0.7, 1.2) for n in ROWS]
    print_alarms([(f"× {factor:g} | {n:,}", alarms(factor, n, runs)) for factor, n in rows])
