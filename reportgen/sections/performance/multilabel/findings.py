"""Rules about multilabel heads: thresholds, messages, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit
from reportgen.contract.numbers import excludes_zero, required
from reportgen.sections.performance.judgments import Gain, no_better, not_shown_better
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.performance.multilabel_schema import MultilabelResult

LARGE_SHARE = 0.25
"""Of the classes of a row that are predicted too many or too few. Convention; no literature value."""


def _gains(result: MultilabelResult) -> Iterator[Gain]:
    """Yield how many fewer labels each head predicts wrong than the best constant answer."""
    for one in result.multilabel:
        skill = result.find("hamming_skill", one.model, one.subject)
        if skill.value is None:
            continue
        by = f"the skill by Hamming loss is {formatting.metric(skill).text} {formatting.interval(skill)}"
        yield Gain(
            one,
            skill,
            least=1 / one.n,
            same=f"It predicts the same classes on all {one.n:,} rows: do not ship it." if one.constant else None,
            worse=f"It predicts more labels wrong than a constant answer: {by}. Do not ship it with the threshold {one.threshold:g}.",
            undecided=f"{one.n:,} rows are too few to tell its wrong labels from those of a constant answer: {by}. Judge it by average precision, or "
            "evaluate it on more rows.",
        )


def no_better_than_a_constant(result: MultilabelResult) -> Iterator[Hit]:
    """Yield heads that predict the same classes on every row, or are wrong more often than the best constant answer."""
    return no_better(_gains(result))


def not_shown_better_than_a_constant(result: MultilabelResult) -> Iterator[Hit]:
    """Yield heads that cannot be told from the best constant answer."""
    return not_shown_better(_gains(result))


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
