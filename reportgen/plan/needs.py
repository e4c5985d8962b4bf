"""Validates the needs of sections against the inputs in the spec."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.needs import Need
from reportgen.spec.problems import Problem
from reportgen.spec.tables.release import BaselineSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec

_OF_DATA = frozenset({Need.PREDICTIONS, Need.LABELS, Need.ACTIVATIONS, Need.EXAMPLES, Need.SLICES})

_SEVERAL = 2


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
    if needs & _OF_DATA and spec.data is None:
        return "needs data", "add a [data] table"
    return next((unmet for need, unmet in _others(spec) if need in needs), None)


def _others(spec: ReportSpec) -> Iterator[tuple[Need, tuple[str, str]]]:
    """Yield each other need that the spec does not meet, with the remedy."""
    if spec.data is not None and spec.data.y is None:
        yield Need.LABELS, ("needs labels", "set data.y")
    if not spec.slices:
        yield Need.SLICES, ("needs slices", "add [[slices]]")
    if not any(model.history for model in spec.models.values()):
        yield Need.HISTORY, ("needs a training history", "set the history of a model")
    if len(spec.models) == 1:
        yield Need.SEVERAL_MODELS, ("compares models, but there is only one", "add a model")
    if sum(bool(model.params or model.params_from) for model in spec.models.values()) < _SEVERAL:
        yield Need.PARAMS, ("needs training parameters of two or more models", "set params, or name fields in path")
    if not _has_series(spec):
        yield Need.SERIES, ("needs checkpoints of a run", "set the same series for two or more models")
    if spec.trend is None and not isinstance(spec.decision.baseline, BaselineSpec):
        yield Need.RELEASE, ("needs an earlier release", 'set decision.baseline = { results = "FILE" }, or [trend]')


def _has_series(spec: ReportSpec) -> bool:
    series = [model.series for model in spec.models.values() if model.series is not None]
    return len(set(series)) < len(series)
