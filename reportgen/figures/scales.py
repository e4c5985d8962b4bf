"""Axes that are not linear, that are in percent, that have whole numbers only, or that leave a few values out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.figures.layout import POINTS, text_width
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import NDArray

    from reportgen.contract.theme import Theme

    Floats = NDArray[np.float64]

_FEW_POWERS = 1e3
"""Range of a logarithmic axis up to which ticks are at 1, 2 and 5. Convention."""
_TWO_POWERS = 100.0
"""Range of a logarithmic axis that has at least two powers of ten."""
_MOST_TICKS = 9
"""Powers of ten up to which none is left out: such an axis has four at most."""
_LINE = 1.5
"""Distance of the labels of a logarithmic axis, in font sizes. Convention."""
_FAR = 3.0
"""Interquartile ranges beyond the quartiles from which a value is left out: Tukey's outer fence."""
_MARGIN = 0.08
"""Room at both ends of an axis that leaves values out, as a share of its length. Convention."""
_EXACT = 12
"""Decimals of a share beyond which a tick is rounding: 0.1 + 0.2."""


def shares(axis: Axis) -> None:
    """Label the ticks of an axis of shares in percent, as text does: 0.975 is 97.5 %."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(percent))
    axis.set_minor_formatter(NullFormatter())


def percent(share: float, _position: float | None = None) -> str:
    """Return the label of a tick at a share.

    >>> [percent(tick).replace(formatting.THIN, " ") for tick in (0.975, 0.1 + 0.2, 0.001, -1e-17)]
    ['97.5 %', '30 %', '0.1 %', '0 %']
    """
    return formatting.percent(round(share, _EXACT) + 0.0).replace("-", formatting.MINUS)


def far(values: Sequence[float] | Floats) -> NDArray[np.bool_]:
    """Return which values lie so far from the middle half that they would squeeze all others; none where that half has no width.

    >>> far([0.1, 0.9, 0.91, 0.92, 0.93]).tolist()
    [True, False, False, False, False]
    """
    found = np.asarray(values, float)
    low, high = np.quantile(found, [0.25, 0.75])
    fence = _FAR * (high - low)
    return ((found < low - fence) | (found > high + fence)) & (fence > 0)


def ends(values: Sequence[float] | Floats, spans: Iterable[float], *, share: bool) -> tuple[float, float]:
    """Return the ends of an axis that has all values but those that are far from the others, and all of the spans.

    Parameters
    ----------
    values
        At least one.
    spans
        What the axis has in any case: ends of intervals.
    share
        Whether 1 is the largest possible value.
    """
    kept = np.concatenate([np.asarray(values, float)[~far(values)], np.fromiter(spans, float)])
    low, high = float(kept.min()), float(kept.max())
    margin = _MARGIN * max(high - low, 1e-9)
    top = high + margin
    return low - margin, min(top, 1.0 + margin / 4) if share else top


def beyond(count: int) -> str:
    """Return the caption sentence about models that are beyond an axis; empty without one."""
    if count == 0:
        return ""
    return (
        " Triangle at the edge: a model beyond the axis."
        if count == 1
        else f" Triangles at the edge: {count} models beyond the axis."
    )


def logarithmic(ax: Axes, low: float, high: float) -> None:
    """Make the y axis logarithmic, with ticks at 1, 2 and 5 where it spans few powers of ten and has room for them."""
    from matplotlib import rcParams
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_yscale("log")
    if high < _FEW_POWERS * low:
        steps = (1.0, 2.0, 5.0)
        lines = ax.bbox.height / (_LINE * float(rcParams["ytick.labelsize"]))
        roomy = len(steps) * np.log10(high / low) <= lines or high < _TWO_POWERS * low
        ax.yaxis.set_major_locator(LogLocator(subs=steps if roomy else (1.0,), numticks=_MOST_TICKS))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def logarithmic_counts(ax: Axes) -> None:
    """Make the x axis logarithmic, with integers at the powers of ten: parameters, bytes."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def symmetric_logarithmic(ax: Axes, threshold: float) -> None:
    """Make the y axis logarithmic on both sides of 0, linear below the threshold, with few ticks."""
    from matplotlib.ticker import FuncFormatter, SymmetricalLogLocator

    ax.set_yscale("symlog", linthresh=threshold)
    ax.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=10 * threshold))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def whole_numbers(ax: Axes, theme: Theme) -> None:
    """Place the ticks of the x axis at integers only: depths, epochs, counts."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(theme.max_ticks or "auto", integer=True, steps=[1, 2, 5, 10]))


def root_counts(ax: Axes, theme: Theme, most: float) -> None:
    """Give the x axis a square-root scale from 0 on, with ticks at 0 and at 1, 2 and 5 times the powers of ten that have room."""
    from matplotlib.ticker import FuncFormatter

    ax.set_xscale("function", functions=(_signed_root, _signed_square))
    powers = range(int(np.log10(max(most, 1))) + 1)
    ticks = [0.0, *(float(first * 10**power) for power in powers for first in (1, 2, 5) if first * 10**power <= most)]
    ax.xaxis.set_major_locator(_roomy()(ticks, [text_width(f"{tick:,.0f}", theme.small_size) for tick in ticks]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _signed_root(values: Floats) -> Floats:
    return np.sign(values) * np.sqrt(np.abs(values))


def _signed_square(values: Floats) -> Floats:
    return np.sign(values) * np.square(values)


_APART = 6
"""Distance of two labels of an axis with chosen ticks, in points. Convention."""


@cache
def _roomy() -> Callable[[Sequence[float], Sequence[float]], Any]:
    """Return the class of locators that have those of some ticks whose labels do not touch: the first one, then from the last one on."""
    from matplotlib.ticker import Locator

    class Roomy(Locator):
        def __init__(self, ticks: Sequence[float], widths: Sequence[float]) -> None:
            self._ticks, self._widths = ticks, widths

        def __call__(self) -> list[float]:
            axes = self.axis.axes  # type: ignore[union-attr]
            scale = axes.figure.dpi / POINTS
            places = axes.transData.transform([(tick, 0) for tick in self._ticks])[:, 0] / scale
            kept: list[int] = []
            for index in (0, *reversed(range(1, len(places)))):
                half = self._widths[index] / 2 + _APART
                if all(abs(places[index] - places[other]) >= half + self._widths[other] / 2 for other in kept):
                    kept.append(index)
            return sorted(self._ticks[index] for index in kept)

        def tick_values(self, vmin: float, vmax: float) -> list[float]:
            return [tick for tick in self() if vmin <= tick <= vmax]

    return Roomy
