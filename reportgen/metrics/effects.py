"""What the parameters of a sweep do to a score: main effects and two-way interactions, by a linear model of the models' scores.

Every model is a training run with a setting of the parameters, and all are evaluated on the same rows. An effect is a weighted sum of
their scores; its variance has two sources, as for recipes (:mod:`reportgen.metrics.seeds`), whose formulas these are for any weights:
another training run has another score, and on other rows a setting has another advantage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from reportgen.metrics.factors import Factor, LinearModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

LEVEL = 0.05
"""Error rate of a whole family of effects."""
FEWEST_FREEDOM = 3
"""Degrees of freedom of the variance between runs below which nothing is estimated. Convention."""
ENOUGH_FREEDOM = 5
"""Degrees of freedom from which repeated settings alone are the variance between runs, and which interactions must leave. Convention."""
INFLATED = 10.0
"""Variance of an effect, in multiples of what it would be without the other parameters, from which they are hardly separable: the
variance inflation factor. Kutner et al. (2005), Applied Linear Statistical Models."""
_TOLERANCE = 1e-8
_NUMBERS = 2**23
"""Numbers of a block of rows of all runs."""

Source = Literal["repeats", "residuals"]


@dataclass(frozen=True)
class Scores:
    """The scores of m runs on the same rows.

    Attributes
    ----------
    means
        (m,) float64, the score of each run.
    covariance
        (m, m) float64, of the runs' values on a row (or group of rows), over the rows.
    units
        Number of independent rows, or groups of rows.
    settings
        (m,) int64: runs with the same code have the same parameters, and differ only in their seed.
    """

    means: Floats
    covariance: Floats
    units: int
    settings: Codes


@dataclass(frozen=True)
class Effect:
    """A weighted sum of scores with an interval that holds together with those of its family; no interval where nothing varies."""

    value: float
    low: float | None
    high: float | None
    p_value: float | None
    """Adjusted for the family (Bonferroni)."""

    @property
    def shown(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True)
class Compared:
    """Two points of a parameter, first minus second."""

    first: int
    second: int
    effect: Effect


@dataclass(frozen=True)
class Crossed:
    """How much the difference between two points of one parameter changes between two points of another."""

    one: tuple[int, int]
    other: tuple[int, int]
    effect: Effect


@dataclass(frozen=True)
class Main:
    """The main effect of a parameter.

    Attributes
    ----------
    compared
        All pairs of its points; empty where it cannot be separated from others.
    levels
        The difference of the score at each point from the mean of all runs.
    aliases
        Parameters from which it cannot be separated; empty with no ``compared``: only from several others together.
    inflation
        Largest variance inflation of its differences; 1 in a balanced design.
    """

    compared: tuple[Compared, ...]
    levels: tuple[Effect, ...]
    aliases: tuple[str, ...]
    inflation: float

    @property
    def strongest(self) -> Compared | None:
        """The difference with the most evidence, the larger one of equals."""
        return min(
            self.compared,
            key=lambda one: (1.0 if one.effect.p_value is None else one.effect.p_value, -abs(one.effect.value)),
            default=None,
        )


@dataclass(frozen=True)
class _Error:
    """The variance between runs of one setting, and the part of it that is due to runs and rows together."""

    between: float
    both: float
    freedom: int
    source: Source


class Fit:
    """The linear model of the scores.

    It has a constant, the columns of every parameter, and their products for every pair of parameters that the runs determine, if five
    degrees of freedom are then left for the variance between runs: a main effect is an average over the other parameters. Otherwise it is
    additive, without products.

    Parameters
    ----------
    factors
        The parameters by name.
    scores
        Of the runs.
    """

    def __init__(self, factors: Mapping[str, Factor], scores: Scores) -> None:
        self.factors, self.scores = dict(factors), scores
        additive = LinearModel(self.factors, ())
        pairs = [
            pair for pair in combinations(self.factors, 2) if self._determined(LinearModel(self.factors, (pair,)), pair)
        ]
        whole = LinearModel(self.factors, tuple(pairs))
        error = _error(whole, scores, ENOUGH_FREEDOM)
        use = bool(pairs) and error is not None and all(self._determined(whole, pair) for pair in pairs)
        mains = [name for name in self.factors if self._differences(name, additive)]
        use = use and all(self._differences(name, whole) for name in mains)
        self._model = whole if use else additive
        self._pairs = tuple(pairs)
        self._error = error if use else _error(additive, scores)

    @property
    def additive(self) -> bool:
        """Whether the model has no interactions."""
        return not self._model.pairs

    @property
    def mean(self) -> float:
        """The mean score of all runs."""
        return float(self.scores.means.mean())

    @property
    def source(self) -> Source | None:
        """What the variance between runs comes from: settings that were repeated, or the distance of all runs from the model."""
        return None if self._error is None else self._error.source

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the variance between runs."""
        error = self._error or _error(self._model, self.scores, fewest=0)
        return 0 if error is None else error.freedom

    def mains(self) -> dict[str, Main]:
        """Return the main effect of every parameter; empty with too few runs. Intervals hold for all differences together."""
        error = self._error
        if error is None:
            return {}
        found = {name: self._differences(name, self._model) for name in self.factors}
        family = sum(len(one) for one in found.values())
        shown = sum(len(self.factors[name].points) for name, one in found.items() if one)
        return {
            name: Main(
                tuple(Compared(a, b, _effect(weights, self.scores, error, family)) for a, b, weights in differences),
                tuple(_effect(one, self.scores, error, shown) for one in self._levels(name)) if differences else (),
                () if differences else tuple(self._aliases(name)),
                max((self._inflation(name, a, b, weights) for a, b, weights in differences), default=1.0),
            )
            for name, differences in found.items()
        }

    def interactions(self) -> dict[tuple[str, str], tuple[Crossed, ...]]:
        """Return the interactions of all pairs of parameters that the runs determine; each by itself beside an additive model.

        Intervals hold for all of them together.
        """
        if self._error is None:
            return {}
        found = {pair: self._crossed(pair) for pair in self._pairs}
        family = sum(len(weights) for _, weights in found.values())
        return {
            pair: tuple(
                Crossed(one, other, _effect(weights, self.scores, error, family)) for one, other, weights in crossed
            )
            for pair, (error, crossed) in found.items()
            if error is not None
        }

    def predicted(self, name: str, columns: Floats, crossed: Floats) -> float:
        """Return how far the model's score at a value of a parameter, with columns (q,) and (r,), is from the mean of all runs."""
        weights = self._model.weights(self._model.at(name, columns, crossed) - self._model.center)
        if weights is None:
            message = f"the effect of {name} cannot be separated from others"
            raise ValueError(message)
        return float(weights @ self.scores.means)

    # -------------------------------------------------------------------------------------- weights

    def _point(self, model: LinearModel, name: str, place: int) -> Floats:
        factor = self.factors[name]
        return model.at(name, factor.points[place], factor.crossed_points[place])

    def _differences(self, name: str, model: LinearModel) -> list[tuple[int, int, Floats]]:
        """Return the weights of all differences of a parameter's points; none if one of them is not determined."""
        rows = [self._point(model, name, place) for place in range(len(self.factors[name].points))]
        found = [(a, b, model.weights(rows[a] - rows[b])) for a, b in combinations(range(len(rows)), 2)]
        known = [(a, b, weights) for a, b, weights in found if weights is not None]
        return known if len(known) == len(found) else []

    def _levels(self, name: str) -> list[Floats]:
        rows = (self._point(self._model, name, place) for place in range(len(self.factors[name].points)))
        found = (self._model.weights(row - self._model.center) for row in rows)
        return [one for one in found if one is not None]

    def _aliases(self, name: str) -> list[str]:
        """Return the parameters without any one of which the effect could be estimated."""
        found = []
        for other in self.factors:
            if other != name:
                rest = {key: factor for key, factor in self.factors.items() if key != other}
                if self._differences(name, LinearModel(rest, ())):
                    found.append(other)
        return found

    def _inflation(self, name: str, first: int, second: int, weights: Floats) -> float:
        alone = LinearModel({name: self.factors[name]}, ())
        found = alone.weights(self._point(alone, name, first) - self._point(alone, name, second))
        return 1.0 if found is None else float(weights @ weights) / float(found @ found)

    def _products(self, pair: tuple[str, str]) -> Iterator[tuple[tuple[int, int], tuple[int, int], Floats]]:
        """Yield the differences of differences of a pair: two points of either, and the columns of the product."""
        one, other = (self.factors[name] for name in pair)
        for a, b in combinations(one.ends, 2):
            for c, d in combinations(other.ends, 2):
                first, second = (
                    one.crossed_points[a] - one.crossed_points[b],
                    other.crossed_points[c] - other.crossed_points[d],
                )
                yield (a, b), (c, d), np.outer(first, second).ravel()

    def _determined(self, model: LinearModel, pair: tuple[str, str]) -> bool:
        return all(model.weights(model.of_pair(pair, row)) is not None for _, _, row in self._products(pair))

    def _crossed(
        self, pair: tuple[str, str]
    ) -> tuple[_Error | None, list[tuple[tuple[int, int], tuple[int, int], Floats]]]:
        model = LinearModel(self.factors, (pair,)) if self.additive else self._model
        error = _error(model, self.scores) if self.additive else self._error
        found = ((one, other, model.weights(model.of_pair(pair, row))) for one, other, row in self._products(pair))
        known = [(one, other, weights) for one, other, weights in found if weights is not None]
        return error, known if error is not None else []


