"""Validates the needs of sections against the inputs in the spec."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.needs import Need
from reportgen.spec.problems import Problem

if TYPE_CHECKING:
    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec

_OF_DATA = frozenset({Need.PREDICTIONS, Need.LABELS, Need.ACTIVATIONS, Need.EXAMPLES, Need.SLICES})


def judge(spec: ReportSpec, sections: dict[int, PlannedSection]) -> tuple[dict[int, PlannedSection], list[Problem]]:
    """Find the sections whose needs are not met: optional ones are skipped, others are errors."""
    planned: dict[int, PlannedSection] = {}
    problems = []
    for index, item in sections.items():
        reason, remedy = _unmet(spec, item.section.analyzer.needs) or (None, "")
        if reason is not None and not item.spec.optional:
            hint = f"{remedy}, or set optional = true"
            problems.append(Problem(("sections", index, "kind"), reason, repr(item.spec.kind), hint))
        planned[index] = replace(item, skip=reason)
    return planned, problems


def _unmet(spec: ReportSpec, needs: frozenset[Need]) -> tuple[str, str] | None:
    """Return the need that is not met, and the remedy; None if all are met."""
    unmet = (
        (needs & _OF_DATA and spec.data is None, "needs data", "add a [data] table"),
        (Need.LABELS in needs and spec.data is not None and spec.data.y is None, "needs labels", "set data.y"),
        (Need.SLICES in needs and not spec.slices, "needs slices", "add [[slices]]"),
        (
            Need.HISTORY in needs and not any(model.history for model in spec.models.values()),
            "needs a training history",
            "set the history of a model",
        ),
        (
            Need.SEVERAL_MODELS in needs and len(spec.models) == 1,
            "compares models, but there is only one",
            "add a model",
        ),
        (
            Need.SERIES in needs and not _has_series(spec),
            "needs checkpoints of a run",
            "set the same series for two or more models",
        ),
    )
    return next(((reason, remedy) for lacks, reason, remedy in unmet if lacks), None)


def _has_series(spec: ReportSpec) -> bool:
    series = [model.series for model in spec.models.values() if model.series is not None]
    return len(set(series)) < len(series)
