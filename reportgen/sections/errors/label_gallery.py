"""The gallery of multilabel heads: the rows with the most wrong labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Card, CardAnswer, Gallery
from reportgen.contract.subjects import Subject, about
from reportgen.sections.errors import captions
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.sections.errors.schema import LabelsAnswer, LabelsErrors, LabelsRow

_NAMED = 4
"""Maximum number of classes that a card names of each kind."""


def of_labels(notes: captions.Notes, found: LabelsErrors, view: View) -> Iterator[Gallery]:
    """Yield the rows with the most wrong labels: of the candidate, in a comparison of the models in focus."""
    candidate = view.decision.candidate if view.decision.candidate in found.models else None
    ranked = sorted(found.rows, key=lambda row: -_wrong(row, candidate, view))
    ranked = [row for row in ranked if _wrong(row, candidate, view)]
    rows = tuple(ranked if candidate is None else ranked[: found.each])
    if not rows:
        return
    part = f": {Subject(found.subject).words}" if found.subject else ""
    whose = candidate or ("the model" if len(found.models) == 1 else "the models")
    caption = (
        f"The rows with the most wrong labels of {whose}, of {found.n_classes} labels each. Missed classes apply and are not predicted, added ones are "
        f"predicted and do not apply.{notes.content(rows)}"
    )
    yield Gallery(
        f"most-wrong-{found.subject}" if found.subject else "most-wrong",
        f"Most wrong labels of {about(candidate, found.subject)}" if candidate else f"Most wrong labels{part}",
        caption,
        tuple(_card(row, captions.ordered(row.answers, view)) for row in rows),
        notes.pictures(rows),
    )


def _wrong(row: LabelsRow, candidate: str | None, view: View) -> int:
    return max(
        len(one.missed) + len(one.added)
        for one in captions.ordered(row.answers, view)
        if candidate in (None, one.model)
    )


def _card(row: LabelsRow, shown: tuple[LabelsAnswer, ...]) -> Card:
    label = formatting.listed(row.labels, _NAMED) or "no class"
    return Card(
        title=f"row {row.row}",
        label=label,
        answers=tuple(
            CardAnswer(one.model, _text(one), "wrong" if one.missed or one.added else "right") for one in shown
        ),
        alt=f"row {row.row}, labeled {label}, " + ", ".join(f"{one.model}: {_text(one)}" for one in shown),
        pictures=captions.thumbnails(row),
        values=captions.values(row),
        text=row.text or "",
    )


def _text(one: LabelsAnswer) -> str:
    parts = [
        f"{word} {formatting.listed(names, _NAMED)}"
        for word, names in (("missed", one.missed), ("added", one.added))
        if names
    ]
    return "; ".join(parts) or "all right"
