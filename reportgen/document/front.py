"""Page one: the decision, the checks, the gravest findings, and what a section offers beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.document.order import gravest_first
from reportgen.document.tree import CheckLine, FrontPage, LocatedFinding, Verdict
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Drawing

_GRAVEST_STATES = ("FAIL", "ERROR", "WARN", "SKIPPED", "PASS")
GRAVEST = 3
"""How many findings page one shows."""
MOST_CHECKS = 16
"""Lines of checks up to which every model has its own on page one."""
_NAMED = 8
"""Sections and checks that the sentence about a partial run names."""


def front_page(
    results: Results,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
) -> FrontPage:
    """Return page one: the decision always; a table and the dashboard of the section that offers them."""
    record = next((record for record in results.sections if record.manifest.on_front_page), None)
    located = tuple(LocatedFinding(section, finding) for section, finding in results.findings())
    grave = gravest_first(
        [item for item in located if item.finding.severity != "note"], lambda item: item.finding.severity
    )
    return FrontPage(
        verdict=_verdict(results),
        checks=_lines(results.checks),
        performance=next(iter(tables.get(record.id, ())), None) if record else None,
        findings=grave[:GRAVEST],
        n_findings=len(located),
        text=record.text if record else None,
        dashboard=drawings.get(record.id, ()) if record else (),
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


def _verdict(results: Results) -> Verdict:
    """Return the decision; of a partial run also what was not checked."""
    if not results.left_out:
        return _decision(results.checks)
    checked = tuple(check for check in results.checks if check.section not in results.left_out)
    addresses = list(dict.fromkeys(check.address for check in results.checks if check.section in results.left_out))
    decision = _decision(checked)
    if addresses and not checked:
        decision = Verdict("NONE", "No decision", "No check was evaluated.")
    rest = f"; not checked: {formatting.listed(addresses, _NAMED)}" if addresses else ""
    partial = f"Partial run without {formatting.listed(results.left_out, _NAMED)}{rest}."
    return replace(decision, headline=f"{decision.headline} (partial run)", sentence=f"{decision.sentence} {partial}")


def _decision(checks: tuple[CheckOutcome, ...]) -> Verdict:
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
