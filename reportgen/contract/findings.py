"""Findings: sentences that rules generate from the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal

from reportgen.contract.base import Strict
from reportgen.contract.foreign import require_instances
from reportgen.contract.result import ResultT
from reportgen.contract.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


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
class Rule(Generic[ResultT]):
    """A threshold with a message and a source; ``find`` yields a hit for each finding."""

    code: str
    severity: Severity
    title: str
    source: str
    find: Callable[[ResultT], Iterable[Hit]]

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
