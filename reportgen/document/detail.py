"""What a document prints: the whole one, or less of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.document.numbering import numbered
from reportgen.document.provenance import provenance as provenance_of
from reportgen.document.tree import Part

if TYPE_CHECKING:
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Chapter, Document, Drawing

BRIEF = frozenset({"choice", "parameters", "difference", "errors", "weakness"})
"""Topics of the chapters of a brief document."""
SHORT_TABLE = 12
"""Maximum number of rows of a figure's table that is printed. Convention."""
WHOLE_TABLE = 8
"""Maximum number of rows of a table that is never parted by the end of a page. Convention."""
MOST_ROWS = 12
"""Maximum number of rows of a table in the body of a comparison of many models, and of one that it prints. Convention."""


MOST_FILES = 4
"""Maximum number of models of such a comparison whose files are printed. Convention."""


def printed(document: Document) -> Document:
    """Return the part of a document that goes to paper, by the detail that its spec asks for.

    ``full`` is everything but the long tables behind figures; ``standard`` leaves out what only the full report has and the coverage, names
    the findings of the appendix, and has the tables behind the figures of the body in the appendix; ``brief`` ends with
    the errors and has no appendix. A comparison of many models names most findings, and has neither long tables nor the figures of
    the appendix, unless it is ``full``.
    """
    detail = document.results.output.detail
    brief = detail == "brief"
    provenance = () if brief else document.provenance
    many = document.results.compares_many and detail != "full"
    dashboard = None if brief or many else document.dashboard
    chapters = tuple(_chapter(one, detail) for one in document.chapters if not brief or one.topic in BRIEF)
    if many:
        chapters = tuple(_summarized(one) for one in chapters)
        provenance = provenance and provenance_of(document.results, MOST_FILES)
    codes = {finding.code for one in chapters for part in (one.body, one.appendix) for finding in part.findings}
    made = replace(
        document,
        dashboard=dashboard,
        leaves_out_dashboard=many and not brief and document.dashboard is not None,
        chapters=chapters,
        coverage=document.coverage if detail == "full" else None,
        provenance=provenance,
        rules=() if brief else tuple(rule for rule in document.rules if rule.code in codes),
    )
    return numbered(made)


def _chapter(chapter: Chapter, detail: str) -> Chapter:
    behind: tuple[Table, ...] = ()
    if detail != "full":
        behind = tuple(table for one in chapter.body.drawings for table in _short(one).tables if table.place != "full")
    appendix = Part() if detail == "brief" else _part(chapter.appendix, detail, behind)
    if detail == "standard":
        appendix = replace(appendix, findings=(), named=(*appendix.findings, *appendix.named))
    return replace(chapter, body=_part(chapter.body, detail), appendix=appendix)


def _summarized(chapter: Chapter) -> Chapter:
    """Leave out the long tables and the figures of the appendix."""
    appendix = chapter.appendix
    tables = tuple(one for one in appendix.tables if len(one.rows) <= MOST_ROWS)
    left_out = len(appendix.tables) - len(tables) + len(appendix.drawings)
    return replace(chapter, appendix=replace(appendix, drawings=(), tables=tables, left_out=left_out))


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
