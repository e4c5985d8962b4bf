"""Findings: sentences that rules make of numbers."""

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
    """A sentence that a rule made of a number."""

    code: str
    """The rule's code, e.g. ``CAL101``."""
    severity: Severity
    """``note``, ``warning`` or ``problem``."""
    title: str
    """What the rule is about, in a few words."""
    model: str
    """The model that it speaks of."""
    subject: Subject | None = None
    """The part of the model, where there is one."""
    message: str
    """The sentence: the number, what it is compared with, and what follows."""
    source: str
    """Citation of the threshold, or "convention"."""


@dataclass(frozen=True)
class Hit:
    """Where a rule fired, and the sentence for it."""

    model: str
    message: str
    subject: str | None = None


@dataclass(frozen=True)
class Rule(Generic[ResultT]):
    """A threshold with a sentence and a source; ``find`` yields a hit wherever a result deserves it."""

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
            ``find`` gives something else than hits.
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
            )
            for hit in require_instances(self.find(result), Hit, f"the rule {self.code}")
        )
