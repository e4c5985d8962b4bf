"""The releases of a run: those that its spec names, and its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.analysis.code import code
from reportgen.analysis.releases import predictions, release
from reportgen.analysis.releases.release import Release
from reportgen.contract.decision import Baseline, Earlier
from reportgen.resources import __version__
from reportgen.spec.tables.release import BaselineSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reportgen.analysis.results import DataRecord, ModelRecord
    from reportgen.contract.decision import Decision
    from reportgen.contract.metric_table import TableRow
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.plan.plan import Plan


def baseline(plan: Plan) -> Release | None:
    """Read the earlier release that the spec names as the baseline; None if it names none.

    Raises
    ------
    ResultsError
        As :func:`release.read`.
    """
    named = plan.spec.decision.baseline
    if not isinstance(named, BaselineSpec):
        return None
    return release.read(plan.folder / named.results, named.results, named.model, plan.decision.candidate)


def trend(plan: Plan) -> list[Release]:
    """Read the earlier releases of the trend; ResultsError as :func:`release.read`."""
    model = None if plan.spec.trend is None else plan.spec.trend.model
    return [release.read(plan.folder / file, file, model, plan.decision.candidate, whole=False) for file in plan.trend]


def with_baseline(decision: Decision, old: Release | None) -> Decision:
    """Return the decision with the earlier release as its baseline."""
    if old is None:
        return decision
    return decision.model_copy(update={"baseline": Baseline(model=old.model.name, release=old.about)})


def own(
    plan: Plan,
    evaluation: Evaluation,
    created: str,
    model: ModelRecord,
    data: DataRecord | None,
    rows: Iterable[TableRow],
    parts: Iterable[tuple[str, Mapping[str, Any]]],
) -> Release:
    """Return this run as a release: its candidate, measured just now."""
    layers, tensors = release.structure(parts, model.name)
    info = plan.spec.report
    return Release(
        about=Earlier(file="", sha256="", title=info.title, version=info.version, created=created),
        model=model,
        metrics=release.of_model(rows, model.name),
        data=data,
        digests=release.digests(
            plan.source.sha256,
            model,
            code(plan, evaluation.models),
            {"reportgen": __version__, **evaluation.versions},
        ),
        layers=layers,
        tensors=tensors,
        predictions=predictions.of_evaluation(evaluation),
    )
