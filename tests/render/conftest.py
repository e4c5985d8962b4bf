"""A document written by hand: three models, checks in all states, two chapters, missing numbers, hostile strings."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reportgen.analysis.results import (
    CheckOutcome,
    DataRecord,
    FileRecord,
    ModelRecord,
    OutputRecord,
    ReportRecord,
    Results,
    SectionRecord,
    SpecRecord,
)
from reportgen.contract.figures import Drawn
from reportgen.contract.findings import Explanation, Finding
from reportgen.contract.galleries import Card, CardAnswer, Gallery, Picture
from reportgen.contract.numbers import Measurement, Metric, MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.contract.statements import Statement, quantity
from reportgen.contract.tables import Column, Table
from reportgen.document.tree import (
    Chapter,
    CheckGrid,
    CheckLine,
    CheckRow,
    Document,
    Drawing,
    FrontPage,
    LocatedFinding,
    LocatedStatement,
    Part,
    RuleEntry,
    Term,
    Verdict,
)
from reportgen.evaluation.thumbnails import png
from reportgen.spec.tables.release import CardSpec

if TYPE_CHECKING:
    from collections.abc import Callable

SHA = "0123456789abcdef" * 4
LONG = "resnet_with_a_very_long_name_that_nobody_would_type_by_hand_2026_11_23_seed_0"
HOSTILE = (
    "<script>alert(1)</script> $x$ a|b ]]> `c` & \"d\" 'e' *f* _g_ [h](javascript:i) ![j](http://evil.example/k.png)"
)
"""Stands wherever a person or a model file may put words."""
MODELS = ("mlp", "cnn", LONG)

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" width="300pt" height="60pt" viewBox="0 0 300 60" version="1.1">
 <metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
 <defs>
  <style type="text/css">*{stroke-linejoin: round}</style>
  <clipPath id="clip"><rect x="0" y="0" width="300" height="60"/></clipPath>
  <path id="mark" d="M -2 0 L 2 0" style="stroke: #1f2328"/>
 </defs>
 <g id="axes_1" clip-path="url(#clip)">
  <path d="M 20 40 L 280 40" style="fill: none; stroke: #3f90da; stroke-width: 1.5"/>
  <use xlink:href="#mark" x="150" y="40"/>
  <text style="font-size: 9px; font-family: 'IBM Plex Sans'" x="150" y="55">$x$ &lt;accuracy&gt;</text>
 </g>
</svg>
"""


def metric(value: float | None, unit: str = "fraction", ends: tuple[float, float] | None = None, **more: Any) -> Metric:
    """Make a metric; without a value it is not applicable."""
    if value is None:
        more = {"status": "not_applicable", "reason": "there is only one class", **more}
    low, high = ends or (None, None)
    method = None if ends is None else "Wilson"
    return Metric(value=value, unit=unit, n=600, ci_low=low, ci_high=high, ci_method=method, **more)


def finding(severity: str, model: str = "mlp", words: str = HOSTILE) -> Finding:
    """Make a finding about a class."""
    return Finding(
        code="CAL101",
        severity=severity,  # type: ignore[arg-type]
        title="Miscalibrated",
        model=model,
        subject="class:8",
        message=f"ECE 3.0 % (n = 600; p < 0.001). {words}",
        source="Guo et al. (2017)",
    )


def table(rows: int = 3, *, words: str = HOSTILE) -> Table:
    """Make a table with a metric, a missing metric, a bare number, a text and an empty cell."""
    columns = (
        Column("Model", numeric=False),
        Column("Accuracy"),
        Column("NLL"),
        Column("ROC AUC"),
        Column("n", unit="count"),
        Column(f"Words {words}", numeric=False),
    )
    body = tuple(
        (
            MODELS[index % 3] if index < 3 else f"row {index}",
            metric(0.9996, ends=(0.9951, 0.9999)),
            metric(0.1102, "nats", (0.053, 0.166)),
            metric(None),
            12345 + index,
            words if index % 2 else None,
        )
        for index in range(rows)
    )
    return Table(
        "scores", f"Scores {words}", columns, body, f"★ best. {words}", frozenset({(0, 1)}), frozenset({(1, 1)})
    )


def measured(words: str = HOSTILE) -> Table:
    """Make the table with the number of the statement."""
    columns = (Column("Class", numeric=False), Column("Recall"))
    return Table("measured", f"Measured {words}", columns, (("8", MEASURED.metric),))


