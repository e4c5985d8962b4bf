"""Agreement between the predictions of two models on the same examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import FEWEST_ERRORS, Z95, Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.comparison import Discordance

    FloatArray = NDArray[np.float64]


def churn(first: NDArray[np.integer], second: NDArray[np.integer]) -> Estimate | None:
    """Return the share of examples that two models predict differently, from (N,) classes each.

    Milani Fard et al. (2016); with Wilson's interval. None without an example.
    """
    return intervals.wilson(int((first != second).sum()), len(first))


def negative_flips(table: Discordance) -> Estimate | None:
    """Return the share of examples that the first model gets wrong and the second right: Yan et al. (2021)."""
    return intervals.wilson(table.only_second, table.n)


def positive_flips(table: Discordance) -> Estimate | None:
    """Return the share of examples that the first model gets right and the second wrong: Yan et al. (2021)."""
    return intervals.wilson(table.only_first, table.n)


def shared_errors(table: Discordance) -> Estimate | None:
    """Return the share of examples that both models get wrong, with Wilson's interval; None without an example."""
    return intervals.wilson(table.neither, table.n)


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
    added = counts + 0.5
    center = _kappa(added)
    half = Z95 * np.sqrt(_kappa_variance(added)) / (1 - center**2)
    low, high = (float(np.tanh(np.arctanh(center) + side * half)) for side in (-1, 1))
    found = Estimate(
        value, table.n, min(low, value), max(high, value), "Fisher's z, half an example added to each cell"
    )
    fewest = min(table.only_first, table.only_second) + table.neither
    return found.supported(fewest, FEWEST_ERRORS, "errors of one of the models")


def _kappa(counts: FloatArray) -> float:
    """Return kappa of a table (2, 2); NaN where agreement by chance is certain."""
    shares = counts / counts.sum()
    observed = float(np.trace(shares))
    expected = float((shares.sum(axis=1) * shares.sum(axis=0)).sum())
    return float("nan") if expected >= 1 else (observed - expected) / (1 - expected)


def _kappa_variance(counts: FloatArray) -> float:
    """Return the variance of kappa for a table (2, 2) of positive counts. Fleiss, Cohen & Everitt (1969)."""
    n = counts.sum()
    shares, kappa = counts / n, _kappa(counts)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    expected = float((rows * columns).sum())
    terms = (np.eye(2) - (1 - kappa) * (rows[None, :] + columns[:, None])) ** 2
    spread = float((shares * terms).sum()) - (kappa - expected * (1 - kappa)) ** 2
    return spread / float(n * (1 - expected) ** 2)


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
