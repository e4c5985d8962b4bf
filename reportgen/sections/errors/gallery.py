"""The galleries of the errors section: labels to check, and the most confident other errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Card, CardAnswer, Gallery
from reportgen.contract.subjects import Subject
from reportgen.metrics.confidence import SURE
from reportgen.sections.errors import captions, label_gallery, position_gallery, value_gallery
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.galleries import Mark
    from reportgen.sections.errors.schema import Answer, ErrorRow, ErrorsResult, HeadErrors

_SURE = f"at least {100 * SURE:g}{formatting.THIN}% sure"
_RIGHT = frozenset({"right", "fixed"})


def galleries(result: ErrorsResult, view: View) -> tuple[Gallery, ...]:
    """Return the cards of every head: about the candidate and its baseline, in a comparison about the models in focus."""
    return (
        *(one for head in result.heads for one in _of_head(result, head, view)),
        *(one for found in result.multilabel for one in label_gallery.of_labels(result, found, view)),
        *(one for found in result.units for one in position_gallery.of_units(result, found, view)),
        *(one for found in result.values for one in value_gallery.of_value(result, found, view)),
    )


def _of_head(result: ErrorsResult, head: HeadErrors, view: View) -> Iterator[Gallery]:
    part = f" of {Subject(head.subject).words}" if head.subject else ""
    candidate = view.decision.candidate if view.decision.candidate in head.models else None
    suspects = tuple(row for row in head.suspects if candidate is None or _is_suspect(row, candidate))
    rows = (*(row for row in head.suspects if row not in suspects), *head.errors)
    shown = _cards(suspects, view)
    if shown:
        caption = _why_suspects(head, len(shown), candidate) + captions.content(result, suspects)
        yield Gallery(
            _name("suspects", head), f"Check these labels{part}", caption, shown, captions.pictures(result, suspects)
        )
    other = "Other errors" if shown else "Errors"
    for kind, title, chosen in _errors(head, rows, view, other):
        cards = _cards(chosen, view)
        if cards:
            caption = (
                f"{len(cards):,} of {head.n_wrong:,} rows with an error, the most confident first.{_marks(head, view)}"
            )
            caption += captions.content(result, chosen)
            yield Gallery(_name(kind, head), f"{title}{part}", caption, cards, captions.pictures(result, chosen))


def _errors(
    head: HeadErrors, rows: tuple[ErrorRow, ...], view: View, other: str
) -> Iterator[tuple[str, str, tuple[ErrorRow, ...]]]:
    """Yield name, title and rows of the galleries of errors: those of the candidate, then those that it fixes."""
    candidate = view.decision.candidate
    if candidate is None or candidate not in head.models:
        yield "errors", f"{other}, the most confident first", rows
        return
    wrong = tuple(row for row in rows if not _is_right(row, candidate))
    yield "errors", f"{other} of {candidate}", wrong
    pair = view.decision.pair
    if pair is not None and pair[1] in head.models:
        fixed = tuple(row for row in rows if _is_right(row, candidate) and not _is_right(row, pair[1]))
        yield "fixed", f"Errors of {pair[1]} that {candidate} fixes", fixed


def _answer(row: ErrorRow, model: str) -> Answer:
    return next(one for one in row.answers if one.model == model)


def _is_right(row: ErrorRow, model: str) -> bool:
    return _answer(row, model).predicted == row.label


def _is_suspect(row: ErrorRow, candidate: str) -> bool:
    """Return whether all models agree on another class than the label, or the candidate is sure of one."""
    predicted = {one.predicted for one in row.answers}
    agreed = len(row.answers) > 1 and len(predicted) == 1 and row.label not in predicted
    return agreed or (not _is_right(row, candidate) and _answer(row, candidate).confidence >= SURE)


def _name(kind: str, head: HeadErrors) -> str:
    return f"{kind}-{head.subject}" if head.subject else kind


def _why_suspects(head: HeadErrors, shown: int, candidate: str | None) -> str:
    """Return what the rows have in common, and how many there are."""
    if candidate is not None and len(head.models) > 1:
        return (
            f"All models predict the same class and the label is another, or {candidate} is {_SURE} of another class."
        )
    if len(head.models) == 1:
        why = f"The model is {_SURE} of another class than the label"
    else:
        both = "Both" if len(head.models) == 2 else f"All {len(head.models)}"  # noqa: PLR2004
        agreed, more = f"{head.n_agreed:,} {_rows(head.n_agreed)}", head.n_suspects - head.n_agreed
        why = f"{both} models predict the same class and the label is another ({agreed})"
        if more:
            why += f", or one is {_SURE} of another class ({more:,} {'more' if head.n_agreed else _rows(more)})"
    return f"{why}; {shown:,} of {head.n_suspects:,} are shown.{_marks(head, None)}"


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _marks(head: HeadErrors, view: View | None) -> str:
    if len(head.models) == 1:
        return ""
    if view is not None and view.decision.pair is not None:
        return f" New: {view.decision.pair[1]} is right; fixed: it is wrong."
    return " New: only this model is wrong; fixed: only this model is right."


def _cards(rows: tuple[ErrorRow, ...], view: View) -> tuple[Card, ...]:
    """Return a card for each row that one of the shown models gets wrong, the candidate's answer first."""
    found = ((row, _answers(row, view)) for row in rows)
    return tuple(_card(row, shown) for row, shown in found if any(one.mark not in _RIGHT for one in shown))


def _answers(row: ErrorRow, view: View) -> tuple[Answer, ...]:
    """Return the answers of the shown models; in a report with a baseline those of the pair are marked against each other."""
    shown = view.shown(row.answers)
    roles = [name for name in view.decision.models if any(one.model == name for one in shown)]
    ordered = sorted(shown, key=lambda one: roles.index(one.model) if one.model in roles else len(roles))
    if len(roles) < 2:  # noqa: PLR2004 a pair
        return tuple(ordered)
    right = [_is_right(row, name) for name in roles]
    marks: dict[str, Mark] = {one.model: "right" if one.predicted == row.label else "wrong" for one in ordered}
    if right[0] != right[1]:
        marks[roles[0]] = "fixed" if right[0] else "new"
    return tuple(one.model_copy(update={"mark": marks[one.model]}) for one in ordered)


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
        pictures=captions.thumbnails(row),
        values=captions.values(row),
        text=row.text or "",
    )
