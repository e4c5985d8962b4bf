"""Coverage of the intervals of segmentation and sequence labeling, whose positions hang together within a unit."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reportgen.metrics import dense, intervals, pooled
from reportgen.metrics.design import Design as Rows
from reportgen.metrics.pooled import Parts
from scripts.simulate.tally import covered, print_coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate
    from scripts.simulate.tally import Covered

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

RUNS = 1000
TRUTH_ROWS = 30_000
ROWS = (20, 50, 200)
POSITIONS, CLASSES = 200, 3
_PRESENT = (1.0, 0.7, 0.35)
"""Share of the units that have each class."""
_SIZES = (4.8, 1.2, 0.5)
"""Of a Dirichlet distribution: how large the areas of the classes are, and how unequal."""
_TOGETHER = 0.7
"""Share of the positions at which both models have the same luck."""


class Design(NamedTuple):
    """Units whose shares of right positions have the log-odds ``skill`` and, between units, the standard deviation ``spread``."""

    skill: float
    spread: float

    def __str__(self) -> str:
        """Return the design in words."""
        return f"log-odds of a right position {self.skill:g}, standard deviation between units {self.spread:g}"


DESIGNS = (Design(2.0, 0.8), Design(4.0, 1.5))


class Sample(NamedTuple):
    """Positions of each class by label (N, K), and those that two models predict as each and right (N, K)."""

    actual: Ints
    predicted: tuple[Ints, Ints]
    hits: tuple[Ints, Ints]


def draw(generator: np.random.Generator, design: Design, n: int) -> Sample:
    """Draw units with areas of very unequal sizes, and the predictions of two equally good models."""
    present = generator.random((n, CLASSES)) < _PRESENT
    shares = generator.dirichlet(_SIZES, n) * present
    ends = (shares / shares.sum(axis=1, keepdims=True)).cumsum(axis=1)[:, None]

    def classes() -> Ints:
        return np.minimum((ends < generator.random((n, POSITIONS, 1))).sum(axis=2), CLASSES - 1)

    labels, everywhere = classes(), np.ones((n, POSITIONS), np.bool_)
    right = 1 / (1 + np.exp(-(design.skill + design.spread * generator.normal(size=(2, n, 1)))))
    luck = generator.random((n, POSITIONS))
    predicted, hits = [], []
    for share in right:
        own = np.where(generator.random(luck.shape) < _TOGETHER, luck, generator.random(luck.shape))
        called = np.where(own < share, labels, classes())
        predicted.append(dense.per_unit(called, everywhere, CLASSES))
        hits.append(dense.per_unit(labels, called == labels, CLASSES))
    return Sample(dense.per_unit(labels, everywhere, CLASSES), (predicted[0], predicted[1]), (hits[0], hits[1]))


def numbers(sample: Sample) -> Iterator[tuple[str, Estimate]]:
    """Yield what a report says of a sample: clustered by unit."""
    n = len(sample.actual)
    rows = Rows(n, "unit", np.arange(n))
    counted = np.full(n, float(POSITIONS))
    right = [Parts(hits.sum(axis=1).astype(np.float64), counted) for hits in sample.hits]
    iou = [
        [Parts(hits[:, k] * 1.0, (sample.actual + predicted - hits)[:, k] * 1.0) for k in range(CLASSES)]
        for predicted, hits in zip(sample.predicted, sample.hits, strict=True)
    ]
    found = {
        "pixel accuracy": pooled.micro(right[0]),
        "mean IoU": pooled.macro(iou[0]),
        "IoU of the rarest class": pooled.micro(iou[0][2]),
        "mean IoU by image": pooled.mean_over_rows(dense.mean_of_unit(iou[0])),
    }
    for name, first, second in (
        ("pixel accuracy difference", right[:1], right[1:]),
        ("mean IoU difference", iou[0], iou[1]),
        ("IoU difference of the rarest class", iou[0][2:], iou[1][2:]),
    ):
        difference = pooled.macro_difference(first, second)
        found[name] = None if difference is None else difference[0]
    yield from ((name, rows.estimate(one)) for name, one in found.items() if one is not None)
    total = int(counted.sum())
    independent = intervals.wilson(float(right[0].numerators.sum()), total)
    if independent is not None:
        yield "pixel accuracy, pixels taken as independent", independent


@cache
def truth(design: Design) -> dict[str, float]:
    """Return the numbers of a sample so large that its own error does not matter; equally good models do not differ."""
    sample = draw(np.random.default_rng(99), design, TRUTH_ROWS)
    return {name: 0.0 if "difference" in name else estimate.value for name, estimate in numbers(sample)}


def coverage(design: Design, n: int, runs: int, seed: int = 1) -> dict[str, Covered]:
    """Simulate a design; return the coverage of each number."""
    return covered(design, runs, truth(design), lambda generator: numbers(draw(generator, design, n)), seed)


def main(runs: int = RUNS) -> None:
    """Print the table."""
    print(f"### Intervals of segmentation and sequence labeling\n\n{runs:,} runs of every design.\n")
    print_coverage(dict.fromkeys(ROWS, DESIGNS), coverage, runs)
