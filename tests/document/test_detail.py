"""What paper leaves out, and how chapters say that nothing is to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from handmade import results

from reportgen.contract.figures import Drawn
from reportgen.contract.findings import Finding
from reportgen.document.compose import compose
from reportgen.document.detail import printed
from reportgen.document.tree import Document, Drawing
from reportgen.pipeline.present import tables_of

if TYPE_CHECKING:
    from reportgen.analysis.results import Results


def composed(found: Results, *drawings: Drawing) -> Document:
    """Arrange results with these figures in the chapter on performance."""
    tables = {one.id: tables_of(one, found.view_of(one.id)) for one in found.sections}
    return compose(found, {"performance": drawings}, tables, {}, {})


def drawing(name: str, place: str) -> Drawing:
    """Make a figure."""
    return Drawing(name, name, name, name, Drawn("<svg/>", 1, 1), (), place=place)  # type: ignore[arg-type]


def test_paper_numbers_its_figures_without_gaps() -> None:
    """What only the page has leaves no hole."""
    whole = composed(results(), drawing("a", "body"), drawing("b", "full"), drawing("c", "appendix"))
    assert [(one.id, one.number) for one in whole.drawings] == [("a", 1), ("b", 2), ("c", 3)]
    assert [(one.id, one.number) for one in printed(whole).drawings] == [("a", 1), ("c", 2)]


@pytest.mark.parametrize(
    ("severity", "is_open", "words"),
    [
        (None, False, "Nothing here needs action."),
        ("note", False, "No warnings here."),
        ("warning", False, ""),
        (None, True, ""),
    ],
)
def test_a_chapter_is_calm(severity: str | None, is_open: bool, words: str) -> None:
    """Without a finding, with notes only, with a warning, and with a check that did not pass."""
    chapter = next(one for one in composed(results()).chapters if one.id == "performance")
    found = (
        ()
        if severity is None
        else (Finding(code="X", severity=severity, title="T", model="a", message="m", source="s"),)
    )  # type: ignore[arg-type]
    calm = replace(chapter, body=replace(chapter.body, findings=found, named=()), has_open_check=is_open)
    assert calm.calm == words


def test_a_check_that_did_not_pass_is_open_in_its_chapter() -> None:
    """Of the models that the decision is about."""
    found = results()
    states = {check.section: check.state for check in found.checks if check.state not in {"PASS", "SKIPPED"}}
    assert states
    for chapter in composed(found).chapters:
        assert chapter.has_open_check == (chapter.id in states)
