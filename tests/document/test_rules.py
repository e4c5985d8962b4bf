"""The rules that fired: which have an entry, and what their codes link to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from handmade import SPEC, made_evaluation, made_plan, results

from reportgen.analysis import analyze as analysis
from reportgen.contract.findings import Explanation
from reportgen.document.rules import rule_entries
from reportgen.pipeline.present import present
from reportgen.spec.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results

NOW = "2026-01-02T03:04:05+00:00"
FILE = """\
from reportgen import BaseAnalyzer, Hit, Rule, Section, SectionResult, Strict
from reportgen.section import Explanation

class Options(Strict): ...

class Analyzer(BaseAnalyzer[Options, SectionResult]):
    def analyze(self, evaluation):
        return SectionResult(measurements=())

def find(result):
    yield Hit("a", "It fires.")

TEXT = Explanation("A.", "B.", "C.", "D.", "E.")
SECTION = Section(
    name="mine", title="Mine", question="Does it fire?", options=Options, result=SectionResult, analyzer=Analyzer,
    rules=(Rule("MIN101", "note", "Mine", "convention", find, TEXT), Rule("MIN102", "note", "Mine", "convention", find)),
)
"""


def addressed(address: str, spec: str = SPEC) -> str:
    """Return a spec with the address of the documentation."""
    return f'{spec}[output]\ndocs_url = "{address}"\n'


def with_a_file(folder: Path, spec: str, code: str = FILE) -> Results:
    """Analyze with a section in a file, which has a rule with an explanation and one without."""
    (folder / "mine.py").write_text(code, "utf-8")
    planned = made_plan(folder, spec.replace("[[checks]]", '[[sections]]\nkind = "./mine.py:SECTION"\n[[checks]]', 1))
    return analysis.analyze(planned, made_evaluation(), NOW, keep_going=False)


def test_every_rule_that_fired_has_one_entry() -> None:
    """By code, however many findings it has; none that did not fire."""
    made = results()
    entries = rule_entries(made)
    assert [one.code for one in entries] == sorted({finding.code for _, finding in made.findings()})
    assert {one.page for one in entries} == {None}


def test_a_section_that_is_used_twice_shares_the_entries() -> None:
    """Its rules are the same."""
    made = results(
        SPEC.replace("[[checks]]", '[[sections]]\nkind = "calibration"\nid = "fine"\nbins = 50\n[[checks]]', 1)
    )
    assert rule_entries(made) == rule_entries(results())


def test_pages_are_those_of_the_documentation() -> None:
    """With and without a slash at the end; in the page, the PDF and the card."""
    for address in ("https://example.org/docs", "https://example.org/docs/"):
        made = results(addressed(address))
        assert made.output.docs_url == address
        assert [one.page for one in rule_entries(made)] == [
            f"https://example.org/docs/rules/{one.code}/" for one in rule_entries(made)
        ]
    files = present(made, ("html", "markdown"), draw=False).files
    assert 'href="https://example.org/docs/rules/CAL' in files["report.html"].decode()
    assert re.search(r"\[CAL\d+\]\(https", files["model_card.md"].decode().replace("\\", ""))


def test_a_plugins_rule_needs_an_explanation(tmp_path: Path) -> None:
    """A file's rules have no page in the documentation; without an explanation the code is plain text."""
    made = with_a_file(tmp_path, addressed("https://example.org"))
    entries = {one.code: one for one in rule_entries(made)}
    assert entries["MIN101"].page is None
    assert "MIN102" not in entries
    page = present(made, ("html",), draw=False).files["report.html"].decode()
    assert '<a href="#rule-MIN101">MIN101</a>' in page
    assert "> MIN102; convention" in page


def test_a_code_of_two_rules_has_no_entry(tmp_path: Path) -> None:
    """A finding does not say which of the two it is from."""
    (code, *_) = (one.code for one in rule_entries(results()))
    made = with_a_file(tmp_path, SPEC, FILE.replace("MIN101", code))
    assert code not in {one.code for one in rule_entries(made)}


def test_an_older_results_file_has_no_address() -> None:
    """What it does not record is null."""
    made: dict[str, Any] = results().model_dump(mode="json")
    del made["output"]["docs_url"]
    assert results().output.model_validate(made["output"]).docs_url is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://example.org",
        "example.org/docs",
        "https://",
        "https://a b",
        "https://a/?b",
        "https://a/#b",
        "https://a/\\u0007",
    ],
)
def test_the_address_is_one_of_the_web(address: str) -> None:
    """Http or https with a host; nothing that a path cannot follow."""
    with pytest.raises(SpecError, match="must be an address like"):
        results(addressed(address))


def test_parts_of_an_explanation_are_in_reading_order() -> None:
    """Each with its heading."""
    text = Explanation("A.", "B.", "C.", "D.", "E.")
    assert [words for _, words in text.parts] == ["A.", "B.", "C.", "D.", "E."]
    assert [words for _, words in replace(text, do="F.").parts][3] == "F."