def _error(model: LinearModel, scores: Scores, fewest: int = FEWEST_FREEDOM) -> _Error | None:
    """Return the variance between runs: of repeated settings if there are enough, otherwise about the model; None with too few."""
    repeats = _within(scores.settings)
    if repeats[1] >= ENOUGH_FREEDOM:
        return _of(repeats, scores, "repeats")
    residual = model.residual()
    return None if residual[1] < max(fewest, 1) else _of(residual, scores, "residuals")


def _within(settings: Codes) -> tuple[Floats, int]:
    """Return what takes the mean of its setting from each run, and its rank."""
    _, codes, counts = np.unique(settings, return_inverse=True, return_counts=True)
    same = codes[:, None] == codes[None, :]
    return np.eye(len(codes)) - same / counts[codes][:, None], len(codes) - len(counts)


def _of(projection: tuple[Floats, int], scores: Scores, source: Source) -> _Error:
    matrix, freedom = projection
    trace = float(np.vdot(matrix, scores.covariance))  # of their product: both are symmetric
    both = max(trace, 0.0) / freedom / scores.units
    between = float(scores.means @ matrix @ scores.means) / freedom
    return _Error(max(between, both), both, freedom, source)


def _effect(weights: Floats, scores: Scores, error: _Error, family: int) -> Effect:
    """Return a weighted sum of the scores with its interval.

    The expected mean squares of crossed random effects (Cornfield & Tukey 1956): the variance between runs, plus that between the
    rows' sums, less that of runs and rows together, which both contain. Degrees of freedom by Satterthwaite (1946).
    """
    from scipy.special import stdtr, stdtrit

    value = float(weights @ scores.means)
    squared = float(weights @ weights)
    runs, both = squared * error.between, squared * error.both
    rows = max(float(weights @ scores.covariance @ weights) / scores.units - both, 0.0)
    variance = runs + rows
    if variance <= (np.finfo(np.float64).eps * float(np.abs(scores.means).max())) ** 2:
        return Effect(value, None, None, None)
    freedom = variance**2 / (runs**2 / error.freedom + rows**2 / max(scores.units - 1, 1))
    reach = float(stdtrit(freedom, 1 - LEVEL / family / 2)) * math.sqrt(variance)
    p_value = min(1.0, family * 2 * float(stdtr(freedom, -abs(value) / math.sqrt(variance))))
    return Effect(value, value - reach, value + reach, p_value)


