"""The plan: what is going to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.contract.section import BaseAnalyzer, Section

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.contract.base import Strict
    from reportgen.contract.needs import Probe, Request
    from reportgen.spec.model import ReportSpec, SectionSpec
    from reportgen.spec.source import Source


@dataclass(frozen=True)
class PlannedSection:
    """A section of the report with its options.

    ``skip`` is the reason where an optional one cannot run; ``sha256`` is the digest of the file that the section was found
    in, None for an installed one.
    """

    spec: SectionSpec
    section: Section[Any, Any]
    options: Strict
    skip: str | None = None
    sha256: str | None = None

    @property
    def address(self) -> str:
        """The id under which its numbers are found."""
        return self.spec.id or self.section.name

    @property
    def probe(self) -> Probe | None:
        """Which activations it asks for; None where it asks for none, or is skipped."""
        analyzer = self.section.analyzer(self.options)
        return analyzer.probe() if self.skip is None and isinstance(analyzer, BaseAnalyzer) else None

    @property
    def threshold(self) -> float | None:
        """The threshold of binary heads that it asks for; None where it asks for none, or is skipped."""
        analyzer = self.section.analyzer(self.options)
        return analyzer.threshold() if self.skip is None and isinstance(analyzer, BaseAnalyzer) else None


@dataclass(frozen=True)
class Plan:
    """What is going to be done.

    Attributes
    ----------
    source, folder
        The spec as it was read, and the folder that its paths are relative to.
    spec
        The spec with the models that patterns stand for.
    overrides
        What ``--set`` changed.
    sections
        The sections of the report.
    request
        What they need of the evaluation.
    left_out
        Sections that the call left out by ``--only`` or ``--skip``.
    """

    source: Source
    spec: ReportSpec
    folder: Path
    overrides: tuple[str, ...]
    sections: tuple[PlannedSection, ...]
    request: Request
    left_out: tuple[PlannedSection, ...] = ()
