"""Coverage of intervals over many runs of a design, and the tables of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reportgen.metrics.intervals import Estimate

    Estimates = Iterable[tuple[str, Estimate]]

DesignT = TypeVar("DesignT")
LEAST_REPORTED = 95.0
"""Percentage of runs that must report an interval for a design to be judged."""
SELDOM = 10.0
"""Percentage of runs below which the coverage of those that report is not printed: too few."""
LEAST_COVERAGE = 92.0
"""A design falls short where the 99 % Monte Carlo interval of its coverage is below this percentage."""


class Covered(NamedTuple):
    """How often a design's runs report an interval, and how often those cover the truth, in percent."""

    design: object
    reported: float
    coverage: float
    high: float
    """Upper end of the coverage's 99 % Monte Carlo interval."""


class Tally:
    """Counts how often each number has an interval, and how often that holds the truth."""

    def __init__(self) -> None:
        self._shown: dict[str, int] = {}
        self._hits: dict[str, int] = {}

    def add(self, name: str, estimate: Estimate, true: float) -> None:
        """Count a number of a run."""
        reported = estimate.low is not None and estimate.high is not None
        self._shown[name] = self._shown.get(name, 0) + reported
        self._hits[name] = self._hits.get(name, 0) + (reported and estimate.low <= true <= estimate.high)

    def covered(self, design: object, runs: int) -> dict[str, Covered]:
        """Return the coverage of each number over the runs of a design."""
        from scipy.stats import beta

        found = {}
        for name, count in self._shown.items():
            hit = self._hits[name]
            high = beta.ppf(0.995, hit + 1, count - hit) if hit < count else 1.0
            found[name] = Covered(design, 100 * count / runs, 100 * hit / max(count, 1), 100 * high)
        return found


def values(found: Estimates) -> dict[str, float]:
    """Return the values of numbers: the truth, if they are of a sample so large that its own error does not matter."""
    return {name: estimate.value for name, estimate in found}


def covered(
    design: object,
    runs: int,
    true: Mapping[str, float],
    numbers: Callable[[np.random.Generator], Estimates],
    seed: int = 1,
) -> dict[str, Covered]:
    """Return the coverage of each of the ``numbers`` of the samples that a generator draws."""
    generator, tally = np.random.default_rng(seed), Tally()
    for _ in range(runs):
        for name, estimate in numbers(generator):
            tally.add(name, estimate, true[name])
    return tally.covered(design, runs)


def print_coverage(
    of_rows: Mapping[int, Sequence[DesignT]], simulate: Callable[[DesignT, int, int], dict[str, Covered]], runs: int
) -> None:
    """Print the coverage of every number at each n, over the designs of which at least 95 % of the runs report."""
    print("| number | n | designs | mean coverage | lowest | highest | falls short | designs that report less often |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    rows: dict[str, list[str]] = {}
    for n, designs in of_rows.items():
        found: dict[str, list[Covered]] = {}
        for design in designs:
            for name, one in simulate(design, n, runs).items():
                found.setdefault(name, []).append(one)
        for name, every in found.items():
            rows.setdefault(name, []).append(_row(name, n, every))
    print("\n".join(row for name in rows for row in rows[name]))


def _row(name: str, n: int, every: list[Covered]) -> str:
    judged = [one for one in every if one.reported >= LEAST_REPORTED]
    short = [f"{one.design}: {one.coverage:.1f} %" for one in judged if one.high < LEAST_COVERAGE]
    rarer = [one for one in every if one.reported < LEAST_REPORTED]
    shares = sorted(one.reported for one in rarer)
    others = sorted(one.coverage for one in rarer if one.reported >= SELDOM)
    rest = f"{len(rarer)}: in {shares[0]:.0f} to {shares[-1]:.0f} % of runs" if rarer else "none"
    rest += f", covered in {others[0]:.0f} to {others[-1]:.0f} % of those" if others else ""
    values = [one.coverage for one in judged]
    shown = (f"{np.mean(values):.1f} %", f"{min(values):.1f} %", f"{max(values):.1f} %") if values else ("–", "–", "–")
    cells = (name, f"{n:,}", str(len(judged)), *shown, "; ".join(short) or "no", rest)
    return f"| {' | '.join(cells)} |"


def print_alarms(rows: Sequence[tuple[str, Mapping[str, float]]]) -> None:
    """Print how often each rule fires in each row, which begins with some cells."""
    for name in rows[0][1]:
        for cells, found in rows:
            print(f"| {name} | {cells} | {100 * found[name]:.1f} % |")
