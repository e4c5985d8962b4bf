"""Agreement between the predictions of two models on the same examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import classification, intervals
from reportgen.metrics.intervals import Estimate

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


def error_consistency(table: Discordance, seed: int) -> Estimate | None:
    """Return Cohen's kappa of correctness: Geirhos, Meding & Wichmann (2020).

    1: both err on the same examples; 0: they err together as often as expected by chance at their accuracies; below 0: less.
    With a bootstrap interval over examples. None where both are right on all examples, or wrong
    on all.

    >>> from reportgen.metrics.comparison import Discordance
    >>> round(error_consistency(Discordance(4, 1, 1, 4), 0).value, 12)
    0.6
    """
    counts = np.array([[table.both, table.only_first], [table.only_second, table.neither]])
    value = float(_kappa(counts))
    if not np.isfinite(value):
        return None
    low, high = classification.bootstrap(lambda drawn: np.nan_to_num(_kappa(drawn), nan=1.0), counts, seed)
    return Estimate(value, table.n, low, high, "bootstrap over examples, 1,000 draws")


def _kappa(counts: NDArray[np.int64]) -> FloatArray:
    """Return kappa (...) of tables (..., 2, 2); NaN where agreement by chance is certain."""
    shares = counts / counts.sum(axis=(-2, -1), keepdims=True)
    observed = shares[..., 0, 0] + shares[..., 1, 1]
    expected = (shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1)
    certain = expected >= 1
    kappa: FloatArray = np.where(certain, np.nan, (observed - expected) / np.where(certain, 1.0, 1.0 - expected))
    return kappa


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
