"""Rows that count differently: coverage of the intervals, and false alarms of the tests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.metrics.design import Design
from scripts.simulate import groups
from scripts.simulate.groups import Clustered, Counts, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RUNS = 2000
TRUTH_ROWS = 400_000
SIZES = (100, 600, 2000)
OFTEN = 4
"""How many times as often as the others the rows of one kind are drawn."""


class Weighted(NamedTuple):
    """Rows drawn with unequal probabilities and weighted by their inverse, how many, and how good the models are.

    Weights are lognormal and unrelated to the rows (an effective n of 0.37 n), or the rows of one class, or the half that is hardest to
    predict, are drawn four times as often as the others (an effective n of 0.64 n).
    """

    n: int
    drawn: Literal["at random", "by class", "by difficulty"]
    accuracy: float


DESIGNS = tuple(
    Weighted(n, drawn, accuracy)
    for n in SIZES
    for drawn in ("at random", "by class", "by difficulty")
    for accuracy in (0.75, 0.95)
)


def population(generator: np.random.Generator, n: int, accuracy: float) -> Sample:
    """Draw independent rows of equal weight."""
    return groups.draw(generator, Clustered(n, "single", 0.0, accuracy))


def draw(generator: np.random.Generator, design: Weighted) -> Sample:
    """Draw rows and their weights."""
    if design.drawn == "at random":
        weights = np.exp(generator.normal(size=design.n))
        return population(generator, design.n, design.accuracy)._replace(weights=weights / weights.mean())
    found = population(generator, 2 * OFTEN * design.n, design.accuracy)
    often = found.labels == 1 if design.drawn == "by class" else _hard(found)
    kept = np.flatnonzero(often | (generator.random(len(often)) < 1 / OFTEN))[: design.n]
    weights = np.where(often[kept], 1.0, OFTEN)
    taken = Sample(*(column[kept] for column in found[:4]))
    return taken._replace(weights=weights / weights.mean())


def _hard(sample: Sample) -> NDArray[np.bool_]:
    """Return the rows of which the first model is less sure than of the median."""
    sure = np.abs(sample.first - 0.5)
    return sure < np.median(sure)


@cache
def truth(accuracy: float) -> dict[str, float]:
    """Return the numbers of so many rows that their own error does not matter."""
    sample = population(np.random.default_rng(99), TRUTH_ROWS, accuracy)
    return {name: found.value for name, found in groups.numbers(sample, 0) if found is not None}


def _samples(design: Weighted, runs: int, seed: int) -> Iterator[tuple[Sample, Design]]:
    generator = np.random.default_rng(seed)
    for _ in range(runs):
        sample = draw(generator, design)
        yield sample, Design(design.n, weights=sample.weights)


def coverage(design: Weighted, runs: int, seed: int = 1) -> dict[str, Counts]:
    """Simulate a design; count for each number."""
    true = truth(design.accuracy)
    found = dict.fromkeys(true, Counts(0, 0, 0))
    for run, (sample, rows) in enumerate(_samples(design, runs, seed)):
        groups.count_coverage(rows, groups.numbers(sample, run), true, found)
    return found


def main(runs: int = RUNS) -> None:
    """Print the tables."""
    print(f"### Weighted rows\n\n{runs:,} runs of every design.\n")
    groups.print_coverage([(f"n {design.n:,}", coverage(design, runs)) for design in DESIGNS], runs)
    print()
    groups.print_alarms([(f"n {design.n:,}", groups.rejected(_samples(design, runs, 2))) for design in DESIGNS])
