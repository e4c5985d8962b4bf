"""Checks: what holds, what does not, and what was never measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from handmade import SLICES, SPEC, made_evaluation, made_plan, made_slices, results

from reportgen.analysis import analyze as analysis, checks
from reportgen.analysis.conditions import Condition
from reportgen.analysis.results import TrainingRecord
from reportgen.contract.findings import Finding
from reportgen.contract.numbers import Metric, required
from reportgen.contract.tables import Column, Table
from reportgen.document.compose import compose
from reportgen.document.front import front_page
from reportgen.document.grid import check_grid, closest, margins, severity_order
from reportgen.document.order import most_severe_first
from reportgen.document.provenance import provenance
from reportgen.document.verdict import verdict
from reportgen.metrics.intervals import wilson
from reportgen.pipeline.flow import verdict_code
from reportgen.pipeline.present import present, tables_of
from reportgen.plan.presets import PRESETS
from reportgen.sections.performance.schema import ACCURACY
from reportgen.spec.errors import SpecError
from reportgen.spec.tables.sections import CheckSpec
from reportgen.text.formatting import THIN
from reportgen.text.outcomes import shown

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import CheckOutcome, Results


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
    assert [(one.state, one.reason) for one in found] == [("ERROR", "sequence heads are not measured")]
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
            "No release decision: 3 models are compared (partial run)",
            (
                "The only check passed (accuracy of a: 80.0\u202f%). "
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
        (
            [],
            "No release decision: 3 models are compared",
            "Of 3 checks, 1 failed (ECE of a: 4.2\u202f%, above 0\u202f%), 2 passed.",
        ),
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
    verdict = front_page(found, None, {}).verdict
    assert (verdict.headline, verdict.sentence) == (headline, sentence)


def test_a_run_of_skipped_checks_never_passes() -> None:
    """No decision, on the page and on a terminal: an optional check of what was not measured says nothing."""
    from reportgen.cli.outcome import decisions

    found = results(
        SPEC.split("[[checks]]")[0]
        + '[[checks]]\nmetric = "performance.accuracy"\nmodels = ["c"]\nat_least = 0.0\noptional = true\n'
    )
    verdict = front_page(found, None, {}).verdict
    assert (verdict.state, verdict.headline) == ("NONE", "No decision")
    assert verdict.sentence.endswith("Every check was skipped.")
    assert decisions(found, verbose=True)[-1] == "1 check: 1 SKIPPED"
    assert "passes" not in present(found, ("markdown",)).files["model_card.md"].decode()


def test_page_one_without_a_summary() -> None:
    """Verdict, checks and findings are there in every format; the ranking is not."""
    found = results(SPEC.replace('[[sections]]\nkind = "summary"\n', ""))
    front = front_page(found, None, {one.id: tables_of(one, found.view_of(one.id)) for one in found.sections})
    assert front.verdict.headline == "No release decision: 3 models are compared"
    assert front.verdict.sentence.startswith("1 of 3 checked models passes every check. Of ")
    assert front.grid is not None
    assert front.findings
    assert front.ranking is None
    for content in present(found, ("html", "markdown")).files.values():
        words = content.decode()
        assert "checked models passes every check" in words
        assert "Dashboard" not in words


@pytest.mark.parametrize(
    ("duplicates", "words"),
    [(0, None), (1, "1 of them repeats an earlier row"), (12, "12 of them repeat an earlier row")],
)
def test_page_one_says_how_many_rows_are_repeated(duplicates: int, words: str | None) -> None:
    """Beside n, where there are any."""
    found = results()
    assert found.data is not None
    data = found.data.model_copy(update={"duplicates": duplicates})
    for content in present(found.model_copy(update={"data": data}), ("html", "markdown"), draw=False).files.values():
        page = content.decode()
        assert ("an earlier row" in page) == (words is not None)
        assert words is None or words in page


@pytest.mark.parametrize(
    ("leaked", "words"),
    [
        (0, "None of them is also in the training data (957 rows)"),
        (1, "1 of them is also in the training data (957 rows)"),
        (12, "12 of them are also in the training data (957 rows)"),
    ],
)
def test_page_one_says_how_many_rows_are_leaked(leaked: int, words: str) -> None:
    """Also that none is; Provenance has the files and how rows were compared."""
    found = results()
    assert found.data is not None
    training = TrainingRecord(files=found.data.files, n=957, leaked=leaked, compared="bit by bit")
    found = found.model_copy(update={"data": found.data.model_copy(update={"training": training})})
    for content in present(found, ("html", "markdown"), draw=False).files.values():
        assert words in content.decode()
    rows = [row for table in provenance(found) for row in table.rows]
    assert ("training data", found.data.files[0].file, found.data.files[0].sha256) in rows
    assert ("training data", "957 rows, compared bit by bit") in rows


def test_a_finding_about_the_data_concerns_every_candidate() -> None:
    """It is on page one, and in the body of its chapter; one about another model is neither."""
    found = results(SPEC.replace("[data]", '[decision]\ncandidate = "a"\n[data]', 1))
    calibration = next(one for one in found.sections if one.id == "calibration")

    def about(model: str) -> Finding:
        message = f"About {model}."
        return Finding(code="X1", severity="problem", title="T", model=model, message=message, source="s")

    record = calibration.model_copy(update={"findings": (about("data"), about("b"))})
    made = found.model_copy(
        update={"sections": tuple(record if one.id == "calibration" else one for one in found.sections)}
    )
    assert [made.concerns(one) for one in record.findings] == [True, False]
    assert "About data." in [item.finding.message for item in front_page(made, None, {}).findings]
    assert "About b." not in [item.finding.message for item in front_page(made, None, {}).findings]
    (chapter,) = (one for one in compose(made, {}, {}, {}, {}).chapters if one.id == "calibration")
    assert [one.message for one in chapter.body.findings] == ["About data."]
    assert [one.message for one in chapter.appendix.findings] == ["About b."]


def test_exit_codes() -> None:
    """FAIL and ERROR are 1, WARN is 0; fail_on looks at findings."""
    head = SPEC.split("[[checks]]")[0]
    assert verdict_code(results(head)) == 0
    assert verdict_code(results(head + '[output]\nfail_on = "warning"\n')) == 1
    failing = head + '[[checks]]\nmetric = "performance.accuracy"\nat_least = 1.0\n'
    assert verdict_code(results(failing)) == 1
    assert verdict_code(results(failing + 'severity = "warn"\nmodels = ["a"]\n')) == 0


def test_the_summary_marks_the_best_and_ties() -> None:
    """Two models with the same predictions are both the best in accuracy; the third is told from them."""
    summary = next(section for section in results().sections if section.kind == "summary").result
    assert summary is not None
    column = [one.address for one in summary.columns].index("performance.accuracy")  # type: ignore[attr-defined]
    cells = [row.cells[column] for row in summary.rows]  # type: ignore[attr-defined]
    assert [(cell.best, cell.tied) for cell in cells] == [(True, False), (True, False), (False, False)]
    assert cells[2].metric.status == "not_applicable"


@pytest.mark.parametrize(
    ("condition", "ends", "standing"),
    [
        ("at_least = 0.95", (0.937, 0.970), "within the interval"),
        ("at_least = 0.95", (0.951, 0.970), "clear"),
        ("at_least = 0.95", (0.950, 0.970), "clear"),
        ("at_least = 0.95", None, "no interval"),
        ("at_most = 0.95", (0.937, 0.970), "within the interval"),
        ("at_most = 0.95", (0.951, 0.970), "clear"),
        ("between = [0.94, 0.98]", (0.937, 0.970), "within the interval"),
        ("between = [0.90, 0.93]", (0.937, 0.970), "clear"),
    ],
)
def test_a_check_says_how_it_stands(condition: str, ends: tuple[float, float] | None, standing: str) -> None:
    """The digits' cnn: 95.8 % [93.7, 97.0] passes 95 %, and its interval includes the limit."""
    key, _, limit = condition.partition(" = ")
    check = CheckSpec.model_validate({"metric": "performance.accuracy", key: json.loads(limit)})
    details = {} if ends is None else {"ci_low": ends[0], "ci_high": ends[1], "ci_method": "Wilson"}
    found = checks.standing(Condition.of(check, ACCURACY), Metric(value=0.958, unit="fraction", **details), exact=False)  # type: ignore[arg-type]
    assert found == standing


