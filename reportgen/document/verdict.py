"""The verdict: a headline and a sentence, derived from the checks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.document.tree import Verdict
from reportgen.text import formatting
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from reportgen.analysis.results import CheckOutcome, Results

_NAMED = 8
"""Maximum number of sections and checks that the sentence about a partial run names."""
_BLOCKERS = 3
"""Maximum number of failed checks that the verdict names."""


def verdict(results: Results) -> Verdict:
    """Return the decision; for a partial run also what was not checked."""
    if not results.left_out:
        return _decision(results, results.checks)
    checked = tuple(check for check in results.checks if check.section not in results.left_out)
    addresses = list(dict.fromkeys(check.address for check in results.checks if check.section in results.left_out))
    decision = _decision(results, checked)
    if addresses and not checked:
        decision = Verdict("NONE", "No decision", "No check was evaluated.")
    rest = f"; not checked: {formatting.listed(addresses, _NAMED)}" if addresses else ""
    partial = f"Partial run without {formatting.listed(results.left_out, _NAMED)}{rest}."
    return replace(decision, headline=f"{decision.headline} (partial run)", sentence=f"{decision.sentence} {partial}")


def _decision(results: Results, checks: tuple[CheckOutcome, ...]) -> Verdict:
    who = _who(results)
    if not checks:
        return Verdict("NONE", "No decision", f"{who}The spec has no checks, so this report makes no decision.")
    of = {
        state: [check for check in checks if check.state == state]
        for state in ("FAIL", "ERROR", "WARN", "SKIPPED", "PASS")
    }
    counted = [
        _count(of["FAIL"], "failed", results),
        _count(of["ERROR"], "could not be decided because the value was not measured", results),
        _count(of["WARN"], "raised a warning", results),
        f"{len(of['SKIPPED'])} skipped" if of["SKIPPED"] else "",
        f"{len(of['PASS'])} passed{_clearly(of['PASS'])}" if of["PASS"] else "",
    ]
    sentence = f"{who}Of {len(checks)} checked values, " + ", ".join(part for part in counted if part) + "."
    if len(of["SKIPPED"]) == len(checks):
        return Verdict("NONE", "No decision", f"{who}Every check was skipped.")
    state = "FAIL" if of["FAIL"] or of["ERROR"] else "WARN" if of["WARN"] else "PASS"
    return Verdict(state, _headline(results, checks, state), sentence)


def _headline(results: Results, checks: tuple[CheckOutcome, ...], state: str) -> str:
    """Return the verdict on the candidate, or of a comparison how many models pass."""
    subject = results.decision.candidate or (results.models[0].name if len(results.models) == 1 else None)
    if subject is not None:
        end = {"FAIL": "does not pass its checks", "WARN": "passes its checks, with warnings"}
        return f"{subject} {end.get(state, 'passes its checks')}"
    states: dict[str, list[str]] = {}
    for check in checks:
        states.setdefault(check.model, []).append(check.state)
    passing = sum(set(found) == {"PASS"} for found in states.values())
    return f"{passing} of {len(states)} checked models {'passes' if passing == 1 else 'pass'} every check"


def _who(results: Results) -> str:
    """Return what the decision is about."""
    decision = results.decision
    if decision.candidate is None and len(results.models) > 1:
        return f"A comparison of {len(results.models)} models without a candidate. "
    return ""


def _count(checks: list[CheckOutcome], words: str, results: Results) -> str:
    """Return how many checks came out so, and which."""
    if not checks:
        return ""
    named = [_named(check, results) for check in checks]
    return f"{len(checks)} {words} ({formatting.listed(named, _BLOCKERS)})"


def _named(check: CheckOutcome, results: Results) -> str:
    """Return a check in a few words, with its model unless it is the candidate, and its value."""
    title = in_a_sentence(check.title)
    whose = None if results.decision.candidate == check.model else check.model
    part = check.subject.words if check.subject else None
    where = about(whose, check.subject) if whose else part
    value = formatting.checked(check).text
    return f"{title}{f' of {where}' if where else ''} {value}"


def _clearly(checks: list[CheckOutcome]) -> str:
    """Return how many values passed with their whole interval; nothing where a results file does not have it."""
    standings = [check.standing for check in checks]
    return "" if None in standings else f" ({standings.count('clear') or 'none'} clearly)"
