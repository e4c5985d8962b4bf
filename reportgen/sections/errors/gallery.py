"""The galleries of the errors section: labels to check, and the most confident other errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Card, CardAnswer, Gallery, Picture
from reportgen.contract.subjects import Subject
from reportgen.metrics.confidence import SURE
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.sections.errors.schema import Answer, ErrorRow, ErrorsResult, HeadErrors

_SURE = f"at least {100 * SURE:g}{formatting.THIN}% sure"
_RIGHT = frozenset({"right", "fixed"})


def galleries(result: ErrorsResult, view: View) -> tuple[Gallery, ...]:
    """Return the cards of every head, without those that no model in focus gets wrong."""
    return tuple(one for head in result.heads for one in _of_head(result, head, view))


def _of_head(result: ErrorsResult, head: HeadErrors, view: View) -> Iterator[Gallery]:
    part = f" of {Subject(head.subject).words}" if head.subject else ""
    suspects = _cards(head.suspects, view)
    if suspects:
        caption = _why_suspects(head, len(suspects)) + _content(result, head.suspects)
        title = f"Check these labels{part}"
        yield Gallery(_name("suspects", head), title, caption, suspects, _pictures(result, head.suspects))
    others = _cards(head.errors, view)
    if others:
        title = f"{'Other errors' if suspects else 'Errors'}{part}, the most confident first"
        caption = f"{len(others):,} of {head.n_wrong:,} rows with an error, the most confident first.{_marks(head)}"
        caption += _content(result, head.errors)
        yield Gallery(_name("errors", head), title, caption, others, _pictures(result, head.errors))


def _name(kind: str, head: HeadErrors) -> str:
    return f"{kind}-{head.subject}" if head.subject else kind


def _why_suspects(head: HeadErrors, shown: int) -> str:
    """Return what the rows have in common, and how many there are."""
    if len(head.models) == 1:
        why = f"The model is {_SURE} of another class than the label"
    else:
        both = "Both" if len(head.models) == 2 else f"All {len(head.models)}"  # noqa: PLR2004
        agreed, more = f"{head.n_agreed:,} {_rows(head.n_agreed)}", head.n_suspects - head.n_agreed
        why = f"{both} models predict the same class and the label is another ({agreed})"
        if more:
            why += f", or one is {_SURE} of another class ({more:,} {'more' if head.n_agreed else _rows(more)})"
    return f"{why}; {shown:,} of {head.n_suspects:,} are shown.{_marks(head)}"


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _marks(head: HeadErrors) -> str:
    if len(head.models) == 1:
        return ""
    return " New: only this model is wrong; fixed: only this model is right."


def _pictures(result: ErrorsResult, rows: tuple[ErrorRow, ...]) -> str:
    """Return how pictures are scaled; empty without any."""
    if not any(row.pictures for row in rows):
        return ""
    scales = sorted({(one.black, one.white) for one in result.scales})
    ends = "; ".join(f"black is {_number(black)}, white {_number(white)}" for black, white in scales)
    return f"Pictures: {ends}, the ends of the range {_of_rows(result)}."


def _content(result: ErrorsResult, rows: tuple[ErrorRow, ...]) -> str:
    """Return how values are to be read, or that rows cannot be shown."""
    if any(row.values for row in rows):
        return (
            f" Values: the columns farthest from the median {_of_rows(result)}, in robust standard deviations, with the median in "
            "parentheses."
        )
    if result.reference_rows and not any(row.pictures or row.text for row in rows):
        return " The inputs are neither pictures nor columns, so only the row numbers are shown."
    return ""


def _of_rows(result: ErrorsResult) -> str:
    return f"of {result.reference_rows:,} evaluated rows"


def _cards(rows: tuple[ErrorRow, ...], view: View) -> tuple[Card, ...]:
    found = ((row, view.shown(row.answers)) for row in rows)
    return tuple(_card(row, shown) for row, shown in found if any(one.mark not in _RIGHT for one in shown))


def _card(row: ErrorRow, shown: tuple[Answer, ...]) -> Card:
    predicted = ", ".join(
        f"predicted {one.predicted} by {one.model} with {formatting.fraction(one.confidence)}" for one in shown
    )
    more = len(row.answers) - len(shown)
    rest = f"; {more} more {'model is' if more == 1 else 'models are'} in results.json" if more else ""
    return Card(
        title=f"row {row.row}",
        label=row.label,
        answers=tuple(
            CardAnswer(one.model, f"{one.predicted} ({formatting.fraction(one.confidence)})", one.mark) for one in shown
        ),
        alt=f"row {row.row}, labeled {row.label}, {predicted}{rest}",
        pictures=tuple(Picture(one.input, one.png, one.width, one.height) for one in row.pictures),
        values=tuple((one.name, f"{_number(one.value)} ({_number(one.median)})") for one in row.values),
        text=row.text or "",
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) and abs(value) < _WHOLE else formatting.number(value, "")


_WHOLE = 1e6
"""Whole numbers below it are written without decimals."""