def test_an_exact_number_is_clear() -> None:
    """A count has no interval, and needs none."""
    check = CheckSpec.model_validate({"metric": "weights.non_finite", "at_most": 0})
    assert checks.standing(Condition.of(check, ACCURACY), Metric(value=0, unit="count"), exact=True) == "clear"


def test_what_was_not_measured_does_not_stand() -> None:
    """No value, no standing."""
    (one,) = outcomes('metric = "performance.accuracy"\nmodels = ["c"]\nat_least = 0.0')
    assert one.standing is None


def test_a_finding_is_part_of_the_verdict() -> None:
    """A candidate that passes its checks, but has a finding that needs action, is a warning that counts it."""
    text = SPEC.split("[[checks]]")[0].replace("[data]", '[decision]\ncandidate = "a"\n[data]', 1)
    found = results(f'{text}[[checks]]\nmetric = "performance.accuracy"\nat_least = 0.1\n')
    kept = tuple(one.model_copy(update={"findings": ()}) for one in found.sections)
    calm = found.model_copy(update={"sections": kept})
    assert verdict(calm).state == "PASS"
    assert verdict(calm).headline == "a passes its only check"
    for severities, end in ((("warning",), "1 finding to review"), (("warning", "problem"), "2 findings to resolve")):
        made = tuple(
            Finding(code=f"X{place}", severity=one, title="T", model="a", message="m", source="s")
            for place, one in enumerate(severities)
        )
        some = (kept[0].model_copy(update={"findings": made}), *kept[1:])
        shown = verdict(found.model_copy(update={"sections": some}))
        assert (shown.state, shown.headline) == ("WARN", f"a passes its only check, with {end}")


