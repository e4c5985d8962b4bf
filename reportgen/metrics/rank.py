"""Number of dimensions that a spectrum uses, between 1 and the number of eigenvalues.

All functions take the eigenvalues of a covariance or Gram matrix, (n,) float64 and not negative, and return None where all
are 0. None of them depends on the scale of the eigenvalues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def participation_ratio(eigenvalues: NDArray[np.float64]) -> float | None:
    """Return (sum of eigenvalues)² / sum of their squares.

    >>> participation_ratio(np.array([1.0, 1.0, 1.0, 0.0])), participation_ratio(np.zeros(2))
    (3.0, None)
    """
    share = _shares(eigenvalues)
    return None if share is None else float(1.0 / (share**2).sum())


def stable_rank(eigenvalues: NDArray[np.float64]) -> float | None:
    """Return the sum of the eigenvalues over the largest: Rudelson & Vershynin (2007).

    >>> stable_rank(np.array([4.0, 2.0, 2.0]))
    2.0
    """
    share = _shares(eigenvalues)
    return None if share is None else float(1.0 / share.max())


def effective_rank(eigenvalues: NDArray[np.float64]) -> float | None:
    """Return exp of the entropy of the normalized singular values, the roots of the eigenvalues: Roy & Vetterli (2007).

    >>> round(effective_rank(np.array([9.0, 9.0, 0.0])), 12)
    2.0
    """
    return entropy_rank(np.sqrt(np.maximum(eigenvalues, 0.0)))


def entropy_rank(eigenvalues: NDArray[np.float64]) -> float | None:
    """Return exp of the entropy of the normalized eigenvalues.

    >>> round(entropy_rank(np.array([5.0, 5.0])), 12)
    2.0
    """
    share = _shares(eigenvalues)
    if share is None:
        return None
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))


def _shares(eigenvalues: NDArray[np.float64]) -> NDArray[np.float64] | None:
    largest = float(eigenvalues.max(initial=0.0))
    if largest <= 0:
        return None
    scaled = np.maximum(eigenvalues, 0.0) / largest
    shares: NDArray[np.float64] = scaled / scaled.sum()
    return shares
