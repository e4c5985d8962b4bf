"""Checks: what holds, what does not, and what was never measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from handmade import SPEC, results

from reportgen.pipeline.flow import verdict_code

if TYPE_CHECKING:
    from reportgen.analysis.results import CheckOutcome


def outcomes(*checks: str) -> list[CheckOutcome]:
    """Run checks, each written as a TOML table, on the hand-made results."""
    head = SPEC.split("[[checks]]")[0]
    return list(results(head + "".join(f"[[checks]]\n{check}\n" for check in checks)).checks)


def states(*checks: str) -> list[str]:
    """Return the states."""
    return [outcome.state for outcome in outcomes(*checks)]


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("at_least = 0.0", "PASS"),
        ("at_most = 1.0", "PASS"),
        ("at_least = 1.0", "FAIL"),
        ("between = [0.1, 0.2]", "FAIL"),
        ('threshold = ">= 0.1"', "PASS"),
        ('threshold = "<= 0.1"', "FAIL"),
        ('at_least = 1.0\nseverity = "warn"', "WARN"),
    ],
)
def test_conditions(condition: str, state: str) -> None:
    """Limits are included; severity warn does not fail."""
    assert states(f'metric = "performance.accuracy"\nmodels = ["a"]\n{condition}') == [state]


def test_what_was_not_measured_never_passes() -> None:
    """A number that is missing is an error with its reason, or skipped where the check is optional."""
    found = outcomes('metric = "performance.accuracy"\nmodels = ["c"]\nat_least = 0.0')
    assert [(one.state, one.reason) for one in found] == [("ERROR", "multilabel heads are not measured")]
    assert states('metric = "performance.accuracy"\nmodels = ["c"]\nat_least = 0.0\noptional = true') == ["SKIPPED"]


def test_without_subject_all_classes_are_checked() -> None:
    """A per-class metric is checked for every class; a pattern picks."""
    assert len(states('metric = "performance.recall"\nmodels = ["a"]\nat_least = 0')) == 3
    assert len(states('metric = "performance.recall"\nmodels = ["a"]\nsubject = "class:ant"\nat_least = 0')) == 1


def test_only_a_star_is_special_in_a_subject() -> None:
    """``[ab]`` and ``?`` stand for themselves."""
    for pattern in ("class:[ab]*", "class:an?"):
        assert states(f'metric = "performance.recall"\nmodels = ["a"]\nsubject = "{pattern}"\nat_least = 0') == [
            "ERROR"
        ]


def test_a_subject_that_is_not_there_is_an_error() -> None:
    """A pattern that matches nothing does not pass."""
    assert states('metric = "performance.recall"\nmodels = ["a"]\nsubject = "class:dog"\nat_least = 0') == ["ERROR"]


def test_exit_codes() -> None:
    """FAIL and ERROR are 1, WARN is 0; fail_on looks at findings."""
    head = SPEC.split("[[checks]]")[0]
    assert verdict_code(results(head)) == 0
    assert verdict_code(results(head + '[output]\nfail_on = "warning"\n')) == 1
    failing = head + '[[checks]]\nmetric = "performance.accuracy"\nat_least = 1.0\n'
    assert verdict_code(results(failing)) == 1
    assert verdict_code(results(failing + 'severity = "warn"\nmodels = ["a"]\n')) == 0


def test_the_summary_marks_the_best_and_ties() -> None:
    """Two models with the same predictions: one is best, the other cannot be told from it in accuracy."""
    summary = next(section for section in results().sections if section.kind == "summary").result
    assert summary is not None
    column = [one.address for one in summary.columns].index("performance.accuracy")  # type: ignore[attr-defined]
    cells = [row.cells[column] for row in summary.rows]  # type: ignore[attr-defined]
    assert [(cell.best, cell.tied) for cell in cells] == [(True, False), (False, True), (False, False)]
    assert cells[2].metric.status == "not_applicable"
