"""Differences between two releases from their intervals alone: coverage on independent rows, and on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.metrics import intervals, unpaired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate

RUNS = 2000
SHARED = 0.9
"""Share of the rows whose difficulty is the same for both models, where they are the same rows."""


class Pair(NamedTuple):
    """Rows of either release, the accuracy then and now, and whether they are the same rows."""

    n: int
    then: float
    now: float
    rows: Literal["independent", "the same"]


DESIGNS = tuple(
    Pair(n, *accuracies, rows)
    for rows in ("independent", "the same")
    for n in (100, 600, 5000)
    for accuracies in ((0.7, 0.75), (0.9, 0.9), (0.97, 0.98))
)


def draw(generator: np.random.Generator, design: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how hard every row (n,) is for either model, uniform in [0, 1]."""
    then, fresh = generator.random((2, design.n))
    if design.rows == "independent":
        return then, fresh
    return then, np.where(generator.random(design.n) < SHARED, then, fresh)


def covered(design: Pair, runs: int = RUNS) -> tuple[float, float]:
    """Return how often the interval of the difference in accuracy, and in mean loss (-log of the ease), has the truth."""
    generator = np.random.default_rng(0)
    hits = np.zeros((runs, 2))
    for run in range(runs):
        then, now = draw(generator, design)
        accuracies = [intervals.proportion(now < design.now), intervals.proportion(then < design.then)]
        losses = [intervals.mean(-np.log1p(-one), low=0.0) for one in (now, then)]
        for column, (pair, truth) in enumerate(((accuracies, design.now - design.then), (losses, 0.0))):
            low, high = unpaired.difference(_ends(pair[0]), _ends(pair[1]))
            hits[run, column] = low <= truth <= high
    accuracy, loss = hits.mean(axis=0)
    return float(accuracy), float(loss)


def _ends(found: Estimate | None) -> unpaired.Ends:
    if found is None or found.low is None or found.high is None:
        message = "rows that differ have an interval"
        raise ValueError(message)
    return found.value, found.low, found.high


def table() -> Iterator[str]:
    """Yield the rows of the table in the documentation."""
    yield "| rows | n | accuracy difference | difference of mean losses |"
    yield "| --- | --- | --- | --- |"
    for rows in ("independent", "the same"):
        for n in (100, 600, 5000):
            found = np.array([covered(design) for design in DESIGNS if (design.rows, design.n) == (rows, n)])
            spans = [f"{100 * one.min():.1f} to {100 * one.max():.1f} %" for one in found.T]
            yield f"| {rows} | {n:,} | {' | '.join(spans)} |"


def main() -> None:
    """Print the coverage."""
    print("\n".join(table()))
