"""Checks: conditions of the spec, evaluated on the table of metrics, and items that its card must state. What is missing never passes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportgen.analysis.conditions import Condition, changed, since
from reportgen.analysis.results import CheckOutcome
from reportgen.contract.card import ITEMS, STATED
from reportgen.contract.numbers import Metric
from reportgen.contract.statements import counted
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison
from reportgen.plan.names import check_matches
from reportgen.text.matching import matches

_ROUNDING = 1e-9
"""So that 0.95 of 600 rows are 570."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.analysis.results import CheckState, Standing
    from reportgen.contract.metric_table import MetricTable
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.plan.plan import Plan, PlannedSection
    from reportgen.spec.tables.sections import CheckSpec


def run(plan: Plan, table: MetricTable) -> tuple[CheckOutcome, ...]:
    """Evaluate every check of the spec; one outcome per metric that a check applies to, then those of the card."""
    measured = (outcome for check in plan.spec.checks for outcome in _outcomes(check, plan, table))
    return (*measured, *_required(plan))


def _required(plan: Plan) -> Iterator[CheckOutcome]:
    """Yield the outcome of each item that the card must state, about the candidate, in a comparison about every model."""
    card = plan.spec.card
    for item in dict.fromkeys(card.require):
        stated = card.states(item)
        for model in filter(plan.decision.concerns, plan.spec.models):
            yield CheckOutcome(
                address=f"card.{item}",
                title=ITEMS[item],
                unit=STATED,
                model=model,
                subject=None,
                low=1,
                high=None,
                severity="fail",
                state="PASS" if stated else "FAIL",
                metric=Metric(value=int(stated), unit=STATED, higher_is_better=True),
                reason=None,
            )


def _outcomes(check: CheckSpec, plan: Plan, table: MetricTable) -> Iterator[CheckOutcome]:
    address, _, name = check.metric.partition(".")
    planned = next(item for item in (*plan.sections, *plan.left_out) if item.address == address)
    spec = planned.section.metric(name)
    found, condition = table.find(address, name), Condition.of(check, spec)
    baseline = None if plan.decision.baseline is None else plan.decision.baseline.model
    for model in table.models:
        if not check_matches(check, model, plan.decision):
            continue
        if condition.change is not None and model == baseline:
            continue
        failure = table.reasons.get(model)
        excused = planned in plan.left_out or check.optional
        own = [one for one in found if one.model == model]
        spoken_of, unknown = _chosen(own, check), _unknown_slices(own, check)
        for name in unknown:
            reason = _why_missing(planned, check, plan, failure) or f"there is no slice {name!r}"
            yield _outcome(check, spec, model, Subject.of("slice", name), None, reason, excused=excused)
        if not spoken_of and not unknown:
            reason = _why_missing(planned, check, plan, failure) or "the section did not produce this metric"
            yield _outcome(check, spec, model, check.subject, None, reason, excused=excused)
        for one in spoken_of:
            metric = one.metric
            if condition.change is not None and table.changes is not None:
                metric = since(table, table.changes, check.metric, spec, one, condition.change)
            elif condition.change is not None and baseline is not None:
                metric = changed(table, address, spec, one, baseline, condition.change)
            yield _outcome(check, spec, model, one.subject, metric, metric.reason, excused=excused)


def _chosen(measurements: list[Measurement], check: CheckSpec) -> list[Measurement]:
    """Choose the metrics that a check applies to: by its pattern or its slices, otherwise whole models, otherwise all."""
    pattern = check.subject
    if pattern is not None:
        return [one for one in measurements if one.subject is not None and matches(one.subject, pattern)]
    if check.slices is not None:
        return [one for one in measurements if any(_is_slice(one, name) for name in check.slices)]
    whole = [one for one in measurements if one.subject is None or one.subject.whole]
    return whole or measurements


def _unknown_slices(measurements: list[Measurement], check: CheckSpec) -> list[str]:
    """Return the names of slices that match none: a slice that is not there never passes."""
    return [name for name in check.slices or () if not any(_is_slice(one, name) for one in measurements)]


def _is_slice(one: Measurement, name: str) -> bool:
    return one.subject is not None and one.subject.kind == "slice" and matches(one.subject.name, name)