def check(state: str, model: str, *, value: Metric | None, reason: str | None = None, others: int = 0) -> CheckLine:
    """Make a line of the checks table."""
    outcome = CheckOutcome(
        address="performance.recall",
        title="Recall",
        unit="fraction",
        model=model,
        subject="class:8" if others else None,
        low=0.95,
        high=None,
        severity="warn" if state == "WARN" else "fail",
        state=state,  # type: ignore[arg-type]
        metric=value,
        reason=reason,
    )
    return CheckLine(outcome, others, alike=())


def drawing(number: int, *, svg: str = SVG, rows: int = 3, words: str = HOSTILE) -> Drawing:
    """Make a figure with a table behind it."""
    return Drawing(
        id=f"performance-figure-{number}",
        title=f"Accuracy {words}",
        caption=f"Accuracy with 95 % intervals; test split, n = 600. {words}",
        alt=f"The accuracy of mlp is highest: 99.96 %. {words}",
        drawn=Drawn(svg, 400, 80),
        tables=(table(rows, words=words),),
        number=number,
    )


MEASURED = Measurement(name="recall", model="mlp", metric=metric(0.97, ends=(0.9583, 0.98)))
"""The number of the statement, which stands in a table of the chapter about performance."""


def statement(words: str = HOSTILE) -> Statement:
    """Make a statement with a number."""
    return Statement(topic="difference", parts=(f"Recall {words} ", quantity(MEASURED), "."), p_value=0.01, n=600)


def chapter(name: str, first: int, *, status: str = "ok", words: str = HOSTILE, **changes: Any) -> Chapter:
    """Make a chapter with a figure in the body and one in the appendix."""
    made = Chapter(
        id=name,
        kind=name,
        title=name.capitalize(),
        question=f"How good is it? {words}",
        text=f"# Mine\n\n### Deep\n\nAuthor's **words**, https://example.org. {words}",
        statements=(statement(words),),
        body=Part(
            (finding("problem", words=words), finding("warning", LONG, words), finding("note", words=words)),
            (drawing(first, words=words),),
            (table(words=words),),
            (finding("warning", words=words), finding("warning", LONG, words)),
        ),
        appendix=Part(
            (finding("note", words=words),),
            (replace(drawing(first + 1, rows=130, words=words), place="appendix"),),
            (table(130, words=words), measured(words)),
        ),
        status=status,
        reason=None if status == "ok" else f"needs a history {words}",
        template=None,
        galleries=(gallery(words),),
    )
    return replace(made, **changes)


def gallery(words: str = HOSTILE) -> Gallery:
    """Make a gallery of two cards, one with a picture, one with values and a text."""
    answers = (CardAnswer("mlp", f"3 (99.4 %) {words}", "new"), CardAnswer(LONG, "8 (61 %)", "right"))
    dot = Picture("x", base64.b64encode(png(np.zeros((4, 4, 1), np.uint8))).decode(), 4, 4)
    cards = (
        Card("row 7", f"8 {words}", answers, f"row 7, labeled 8 {words}", pictures=(dot, dot)),
        Card("row 9", "8", answers, "row 9", values=((f"width {words}", "3.50 (1)"),), text=f"Words {words}"),
    )
    return Gallery("errors", f"Errors {words}", f"2 of 9 rows. {words}", cards)


def results(words: str = HOSTILE) -> Results:
    """Make the results that a document refers to, with one number."""
    section = SectionRecord(
        id="performance",
        kind="performance",
        title="Performance",
        text=None,
        options={},
        status="ok",
        reason=None,
        result=SectionResult(measurements=(MEASURED,)),
        findings=(),
    )
    return Results(
        schema_version=2,
        reportgen="0.1.0",
        created="2026-11-23T10:00:00+00:00",
        report=ReportRecord(
            title=f"Digits {words}",
            version="1.1.0",
            authors=("Vision team", f"A {words}"),
            description=f"Candidates for the **1.1 release**. {words}",
        ),
        spec=SpecRecord(file="release.toml", text="schema_version = 1\n", sha256=SHA, overrides=()),
        output=OutputRecord(style="publication", fail_on=None),
        models=tuple(
            ModelRecord(name=name, file=f"digits/{name}.keras", sha256=SHA, size_bytes=69_300, history=None, heads=())
            for name in MODELS
        ),
        data=DataRecord(
            files=(FileRecord(file="digits/test.npz", sha256=SHA),),
            split="test",
            n_total=600,
            n=600,
            seed=0,
            sampling="all rows",
        ),
        versions={"python": "3.11.0"},
        sections=(section,),
        checks=(),
        card=CardSpec(intended_use=f"Reads **digits**. {words}"),
    )


