"""Coverage of the interval of debiased CKA: Gaussian rows, heavy tails, and rows that are one in a hundred and far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.metrics import cka

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNS = 400
SIZES = (200, 1000)
POPULATION = 400_000
RARE = 0.01
WIDTH = 8


class Design(NamedTuple):
    """Two layers that see the same hidden causes through different weights, with noise of their own.

    ``far`` rows, one in a hundred, are ten times as large in the first layer, or moved in one direction in both.
    """

    tails: Literal["Gaussian", "t3"]
    noise: float
    far: Literal["none", "the first layer", "both layers"] = "none"

    def __str__(self) -> str:
        """Return the design in words."""
        far = "" if self.far == "none" else f", 1 % outlier rows in {self.far}"
        return f"{self.tails} rows, {'similar' if self.noise < 1 else 'different'} layers{far}"


DESIGNS = tuple(
    Design(tails, noise, far)
    for tails, far in (
        ("Gaussian", "none"),
        ("t3", "none"),
        ("Gaussian", "the first layer"),
        ("Gaussian", "both layers"),
    )
    for noise in (0.1, 1.0)
)


def draw(design: Design, n: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the activations (n, 8) of two layers."""
    weights = np.random.default_rng(5)
    fading = np.exp(-np.arange(WIDTH) / 2)
    one, other = (weights.normal(size=(WIDTH, WIDTH)) * fading for _ in range(2))
    moved = weights.normal(size=(2, WIDTH)) * 20
    if design.noise < 1:
        other = one

    def values() -> Floats:
        if design.tails == "t3":
            return generator.standard_t(3, size=(n, WIDTH)) / np.sqrt(3)
        return generator.normal(size=(n, WIDTH))

    causes = values()
    first, second = causes @ one + design.noise * values(), causes @ other + design.noise * values()
    far = generator.random(n) < RARE
    if design.far == "the first layer":
        first[far] *= 10
    if design.far == "both layers":
        first[far] += moved[0]
        second[far] += moved[1]
    return first, second


def truth(design: Design) -> float:
    """Return the CKA of a population: of two linear kernels it follows from the covariances."""
    first, second = (one - one.mean(axis=0) for one in draw(design, POPULATION, np.random.default_rng(1)))
    across, own, other = (np.linalg.norm(x.T @ y) for x, y in ((first, second), (first, first), (second, second)))
    return float(across**2 / (own * other))


def coverage(design: Design, n: int, runs: int, seed: int = 2) -> tuple[float, float, float]:
    """Return the shares of runs with an interval, of those that cover the truth, and of all that do not hold a wrong one."""
    true, generator = truth(design), np.random.default_rng(seed)
    shown = covered = 0
    for _ in range(runs):
        found = cka.align(*(cka.grams([one]) for one in draw(design, n, generator)))
        low, high = float(found.low[0, 0]), float(found.high[0, 0])
        shown += not np.isnan(low)
        covered += low <= true <= high
    return shown / runs, covered / shown if shown else float("nan"), 1 - (shown - covered) / runs


def main(runs: int = RUNS) -> None:
    """Print the table."""
    print(f"### CKA\n\n{runs:,} runs of every row.\n")
    print("| rows | n | with an interval | covered, of these | without a wrong interval, of all |")
    print("| --- | --- | --- | --- | --- |")
    for design in DESIGNS:
        for n in SIZES:
            cells = " | ".join(
                f"{100 * one:.1f} %" for one in coverage(design, n, runs if n < SIZES[-1] else runs // 2)
            )
            print(f"| {design} | {n:,} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
