"""Chooses the rows to evaluate if there are more than ``max_samples``: a seeded, label-stratified sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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
        return np.arange(n), "all rows"
    generator = np.random.default_rng(seed)
    if labels is None:
        rows = generator.choice(n, maximum, replace=False)
        return np.sort(rows), f"a random sample of {maximum:,} of {n:,} rows (seed {seed})"
    _, strata = np.unique(labels, return_inverse=True)
    quota = _proportional(np.bincount(strata), maximum, generator.spawn(1)[0])
    parts = [generator.choice(np.flatnonzero(strata == index), size, replace=False) for index, size in enumerate(quota)]
    return np.sort(np.concatenate(parts)), f"a label-stratified sample of {maximum:,} of {n:,} rows (seed {seed})"


def _proportional(counts: NDArray[np.int64], total: int, ties: np.random.Generator) -> NDArray[np.int64]:
    """Split ``total`` in proportion to ``counts`` by largest remainders; ties are broken at random."""
    exact = counts * total / counts.sum()
    quota = np.floor(exact).astype(np.int64)
    order = np.lexsort((ties.permutation(len(counts)), quota - exact))
    quota[order[: total - int(quota.sum())]] += 1
    return quota
