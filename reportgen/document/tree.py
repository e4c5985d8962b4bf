"""The document tree, independent of the output format: page one, chapters, provenance, glossary.

It is the only input of the renderers.
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
    """A drawn figure.

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
    """One section: its question, author's note, findings, figures and tables, or why it is missing."""

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
    """Sentences about the findings that are not printed."""


@dataclass(frozen=True)
class Verdict:
    """The decision as text, derived from the checks: ``state`` is PASS, WARN, FAIL or NONE (no checks)."""

    state: str
    headline: str
    sentence: str


@dataclass(frozen=True)
class CheckLine:
    """A check on page one: its worst outcome for a model, and the number of other subjects that it applies to.

    ``models`` is the number of other models with the same outcome that share this line, if there are many models.
    """

    outcome: CheckOutcome
    others: int
    models: int = 0


@dataclass(frozen=True)
class LocatedFinding:
    """A finding and its chapter."""

    chapter: str
    finding: Finding


@dataclass(frozen=True)
class FrontPage:
    """Page one: the decision and its basis."""

    verdict: Verdict
    checks: tuple[CheckLine, ...]
    performance: Table | None
    findings: tuple[LocatedFinding, ...]
    n_findings: int
    text: str | None
    dashboard: tuple[Drawing, ...] = ()
    selection: str = ""
    """How many models were compared on these rows, what the rows were used for before, and whether training noise is covered."""
    more: tuple[Table, ...] = ()
    """Tables of chapters that page one repeats."""


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