def test_the_parts_that_failed_are_named() -> None:
    """The worst first, three at most, with the end of the interval where that is checked, and the limit."""
    text = SPEC.split("[[checks]]")[0] + '[[checks]]\nmetric = "performance.recall"\nat_least = 0.99\nmodels = ["a"]\n'
    found = results(text)
    failed = sorted((check for check in found.checks if check.state == "FAIL"), key=severity_order)
    names = [check.subject.name for check in failed if check.subject]
    assert len(names) > 1
    assert (
        f"recall of a, classes {', '.join(names[:-1])} and {names[-1]}, worst {shown(failed[0]).text}, below 99\u202f%"
        in verdict(found).sentence
    )
    lower = verdict(results(f'{text}on = "ci_low"\n')).sentence
    assert re.search(r", worst [\d.]+\u202f% at the lower end, below 99\u202f%\)", lower)


def test_the_standing_is_shown() -> None:
    """In the check line of both formats where the limit is within the interval; the verdict counts those that pass so."""
    text = SPEC.split("[[checks]]")[0] + '[[checks]]\nmetric = "performance.accuracy"\nat_least = 0.1\nmodels = ["a"]\n'
    found = results(text)
    assert found.checks[0].standing == "clear"
    near = found.checks[0].model_copy(update={"low": 0.12, "standing": "within the interval"})
    found = found.model_copy(update={"checks": (found.checks[0], near)})
    assert front_page(found, None, {}).verdict.sentence.endswith(
        "Of 2 checks, 2 passed (1 within the margin of error)."
    )
    html, markdown = (content.decode() for content in present(found, ("html", "markdown"), draw=False).files.values())
    assert '<span class="about">within margin of error</span>' in html
    assert ", within margin of error |" in markdown


