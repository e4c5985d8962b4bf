"""The next step: what page one says is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from handmade import SPEC, results

from reportgen.contract.findings import Finding
from reportgen.contract.statements import Statement
from reportgen.document.front import front_page, sentences
from reportgen.document.step import next_step

if TYPE_CHECKING:
    from reportgen.analysis.results import Results

HEAD = SPEC.split("[[checks]]")[0]
ALONE = HEAD.replace("[data]", '[decision]\ncandidate = "a"\n[data]', 1)
PAIR = HEAD.replace("[data]", '[decision]\ncandidate = "a"\nbaseline = "b"\n[data]', 1)


def check(metric: str, limit: str, more: str = 'models = ["a"]') -> str:
    """Return a check of the candidate as text."""
    return f'[[checks]]\nmetric = "{metric}"\n{limit}\n{more}\n'


def declared(text: str, *uses: str) -> Results:
    """Make results with the earlier use of the rows declared."""
    found = results(text)
    assert found.data is not None
    return found.model_copy(update={"data": found.data.model_copy(update={"used_for": uses})})


def finding(severity: str) -> Finding:
    """Make a finding about the candidate."""
    return Finding.model_validate(
        {"code": "X1", "severity": severity, "title": "T", "model": "a", "message": "m", "source": "s"}
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            ALONE + check("performance.accuracy", "at_least = 0.99"),
            "do not release a until its accuracy is at least 99\u202f%.",
        ),
        (
            PAIR + check("performance.accuracy", "at_least = 0.99"),
            "keep b until a's accuracy is at least 99\u202f%.",
        ),
        (
            PAIR + check("performance.accuracy", "at_least = 0.99", 'models = ["*"]'),
            "do not release a until its accuracy is at least 99\u202f%.",
        ),
    ],
)
def test_what_fails_is_named_with_its_limit(text: str, words: str) -> None:
    """The model that it would replace is kept, unless that fails too; what is left to do besides is said."""
    assert next_step(declared(text), []) == words
    warned = text + check("calibration.ece", "at_most = 0.0001", 'severity = "warn"\nmodels = ["a"]')
    also = "accept or resolve the warning on ECE; review the finding below"
    assert next_step(declared(warned), [finding("warning")]) == f"{words} Before a release, also {also}."


def test_it_is_the_candidate_that_has_to_reach_the_limit() -> None:
    """Also where the name of what stays ends with its own."""
    found = declared(PAIR + check("performance.accuracy", "at_least = 0.99"))
    assert found.decision.baseline is not None
    decision = found.decision.model_copy(
        update={"baseline": found.decision.baseline.model_copy(update={"model": "beta"})}
    )
    said = next_step(found.model_copy(update={"decision": decision}), [])
    assert said == "keep beta until a's accuracy is at least 99\u202f%."


def test_at_most_three_checks_are_named() -> None:
    """The others are counted."""
    text = PAIR + "".join(check("performance.recall", f"at_least = 0.9{place}") for place in (5, 6, 7, 8, 9))
    found = next_step(declared(text), [])
    assert found.startswith("keep b until a's recall of class ant is at least 9")
    assert found.count("recall of class ant") == 3
    assert found.endswith(" and 2 more checks pass.")


def test_what_passes_leaves_what_to_confirm() -> None:
    """Warnings, findings, and the use of the rows that the spec does not declare."""
    passing = ALONE + check("performance.accuracy", "at_least = 0.1")
    used = "confirm that these rows were not used to train or choose a"
    assert next_step(results(passing), []) == f"{used}, then sign."
    found = declared(passing)
    assert next_step(found, []) == "sign: no check and no finding stands against it."
    assert next_step(found, [finding("warning")]) == "review the finding below, then sign."
    both = [finding("problem"), finding("warning")]
    assert next_step(found, both) == "resolve the 2 findings below, then sign."
    assert next_step(declared(passing, "selection"), []) == "repeat this on rows without earlier use, then sign."
    warned = ALONE + check("performance.accuracy", "at_least = 0.99", 'severity = "warn"\nmodels = ["a"]')
    assert next_step(declared(warned), []) == "accept or resolve the warning on accuracy, then sign."


def test_without_checks_they_are_the_next_step() -> None:
    """A decision needs a limit: there is nothing to sign yet."""
    assert next_step(declared(ALONE), []) == "state as checks in the spec what a has to reach, and build again."
    found = next_step(declared(ALONE), [finding("warning")])
    assert found == "review the finding below; state as checks in the spec what a has to reach, and build again."


def test_a_partial_run_is_completed_first() -> None:
    """Nothing is decided on a part."""
    found = results(ALONE, only=["performance"])
    assert next_step(found, []) == "run the sections that were left out, then decide."


def test_it_is_a_sentence_of_page_one() -> None:
    """So that `reportgen verify` finds it there."""
    found = results(ALONE + check("performance.accuracy", "at_least = 0.99"))
    said = front_page(found, None, {}).step
    assert said.startswith("do not release a until ")
    assert said in sentences(found)


def test_a_comparison_with_a_recommendation_is_about_it() -> None:
    """It is the first point, measuring it on fresh data the next step, its column is the first one, and findings are about it."""
    found = results(HEAD + check("performance.accuracy", "at_least = 0.1", 'models = ["*"]'))
    assert next_step(found, []) == "confirm the choice on fresh data: 2 models were compared on these rows."
    said = (
        Statement(topic="choice", model="b", parts=("Take b: it is small.",)),
        Statement(topic="parameters", parts=("Try more.",)),
        Statement(topic="weakness", parts=("Two fail.",)),
    )
    first, *rest = found.sections
    made = found.model_copy(update={"sections": (first.model_copy(update={"statements": said}), *rest)})
    front = front_page(made, None, {})
    why = "because a choice among 2 on the same rows is partly luck"
    assert front.step == f"measure b on fresh data, {why}, then name it as the candidate for release."
    assert front.verdict.headline == "No release decision: 3 models are compared, 1 is suggested"
    assert [item.statement.text for item in front.points[0]] == ["Take b: it is small."]
    assert {"Try more.", "Two fail."} <= {item.statement.text for topic in front.points[1:] for item in topic}
    assert "difference" not in {item.statement.topic for topic in front.points for item in topic}
    assert front.grid is not None
    assert front.grid.models[0] == "b"
    assert front.about == ("b",)
    assert {item.finding.model for item in front.findings} <= {"b"}
    about_data = finding("problem").model_copy(update={"model": "data"})
    record = made.sections[0].model_copy(update={"findings": (finding("problem"), about_data)})
    shown = front_page(made.model_copy(update={"sections": (record, *rest)}), None, {}).findings
    assert {item.finding.model for item in shown} == {"data", *(one.finding.model for one in front.findings)}
    partial = made.model_copy(update={"left_out": ("calibration",)})
    assert front_page(partial, None, {}).about == ()
