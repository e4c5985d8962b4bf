"""How often a slice is told from the rest where nothing differs, and how often its interval covers the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reportgen.metrics import comparison, slices
from reportgen.metrics.design import Design

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUNS = 1000
SEED = 19
MINIMUM = 30
LEVEL = 0.05


class Rows(NamedTuple):
    """Rows, their groups (None: independent), the values of the first column, and whether losses are skewed or shares are measured."""

    n: int
    groups: int | None
    values: int
    kind: str

    def __str__(self) -> str:
        """Return the design in words."""
        groups = "independent rows" if self.groups is None else f"{self.groups} groups"
        return f"{self.n:,} rows, {groups}, {self.values + 3} slices, {self.kind}"


DESIGNS = tuple(
    Rows(n, groups, values, kind)
    for n, groups, values in ((400, None, 4), (2000, None, 10), (800, 80, 4))
    for kind in ("shares", "exponential losses", "lognormal losses")
)


def drawn(generator: np.random.Generator, design: Rows) -> tuple[NDArray[np.generic], list[NDArray[np.bool_]], Design]:
    """Draw values that no column tells anything about, slices by two columns, and how the rows belong together."""
    n = design.n
    group = np.arange(n) if design.groups is None else generator.integers(0, design.groups, n)
    latent = generator.normal(size=n) + 0.7 * generator.normal(size=n)[group]
    latent /= np.sqrt(1.49)
    values = {
        "shares": latent < 1,
        "exponential losses": -np.log(np.clip(1 - _normal(latent), 1e-12, 1)),
        "lognormal losses": np.exp(latent),
    }[design.kind]
    columns = generator.integers(0, design.values, n)[group], np.digitize(generator.random(n), [0.15, 0.5])[group]
    masks = [codes == code for codes in columns for code in np.unique(codes)]
    rows = Design(n) if design.groups is None else Design(n, "patient", group)
    return values, [mask for mask in masks if mask.sum() >= MINIMUM], rows


def _normal(x: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    return np.asarray(ndtr(x), np.float64)


def alarms(design: Rows, runs: int = RUNS) -> tuple[float, float]:
    """Return the share of reports in which any slice is told from the rest, and of intervals that cover 0."""
    generator = np.random.default_rng(SEED)
    told, covered, intervals = 0, 0, 0
    for _ in range(runs):
        values, masks, rows = drawn(generator, design)
        p_values = [slices.from_rest_p(values, mask, rows) for mask in masks]  # type: ignore[arg-type]
        told += min(comparison.holm([p for p in p_values if p is not None]), default=1.0) < LEVEL
        for mask in masks:
            found = slices.from_rest(values, mask, rows)  # type: ignore[arg-type]
            found = None if found is None else rows.estimate(found)
            if found is not None and found.low is not None and found.high is not None:
                intervals += 1
                covered += found.low <= 0 <= found.high
    return told / runs, covered / max(intervals, 1)


def main() -> None:
    """Print both for every design."""
    print("| no slice differs | reports with a false alarm | coverage of the difference |")
    print("|---|---|---|")
    for design in DESIGNS:
        told, covered = alarms(design)
        print(f"| {design} | {100 * told:.1f} % | {100 * covered:.1f} % |")


if __name__ == "__main__":
    main()
