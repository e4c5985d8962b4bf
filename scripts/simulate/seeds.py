"""How often two equal recipes are called different, by number of seeds, and how often a recipe's mean covers the truth."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import comparison, seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNS = 2000
SEED = 17
ACCURACY = 0.9
ROWS = 600
_DENSITY = 0.17549833193248682
"""Density of the normal distribution at its 0.9 quantile: points of accuracy per unit of shift."""


@dataclass(frozen=True)
class World:
    """What the accuracy of a model depends on, beside how hard the rows are for all.

    ``spread`` is the standard deviation of the accuracy between seeds on infinitely many rows; ``own`` the share of what
    is not common to all models that the models of one recipe have in common on a row.
    """

    spread: float
    own: float

    def __str__(self) -> str:
        """Return the design in words."""
        rows = "recipes differ on rows" if self.own else "recipes do not differ on rows"
        return f"SD between seeds {100 * self.spread:g} points, {rows}"


WORLDS = (World(0.0, 0.0), World(0.0, 0.5), World(0.005, 0.5), World(0.015, 0.0), World(0.015, 0.5))
COUNTS = ((2, 2), (3, 3), (5, 5), (10, 10), (2, 10))


def correct(generator: np.random.Generator, world: World, counts: tuple[int, ...], shift: float = 0.0) -> list[Floats]:
    """Draw which rows (seeds, N) the models of each recipe get right; the last recipe is better by ``shift`` points."""
    from scipy.special import ndtri

    hard = generator.normal(size=ROWS)
    drawn = []
    for place, count in enumerate(counts):
        of_recipe = np.sqrt(world.own) * generator.normal(size=ROWS)
        of_seed = np.sqrt(1 - world.own) * generator.normal(size=(count, ROWS))
        level = generator.normal(size=(count, 1)) * world.spread / _DENSITY
        better = shift / _DENSITY if place == len(counts) - 1 else 0.0
        drawn.append((np.sqrt(0.5) * (hard + of_recipe + of_seed) < ndtri(ACCURACY) + level + better).astype(float))
    return drawn


def excludes_zero(low: float | None, high: float | None) -> bool:
    """Return whether an interval says that there is a difference."""
    return low is not None and high is not None and not low <= 0 <= high


def alarms(world: World, counts: tuple[int, int], runs: int, shift: float = 0.0) -> tuple[float, float, float]:
    """Return how often the interval of the report, Welch's test of the scores, and one model of each tell recipes apart."""
    from scipy.stats import ttest_ind

    generator = np.random.default_rng(SEED)
    found = np.zeros(3)
    for _ in range(runs):
        first, second = correct(generator, world, counts, shift)
        ours = seeds.difference(first, second)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # where the seeds of a recipe have the same score
            welch = ttest_ind(first.mean(axis=1), second.mean(axis=1), equal_var=False).pvalue <= 0.05  # noqa: PLR2004
        single = comparison.accuracy_difference(comparison.discordance(first[0] > 0, second[0] > 0))
        found += excludes_zero(ours.low, ours.high), welch, excludes_zero(single.low, single.high)
    ours, welch, single = found / runs
    return float(ours), float(welch), float(single)


def coverage(world: World, count: int, runs: int) -> float:
    """Return how often the interval of a recipe's mean covers the accuracy that other seeds have on other rows."""
    from scipy.special import ndtr, ndtri

    truth = float(ndtr(ndtri(ACCURACY) / np.sqrt(1 + (world.spread / _DENSITY) ** 2)))
    generator = np.random.default_rng(SEED)
    hits = 0
    for _ in range(runs):
        found = seeds.over_seeds(correct(generator, world, (count,))[0])
        hits += found.low is not None and found.high is not None and found.low <= truth <= found.high
    return hits / runs


def main(runs: int = RUNS) -> None:
    """Print the tables."""
    print(f"### Recipes\n\n{runs:,} runs of every row; {ROWS} rows, accuracy {100 * ACCURACY:g} %.\n")
    print("| equal recipes | seeds | told apart | t test of the scores | one model of each |")
    print("| --- | --- | --- | --- | --- |")
    for world in WORLDS:
        for counts in COUNTS:
            cells = " | ".join(f"{100 * one:.1f} %" for one in alarms(world, counts, runs))
            print(f"| {world} | {counts[0]} and {counts[1]} | {cells} |", flush=True)
    print("\n| one recipe is 4 points better | seeds | told apart | t test of the scores | one model of each |")
    print("| --- | --- | --- | --- | --- |")
    for counts in COUNTS:
        cells = " | ".join(f"{100 * one:.1f} %" for one in alarms(WORLDS[2], counts, runs, 0.04))
        print(f"| {WORLDS[2]} | {counts[0]} and {counts[1]} | {cells} |", flush=True)
    print("\n| mean over seeds | seeds | coverage |")
    print("| --- | --- | --- |")
    for world in (WORLDS[0], WORLDS[2], WORLDS[4]):
        for count in (2, 3, 5, 10):
            print(
                f"| SD between seeds {100 * world.spread:g} points | {count} | {100 * coverage(world, count, runs):.1f} % |",
                flush=True,
            )


if __name__ == "__main__":
    main()
