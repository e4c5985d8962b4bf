"""The numbers of figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.document.tree import Document, Drawing, Part


def numbered(document: Document) -> Document:
    """Return a document with its figures numbered in reading order."""
    numbers = {drawing.id: number for number, drawing in enumerate(document.drawings, 1)}

    def one(drawing: Drawing) -> Drawing:
        return replace(drawing, number=numbers[drawing.id])

    def maybe(drawing: Drawing | None) -> Drawing | None:
        return None if drawing is None else one(drawing)

    def part(given: Part) -> Part:
        return replace(given, drawings=_each(given.drawings))

    def _each(drawings: Iterable[Drawing]) -> tuple[Drawing, ...]:
        return tuple(one(drawing) for drawing in drawings)

    return replace(
        document,
        front=replace(document.front, picture=maybe(document.front.picture)),
        dashboard=maybe(document.dashboard),
        chapters=tuple(
            replace(chapter, body=part(chapter.body), appendix=part(chapter.appendix)) for chapter in document.chapters
        ),
    )
