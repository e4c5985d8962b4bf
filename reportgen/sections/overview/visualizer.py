"""Figures of the overview section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import draw
from reportgen.sections.overview.schema import OverviewResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.overview.schema import ClassBalance, DataOverview


class OverviewVisualizer(BaseVisualizer[OverviewResult]):
    """Class balance of the data."""

    def figures(self, result: OverviewResult) -> Iterator[Figure]:
        """Yield one figure for every label array with classes."""
        if result.data is None:
            return
        for index, balance in enumerate(result.data.balance):
            if len(balance.classes) > 1:
                yield self._balance(result.data, balance, result.options.max_classes, index)

    def _balance(self, data: DataOverview, balance: ClassBalance, most: int, index: int) -> Figure:
        shown = ends_by_count(balance.counts, most)
        left_out = len(balance.counts) - len(shown)
        rest = (
            f" Only the {len(shown)} most and least frequent classes; {left_out} in between are left out."
            if left_out
            else ""
        )
        common, rare = (pick(range(len(balance.counts)), key=balance.counts.__getitem__) for pick in (max, min))
        return Figure(
            name="class-balance" if index == 0 else f"class-balance-{index + 1}",
            title="Class balance" if balance.head is None else f"Class balance of {balance.head}",
            caption=f"Rows per class; {data.split} split, n = {data.n:,}.{rest}",
            alt=f"Class {balance.classes[common]} is the most frequent with {balance.counts[common]:,} rows, class "
            f"{balance.classes[rare]} the least frequent with {balance.counts[rare]:,}.",
            panels=(Panel("Rows per class", partial(self._draw, balance, shown)),),
            panel_height=draw.rows_height(self.theme, len(shown)),
        )

    def _draw(self, balance: ClassBalance, shown: Sequence[int], ax: Axes) -> None:
        nan = [float("nan")] * len(shown)
        series = draw.Bars(
            values=[float(balance.counts[place]) for place in shown],
            low=nan,
            high=nan,
            color=self.theme.muted,
            label="",
        )
        draw.bars(ax, self.theme, [balance.classes[place] for place in shown], [series])
        ax.set_xlabel("rows")
        ax.set_ylabel("class")


def ends_by_count(counts: Sequence[int], most: int) -> tuple[int, ...]:
    """Return which classes are shown: all, or equally many of the most and the least frequent, in class order.

    >>> ends_by_count([5, 1, 9, 4], 2), ends_by_count([5, 1], 9)
    ((1, 2), (0, 1))
    """
    order = sorted(range(len(counts)), key=lambda place: (-counts[place], place))
    if len(order) > most:
        order = order[: (most + 1) // 2] + order[len(order) - most // 2 :]
    return tuple(sorted(order))
