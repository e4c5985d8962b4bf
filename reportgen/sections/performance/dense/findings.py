"""Rules about segmentation and sequence labeling: thresholds, messages, sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit
from reportgen.contract.numbers import required
from reportgen.metrics import simultaneous
from reportgen.sections.performance.dense import titles
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.performance.dense_schema import DenseResult

LOW_RECALL = 0.5
"""Convention; no literature value."""
FEW_UNITS = 20
"""Images or sequences with a class. Convention; no literature value."""
CHANCE = 0.05
"""Of a false alarm about a class that is never predicted, over the classes of a head. Convention."""
_LISTED = 5


def worse_than_majority(result: DenseResult) -> Iterator[Hit]:
    """Yield heads that are right at fewer positions than the most frequent class everywhere, or predict just that.

    The effect is the difference as a multiple of its interval's reach; a head that does just that has no effect.
    """
    for one in result.dense:
        kind = titles.kind(one)
        gain = result.find_or_none(kind.gain.name, one.model, one.subject)
        base = result.find("majority_accuracy", one.model, one.subject).value
        if base is None or base >= 1 or gain is None:
            continue
        if one.only_majority:
            message = (
                f"It predicts {one.majority_class} for all {kind.positions}, which is right for {formatting.fraction(base)} of them: do not "
                "ship it."
            )
            yield Hit(one.model, message, one.subject, n=one.n)
        elif gain.ci_high is not None and gain.ci_high < 0:
            yield Hit(
                one.model,
                f"Its {titles.called(kind.accuracy)} minus the {formatting.fraction(base)} of always predicting {one.majority_class} is "
                f"{formatting.points(gain)}: do not ship it.",
                one.subject,
                effect=simultaneous.times_its_reach(gain.value, gain.ci_low, gain.ci_high),
                n=gain.n,
            )


def not_shown_better_than_majority(result: DenseResult) -> Iterator[Hit]:
    """Yield heads that cannot be told from always predicting the most frequent class; the effect is the reach of the interval over the gain."""
    for one in result.dense:
        kind = titles.kind(one)
        gain = result.find_or_none(kind.gain.name, one.model, one.subject)
        if one.only_majority or gain is None or gain.ci_low is None or gain.ci_high is None:
            continue
        if gain.ci_low <= 0 <= gain.ci_high:
            value = required(gain.value)
            reach = value - gain.ci_low if value > 0 else gain.ci_high - value
            yield Hit(
                one.model,
                f"{one.n:,} {kind.units} are too few to tell its {titles.called(kind.accuracy)} from that of always predicting "
                f"{one.majority_class}: the difference is {formatting.points(gain)}. Evaluate it on more before you decide, or judge by the "
                f"{titles.score(one)} of the other classes.",
                one.subject,
                effect=reach / max(abs(value), 1 / one.positions),
                n=gain.n,
            )


def class_never_predicted(result: DenseResult) -> Iterator[Hit]:
    """Yield classes that are predicted at no position although they are in so many units that this cannot be chance.

    A unit counts as one trial, or a group of units: a head that finds a part of the class in half of them misses it in all of n with a chance
    of 0.5^n; over the classes of a head 5 %. The effect is n as a multiple of those that this needs.
    """
    for one in result.dense:
        kind = titles.kind(one)
        needed = math.log(CHANCE / len(one.class_names)) / math.log(1 - LOW_RECALL)
        counts = one.class_groups or one.class_units
        for place, (label, units, count) in enumerate(zip(one.class_names, one.class_units, counts, strict=True)):
            predicted = sum(row[place] for row in one.confusion)
            if predicted == 0 and count >= needed:
                among = "" if one.class_groups is None else f" in {count:,} groups"
                yield Hit(
                    one.model,
                    f"It is in {units:,} of {one.n:,} {kind.units}{among}, and none of its {kind.positions} is found: the model never predicts "
                    "this class. Do not use it where this class matters.",
                    titles.of_class(one, label),
                    effect=count / needed,
                    n=units,
                )


def class_missed(result: DenseResult) -> Iterator[Hit]:
    """Yield classes of which less than half of the positions are found, even at the upper end of the interval."""
    for one in result.dense:
        kind = titles.kind(one)
        for label in one.class_names:
            part = titles.of_class(one, label)
            recall = result.find("recall", one.model, part)
            if recall.value is not None and recall.ci_high is not None and recall.ci_high < LOW_RECALL:
                yield Hit(
                    one.model,
                    f"{formatting.metric(recall).text} {formatting.interval(recall)} of its {kind.positions} are found: most are missed. The confusion "
                    "matrix shows what they are predicted as.",
                    part,
                    effect=(1 - recall.value) / (1 - LOW_RECALL),
                    n=recall.n,
                )


def class_in_few_units(result: DenseResult) -> Iterator[Hit]:
    """Yield, once for each head, the classes that few units have.

    The effect is how many times the units of the rarest class would be enough, counting at least one.
    """
    for one in result.dense:
        kind = titles.kind(one)
        few = [label for label, units in zip(one.class_names, one.class_units, strict=True) if units < FEW_UNITS]
        if few:
            listed = ", ".join(few[:_LISTED]) + (f" and {len(few) - _LISTED} more" if len(few) > _LISTED else "")
            yield Hit(
                one.model,
                f"{len(few)} of {len(one.class_names)} classes {'is' if len(few) == 1 else 'are'} in fewer than {FEW_UNITS} {kind.units} ({listed}), however many "
                f"{kind.positions} these have: their {titles.score(one)} is a rough estimate.",
                one.subject,
                effect=FEW_UNITS / max(min(one.class_units), 1),
                n=one.n,
            )
