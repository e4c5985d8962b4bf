"""Rules about segmentation and sequence labeling: messages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.sections.performance.by_class import of_class
from reportgen.sections.performance.dense_schema import KINDS
from reportgen.sections.performance.judgments import Gain, missed, never_predicted, no_better, not_shown_better, rare
from reportgen.sections.performance.scoring import POSITIONS
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.findings import Hit
    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.dense_schema import DensePerformance, DenseResult, Kind


def _gains(result: DenseResult) -> Iterator[Gain]:
    """Yield by how much each head is right at more positions than the most frequent class everywhere."""
    for one in result.dense:
        kind, always = KINDS[one.task], one.majority_class
        gain = result.find_or_none(kind.gain.name, one.model, one.subject)
        majority = result.find("majority_accuracy", one.model, one.subject).value
        if gain is None or majority is None or majority >= 1:
            continue
        accuracy, base = naming.in_a_sentence(kind.accuracy.title), formatting.fraction(majority)
        same = f"It predicts {always} for all {kind.positions}, which is right for {base} of them: do not ship it."
        yield Gain(
            one,
            gain,
            least=1 / one.positions,
            same=same if one.only_majority else None,
            worse=f"Its {accuracy} minus the {base} of always predicting {always} is {formatting.with_interval(gain)}: do not ship it.",
            undecided=f"{one.n:,} {kind.units} are too few to tell its {accuracy} from that of always predicting {always}: the difference is "
            f"{formatting.with_interval(gain)}. Evaluate it on more before you decide, or judge by the {POSITIONS.scoring(one).score} of the other classes.",
        )


def worse_than_majority(result: DenseResult) -> Iterator[Hit]:
    """Yield heads that are right at fewer positions than the most frequent class everywhere, or predict just that."""
    return no_better(_gains(result))


def not_shown_better_than_majority(result: DenseResult) -> Iterator[Hit]:
    """Yield heads that cannot be told from always predicting the most frequent class."""
    return not_shown_better(_gains(result))


def class_never_predicted(result: DenseResult) -> Iterator[Hit]:
    """Yield classes that are predicted at no position although they are in so many units that this cannot be chance.

    A unit counts as one trial, or a group of units: its recall is the chance that a part of the class in it is found.
    """
    for one in result.dense:
        groups = one.class_groups or (None,) * len(one.class_names)
        for place, (name, units, of_groups) in enumerate(zip(one.class_names, one.class_units, groups, strict=True)):
            if not any(row[place] for row in one.confusion):
                yield from never_predicted(one, of_class(one, name), units, of_groups, partial(_never, one, units))


def _never(one: DensePerformance, units: int, _chance: float, among: str) -> str:
    kind = KINDS[one.task]
    return (
        f"It is in {units:,} of {one.n:,} {kind.units}{among}, and none of its {kind.positions} is found: the model never predicts this "
        "class. Do not use it where this class matters."
    )


def class_missed(result: DenseResult) -> Iterator[Hit]:
    """Yield classes of which less than half of the positions are found, even at the upper end of the interval."""
    for one in result.dense:
        yield from missed(result, one, partial(_missed, KINDS[one.task]))


def _missed(kind: Kind, recall: Metric) -> str:
    return (
        f"{formatting.metric(recall).text} {formatting.interval(recall)} of its {kind.positions} are found: most are missed. The confusion matrix "
        "shows what they are predicted as."
    )


def class_in_few_units(result: DenseResult) -> Iterator[Hit]:
    """Yield, once for each head, the classes that few units have."""
    for one in result.dense:
        kind, score = KINDS[one.task], POSITIONS.scoring(one).score
        consequence = f"however many {kind.positions} these have: their {score} is a rough estimate"
        yield from rare(one, one.class_units, ("is in", "are in"), kind.units, consequence)
