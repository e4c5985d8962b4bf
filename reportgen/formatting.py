"""A number as text, honestly: never 0 for what is not 0, never 100 % for what is less, no digits that are not known.

Units: ``fraction`` and ``signed fraction`` are shown in per cent, ``nats`` and pure numbers with about three digits,
``count`` and ``index`` whole, ``p-value`` down to 0.001.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.results import CheckOutcome
    from reportgen.section import Metric

MISSING = "—"
MINUS = "−"
THIN = "\N{NARROW NO-BREAK SPACE}"
_PERCENT = frozenset({"fraction", "signed fraction"})
_WHOLE = frozenset({"count", "index"})
_SMALLEST_P = 0.001
_MOST_DECIMALS = 6
_DIGEST = 12


@dataclass(frozen=True)
class FormattedMetric:
    """A metric as text: its value (or a dash), its interval (or nothing), and what to mind about it."""

    text: str
    interval: str
    note: str


def number(value: float, unit: str) -> str:
    """Return a number with its unit's sign.

    >>> number(0.9996, "fraction").replace(THIN, " "), number(0.0, "fraction").replace(THIN, " ")
    ('99.96 %', '0 %')
    >>> number(-0.0312, ""), number(12345, "count")
    ('−0.0312', '12,345')
    """
    if unit == "p-value":
        return p_value(value).removeprefix("= ")
    if unit == "index":
        return str(round(value))
    if unit in _WHOLE:
        return _signed(value, 0)
    return _with_unit(_scaled(value, unit), unit, _decimals(value, unit))


def interval(metric: Metric) -> str:
    """Return a metric's interval as ``[94.9, 97.8]``; empty where there is none.

    Both ends have the decimals of the value, and more where they would otherwise fall together or onto 0 or 100 %.
    """
    if metric.ci_low is None or metric.ci_high is None:
        return ""
    ends = [_scaled(end, metric.unit) for end in (metric.ci_low, metric.ci_high)]
    decimals = max(
        _decimals(metric.value or 0.0, metric.unit),
        *(_decimals(end, metric.unit) for end in (metric.ci_low, metric.ci_high) if end and metric.unit in _PERCENT),
        0,
    )
    return f"[{_signed(ends[0], decimals)}, {_signed(ends[1], decimals)}]"


def metric(one: Metric) -> FormattedMetric:
    """Return a metric as text."""
    if one.value is None:
        return FormattedMetric(MISSING, "", one.reason or "")
    return FormattedMetric(number(one.value, one.unit), interval(one), one.caveat or "")


def p_value(value: float) -> str:
    """Return a p-value as it stands behind "p".

    >>> p_value(0.0002), p_value(0.0312), p_value(0.4)
    ('< 0.001', '= 0.031', '= 0.40')
    """
    if value < _SMALLEST_P:
        return "< 0.001"
    return f"= {value:.3f}" if value < 0.1 else f"= {value:.2f}"  # noqa: PLR2004 two digits either way


def condition(check: CheckOutcome) -> str:
    """Return what a check asks for, in the unit of its number.

    The limit is written exactly: it was declared, not measured.
    """
    unit = "" if check.metric is None else check.metric.unit
    low, high = (None if end is None else _limit(end, unit) for end in (check.low, check.high))
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"at least {low}" if high is None else f"at most {high}"


def digest(sha256: str) -> str:
    """Return the short form of a digest: its first twelve digits."""
    return sha256[:_DIGEST]


def _limit(value: float, unit: str) -> str:
    if unit in _PERCENT:
        return f"{value * 100:.10g}{THIN}%".replace("-", MINUS)
    return f"{value:.10g}".replace("-", MINUS)


def _scaled(value: float, unit: str) -> float:
    return value * 100 if unit in _PERCENT else value


def _with_unit(value: float, unit: str, decimals: int) -> str:
    text = _signed(value, decimals)
    if unit == "signed fraction" and value > 0:
        text = f"+{text}"
    if unit in _PERCENT:
        smallest = 10.0**-decimals
        if 0 < abs(value) < smallest / 2:
            return f"{'> ' + MINUS if value < 0 else '< '}{smallest:.{decimals}f}{THIN}%"
        return f"{text}{THIN}%"
    return f"{text}{THIN}nats" if unit == "nats" else text


def _decimals(value: float, unit: str) -> int:
    """Return how many decimals show a value: one for per cent, three digits otherwise; more near 0 and near 100 %."""
    shown = abs(_scaled(value, unit))
    if shown == 0 or not math.isfinite(shown):
        return 0
    if unit not in _PERCENT:
        if float(shown).is_integer() and shown < 1e6:  # noqa: PLR2004 1.0 is 1
            return 0
        return min(max(2 - math.floor(math.log10(shown)), 0), _MOST_DECIMALS)
    if shown == 100:  # noqa: PLR2004
        return 0
    decimals = 1
    distance = min(shown, abs(100 - shown))
    while decimals < _MOST_DECIMALS and distance < 0.5 * 10.0**-decimals:
        decimals += 1
    return decimals


def _signed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        body = text[1:]
        return body if not any(digit in body for digit in "123456789") else f"{MINUS}{body}"
    return text
