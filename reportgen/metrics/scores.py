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


def true_class_rank(scores: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int32]:
    """Return the rank (N,) of the true class when classes are sorted by score; 0 is the top.

    Of equal scores the class with the smaller index comes first, as in ``argmax``, so that rank 0 is what is predicted.

    >>> import numpy as np
    >>> true_class_rank(np.array([[1.0, 3.0, 3.0]]), np.array([2])).tolist()
    [1]
    """
    own = scores[np.arange(len(scores)), labels][:, None]
    earlier = np.arange(scores.shape[1]) < labels[:, None]
    return ((scores > own) | ((scores == own) & earlier)).sum(axis=1).astype(np.int32)
