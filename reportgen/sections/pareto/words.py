"""Differences between two models in words: which are sure, which could be chance, and which were not tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.numbers import Metric
    from reportgen.sections.pareto.schema import Certainty, ComparedObjective, ParetoResult

_MOST = 3
"""Models that a sentence names; one more is named rather than counted."""


@dataclass(frozen=True)
class Part:
    """The difference of one model from another in an objective."""

    objective: ComparedObjective
    metric: Metric
    certainty: Certainty

    @property
    def value(self) -> float:
        """Value of the one minus that of the other."""
        return float(required(self.metric.value))

    @property
    def lead(self) -> float:
        """Above 0 where the one is better by value, 0 where they are equal."""
        return self.value if self.objective.higher_is_better else -self.value

    @property
    def sure(self) -> bool:
        """Whether there is a difference that is exact or beyond uncertainty."""
        return self.value != 0 and self.certainty in {"exact", "beyond uncertainty"}

    @property
    def title(self) -> str:
        """Title of the objective within a sentence."""
        return naming.in_a_sentence(self.objective.title)

    @property
    def size(self) -> str:
        """The difference with its sign."""
        shown = formatting.metric(self.metric).text
        return f"+{shown}" if self.value > 0 and not shown.startswith("+") else shown

    @property
    def changed(self) -> str:
        """The objective with the difference."""
        return f"{self.title} {self.size}" if self.value else f"{self.title} equal"

    @property
    def has(self) -> str:
        """What the one has: more or less of the objective."""
        counted = self.objective.unit == "count" and self.title.partition(" ")[0].endswith("s")
        more, less = ("more", "fewer") if counted else ("higher", "lower")
        return f"{more if self.value > 0 else less} {self.title}"


def parts(result: ParetoResult, model: str, other: str) -> list[Part]:
    """Return the differences of one model from another, by objective; empty for a pair that is not recorded."""
    for pair in result.pairs:
        if (pair.model, pair.other) in {(model, other), (other, model)}:
            metrics = [one.metric if pair.model == model else _turned(one.metric) for one in pair.differences]
            return [
                Part(objective, metric, one.certainty)
                for objective, metric, one in zip(result.objectives, metrics, pair.differences, strict=True)
            ]
    return []


def _turned(metric: Metric) -> Metric:
    ends = {} if metric.ci_low is None else {"ci_low": -required(metric.ci_high), "ci_high": -metric.ci_low}
    return metric.model_copy(update={"value": -required(metric.value), **ends})


def compared(model: str, other: str, found: Sequence[Part]) -> str:
    """Return what a model has more or less of than another for sure, then what is not distinguishable, and what was not tested."""
    better, worse = ([one for one in found if one.sure and (one.lead > 0) is ahead] for ahead in (True, False))
    leads = [formatting.joined([f"{one.has} ({one.size})" for one in some]) for some in (better, worse) if some]
    start = (
        f"{model} has {' but '.join(leads)} than {other}" if leads else f"{model} is not shown to differ from {other}"
    )
    rest = [one for one in found if not one.sure]
    same = [one.title for one in rest if one.certainty == "exact"]
    ends = [f"{formatting.joined(same)} equal"] if same else []
    for certainty, words in (("within uncertainty", "not distinguishable"), ("not tested", "not tested")):
        some = [f"{one.title} ({one.size if one.value else 'equal'})" for one in rest if one.certainty == certainty]
        ends += [f"{formatting.joined(some)} {words}"] if some else []
    return "; ".join((start, *ends))


def standing(found: Sequence[Part]) -> str:
    """Return in a few words, without sizes, what is sure and what is not distinguishable."""
    sure = ", ".join(one.has for one in found if one.sure and one.lead > 0)
    rest = ", ".join(one.title for one in found if one.certainty == "within uncertainty")
    return f"{sure}; {rest} not distinguishable"


def named(models: Sequence[str]) -> str:
    """Return models as a list in a sentence; one alone is never counted instead of named.

    >>> named(["a", "b", "c", "d"]), named(["a", "b", "c", "d", "e"])
    ('a, b, c, d', 'a, b, c and 2 more')
    """
    return formatting.listed(models, _MOST)
