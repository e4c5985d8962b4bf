"""What a document prints: the whole one, or less of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.document.tree import Part

if TYPE_CHECKING:
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Chapter, Document, Drawing

BRIEF = frozenset({"difference", "errors", "weakness"})
"""Topics of the chapters of a brief document."""
SHORT_TABLE = 12
"""Maximum number of rows of a figure's table that is printed. Convention."""


def printed(document: Document) -> Document:
    """Return the part of a document that goes to paper, by the detail that its spec asks for.

    ``full`` is everything but the long tables behind figures; ``standard`` leaves out what only the full report has, and has
    the tables behind the figures of the body in the appendix; ``brief`` ends with the errors and has no appendix.
    """
    detail = document.results.output.detail
    chapters = [chapter for chapter in document.chapters if detail != "brief" or chapter.topic in BRIEF]
    return replace(
        document,
        dashboard=None if detail == "brief" else document.dashboard,
        chapters=tuple(_chapter(chapter, detail) for chapter in chapters),
        provenance=() if detail == "brief" else document.provenance,
        rules=() if detail == "brief" else document.rules,
    )


def _chapter(chapter: Chapter, detail: str) -> Chapter:
    behind = () if detail == "full" else tuple(table for one in chapter.body.drawings for table in _short(one).tables)
    appendix = Part() if detail == "brief" else _part(chapter.appendix, detail, behind)
    return replace(chapter, body=_part(chapter.body, detail), appendix=appendix)


def _part(part: Part, detail: str, behind: tuple[Table, ...] = ()) -> Part:
    """Return a part without its long tables behind figures, and before its tables those behind other figures."""
    full = detail == "full"
    drawings = [
        _short(one) if full else replace(one, tables=()) for one in part.drawings if full or one.place != "full"
    ]
    tables = [one for one in part.tables if full or one.place != "full"]
    return replace(part, drawings=tuple(drawings), tables=(*behind, *tables))


def _short(drawing: Drawing) -> Drawing:
    """Leave out the long tables behind a figure."""
    return replace(drawing, tables=tuple(one for one in drawing.tables if len(one.rows) <= SHORT_TABLE))