def front(words: str = HOSTILE) -> FrontPage:
    """Make page one with checks in all states, a statement, a picture and three findings."""
    wide = (0.9583, 0.98)
    checks = (
        (
            check("PASS", "mlp", value=metric(0.97, ends=wide)),
            check("FAIL", "cnn", value=metric(0.91, ends=(0.885, 0.931)), others=9),
        ),
        (
            check("WARN", "mlp", value=metric(0.9499, ends=(0.93, 0.965), caveat=f"fitted on few examples {words}")),
            None,
        ),
        (
            check("ERROR", "mlp", value=metric(None), reason=f"it was not measured {words}"),
            check("ERROR", "cnn", value=None),
        ),
        (check("SKIPPED", "mlp", value=None, reason="optional, and not measured"), None),
    )
    rows = tuple(CheckRow(cells[0].outcome, cells, "1 PASS") for cells in checks)
    return FrontPage(
        verdict=Verdict("FAIL", "mlp does not pass its checks", f"Of 6 checks, 1 failed. {words}"),
        step=f"keep cnn. {words}",
        points=((LocatedStatement("performance", statement(words)),),),
        basis=f"600 rows. {words}",
        picture=replace(drawing(0, words=words), tables=()),
        grid=CheckGrid(("mlp", "cnn"), rows, 1, 6),
        closest=f"Least certain: recall of mlp. {words}",
        findings=tuple(
            LocatedFinding("performance", finding(kind, words=words)) for kind in ("problem", "warning", "note")
        ),
        about=(),
        n_findings=9,
        ranking=table(words=words),
        text=f"Mine. {words}",
    )


def rule(words: str = HOSTILE, page: str | None = None) -> RuleEntry:
    """Make the entry of the rule that all findings have, with a page in the documentation or without."""
    explanation = Explanation(
        f"An ECE above 10 %. {words}", "The ECE is 10.1 %.", "Probabilities are off.", "Recalibrate.", "Never."
    )
    return RuleEntry("CAL101", "problem", f"Miscalibrated {words}", f"convention {words}", explanation, page)


def document(words: str = HOSTILE, **changes: Any) -> Document:
    """Make a document; ``words`` stand wherever a person or a model file may put words."""
    spec = MetricSpec("recall", f"Recall {words}", "fraction", True, f"Share found. {words}", f"convention {words}")
    hashes = Table(
        "files",
        "Files",
        (Column("What", numeric=False), Column("SHA-256", numeric=False)),
        (("spec", SHA), (f"model {words}", SHA)),
    )
    made = Document(
        results=results(words),
        digest=SHA[::-1],
        front=front(words),
        key_numbers=None,
        margins=table(words=words),
        dashboard=None,
        chapters=(
            chapter("performance", 1, words=words),
            chapter("calibration", 3, words=words),
            chapter("history", 5, status="skipped", words=words, body=Part(), appendix=Part(), statements=()),
            chapter("glossary", 5, status="failed", words=words, body=Part(), appendix=Part()),
        ),
        card=(("Intended use", f"Reads **digits**. {words}"),),
        not_stated=("Limitations", "Owner"),
        coverage=table(words=words),
        provenance=(hashes,),
        terms=(
            Term("performance.recall", spec),
            Term("calibration.ece", replace(spec, higher_is_better=None)),
            Term("training.peak", replace(spec, higher_is_better=None, direction_by_model=True)),
        ),
        rules=(rule(words),),
    )
    return replace(made, **changes)


@pytest.fixture
def make_document() -> Callable[..., Document]:
    """Give the factory of documents."""
    return document


@pytest.fixture
def make_rule() -> Callable[..., RuleEntry]:
    """Give the factory of entries of rules."""
    return rule


@pytest.fixture
def make_drawing() -> Callable[..., Drawing]:
    """Give the factory of figures."""
    return drawing


@pytest.fixture
def make_table() -> Callable[..., Table]:
    """Give the factory of tables."""
    return table
