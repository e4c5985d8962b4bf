"""Figures of the errors by confidence: expected and seen, and among the rows that are left when the least confident ones are refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import dots, draw, names as beside, scales
from reportgen.sections.calibration import bands, titles
from reportgen.sections.calibration.schema import WANTED_ACCURACY, CalibrationResult
from reportgen.sections.calibration.tables import expected_errors
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.calibration.schema import HeadCalibration
    from reportgen.sections.calibration.titles import Point

    Refusal = tuple[HeadCalibration, Sequence[Point]]

_MOST_TOGETHER = 3
"""Maximum number of models with points side by side in each row. Convention."""
_LINEAR = 50
"""Errors up to which their axis is linear. Convention."""
_BESIDE = 2
"""Maximum number of refusal curves with names beside them; those of more are in a legend, where each has room. Convention."""
_ROOM, _ROOM_FOR_NAMES = 1.02, 1.2
"""Length of their axis, in lengths of the longest line; also with room for names. Convention."""


class ErrorVisualizer(BaseVisualizer[CalibrationResult]):
    """Errors expected and seen, and those among the rows that are not refused."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        if any(head.bands for head in result.heads):
            yield self._expected(result)
        yield from self._refusal(result)

    # -------------------------------------------------------------------------------------- errors expected and seen

    def _expected(self, result: CalibrationResult) -> Figure:
        heads = self.view.compared([head for head in result.heads if head.bands], _MOST_TOGETHER)
        ends = sorted({(band.low, band.high) for head in heads for band in head.bands})
        names = [bands.name(low, high) for low, high in ends]
        return Figure(
            name="expected-errors",
            title=titles.expected_title(result, heads, self.view.decision.candidate),
            caption=(
                "Wrong predictions by confidence; at the right, of how many. Tick: the number that the confidence implies. Gray bars: "
                f"95{formatting.THIN}% of calibrated models have all their points inside."
                f"{self.view.rest(result.heads, heads)}"
            ),
            alt=" ".join(titles.expected_alt(head) for head in heads),
            panels=(Panel("Errors expected and seen", partial(self._draw_expected, heads, ends, names)),),
            panel_height=draw.rows_height(
                self.theme, len(ends), series=(1.35 if len(heads) < _MOST_TOGETHER else 1.6) * len(heads)
            ),
            tables=tuple(expected_errors(head) for head in heads),
        )

    def _draw_expected(
        self,
        heads: Sequence[HeadCalibration],
        ends: Sequence[tuple[float, float]],
        names: Sequence[str],
        ax: Axes,
    ) -> None:
        theme = self.theme
        found = [{(band.low, band.high): band for band in head.bands} for head in heads]
        columns = [[by_ends.get(one) for one in ends] for by_ends in found]
        nothing = np.full(len(ends), np.nan)
        series = [
            dots.Dots(
                values=[np.nan if band is None else band.errors for band in column],
                low=nothing,
                high=nothing,
                look=theme.look(head.model),
                label=figure_label(theme, head),
                range_low=[np.nan if band is None else or_nan(band.range_low) for band in column],
                range_high=[np.nan if band is None else or_nan(band.range_high) for band in column],
            )
            for head, column in zip(heads, columns, strict=True)
        ]
        places = dots.rows(ax, theme, names, series)
        for column, rows in zip(columns, places, strict=True):
            for band, row in zip(column, rows.tolist(), strict=True):
                if band is not None:
                    ax.plot(band.expected, row, "|", color=theme.ink, markersize=1.3 * theme.marker_size, zorder=2.5)
                    ax.annotate(
                        f"{band.errors:,} of {band.n:,}",
                        (1, row),
                        (theme.small_size / 2, 0),
                        xycoords=ax.get_yaxis_transform(),
                        textcoords="offset points",
                        annotation_clip=False,
                        va="center_baseline",
                        color=theme.muted,
                        size=0.85 * theme.small_size,
                    )
        largest = max(max(band.errors, band.expected, band.range_high or 0.0) for head in heads for band in head.bands)
        if largest > _LINEAR:
            scales.root_counts(ax, theme, largest)
        else:
            scales.whole_numbers(ax, theme)
        margin = 0.02 if largest <= _LINEAR else 0.02**2
        ax.set_xlim(-margin * largest, 1.05 * largest)
        ax.set_xlabel("errors" if largest <= _LINEAR else "errors (square-root scale)")
        ax.set_ylabel("confidence")

    # -------------------------------------------------------------------------------------- refusal

    def _refusal(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the curves of the models that make errors, if there are any."""
        heads = self.view.shown(result.heads)
        lines = [(head, line) for head in heads if (line := titles.refusal_curve(head))]
        if not lines:
            return
        perfect = [about(head.model, head.subject) for head in heads if head.refusal and not head.refusal.risk[0]]
        yield Figure(
            name="refusal",
            title=titles.refusal_title(result, [head for head, _ in lines], self.view.decision.candidate),
            caption=(
                "Error rate of the rows that are left when the least confident ones are refused, on a log scale; "
                f"{titles.where(result)}. A line ends where no error, or a tenth of the rows, is left."
                f"{f' Without errors: {formatting.listed(perfect)}.' if perfect else ''}{self.view.rest(result.heads, heads)}"
            ),
            alt=" ".join(titles.refusal_alt(result, head) for head, _ in lines),
            panels=(Panel("Errors among the rest", partial(self._draw_refusal, lines)),),
            panel_height=2.4,
        )

    def _draw_refusal(self, lines: Sequence[Refusal], ax: Axes) -> None:
        theme = self.theme
        labels, handles = [figure_label(theme, head) for head, _ in lines], []
        for (head, line), label in zip(lines, labels, strict=True):
            look = theme.look(head.model)
            style: dict[str, Any] = {
                "color": look.color,
                "linestyle": look.linestyle,
                "marker": look.marker,
                "markevery": [-1],
            }
            handles += ax.plot(*zip(*line, strict=True), label=label, **style)
        corners = [corner for _, line in lines for corner in line]
        limit = 100 * (1 - WANTED_ACCURACY)
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        scales.logarithmic(ax, min(low, limit), max(high, limit))
        draw.reference_line(ax, theme, limit, f"{titles.WANTED} right")
        longest = max(x for x, _ in corners) or 1.0
        ax.set_xlim(-0.02 * longest, (_ROOM if len(lines) > _BESIDE else _ROOM_FOR_NAMES) * longest)
        ax.margins(y=0.12)
        ax.set_xlabel("rows refused (%)")
        ax.set_ylabel("errors among the rest (%)")
        if len(lines) > _BESIDE:
            draw.legend_above(ax, theme, handles)
        else:
            beside.write(ax, theme, [line[-1] for _, line in lines], labels, [line for _, line in lines], len(lines))
