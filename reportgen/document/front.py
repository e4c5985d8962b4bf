"""Page one: the decision, the checks, the most serious findings, and the panels that a section offers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.document.order import most_severe_first
from reportgen.document.provenance import earlier_use
from reportgen.document.tree import CheckLine, FrontPage, LocatedFinding, Verdict
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.contract.tables import Table
    from reportgen.document.tree import Drawing

_STATES_BY_SEVERITY = ("FAIL", "ERROR", "WARN", "SKIPPED", "PASS")
MOST_SERIOUS = 3
"""Number of findings on page one."""
MOST_CHECKS = 12
"""Maximum number of check lines with one line per model on page one."""
_NAMED = 8
"""Maximum number of sections and checks that the sentence about a partial run names."""


def front_page(
    results: Results,
    drawings: Mapping[str, tuple[Drawing, ...]],
    tables: Mapping[str, tuple[Table, ...]],
) -> FrontPage:
    """Return page one: always the decision; table and dashboard if a section offers them."""
    record = next((record for record in results.sections if record.manifest.on_front_page), None)
    located = tuple(LocatedFinding(section, finding) for section, finding in results.findings())
    severe = most_severe_first((item for item in located if item.finding.severity != "note"), lambda item: item.finding)
    return FrontPage(
        verdict=_verdict(results),
        checks=_lines(results.checks),
        performance=next(iter(tables.get(record.id, ())), None) if record else None,
        rows=_rows(results),
        selection=_selection(results),
        findings=severe[:MOST_SERIOUS],
        n_findings=len(located),
        text=record.text if record else None,
        dashboard=drawings.get(record.id, ()) if record else (),
    )


def _lines(checks: tuple[CheckOutcome, ...]) -> tuple[CheckLine, ...]:
    """Return one line per check and model: its worst outcome, for ties the closest to the limit; the worst first."""
    groups: dict[tuple[object, ...], list[CheckOutcome]] = {}
    for check in checks:
        key = (check.address, check.model, check.low, check.high, check.severity)
        groups.setdefault(key, []).append(check)
    lines = [CheckLine(min(group, key=_severity_order), len(group) - 1) for group in groups.values()]
    if len(lines) > MOST_CHECKS:
        lines = _joined(lines)
    return tuple(sorted(lines, key=lambda line: _STATES_BY_SEVERITY.index(line.outcome.state)))


def _joined(lines: list[CheckLine]) -> list[CheckLine]:
    """Join the lines of a check with the same outcome for several models: the worst, and the number of others."""
    groups: dict[tuple[object, ...], list[CheckLine]] = {}
    for line in lines:
        check = line.outcome
        key = (check.address, check.low, check.high, check.severity, check.state)
        groups.setdefault(key, []).append(line)
    worst = [(min(group, key=lambda line: _severity_order(line.outcome)), len(group) - 1) for group in groups.values()]
    return [replace(line, models=more) for line, more in worst]


def _severity_order(check: CheckOutcome) -> tuple[int, int, float]:
    value = None if check.metric is None else check.metric.value
    margins = [] if value is None else [value - check.low] if check.low is not None else []
    if value is not None and check.high is not None:
        margins.append(check.high - value)
    unsure = check.state != "PASS" or check.standing != "within the interval"
    return _STATES_BY_SEVERITY.index(check.state), unsure, min(margins, default=0.0)


def _rows(results: Results) -> str:
    """Return what follows the number of rows: the groups that they are in, and the effective number of weighted rows."""
    data, words = results.data, []
    if data is not None and data.groups is not None:
        words.append(f"in {data.groups:,} groups ({data.grouped_by})")
    if data is not None and data.effective_n is not None:
        words.append(f"with an effective n of {data.effective_n:,.0f}")
    return " ".join(words)


def _selection(results: Results) -> str:
    """Return how many models were compared on the rows, and what these were used for before."""
    if results.data is None:
        return ""
    count = sum(any(head.status == "ok" for head in model.heads) for model in results.models)
    sentences = []
    if count > 1:
        sentences.append(
            f"{count} models were compared on these {results.data.n:,} rows, so the highest number is optimistic: confirm the "
            "chosen model on fresh data."
        )
    if results.data.groups is not None:
        sentences.append(
            f"Intervals and tests are clustered by {results.data.grouped_by}, {results.data.groups:,} groups."
        )
    optimistic = ", so every number on them is optimistic" if results.data.used_for else ""
    sentences.append(f"Earlier use of these rows: {earlier_use(results.data)}{optimistic}.")
    return " ".join(sentences)


def _verdict(results: Results) -> Verdict:
    """Return the decision; for a partial run also what was not checked."""
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
        return Verdict("NONE", "No decision", "The spec has no checks, so this report makes no decision.")
    states = [check.state for check in checks]
    failed, errors = states.count("FAIL"), states.count("ERROR")
    warned, skipped = states.count("WARN"), states.count("SKIPPED")
    counted = [
        _count(failed, "failed"),
        _count(errors, "could not be decided because the value was not measured"),
        _count(warned, "raised a warning"),
        _count(skipped, "skipped"),
        _count(states.count("PASS"), f"passed{_clearly(checks)}"),
    ]
    sentence = f"Of {len(checks)} checked values, " + ", ".join(part for part in counted if part) + "."
    if failed or errors:
        return Verdict("FAIL", "Does not pass its checks", sentence)
    if warned:
        return Verdict("WARN", "Passes its checks, with warnings", sentence)
    if skipped == len(checks):
        return Verdict("NONE", "No decision", "Every check was skipped.")
    return Verdict("PASS", "Passes its checks", sentence)


def _clearly(checks: tuple[CheckOutcome, ...]) -> str:
    """Return how many values passed with their whole interval; nothing where a results file does not have it."""
    standings = [check.standing for check in checks if check.state == "PASS"]
    return "" if None in standings else f" ({standings.count('clear') or 'none'} clearly)"


def _count(number: int, words: str) -> str:
    return f"{number} {words}" if number else ""
