"""The gallery of predicted values: the rows with the largest errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Card, CardAnswer, Gallery
from reportgen.contract.subjects import Subject, about
from reportgen.sections.errors import captions
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.sections.errors.schema import ValueAnswer, ValueErrors, ValueRow


def of_value(notes: captions.Notes, found: ValueErrors, view: View) -> Iterator[Gallery]:
    """Yield the rows with the largest errors: of the candidate, in a comparison of the models in focus."""
    candidate = view.decision.candidate if view.decision.candidate in found.models else None
    ranked = sorted(found.rows, key=lambda row: -_size(row, candidate, view))
    rows = tuple(ranked if candidate is None else ranked[: found.each])
    if not rows:
        return
    part = f": {Subject(found.subject).words}" if found.subject else ""
    whose = candidate or ("the model" if len(found.models) == 1 else "the models")
    caption = (
        f"The rows with the largest absolute errors of {whose}, the largest first. In parentheses: prediction minus label. The size of an error does not "
        f"tell a wrong label from a hard row, so no label is called suspect.{notes.content(rows)}"
    )
    yield Gallery(
        f"largest-{found.subject}" if found.subject else "largest",
        f"Largest errors of {about(candidate, found.subject)}" if candidate else f"Largest errors{part}",
        caption,
        tuple(_card(row, captions.ordered(row.answers, view)) for row in rows),
        notes.pictures(rows),
    )


def _size(row: ValueRow, candidate: str | None, view: View) -> float:
    return max(abs(one.error) for one in captions.ordered(row.answers, view) if candidate in (None, one.model))


def _card(row: ValueRow, shown: tuple[ValueAnswer, ...]) -> Card:
    predicted = ", ".join(f"predicted {_text(one)} by {one.model}" for one in shown)
    return Card(
        title=f"row {row.row}",
        label=formatting.amount(row.label),
        answers=tuple(CardAnswer(one.model, _text(one), "value") for one in shown),
        alt=f"row {row.row}, labeled {formatting.amount(row.label)}, {predicted}",
        pictures=captions.thumbnails(row),
        values=captions.values(row),
        text=row.text or "",
    )


def _text(one: ValueAnswer) -> str:
    plus = "+" if one.error > 0 else ""
    return f"{formatting.number(one.predicted, '')} ({plus}{formatting.number(one.error, '')})"
