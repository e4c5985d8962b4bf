"""The report as a tree of parts, free of any format: front page, chapters, provenance, glossary.

Renderers read this tree and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.contract.findings import Finding
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Table


@dataclass(frozen=True)
class Drawing:
    """A figure that was drawn.

    ``id`` is unique in the document; ``svg`` is a complete SVG document with text as text;
    ``width`` and ``height`` are CSS pixels.
    """

    id: str
    title: str
    caption: str
    alt: str
    svg: str
    width: float
    height: float
    tables: tuple[Table, ...]
    number: int


@dataclass(frozen=True)
class Chapter:
    """One section: its question, the author's words, findings, figures, tables; or why it is missing."""

    id: str
    kind: str
    title: str
    question: str
    text: str | None
    findings: tuple[Finding, ...]
    drawings: tuple[Drawing, ...]
    tables: tuple[Table, ...]
    status: str
    reason: str | None
    template: str | None
    more_findings: tuple[str, ...] = ()
    """Sentences about the findings that are too many to print."""


@dataclass(frozen=True)
class Verdict:
    """The decision in words, made of the checks: ``state`` is PASS, WARN, FAIL or NONE (no checks)."""

    state: str
    headline: str
    sentence: str


@dataclass(frozen=True)
class CheckLine:
    """A check on page one: its gravest outcome for a model, and how many other subjects it also holds for.

    ``models`` is how many other models came out the same and stand in this line, where there are too many for one each.
    """

    outcome: CheckOutcome
    others: int
    models: int = 0


@dataclass(frozen=True)
class LocatedFinding:
    """A finding and the chapter that it stands in."""

    chapter: str
    finding: Finding


@dataclass(frozen=True)
class FrontPage:
    """Page one: the decision and what it rests on."""

    verdict: Verdict
    checks: tuple[CheckLine, ...]
    performance: Table | None
    findings: tuple[LocatedFinding, ...]
    n_findings: int
    text: str | None
    dashboard: tuple[Drawing, ...] = ()


@dataclass(frozen=True)
class Term:
    """A glossary entry: a metric's address and its declaration."""

    address: str
    spec: MetricSpec


@dataclass(frozen=True)
class Document:
    """The whole report."""

    results: Results
    digest: str
    front: FrontPage
    chapters: tuple[Chapter, ...]
    provenance: tuple[Table, ...]
    glossary: tuple[Term, ...]

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """Return every figure in reading order."""
        return (*self.front.dashboard, *(drawing for chapter in self.chapters for drawing in chapter.drawings))
