"""Parameters of runs as the columns of a linear model, with the products of pairs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Factor:
    """A parameter as columns of the linear model.

    Attributes
    ----------
    columns
        (m, q) float64, those of each run.
    points
        (k, q) float64, the columns at k values of the parameter, which are compared.
    crossed, crossed_points
        (m, r) and (k, r) float64: the same for its interactions.
    ends
        The points that are compared in interactions.
    """

    columns: Floats
    points: Floats
    crossed: Floats
    crossed_points: Floats
    ends: tuple[int, ...]


def levels(codes: Codes, count: int) -> Factor:
    """Return a parameter with ``count`` levels, from the level (m,) of each run: one column for each level but the first."""
    points = np.eye(count)[:, 1:]
    columns = points[codes]
    return Factor(columns, points, columns, points, tuple(range(count)))


def curve(x: Floats) -> Factor:
    """Return a number as a parabola over its range; ``x`` (m,) is scaled to [-1, 1]. Its interactions are linear.

    It is compared at the low end, the middle and the high end of the range; interactions between the ends.
    """
    at = np.array([-1.0, 0.0, 1.0])
    return Factor(np.stack([x, x**2], 1), np.stack([at, at**2], 1), x[:, None], at[:, None], (0, 2))


class LinearModel:
    """The columns of a linear model, and which sums of its coefficients the runs determine."""

    def __init__(self, factors: Mapping[str, Factor], pairs: tuple[tuple[str, str], ...]) -> None:
        self.factors, self.pairs = factors, pairs
        self.columns = self._columns({})
        self._inverse = np.linalg.pinv(self.columns, rcond=1e-10)
        self._determined = self._inverse @ self.columns

    @property
    def center(self) -> Floats:
        """(p,) the mean of the columns."""
        return np.asarray(self.columns.mean(axis=0))

    def at(self, name: str, columns: Floats, crossed: Floats) -> Floats:
        """Return the mean of the columns (p,) if all runs had one value of a parameter, and were otherwise as they are."""
        rows = len(self.columns)
        given = np.tile(columns, (rows, 1)), np.tile(crossed, (rows, 1))
        return np.asarray(self._columns({name: given}).mean(axis=0))

    def of_pair(self, pair: tuple[str, str], products: Floats) -> Floats:
        """Return the row (p,) with ``products`` in the columns of a pair, and 0 elsewhere."""
        found = np.zeros(self.columns.shape[1])
        end = len(found)
        for one in reversed(self.pairs):
            width = self.factors[one[0]].crossed.shape[1] * self.factors[one[1]].crossed.shape[1]
            if one == pair:
                found[end - width : end] = products
            end -= width
        return found

    def weights(self, row: Floats) -> Floats | None:
        """Return the weights (m,) of the runs in a sum of coefficients, those of a row (p,); None if they do not determine it."""
        if np.abs(row @ self._determined - row).max() > _TOLERANCE * max(np.abs(row).max(), 1.0):
            return None
        return np.asarray(row @ self._inverse)

    def residual(self) -> tuple[Floats, int]:
        """Return what projects (m,) scores on what the model leaves, and its rank."""
        rows = len(self.columns)
        return np.eye(rows) - self.columns @ self._inverse, rows - round(float(np.trace(self._determined)))

    def _columns(self, changed: Mapping[str, tuple[Floats, Floats]]) -> Floats:
        """Return the columns (m, p) of all runs, some parameters of which are given."""
        own = {name: changed.get(name, (factor.columns, factor.crossed)) for name, factor in self.factors.items()}
        rows = len(next(iter(own.values()))[0])
        products = ((own[a][1][:, :, None] * own[b][1][:, None, :]).reshape(rows, -1) for a, b in self.pairs)
        return np.concatenate([np.ones((rows, 1)), *(columns for columns, _ in own.values()), *products], axis=1)
