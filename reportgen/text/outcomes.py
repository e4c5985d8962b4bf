"""Outcomes of checks as text: the condition, the number that is checked, and how sure its side of the limit is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.text.formatting import Number

_ENDS = {"ci_low": 0, "ci_high": 1}
"""Which end of its interval must be within the limits of a check, where it is one."""
_ON = {"value": "", "ci_low": " at the lower end", "ci_high": " at the upper end", "clear": " with the whole interval"}
"""What of a number must be within the limits of a check."""


class Checked(Protocol):
    """A number and its limits: the outcome of a check."""

    @property
    def metric(self) -> Number | None:
        """The number; None if there is none."""

    @property
    def unit(self) -> str:
        """The unit of the limits."""

    @property
    def on(self) -> str:
        """What must be within the limits: ``value``, ``ci_low``, ``ci_high`` or ``clear``."""

    @property
    def change(self) -> str | None:
        """``absolute`` or ``relative`` where the number is a change; otherwise None."""

    @property
    def low(self) -> float | None:
        """The value must not be below it."""

    @property
    def high(self) -> float | None:
        """The value must not be above it."""

    @property
    def reason(self) -> str | None:
        """Why the check was not decided."""

    @property
    def standing(self) -> str | None:
        """Whether the whole interval is on one side of the limits; None without a number."""


def shown(check: Checked) -> formatting.FormattedMetric:
    """Return the number of a check, with enough decimals to show on which side of the limit it is: its value, or the end of its interval that is checked."""
    if check.metric is None:
        return formatting.FormattedMetric(formatting.MISSING, "", check.reason or "not measured")
    found = formatting.metric(check.metric, limits=[end for end in (check.low, check.high) if end is not None])
    if check.on in _ENDS and found.interval:
        end = found.interval.strip("[]").split(", ")[_ENDS[check.on]]
        found = replace(found, text=formatting.with_sign(end, check.metric.unit), interval="")
    return replace(found, note=check.reason or found.note)


def tested(check: Checked) -> str:
    """Return the number of a check that must be within the limits: its value, the end of its interval, or both."""
    found = shown(check)
    if check.on == "clear":
        return f"{found.text} {found.interval}".rstrip()
    has_end = check.metric is not None and check.metric.ci_low is not None and check.metric.ci_high is not None
    return f"{found.text}{_ON[check.on] if has_end else ''}"


def condition(check: Checked) -> str:
    """Return the condition of a check, in the unit of its number.

    The limits are exact: they were declared, not measured.
    """
    if check.unit in formatting.WORDS:
        return formatting.WORDS[check.unit][1]
    low, high = (None if end is None else formatting.limit(end, check.unit) for end in (check.low, check.high))
    words = (
        f"{low} to {high}"
        if low is not None and high is not None
        else f"at least {low}"
        if high is None
        else f"at most {high}"
    )
    return f"{words}{_ON[check.on]}"


def beyond(check: Checked) -> str:
    """Return on which side of its limits a number is that is not within them; empty for a condition in words."""
    if check.unit in formatting.WORDS:
        return ""
    low, high = (None if end is None else formatting.limit(end, check.unit) for end in (check.low, check.high))
    return f"below {low}" if high is None else f"above {high}" if low is None else f"not {low} to {high}"


def end_of(check: Checked) -> str:
    """Return which end of the interval must be within the limits of a check; empty where it is the value."""
    return _ON[check.on]


def standing(check: Checked) -> str:
    """Return why a number does not settle on which side of the limit it is, or which end of its interval it is; empty if its whole interval is on one side."""
    if check.on != "value":
        return _ON[check.on].removeprefix(" at the ") if check.on in _ENDS and check.metric is not None else ""
    return {"within the interval": "within margin of error", "no interval": "no interval"}.get(check.standing or "", "")