@pytest.mark.parametrize(
    ("condition", "margin", "count", "settles"),
    [
        ("at_least = 0.95", 0.01, 3, "within"),
        ("at_least = 0.97", -0.01, 3, "within"),
        ("at_least = 0.5", 0.46, 138, None),
        ("at_least = 0.96", 0.0, 0, "never"),
        ("at_least = 0.9599", 0.0001, 0, "never"),
    ],
)
def test_what_would_change_the_verdict(condition: str, margin: float, count: int, settles: str | None) -> None:
    """The margin in the unit and in rows, and the rows that would settle it: where the interval of that many excludes the limit."""
    low = float(condition.rpartition("=")[2])
    spec = CheckSpec.model_validate({"metric": "performance.accuracy", "at_least": low})
    share = wilson(288, 300)
    assert share is not None
    metric = Metric(value=0.96, unit="fraction", n=300, ci_low=share.low, ci_high=share.high, ci_method="Wilson")
    found = checks.margins(Condition.of(spec, ACCURACY), metric, exact=False)
    assert found["margin"] == pytest.approx(margin)
    assert found["margin_count"] == count
    if settles == "within":
        n = found["n_to_settle"]
        assert n is not None
        before, after = (wilson(0.96 * rows, rows) for rows in (n - 1, n))
        assert before is not None
        assert after is not None
        assert [one.low <= low <= one.high for one in (before, after)] == [True, False]  # type: ignore[operator]
    else:
        assert ("n_to_settle" in found, found.get("n_to_settle")) == (settles == "never", None)


ROLES = '[decision]\ncandidate = "b"\nbaseline = "a"\n[[sections]]'


def with_roles(*conditions: str) -> Results:
    """Return the results of checks of the candidate b, whose baseline is a."""
    head = SPEC.split("[[checks]]")[0].replace("[[sections]]", ROLES, 1)
    return results(head + "".join(f"[[checks]]\n{one}\n" for one in conditions))


def number(made: Results, address: str, model: str, subject: str | None = None) -> Metric:
    """Return a metric of the results."""
    section, _, name = address.partition(".")
    result = next(one.result for one in made.sections if one.id == section)
    assert result is not None
    return result.find(name, model, subject)


def test_a_check_of_an_end_of_the_interval() -> None:
    """The end decides; without an interval nothing passes."""
    accuracy = number(results(), "performance.accuracy", "a")
    value, low, high = (required(one) for one in (accuracy.value, accuracy.ci_low, accuracy.ci_high))
    check = 'metric = "performance.accuracy"\nmodels = ["a"]'
    for limit, wanted in (
        (f"at_least = {(low + value) / 2}", ["PASS", "FAIL", "PASS", "FAIL"]),
        (f"at_most = {(value + high) / 2}", ["PASS", "PASS", "FAIL", "FAIL"]),
    ):
        ends = ("value", "ci_low", "ci_high", "clear")
        assert states(*(f'{check}\n{limit}\non = "{end}"' for end in ends)) == wanted
    ece = 'metric = "calibration.ece"\nmodels = ["a"]\nat_most = 1.0\non = "clear"'
    (found,) = outcomes(ece)
    assert (found.state, found.reason) == ("ERROR", "it has no interval")
    assert states(f"{ece}\noptional = true") == ["SKIPPED"]


