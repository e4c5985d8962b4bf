"""The best of several models, and those that cannot be told from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.base import Strict
from reportgen.metrics import simultaneous
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.contract.numbers import Metric
    from reportgen.metrics.simultaneous import Ends

_NAMED = 3
"""Maximum number of models that a sentence names."""


class Tier(Strict):
    """The best model of an output by accuracy, micro F1 or MAE, and those that are not distinguishable from it."""

    subject: str | None
    best: str
    """The model with the highest accuracy or micro F1, or the lowest MAE."""
    tied: tuple[str, ...]
    """Models not distinguishable from the best: paired differences of all pairs of models, Holm, 5 %."""
    untested: tuple[str, ...] = ()
    """Models whose difference from the best has no interval: neither told from it nor tied with it."""


def tier(
    subject: str | None, goodness: Mapping[str, float], differences: Mapping[frozenset[str], Ends], left_out: int = 0
) -> Tier:
    """Return the best of some models, and those that the paired differences of all pairs do not tell from it.

    Parameters
    ----------
    subject
        The output that they are compared by.
    goodness
        Of each model; higher is better.
    differences
        Of the pairs of models that have an interval.
    left_out
        Number of pairs that were not compared.
    """
    best = max(goodness, key=lambda model: goodness[model])
    tested = simultaneous.adjusted(differences, left_out)
    tied = [
        model for model in goodness if model != best and tested.get(frozenset((best, model)), 0.0) > simultaneous.LEVEL
    ]
    untested = [model for model in goodness if model != best and frozenset((best, model)) not in tested]
    return Tier(subject=subject, best=best, tied=tuple(tied), untested=tuple(untested))


def not_told_from_the_best(tier: Tier, others: int) -> str:
    """Return the end of a sentence on the best model: which of the ``others`` cannot be told from it."""
    if tier.untested:
        return f"differences not tested: {formatting.listed(tier.untested, _NAMED)}"
    if not tier.tied:
        return "the difference from every other model is unlikely to be luck"
    if len(tier.tied) == others:
        return (
            "no other model is distinguishable from it"
            if others > 1
            else f"{tier.tied[0]} is not distinguishable from it"
        )
    return f"not distinguishable from it: {formatting.listed(tier.tied, _NAMED)}"


def told_apart(differences: Mapping[str, Metric]) -> list[str]:
    """Return the classes whose difference is told from 0, corrected for the number of classes."""
    ends = {
        name: (one.value, one.ci_low, one.ci_high)
        for name, one in differences.items()
        if one.value is not None and one.ci_low is not None and one.ci_high is not None
    }
    return [name for name, p_value in simultaneous.adjusted(ends).items() if p_value < simultaneous.LEVEL]
