"""From results and drawn figures to the document: chapters, front page, provenance, glossary. Format-free."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reportgen.contract.findings import SEVERITIES
from reportgen.contract.focus import MOST_ROWS
from reportgen.contract.tables import Column, Table
from reportgen.document.tree import Chapter, CheckLine, Document, FrontPage, LocatedFinding, Term, Verdict
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reportgen.analysis.results import CheckOutcome, Results, SectionRecord
    from reportgen.contract.findings import Finding
    from reportgen.contract.focus import Focus
    from reportgen.contract.section import Section
    from reportgen.document.tree import Drawing

    Find = Callable[[str], Section[Any, Any]]

_GRAVEST_STATES = ("FAIL", "ERROR", "WARN", "SKIPPED", "PASS")
GRAVEST = 3
"""How many findings page one shows."""
_NAMED = 8
"""Models that a row of the provenance names."""
MOST_CHECKS = 16
"""Lines of checks up to which every model has its own on page one."""
MOST_FINDINGS, EACH = 12, 3
"""Findings of a chapter up to which all are printed; above it, how many of each rule."""


def compose(
    results: Results,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
    failures: Mapping[str, str],
    find: Find,
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
    failures
        Why a section could not be shown, by section id.
    find
        Gives the section of a kind.
    """
    chapters = [record for record in results.sections if not find(record.kind).on_front_page]
    return Document(
        results=results,
        digest=hashlib.sha256(results.to_json().encode()).hexdigest(),
        front=_front(results, drawings, tables, find),
        chapters=tuple(_chapter(record, drawings, tables, failures, find, results.focus) for record in chapters),
        provenance=_provenance(results),
        glossary=tuple(
            Term(f"{record.id}.{spec.name}", spec)
            for record in results.sections
            if record.status == "ok"
            for spec in find(record.kind).metrics
        ),
    )


def _chapter(
    record: SectionRecord,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
    failures: Mapping[str, str],
    find: Find,
    focus: Focus | None,
) -> Chapter:
    section = find(record.kind)
    failure = failures.get(record.id)
    findings, more = _printed(record, focus)
    return Chapter(
        id=record.id,
        kind=section.name,
        title=record.title,
        question=section.question,
        text=record.text,
        findings=_gravest_first(findings, lambda finding: finding.severity),
        more_findings=more,
        drawings=drawings.get(record.id, ()),
        tables=tables.get(record.id, ()),
        status="failed" if failure else record.status,
        reason=failure or record.reason,
        template=section.template,
    )


