"""Validates what the checks of a spec compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.plan.names import check_matches
from reportgen.plan.plan import decision_of
from reportgen.spec.problems import Problem
from reportgen.spec.tables.release import BaselineSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.contract.numbers import MetricSpec
    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.sections import CheckSpec


def impossible(spec: ReportSpec, sections: Mapping[int, PlannedSection]) -> Iterator[Problem]:
    """Yield checks of a change without a baseline or of a number that cannot change, and of "not worse" without a direction."""
    by_address = {item.address: item.section for item in sections.values()}
    for index, check in enumerate(spec.checks):
        key = "change" if check.change is not None else "not_worse_by" if check.not_worse_by is not None else None
        address, _, name = check.metric.partition(".")
        if key is None or address not in by_address:
            continue
        metric = next((one for one in by_address[address].metrics if one.name == name), None)
        if metric is not None and (message := _mistake(check, metric, spec)) is not None:
            yield Problem(
                ("checks", index, key), message, hint=None if spec.decision.baseline else "set decision.baseline"
            )


def _mistake(check: CheckSpec, metric: MetricSpec, spec: ReportSpec) -> str | None:
    """Return why a check of a change makes no sense."""
    baseline = spec.decision.baseline
    if baseline is None:
        return "needs a baseline to compare with"
    if metric.per in {"pair", "recipe", "param"}:
        return f"{metric.title} compares models already"
    if check.not_worse_by is not None and metric.higher_is_better is None:
        return f"{metric.title} has no preferred direction: use change with at_most or at_least"
    matched = [name for name in spec.models if name != baseline and check_matches(check, name, decision_of(spec))]
    if not matched:
        return "applies to no model but the baseline"
    if isinstance(baseline, BaselineSpec) and matched != [decision_of(spec).candidate]:
        return "must apply to the candidate alone, which is compared with the earlier release"
    return None