def test_a_check_of_the_change() -> None:
    """Paired where the metric has a paired difference; of the candidate, never of the baseline; relative as a share."""
    made = with_roles(
        'metric = "performance.accuracy"\nchange = "absolute"\nat_least = -1.0\nmodels = ["a", "b"]',
        'metric = "performance.accuracy"\nchange = "relative"\nat_least = -1.0',
        'metric = "calibration.ece"\nchange = "absolute"\nat_most = 1.0',
        'metric = "performance.recall"\nchange = "absolute"\nat_least = -1.0\nsubject = "class:ant"',
    )
    assert [check.model for check in made.checks] == ["b"] * 4
    absolute, relative, ece, recall = (check.metric for check in made.checks)
    assert absolute == number(made, "performance.accuracy_difference", "b", "vs a")
    assert recall == number(made, "performance.recall_difference", "b", "class:ant")
    own, other = (required(number(made, "performance.accuracy", model).value) for model in "ba")
    assert relative is not None
    assert relative.value == pytest.approx((own - other) / other)
    assert ece is not None
    assert (ece.unit, ece.ci_low) == ("signed fraction", None)
    assert [check.title for check in made.checks] == [
        "Accuracy change",
        "Accuracy change",
        "ECE change",
        "Recall change",
    ]


def test_not_worse_is_about_the_worse_end_of_the_paired_difference() -> None:
    """Of accuracy the lower end, of the NLL the upper one."""
    made = with_roles()
    for metric, end, sign in (("accuracy", "ci_low", -1.0), ("nll", "ci_high", 1.0)):
        difference = number(made, f"performance.{metric}_difference", "b", "vs a")
        loss = max(sign * required(getattr(difference, end)), 0.0)
        found = with_roles(
            *(
                f'metric = "performance.{metric}"\nnot_worse_by = {margin}'
                for margin in (loss + 0.001, max(loss - 0.001, 0.0))
            )
        ).checks
        assert [one.on for one in found] == [end, end]
        assert found[0].state == "PASS"
        assert found[1].state == ("FAIL" if loss > 0 else "PASS")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ('metric = "performance.accuracy"\nnot_worse_by = 0.01\non = "ci_low"', "leave out on and change"),
        ('metric = "performance.accuracy"\nnot_worse_by = -0.01', "at least 0"),
        ('metric = "performance.accuracy"\nnot_worse_by = 0.01\nat_least = 0.5', "more than one condition"),
        ('metric = "performance.accuracy_difference"\nchange = "absolute"\nat_least = 0.0', "compares models already"),
        ('metric = "performance.support"\nnot_worse_by = 1', "has no preferred direction"),
        ('metric = "performance.accuracy"\nnot_worse_by = 0.0\nmodels = ["a"]', "applies to no model but the baseline"),
    ],
)
def test_checks_of_changes_that_make_no_sense(check: str, message: str) -> None:
    """One sentence at the key."""
    with pytest.raises(SpecError, match=message):
        with_roles(check)


def test_a_change_needs_a_baseline() -> None:
    """In a comparison there is none."""
    with pytest.raises(SpecError, match="needs a baseline to compare with"):
        outcomes('metric = "performance.accuracy"\nnot_worse_by = 0.01')


def test_a_preset_stands_for_its_checks(tmp_path: Path) -> None:
    """Written out they give the same outcomes; the check of the change needs a baseline."""
    assert set(PRESETS) == {"classification-release"}
    head = f'{SPEC.split("[[checks]]")[0]}[[sections]]\nkind = "weights"\n[[sections]]\nkind = "information_flow"\n'
    entry = '[[checks]]\npreset = "classification-release"\noptional = true\n'
    for text, without in ((head, {"not_worse_by"}), (head.replace("[[sections]]", ROLES, 1), set())):
        wanted = [one for one in PRESETS["classification-release"] if not without & set(one)]
        planned = made_plan(tmp_path, text + entry)
        written = [CheckSpec.model_validate({**one, "optional": True}) for one in wanted]
        assert list(planned.spec.checks) == written


