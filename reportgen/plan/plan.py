"""The plan of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.foreign import section_code
from reportgen.contract.params import NO_PARAMS, Params
from reportgen.contract.section import BaseAnalyzer, BaseComparer, Section
from reportgen.plan.registry import folder_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reportgen.contract.base import Strict
    from reportgen.contract.metric_table import Reading
    from reportgen.contract.needs import Probe, Request, Timing
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.source import Source
    from reportgen.spec.tables.sections import SectionSpec


@dataclass(frozen=True)
class PlannedSection:
    """A section of the report with its options.

    ``skip`` is the reason why an optional section cannot run; ``sha256`` is the digest of the file with the section, None
    for an installed section.
    """

    spec: SectionSpec
    section: Section[Any, Any]
    options: Strict
    skip: str | None = None
    sha256: str | None = None

    @property
    def address(self) -> str:
        """The id in the addresses of its metrics."""
        return self.spec.id or self.section.name

    @property
    def probe(self) -> Probe | None:
        """The activations that it requests; None if it requests none or is skipped."""
        return self._asked(BaseAnalyzer, lambda analyzer: analyzer.probe())

    @property
    def threshold(self) -> float | None:
        """The threshold for binary heads that it requests; None if it requests none or is skipped."""
        return self._asked(BaseAnalyzer, lambda analyzer: analyzer.threshold())

    @property
    def timing(self) -> Timing | None:
        """The times that it asks to measure; None if it asks for none or is skipped."""
        return self._asked(BaseAnalyzer, lambda analyzer: analyzer.timing())

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The metrics of other sections that it reads; none if it does not compare or is skipped."""
        return self._asked(BaseComparer, lambda comparer: tuple(comparer.reads())) or ()

    def _asked(self, kind: type, question: Callable[[Any], Any]) -> Any:
        """Ask the section's code, if it is of a kind and not skipped; otherwise None."""
        if self.skip is not None or not issubclass(self.section.analyzer, kind):
            return None
        with section_code(self.address, folder_of(self.section)):
            return question(self.section.analyzer(self.options))


def decision_of(spec: ReportSpec) -> Decision:
    """Return the roles of the models of a spec; a baseline in an earlier release is not known before its file is read."""
    roles, models = spec.decision, tuple(spec.models)
    return Decision(
        candidate=roles.candidate or (models[0] if len(models) == 1 else None),
        baseline=Baseline(model=roles.baseline) if isinstance(roles.baseline, str) else None,
    )


@dataclass(frozen=True)
class Plan:
    """The plan of a run.

    Attributes
    ----------
    source, folder
        The source of the spec, and the folder that its paths are relative to.
    spec
        The spec with patterns replaced by the models that they match.
    overrides
        The arguments of ``--set``.
    sections
        The sections of the report.
    request
        Their combined needs.
    left_out
        Sections that are not run because of ``--only`` or ``--skip``.
    trend
        The results files of earlier releases that ``[trend]`` matches, relative to the folder.
    params
        The training parameters of the models.
    """

    source: Source
    spec: ReportSpec
    folder: Path
    overrides: tuple[str, ...]
    sections: tuple[PlannedSection, ...]
    request: Request
    left_out: tuple[PlannedSection, ...] = ()
    trend: tuple[str, ...] = ()
    params: Params = NO_PARAMS

    @property
    def decision(self) -> Decision:
        """The roles of the models: a single model is its own candidate."""
        return decision_of(self.spec)
