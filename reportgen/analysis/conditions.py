"""What a check compares: a value, a bound of its interval, or the change against the baseline, and with which limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.numbers import Metric, required
from reportgen.contract.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.changes import Changes
    from reportgen.contract.metric_table import MetricTable
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.spec.tables.sections import Change, CheckSpec, Compared


@dataclass(frozen=True)
class Condition:
    """The limits of a check, both inclusive, and what must be within them."""

    low: float | None
    high: float | None
    on: Compared = "value"
    change: Change | None = None

    @classmethod
    def of(cls, check: CheckSpec, spec: MetricSpec) -> Condition:
        """Return the condition of a check of a metric; "not worse" is one of the bound of the change that is the worse one."""
        margin = check.not_worse_by
        if margin is None:
            return cls(*check.limits, check.on, check.change)
        if spec.higher_is_better:
            return cls(-margin, None, "ci_low", "absolute")
        return cls(None, margin, "ci_high", "absolute")

    def includes(self, value: float) -> bool:
        """Return whether a value is within the limits."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def compared(self, metric: Metric) -> Sequence[float] | None:
        """Return the numbers that must be within the limits; None where there are none."""
        if metric.value is None or (self.on != "value" and (metric.ci_low is None or metric.ci_high is None)):
            return None
        ends = {"ci_low": (metric.ci_low,), "ci_high": (metric.ci_high,), "clear": (metric.ci_low, metric.ci_high)}
        return tuple(end for end in (*ends.get(self.on, ()),) if end is not None) or (metric.value,)


def changed(
    table: MetricTable, section: str, spec: MetricSpec, one: Measurement, baseline: str, kind: Change
) -> Metric:
    """Return the change of a metric against the same one of the baseline.

    An absolute change is the paired difference where the metric declares one and it was measured, otherwise the difference of the
    values, which has no interval. A relative change is a share of the baseline's value, without interval.
    """
    if kind == "absolute" and spec.difference is not None:
        head = one.subject.head if one.subject is not None else None
        subjects = (Subject.of("vs", baseline, within=head), one.subject)
        for difference in table.find(section, spec.difference):
            if difference.model == one.model and difference.subject in subjects:
                return difference.metric
    own = one.metric
    found = next(
        (
            other.metric
            for other in table.find(section, spec.name)
            if other.model == baseline and other.subject == one.subject
        ),
        None,
    )
    reason = own.reason if own.value is None else "the baseline does not have it" if found is None else found.reason
    if own.value is None or found is None or found.value is None:
        status = own.status if own.value is None else "insufficient_data" if found is None else found.status
        return Metric(value=None, unit=_unit(spec, kind), status=status, reason=reason)
    change = float(own.value - found.value)
    if kind == "relative":
        return _relative(change, found.value, spec, own)
    return Metric(value=change, unit=_unit(spec, kind), higher_is_better=own.higher_is_better)


def since(
    table: MetricTable, changes: Changes, address: str, spec: MetricSpec, one: Measurement, kind: Change
) -> Metric:
    """Return the change of a metric of the candidate since an earlier release; missing if it was measured on other rows, unless it is exact."""
    found = table.deltas.get((address, one.subject))
    reason = None if found is None else found.difference.reason
    if found is None or found.before is None:
        reason = f"{changes.earlier.name} does not have it"
    elif not changes.same_rows and not spec.exact:
        reason = f"{changes.earlier.name} was measured on other rows"
    if found is None or found.before is None or reason is not None:
        return Metric(value=None, unit=_unit(spec, kind), status="not_applicable", reason=reason)
    if kind == "absolute":
        return found.difference
    return _relative(required(found.difference.value), required(found.before.value), spec, one.metric)


def _relative(change: float, value: float, spec: MetricSpec, own: Metric) -> Metric:
    """Return a change as a share of a value."""
    unit = _unit(spec, "relative")
    if value == 0:
        return Metric(value=None, unit=unit, status="not_applicable", reason="the value of the baseline is 0")
    return Metric(value=change / abs(value), unit=unit, higher_is_better=own.higher_is_better)


def _unit(spec: MetricSpec, kind: Change) -> str:
    """Return the unit of a change: a share changes by points, a relative change is a share."""
    if kind == "relative":
        return "relative change"
    return "signed fraction" if spec.unit == "fraction" else spec.unit
