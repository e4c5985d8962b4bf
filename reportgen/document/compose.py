"""From results and drawn figures to the document tree: page one, chapters, provenance, glossary."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from reportgen.document.front import front_page
from reportgen.document.order import most_severe_first
from reportgen.document.provenance import provenance
from reportgen.document.tree import Chapter, Document, Term
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.analysis.results import Results, SectionRecord
    from reportgen.contract.findings import Finding
    from reportgen.contract.focus import Focus
    from reportgen.contract.galleries import Gallery
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Drawing

MOST_FINDINGS, EACH = 12, 3
"""Maximum number of findings of a chapter that are all printed, and otherwise the number per rule."""


def compose(
    results: Results,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
    galleries: Mapping[str, tuple[Gallery, ...]],
    failures: Mapping[str, str],
) -> Document:
    """Arrange results and figures as a document.

    Parameters
    ----------
    results
        The outcome of a run.
    drawings
        Drawn figures by section id.
    tables
        Tables by section id.
    galleries
        Galleries by section id.
    failures
        Why a section could not be displayed, by section id.
    """
    chapters = [record for record in results.sections if not record.manifest.on_front_page]
    return Document(
        results=results,
        digest=hashlib.sha256(results.to_json().encode()).hexdigest(),
        front=front_page(results, drawings, tables),
        chapters=tuple(_chapter(record, drawings, tables, galleries, failures, results.focus) for record in chapters),
        provenance=provenance(results),
        glossary=tuple(
            Term(f"{record.id}.{spec.name}", spec)
            for record in results.sections
            if record.status == "ok"
            for spec in record.manifest.metrics
        ),
    )


def _chapter(
    record: SectionRecord,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
    galleries: Mapping[str, tuple[Gallery, ...]],
    failures: Mapping[str, str],
    focus: Focus | None,
) -> Chapter:
    section = record.manifest
    failure = failures.get(record.id)
    findings, more = _printed(record, focus)
    return Chapter(
        id=record.id,
        kind=section.name,
        title=record.title,
        question=section.question,
        text=record.text,
        findings=most_severe_first(findings, lambda finding: finding),
        more_findings=more,
        galleries=galleries.get(record.id, ()),
        drawings=drawings.get(record.id, ()),
        tables=tables.get(record.id, ()),
        status="failed" if failure else record.status,
        reason=failure or record.reason,
        template=section.template,
    )


def _printed(record: SectionRecord, focus: Focus | None) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return the findings to print, a few per rule with the models in focus first, and sentences about the others."""
    if len(record.findings) <= MOST_FINDINGS:
        return record.findings, ()
    first = focus.models if focus else ()
    rules: dict[str, list[Finding]] = {}
    for finding in sorted(most_severe_first(record.findings, lambda one: one), key=lambda one: one.model not in first):
        rules.setdefault(finding.code, []).append(finding)
    printed = tuple(finding for found in rules.values() for finding in found[:EACH])
    more = []
    for code, found in sorted(rules.items()):
        rest = found[EACH:]
        if rest:
            models = formatting.listed(list(dict.fromkeys(one.model for one in rest)))
            more.append(f"{len(rest)} more {code} findings ({rest[0].title}) on {models}: see results.json.")
    return printed, tuple(more)
