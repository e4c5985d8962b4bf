"""What the rules of all tasks judge alike: no better than a trivial answer; classes that are missed, never predicted, or rare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit
from reportgen.contract.numbers import required
from reportgen.metrics import simultaneous
from reportgen.sections.performance.by_class import of_class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reportgen.contract.numbers import Metric
    from reportgen.contract.result import SectionResult
    from reportgen.contract.subjects import Subject
    from reportgen.sections.performance.by_class import Scored, WithClasses

LOW_RECALL = 0.5
"""Convention; no literature value."""
FEW_EXAMPLES = 20
"""Examples of a class, or images or sequences with it. Convention; no literature value."""
SIGNIFICANT = 0.05
"""Chance of a false alarm: about a class that is never predicted, over the classes of a head; of confident errors, in a report. Convention."""
_LISTED = 5
"""Maximum number of classes that a message names. Convention."""


# ------------------------------------------------------------------------------------------------ trivial answers


@dataclass(frozen=True)
class Gain:
    """What a head is better by than a trivial answer, and the messages about it.

    Attributes
    ----------
    head, metric
        The head, and its gain or skill.
    least
        The smallest gain that there can be: that of a single row or position.
    same
        The message where the head gives just the trivial answer; None where it does not.
    worse, undecided
        The messages where the gain is below 0, and where its interval includes 0.
    """

    head: Scored
    metric: Metric
    least: float
    same: str | None
    worse: str
    undecided: str


def no_better(found: Iterable[Gain]) -> Iterator[Hit]:
    """Yield heads that are worse than a trivial answer, or give just that.

    The effect is the gain as a multiple of its interval's reach; a head that gives just that answer has none.
    """
    for one in found:
        gain = one.metric
        if one.same is not None:
            yield Hit(one.head.model, one.same, one.head.subject, n=one.head.n)
        elif gain.ci_high is not None and gain.ci_high < 0:
            effect = simultaneous.times_its_reach(gain.value, gain.ci_low, gain.ci_high)
            yield Hit(one.head.model, one.worse, one.head.subject, effect=effect, n=gain.n)


def not_shown_better(found: Iterable[Gain]) -> Iterator[Hit]:
    """Yield heads that cannot be told from a trivial answer.

    The effect is the reach of the interval as a multiple of the gain, or of the least one where that is larger: how far the
    rows are from being enough.
    """
    for one in found:
        gain = one.metric
        if one.same is not None or gain.ci_low is None or gain.ci_high is None:
            continue
        if gain.ci_low <= 0 <= gain.ci_high:
            value = required(gain.value)
            reach = value - gain.ci_low if value > 0 else gain.ci_high - value
            effect = reach / max(abs(value), one.least)
            yield Hit(one.head.model, one.undecided, one.head.subject, effect=effect, n=gain.n)


# ------------------------------------------------------------------------------------------------ classes


def missed(result: SectionResult, one: WithClasses, message: Callable[[Metric], str]) -> Iterator[Hit]:
    """Yield the classes of a head whose recall is below one half even at the upper end of its interval."""
    for name in one.class_names:
        part = of_class(one, name)
        recall = result.find("recall", one.model, part)
        if recall.value is not None and recall.ci_high is not None and recall.ci_high < LOW_RECALL:
            effect = (1 - recall.value) / (1 - LOW_RECALL)
            yield Hit(one.model, message(recall), part, effect=effect, n=recall.n)


def never_predicted(
    one: WithClasses, part: Subject, examples: int, groups: int | None, message: Callable[[float, str], str]
) -> Iterator[Hit]:
    """Yield a class that is never predicted, if a recall of one half would have found one of its examples.

    With that recall all of n examples are missed with a chance of at most 0.5^n; over the classes of a head 5 %. The examples of a
    group may all be missed together: then n are the groups. The effect is n as a multiple of those that this needs. The
    ``message`` is made of that chance, and of words for the groups.
    """
    count = examples if groups is None else groups
    needed = math.log(SIGNIFICANT / len(one.class_names)) / math.log(1 - LOW_RECALL)
    if count >= needed:
        among = "" if groups is None else f" in {groups:,} groups"
        said = message((1 - LOW_RECALL) ** count, among)
        yield Hit(one.model, said, part, effect=count / needed, n=examples)


def rare(
    one: WithClasses, counts: Sequence[int], what: tuple[str, str], examples: str, consequence: str
) -> Iterator[Hit]:
    """Yield that a head has classes with too few ``examples`` to judge; ``what`` one class and several do with them.

    The effect is how many times the examples of the rarest class would be enough, counting at least one.
    """
    few = [name for name, count in zip(one.class_names, counts, strict=True) if count < FEW_EXAMPLES]
    if few:
        listed = ", ".join(few[:_LISTED]) + (f" and {len(few) - _LISTED} more" if len(few) > _LISTED else "")
        have = what[0] if len(few) == 1 else what[1]
        yield Hit(
            one.model,
            f"{len(few)} of {len(one.class_names)} classes {have} fewer than {FEW_EXAMPLES} {examples} ({listed}), {consequence}.",
            one.subject,
            effect=FEW_EXAMPLES / max(min(counts), 1),
            n=one.n,
        )
