"""What continuous integration reads: JUnit XML, and the summary of a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from click.testing import CliRunner
from handmade import SPEC, results

from reportgen.cli import commands
from reportgen.pipeline.present import present
from reportgen.render import junit
from reportgen.render.markdown import MOST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

OF = {"PASS": None, "WARN": "system-out", "FAIL": "failure", "ERROR": "error", "SKIPPED": "skipped"}


def suite(text: str) -> ET.Element:
    """Return the suite of the results of a spec."""
    return ET.fromstring(junit.render(results(text)))


def test_every_check_is_a_test_case() -> None:
    """Its state is the child that CI knows, its number the message, and the totals add up."""
    made = results()
    found = ET.fromstring(junit.render(made))
    cases = found.findall("testcase")
    assert [(case.get("classname"), [child.tag for child in case]) for case in cases] == [
        (check.address, [tag for tag in (OF[check.state],) if tag]) for check in made.checks
    ]
    assert {OF[check.state] for check in made.checks} >= {None, "error", "skipped", "system-out"}
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(found.attrib[attribute]) == len(found.findall(f"testcase/{tag}"))
    failing = suite(SPEC.replace("at_least = 0.6", "at_least = 0.999"))
    (first, *_) = failing.findall("testcase/failure")
    assert re.match(r"[0-9.]+\s% \[", first.attrib["message"])


def test_findings_that_fail_a_build_are_test_cases() -> None:
    """With ``fail_on`` a build exits with 1 because of them."""
    plain, failing = (len(suite(text).findall("testcase")) for text in (SPEC, f'{SPEC}[output]\nfail_on = "note"\n'))
    assert failing > plain


def test_the_summary_has_the_decision_and_a_limit() -> None:
    """Page one without pictures, never longer than a comment may be."""
    made = results()
    text = present(made, ("summary",)).files["summary.md"].decode()
    assert "## Decision: " in text
    assert "**Checks**" in text
    long = made.model_copy(update={"report": made.report.model_copy(update={"title": "word " * 30_000})})
    cut = present(long, ("summary",)).files["summary.md"]
    assert len(cut) < MOST_BYTES + 200
    assert cut.decode().rstrip().endswith("-->")
    assert "The rest is in the report." in cut.decode()


def test_the_summary_is_appended(tmp_path: Path) -> None:
    """To what other steps wrote."""
    (tmp_path / "results.json").write_text(results().to_json(), "utf-8")
    step = tmp_path / "step.md"
    step.write_text("# Before\n", "utf-8")
    command = ["render", str(tmp_path / "results.json"), "--format", "junit", "--summary", str(step), "-q"]
    CliRunner().invoke(commands.cli, command)
    text = step.read_text("utf-8")
    assert text.startswith("# Before\n# ")
    assert text == "# Before\n" + (tmp_path / "summary.md").read_text("utf-8")
    assert (tmp_path / "junit.xml").exists()
