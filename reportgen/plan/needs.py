"""Validates the needs of sections against the inputs in the spec."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.needs import Need
from reportgen.plan.splits import OF_ROWS, split_of
from reportgen.spec.problems import Problem
from reportgen.spec.tables.release import BaselineSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec

_SEVERAL = 2


def judge(
    spec: ReportSpec, sections: dict[int, PlannedSection], default: str | None
) -> tuple[dict[int, PlannedSection], list[Problem]]:
    """Find the sections whose needs are not met: optional ones are skipped, others are errors.

    ``default`` is the table of the split that is evaluated by default, None if `[data]` itself names its rows.
    """
    planned: dict[int, PlannedSection] = {}
    problems = []
    for index, item in sections.items():
        reason, remedy = _unmet(spec, item, default) or (None, "")
        if reason is not None and not item.spec.optional:
            hint = f"{remedy}, or set optional = true"
            problems.append(Problem(("sections", index, "kind"), reason, repr(item.spec.kind), hint))
        planned[index] = replace(item, skip=reason)
    return planned, problems


def _unmet(spec: ReportSpec, item: PlannedSection, default: str | None) -> tuple[str, str] | None:
    """Return the need that is not met, and the remedy; None if all are met."""
    needs = item.section.analyzer.needs
    if needs & OF_ROWS and spec.data is None:
        return "needs data", "add a [data] table"
    return next((unmet for need, unmet in _others(spec, split_of(item, spec), default) if need in needs), None)


def _others(spec: ReportSpec, split: str | None, default: str | None) -> Iterator[tuple[Need, tuple[str, str]]]:
    """Yield each other need that the spec does not meet, with the remedy; ``split`` is that of the rows, None for the default one."""
    data = spec.data if spec.data is None or split is None else spec.data.further.get(split)
    if data is not None and data.y is None:
        yield Need.LABELS, ("needs labels", f"set {'.'.join(filter(None, ('data', split or default, 'y')))}")
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
