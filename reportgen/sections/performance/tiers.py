"""The best of several models, and those that cannot be told from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.base import Strict
from reportgen.metrics import simultaneous

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.metrics.simultaneous import Ends


class Tier(Strict):
    """The best model of an output by accuracy, or by MAE, and those that are not distinguishable from it."""

    subject: str | None
    best: str
    """The model with the highest accuracy, or the lowest MAE."""
    tied: tuple[str, ...]
    """Models not distinguishable from the best: paired differences of all pairs of models, Holm, 5 %."""


def tier(subject: str | None, goodness: Mapping[str, float], differences: Mapping[frozenset[str], Ends]) -> Tier:
    """Return the best of some models, and those that the paired differences of all pairs do not tell from it.

    Parameters
    ----------
    subject
        The output that they are compared by.
    goodness
        Of each model; higher is better.
    differences
        Of the pairs of models that have an interval.
    """
    best = max(goodness, key=lambda model: goodness[model])
    tested = simultaneous.adjusted(differences)
    tied = [
        model for model in goodness if model != best and tested.get(frozenset((best, model)), 0.0) > simultaneous.LEVEL
    ]
    return Tier(subject=subject, best=best, tied=tuple(tied))
