"""Statements of the slices section: the worst slice, after allowing for the number of slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement
from reportgen.sections.slices import words
from reportgen.sections.slices.scores import SCORES
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.sections.slices.schema import HeadSlices, SliceEntry, SlicesResult

_TEST = "adjusted for the number of slices: Holm (1979)"


def statements(result: SlicesResult, view: View) -> tuple[Statement, ...]:
    """Return the statements about the slices of the candidate, or in a comparison about those of all models together."""
    candidate = view.decision.candidate
    if candidate is None:
        return tuple(_comparison(result))
    return tuple(
        one for head in result.heads if head.model == candidate and words.tested(head) for one in _of(result, head)
    )


def _of(result: SlicesResult, head: HeadSlices) -> Iterator[Statement]:
    baseline = words.compared(result, head)
    yield _worst(result, head, baseline)
    found = [] if baseline is None else words.worse_than_baseline(result, head)
    if baseline is not None and found:
        yield _behind(result, head, baseline, found)


def _worst(result: SlicesResult, head: HeadSlices, baseline: HeadSlices | None) -> Statement:
    """Name the worst slice: one that is measurably worse than the rest if there is any."""
    found, ranked = words.worse(result, head), words.ranked(result, head)
    one, count = (found or ranked)[0], len(ranked)
    own = words.number(result, head.score, head, one)
    p_value = words.number(result, "rest_p_holm", head, one)
    opening = f"Worst of {words.slices(count)}, {words.name(one)}: "
    if not found:
        opening = f"None of {words.slices(count)} is measurably worse than the rest; lowest, {words.name(one)}: "
        if SCORES[head.score].sign < 0:
            opening = opening.replace("lowest", "largest errors")
    parts: list[Quantity | str] = [
        words.opened(head, opening),
        _quantity(head.score, head, one, words.score(own, head)),
    ]
    if p_value.value is not None:
        chance = _quantity("rest_p_holm", head, one, f"p {formatting.p_value(p_value.value)}")
        if found:
            rest = words.number(result, SCORES[head.score].from_rest.name, head, one)
            difference = _quantity(SCORES[head.score].from_rest.name, head, one, words.difference(rest))
            parts += [", ", difference, " from the rest, unlikely to be luck (", chance, ")"]
        else:
            parts += [" (", chance, ")"]
    if baseline is not None and not words.worse_than_baseline(result, head):
        parts.append(f"; on none measurably worse than {baseline.model}")
    parts.append(".")
    return Statement(
        topic="weakness", parts=tuple(parts), settled=bool(found), test=_TEST, p_value=p_value.value, n=own.n
    )


def _behind(result: SlicesResult, head: HeadSlices, baseline: HeadSlices, found: list[SliceEntry]) -> Statement:
    """Name the slice on which the candidate is most surely worse than its baseline."""
    name = SCORES[head.score].difference.name

    def p_of(one: SliceEntry) -> float:
        return words.number(result, "difference_p_holm", head, one).value or 0.0

    one = min(found, key=p_of)
    difference, p_value = words.number(result, name, head, one), p_of(one)
    parts = (
        words.opened(
            head,
            f"Worse than {baseline.model} on {len(found):,} of {words.slices(len(words.tested(head)))}, "
            f"{'most surely ' if len(found) > 1 else ''}{words.name(one)}: ",
        ),
        _quantity(name, head, one, words.difference(difference)),
        " (",
        _quantity("difference_p_holm", head, one, f"p {formatting.p_value(p_value)}"),
        ").",
    )
    return Statement(topic="weakness", parts=parts, test=_TEST, p_value=p_value, n=difference.n)


def _comparison(result: SlicesResult) -> Iterator[Statement]:
    """Say of how many models a slice is measurably worse than the rest, and name the most certain one."""
    heads = [head for head in result.heads if words.tested(head)]
    if not heads:
        return
    weak = [(head, one) for head in heads for one in words.worse(result, head)]
    models = len({head.model for head in heads})
    if not weak:
        text = f"No slice of any of {models:,} models is measurably worse than the rest."
        yield Statement(topic="weakness", parts=(text,), settled=False, test=_TEST)
        return

    def p_of(item: tuple[HeadSlices, SliceEntry]) -> float:
        return words.number(result, "rest_p_holm", *item).value or 0.0

    head, one = min(weak, key=p_of)
    difference = words.number(result, SCORES[head.score].from_rest.name, head, one)
    many = f"{len({head.model for head, _ in weak}):,} of {models:,} models have a slice that is measurably worse than the rest"
    parts = (
        f"{many}; {words.whole(head)}{words.name(one)} of {head.model}: ",
        _quantity(SCORES[head.score].from_rest.name, head, one, words.difference(difference)),
        " (",
        _quantity("rest_p_holm", head, one, f"p {formatting.p_value(p_of((head, one)))}"),
        ").",
    )
    yield Statement(topic="weakness", parts=parts, test=_TEST, p_value=p_of((head, one)), n=difference.n)


def _quantity(name: str, head: HeadSlices, one: SliceEntry, text: str) -> Quantity:
    return Quantity(text=text, metric=name, model=head.model, subject=one.subject)
