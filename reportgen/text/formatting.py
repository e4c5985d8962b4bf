"""Numbers as text: nonzero values are never shown as 0, values below 100 % never as 100 %, and no digit is spurious.

Units: ``fraction`` is shown as a percentage; ``signed fraction``, a difference of fractions, in points, because 40 % to 44 % is not 4 % but 10 % more;
``relative change`` as a percentage with its sign; ``count``, ``index`` and ``bytes`` as whole numbers;
``p-value`` down to 0.001; ``stated`` as the word for 1 and 0. Dimensionless numbers, and numbers whose unit is a word (``nats``, ``bits``), have three
significant digits.

The number of decimals:

1. A value with an interval, and both ends of the interval, are rounded to two significant digits of the interval's
   width: more would be noise, fewer could make the ends look equal. Percentages have at least one decimal, so that the
   numbers of a column look consistent.
2. A value without an interval has one decimal as a percentage, and three significant digits otherwise.
3. Decimals are added until a nonzero value is not shown as 0, and a value other than 100 % (or 1) is not shown as 100 %
   (or 1): up to two decimals for percentages, two additional ones for other numbers. If that is not enough, the value is
   shown as a bound: ``< 0.01 %``, ``> 99.99 %``.
4. A value that was checked against a limit has enough decimals to show on which side of the limit it is.
5. Exactly 0 and exactly 100 % have no decimals: ``0 %``, ``100 %``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = "—"
MINUS = "−"
THIN = "\N{NARROW NO-BREAK SPACE}"

POINTS = "signed fraction"
"""The unit of differences of fractions."""
_SIGNED = frozenset({POINTS, "relative change"})
_PERCENT = frozenset({"fraction", *_SIGNED})
WORDS = {"stated": ("not stated", "stated")}
"""Units of what is true or false: the words for 0 and 1."""
_WITHOUT_WORD = (_PERCENT - {POINTS}) | {"", "count", "index", "bytes", "p-value", *WORDS}
_SMALLEST_P = 0.001
_SMALL_P = 0.1
_LARGEST_P = 0.995
_PERCENT_DECIMALS = 4
_PURE_DECIMALS = 6
_LARGE = 1e15
_KILO = 1000
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_DIGEST = 12
_ALL = 100


class Number(Protocol):
    """A number with its unit, interval and remarks: a ``Metric`` of the contract."""

    @property
    def value(self) -> int | float | None:
        """The number; None if it was not measured."""

    @property
    def unit(self) -> str:
        """Its unit."""

    @property
    def ci_low(self) -> float | None:
        """Lower end of its interval."""

    @property
    def ci_high(self) -> float | None:
        """Upper end of its interval."""

    @property
    def reason(self) -> str | None:
        """Why it was not measured."""

    @property
    def caveat(self) -> str | None:
        """A caveat about the value."""


class Directed(Protocol):
    """The preferred direction of a metric: a ``MetricSpec`` of the contract."""

    @property
    def higher_is_better(self) -> bool | None:
        """Whether higher is better; None without a preferred direction."""

    @property
    def direction_by_model(self) -> bool:
        """Whether the direction depends on the model."""


@dataclass(frozen=True)
class FormattedMetric:
    """A metric as text: its value (or a dash), its interval (or nothing), and a note."""

    text: str
    interval: str
    note: str


def fraction(value: float) -> str:
    """Return a fraction as a percentage.

    >>> fraction(0.964).replace(THIN, " ")
    '96.4 %'
    """
    return number(value, "fraction")


def percent(limit: float) -> str:
    """Return a declared limit as a percentage with the digits that it was declared with.

    >>> [percent(limit).replace(THIN, " ") for limit in (0.1, 0.025)]
    ['10 %', '2.5 %']
    """
    return f"{100 * limit:g}{THIN}%"


def rounded(share: float) -> str:
    """Return a share as a whole percentage, for the cells of a figure; one that is not 0 or 100 % is never shown as that.

    >>> [rounded(share).replace(THIN, " ") for share in (0.112, 0.004, 0.0, 0.997, 1.0)]
    ['11 %', '< 1 %', '0 %', '> 99 %', '100 %']
    """
    whole = round(100 * share)
    if whole == 0 < share:
        return f"< 1{THIN}%"
    return f"> 99{THIN}%" if share < 1 and whole == _ALL else f"{whole}{THIN}%"


def number(value: float, unit: str) -> str:
    """Return a number without an interval, with its unit; a dash if it is not finite.

    >>> [number(value, "fraction").replace(THIN, " ") for value in (0.964, 0.9996, 0.99999, 0.00003, 0.0, 1.0)]
    ['96.4 %', '99.96 %', '> 99.99 %', '< 0.01 %', '0 %', '100 %']
    >>> number(0.003, ""), number(-0.0312, ""), number(0.99961, ""), number(3.2e-8, ""), number(12345, "count")
    ('0.00300', '−0.0312', '0.9996', '3.20 × 10⁻⁸', '12,345')
    >>> number(0.0131, "signed fraction"), number(38_400, "bytes").replace(THIN, " "), number(0, "stated")
    ('+1.3 points', '38.4 kB', 'not stated')
    """
    if not math.isfinite(value):
        return MISSING
    if unit == "p-value":
        return p_value(value).removeprefix("= ")
    if unit == "bytes":
        return _size(value)
    if unit in WORDS:
        return WORDS[unit][value == 1]
    return with_sign(_figures(value, unit, None), unit)


def amount(value: float) -> str:
    """Return a value of the data: whole numbers below a million without decimals.

    >>> amount(25.0), amount(-3.0), amount(4.0073), amount(2e7)
    ('25', '−3', '4.01', '20,000,000')
    """
    if float(value).is_integer() and abs(value) < _WHOLE_BELOW:
        return f"{value:,.0f}".replace("-", MINUS)
    return number(value, "")


_WHOLE_BELOW = 1e6


def expected(rows: float) -> str:
    """Return an expected number of rows with one decimal, and with more where it would be shown as 0 or 1.

    >>> [expected(rows) for rows in (11.037, 0.285, 0.0199, 0.0, 0.00002)]
    ['11.0', '0.3', '0.02', '0', '< 0.001']
    """
    return _bounded(rows, _honest((rows,), 1, ""), "") if rows else "0"


def metric(one: Number, *, unit: bool = True, limits: Sequence[float] = ()) -> FormattedMetric:
    """Return a metric as text.

    Parameters
    ----------
    one
        The metric.
    unit
        Whether to append a unit that is a word (nats, points); False if the column head shows it.
    limits
        The limits that the value is compared with.
    """
    if one.value is None:
        return FormattedMetric(MISSING, "", one.reason or "")
    if one.unit in {"p-value", "bytes", *WORDS}:
        return FormattedMetric(number(one.value, one.unit), "", one.caveat or "")
    decimals = _shared_decimals(one, limits)
    figures = [_figures(part, one.unit, decimals) for part in _parts(one)]
    text = with_sign(figures[0], one.unit) if unit or not word(one.unit) else figures[0]
    ends = f"[{figures[1]}, {figures[2]}]".replace("+", "") if len(figures) > 1 else ""
    return FormattedMetric(text, ends, one.caveat or "")


def word(unit: str) -> str:
    """Return the word to append to a number of a unit; empty if none.

    >>> word("bits"), word("fraction"), word("signed fraction")
    ('bits', '', 'points')
    """
    if unit == POINTS:
        return "points"
    return "" if unit in _WITHOUT_WORD else unit


def size(value: float, unit: str) -> str:
    """Return the size of a difference of numbers of a unit, without its sign; of percentages in points.

    >>> size(-0.0123, "fraction"), size(0.0123, "signed fraction"), size(0.5, "nats").split()
    ('1.2 points', '1.2 points', ['0.500', 'nats'])
    """
    return number(abs(value), POINTS if unit in _PERCENT else unit).removeprefix("+")


def estimate(n: int) -> str:
    """Return a number of examples that is an estimate, with two significant digits.

    >>> estimate(2437), estimate(58)
    ('about 2,400', 'about 58')
    """
    return f"about {round(n, -max(len(str(n)) - 2, 0)):,}"


def with_interval(one: Number) -> str:
    """Return a metric with its interval, if it has one."""
    shown = metric(one)
    return f"{shown.text} {shown.interval}".rstrip()


def interval(one: Number) -> str:
    """Return a metric's interval as ``[94.9, 97.8]``, with the decimals of its value; empty if there is none."""
    return metric(one).interval


