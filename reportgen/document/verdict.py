"""The verdict: a headline and a sentence, derived from the checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.document.choice import recommended, severe
from reportgen.document.grid import STATES, worst
from reportgen.document.tree import Verdict
from reportgen.text import formatting, outcomes
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.document.tree import CheckLine

_NAMED = 8
"""Maximum number of sections and checks that the sentence about a partial run names."""
_BLOCKERS = 3
"""Maximum number of failed checks, and of parts of each, that the verdict names."""
_PLURALS = {"class": "classes", "layer": "layers", "tensor": "tensors"}
"""Parts of a model, of which several are named."""


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
    who = "" if _single(results) else f"{_compared(results)}. "
    if not checks:
        return Verdict("NONE", "No decision", f"{who}The spec has no checks, so this report makes no decision.")
    if all(check.state == "SKIPPED" for check in checks):
        return Verdict("NONE", "No decision", f"{who}Every check was skipped.")
    if results.compares_many:
        return Verdict(_state(checks), _headline(results, checks), f"{_passing(checks)}{_not_passing(checks)}.")
    candidate = results.decision.candidate
    lines = worst(checks)
    own = [line for line in lines if candidate in {None, line.outcome.model}]
    others = [line for line in lines if candidate not in {None, line.outcome.model}]
    several = f"Of {len(own)} checks, {_outcomes(own, results)}"
    passing = f"{_passing(checks)}. " if len({check.model for check in checks}) > 1 and not _single(results) else ""
    sentences = [f"{passing}{several if len(own) > 1 else _only(own[0], results)}."] if own else []
    if any(line.outcome.state not in {"PASS", "SKIPPED"} for line in others):
        sentences.append(f"Other models: {_outcomes(others, results, of_others=True)}.")
    state = _state(checks)
    if state == "PASS" and _single(results) is not None and severe(results):
        state = "WARN"
    return Verdict(state, _headline(results, checks), " ".join(sentences))


def _single(results: Results) -> str | None:
    """Return the model that the verdict is about; None in a comparison."""
    return results.decision.candidate or (results.models[0].name if len(results.models) == 1 else None)


def _to_weigh(results: Results) -> str:
    """Return the end of the headline of a model that passes: the findings that need action."""
    findings = [item.finding for item in severe(results)]
    if not findings:
        return ""
    verb = "resolve" if any(one.severity == "problem" for one in findings) else "review"
    return f"{len(findings)} finding{'s' if len(findings) > 1 else ''} to {verb}"


def _only(line: CheckLine, results: Results) -> str:
    """Return how the only check came out."""
    if line.outcome.state != "PASS":
        return f"The only check {_outcomes([line], results).removeprefix('1 ')}"
    return f"The only check passed{_unsettled([_is_unsettled(line.outcome)])} ({_named(line, results)})"


def _outcomes(lines: Sequence[CheckLine], results: Results, *, of_others: bool = False) -> str:
    """Return how many checks came out how, and which did not pass."""
    of = {
        state: [line for line in lines if line.outcome.state == state]
        for state in ("FAIL", "ERROR", "WARN", "SKIPPED", "PASS")
    }
    counted = [
        *(
            _count(of[state], words, results)
            for state, words in (("FAIL", "failed"), ("ERROR", "could not be decided"), ("WARN", "warned"))
        ),
        f"{len(of['SKIPPED'])} skipped" if of["SKIPPED"] else "",
        f"{len(of['PASS'])} passed{'' if of_others else _unsettled([_is_unsettled(line.outcome) for line in of['PASS']])}"
        if of["PASS"]
        else "",
    ]
    return ", ".join(part for part in counted if part)


def _state(checks: Iterable[CheckOutcome]) -> str:
    """Return the most serious state of some checks."""
    states = {check.state for check in checks}
    return "FAIL" if states & {"FAIL", "ERROR"} else "WARN" if "WARN" in states else "PASS"


def _headline(results: Results, checks: tuple[CheckOutcome, ...]) -> str:
    """Return the verdict on the candidate, or what a comparison is."""
    subject = _single(results)
    if subject is None:
        return f"No release decision: {_compared(results)}"
    own = [check for check in checks if check.model == subject]
    if not own:
        return f"{subject} was not checked"
    state, lines = _state(own), worst(own)
    warned = sum(line.outcome.state == "WARN" for line in lines)
    warnings = f"{warned} warning{'s' if warned > 1 else ''}"
    its = "its only check" if len(lines) == 1 else "its checks"
    if state == "FAIL":
        return f"{subject} does not pass {its}"
    others = "; another model does not" if _state(checks) == "FAIL" else ""
    weigh = " and ".join(filter(None, (warnings if warned else "", "" if others else _to_weigh(results))))
    return f"{subject} passes {its}{f', with {weigh}' if weigh else ''}{others}"


def _compared(results: Results) -> str:
    return f"{len(results.models)} models are compared{'' if recommended(results) is None else ', 1 is suggested'}"


def _passing(checks: Iterable[CheckOutcome]) -> str:
    """Return how many models of a comparison pass every check."""
    models = _by_model(checks)
    passing = [own for own in models.values() if all(check.state == "PASS" for check in own)]
    unsure = _unsettled([any(map(_is_unsettled, own)) for own in passing])
    every = "the check" if all(len(own) == 1 for own in models.values()) else "every check"
    return f"{len(passing)} of {len(models)} checked models {'passes' if len(passing) == 1 else 'pass'} {every}{unsure}"


def _not_passing(checks: Iterable[CheckOutcome]) -> str:
    """Return how many models do not, by the most serious state of a check."""
    states: Counter[str] = Counter(
        min((check.state for check in own), key=STATES.index) for own in _by_model(checks).values()
    )
    words = {
        "FAIL": ("fails one", "fail one"),
        "ERROR": ("could not be decided",) * 2,
        "WARN": ("has a warning", "have a warning"),
    }
    return "".join(
        f", {states[state]} {one if states[state] == 1 else many}"
        for state, (one, many) in words.items()
        if states[state]
    )


def _by_model(checks: Iterable[CheckOutcome]) -> dict[str, list[CheckOutcome]]:
    models: dict[str, list[CheckOutcome]] = {}
    for check in checks:
        models.setdefault(check.model, []).append(check)
    return models


def _count(lines: Sequence[CheckLine], words: str, results: Results) -> str:
    """Return how many checks came out so, and which."""
    if not lines:
        return ""
    named, rest = [_named(line, results) for line in lines[:_BLOCKERS]], len(lines) - _BLOCKERS
    return f"{len(lines)} {words} ({'; '.join([*named, *([f'{rest} more'] if rest > 0 else [])])})"


def _named(line: CheckLine, results: Results) -> str:
    """Return a check in a few words, with its model unless it is the candidate, its worst value, and the other parts that came out so."""
    check = line.outcome
    whose = None if results.decision.candidate == check.model else check.model
    value = outcomes.tested(check)
    beyond = outcomes.beyond(check) if check.state in {"FAIL", "WARN"} else ""
    if beyond:
        value += f", {beyond}{_unsettled([_is_unsettled(check)])}"
    title, alike = in_a_sentence(check.title), () if check.state == "PASS" else line.alike
    parts = _together([check, *alike])
    if parts:
        return f"{title} of {f'{whose}, ' if whose else ''}{parts}, worst {value}"
    part = check.subject.words if check.subject else None
    where = about(whose, check.subject) if whose else part
    return f"{title}{f' of {where}:' if where else ''} {value}{f' and {len(alike)} more' if alike else ''}"


def _together(checks: Sequence[CheckOutcome]) -> str:
    """Return several parts of the same kind and output as a list; empty for one, and for parts that cannot be listed so."""
    subjects = [check.subject for check in checks if check.subject is not None]
    kinds = {(one.kind, one.outer) for one in subjects}
    (kind, outer), *others = kinds or {(None, None)}
    if len(subjects) < len(checks) or len(checks) == 1 or others or kind not in _PLURALS:
        return ""
    return f"{f'{outer.words}, ' if outer else ''}{_PLURALS[kind]} {_and([one.name for one in subjects])}"


def _and(names: Sequence[str]) -> str:
    """Return names as a list in a sentence, the first ones of many.

    >>> _and(["8", "3"]), _and(["8", "3", "5"]), _and(["8", "3", "5", "6", "9"])
    ('8 and 3', '8, 3 and 5', '8, 3, 5 and 2 more')
    """
    if len(names) > _BLOCKERS:
        return formatting.listed(names, _BLOCKERS)
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _is_unsettled(check: CheckOutcome) -> bool:
    """Return whether the interval of a value that is checked includes the limit."""
    return check.on == "value" and check.standing == "within the interval"


def _unsettled(each: Sequence[bool]) -> str:
    """Return how many of some are within the margin of error; nothing without one."""
    words = "within the margin of error"
    return f" ({sum(each)} {words})" if len(each) > 1 and any(each) else f", {words}" if any(each) else ""
