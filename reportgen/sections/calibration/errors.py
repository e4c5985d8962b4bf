"""Figures of the errors by confidence: expected and seen, and among the rows that are left when the least confident ones are refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import dots, draw, names as beside, scales
from reportgen.sections.calibration import titles
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
_ROOM_FOR_NAMES = 1.2
"""Length of the axis of the refusal curve, in lengths of the longest line. Convention."""


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
        bands = sorted({(band.low, band.high) for head in heads for band in head.bands})
        names = [titles.band_name(*ends) for ends in bands]
        return Figure(
            name="expected-errors",
            title=titles.expected_title(result, heads, self.view.decision.candidate),
            caption=(
                "Wrong predictions by confidence; at the right, of how many. Tick: the number that the confidence implies. Gray bars: "
                f"95{formatting.THIN}% of calibrated models have all their points inside."
                f"{self.view.rest(result.heads, heads)}"
            ),
            alt=" ".join(titles.expected_alt(head) for head in heads),
            panels=(Panel("Errors expected and seen", partial(self._draw_expected, heads, bands, names)),),
            panel_height=draw.rows_height(
                self.theme, len(bands), series=(1.35 if len(heads) < _MOST_TOGETHER else 1.6) * len(heads)
            ),
            tables=tuple(expected_errors(head) for head in heads),
        )

    def _draw_expected(
        self,
        heads: Sequence[HeadCalibration],
        bands: Sequence[tuple[float, float]],
        names: Sequence[str],
        ax: Axes,
    ) -> None:
        theme = self.theme
        found = [{(band.low, band.high): band for band in head.bands} for head in heads]
        columns = [[by_ends.get(ends) for ends in bands] for by_ends in found]
        nothing = np.full(len(bands), np.nan)
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
            panels=(Panel("Errors among the rest", partial(self._draw_refusal, *self._named_first(result, lines))),),
            panel_height=2.4,
        )

    def _named_first(self, result: CalibrationResult, lines: Sequence[Refusal]) -> tuple[list[Refusal], int]:
        """Return the curves in the order of their claim to a name, and how many have one in any case.

        Those are of the model that the title is about, of the candidate and its baseline, and of the first two models in focus: a recommended one and the leading one.
        """
        focus = () if self.view.focus is None else self.view.focus.models[:2]
        said = titles.refusal_model(result, [head for head, _ in lines], self.view.decision.candidate)
        models = [*([] if said is None else [said.model]), *self.view.decision.models, *focus]
        first = [one for model in dict.fromkeys(models) for one in lines if one[0].model == model]
        return [*first, *(one for one in lines if one not in first)], len(first)

    def _draw_refusal(self, lines: Sequence[Refusal], first: int, ax: Axes) -> None:
        theme = self.theme
        for head, line in lines:
            look = theme.look(head.model)
            x, y = zip(*line, strict=True)
            ax.plot(x, y, color=look.color, linestyle=look.linestyle)
            ax.plot(x[-1:], y[-1:], marker=look.marker, color=look.color, linestyle="none")
        corners = [corner for _, line in lines for corner in line]
        limit = 100 * (1 - WANTED_ACCURACY)
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        scales.logarithmic(ax, min(low, limit), max(high, limit))
        draw.reference_line(ax, theme, limit, f"{titles.WANTED} right")
        longest = max(x for x, _ in corners) or 1.0
        ax.set_xlim(-0.02 * longest, _ROOM_FOR_NAMES * longest)
        ax.margins(y=0.12)
        ax.set_xlabel("rows refused (%)")
        ax.set_ylabel("errors among the rest (%)")
        ends = [line[-1] for _, line in lines]
        beside.write(ax, theme, ends, [figure_label(theme, head) for head, _ in lines], free=corners, first=first)
