"""How often a sweep calls a parameter that does nothing one that matters, and how often it finds one that does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import effects
from reportgen.metrics.effects import Fit, Scores
from reportgen.metrics.factors import Factor, curve, levels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Design = Callable[[np.random.Generator], tuple[dict[str, Factor], Floats, NDArray[np.int64]]]

RUNS = 2000
SEED = 23
ACCURACY = 0.9
ROWS = 600
_DENSITY = 0.17549833193248682
"""Density of the normal distribution at its 0.9 quantile: points of accuracy per unit of shift."""


@dataclass(frozen=True)
class World:
    """How much the accuracy of training runs varies, and how much of what is not common to all runs a setting has of its own on a row.

    ``effect`` is what the first parameter is worth, in points of accuracy; ``together`` what it is worth with the second one only.
    """

    spread: float
    own: float
    effect: float = 0.0
    together: float = 0.0


def _grid(seeds: int) -> Design:
    """Return a full grid of 2 x 2 x 3 settings, with ``seeds`` runs each."""

    def make(_generator: np.random.Generator) -> tuple[dict[str, Factor], Floats, NDArray[np.int64]]:
        codes = np.array([one for one in product(range(2), range(2), range(3)) for _ in range(seeds)])
        factors = {
            name: levels(codes[:, place], count)
            for place, (name, count) in enumerate(zip("abc", (2, 2, 3), strict=True))
        }
        return factors, codes.astype(float), np.repeat(np.arange(12), seeds)

    return make


def _random(count: int) -> Design:
    """Return a random search: a parameter with two values, and two numbers."""

    def make(generator: np.random.Generator) -> tuple[dict[str, Factor], Floats, NDArray[np.int64]]:
        first = generator.permutation(np.arange(count) % 2)
        numbers = generator.random((2, count))
        scaled = [2 * (one - one.min()) / (one.max() - one.min()) - 1 for one in numbers]
        factors = {"a": levels(first, 2), "b": curve(scaled[0]), "c": curve(scaled[1])}
        return factors, np.stack([first, *numbers], 1), np.arange(count)

    return make


DESIGNS: dict[str, Design] = {
    "grid of 12, one seed": _grid(1),
    "grid of 12, two seeds": _grid(2),
    "grid of 12, four seeds": _grid(4),
    "random search, 16 models": _random(16),
    "random search, 40 models": _random(40),
}


def fitted(generator: np.random.Generator, world: World, design: Design) -> Fit:
    """Draw which rows the models of a sweep get right, and fit their accuracy."""
    from scipy.special import ndtri

    factors, values, settings = design(generator)
    hard = generator.normal(size=ROWS)
    of_setting = np.sqrt(world.own) * generator.normal(size=(settings.max() + 1, ROWS))[settings]
    of_run = np.sqrt(1 - world.own) * generator.normal(size=(len(settings), ROWS))
    level = generator.normal(size=(len(settings), 1)) * world.spread
    better = world.effect * values[:, :1] + world.together * (values[:, :1] * values[:, 1:2])
    shift = (level + better) / _DENSITY
    rows = (np.sqrt(0.5) * (hard + of_setting + of_run) < ndtri(ACCURACY) + shift).astype(float)
    return Fit(factors, Scores(rows.mean(axis=1), effects.covariance(list(rows)), ROWS, settings))


def told(world: World, design: Design, runs: int) -> tuple[float, float, float]:
    """Return how often the first parameter matters by the report, any of the others does, and any interaction is shown."""
    generator = np.random.default_rng(SEED)
    found = np.zeros(3)
    for _ in range(runs):
        fit = fitted(generator, world, design)
        mains = {name: any(one.effect.shown for one in main.compared) for name, main in fit.mains().items()}
        crossed = any(one.effect.shown for pair in fit.interactions().values() for one in pair)
        found += mains.get("a", False), any(shown for name, shown in mains.items() if name != "a"), crossed
    first, others, crossed_share = found / runs
    return float(first), float(others), float(crossed_share)


def main(runs: int = RUNS) -> None:
    """Print the table."""
    print(f"### Sweeps\n\n{runs:,} runs of every row; {ROWS} rows, accuracy {100 * ACCURACY:g} %.\n")
    print("| world | design | first parameter matters | another one does | an interaction is shown |")
    print("| --- | --- | --- | --- | --- |")
    worlds = {
        "nothing matters, SD between seeds 0": World(0.0, 0.5),
        "nothing matters, SD 0.5 points": World(0.005, 0.5),
        "nothing matters, SD 1.5 points": World(0.015, 0.5),
        "first is worth 4 points, SD 0.5 points": World(0.005, 0.5, 0.04),
        "first is worth 6 points with the second only, SD 0.5 points": World(0.005, 0.5, 0.0, 0.06),
    }
    for words, world in worlds.items():
        for name, design in DESIGNS.items():
            cells = " | ".join(f"{100 * one:.1f} %" for one in told(world, design, runs))
            print(f"| {words} | {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
