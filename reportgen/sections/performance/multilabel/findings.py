"""Rules about multilabel heads: thresholds, messages, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit
from reportgen.contract.numbers import excludes_zero, required
from reportgen.metrics import simultaneous
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.performance.multilabel_schema import MultilabelResult

LARGE_SHARE = 0.25
"""Of the classes of a row that are predicted too many or too few. Convention; no literature value."""


def no_better_than_a_constant(result: MultilabelResult) -> Iterator[Hit]:
    """Yield heads that predict the same classes on every row, or are wrong more often than the best constant answer.

    The effect is the skill as a multiple of its interval's reach; a head that is a constant has no effect.
    """
    for one in result.multilabel:
        skill = result.find("hamming_skill", one.model, one.subject)
        if skill.value is None:
            continue
        if one.constant:
            message = f"It predicts the same classes on all {one.n:,} rows: do not ship it."
            yield Hit(one.model, message, one.subject, n=one.n)
        elif skill.ci_high is not None and skill.ci_high < 0:
            yield Hit(
                one.model,
                f"It predicts more labels wrong than a constant answer: the skill by Hamming loss is {formatting.metric(skill).text} "
                f"{formatting.interval(skill)}. Do not ship it with the threshold {one.threshold:g}.",
                one.subject,
                effect=simultaneous.times_its_reach(skill.value, skill.ci_low, skill.ci_high),
                n=skill.n,
            )


def not_shown_better_than_a_constant(result: MultilabelResult) -> Iterator[Hit]:
    """Yield heads that cannot be told from the best constant answer; the effect is the reach of the interval over the skill."""
    for one in result.multilabel:
        skill = result.find("hamming_skill", one.model, one.subject)
        if one.constant or skill.value is None or skill.ci_low is None or skill.ci_high is None:
            continue
        if skill.ci_low <= 0 <= skill.ci_high:
            reach = skill.value - skill.ci_low if skill.value > 0 else skill.ci_high - skill.value
            yield Hit(
                one.model,
                f"{one.n:,} rows are too few to tell its wrong labels from those of a constant answer: the skill by Hamming loss is "
                f"{formatting.metric(skill).text} {formatting.interval(skill)}. Judge it by average precision, or evaluate it on more rows.",
                one.subject,
                effect=reach / max(abs(skill.value), 1 / one.n),
                n=skill.n,
            )


def wrong_number_of_classes(result: MultilabelResult) -> Iterator[Hit]:
    """Yield heads that predict many more or fewer classes than apply; the effect is how many times a quarter of those that apply."""
    for one in result.multilabel:
        bias, applies = (result.find(name, one.model, one.subject) for name in ("cardinality_bias", "classes_per_row"))
        if not excludes_zero(bias):
            continue
        size, usual = abs(required(bias.value)), required(applies.value)
        if size >= LARGE_SHARE * usual:
            predicted = formatting.number(usual + required(bias.value), "")
            much, advice = ("many", "raise") if required(bias.value) > 0 else ("few", "lower")
            yield Hit(
                one.model,
                f"It predicts too {much} classes: {predicted} for a row, where {formatting.number(usual, '')} apply (difference "
                f"{formatting.metric(bias).text} {formatting.interval(bias)}). Recalibrate its probabilities, or {advice} the threshold of {one.threshold:g}.",
                one.subject,
                effect=size / (LARGE_SHARE * usual) if usual else None,
                n=bias.n,
            )
