"""Figures of the overview section."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import categories
from reportgen.sections.overview.findings import uneven
from reportgen.sections.overview.schema import OverviewResult
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.overview.schema import ClassBalance


FEWEST = 4
"""Number of classes from which they are drawn; a sentence names the rows of fewer. Convention."""


class OverviewVisualizer(BaseVisualizer[OverviewResult]):
    """Class balance of uneven classes."""

    def figures(self, result: OverviewResult) -> Iterator[Figure]:
        """Yield one figure for every label array with uneven classes; of even or very few ones, the table says all."""
        if result.data is None:
            return
        for index, balance in enumerate(result.data.balance):
            if uneven(balance.counts) and len(balance.counts) >= FEWEST:
                yield self._balance(balance, result.options.max_classes, index)

    def _balance(self, balance: ClassBalance, most: int, index: int) -> Figure:
        shown = ends_by_count(balance.counts, most)
        left_out = len(balance.counts) - len(shown)
        rest = (
            f" Only the {len(shown)} most and least frequent classes; {left_out} in between are left out."
            if left_out
            else ""
        )
        common, rare = (pick(range(len(balance.counts)), key=balance.counts.__getitem__) for pick in (max, min))
        total = sum(balance.counts)
        share = formatting.fraction(balance.counts[common] / total) if total else formatting.MISSING
        of = "" if balance.head is None else f" of {balance.head}"
        return Figure(
            name=naming.numbered("class-balance", index),
            title=f"Class {self.theme.text(balance.classes[common])}{of} has {balance.counts[common]:,} rows, class "
            f"{self.theme.text(balance.classes[rare])} {balance.counts[rare]:,}",
            caption=f"Rows per class, most frequent first.{rest}",
            alt=f"The most frequent class has {share} of {total:,} rows; the median class has "
            f"{statistics.median_low(balance.counts):,}.",
            panels=(Panel("Rows per class", partial(self._draw, balance, shown)),),
            panel_height=2.2,
        )

    def _draw(self, balance: ClassBalance, shown: Sequence[int], ax: Axes) -> None:
        ordered = sorted(shown, key=lambda place: -balance.counts[place])
        ax.bar(range(len(ordered)), [balance.counts[place] for place in ordered], 0.8, color=self.theme.muted)
        categories.categories(ax, self.theme, [balance.classes[place] for place in ordered], "x")
        ax.set_xlim(-0.6, len(ordered) - 0.4)
        ax.grid(visible=False, axis="x")
        ax.tick_params(axis="x", length=0)
        ax.set_ylabel("rows")
        ax.set_xlabel("class")


def ends_by_count(counts: Sequence[int], most: int) -> tuple[int, ...]:
    """Return which classes are shown: all, or equally many of the most and the least frequent, in class order.

    >>> ends_by_count([5, 1, 9, 4], 2), ends_by_count([5, 1], 9)
    ((1, 2), (0, 1))
    """
    order = sorted(range(len(counts)), key=lambda place: (-counts[place], place))
    if len(order) > most:
        order = order[: (most + 1) // 2] + order[len(order) - most // 2 :]
    return tuple(sorted(order))
