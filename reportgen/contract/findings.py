"""Findings: sentences that rules generate from the numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Literal

from reportgen.contract.base import Strict
from reportgen.contract.foreign import require_instances
from reportgen.contract.result import ResultT
from reportgen.contract.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


Severity = Literal["note", "warning", "problem"]


SEVERITIES: tuple[Severity, ...] = ("note", "warning", "problem")


class Finding(Strict):
    """A sentence that a rule generated from a number."""

    code: str
    """Code of the rule, e.g. ``CAL101``."""
    severity: Severity
    """``note``, ``warning`` or ``problem``."""
    title: str
    """Short title of the rule."""
    model: str
    """The model that it is about."""
    subject: Subject | None = None
    """The part of the model that it is about, if any."""
    message: str
    """The sentence: the number, the reference value and the consequence."""
    source: str
    """Citation of the threshold, or "convention"."""
    effect: float | None = None
    """How many times its threshold the number is, if the rule gives it; findings are ordered by it."""
    n: int | None = None
    """Number of examples that the number is based on, if the rule gives it."""


@dataclass(frozen=True)
class Hit:
    """The model and subject on which a rule fired, and its message.

    ``effect`` is the size of the number on the rule's own scale, how many times its threshold, and ``n`` the number of
    examples behind it: within a severity, findings with the largest effect come first, then those with the largest n, and
    those of rules that give no effect last.
    """

    model: str
    message: str
    subject: str | None = None
    effect: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class Explanation:
    """What a reader should know about a rule: its page in the documentation, and its entry in the report.

    Parameters
    ----------
    finds
        What it looks for, with its threshold.
    example
        The smallest example that triggers it, in words with numbers.
    means
        What it means for a release.
    do
        What to do.
    ignore
        When to ignore it.
    """

    finds: str
    example: str
    means: str
    do: str
    ignore: str

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Heading and text of each part, in reading order."""
        return (
            ("What it finds", self.finds),
            ("Smallest example", self.example),
            ("What it means for a release", self.means),
            ("What to do", self.do),
            ("When to ignore it", self.ignore),
        )


@dataclass(frozen=True)
class Rule(Generic[ResultT]):
    """A threshold with a message and a source; ``find`` yields a hit for each finding.

    The code consists of letters, digits, _ and -. A rule with an ``explanation`` has an entry in every report in which it fires,
    and a page in the documentation.
    """

    code: str
    severity: Severity
    title: str
    source: str
    find: Callable[[ResultT], Iterable[Hit]]
    explanation: Explanation | None = None

    def apply(self, result: ResultT) -> tuple[Finding, ...]:
        """Return the findings of this rule on a result.

        Raises
        ------
        SectionError
            ``find`` yields something other than hits.
        """
        return tuple(
            Finding(
                code=self.code,
                severity=self.severity,
                title=self.title,
                model=hit.model,
                subject=None if hit.subject is None else Subject(hit.subject),
                message=hit.message,
                source=self.source,
                effect=hit.effect,
                n=hit.n,
            )
            for hit in require_instances(self.find(result), Hit, f"the rule {self.code}")
        )


def explained(rules: Iterable[Rule[ResultT]], explanations: Mapping[str, Explanation]) -> tuple[Rule[ResultT], ...]:
    """Return the rules with their explanations, by code; KeyError if a rule has none."""
    return tuple(replace(rule, explanation=explanations[rule.code]) for rule in rules)
