"""Proper scores and related quantities, one value per example, in float64 and log space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Targets = NDArray[Any]


def log_softmax(logits: NDArray[Any]) -> Floats:
    """Return log-probabilities (N, K) float64 of logits (N, K), without overflow.

    >>> import numpy as np
    >>> np.exp(log_softmax(np.array([[1000.0, 1000.0]]))).tolist()
    [[0.5, 0.5]]
    """
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted


def log_sigmoid(logits: NDArray[Any]) -> Floats:
    """Return log-probabilities (...) float64 of the log-odds (...), without overflow; those of the complement at ``-logits``.

    >>> import numpy as np
    >>> log_sigmoid(np.array([0.0, 1000.0])).round(3).tolist()
    [-0.693, -0.0]
    """
    return -np.logaddexp(0.0, -logits.astype(np.float64))


def entropy(log_p: Floats) -> Floats:
    """Return the entropy (N,) in nats of log-probabilities (N, K); 0 log 0 is 0.

    >>> import numpy as np
    >>> float(entropy(np.array([[0.0, -np.inf]]))[0])
    0.0
    """
    p = np.exp(log_p)
    terms = p * np.where(p > 0, log_p, 0.0)
    return np.maximum(-terms.sum(axis=1), 0.0)


def nll(log_p: Floats, targets: Targets) -> Floats:
    """Return the negative log-likelihood (N,) in nats.

    Parameters
    ----------
    log_p
        (N, K) log-probabilities.
    targets
        (N,) class indices, or (N, K) soft labels whose rows sum to 1 (then the cross-entropy).
    """
    if targets.ndim == 1:
        return -log_p[np.arange(len(log_p)), targets]
    return -(targets * np.where(targets > 0, log_p, 0.0)).sum(axis=1)


def brier(p: Floats, targets: Targets) -> Floats:
    """Return the Brier score (N,) summed over the classes, in [0, 2]; half of it is the usual binary form.

    Targets as in :func:`nll`. Brier (1950).

    >>> import numpy as np
    >>> brier(np.array([[0.8, 0.2]]), np.array([0])).round(12).tolist()
    [0.08]
    """
    if targets.ndim == 1:
        own = p[np.arange(len(p)), targets]
        return (p * p).sum(axis=1) - 2.0 * own + 1.0
    return ((p - targets) ** 2).sum(axis=1)


def true_class_rank(scores: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return how many classes score higher than the true one (N,), and how many score the same, itself included (N,).

    >>> import numpy as np
    >>> [part.tolist() for part in true_class_rank(np.array([[1.0, 3.0, 3.0]]), np.array([2]))]
    [[0], [2]]
    """
    own = scores[np.arange(len(scores)), labels][:, None]
    return (scores > own).sum(axis=1).astype(np.int32), (scores == own).sum(axis=1).astype(np.int32)


def top_k_credit(rank: NDArray[np.int32], ties: NDArray[np.int32], k: int) -> Floats:
    """Return the chance (N,) that the true class is among the first k when ties are broken at random.

    >>> import numpy as np
    >>> top_k_credit(np.array([0, 0, 2, 5]), np.array([1, 10, 2, 1]), 3).tolist()
    [1.0, 0.3, 0.5, 0.0]
    """
    return np.clip((k - rank) / ties, 0.0, 1.0)
