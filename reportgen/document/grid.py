"""The checks as a grid of checks and models, and what would change the verdict."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table
from reportgen.document.choice import recommended, subjects
from reportgen.document.tree import CheckGrid, CheckLine, CheckRow
from reportgen.text import formatting, outcomes
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.contract.tables import Cell

STATES = ("FAIL", "ERROR", "WARN", "SKIPPED", "PASS")
"""The most serious first."""
MOST_CHECKS = 10
"""Maximum number of checks with a row on page one."""
MOST_MODELS = 4
"""Maximum number of models with a column on page one."""
_OF_ROWS = {"class", "slice"}
"""Kinds of parts that have rows of their own."""
MOST_MARGINS = 9
"""Maximum number of rows of the table of margins."""


def check_grid(results: Results) -> CheckGrid | None:
    """Return the checks of page one, the most serious first; None without checks."""
    lines = worst(results.checks)
    if not lines:
        return None
    names = _columns(results)
    others = [model.name for model in results.models if model.name not in names]
    checks: dict[tuple[object, ...], dict[str, CheckLine]] = {}
    for line in lines:
        checks.setdefault(_check(line.outcome), {})[line.outcome.model] = line
    rows = [
        CheckRow(
            example=next(iter(of.values())).outcome,
            cells=tuple(of.get(name) for name in names),
            rest=_tally(of[name].outcome.state for name in others if name in of),
        )
        for of in sorted(checks.values(), key=lambda of: min(severity_order(line.outcome) for line in of.values()))
    ]
    return CheckGrid(names, tuple(rows[:MOST_CHECKS]), len(others), len(rows))


def worst(checks: Iterable[CheckOutcome]) -> list[CheckLine]:
    """Return one line per check and model: its worst outcome, for ties the closest to the limit."""
    groups: dict[tuple[object, ...], list[CheckOutcome]] = {}
    for check in checks:
        groups.setdefault((*_check(check), check.model), []).append(check)
    return [_line(group) for group in groups.values()]


def _line(group: Sequence[CheckOutcome]) -> CheckLine:
    first = min(group, key=severity_order)
    alike = [check for check in sorted(group, key=severity_order) if check is not first and check.state == first.state]
    return CheckLine(first, len(group) - 1, tuple(alike))


def severity_order(check: CheckOutcome) -> tuple[int, bool, float]:
    """Return a sort key: the most serious state first, within it what is within its interval, then the smallest margin."""
    unsure = check.state != "PASS" or check.standing != "within the interval"
    return STATES.index(check.state), unsure, 0.0 if check.margin is None else check.margin


def closest(results: Results) -> str:
    """Return a sentence about the check of the candidate closest to its limit in widths of its interval; empty if all are clear of theirs, or where many models are compared."""
    found = [
        line.outcome
        for line in worst(results.checks)
        if results.decision.concerns(line.outcome.model)
        and line.outcome.margin is not None
        and line.outcome.standing == "within the interval"
        and _interval(line.outcome)
    ]
    if not found or results.compares_many:
        return ""
    check = min(found, key=lambda one: abs(one.margin or 0.0) / _interval(one))
    whose = check.subject.words if results.decision.candidate and check.subject else about(check.model, check.subject)
    return f"Least certain: {in_a_sentence(check.title)} of {whose} {_distance(check)}{_settled(check)}."


def margins(results: Results) -> Table | None:
    """Return the table of what would change the verdict: the margin of each check, in a comparison of the recommended or leading models; None without one."""
    named = subjects(results)
    lines = [
        line
        for line in worst(results.checks)
        if line.outcome.margin is not None
        and (line.outcome.model in named or (not named and results.decision.concerns(line.outcome.model)))
    ]
    rows: list[tuple[Cell, ...]] = [
        (
            f"{check.title}, {outcomes.condition(check)}",
            about(check.model, check.subject),
            check.metric,
            _distance(check),
            _to_settle(check),
        )
        for check in sorted((line.outcome for line in lines), key=severity_order)[:MOST_MARGINS]
    ]
    if not rows:
        return None
    columns = (
        Column("Check", numeric=False),
        Column("Worst value of", numeric=False),
        Column("Value"),
        Column("Margin", numeric=False),
        Column("To settle it", numeric=False),
    )
    rest = f" {len(lines) - MOST_MARGINS} more are in results.json." if len(lines) > MOST_MARGINS else ""
    note = f"To settle it: number of rows, for a class of its rows, from which on the interval would exclude the limit, if the value stayed the same.{rest}"
    if named:
        only = f" Only those of {formatting.joined(named, MOST_MODELS)}."
        return Table(
            "margins", "What would change the outcome of checks", columns, tuple(rows), note + only, place="body"
        )
    return Table("margins", "What would change this verdict", columns, tuple(rows), note, place="body")


def _check(check: CheckOutcome) -> tuple[object, ...]:
    return check.address, check.low, check.high, check.on, check.change, check.severity


def _columns(results: Results) -> tuple[str, ...]:
    """Return the models with a column: those with a role or recommended first, then those in focus, then those of the spec."""
    focus = results.focus.models if results.focus else ()
    taken = recommended(results)
    chosen = () if taken is None else (taken,)
    names = dict.fromkeys((*results.decision.models, *chosen, *focus, *(model.name for model in results.models)))
    return tuple(names)[:MOST_MODELS]


def _tally(states: Iterable[str]) -> str:
    """Return how often each state came out, the most serious first.

    >>> _tally(["PASS", "FAIL", "PASS"])
    '1 FAIL, 2 PASS'
    """
    counted = Counter(states)
    return ", ".join(f"{counted[state]} {state}" for state in STATES if counted[state])


def _interval(check: CheckOutcome) -> float:
    """Return the width of a check's interval; 0 without one."""
    metric = check.metric
    return 0.0 if metric is None or metric.ci_low is None or metric.ci_high is None else metric.ci_high - metric.ci_low


def _distance(check: CheckOutcome) -> str:
    """Return the margin in the check's unit, and in examples."""
    margin = check.margin or 0.0
    if not margin:
        return "exactly at the limit"
    words = f"{'passes' if margin >= 0 else 'misses'} by {formatting.size(margin, check.unit)}{outcomes.end_of(check)}"
    if check.margin_count is None or check.metric is None or check.metric.n is None:
        return words
    more = " more" if margin < 0 and check.margin_count else ""
    return f"{words} ({f'{check.margin_count:,}' if check.margin_count else 'none'}{more} of {check.metric.n:,})"


def _to_settle(check: CheckOutcome) -> str:
    if check.standing == "clear":
        return "settled"
    if check.standing != "within the interval":
        return "no interval"
    return "not by 10 times as many" if check.n_to_settle is None else formatting.estimate(check.n_to_settle)


def _settled(check: CheckOutcome) -> str:
    """Return the end of the sentence on the closest check."""
    if check.n_to_settle is None:
        return "; not even 10 times as many examples would settle it"
    now = f", not {check.metric.n:,}," if check.margin_count is None and check.metric and check.metric.n else " in all"
    of = f" of {check.subject.words}" if check.subject and check.subject.kind in _OF_ROWS else ""
    return f"; {formatting.estimate(check.n_to_settle)} examples{of}{now} would settle it"
