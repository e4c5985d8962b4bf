"""Bands of confidence in words, and on which side of a calibrated model their errors are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.sections.calibration.schema import ErrorBand

_ONE_DECIMAL = 0.1
"""Expected errors from which one decimal is enough."""


def name(low: float, high: float) -> str:
    """Return a band of confidence in words.

    >>> [words.replace(formatting.THIN, " ") for words in (name(0, 0.7), name(0.7, 0.9), name(0.999, 1))]
    ['under 70 %', '70 to 90 %', 'over 99.9 %']
    """
    ends = [f"{100 * end:.4g}" for end in (low, high)]
    if low == 0:
        return f"under {ends[1]}{formatting.THIN}%"
    return f"over {ends[0]}{formatting.THIN}%" if high == 1 else f"{ends[0]} to {ends[1]}{formatting.THIN}%"


def placed(band: ErrorBand) -> str:
    """Return where in a sentence a band is: over 99.9 %, at 70 to 90 %."""
    words = name(band.low, band.high)
    return f"at {words}" if band.low > 0 and band.high < 1 else words


def side(band: ErrorBand) -> int:
    """Return 1 or -1 for a band with more or fewer errors than any band of 95 % of calibrated models has; 0 where it is neither or unknown."""
    if band.range_low is None or band.range_high is None:
        return 0
    return int(band.errors > band.range_high) - int(band.errors < band.range_low)


def expected(errors: float) -> str:
    """Return a number of expected errors with one decimal; a smaller one, which is not 0, with its digits.

    >>> expected(65.31), expected(0.866), expected(0.0123)
    ('65.3', '0.9', '0.0123')
    """
    return f"{errors:,.1f}" if errors >= _ONE_DECIMAL else formatting.number(errors, "")
