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
    """The model with the highest accuracy or micro F1, or the lowest MAE; the first of several."""
    tied: tuple[str, ...]
    """Other models that are not distinguishable from the best, from none of them if there are several: paired differences of all pairs of
    models, Holm, 5 %."""
    untested: tuple[str, ...] = ()
    """Models whose difference from the best has no interval: neither told from it nor tied with it."""
    equal: tuple[str, ...] = ()
    """Models with exactly the same value as the best."""

    @property
    def leaders(self) -> tuple[str, ...]:
        """All models with the best value."""
        return self.best, *self.equal

    @property
    def settled(self) -> bool:
        """Whether the best model is told from every other."""
        return not (self.tied or self.untested or self.equal)


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
    best, *equal = simultaneous.leaders(goodness)
    tested = simultaneous.adjusted(differences, left_out)
    others = [model for model in goodness if model not in {best, *equal}]
    tied = [
        model
        for model in others
        if frozenset((best, model)) in tested and not simultaneous.told(model, (best, *equal), tested)
    ]
    untested = [model for model in others if frozenset((best, model)) not in tested]
    return Tier(subject=subject, best=best, tied=tuple(tied), untested=tuple(untested), equal=tuple(equal))


def not_told_from_the_best(tier: Tier, others: int) -> str:
    """Return the end of a sentence on the best models: which of the ``others``, those not among them, cannot be told from them; empty without others."""
    them = "them" if tier.equal else "it"
    if tier.untested:
        return f"; differences not tested: {formatting.listed(tier.untested, _NAMED)}"
    if not others:
        return ""
    if not tier.tied:
        return "; the difference from every other model is unlikely to be luck"
    if len(tier.tied) == others:
        return (
            f"; no other model is distinguishable from {them}"
            if others > 1
            else f"; {tier.tied[0]} is not distinguishable from {them}"
        )
    return f"; not distinguishable from {them}: {formatting.listed(tier.tied, _NAMED)}"


def told_apart(differences: Mapping[str, Metric]) -> list[str]:
    """Return the classes whose difference is told from 0, corrected for the number of classes."""
    ends = {
        name: (one.value, one.ci_low, one.ci_high)
        for name, one in differences.items()
        if one.value is not None and one.ci_low is not None and one.ci_high is not None
    }
    return [name for name, p_value in simultaneous.adjusted(ends).items() if p_value < simultaneous.LEVEL]
