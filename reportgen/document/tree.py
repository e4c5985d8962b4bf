"""The document tree, independent of the output format: page one, body, appendix.

It is the only input of the renderers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportgen.analysis.results import CheckOutcome, Results
    from reportgen.contract.figures import Drawn
    from reportgen.contract.findings import Explanation, Finding, Severity
    from reportgen.contract.galleries import Gallery
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.places import Place
    from reportgen.contract.statements import Statement, Topic
    from reportgen.contract.tables import Table


@dataclass(frozen=True)
class Drawing:
    """A drawn figure.

    ``id`` is unique in the document; ``place`` is ``front``, ``body``, ``appendix`` or ``full``. ``narrow`` returns the parts that
    are too wide for a phone a second time, as wide as its screen, under the same names; they may be drawn only then.
    """

    id: str
    title: str
    caption: str
    alt: str
    drawn: Drawn
    tables: tuple[Table, ...]
    number: int = 0
    place: Place = "body"
    narrow: Callable[[], tuple[Drawn, ...]] = tuple


@dataclass(frozen=True)
class Part:
    """Findings, figures and tables of a chapter: in the body, or in the appendix, whose findings are about other models or, where many are compared, the less serious ones."""

    findings: tuple[Finding, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()
    named: tuple[Finding, ...] = ()
    """Those that are only named."""
    left_out: int = 0
    """Number of figures and long tables that paper leaves out."""
    of_others: bool = False
    """Whether its findings are about models that the decision is not about."""

    def __bool__(self) -> bool:
        return bool(self.findings or self.drawings or self.tables or self.named)

    @property
    def more_findings(self) -> str:
        """Return a sentence that names findings by rule and model; empty without any."""
        rules: dict[str, list[str]] = {}
        for one in self.named:
            rules.setdefault(f"{one.code} {one.title}", []).append(one.model)
        if not rules:
            return ""
        start = (
            "Findings about other models" if self.of_others and not self.findings else "More findings, in results.json"
        )
        return f"{start}: {'; '.join(f'{rule} ({_on(models)})' for rule, models in rules.items())}."


def _on(models: Sequence[str]) -> str:
    """Return which models findings are about, and how many findings where it is more than one of each.

    >>> _on(["a", "b"]), _on(["a", "a", "b"])
    ('a, b', '3 on a, b')
    """
    names = list(dict.fromkeys(models))
    return f"{f'{len(models)} on ' if len(models) > len(names) else ''}{formatting.listed(names)}"


@dataclass(frozen=True)
class Chapter:
    """One section: its question, statements and author's note, or why it is missing; its body and its appendix.

    The findings of the body are about the candidate, in a comparison about all models, of which many have the less serious ones
    in the appendix; otherwise those of the appendix are about the other models.
    """

    id: str
    kind: str
    title: str
    question: str
    text: str | None
    statements: tuple[Statement, ...]
    body: Part
    appendix: Part
    status: str
    reason: str | None
    template: str | None
    topic: Topic | None = None
    galleries: tuple[Gallery, ...] = ()
    measured_on: str | None = None
    """What it is measured on, in a report on several splits; None in others, and for a chapter that is not measured on rows."""
    has_open_check: bool = False
    """Whether a check of its numbers did not pass, of the models that the decision is about."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table in reading order, those behind the figures included."""
        return tuple(
            table
            for part in (self.body, self.appendix)
            for table in (*(one for drawing in part.drawings for one in drawing.tables), *part.tables)
        )

    @property
    def n_further(self) -> int:
        """Number of less serious findings in the appendix."""
        return 0 if self.appendix.of_others else len(self.appendix.findings) + len(self.appendix.named)

    @property
    def calm(self) -> str:
        """A sentence that nothing needs action; empty where something does, as a check that failed or warned."""
        further = () if self.appendix.of_others else (*self.appendix.findings, *self.appendix.named)
        findings = (*self.body.findings, *further)
        if self.status != "ok" or self.has_open_check or any(one.severity != "note" for one in findings):
            return ""
        return "No warnings here." if findings or self.galleries else "Nothing here needs action."


@dataclass(frozen=True)
class Verdict:
    """The decision as text, derived from the checks: ``state`` is PASS, WARN (also of a model that passes, but has a finding that needs action), FAIL or NONE (no checks)."""

    state: str
    headline: str
    sentence: str


@dataclass(frozen=True)
class CheckLine:
    """A check of a model: its worst outcome, the number of other subjects that it applies to, and those in the same state."""

    outcome: CheckOutcome
    others: int
    alike: tuple[CheckOutcome, ...]