def _printed(record: SectionRecord, focus: Focus | None) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return the findings to print, and sentences about the others: of each rule a few, about the models in focus first."""
    if len(record.findings) <= MOST_FINDINGS:
        return record.findings, ()
    first = focus.models if focus else ()
    rules: dict[str, list[Finding]] = {}
    for finding in sorted(record.findings, key=lambda one: one.model not in first):
        rules.setdefault(finding.code, []).append(finding)
    printed = tuple(finding for found in rules.values() for finding in found[:EACH])
    more = []
    for code, found in sorted(rules.items()):
        rest = found[EACH:]
        if rest:
            models = formatting.listed(list(dict.fromkeys(one.model for one in rest)))
            more.append(f"{len(rest)} more of {code} ({rest[0].title}), about {models}: all are in results.json.")
    return printed, tuple(more)


def _gravest_first(items: Any, severity: Callable[[Any], str]) -> tuple[Any, ...]:
    order = list(reversed(SEVERITIES))
    return tuple(sorted(items, key=lambda item: order.index(severity(item))))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ page one


def _front(
    results: Results,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
    find: Find,
) -> FrontPage | None:
    record = next((record for record in results.sections if find(record.kind).on_front_page), None)
    if record is None:
        return None
    located = tuple(LocatedFinding(section, finding) for section, finding in results.findings())
    grave = _gravest_first(
        [item for item in located if item.finding.severity != "note"], lambda item: item.finding.severity
    )
    return FrontPage(
        verdict=_verdict(results.checks),
        checks=_lines(results.checks),
        performance=next(iter(tables.get(record.id, ())), None),
        findings=grave[:GRAVEST],
        n_findings=len(located),
        text=record.text,
        dashboard=drawings.get(record.id, ()),
    )


def _lines(checks: tuple[CheckOutcome, ...]) -> tuple[CheckLine, ...]:
    """Give each check one line for a model: its gravest outcome, of equals the nearest to the limit; the gravest first."""
    groups: dict[tuple[object, ...], list[CheckOutcome]] = {}
    for check in checks:
        key = (check.address, check.model, check.low, check.high, check.severity)
        groups.setdefault(key, []).append(check)
    lines = [CheckLine(min(group, key=_gravity), len(group) - 1) for group in groups.values()]
    if len(lines) > MOST_CHECKS:
        lines = _joined(lines)
    return tuple(sorted(lines, key=lambda line: _GRAVEST_STATES.index(line.outcome.state)))


def _joined(lines: list[CheckLine]) -> list[CheckLine]:
    """Join the lines of one check that came out the same for several models: the gravest, and how many more."""
    groups: dict[tuple[object, ...], list[CheckLine]] = {}
    for line in lines:
        check = line.outcome
        key = (check.address, check.low, check.high, check.severity, check.state)
        groups.setdefault(key, []).append(line)
    gravest = [(min(group, key=lambda line: _gravity(line.outcome)), len(group) - 1) for group in groups.values()]
    return [replace(line, models=more) for line, more in gravest]


def _gravity(check: CheckOutcome) -> tuple[int, float]:
    value = None if check.metric is None else check.metric.value
    margins = [] if value is None else [value - check.low] if check.low is not None else []
    if value is not None and check.high is not None:
        margins.append(check.high - value)
    return _GRAVEST_STATES.index(check.state), min(margins, default=0.0)


def _verdict(checks: tuple[CheckOutcome, ...]) -> Verdict:
    if not checks:
        return Verdict(
            "NONE", "No decision", "The spec sets no checks: this report states numbers and decides nothing."
        )
    states = [check.state for check in checks]
    failed, errors = states.count("FAIL"), states.count("ERROR")
    warned, skipped = states.count("WARN"), states.count("SKIPPED")
    counted = [
        _count(failed, "failed"),
        _count(errors, "could not be decided because the number was not measured"),
        _count(warned, "gave a warning"),
        _count(skipped, "skipped"),
        _count(states.count("PASS"), "passed"),
    ]
    sentence = f"Of {len(checks)} checked numbers, " + ", ".join(part for part in counted if part) + "."
    if failed or errors:
        return Verdict("FAIL", "Does not pass its checks", sentence)
    if warned:
        return Verdict("WARN", "Passes its checks, with warnings", sentence)
    if skipped == len(checks):
        return Verdict("NONE", "No decision", "Every check was skipped: nothing was decided.")
    return Verdict("PASS", "Passes its checks", sentence)


def _count(number: int, words: str) -> str:
    return f"{number} {words}" if number else ""


# ------------------------------------------------------------------------------------------------ provenance


def _provenance(results: Results) -> tuple[Table, ...]:
    return (_files(results), _heads(results), _environment(results))


def _files(results: Results) -> Table:
    rows: list[tuple[str, str, str]] = [("spec", results.spec.file, results.spec.sha256)]
    order = [model.name for model in results.models] if results.focus is None else results.focus.order[:MOST_ROWS]
    for model in results.models:
        if model.name not in order:
            continue
        rows.append((f"model {model.name}", model.file, model.sha256 or formatting.MISSING))
        if model.history is not None:
            rows.append((f"history of {model.name}", model.history.file, model.history.sha256))
    if results.data is not None:
        rows += [(f"data ({results.data.split})", item.file, item.sha256) for item in results.data.files]
    columns = (Column("What", numeric=False), Column("File", numeric=False), Column("SHA-256", numeric=False))
    total = len(results.models)
    note = "" if len(order) == total else f"{len(order)} of {total} models; the others are in results.json."
    return Table("files", "Files", columns, tuple(rows), note)


def _heads(results: Results) -> Table:
    """Tell for every output by which rule it was decided what it is; outputs that were read alike share a row."""
    columns = tuple(Column(title, numeric=False) for title in ("Model", "Output", "Task", "Puts out", "Labels"))
    alike: dict[tuple[str, ...], list[str]] = {}
    for model in results.models:
        for head in model.heads:
            cells = (
                head.name,
                f"{head.task} ({head.task_rule})",
                f"{head.outputs} ({head.outputs_rule})",
                f"{head.labels} ({head.labels_rule})",
            )
            alike.setdefault(cells, []).append(model.name)
    rows = tuple((formatting.listed(models, _NAMED), *cells) for cells, models in alike.items())
    apart = [f"The data did not go through {model.name}: {model.reason}." for model in results.models if model.reason]
    more = f" {len(apart) - _NAMED} more are in results.json." if len(apart) > _NAMED else ""
    return Table("outputs", "How the outputs were read", columns, rows, " ".join(apart[:_NAMED]) + more)


def _environment(results: Results) -> Table:
    rows = [("reportgen", results.reportgen), *results.versions.items(), ("created", results.created)]
    if results.data is not None:
        rows.append(("rows evaluated", f"{results.data.n:,} of {results.data.n_total:,} ({results.data.sampling})"))
        rows.append(("seed", str(results.data.seed)))
    rows += [("override", override) for override in results.spec.overrides]
    columns = (Column("What", numeric=False), Column("Value", numeric=False))
    return Table("environment", "Environment", columns, tuple(rows))
