"""Checks: what holds, what does not, and what was never measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from handmade import SPEC, results

from reportgen.contract.focus import View
from reportgen.document.front import front_page
from reportgen.pipeline.flow import verdict_code
from reportgen.pipeline.present import present, tables_of

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


def test_a_section_that_was_left_out_is_excused() -> None:
    """Its checks are skipped with the reason and keep title and unit; the exit code is that of the other checks."""
    text = SPEC.split("[[checks]]")[0] + (
        '[[checks]]\nmetric = "performance.accuracy"\nat_least = 0.1\nmodels = ["a"]\n'
        '[[checks]]\nmetric = "calibration.ece"\nat_most = 0.0\nmodels = ["a"]\n'
    )
    assert verdict_code(results(text)) == 1
    partial = results(text, skip=["calibration"])
    assert [(one.state, one.reason) for one in partial.checks] == [
        ("PASS", None),
        ("SKIPPED", "section calibration was not run"),
    ]
    assert (partial.checks[1].title, partial.checks[1].unit) == ("ECE", "fraction")
    assert verdict_code(partial) == 0
    assert verdict_code(results(text, only=["calibration"])) == 1


def test_a_partial_run_does_not_excuse_other_numbers() -> None:
    """A number of a section that ran and did not measure it stays an error."""
    text = SPEC.split("[[checks]]")[0] + '[[checks]]\nmetric = "performance.accuracy"\nat_least = 0\nmodels = ["c"]\n'
    assert [one.state for one in results(text, skip=["calibration"]).checks] == ["ERROR"]


@pytest.mark.parametrize(
    ("only", "headline", "sentence"),
    [
        (
            ["performance"],
            "Passes its checks (partial run)",
            (
                "Of 1 checked values, 1 passed. "
                "Partial run without summary, calibration; not checked: calibration.ece, calibration.calibration_gap."
            ),
        ),
        (
            ["summary"],
            "No decision (partial run)",
            (
                "No check was evaluated. Partial run without performance, calibration; "
                "not checked: performance.accuracy, calibration.ece, calibration.calibration_gap."
            ),
        ),
        ([], "Does not pass its checks", "Of 3 checked values, 1 failed, 2 passed."),
    ],
)
def test_page_one_of_a_partial_run(only: list[str], headline: str, sentence: str) -> None:
    """It says so, and names what was not checked."""
    text = SPEC.split("[[checks]]")[0] + "".join(
        f'[[checks]]\nmetric = "{metric}"\n{limit}\nmodels = ["a"]\n'
        for metric, limit in (
            ("performance.accuracy", "at_least = 0.1"),
            ("calibration.ece", "at_most = 0.0"),
            ("calibration.calibration_gap", "at_most = 1"),
        )
    )
    found = results(text, only=only)
    verdict = front_page(found, {}, {}).verdict
    assert (verdict.headline, verdict.sentence) == (headline, sentence)


def test_page_one_without_a_summary() -> None:
    """Verdict, checks and findings are there in every format; the performance table and the dashboard are not."""
    found = results(SPEC.replace('[[sections]]\nkind = "summary"\n', ""))
    front = front_page(found, {}, {one.id: tables_of(one, View(found.focus)) for one in found.sections})
    assert front.verdict.headline == "Does not pass its checks"
    assert len(front.checks) > 3
    assert front.findings
    assert (front.performance, front.dashboard) == (None, ())
    for content in present(found, ("html", "markdown")).files.values():
        words = content.decode()
        assert "Does not pass its checks" in words
        assert "Most serious findings" in words
        assert "Dashboard" not in words


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
