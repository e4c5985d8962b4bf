"""Results as a plan could have them, made from the spec before anything is computed: what custom templates are tried with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.analysis import checks
from reportgen.analysis.analyze import SectionOutcome, focus_of, results_of, table_of
from reportgen.analysis.releases import run
from reportgen.contract.findings import SEVERITIES, Finding
from reportgen.contract.records.data import DataDescription, DataEvaluation
from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
from reportgen.contract.records.heads import Decision, HeadEvaluation
from reportgen.contract.result import SectionResult
from reportgen.contract.statements import Statement, quantity
from reportgen.plan.files import named_files

if TYPE_CHECKING:
    from reportgen.analysis.results import Results
    from reportgen.plan.plan import Plan, PlannedSection

_ROWS = 100
_DIGEST = "0" * 64
_HALF = 0.5
_DECIDED = Decision("multiclass", "sample")
_HEAD = HeadEvaluation("output", _DECIDED, _DECIDED, _DECIDED, ("0", "1"), _ROWS, None)
_VERSIONS = {"keras": "3", "tensorflow": "2"}


def sample(plan: Plan, created: str) -> Results:
    """Return results for a plan: everything that it knows is as it will be, and every section has one of everything.

    Models, files, sections with their options, checks and the card are those of the spec. No model and no section's code is
    run: every metric that a section declares is 0.5, and every section has a finding of each severity and a statement.

    Parameters
    ----------
    plan
        The plan.
    created
        UTC time, ISO 8601.
    """
    data, old = plan.spec.data, run.baseline(plan)
    evaluation = Evaluation(
        models=tuple(
            ModelEvaluation(name, one.origin, _DIGEST, 1, (_HEAD,), None, series=one.series, recipe=one.recipe)
            for name, one in plan.spec.models.items()
        ),
        data=None
        if data is None
        else DataEvaluation(
            files=tuple((file, _DIGEST) for location, file in named_files(plan.spec) if location[0] == "data"),
            split=data.split,
            n_total=_ROWS,
            rows=np.arange(_ROWS),
            seed=data.seed,
            sampling="all rows",
            description=DataDescription((), (), 0, None),
            used_for=data.used_for,
        ),
        versions=_VERSIONS,
        decision=run.with_baseline(plan.decision, old),
    )
    outcomes = {item.address: _outcome(item, tuple(plan.spec.models)) for item in plan.sections if item.skip is None}
    table = table_of(plan, evaluation, outcomes)
    return results_of(plan, evaluation, outcomes, created, focus_of(plan, table), checks.run(plan, table), old)


def _outcome(item: PlannedSection, models: tuple[str, ...]) -> SectionOutcome:
    section = item.section
    measured = tuple(spec.measure(model, _HALF, n=_ROWS) for spec in section.metrics for model in models)
    findings = tuple(
        Finding(code="SAMPLE", severity=one, title="Sample", model=models[0], message="A sample.", source="convention")
        for one in SEVERITIES
    )
    spoken = [Statement(topic=section.topic or "data", parts=("A sample: ", quantity(one))) for one in measured[:1]]
    return SectionOutcome(SectionResult(measurements=measured), findings, tuple(spoken))
