"""Which slices are worse, and the numbers of slices in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import counted
from reportgen.contract.subjects import Subject
from reportgen.metrics import simultaneous
from reportgen.sections.slices import schema
from reportgen.sections.slices.scores import SCORES
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from reportgen.contract.numbers import Metric
    from reportgen.sections.slices.schema import HeadSlices, SliceEntry, SlicesResult


def number(result: SlicesResult, name: str, head: HeadSlices, one: SliceEntry) -> Metric:
    """Return a metric of a slice."""
    return result.find(name, head.model, one.subject)


def tested(head: HeadSlices) -> tuple[SliceEntry, ...]:
    """Return the slices that have numbers."""
    return tuple(one for one in head.slices if one.tested)


def ranked(result: SlicesResult, head: HeadSlices) -> list[SliceEntry]:
    """Return the slices that have numbers, the worst score first."""
    sign = SCORES[head.score].sign
    return sorted(tested(head), key=lambda one: sign * required(number(result, head.score, head, one).value))


def worse(result: SlicesResult, head: HeadSlices) -> list[SliceEntry]:
    """Return the slices that are measurably worse than the other rows, the worst score first."""
    return [
        one
        for one in ranked(result, head)
        if _is_worse(result, head, one, SCORES[head.score].from_rest.name, "rest_p_holm")
    ]


def worse_than_baseline(result: SlicesResult, head: HeadSlices) -> list[SliceEntry]:
    """Return the slices on which a model is measurably worse than its baseline, the worst score first."""
    return [
        one
        for one in ranked(result, head)
        if _is_worse(result, head, one, SCORES[head.score].difference.name, "difference_p_holm")
    ]


def _is_worse(result: SlicesResult, head: HeadSlices, one: SliceEntry, difference: str, p_value: str) -> bool:
    found, p = (result.find_or_none(name, head.model, one.subject) for name in (difference, p_value))
    if found is None or p is None or found.value is None or p.value is None:
        return False
    sign = SCORES[head.score].sign
    return sign * found.value < 0 and p.value < simultaneous.LEVEL


def compared(result: SlicesResult, head: HeadSlices) -> HeadSlices | None:
    """Return the same head of the baseline, if the slices of this one are compared with it."""
    if result.pair is None or head.model != result.pair[0]:
        return None
    difference = SCORES[head.score].difference.name
    if not any(result.find_or_none(difference, head.model, one.subject) for one in head.slices):
        return None
    same = (one for one in result.heads if one.model == result.pair[1] and one.subject == head.subject)
    return next(same, None)


def score(metric: Metric, head: HeadSlices) -> str:
    """Return the score of a slice: counts where it is a share of rows."""
    of, text = SCORES[head.score], formatting.metric(metric).text
    if of.spec is not schema.ACCURACY:
        return f"{naming.in_a_sentence(of.spec.title)} {text} on {metric.n or 0:,} {of.rows}"
    found = counted(metric)
    return f"accuracy {text}" if found is None else f"{found[0]:,} of {found[1]:,} right ({text})"


def difference(metric: Metric) -> str:
    """Return a difference with its sign and interval, in points if it is one of shares."""
    plus = "+" if metric.unit != formatting.POINTS and required(metric.value) > 0 else ""
    return f"{plus}{formatting.with_interval(metric)}"


def name(one: SliceEntry) -> str:
    """Return the name of a slice, and whether it was discovered."""
    return f"{one.name} (discovered)" if one.found else one.name


def slices(count: int) -> str:
    """Return a number of slices."""
    return f"{count:,} slice{'' if count == 1 else 's'}"


def opened(head: HeadSlices, sentence: str) -> str:
    """Return the beginning of a sentence about a head, after what it is called."""
    called = whole(head)
    return f"{called}{sentence[0].lower()}{sentence[1:]}" if called else sentence


def whole(head: HeadSlices) -> str:
    """Return what a head is called before a sentence about it; nothing for the only one."""
    return f"Output {Subject(head.subject).name}: " if head.subject else ""
