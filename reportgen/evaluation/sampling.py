"""Chooses the rows to evaluate if there are more than ``max_samples``: a seeded, label-stratified sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics.mapped import numbers
from reportgen.metrics.spans import Derived, counts, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray


def choose_rows(n: int, maximum: int | None, labels: NDArray[Any] | None, seed: int) -> tuple[NDArray[np.int64], str]:
    """Choose the rows to evaluate.

    Parameters
    ----------
    n
        Number of rows.
    maximum
        Maximum number of rows to evaluate; None for all.
    labels
        (n,) labels to stratify by; None for a simple random sample.
    seed
        Seed of the generator.

    Returns
    -------
    tuple
        Sorted positions (int64), and a description of the sampling.
    """
    if maximum is None or n <= maximum:
        return numbers(n), "all rows"
    generator = np.random.default_rng(seed)
    if labels is None:
        rows = generator.choice(n, maximum, replace=False)
        return np.sort(rows), f"a random sample of {maximum:,} of {n:,} rows (seed {seed})"
    distinct = np.unique(np.concatenate([np.unique(labels[span]) for span in spans(n)]))
    strata = Derived(n, lambda span: np.searchsorted(distinct, labels[span]))
    sizes = counts(strata, len(distinct)).astype(np.int64)
    quota = _proportional(sizes, maximum, generator.spawn(1)[0])
    parts = [generator.choice(size, some, replace=False) for size, some in zip(sizes, quota, strict=True)]
    rows = _members(strata, np.repeat(np.arange(len(distinct)), quota), np.concatenate(parts), len(distinct))
    return rows, f"a label-stratified sample of {maximum:,} of {n:,} rows (seed {seed})"


def _members(strata: Derived, of: NDArray[np.int64], ranks: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the rows, sorted, that are the members (M,), counted from 0, of strata (M,)."""
    before, found = np.zeros(size, np.int64), []
    for span in spans(len(strata)):
        own = strata[span]
        order, n = np.argsort(own, kind="stable"), np.bincount(own, minlength=size)
        here = (ranks >= before[of]) & (ranks < (before + n)[of])
        start = np.cumsum(n) - n - before
        found.append(span.start + order[start[of[here]] + ranks[here]])
        before += n
    return np.sort(np.concatenate(found))


def _proportional(counts: NDArray[np.int64], total: int, ties: np.random.Generator) -> NDArray[np.int64]:
    """Split ``total`` in proportion to ``counts`` by largest remainders; ties are broken at random."""
    exact = counts * total / counts.sum()
    quota = np.floor(exact).astype(np.int64)
    order = np.lexsort((ties.permutation(len(counts)), quota - exact))
    quota[order[: total - int(quota.sum())]] += 1
    return quota