def test_mistakes_in_a_preset_are_at_its_entry(tmp_path: Path) -> None:
    """Its name, its keys, and checks that this spec cannot have."""
    for entry, words in (
        ('preset = "classification"', "did you mean 'classification-release'"),
        ("preset = 3", "no such preset"),
        ('preset = "classification-release"\nat_least = 0.5', "a preset takes only models and optional"),
        ('preset = "classification-release"', r"checks\[0\]\.metric.*weights"),
        ('preset = "classification-release"\nmodels = ["z"]', "no such model"),
    ):
        with pytest.raises(SpecError, match=words) as caught:
            made_plan(tmp_path, f"{SPEC.split('[[checks]]')[0]}[[checks]]\n{entry}\n")
        assert all(problem.location[:2] == ("checks", 0) for problem in caught.value.problems)


def test_the_grid_has_a_cell_for_what_was_not_checked() -> None:
    """Rows are checks, columns models; the closest check is named."""
    text = SPEC.split("[[checks]]")[0] + '[[checks]]\nmetric = "performance.accuracy"\nat_least = 0.1\nmodels = ["a"]\n'
    grid = check_grid(results(text))
    assert grid is not None
    assert grid.models == ("a", "b", "c")
    assert [cell is None for cell in grid.rows[0].cells] == [False, True, True]
    assert not closest(results(text))
    near = closest(results(text.replace("0.1", "0.77")))
    assert near.startswith("Least certain: accuracy of a passes by 3.0 points (9 of 300); about ")
    table = margins(results(text))
    assert table is not None
    assert table.rows[0][-1] == "settled"


def test_the_order_of_the_models_orders_nothing() -> None:
    """Severity, effect, n; rules without an effect last; then by name."""

    def finding(model: str, code: str = "A", severity: str = "warning", **more: float) -> Finding:
        return Finding.model_validate(
            {"code": code, "severity": severity, "title": "T", "model": model, "message": "m", "source": "s", **more}
        )

    wanted = (
        finding("e", severity="problem"),
        finding("d", effect=3.0, n=10),
        finding("z", "B", effect=2.0, n=90),
        finding("c", effect=2.0, n=10),
        finding("a"),
        finding("b"),
        finding("f", severity="note", effect=99.0),
    )
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(wanted))
        assert most_severe_first([wanted[place] for place in order], lambda one: one) == wanted


def test_page_one_says_what_the_rows_were_used_for() -> None:
    """Their earlier use, as declared; Provenance repeats it. The next step says how many models were compared on them."""
    noise = "Intervals cover sampling, not retraining."
    first = "300 rows of the test split;"
    assert front_page(results(), None, {}).basis == f"{first} earlier use unknown (not declared). {noise}"
    for stated, words in (
        ((), "none."),
        (("early stopping", "selection"), "early stopping, selection, so every number on them is optimistic."),
    ):
        found = results()
        assert found.data is not None
        found = found.model_copy(update={"data": found.data.model_copy(update={"used_for": stated})})
        assert front_page(found, None, {}).basis == f"{first} declared earlier use: {words} {noise}"
        assert ("earlier use of these rows", words.partition(", so")[0].rstrip(".")) in provenance(found)[-1].rows
        for content in present(found, ("html", "markdown"), draw=False).files.values():
            assert "confirm the choice on fresh data: 2 models were compared on these rows." in content.decode()
    with pytest.raises(SpecError, match="used_for"):
        results(SPEC.replace("[[sections]]", 'used_for = ["publicity"]\n[[sections]]', 1))


def test_page_one_says_which_intervals_contain_training_noise() -> None:
    """With two models of a recipe, those of the recipe; its table is on page one, the notes are in the chapter."""
    found = results()
    models = tuple(model.model_copy(update={"recipe": "r"}) for model in found.models)
    found = found.model_copy(update={"models": models})
    words = "Intervals cover sampling only, those of recipe r (2 seeds) retraining too."
    assert front_page(found, None, {}).basis.endswith(words)
    rows = tuple((f"r{place}", place) for place in range(8))
    table = Table("t", "T", (Column("Recipe", numeric=False), Column("Seeds")), rows, "note", on_front_page=True)
    (short,) = front_page(found, None, {"performance": (table, replace(table, on_front_page=False))}).more
    assert (len(short.rows), short.note) == (5, "3 more rows are in the chapter.")


