"""Statements of the changes section: is the candidate better than the last release, which errors are gone, what else is different."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement, counted
from reportgen.sections.changes import schema
from reportgen.text import formatting
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.changes import Changes, Delta, Flips
    from reportgen.contract.focus import View
    from reportgen.sections.changes.schema import ChangesResult


def statements(result: ChangesResult, _view: View) -> tuple[Statement, ...]:
    """Return the difference of the first headline of every output, the errors fixed and new, and what changed in the model."""
    changes = result.changes
    if changes is None:
        return ()
    return (*_differences(result, changes), *_errors(changes), *_inside(changes))


def _differences(result: ChangesResult, changes: Changes) -> Iterator[Statement]:
    directed = [one for one in result.first(changes) if one.difference.higher_is_better is not None]
    compared = [one for one in directed if one.difference.value is not None]
    address = next((one.address for one in (*compared, *directed)), None)
    for one in result.first(changes):
        if one.address == address:
            yield _difference(result, changes, one)


def _difference(result: ChangesResult, changes: Changes, one: Delta) -> Statement:
    """Say what a headline was and is, the difference, and whether it could be luck."""
    then = f"{changes.model_before} of {changes.earlier.name}"
    what = in_a_sentence(result.title(one))
    if one.before is None or one.now is None or one.difference.value is None:
        parts: tuple[Quantity | str, ...] = (f"Since {then}: the {what} is not compared, {one.difference.reason}.",)
        return Statement(topic="difference", parts=parts, settled=False)
    before, now = (formatting.metric(metric).text for metric in (one.before, one.now))
    said = Quantity(
        text=formatting.with_interval(one.difference),
        metric=schema.DIFFERENCE.name,
        model=changes.model_now,
        subject=one.part,
    )
    counts = [counted(metric) for metric in (one.before, one.now)]
    if counts[0] is not None and counts[1] is not None:
        before, now = (f"{count:,} of {n:,} right" for count, n in (counts[0], counts[1]))
        what = ""
    opening = f"Since {then}: {f'{what} ' if what else ''}{before} then, {now} now"
    if not changes.same_rows:
        parts = (f"{opening}, on {changes.rows}: not judged, the evaluation set is another.",)
        return Statement(topic="difference", parts=parts, settled=False, n=one.now.n)
    parts = (f"{opening}: ", said, f"{_luck(one, changes)}.")
    return Statement(
        topic="difference",
        parts=parts,
        settled=one.settled,
        test=one.difference.ci_method if one.p_value is None else one.test or "McNemar (1947), exact",
        p_value=one.p_value,
        n=one.difference.n,
    )


def _luck(one: Delta, changes: Changes) -> str:
    """Return whether a difference could be luck."""
    if one.difference.ci_low is None:
        return ", not tested, there is no interval"
    words = ", unlikely to be luck" if one.settled else ", too few rows to tell it from luck"
    if one.how == "paired":
        named = "McNemar " if one.test is None else ""
        return words if one.p_value is None else f"{words} ({named}p {formatting.p_value(one.p_value)})"
    return f"{words} (unpaired: {changes.pairing or 'the stored rows do not give both values'})"


def _errors(changes: Changes) -> Iterator[Statement]:
    """Yield the errors that are fixed and new, and how often the answer is another."""
    for one in changes.flips:
        opening = "" if one.subject is None else f"Output {one.subject.name}: "
        churn = _quantity(one, "churn", formatting.metric(one.churn).text, changes)
        fixed, new = (None if metric is None else counted(metric) for metric in (one.fixed, one.new))
        if fixed is None or new is None or one.errors_before is None:
            yield Statement(
                topic="errors", parts=(f"{opening}Another answer on ", churn, " of the rows."), n=one.churn.n
            )
            continue
        parts = (
            f"{opening}Fixes ",
            _quantity(one, "errors_fixed", f"{fixed[0]:,}" if fixed[0] else "none", changes),
            f" of the {one.errors_before:,} errors of {changes.earlier.name}, makes ",
            _quantity(one, "errors_new", f"{new[0]:,} new" if new[0] else "no new one", changes),
            "; another answer on ",
            churn,
            " of the rows.",
        )
        yield Statement(topic="errors", parts=parts, n=one.churn.n)


def _quantity(one: Flips, name: str, text: str, changes: Changes) -> Quantity:
    return Quantity(text=text, metric=name, model=changes.model_now, subject=one.subject)


def _inside(changes: Changes) -> Iterator[Statement]:
    """Say how the model differs, as far as it is known."""
    words = []
    if changes.structure is not None:
        one = changes.structure
        change = one.parameters_now - one.parameters_before
        if one.changes:
            size = (
                "as many parameters"
                if change == 0
                else f"{abs(change):,} parameters {'more' if change > 0 else 'fewer'}"
            )
            words.append(f"other layers than {changes.earlier.name}, {size}")
        else:
            words.append(f"the same layers as {changes.earlier.name}")
    if changes.weights is not None and not (changes.structure and changes.structure.changes):
        total = len(changes.weights.changed) + len(changes.weights.frozen)
        words.append(f"{len(changes.weights.changed):,} of {total:,} weight tensors changed")
    if words:
        text = "; ".join(words)
        yield Statement(topic="inside", parts=(f"{text[0].upper()}{text[1:]}.",))
