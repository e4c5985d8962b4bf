"""How often the rules for training curves fire: false alarms on healthy runs, and how many ill runs are found.

``python -m scripts.simulate.training`` prints one row per design and rule, with the rate and its 99 % Monte Carlo interval
(Wilson). The rules are those of the program.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import outcomes, training

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Generator = np.random.Generator
    Design = Callable[[Generator], FloatArray]

RUNS = 500
SEED = 13
START = 2.3
_NORMAL_99 = 2.5758293035489004
_WARM_UP = 50
_EARLIEST = 30
OVERFITTING, LAST, IMPROVING = "overfitting", "last epoch not the best", "still improving"


def noise(generator: Generator, n: int, correlation: float = 0.0) -> FloatArray:
    """Return (n,) AR(1) noise of standard deviation 1."""
    raw = generator.normal(size=n + _WARM_UP)
    for place in range(1, len(raw)):
        raw[place] = correlation * raw[place - 1] + math.sqrt(1 - correlation**2) * raw[place]
    return raw[_WARM_UP:]


def fall(n: int, level: float, scale: float) -> FloatArray:
    """Return a loss that falls exponentially from 2.3 to a level."""
    return level + (START - level) * np.exp(-np.arange(n) / scale)


def noisy(generator: Generator, curve: FloatArray, share: float = 0.03, correlation: float = 0.5) -> FloatArray:
    """Return a curve with noise in proportion to its values."""
    return curve * (1 + share * noise(generator, len(curve), correlation))


def stationary(n: int, correlation: float) -> Design:
    """Return noise around a constant."""
    return lambda generator: 1 + 0.03 * noise(generator, n, correlation)


def plateau(n: int, correlation: float, level: float = 0.3) -> Design:
    """Return a run that falls and then stays, as a well regularized one does."""
    return lambda generator: noisy(generator, fall(n, level, n / 15), 0.03, correlation)


def patience(epochs: int) -> Design:
    """Return a run on a plateau that was stopped after some epochs without a new minimum, after 30 epochs at the earliest."""

    def design(generator: Generator) -> FloatArray:
        curve = noisy(generator, fall(200, 0.3, 4), 0.03, 0.0)
        best = 0
        for place in range(len(curve)):
            best = place if curve[place] < curve[best] else best
            if place - best >= epochs and place >= _EARLIEST:
                return curve[: place + 1]
        return curve

    return design


def oscillation(n: int, period: int) -> Design:
    """Return a run that falls and then oscillates by 15 % with a random phase."""

    def design(generator: Generator) -> FloatArray:
        wave = np.sin(2 * np.pi * (np.arange(n) / period + generator.uniform()))
        return noisy(generator, fall(n, 0.3, n / 15) * (1 + 0.15 * wave), 0.01, 0.0)

    return design


def restarts(first: int, growth: int) -> Design:
    """Return a run with cosine restarts to one level, stopped anywhere from the third cycle on."""

    def design(generator: Generator) -> FloatArray:
        cycles = [first * growth**place for place in range(6 if growth == 1 else 4)]
        heights = [START - 0.3, *([0.5] * (len(cycles) - 1))]
        parts = [
            0.3 + height * (1 + np.cos(np.pi * np.arange(1, length + 1) / length)) / 2
            for length, height in zip(cycles, heights, strict=True)
        ]
        curve = np.concatenate(parts)
        stop = int(generator.integers(sum(cycles[:2]) + 1, len(curve) + 1))
        return noisy(generator, curve[:stop], 0.01, 0.0)

    return design


def overfit(best: float, factor: float, n: int = 60, share: float = 0.4) -> Design:
    """Return a run that falls to its best at a share of its epochs and rises to a multiple of it."""

    def design(generator: Generator) -> FloatArray:
        turn = int(share * n)
        after = np.clip((np.arange(n) - turn) / (n - 1 - turn), 0, None)
        return noisy(generator, fall(n, best, turn / 8) + best * (factor - 1) * after)

    return design


def falling(n: int, power: float) -> Design:
    """Return a loss that falls as a power law."""
    return lambda generator: noisy(generator, START * np.arange(1.0, n + 1) ** -power, 0.01, 0.0)


HEALTHY: dict[str, Design] = {
    **{
        f"stationary, {'white' if not correlation else f'AR(1) {correlation}'}, {n} epochs": stationary(n, correlation)
        for correlation in (0.0, 0.7)
        for n in (20, 50, 100)
    },
    **{
        f"falls and stays, {'white' if not correlation else f'AR(1) {correlation}'}, {n} epochs": plateau(
            n, correlation
        )
        for correlation in (0.0, 0.7)
        for n in (20, 50, 100)
    },
    **{f"stopped by patience {epochs}": patience(epochs) for epochs in (2, 3, 5, 10)},
}
CYCLES: dict[str, Design] = {
    "oscillation, period 16 of 60": oscillation(60, 16),
    "oscillation, period 20 of 100": oscillation(100, 20),
    "oscillation, period 30 of 100": oscillation(100, 30),
    "cosine restarts every 10": restarts(10, 1),
    "cosine restarts, 10, 20, 40, 80": restarts(10, 2),
}
BEYOND: dict[str, Design] = {f"stationary, AR(1) 0.9, {n} epochs": stationary(n, 0.9) for n in (20, 50, 100)}
OVERFITTED: dict[str, Design] = {
    f"best {best} x {factor}": overfit(best, factor)
    for best, factor in ((0.3, 1.2), (0.3, 1.5), (0.1, 2), (0.1, 3), (0.02, 5), (0.02, 10))
} | {
    "best 0.3 x 1.5 from epoch 12 of 60": overfit(0.3, 1.5, share=0.2),
    "best 0.3 x 1.5 from epoch 45 of 60": overfit(0.3, 1.5, share=0.75),
    "best 0.3 x 1.5, 20 epochs": overfit(0.3, 1.5, n=20),
    "best 0.3 x 1.2, 200 epochs": overfit(0.3, 1.2, n=200),
}
IMPROVES: dict[str, Design] = {
    f"power law {power}, {n} epochs": falling(n, power) for power in (0.3, 0.7) for n in (20, 60)
}


def fired(curve: FloatArray) -> dict[str, bool]:
    """Return which rules fire on a validation loss without a training loss."""
    status, _ = outcomes.classify(curve, np.arange(1, len(curve) + 1))
    return {
        OVERFITTING: status == "overfitting",
        LAST: training.rise(curve).last_is_worse,
        IMPROVING: status == "still improving",
    }


def rates(design: Design, runs: int = RUNS, seed: int = SEED) -> dict[str, float]:
    """Return the share of runs of a design on which each rule fires."""
    generator = np.random.default_rng(seed)
    found = [fired(design(generator)) for _ in range(runs)]
    return {rule: float(np.mean([one[rule] for one in found])) for rule in (OVERFITTING, LAST, IMPROVING)}


def _interval(rate: float, runs: int) -> tuple[float, float]:
    square = _NORMAL_99**2
    center = (rate + square / (2 * runs)) / (1 + square / runs)
    half = _NORMAL_99 / (1 + square / runs) * math.sqrt(rate * (1 - rate) / runs + square / (4 * runs**2))
    return center - half, center + half


def main() -> None:
    """Print the tables."""
    for title, designs, rules in (
        ("False alarms on healthy runs", HEALTHY, (OVERFITTING, LAST, IMPROVING)),
        ("False alarms on cycles, whose last epoch can be worse than the best", CYCLES, (OVERFITTING, IMPROVING)),
        ("False alarms beyond the autocorrelation that is allowed for", BEYOND, (OVERFITTING, LAST, IMPROVING)),
        ("Overfitting found", OVERFITTED, (OVERFITTING, LAST)),
        ("Improvement found", IMPROVES, (IMPROVING,)),
    ):
        print(f"\n{title} ({RUNS} runs a design)\n")
        print(f"{'design':<42} {'rule':<24} {'rate':>7}  99 % Monte Carlo interval")
        for name, design in designs.items():
            found = rates(design)
            for rule in rules:
                low, high = _interval(found[rule], RUNS)
                print(f"{name:<42} {rule:<24} {found[rule]:>7.1%}  [{low:.1%}, {high:.1%}]")


if __name__ == "__main__":
    main()
