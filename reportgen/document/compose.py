"""From results and drawn figures to the document tree: page one, body, appendix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.card import ITEMS
from reportgen.contract.statements import TOPICS
from reportgen.document import grid
from reportgen.document.choice import trailing
from reportgen.document.coverage import coverage
from reportgen.document.detail import MOST_ROWS
from reportgen.document.front import explains, front_page
from reportgen.document.numbering import numbered
from reportgen.document.order import most_severe_first
from reportgen.document.provenance import provenance
from reportgen.document.rules import rule_entries
from reportgen.document.tree import Chapter, Document, Part, Term
from reportgen.plan.splits import OF_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.analysis.results import Results, SectionRecord
    from reportgen.contract.findings import Finding
    from reportgen.contract.focus import Focus
    from reportgen.contract.galleries import Gallery
    from reportgen.contract.places import Place
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Drawing

MOST_FINDINGS, EACH = 12, 3
"""Maximum number of findings of a part of a chapter that are all printed, and otherwise the number per rule. Convention."""
MOST_RULES, MOST_TABLES = 2, 2
"""Maximum number of findings, one per rule, and of tables of a chapter in the body of a comparison of many models. Convention."""


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
    records = _ordered(results)
    summary = next((record for record in results.sections if record.manifest.on_front_page), None)
    headlines = next(iter(tables.get(summary.id, ())), None) if summary else None
    ranked = results.compares_many and headlines is not None and not explains(results)
    picture = None if ranked else _picture(results, [one for record in records for one in drawings.get(record.id, ())])
    return numbered(
        Document(
            results=results,
            digest=results.digest,
            front=front_page(results, picture and replace(picture, tables=()), tables),
            key_numbers=None if results.decision.candidate is None and not results.compares_many else headlines,
            margins=grid.margins(results),
            dashboard=next(iter(drawings.get(summary.id, ())), None) if summary else None,
            chapters=tuple(
                _chapter(record, drawings, tables, galleries, failures, results, picture) for record in records
            ),
            card=tuple(
                (title, getattr(results.card, item)) for item, title in ITEMS.items() if results.card.states(item)
            ),
            not_stated=tuple(title for item, title in ITEMS.items() if not results.card.states(item)),
            coverage=coverage(results),
            provenance=provenance(results),
            terms=tuple(
                Term(f"{record.id}.{spec.name}", spec)
                for record in results.sections
                if record.status == "ok"
                for spec in record.manifest.metrics
            ),
            rules=rule_entries(results),
        )
    )


def _picture(results: Results, drawn: Sequence[Drawing]) -> Drawing | None:
    """Return the picture of page one: the first figure that is offered for it; of a single model otherwise the first of the body."""
    offered = next((one for one in drawn if one.place == "front"), None)
    if offered is not None or len(results.models) > 1:
        return offered
    return next((one for one in drawn if one.place == "body"), None)


def _ordered(results: Results) -> list[SectionRecord]:
    """Return the sections with a chapter: in the order of the decision, or of the spec."""
    records = [record for record in results.sections if not record.manifest.on_front_page]
    if results.output.order == "decision":
        records.sort(key=_relevance)
    return records


def _relevance(record: SectionRecord) -> int:
    topic = record.manifest.topic
    return len(TOPICS) if topic is None else TOPICS.index(topic)


def _chapter(
    record: SectionRecord,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
    galleries: Mapping[str, tuple[Gallery, ...]],
    failures: Mapping[str, str],
    results: Results,
    picture: Drawing | None,
) -> Chapter:
    section = record.manifest
    failure = failures.get(record.id)
    about = [finding for finding in record.findings if results.concerns(finding)]
    others = [finding for finding in record.findings if not results.concerns(finding)]
    if results.compares_many:
        behind_others = trailing(results)
        serious = _most_serious([one for one in about if one.model not in behind_others], results.focus)
        about, others = serious, [one for one in about if one not in serious]
    needs_action = any(finding.severity != "note" for finding in about)

    def in_the_body(place: Place) -> bool:
        return place in {"front", "body"} or (place == "finding" and needs_action)

    drawn = drawings.get(record.id, ())
    figures = [drawing for drawing in drawn if drawing is not picture]
    behind = [table for drawing in drawn if drawing is picture for table in drawing.tables]
    own = [*behind, *tables.get(record.id, ())]
    here = [one for one in own if in_the_body(one.place)]
    if results.compares_many:
        here = [one for one in here if len(one.rows) <= MOST_ROWS][:MOST_TABLES]
    return Chapter(
        id=record.id,
        kind=section.name,
        title=record.title,
        question=section.question,
        text=record.text,
        statements=record.statements,
        body=_part(
            about,
            [one for one in figures if in_the_body(one.place)],
            here,
            results.focus,
        ),
        appendix=_part(
            others,
            [one for one in figures if not in_the_body(one.place)],
            [one for one in own if one not in here],
            results.focus,
            of_others=not results.compares_many,
        ),
        galleries=galleries.get(record.id, ()),
        status="failed" if failure else record.status,
        reason=failure or record.reason,
        template=section.template,
        topic=section.topic,
        measured_on=_measured_on(record, results),
        has_open_check=any(
            check.section == record.id
            and check.state not in {"PASS", "SKIPPED"}
            and results.decision.concerns(check.model)
            for check in results.checks
        ),
    )


def _measured_on(record: SectionRecord, results: Results) -> str | None:
    """Return which split a section is measured on, if the sections of the report differ in it."""
    several = any(other.split is not None for other in results.sections)
    if not several or not record.manifest.analyzer.needs & OF_ROWS or record.result is None:
        return None
    data = next((one for one in results.splits if one.split == record.split), results.data)
    return None if data is None else f"Measured on {data.n:,} rows of the {data.split} split."


def _part(
    findings: list[Finding],
    drawings: list[Drawing],
    tables: list[Table],
    focus: Focus | None,
    *,
    of_others: bool = False,
) -> Part:
    printed, named = _printed(findings, focus)
    ordered = most_severe_first(printed, lambda finding: finding)
    return Part(ordered, tuple(drawings), tuple(tables), named, of_others=of_others)


def _printed(findings: list[Finding], focus: Focus | None) -> tuple[list[Finding], tuple[Finding, ...]]:
    """Return the findings to print, a few per rule with the models in focus first, and those to name."""
    if len(findings) <= MOST_FINDINGS:
        return findings, ()
    rules = _by_rule(findings, focus)
    printed = [finding for found in rules for finding in found[:EACH]]
    return printed, tuple(finding for found in rules for finding in found[EACH:])


def _most_serious(findings: list[Finding], focus: Focus | None) -> list[Finding]:
    """Return the most serious findings, one of each rule."""
    return list(most_severe_first([found[0] for found in _by_rule(findings, focus)], lambda one: one))[:MOST_RULES]


def _by_rule(findings: list[Finding], focus: Focus | None) -> list[list[Finding]]:
    """Return the findings of each rule, the most serious first, before them those about the models in focus."""
    first = focus.models if focus else ()
    rules: dict[str, list[Finding]] = {}
    for finding in sorted(most_severe_first(findings, lambda one: one), key=lambda one: one.model not in first):
        rules.setdefault(finding.code, []).append(finding)
    return list(rules.values())
