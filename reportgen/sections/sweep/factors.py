"""The parameters of a sweep as columns of a linear model: which are levels, which are curves, and which cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.factors import curve, levels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.params import Value
    from reportgen.metrics.factors import Factor
    from reportgen.sections.sweep.schema import Form, SweepOptions

    Setting = Mapping[str, Value]

_DECADE = 10.0
"""Ratio of the largest to the smallest of positive numbers from which a curve can be over their logarithm. Convention."""
_STEPS = 41
"""Values of a curve at which its best score is looked for."""
_DIGITS, _DIGITS_OF_LEVELS = 3, 6


@dataclass(frozen=True)
class Varied:
    """A parameter with several values.

    Attributes
    ----------
    values
        All distinct values, in order.
    points
        Those that are compared: all levels, or the ends and the middle of the range.
    reason
        Why it cannot be compared; None if it can.
    """

    name: str
    form: Form
    logarithmic: bool
    values: tuple[Value, ...]
    points: tuple[Value, ...]
    reason: str | None = None

    def factor(self, settings: Sequence[Setting]) -> Factor:
        """Return its columns for some runs."""
        if self.form == "curve":
            return curve(self.scaled([float(setting[self.name]) for setting in settings]))
        places = {key(value): place for place, value in enumerate(self.values)}
        codes = np.array([places[key(setting[self.name])] for setting in settings])
        return levels(codes, len(self.values))

    def scaled(self, numbers: Sequence[float]) -> NDArray[np.float64]:
        """Return numbers of a curve on the scale from -1 to 1."""
        low, high, own = (self._axis(np.array(part, float)) for part in ([self.values[0]], [self.values[-1]], numbers))
        return np.asarray(2 * (own - low) / (high - low) - 1)

    def at(self, x: float) -> float:
        """Return the number of a curve at a place on the scale from -1 to 1, with three significant digits."""
        low, high = (float(self._axis(np.array([float(end)]))[0]) for end in (self.values[0], self.values[-1]))
        found = low + (x + 1) / 2 * (high - low)
        if abs(x) == 1:
            return float(self.values[0] if x < 0 else self.values[-1])
        return float(f"{10**found if self.logarithmic else found:.{_DIGITS}g}")

    def candidates(self) -> list[tuple[Value, NDArray[np.float64], NDArray[np.float64]]]:
        """Return values within the range, each with its columns and those of its interactions."""
        if self.form == "levels":
            rows = np.eye(len(self.values))[:, 1:]
            return list(zip(self.values, rows, rows, strict=True))
        return [(self.at(float(x)), np.array([x, x**2]), np.array([x])) for x in np.linspace(-1, 1, _STEPS)]

    def _axis(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log10(numbers) if self.logarithmic else numbers


def key(value: Value) -> tuple[int, float | str]:
    """Return what equal values share, and the order of values: true and false, numbers, text.

    >>> key(1) == key(1.0), key(1) == key(True), key(2) < key("1")
    (True, False, True)
    """
    if isinstance(value, bool):
        return 0, float(value)
    return (2, value) if isinstance(value, str) else (1, float(value))


def distinct(settings: Sequence[Setting], name: str) -> tuple[Value, ...]:
    """Return the distinct values of a parameter in order; runs that lack it are passed over."""
    found = {key(setting[name]): setting[name] for setting in settings if name in setting}
    return tuple(found[one] for one in sorted(found, key=lambda one: (one[0], one[1])))


def varied(settings: Sequence[Setting], names: Sequence[str], options: SweepOptions) -> list[Varied]:
    """Return the parameters with several values, in the order of their names as given."""
    found = []
    for name in names:
        values = distinct(settings, name)
        missing = sum(name not in setting for setting in settings)
        if len(values) > 1 or (values and missing):
            found.append(_varied(name, values, missing, len(settings), options))
    return found


def _varied(name: str, values: tuple[Value, ...], missing: int, runs: int, options: SweepOptions) -> Varied:
    numbers = [float(value) for value in values if not isinstance(value, bool | str)]
    plain = Varied(name, "levels", logarithmic=False, values=values, points=values)
    if missing:
        return replace(plain, points=(), reason=f"it is not set for {missing} of {runs} models")
    if len(numbers) == len(values) and len(values) > options.levels:
        logarithmic = numbers[0] > 0 and numbers[-1] >= _DECADE * numbers[0] and _is_evener(np.array(numbers))
        shape = replace(plain, form="curve", logarithmic=logarithmic)
        return replace(shape, points=(values[0], shape.at(0.0), values[-1]))
    if len(numbers) < len(values) and len(values) > max(runs / 2, 2):
        reason = f"its {len(values)} values for {runs} models name models rather than settings"
        return replace(plain, points=(), reason=reason)
    return plain


def _is_evener(numbers: NDArray[np.float64]) -> bool:
    """Return whether positive numbers lie more evenly on a logarithmic axis: their median is nearer to the middle of the range."""

    def off(axis: NDArray[np.float64]) -> float:
        return abs(float(np.median(axis) - (axis[0] + axis[-1]) / 2)) / float(axis[-1] - axis[0])

    return off(np.log10(numbers)) < off(numbers)


def codes(settings: Sequence[Setting], names: Sequence[str]) -> NDArray[np.int64]:
    """Return a code (m,) for each run: runs with equal values of some parameters have the same."""
    seen: dict[tuple[object, ...], int] = {}
    found = [tuple(key(setting[name]) if name in setting else None for name in names) for setting in settings]
    return np.array([seen.setdefault(one, len(seen)) for one in found], np.int64)


def label(value: Value, form: Form = "levels") -> str:
    """Return a value as text; of a curve with three significant digits.

    >>> label(0.0003), label(True), label(24), label("cnn"), label(0.0413606), label(0.0413606, "curve")
    ('0.0003', 'true', '24', 'cnn', '0.0413606', '0.0414')
    """
    if isinstance(value, bool):
        return str(value).lower()
    digits = _DIGITS if form == "curve" else _DIGITS_OF_LEVELS
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)