def covariance(rows: Sequence[Floats], block: int = 2**16) -> Floats:
    """Return the (m, m) covariance of m arrays (N,) over their rows, computed in blocks of at most 64 MB; zeros for a single row."""
    n = len(rows[0])
    block = min(block, max(_NUMBERS // len(rows), 1))
    means = np.array([one.mean() for one in rows])
    total = np.zeros((len(rows), len(rows)))
    for start in range(0, n, block):
        part = np.stack([np.asarray(one[start : start + block], np.float64) for one in rows]) - means[:, None]
        total += part @ part.T
    return total / max(n - 1, 1)


def associated(inside: int, of_inside: int, outside: int, of_outside: int) -> float:
    """Return the two-sided p-value that failures are as frequent inside a group of runs as outside: Fisher's exact test.

    >>> round(associated(4, 8, 0, 16), 6)
    0.006588
    """
    total, failed = of_inside + of_outside, inside + outside
    whole = math.comb(total, failed)
    chances = [
        math.comb(of_inside, count) * math.comb(of_outside, failed - count) / whole
        for count in range(max(0, failed - of_outside), min(failed, of_inside) + 1)
    ]
    own = math.comb(of_inside, inside) * math.comb(of_outside, outside) / whole
    return min(1.0, sum(one for one in chances if one <= own * (1 + _TOLERANCE)))