# ------------------------------------------------------------------------------------------------ slices


def of_slices(folder: Path, *checks: str, only: tuple[str, ...] = ()) -> list[CheckOutcome]:
    """Run checks on models in three regions and a slice of seven rows."""
    head = SPEC.split("[[checks]]")[0] + '[decision]\ncandidate = "a"\nbaseline = "b"\n[[sections]]\nkind = "slices"\n'
    text = "\n".join((head, *SLICES, *(f"[[checks]]\n{check}" for check in checks)))
    made = made_evaluation()
    assert made.data is not None
    made = replace(made, data=replace(made.data, **made_slices(made.data.n)))
    return list(
        analysis.analyze(made_plan(folder, text, only=only), made, "2026-01-02T03:04:05+00:00", keep_going=False).checks
    )


def test_checks_name_slices(tmp_path: Path) -> None:
    """A check applies to the slices that it names; one that is not there, or has too few rows, never passes."""
    found = of_slices(
        tmp_path,
        'metric = "slices.accuracy"\nat_least = 0.0\nslices = ["region = *"]',
        'metric = "slices.accuracy"\nat_least = 0.0\nslices = ["region = east", "place < 7"]',
        'metric = "slices.accuracy"\nnot_worse_by = 0.5\nslices = ["region = east"]',
        'metric = "slices.ece"\nat_most = 1.0\nslices = ["region = esat"]',
        'metric = "slices.ece"\nat_most = 1.0\nslices = ["region = esat"]\noptional = true',
        'metric = "slices.rows"\nat_least = 7',
    )
    regions = [f"slice:region = {name}" for name in ("east", "<b>north</b>", "w|est")]
    assert [(one.subject, one.state) for one in found[:3]] == [(region, "PASS") for region in regions]
    assert [(one.subject, one.state) for one in found[3:5]] == [(regions[0], "PASS"), ("slice:place < 7", "ERROR")]
    assert found[4].reason == "7 rows, fewer than 30: too few to tell"
    assert (found[5].subject, found[5].state, found[5].change) == (regions[0], "PASS", "absolute")
    assert found[5].metric is not None
    assert found[5].metric.ci_method == "Newcombe, paired"
    assert [one.state for one in found[6:8]] == ["ERROR", "SKIPPED"]
    assert found[6].reason == "there is no slice 'region = esat'"
    assert {one.subject for one in found[8:]} >= {*regions, "slice:place < 7"}


def test_a_check_of_slices_whose_section_was_not_run(tmp_path: Path) -> None:
    """It is skipped, slice by slice."""
    check = 'metric = "slices.accuracy"\nat_least = 0.0\nslices = ["region = east"]'
    (found,) = of_slices(tmp_path, check, only=("performance",))
    assert (found.state, found.reason) == ("SKIPPED", "section slices was not run")


def test_figures_show_the_limit_of_the_most_serious_check() -> None:
    """Of one that fails, else of one that warns, else of the first; in the words of the check."""

    def shown(*checks: str) -> str:
        head = SPEC.split("[[checks]]")[0]
        found = results(head + "".join(f"[[checks]]\n{check}\n" for check in checks))
        return found.view_of("performance").limits["accuracy"].words.replace(THIN, " ")

    first, second = ('metric = "performance.accuracy"\nat_least = ' + limit for limit in ("0.1", "0.05"))
    assert shown(first, second) == "at least 10 %"
    warns = 'metric = "performance.accuracy"\nat_least = 1.0\non = "ci_low"\nseverity = "warn"'
    assert shown(first, warns) == "at least 100 % at the lower end"
    fails = 'metric = "performance.accuracy"\nat_least = 0.9999'
    assert shown(first, warns, fails) == "at least 99.99 %"