def _why_missing(section: PlannedSection, check: CheckSpec, plan: Plan, failure: str | None) -> str | None:
    if section in plan.left_out:
        return f"section {section.address} was not run"
    if failure is not None:
        return failure
    if section.skip is not None:
        return f"section {section.address} was skipped: it {section.skip}"
    if check.subject is not None:
        return f"no subject of the metric matches {check.subject!r}"
    return None


def _outcome(
    check: CheckSpec,
    spec: MetricSpec,
    model: str,
    subject: str | None,
    metric: Metric | None,
    reason: str | None,
    *,
    excused: bool,
) -> CheckOutcome:
    condition = Condition.of(check, spec)
    exact = spec.exact and condition.change is None
    if reason is None and metric is not None and condition.compared(metric) is None:
        reason = "it has no interval" if metric.caveat is None else metric.caveat
    return CheckOutcome(
        address=check.metric,
        title=spec.title if condition.change is None else f"{spec.title} change",
        unit=spec.unit if metric is None else metric.unit,
        model=model,
        subject=subject,
        low=condition.low,
        high=condition.high,
        on=condition.on,
        change=condition.change,
        severity=check.severity,
        state=_state(check, condition, metric, excused=excused),
        metric=metric,
        reason=reason,
        standing=standing(condition, metric, exact=exact),
        **margins(condition, metric, exact=exact),
    )


def _state(check: CheckSpec, condition: Condition, metric: Metric | None, *, excused: bool) -> CheckState:
    """Evaluate a check on a metric; what is missing is an error unless the check is optional or its section was not run."""
    compared = None if metric is None else condition.compared(metric)
    if compared is None:
        return "SKIPPED" if excused else "ERROR"
    if all(map(condition.includes, compared)):
        return "PASS"
    return "WARN" if check.severity == "warn" else "FAIL"


def standing(condition: Condition, metric: Metric | None, *, exact: bool) -> Standing | None:
    """Return whether the whole interval is on the same side of the limits as the value; an exact number is clear."""
    if metric is None or metric.value is None:
        return None
    if exact:
        return "clear"
    if metric.ci_low is None or metric.ci_high is None:
        return "no interval"
    low, high = condition.low, condition.high
    if condition.includes(metric.value):
        clear = condition.includes(metric.ci_low) and condition.includes(metric.ci_high)
    else:
        clear = (low is not None and metric.ci_high < low) or (high is not None and metric.ci_low > high)
    return "clear" if clear else "within the interval"


def margins(condition: Condition, metric: Metric | None, *, exact: bool) -> dict[str, float | int | None]:
    """Return the distances of what is compared, the value or ends of its interval, from the nearest limit, and the examples that would settle on which side it is.

    An interval's half width shrinks with the square root of n; that of a share is Wilson's.
    """
    if metric is None or metric.value is None:
        return {}
    compared = condition.compared(metric) or (metric.value,)
    low, high = condition.low, condition.high
    distances = [(min(compared) - low, metric.value - low, metric.ci_low)] if low is not None else []
    distances += [(high - max(compared), high - metric.value, metric.ci_high)] if high is not None else []
    distance, margin, inner = min(distances, key=lambda one: one[0])
    found: dict[str, float | int | None] = {"margin": distance}
    if condition.on == "value" and (of := counted(metric)) is not None and "Wilson" in (metric.ci_method or ""):
        found["margin_count"] = (
            math.floor(margin * of[1] + _ROUNDING) if margin >= 0 else math.ceil(-margin * of[1] - _ROUNDING)
        )
    if metric.n and standing(condition, metric, exact=exact) == "within the interval":
        found["n_to_settle"] = _to_settle(metric, inner, margin, metric.n)
    return found


def _to_settle(metric: Metric, inner: float | None, margin: float, n: int) -> int | None:
    """Return the examples from which on the interval would exclude the nearest limit, whose side of the interval ends at ``inner``."""
    low, high, value = metric.ci_low, metric.ci_high, metric.value
    if low is None or high is None or value is None or inner is None:
        message = "without an interval nothing is within it"
        raise ValueError(message)
    if "Wilson" in (metric.ci_method or "") and metric.unit == "fraction":
        limit = value - margin if inner == low else value + margin
        return comparison.n_to_settle_share(value, limit, low, high, n)
    towards = abs(value - inner)
    return comparison.n_to_settle(margin, towards if margin >= 0 else high - low - towards, n)
