"""Figures of predicted distributions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import dots, draw
from reportgen.sections.calibration.distributions import titles
from reportgen.sections.calibration.distributions.findings import evidence
from reportgen.sections.calibration.distributions.schema import DistributionsResult
from reportgen.sections.calibration.distributions.tables import bars, intervals, quantiles
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.calibration.distributions.findings import DistributionEvidence, LevelEvidence
    from reportgen.sections.calibration.distributions.schema import DistributionCalibration

_MOST_COMPARED = 3
"""Maximum number of models side by side. Convention."""
_MOST_LEVELS = 12
"""Maximum number of levels with a row each. Convention."""


class DistributionVisualizer(BaseVisualizer[DistributionsResult]):
    """Labels in the stated intervals, and where they are in the predicted distributions."""

    def figures(self, result: DistributionsResult) -> Iterator[Figure]:
        """Yield a figure of the levels for each set of them, then the histograms of each output."""
        found = {one.one: one for one in evidence(result)}
        groups: dict[object, list[DistributionCalibration]] = {}
        for one in result.distributions:
            groups.setdefault((one.subject, one.intervals, one.quantiles), []).append(one)
        compared = [(group, shown) for group in groups.values() if (shown := self.view.compared(group, _MOST_COMPARED))]
        for index, (group, shown) in enumerate(compared):
            of_levels = [found[one] for one in shown]
            yield self._coverage(result, of_levels, naming.numbered("coverage", index), self.view.rest(group, shown))
        with_bars = [(group, shown) for group, shown in compared if any(one.bars for one in shown)]
        for index, (group, shown) in enumerate(with_bars):
            yield self._pit([found[one] for one in shown], naming.numbered("pit", index), self.view.rest(group, shown))

    # -------------------------------------------------------------------------------------- coverage

    def _coverage(
        self, result: DistributionsResult, found: Sequence[DistributionEvidence], name: str, rest: str
    ) -> Figure:
        of_quantiles = bool(found[0].quantiles)
        every = found[0].one.quantiles or found[0].one.intervals
        places = _spread(len(every))
        omitted = f" {len(places)} of {len(every)} levels." if len(places) < len(every) else ""
        what = (
            "at or below each predicted quantile"
            if of_quantiles
            else "in the central intervals of the predicted distributions"
        )
        return Figure(
            name=name,
            title=titles.coverage(found[0]),
            caption=(
                f"Share of the labels {what}, with 95{formatting.THIN}% intervals; filled if measurably off (adjusted for all levels of all models). "
                f"Tick: the share that is stated.{omitted}{rest}"
            ),
            alt=" ".join(map(titles.coverage_alt, found)),
            panels=(Panel("", partial(self._draw_coverage, found, places)),),
            panel_height=draw.rows_height(self.theme, len(places), series=1.35 * len(found)),
            tables=tuple(
                table(result, one.one)
                for one in found
                for table, levels in ((quantiles, one.quantiles), (intervals, one.intervals))
                if levels
            ),
        )

    def _draw_coverage(self, found: Sequence[DistributionEvidence], places: Sequence[int], ax: Axes) -> None:
        theme = self.theme
        columns: list[list[LevelEvidence]] = []
        for one in found:
            levels = one.quantiles or one.intervals
            columns.append([levels[place] for place in places])
        series = [
            dots.Dots.of(
                [level.share for level in column],
                theme.look(one.one.model),
                figure_label(theme, one.one),
                [not level.established for level in column],
                scale=100,
            )
            for one, column in zip(found, columns, strict=True)
        ]
        kind = "quantile" if found[0].quantiles else "interval"
        rows = dots.rows(ax, theme, [f"{formatting.percent(level.level)} {kind}" for level in columns[0]], series)
        for column, row in zip(columns, rows, strict=True):
            stated = [100 * level.level for level in column]
            ax.plot(stated, row, "|", color=theme.ink, markersize=1.6 * theme.marker_size, zorder=2.5)
        ax.set_xlabel("labels, %")

    # -------------------------------------------------------------------------------------- probability integral transform

    def _pit(self, found: Sequence[DistributionEvidence], name: str, rest: str) -> Figure:
        found = [one for one in found if one.one.bars]
        ranges = any(bar.range_low is not None for one in found for bar in one.one.bars)
        gray = f" Gray: all bars of 95{formatting.THIN}% of calibrated models end inside." if ranges else ""
        return Figure(
            name=name,
            title=titles.pit(found[0]),
            caption=(
                "Place of the labels in the predicted distributions (probability integral transform), from 0, far below the mean, to 1, far above; bars of equal "
                f"height are right, high ends mean too small a spread, a high middle too large a one, a slope a bias.{gray}{rest}"
            ),
            alt=" ".join(map(titles.pit_alt, found)),
            panels=tuple(
                Panel(figure_label(self.theme, one.one), partial(self._draw_pit, found, one.one)) for one in found
            ),
            columns=len(found),
            panel_height=1.9,
            tables=tuple(bars(one.one) for one in found),
        )

    def _draw_pit(self, found: Sequence[DistributionEvidence], one: DistributionCalibration, ax: Axes) -> None:
        theme = self.theme
        look = theme.look(one.model)
        edges = [bar.low for bar in one.bars] + [one.bars[-1].high]
        first = one.bars[0]
        if first.range_low is not None and first.range_high is not None:
            ax.axhspan(100 * first.range_low, 100 * first.range_high, color=dots.RANGE, linewidth=0, zorder=0.5)
        ax.stairs(
            [100 * bar.share for bar in one.bars],
            edges,
            fill=True,
            facecolor=theme.tint(look.color, 0.35),
            edgecolor=look.color,
            linewidth=0.5 * theme.line_width,
            zorder=1,
        )
        ax.axhline(100 / len(one.bars), color=theme.ink, linewidth=0.8 * theme.line_width, zorder=2.5)
        highest = max(bar.share * len(other.one.bars) for other in found for bar in other.one.bars)
        ax.set_ylim(0, 105 * max(highest, 1.5) / len(one.bars))
        ax.set_xlim(0, 1)
        ax.set_xlabel("place in the distribution")
        ax.set_ylabel("labels, %")


def _spread(count: int) -> list[int]:
    """Return the positions of the levels that have a row: all, or some from the first to the last."""
    return np.unique(np.linspace(0, count - 1, min(count, _MOST_LEVELS)).round().astype(int)).tolist()
