"""The galleries of the errors section: labels to check, and the most confident other errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Card, CardAnswer, Gallery
from reportgen.contract.numbers import required
from reportgen.contract.subjects import Subject
from reportgen.metrics.confidence import SURE
from reportgen.sections.errors import captions, label_gallery, position_gallery, value_gallery
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.galleries import Mark
    from reportgen.sections.errors.schema import Answer, ErrorRow, ErrorsResult, HeadErrors

_SURE = f"at least {100 * SURE:g}{formatting.THIN}% sure"


def galleries(result: ErrorsResult, view: View) -> tuple[Gallery, ...]:
    """Return the cards of every head: about the candidate and its baseline, in a comparison about the models in focus."""
    notes = captions.Notes(result)
    return (
        *(one for head in result.heads for one in _of_head(result, head, view, notes)),
        *(one for found in result.multilabel for one in label_gallery.of_labels(notes, found, view)),
        *(one for found in result.units for one in position_gallery.of_units(notes, found, view)),
        *(one for found in result.values for one in value_gallery.of_value(notes, found, view)),
    )


def _of_head(result: ErrorsResult, head: HeadErrors, view: View, notes: captions.Notes) -> Iterator[Gallery]:
    part = f" of {Subject(head.subject).words}" if head.subject else ""
    candidate = view.decision.candidate if view.decision.candidate in head.models else None
    suspects = tuple(row for row in head.suspects if candidate is None or _is_suspect(row, candidate))
    rows = (*(row for row in head.suspects if row not in suspects), *head.errors)
    listed = _cards(suspects, view)
    if listed:
        title = f"Check these labels{part}"
        yield _gallery(
            _name("suspects", head), title, _why_suspects(head, len(listed), candidate), suspects, view, notes
        )
    if candidate is None:
        chosen = _of_any(head, rows, view, len(listed))
    else:
        chosen = _of_candidate(result, head, rows, view, candidate, len(listed))
    for kind, title, caption, errors in chosen:
        if errors:
            yield _gallery(_name(kind, head), f"{title}{part}", caption, errors, view, notes)


def _gallery(
    name: str, title: str, caption: str, rows: Sequence[ErrorRow], view: View, notes: captions.Notes
) -> Gallery:
    cards = _cards(rows, view)
    return Gallery(name, title, f"{caption}{_marks(cards, view)}{notes.content(rows)}", cards, notes.pictures(rows))


_Chosen = tuple[str, str, str, tuple["ErrorRow", ...]]
"""Name, title, caption and rows of a gallery."""


def _of_any(head: HeadErrors, rows: Sequence[ErrorRow], view: View, listed: int) -> Iterator[_Chosen]:
    """Yield the errors of a comparison; ``listed`` suspects are in a gallery of their own."""
    wrong = tuple(sorted(_wrong(rows, view), key=lambda row: -_highest(row, view)))
    other, word = ("Other errors", "other row") if listed else ("Errors", "row")
    n_models = len(head.models)
    if not wrong or len(view.shown(wrong[0].answers)) == n_models:
        count = captions.counted(len(wrong), head.n_wrong - listed, word, f"{word}s")
        caption = f"{count} that {'the' if n_models == 1 else 'a'} model gets wrong."
    else:
        count = captions.counted(len(wrong), None, word, f"{word}s")
        caption = (
            f"{count} that a model in focus gets wrong. At least one of all {n_models:,} models is wrong on "
            f"{head.n_wrong:,} {_rows(head.n_wrong)}."
        )
    yield "errors", f"{other}, the most confident first", caption, wrong


def _of_candidate(
    result: ErrorsResult, head: HeadErrors, rows: Sequence[ErrorRow], view: View, candidate: str, listed: int
) -> Iterator[_Chosen]:
    """Yield the errors of the candidate, beside the ``listed`` suspects among them, and those of its baseline that it fixes."""
    wrong = _most_confident((row for row in rows if not _is_right(row, candidate)), candidate)
    total = int(required(result.find("errors", candidate, head.subject).value))
    word = "other error" if listed else "error"
    count = captions.counted(len(wrong), total - listed, word, f"{word}s")
    caption = f"{count} of {candidate}{_sorted(wrong, 'its confidence')}.{_more_suspects(head, wrong, candidate) if listed else ''}"
    yield "errors", f"{'Other errors' if listed else 'Errors'} of {candidate}", caption, wrong
    pair = view.decision.pair
    if pair is not None and pair[1] in head.models:
        old = pair[1]
        fixed = _most_confident((row for row in rows if _is_right(row, candidate) and not _is_right(row, old)), old)
        count = captions.counted(len(fixed), head.n_fixed, "error", "errors")
        caption = f"{count} of {old} that {candidate} fixes{_sorted(fixed, f'the confidence of {old}')}."
        yield "fixed", f"Errors of {old} that {candidate} fixes", caption, fixed


def _most_confident(rows: Iterable[ErrorRow], model: str) -> tuple[ErrorRow, ...]:
    return tuple(sorted(rows, key=lambda row: -_answer(row, model).confidence))


def _sorted(rows: Sequence[ErrorRow], by: str) -> str:
    return f", sorted by {by}" if len(rows) > 1 else ""


def _more_suspects(head: HeadErrors, rows: Sequence[ErrorRow], candidate: str) -> str:
    """Return how many rows are suspects for which their own gallery has no room."""
    more = sum(_is_suspect(row, candidate) for row in rows)
    if not more:
        return ""
    who = "It belongs" if len(rows) == 1 else f"{more:,} of these {'belongs' if more == 1 else 'belong'}"
    count = "" if head.n_candidate_suspects is None else f"{head.n_candidate_suspects:,} "
    return f" {who} to the {count}labels to check."


def _wrong(rows: Iterable[ErrorRow], view: View) -> tuple[ErrorRow, ...]:
    """Return the rows that one of the shown models gets wrong."""
    return tuple(row for row in rows if any(one.predicted != row.label for one in view.shown(row.answers)))


def _highest(row: ErrorRow, view: View) -> float:
    """Return the confidence of the most confident of the shown models that are wrong."""
    return max(one.confidence for one in view.shown(row.answers) if one.predicted != row.label)


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
    if len(head.models) == 1:
        count = captions.counted(shown, head.n_suspects, "row", "rows")
        return f"{count} on which the model is {_SURE} of another class than the label."
    if candidate is not None:
        count = captions.counted(shown, head.n_candidate_suspects, "row", "rows")
        order = ", sorted by the highest confidence in a wrong answer" if shown > 1 else ""
        return (
            f"{count} on which all models predict the same class and the label is another, or {candidate} is {_SURE} "
            f"of another class{order}."
        )
    both = "Both" if len(head.models) == 2 else f"All {len(head.models)}"  # noqa: PLR2004
    agreed, more = f"{head.n_agreed:,} {_rows(head.n_agreed)}", head.n_suspects - head.n_agreed
    why = f"{both} models predict the same class and the label is another ({agreed})"
    if more:
        why += f", or one is {_SURE} of another class ({more:,} {'more' if head.n_agreed else _rows(more)})"
    if shown < head.n_suspects:
        return f"{why}; {shown:,} of {head.n_suspects:,} are shown."
    return f"{why}; all are shown." if shown > 1 else f"{why}."


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _marks(cards: Iterable[Card], view: View) -> str:
    """Return what the words on the cards mean, if there are any."""
    answers = [one for card in cards for one in card.answers]
    found, pair = {one.change for one in answers}, view.decision.pair
    against = pair is not None and any(one.model == pair[1] for one in answers)
    only = (
        ("new", f" New: {pair[1]} was right." if pair is not None and against else " New: only this model is wrong."),
        ("fixed", " Fixed: only this model is right."),
    )
    return "".join(sentence for word, sentence in only if word in found)


def _cards(rows: Iterable[ErrorRow], view: View) -> tuple[Card, ...]:
    """Return a card for each row that one of the shown models gets wrong, the candidate's answer first."""
    return tuple(_card(row, _answers(row, view)) for row in _wrong(rows, view))


def _answers(row: ErrorRow, view: View) -> tuple[Answer, ...]:
    """Return the answers of the shown models; in a report with a baseline an error of the candidate that it does not make is new."""
    shown = view.shown(row.answers)
    roles = [name for name in view.decision.models if any(one.model == name for one in shown)]
    ordered = sorted(shown, key=lambda one: roles.index(one.model) if one.model in roles else len(roles))
    if len(roles) < 2:  # noqa: PLR2004 a pair
        return tuple(ordered)
    marks: dict[str, Mark] = {one.model: "right" if one.predicted == row.label else "wrong" for one in ordered}
    if marks[roles[0]] == "wrong" and marks[roles[1]] == "right":
        marks[roles[0]] = "new"
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
