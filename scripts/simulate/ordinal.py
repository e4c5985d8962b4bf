"""Coverage of the intervals of classes in an order."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reportgen.metrics import comparison, intervals, ordinal
from scripts.simulate.tally import covered, print_coverage, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate
    from scripts.simulate.tally import Covered

    Classes = NDArray[np.int32]

RUNS = 2000
TRUTH_ROWS = 2_000_000
ROWS = (50, 100, 600)


class Design(NamedTuple):
    """Classes that are equally frequent, and predictions that are off by rounded normal noise around a shift."""

    classes: int
    noise: float
    shift: float = 0.0

    def __str__(self) -> str:
        """Return the design in words."""
        return f"{self.classes} classes, noise {self.noise:g}, shift {self.shift:g}"


DESIGNS = (
    Design(3, 0.4),
    Design(3, 1.2, 0.5),
    Design(5, 0.5),
    Design(5, 1.5),
    Design(10, 1.0, 0.3),
    Design(10, 0.4),
)


def draw(generator: np.random.Generator, design: Design, n: int) -> tuple[Classes, Classes, Classes]:
    """Draw labels (n,), and the predictions of two models, the second of which is off by a fifth more."""
    labels, noise = generator.integers(0, design.classes, n), generator.normal(size=(2, n))
    off = design.shift + design.noise * np.array([[1.0], [1.2]]) * noise
    first, second = np.clip(np.rint(labels + off), 0, design.classes - 1).astype(np.int32)
    return labels.astype(np.int32), first, second


def numbers(labels: Classes, first: Classes, second: Classes) -> Iterator[tuple[str, Estimate]]:
    """Yield the numbers of the report, with the rules by which it withholds their intervals."""
    own, other = (ordinal.distances(labels, predicted)[:] for predicted in (first, second))
    errors, either = int((own > 0).sum()), int(((own > 0) | (other > 0)).sum())
    found = {
        "MAE in classes": (intervals.mean(own, low=0.0), errors, intervals.FEWEST_ERRORS),
        "quadratic kappa": (ordinal.quadratic_kappa(labels, first), errors, intervals.FEWEST_ERRORS),
        "difference in MAE": (comparison.mean_difference(own, other), 0, 0),
        "difference in kappa": (
            ordinal.quadratic_kappa_difference(labels, first, second),
            either,
            intervals.FEWEST_PAIRED,
        ),
    }
    for name, (estimate, seen, needed) in found.items():
        if estimate is not None:
            yield name, estimate.supported(seen, needed, "errors")


@cache
def truth(design: Design) -> dict[str, float]:
    """Return the numbers of a sample so large that its own error does not matter."""
    sample = draw(np.random.default_rng(99), design, TRUTH_ROWS)
    return values(numbers(*sample))


def coverage(design: Design, n: int, runs: int, seed: int = 1) -> dict[str, Covered]:
    """Simulate a design; return the coverage of each number."""
    return covered(design, runs, truth(design), lambda generator: numbers(*draw(generator, design, n)), seed)


def main(runs: int = RUNS) -> None:
    """Print the table."""
    print(f"### Intervals of classes in an order\n\n{runs:,} runs of every design.\n")
    print_coverage(dict.fromkeys(ROWS, DESIGNS), coverage, runs)
