"""The verdict: a headline and a sentence, derived from the checks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.card import STATED
from reportgen.contract.subjects import about
from reportgen.document.tree import Verdict
from reportgen.text import formatting
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    if all(check.state == "SKIPPED" for check in checks):
        return Verdict("NONE", "No decision", f"{who}Every check was skipped.")
    candidate = results.decision.candidate
    own = [check for check in checks if candidate in {None, check.model}]
    others = [check for check in checks if candidate not in {None, check.model}]
    several = f"Of {len(own)} checked values, {_outcomes(own, results)}"
    sentences = [f"{who}{several if len(own) > 1 else _only(own[0], results)}."] if own else []
    if others:
        sentences.append(f"Other models: {_outcomes(others, results, how_clearly=False)}.")
    return Verdict(_state(checks), _headline(results, checks), " ".join(sentences))


def _only(check: CheckOutcome, results: Results) -> str:
    """Return how the only checked value came out."""
    if check.state != "PASS":
        return f"The only checked value {_outcomes([check], results).removeprefix('1 ')}"
    return f"The only checked value, {_named(check, results)}, passed{' clearly' if check.standing == 'clear' else ''}"


def _outcomes(checks: Sequence[CheckOutcome], results: Results, *, how_clearly: bool = True) -> str:
    """Return how many checks came out how."""
    of = {
        state: [check for check in checks if check.state == state]
        for state in ("FAIL", "ERROR", "WARN", "SKIPPED", "PASS")
    }
    counted = [
        _count(of["FAIL"], "failed", results),
        _count(of["ERROR"], "could not be decided", results),
        _count(of["WARN"], "warned", results),
        f"{len(of['SKIPPED'])} skipped" if of["SKIPPED"] else "",
        f"{len(of['PASS'])} passed{_clearly(of['PASS']) if how_clearly else ''}" if of["PASS"] else "",
    ]
    return ", ".join(part for part in counted if part)


def _state(checks: Iterable[CheckOutcome]) -> str:
    """Return the most serious state of some checks."""
    states = {check.state for check in checks}
    return "FAIL" if states & {"FAIL", "ERROR"} else "WARN" if "WARN" in states else "PASS"


def _headline(results: Results, checks: tuple[CheckOutcome, ...]) -> str:
    """Return the verdict on the candidate, or of a comparison how many models pass."""
    subject = results.decision.candidate or (results.models[0].name if len(results.models) == 1 else None)
    if subject is not None:
        own = [check for check in checks if check.model == subject]
        if not own:
            return f"{subject} was not checked"
        state = _state(own)
        end = {"FAIL": "does not pass its checks", "WARN": "passes its checks, with warnings"}
        others = "; another model does not" if state != "FAIL" and _state(checks) == "FAIL" else ""
        return f"{subject} {end.get(state, 'passes its checks')}{others}"
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


def _count(checks: Sequence[CheckOutcome], words: str, results: Results) -> str:
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


def _clearly(checks: Sequence[CheckOutcome]) -> str:
    """Return how many values passed with their whole interval; nothing where a results file does not have it.

    What is stated is stated.
    """
    standings = ["clear" if check.unit == STATED else check.standing for check in checks]
    return "" if None in standings else f" ({standings.count('clear') or 'none'} clearly)"
