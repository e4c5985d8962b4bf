"""The checks as JUnit XML, which continuous integration shows beside the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from reportgen.contract.findings import SEVERITIES
from reportgen.contract.subjects import about
from reportgen.render.environment import printable, signed
from reportgen.text import outcomes

if TYPE_CHECKING:
    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.document.content import Content


def to_bytes(content: Content) -> bytes:
    """Return the content of ``junit.xml``: a test case for each checked value, for each part that failed, and for findings that fail."""
    return signed(render(content.results)).encode()


def render(results: Results) -> str:
    """Render the results as a suite: FAIL is a failure, ERROR an error, SKIPPED is skipped, WARN passes and says so."""
    cases = [*map(_case, results.checks), *_failed(results), *_severe(results)]
    suite = ET.Element("testsuite", name=_text(results.report.title), tests=str(len(cases)))
    for attribute, child in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(child) is not None for case in cases)))
    suite.set("timestamp", results.created)
    suite.extend(cases)
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _case(check: CheckOutcome) -> ET.Element:
    whose = about(check.model, check.subject)
    what = f"{check.title} {outcomes.condition(check)}: {whose}"
    found = outcomes.shown(check)
    number = " ".join(part for part in (found.text, found.interval) if part)
    said = "; ".join(part for part in (number, check.reason or outcomes.standing(check)) if part)
    case = ET.Element("testcase", classname=_text(check.address), name=_text(what))
    child = {"FAIL": "failure", "ERROR": "error", "SKIPPED": "skipped", "WARN": "system-out"}.get(check.state)
    if child == "system-out":
        ET.SubElement(case, child).text = _text(f"warning: {said}")
    elif child is not None:
        ET.SubElement(case, child, message=_text(said))
    return case


def _failed(results: Results) -> list[ET.Element]:
    """Return the sections and models that could not be evaluated."""
    found = [("section", one.id, one.reason) for one in results.sections if one.status == "failed"]
    found += [("model", one.name, one.reason) for one in results.models if one.reason is not None]
    cases = []
    for kind, name, reason in found:
        cases.append(ET.Element("testcase", classname=kind, name=_text(name)))
        ET.SubElement(cases[-1], "error", message=_text(str(reason)))
    return cases


def _severe(results: Results) -> list[ET.Element]:
    """Return the findings at which the build fails."""
    limit = results.output.fail_on
    if limit is None:
        return []
    severe = SEVERITIES[SEVERITIES.index(limit) :]
    cases = []
    for section, finding in results.findings():
        if finding.severity in severe:
            name = f"{finding.code} {finding.title}: {about(finding.model, finding.subject)}"
            cases.append(ET.Element("testcase", classname=section, name=_text(name)))
            ET.SubElement(cases[-1], "failure", message=_text(finding.message))
    return cases


def _text(words: str) -> str:
    """Return words without characters that XML cannot hold."""
    return str(printable(words))
