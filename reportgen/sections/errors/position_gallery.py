"""The gallery of segmentation and sequence labeling heads: images and sequences with the lowest scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Card, CardAnswer, Gallery
from reportgen.contract.positions import POSITIONS, SCORES, UNITS
from reportgen.contract.subjects import Subject, about
from reportgen.sections.errors import captions
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.sections.errors.schema import UnitAnswer, UnitErrors, UnitRow

_NAMED = 4
"""Maximum number of classes that a card names."""


def of_units(notes: captions.Notes, found: UnitErrors, view: View) -> Iterator[Gallery]:
    """Yield the units with the lowest scores: of the candidate, in a comparison of the models in focus."""
    candidate = view.decision.candidate if view.decision.candidate in found.models else None
    scores = {row: _lowest(row, candidate, view) for row in found.rows}
    ranked = sorted((row for row, score in scores.items() if score < 1), key=lambda row: scores[row])
    rows = tuple(ranked if candidate is None else ranked[: found.each])
    if not rows:
        return
    unit, position, score = UNITS[found.task], POSITIONS[found.task], SCORES[found.task]
    part = f": {Subject(found.subject).words}" if found.subject else ""
    whose = candidate or ("the model" if len(found.models) == 1 else "the models")
    caption = (
        f"The {unit}s with the lowest {score} of {whose}, the lowest first, with the {position}s that are right of those that count. The score does not "
        f"tell wrong labels from a hard {unit}.{notes.content(rows)}"
    )
    yield Gallery(
        f"lowest-{found.subject}" if found.subject else "lowest",
        f"Lowest {score} of {about(candidate, found.subject)}" if candidate else f"Lowest {score}{part}",
        caption,
        tuple(_card(row, captions.ordered(row.answers, view), position) for row in rows),
        notes.pictures(rows),
    )


def _lowest(row: UnitRow, candidate: str | None, view: View) -> float:
    return min(
        (one.score for one in captions.ordered(row.answers, view) if candidate in (None, one.model)), default=1.0
    )


def _card(row: UnitRow, shown: tuple[UnitAnswer, ...], position: str) -> Card:
    label = formatting.listed(row.labels, _NAMED)
    return Card(
        title=f"row {row.row}",
        label=label,
        answers=tuple(CardAnswer(one.model, _text(one), "value") for one in shown),
        alt=f"row {row.row}, labeled {label}, " + ", ".join(f"{one.model}: {_text(one)} {position}s" for one in shown),
        pictures=captions.thumbnails(row),
        values=captions.values(row),
        text=row.text or "",
    )


def _text(one: UnitAnswer) -> str:
    return f"{formatting.fraction(one.score)} ({one.right:,} of {one.positions:,})"
