"""Synthetic validation losses, (n,) each, with the status that each must have; a run that falls starts at 2.3."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Array = np.ndarray


def wobble(n: int, correlation: float = 0.0, seed: int = 13) -> Array:
    """Return (n,) AR(1) noise of standard deviation 1."""
    raw = np.random.default_rng(seed).normal(size=n + 50)
    for place in range(1, len(raw)):
        raw[place] = correlation * raw[place - 1] + np.sqrt(1 - correlation**2) * raw[place]
    return raw[50:]


def fall(n: int, level: float = 0.3, scale: float = 4.0) -> Array:
    """Fall exponentially to a level."""
    return level + (2.3 - level) * np.exp(-np.arange(n) / scale)


def noisy(curve: Array, share: float = 0.02, correlation: float = 0.0, seed: int = 13) -> Array:
    """Add noise in proportion to the values."""
    return curve * (1 + share * wobble(len(curve), correlation, seed))


def turned(level: float, factor: float, n: int = 60, turn: int = 24) -> Array:
    """Fall to a level, then rise to a multiple of it."""
    return fall(n, level, turn / 8) + level * (factor - 1) * np.clip((np.arange(n) - turn) / (n - 1 - turn), 0, None)


def wave(n: int, period: float, share: float, level: float = 0.3) -> Array:
    """Fall, then oscillate around a level."""
    return fall(n, level) * (1 + share * np.sin(2 * np.pi * np.arange(n) / period))


def restarts(*cycles: int) -> Array:
    """Fall along a cosine in every cycle, to the same level."""
    heights = [2.0, *([0.5] * (len(cycles) - 1))]
    return np.concatenate(
        [
            0.3 + height * (1 + np.cos(np.pi * np.arange(1, n + 1) / n)) / 2
            for n, height in zip(cycles, heights, strict=True)
        ]
    )


def replaced(curve: Array, start: int, values: object) -> Array:
    """Put other values at some epochs."""
    made = curve.copy()
    made[start : start + np.size(values)] = values
    return made


def patience(epochs: int) -> Array:
    """Stop after some epochs without a new minimum, from the thirtieth on."""
    curve = noisy(fall(200))
    stop = next(n for n in range(30, 200) if n - 1 - int(curve[:n].argmin()) >= epochs)
    return curve[:stop]


class Case(NamedTuple):
    """A curve with what it must get."""

    name: str
    loss: Array
    status: str
    last_is_worse: bool = False
    trained: Array | None = None


_STEADY = noisy(fall(60))
_DOWN = fall(60, 0.001, 6.0)

CASES = (
    Case("white noise", 1 + 0.03 * wobble(60), "no measurable learning"),
    Case("autocorrelated noise", 1 + 0.03 * wobble(60, 0.7), "no measurable learning"),
    Case("unlearned to the last digit", np.full(30, np.log(10)), "no measurable learning"),
    Case("underfit and flat", noisy(fall(60, 2.2)), "no measurable learning"),
    Case("falls and stays, white noise", _STEADY, "converged"),
    Case("falls and stays, autocorrelated noise", noisy(fall(60), 0.02, 0.7), "converged"),
    Case("falls and stays, 20 epochs", noisy(fall(20, scale=2)), "converged"),
    Case("falls and stays, 300 epochs", noisy(fall(300), 0.02, 0.7), "converged"),
    Case("regularized, training loss above", noisy(fall(60)), "converged", trained=1.3 * noisy(fall(60), seed=1)),
    Case("stopped by patience 2", patience(2), "converged"),
    Case("stopped by patience 5", patience(5), "converged"),
    Case("stopped by patience 10", patience(10), "converged"),
    Case("oscillating, period 2", noisy(fall(60, 0.7) + 0.3 * (-1.0) ** np.arange(60)), "unstable"),
    Case("oscillating by a little, period 2", replaced(_STEADY, 20, 0.3 + 0.01 * (-1.0) ** np.arange(40)), "converged"),
    Case("oscillating, period 16, ends falling", noisy(wave(59, 16, 0.15), 0.01), "converged"),
    Case("oscillating, period 16, ends on a crest", noisy(wave(66, 16, 0.15), 0.01), "converged", last_is_worse=True),
    Case("oscillating, period 30 of 100", noisy(wave(100, 30, 0.15), 0.01), "converged"),
    Case("warm restarts, end of a cycle", noisy(restarts(15, 15, 15, 15), 0.01), "converged"),
    Case("warm restarts, within a cycle", noisy(restarts(15, 15, 15, 15)[:53], 0.01), "converged"),
    Case("warm restarts, cycles that double", noisy(restarts(10, 20, 40), 0.01), "converged"),
    Case("resumed at its plateau", _STEADY[30:], "no measurable learning"),
    Case("resumed while falling", noisy(fall(60, scale=30)[20:], 0.005), "still improving"),
    Case("rate drop, then flat", noisy(np.concatenate([fall(30, 0.6), np.full(30, 0.4)])), "converged"),
    Case("plateau, then drop at the end", noisy(np.concatenate([fall(50, 0.6), np.linspace(0.55, 0.3, 10)])), "still improving"),
    Case("spike at the end", replaced(_STEADY, 59, 1.0), "converged", last_is_worse=True),
    Case("spike in the middle", replaced(_STEADY, 30, 3.0), "converged"),
    Case("blow-up and recovery", replaced(_STEADY, 25, np.linspace(5, 0.5, 8)), "converged"),
    Case("double descent", noisy(np.concatenate([turned(0.5, 1.6, 40, 15), fall(40, 0.3, 3) * 0.35 + 0.2])), "converged"),
    Case("slow power law", noisy(2.3 * np.arange(1.0, 61) ** -0.3, 0.01), "still improving"),
    Case("straight line", np.linspace(2.3, 1.0, 40), "still improving"),
    Case("× 1.2 at 0.3", noisy(turned(0.3, 1.2)), "overfitting", last_is_worse=True),
    Case("× 1.5 at 0.3", noisy(turned(0.3, 1.5), 0.03, 0.5), "overfitting", last_is_worse=True),
    Case("× 1.5 at 0.3, 20 epochs", noisy(turned(0.3, 1.5, 20, 8)), "overfitting", last_is_worse=True),
    Case("× 2.5 at 0.1, the 0.25 of the audit", noisy(turned(0.1, 2.5)), "overfitting", last_is_worse=True),
    Case("× 3 at 0.1", noisy(turned(0.1, 3), 0.03, 0.5), "overfitting", last_is_worse=True, trained=_DOWN),
    Case("× 5 at 0.02", noisy(turned(0.02, 5), 0.03, 0.5), "overfitting", last_is_worse=True, trained=_DOWN),
    Case("× 10 at 0.02", noisy(turned(0.02, 10), 0.03, 0.5), "overfitting", last_is_worse=True, trained=_DOWN),
    Case("× 1.1 without noise", turned(0.0762, 1.1, 60, 32), "overfitting", last_is_worse=True, trained=_DOWN),
    Case("× 1.03 without noise", turned(0.3, 1.03), "converged"),
    Case("late overfit", noisy(turned(0.3, 1.5, 60, 46)), "overfitting", last_is_worse=True),
    Case("fine-tuning that loses half of 0.001", np.concatenate([np.linspace(0.3, 0.299, 20), np.linspace(0.299, 0.2995, 20)]), "converged"),
    Case("overfit from the first epoch", noisy(np.linspace(0.3, 0.6, 30)), "overfitting", last_is_worse=True, trained=_DOWN[:30]),
    Case("rises with its training loss", noisy(turned(0.3, 2)), "unstable", last_is_worse=True, trained=turned(0.2, 2)),
    Case("not a number at the end", replaced(_STEADY, 40, np.full(20, np.nan)), "diverged"),
    Case("infinite from epoch 23 of 30", replaced(_STEADY[:30], 22, np.full(8, np.inf)), "diverged"),
    Case("infinite once", replaced(_STEADY, 10, np.inf), "unstable"),
    Case("far above its start", np.concatenate([fall(20), np.geomspace(0.5, 50, 10)]), "diverged", last_is_worse=True),
    Case("a single epoch", np.array([2.3]), "too few epochs"),
    Case("three epochs", np.array([2.3, 1.0, 0.5]), "too few epochs"),
    Case("negative loss that stays", _STEADY - 5, "converged"),
    Case("negative loss that rises", noisy(turned(0.3, 3)) - 5, "overfitting", last_is_worse=True),
    Case("huge scale", 1e12 * _STEADY, "converged"),
    Case("tiny scale, overfit", 1e-9 * noisy(turned(0.1, 3)), "overfitting", last_is_worse=True),
    Case("quantized to two digits", np.round(_STEADY, 2), "converged"),
    Case("quantized, overfit", np.round(noisy(turned(0.3, 1.5)), 2), "overfitting", last_is_worse=True),
)  # fmt: skip