@dataclass(frozen=True)
class LocatedFinding:
    """A finding and its chapter."""

    chapter: str
    finding: Finding


@dataclass(frozen=True)
class CheckRow:
    """A check in the grid: its outcome for each of the models that have a column, None where it was not checked."""

    example: CheckOutcome
    """One of its outcomes, for its title and limits."""
    cells: tuple[CheckLine | None, ...]
    rest: str = ""
    """How often it came out how for the models without a column."""


@dataclass(frozen=True)
class CheckGrid:
    """The checks of page one: a row for each check, a column for each model."""

    models: tuple[str, ...]
    rows: tuple[CheckRow, ...]
    n_others: int
    """Number of models without a column."""
    n_rows: int
    """Number of checks, those without a row included."""


@dataclass(frozen=True)
class LocatedStatement:
    """A statement and its chapter."""

    chapter: str
    statement: Statement


@dataclass(frozen=True)
class FrontPage:
    """Page one: the decision and its basis."""

    verdict: Verdict
    step: str
    """What to do next."""
    points: tuple[tuple[LocatedStatement, ...], ...]
    """The statements of each topic, the most relevant topic first."""
    basis: str
    """What it all rests on: rows, their earlier use, whether intervals cover retraining."""
    picture: Drawing | None
    grid: CheckGrid | None
    closest: str
    """The check that is closest to its limit, in widths of its interval; empty where none has its limit within it."""
    findings: tuple[LocatedFinding, ...]
    """The most serious findings about the candidate; in a comparison about all models, or of many about the leading ones."""
    about: tuple[str, ...]
    """The models of a comparison that the findings are about: the recommended one, or the leading ones of many; empty for all."""
    n_findings: int
    """Number of such findings, those in the chapters included."""
    ranking: Table | None = None
    """The models of a comparison, ranked."""
    text: str | None = None
    more: tuple[Table, ...] = ()
    """Tables of chapters that page one repeats."""


@dataclass(frozen=True)
class Term:
    """A glossary entry: a metric's address and its declaration."""

    address: str
    spec: MetricSpec


@dataclass(frozen=True)
class RuleEntry:
    """A rule that fired in this report, with its explanation; ``page`` is the address of its page in the documentation, if known."""

    code: str
    severity: Severity
    title: str
    source: str
    explanation: Explanation
    page: str | None


@dataclass(frozen=True)
class Document:
    """The whole report."""

    results: Results
    digest: str
    front: FrontPage
    key_numbers: Table | None
    """The headline metrics, in the body of a report with a candidate or of many models."""
    margins: Table | None
    """What would change the verdict."""
    dashboard: Drawing | None
    """The opening of the appendix of a comparison of many models."""
    chapters: tuple[Chapter, ...]
    card: tuple[tuple[str, str], ...]
    """What the author states about the model: heading and Markdown."""
    not_stated: tuple[str, ...]
    """What the author does not state."""
    coverage: Table | None
    """Which items of model cards and documentation duties the report states; None where it is not printed."""
    provenance: tuple[Table, ...]
    terms: tuple[Term, ...]
    """The declarations of all metrics."""
    rules: tuple[RuleEntry, ...] = ()
    """The rules that fired and have an explanation, by code."""
    leaves_out_dashboard: bool = False
    """Whether paper leaves it out."""

    @property
    def rule_links(self) -> dict[str, str]:
        """Return what the codes of these rules link to: the page in the documentation, else the entry in the report."""
        return {rule.code: rule.page or f"#rule-{rule.code}" for rule in self.rules}

    @property
    def rule_pages(self) -> dict[str, str]:
        """Return the pages in the documentation by code."""
        return {rule.code: rule.page for rule in self.rules if rule.page is not None}

    @property
    def left_out(self) -> str:
        """Return a sentence about the figures and tables that paper leaves out; empty if it has all."""
        counts = [f"{one.title} ({one.appendix.left_out})" for one in self.chapters if one.appendix.left_out]
        if self.leaves_out_dashboard:
            counts.insert(0, "Dashboard")
        return f"Only in report.html, figures and long tables: {', '.join(counts)}." if counts else ""

    @cached_property
    def drawings(self) -> tuple[Drawing, ...]:
        """Every figure in reading order."""
        bodies = (one for chapter in self.chapters for one in chapter.body.drawings)
        appendices = (one for chapter in self.chapters for one in chapter.appendix.drawings)
        return tuple(filter(None, (self.front.picture, *bodies, self.dashboard, *appendices)))
