"""What a document prints: the whole one, or less of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.document.tree import Part

if TYPE_CHECKING:
    from reportgen.contract.findings import Finding
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Chapter, Document, Drawing

BRIEF = frozenset({"choice", "parameters", "difference", "errors", "weakness"})
"""Topics of the chapters of a brief document."""
SHORT_TABLE = 12
"""Maximum number of rows of a figure's table that is printed. Convention."""
WHOLE_TABLE = 8
"""Maximum number of rows of a table that is never parted by the end of a page. Convention."""
SHORT_REPORT = 4
"""Maximum number of chapters of a report whose contents follow on page one where there is room. Convention."""
MOST_FINDINGS = 3
"""Maximum number of findings of a chapter that a comparison of many models prints; the others are named. Convention."""
MOST_ROWS = 12
"""Maximum number of rows of a table that it prints. Convention."""


def printed(document: Document) -> Document:
    """Return the part of a document that goes to paper, by the detail that its spec asks for.

    ``full`` is everything but the long tables behind figures; ``standard`` leaves out what only the full report has and the coverage, names
    the findings about other models, and has the tables behind the figures of the body in the appendix; ``brief`` ends with
    the errors and has no appendix. A comparison of many models names most findings, and has neither long tables nor the figures of
    the appendix, unless it is ``full``.
    """
    detail = document.results.output.detail
    brief = detail == "brief"
    provenance = () if brief else document.provenance
    chapters = tuple(_chapter(one, detail) for one in document.chapters if not brief or one.topic in BRIEF)
    if document.results.compares_many and detail != "full":
        chapters = tuple(_summarized(one) for one in chapters)
        provenance = tuple(one for one in provenance if len(one.rows) <= MOST_ROWS)
    codes = {finding.code for one in chapters for part in (one.body, one.appendix) for finding in part.findings}
    return replace(
        document,
        dashboard=None if brief else document.dashboard,
        chapters=chapters,
        coverage=document.coverage if detail == "full" else None,
        provenance=provenance,
        rules=() if brief else tuple(rule for rule in document.rules if rule.code in codes),
    )


def _chapter(chapter: Chapter, detail: str) -> Chapter:
    behind: tuple[Table, ...] = ()
    if detail != "full":
        behind = tuple(table for one in chapter.body.drawings for table in _short(one).tables if table.place != "full")
    appendix = Part() if detail == "brief" else _part(chapter.appendix, detail, behind)
    if detail == "standard":
        appendix = replace(appendix, findings=(), named=(*appendix.findings, *appendix.named))
    return replace(chapter, body=_part(chapter.body, detail), appendix=appendix)


def _summarized(chapter: Chapter) -> Chapter:
    """Name all findings but the most serious one of each rule; leave out the long tables, and the figures of the appendix."""
    body, appendix = chapter.body, chapter.appendix
    first: dict[str, Finding] = {}
    for one in body.findings:
        first.setdefault(one.code, one)
    kept = tuple(first.values())[:MOST_FINDINGS]
    tables, further = (tuple(one for one in part.tables if len(one.rows) <= MOST_ROWS) for part in (body, appendix))
    left_out = len(body.tables) + len(appendix.tables) - len(tables) - len(further) + len(appendix.drawings)
    rest = [one for one in body.findings if one not in kept]
    return replace(
        chapter,
        body=Part(kept, body.drawings, tables, (*rest, *body.named)),
        appendix=Part((), (), further, appendix.named, left_out),
    )


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