def p_value(value: float) -> str:
    """Return a p-value in the form that follows "p".

    >>> p_value(0.0002), p_value(0.0312), p_value(0.4), p_value(0.999), p_value(1.0)
    ('< 0.001', '= 0.031', '= 0.40', '> 0.99', '= 1')
    """
    if value < _SMALLEST_P:
        return "< 0.001"
    if value == 1:
        return "= 1"
    if value >= _LARGEST_P:
        return "> 0.99"
    return f"= {value:.3f}" if value < _SMALL_P else f"= {value:.2f}"


def direction(spec: Directed) -> str:
    """Return the preferred direction of a metric as text."""
    if spec.direction_by_model:
        return "preferred direction depends on the training objective"
    if spec.higher_is_better is None:
        return "no preferred direction"
    return "higher is better" if spec.higher_is_better else "lower is better"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first names as a list in a sentence, with the number of others; a single other one is named, too.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d"]), listed(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c, d', 'a, b, c and 2 more')
    """
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def joined(names: Sequence[str], most: int | None = None) -> str:
    """Return names as a list in a sentence, the last one after "and"; more than ``most`` as :func:`listed` does.

    >>> joined(["a"]), joined(["a", "b", "c"]), joined(["a", "b", "c"], most=1)
    ('a', 'a, b and c', 'a and 2 more')
    """
    if most is not None and len(names) > most + 1:
        return listed(names, most)
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def digest(sha256: str) -> str:
    """Return the short form of a digest: its first twelve digits."""
    return sha256[:_DIGEST]


def limit(value: float, unit: str) -> str:
    """Return a limit, which is exact: it was declared, not measured."""
    if unit in _PERCENT:
        return with_sign(f"{value * 100:.10g}", unit).replace("-", MINUS)
    return f"{value:.10g}".replace("-", MINUS)


def with_sign(figures: str, unit: str) -> str:
    """Return the figures of a number with the sign or the word of its unit."""
    if unit == POINTS:
        return f"{figures} points"
    if unit in _PERCENT:
        return f"{figures}{THIN}%"
    return f"{figures}{THIN}{unit}" if word(unit) else figures


def _size(value: float) -> str:
    """Return a size in decimal units: 999 B, 38.4 kB, 1.20 MB."""
    if value < 0:
        return f"{MINUS}{_size(-value)}"
    if value < _KILO:
        return f"{value:.0f}{THIN}B"
    power = min(int(math.log10(value) // 3), 4)
    scaled = value / _KILO**power
    return f"{scaled:.{_significant(scaled)}f}{THIN}{('kB', 'MB', 'GB', 'TB')[power - 1]}"


# ------------------------------------------------------------------------------------------------ decimals


def _shown(value: float, unit: str) -> float:
    return value * 100 if unit in _PERCENT else value


def _whole(unit: str) -> int:
    """Return 100 % or 1 in the unit that is shown: values are not rounded to it."""
    return 100 if unit in _PERCENT else 1


def _figures(value: float, unit: str, decimals: int | None) -> str:
    """Return the digits of a value with the given decimals, or with as many as its size calls for."""
    shown = _shown(value, unit)
    plus = "+" if unit in _SIGNED and shown > 0 else ""
    if shown == 0 or unit == "index":
        return f"{shown:.0f}"
    if isinstance(value, int) or (unit in _PERCENT and abs(shown) == _whole(unit)) or _is_count(shown, unit):
        return plus + f"{shown:,.0f}".replace("-", MINUS)
    if decimals is None:
        decimals = _honest((shown,), _by_value(shown, unit), unit)
    if unit not in _PERCENT and (decimals > _PURE_DECIMALS or abs(shown) >= _LARGE):
        return _scientific(shown)
    return plus + _bounded(shown, decimals, unit)


def _is_count(shown: float, unit: str) -> bool:
    return unit == "count" and shown.is_integer() and abs(shown) < _LARGE


def _significant(shown: float) -> int:
    """Return the number of decimals for three significant digits."""
    return max(2 - math.floor(math.log10(abs(shown))), 0) if shown else 0


def _parts(one: Number) -> list[float]:
    """Return the value and the ends of its interval, if any."""
    return [part for part in (one.value, one.ci_low, one.ci_high) if part is not None]


def _shared_decimals(one: Number, limits: Sequence[float]) -> int | None:
    """Return the decimals of a value and its interval; None if only the value determines them."""
    parts = [_shown(part, one.unit) for part in _parts(one)]
    width = abs(parts[-1] - parts[1]) if len(parts) > 1 else 0.0
    if width == 0 and not limits:
        return None
    start = _by_width(width, one.unit) if width else _by_value(parts[0], one.unit)
    return _decided(parts[0], [_shown(limit, one.unit) for limit in limits], _honest(parts, start, one.unit))


def _by_width(width: float, unit: str) -> int:
    wanted = max(1 - math.floor(math.log10(width)), 0)
    return min(max(wanted, 1), _PERCENT_DECIMALS) if unit in _PERCENT else wanted


def _by_value(shown: float, unit: str) -> int:
    return 1 if unit in _PERCENT else _significant(shown)


def _decided(shown: float, limits: Sequence[float], decimals: int) -> int:
    """Add decimals until the rounded number is on the same side of every limit as the number itself."""
    while decimals < _PURE_DECIMALS and any(
        _side(round(shown, decimals), limit) != _side(shown, limit) for limit in limits
    ):
        decimals += 1
    return decimals


def _side(shown: float, limit: float) -> int:
    """Return -1 below the limit, 0 on it, 1 above it."""
    return 0 if math.isclose(shown, limit, rel_tol=1e-12) else 1 if shown > limit else -1


def _honest(parts: Sequence[float], decimals: int, unit: str) -> int:
    """Add decimals until no part is wrongly rounded to 0, 1 or 100 %, up to a maximum."""
    most = max(decimals, 2) if unit in _PERCENT else decimals + 2
    while decimals < most and any(_pretends(part, decimals, unit) for part in parts):
        decimals += 1
    return decimals


def _pretends(shown: float, decimals: int, unit: str) -> bool:
    """Return whether rounding turns a nonzero value into 0, or another value into 1 or 100 %."""
    rounded = abs(round(shown, decimals))
    return rounded != abs(shown) and rounded in (0, _whole(unit))


def _bounded(shown: float, decimals: int, unit: str) -> str:
    """Return a number with the given decimals; as a bound if rounding would be misleading."""
    size = abs(shown)
    sign, less, more = (MINUS, ">", "<") if shown < 0 else ("", "<", ">")
    if not _pretends(shown, decimals, unit):
        return f"{sign}{size:,.{decimals}f}"
    step = 10.0**-decimals
    if round(size, decimals) == 0:
        return f"{less} {sign}{step:.{decimals}f}"
    nearest = _whole(unit) - step if size < _whole(unit) else _whole(unit)
    return f"{more} {sign}{nearest:.{decimals}f}"


def _scientific(shown: float) -> str:
    mantissa, _, exponent = f"{shown:.2e}".partition("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}".replace("-", MINUS)
