"""Agreement between the predictions of two models on the same examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import FEWEST_ERRORS, Z95, Contributions, Estimate
from reportgen.metrics.spans import each, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reportgen.metrics.comparison import Discordance, Hits

    FloatArray = NDArray[np.float64]


def churn(
    first: NDArray[np.integer], second: NDArray[np.integer], weights: FloatArray | None = None
) -> Estimate | None:
    """Return the share of examples that two models predict differently, from (N,) classes each; ``weights`` (N,) of mean 1.

    Milani Fard et al. (2016); with Wilson's interval. None without an example.
    """
    return intervals.proportion(each(np.not_equal, first, second), weights)


def negative_flips(table: Discordance) -> Estimate | None:
    """Return the share of examples that the first model gets wrong and the second right: Yan et al. (2021)."""
    return _flips(table, table.only_second, lambda first, second: ~first & second)


def positive_flips(table: Discordance) -> Estimate | None:
    """Return the share of examples that the first model gets right and the second wrong: Yan et al. (2021)."""
    return _flips(table, table.only_first, lambda first, second: first & ~second)


def _flips(table: Discordance, count: float, flipped: Callable[[Any, Any], NDArray[np.bool_]]) -> Estimate | None:
    found, rows = intervals.wilson(count, table.n), table.rows
    if found is None or rows is None:
        return found
    first, second, weights = rows
    return found.of_rows(lambda: intervals.of_share(each(flipped, first, second), weights))


def shared_errors(table: Discordance) -> Estimate | None:
    """Return the share of examples that both models get wrong, with Wilson's interval; None without an example."""
    return _flips(table, table.neither, lambda first, second: ~first & ~second)


def error_consistency(table: Discordance) -> Estimate | None:
    """Return Cohen's kappa of correctness: Geirhos, Meding & Wichmann (2020).

    1: both err on the same examples; 0: they err together as often as expected by chance at their accuracies; below 0: less.
    The interval is by Fleiss, Cohen & Everitt's (1969) variance on the scale of Fisher's z, after adding half an example to each
    of the four cells; withheld where one of the models has fewer than 5 errors. None where both are right on all examples, or
    wrong on all.

    >>> from reportgen.metrics.comparison import Discordance
    >>> round(error_consistency(Discordance(40, 10, 10, 40)).value, 12)
    0.6
    """
    counts = np.array([[table.both, table.only_first], [table.only_second, table.neither]], np.float64)
    value = _kappa(counts)
    if not np.isfinite(value):
        return None
    rows = table.rows
    found = _with_interval(value, counts, 1.0)
    if rows is not None:
        found = found.of_rows(lambda: _of_kappa(counts, *rows))
    fewest = min(table.only_first, table.only_second) + table.neither
    return found.supported(int(fewest), FEWEST_ERRORS, "errors of one of the models")


def _with_interval(value: float, counts: FloatArray, divisor: float) -> Estimate:
    added = counts + 0.5
    center = _kappa(added)
    half = Z95 * np.sqrt(_kappa_variance(added) * divisor) / (1 - center**2)
    low, high = (float(np.tanh(np.arctanh(center) + side * half)) for side in (-1, 1))
    return Estimate(
        value,
        round(float(counts.sum())),
        min(low, value),
        max(high, value),
        "Fisher's z, half an example added to each cell",
        widened=lambda divisor: _with_interval(value, counts, divisor),
    )


def _of_kappa(counts: FloatArray, first: Hits, second: Hits, weights: FloatArray) -> Contributions:
    """Return the contributions of rows (N,) to kappa, by the delta method."""
    terms, _ = _influence(counts)
    whole = total(weights)
    share = each(lambda weight: weight / whole, weights)
    values = each(lambda own, one, other: own * terms[(~one).astype(int), (~other).astype(int)], share, first, second)
    return Contributions(values, share)


def _kappa(counts: FloatArray) -> float:
    """Return kappa of a table (2, 2); NaN where agreement by chance is certain."""
    shares = counts / counts.sum()
    observed = float(np.trace(shares))
    expected = float((shares.sum(axis=1) * shares.sum(axis=0)).sum())
    return float("nan") if expected >= 1 else (observed - expected) / (1 - expected)


def _kappa_variance(counts: FloatArray) -> float:
    """Return the variance of kappa for a table (2, 2) of positive counts. Fleiss, Cohen & Everitt (1969)."""
    terms, shares = _influence(counts)
    return float((shares * terms**2).sum() / counts.sum())


def _influence(counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return how kappa depends on an example in each cell (2, 2), 0 on average, and the shares of the cells."""
    shares, kappa = counts / counts.sum(), _kappa(counts)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    expected = float((rows * columns).sum())
    terms = np.eye(2) - (1 - kappa) * (rows[None, :] + columns[:, None])
    return (terms - (kappa - expected * (1 - kappa))) / (1 - expected), shares


def js_divergence(first: NDArray[Any], second: NDArray[Any]) -> FloatArray:
    """Return the Jensen-Shannon divergence of two forecasts per example, in bits: 0 is equal, 1 is disjoint. Lin (1991).

    Parameters
    ----------
    first, second
        (N, K) log-probabilities in nats.
    """
    p, q = np.exp(first), np.exp(second)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_middle = np.log(middle)
        gains = [np.where(one > 0, one * (log_one - log_middle), 0.0) for one, log_one in ((p, first), (q, second))]
    divergence: FloatArray = np.clip((gains[0] + gains[1]).sum(axis=1) / 2 / np.log(2), 0.0, 1.0)
    return divergence
