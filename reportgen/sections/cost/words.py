"""Large counts and short durations as words."""

from __future__ import annotations

from reportgen.text.formatting import THIN

_MILLION = 10**6
_BILLION = 10**9
_MILLISECOND = 1e-3


def counted(value: float) -> str:
    """Return a count, in millions or billions from a million on.

    >>> counted(3_888), counted(300_774_272), counted(3_857_973_248)
    ('3,888', '301 million', '3.86 billion')
    """
    if value < _MILLION:
        return f"{value:,.0f}"
    return f"{value / _MILLION:.3g} million" if round(value, -6) < _BILLION else f"{value / _BILLION:.3g} billion"


def duration(seconds: float) -> str:
    """Return a duration in milliseconds, or in seconds from one on, with three significant digits.

    >>> [duration(value).replace(THIN, " ") for value in (0.000412, 0.0123, 2.5)]
    ['0.412 ms', '12.3 ms', '2.50 s']
    """
    value, unit = (seconds, "s") if seconds >= 1 else (seconds / _MILLISECOND, "ms")
    return f"{f'{value:#.3g}'.rstrip('.')}{THIN}{unit}"
