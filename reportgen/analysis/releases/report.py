"""Two results files as the results of one comparison, to be printed or rendered: what ``reportgen diff`` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.analysis.releases import release, run
from reportgen.analysis.releases.compare import compare
from reportgen.analysis.releases.structure import flipped
from reportgen.analysis.results import SCHEMA_VERSION, Results, SectionRecord
from reportgen.contract.decision import Decision
from reportgen.contract.focus import View
from reportgen.contract.metric_table import Headline, MetricTable
from reportgen.contract.section import BaseComparer
from reportgen.plan.releases import SECTION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reportgen.analysis.releases.release import Release
    from reportgen.analysis.results_file import Facts
    from reportgen.contract.changes import Changes, FlippedCheck
    from reportgen.contract.section import Section
    from reportgen.plan.registry import Registry


@dataclass(frozen=True)
class Difference:
    """Two releases, what has changed, and the checks that came out differently."""

    old: Release
    new: Release
    facts: Facts
    """Of the new release."""
    changes: Changes
    flipped: tuple[FlippedCheck, ...]


def difference(old: Path, new: Path, old_model: str | None = None, model: str | None = None) -> Difference:
    """Compare two results files.

    Raises
    ------
    ResultsError
        As :func:`release.of_file`.
    """
    now, facts = release.of_file(new, str(new), model)
    before = release.read(old, str(old), old_model, now.model.name)
    changes, _ = compare(before, now)
    return Difference(before, now, facts, changes, tuple(flipped(before.checks, now.checks)))


def results(found: Difference, registry: Registry) -> Results:
    """Return the results of a comparison, with one section that shows it; titles and headlines are those of installed sections."""
    facts, new = found.facts, found.new
    section = registry.find(SECTION)
    options = section.options()
    installed = {
        address: registry.find(kind) for address, kind, _ in facts.parts if kind in registry.names and kind != SECTION
    }
    table = MetricTable(
        (new.model.name,),
        facts.rows,
        tuple(_headlines(installed.items())),
        {f"{address}.{spec.name}": spec for address, one in installed.items() for spec in one.metrics},
        changes=found.changes,
    )
    comparer = section.analyzer(options)
    if not isinstance(comparer, BaseComparer):
        message = "the section on changes compares"
        raise TypeError(message)
    result = comparer.compare(table)
    decision = run.with_baseline(Decision(candidate=new.model.name), found.old)
    view = View(decision=decision, flipped=found.flipped)
    record = SectionRecord(
        id=SECTION,
        kind=section.name,
        title=section.title,
        text=None,
        options=options.model_dump(mode="json"),
        status="ok",
        reason=None,
        result=result,
        findings=tuple(finding for rule in section.rules for finding in rule.apply(result)),
        statements=section.statements(result, view),
    ).bound_to(section)
    return Results(
        schema_version=SCHEMA_VERSION,
        reportgen=facts.reportgen,
        created=facts.created,
        report=facts.report,
        spec=facts.spec,
        output=facts.output,
        decision=decision,
        models=(new.model,),
        data=facts.data,
        card=facts.card,
        code=facts.code,
        versions=facts.versions,
        sections=(record,),
        checks=new.checks,
        flipped=found.flipped,
    )


def _headlines(installed: Iterable[tuple[str, Section[Any, Any]]]) -> Iterable[Headline]:
    return (Headline(address, one.metric(name)) for address, one in installed for name in one.headlines)
