"""Axes that are not linear, or that have whole numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from reportgen.contract.theme import Theme

_FEW_POWERS = 1e3
"""Range of a logarithmic axis up to which ticks are at 1, 2 and 5. Convention."""


def logarithmic(ax: Axes, low: float, high: float) -> None:
    """Make the y axis logarithmic, with ticks at 1, 2 and 5 where it spans few powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    ax.set_yscale("log")
    if high < _FEW_POWERS * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
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
