"""The next step: what is left to do before the decision, by its outcome, the findings and the earlier use of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.card import STATED
from reportgen.document.choice import recommended
from reportgen.document.grid import severity_order, worst
from reportgen.text import formatting, outcomes
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.contract.findings import Finding

_NAMED = 3
"""Maximum number of checks that the next step names."""


def next_step(results: Results, findings: Sequence[Finding]) -> str:
    """Return what to do next as a sentence; ``findings`` are the severe ones that count for the decision."""
    if results.left_out:
        return "run the sections that were left out, then decide."
    whom = results.decision.candidate or (results.models[0].name if len(results.models) == 1 else None)
    if whom is None:
        return _choose(results)
    checks = sorted((line.outcome for line in worst(results.checks) if line.outcome.model == whom), key=severity_order)
    blocking = [check for check in checks if check.state in {"FAIL", "ERROR"}]
    before = [*_to_accept(checks), *_to_review(findings), *_to_confirm(results, whom)]
    if blocking:
        also = f" Before a release, also {'; '.join(before)}." if before else ""
        kept = _kept(results)
        stays = f"do not release {whom} until its" if kept is None else f"keep {kept} until {whom}'s"
        return f"{stays} {' and '.join(_conditions(blocking))}.{also}"
    if all(check.unit == STATED or check.state == "SKIPPED" for check in checks):
        return f"{'; '.join([*before, f'state as checks in the spec what {whom} has to reach'])}, and build again."
    return f"{'; '.join(before)}, then sign." if before else "sign: no check and no finding stands against it."


def _choose(results: Results) -> str:
    """Return what a comparison leaves to do: the model that is best on the same rows is so in part by luck."""
    count, taken = _compared(results), recommended(results)
    if taken is None:
        chosen = f"confirm the choice on fresh data: {count} models were compared on these rows."
        return chosen if count > 1 else "name the model to release as [decision] candidate."
    measure = f"measure {taken} on fresh data, because a choice among {count} on the same rows is partly luck, then "
    return f"{measure if count > 1 else ''}name {'it' if count > 1 else taken} as the candidate for release."


def _compared(results: Results) -> int:
    """Return how many models were measured on the same rows: choosing one makes its numbers on these optimistic."""
    return sum(any(head.status == "ok" for head in model.heads) for model in results.models)


def _kept(results: Results) -> str | None:
    """Return what stays where the candidate fails: what it would replace; None where there is nothing, or where that fails too."""
    baseline = results.decision.baseline
    if baseline is None:
        return None
    if baseline.release is not None:
        return baseline.release.version or baseline.release.title
    failed = (check.model for check in results.checks if check.state in {"FAIL", "ERROR"})
    return None if baseline.model in failed else baseline.model


def _conditions(blocking: Sequence[CheckOutcome]) -> Iterator[str]:
    """Yield what must be true of the checks that block, the most serious ones by name."""
    for check in blocking[:_NAMED]:
        part = f" of {check.subject.words}" if check.subject else ""
        is_so = "can be decided" if check.state == "ERROR" else f"is {outcomes.condition(check)}"
        yield f"{in_a_sentence(check.title)}{part} {is_so}"
    rest = len(blocking) - _NAMED
    if rest > 0:
        yield f"{rest} more {'check passes' if rest == 1 else 'checks pass'}"


def _to_accept(checks: Sequence[CheckOutcome]) -> Iterator[str]:
    """Yield what the checks leave to do: to accept what they warn of."""
    titles = [in_a_sentence(check.title) for check in checks if check.state == "WARN"]
    if titles:
        yield f"accept or resolve the {'warning' if len(titles) == 1 else 'warnings'} on {formatting.listed(titles, _NAMED)}"


def _to_review(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield what the findings leave to do."""
    if findings:
        verb = "resolve" if any(one.severity == "problem" for one in findings) else "review"
        yield f"{verb} the {'finding' if len(findings) == 1 else f'{len(findings)} findings'} below"


def _to_confirm(results: Results, whom: str) -> Iterator[str]:
    """Yield what the earlier use of the rows leaves to do."""
    data = results.data
    if data is None:
        return
    if data.used_for is None:
        yield f"confirm that these rows were not used to train or choose {whom}"
    elif data.used_for:
        yield "repeat this on rows without earlier use"
