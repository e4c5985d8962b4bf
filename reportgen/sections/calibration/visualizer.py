"""Figures of the calibration section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject, about
from reportgen.figures import draw
from reportgen.sections.calibration.schema import CalibrationResult
from reportgen.sections.calibration.tables import classes, curve
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.calibration.schema import HeadCalibration

_COLUMNS = 3


class CalibrationVisualizer(BaseVisualizer[CalibrationResult]):
    """Reliability diagrams, confidence, calibration by class, uncertainty landscape."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        if not result.heads:
            return
        yield self._reliability(result)
        yield self._confidence(result, self.view.listed(result.heads, draw.MOST_NAMED))
        groups: dict[tuple[str, ...], list[HeadCalibration]] = {}
        for head in self.view.shown(result.heads):
            groups.setdefault(head.class_names, []).append(head)
        for index, heads in enumerate(groups.values()):
            yield self._class_ece(result, heads, index)
        yield self._landscape(result)
        yield self._errors(result)

    def dashboard(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the distribution of confidence, and ECE against Brier score."""
        if result.heads:
            yield self._confidence(result, self.view.shown(result.heads))
            yield self._errors(result)

    def _where(self, result: CalibrationResult) -> str:
        return f"{result.split} split, n = {result.n:,}"

    # -------------------------------------------------------------------------------------- reliability

    def _reliability(self, result: CalibrationResult) -> Figure:
        sentences = []
        heads = self.view.shown(result.heads)
        for head in heads:
            outside = sum(point.outside for point in head.curve)
            sentences.append(
                f"{about(head.model, head.subject)}: {outside} of {len(head.curve)} points are outside the gray bars"
            )
        return Figure(
            name="reliability",
            title="Reliability diagrams",
            caption=(
                f"Observed frequency against mean forecast in equal-mass bins; {self._where(result)}. Lines: 95 % Wilson "
                "intervals, one point at a time. Gray bars: 95 % of perfectly calibrated models have all their points inside. "
                "Each panel gives the number of examples per bin."
                f"{self.view.rest(result.heads, heads)}"
            ),
            alt="; ".join(sentences) + ".",
            panels=tuple(
                Panel(figure_label(self.theme, head), partial(self._draw_reliability, head, _lowest(heads)))
                for head in heads
            ),
            columns=min(_COLUMNS, len(heads)),
            panel_height=2.9,
            tables=tuple(curve(head) for head in heads),
        )

    def _draw_reliability(self, head: HeadCalibration, low: float, ax: Axes) -> None:
        theme, look = self.theme, self.theme.look(head.model)
        forecast = [point.forecast for point in head.curve]
        frequency = [point.frequency for point in head.curve]
        draw.diagonal(ax, theme, "calibrated")
        ax.vlines(
            forecast,
            [or_nan(point.band_low) for point in head.curve],
            [or_nan(point.band_high) for point in head.curve],
            color="#c3c8cd",
            linewidth=4 * theme.line_width,
        )
        ax.vlines(
            forecast,
            [or_nan(point.low) for point in head.curve],
            [or_nan(point.high) for point in head.curve],
            color=look.color,
            linewidth=theme.line_width,
        )
        ax.plot(forecast, frequency, marker=look.marker, color=look.color, linestyle="none")
        margin = (1 - low) * 0.03
        ax.set_xlim(low - margin, 1 + margin)
        ax.set_ylim(low - margin, 1 + margin)
        ax.set_xlabel("confidence" if head.notion == "confidence" else "predicted probability")
        ax.set_ylabel("accuracy" if head.notion == "confidence" else "frequency")
        sizes = [point.n for point in head.curve]
        smallest, largest = min(sizes), max(sizes)
        text = f"n = {smallest:,} per bin" if smallest == largest else f"n = {smallest:,} to {largest:,} per bin"
        ax.annotate(
            text,
            (0.03, 0.97),
            xycoords="axes fraction",
            va="top",
            color=theme.muted,
            fontsize=theme.small_size,
        )

    # -------------------------------------------------------------------------------------- confidence

    def _confidence(self, result: CalibrationResult, heads: Sequence[HeadCalibration]) -> Figure:
        medians = ", ".join(
            f"{about(head.model, head.subject)} {formatting.number(head.density.quartiles[1], 'fraction')}"
            for head in heads
        )
        return Figure(
            name="confidence",
            title="Distribution of confidence",
            caption=(
                "Distribution of the highest probability; bar: interquartile range, dot: median; "
                f"{self._where(result)}. At most 1 % of the examples of each model are left of the axis."
                f"{self.view.rest(result.heads, heads)}"
            ),
            alt=f"Median confidence: {medians}.",
            panels=(Panel("Confidence", partial(self._draw_confidence, heads)),),
            panel_height=draw.rows_height(self.theme, 2 * len(heads)),
        )

    def _draw_confidence(self, heads: Sequence[HeadCalibration], ax: Axes) -> None:
        names = [figure_label(self.theme, head) for head in heads]
        violins = [
            draw.Violin(
                head.density.grid, head.density.density, head.density.quartiles, self.theme.look(head.model).color
            )
            for head in heads
        ]
        draw.violins(ax, self.theme, names, violins)
        ax.set_xlim(min(_first_percentile(head) for head in heads), 1)
        ax.set_xlabel("confidence")

    # -------------------------------------------------------------------------------------- classes

    def _class_ece(self, result: CalibrationResult, heads: list[HeadCalibration], index: int) -> Figure:
        names = heads[0].class_names
        worst = max(
            ((self._ece(result, head, name), name, head) for head in heads for name in names), key=lambda item: item[0]
        )
        return Figure(
            name="class-ece" if index == 0 else f"class-ece-{index + 1}",
            title="Calibration error by class",
            caption=f"One-vs-rest ECE of the probability of each class; {self._where(result)}."
            + self.view.rest(result.heads, self.view.shown(result.heads)),
            alt=(
                f"It is largest for class {worst[1]} in {about(worst[2].model, worst[2].subject)}: "
                f"{formatting.number(worst[0], 'fraction')}."
            ),
            panels=(Panel("Class ECE", partial(self._draw_classes, result, heads)),),
            panel_height=draw.rows_height(self.theme, len(names), series=len(heads)),
            tables=tuple(classes(result, head) for head in heads),
        )

    def _draw_classes(self, result: CalibrationResult, heads: list[HeadCalibration], ax: Axes) -> None:
        names = heads[0].class_names
        series = [
            draw.Bars(
                values=[self._ece(result, head, name) for name in names],
                color=self.theme.look(head.model).color,
                label=self.theme.look(head.model).label,
            )
            for head in heads
        ]
        handles = draw.bars(ax, self.theme, names, series)
        ax.set_xlabel("one-vs-rest ECE")
        ax.set_ylabel("class")
        if len(heads) > 1:
            draw.legend_above(ax, self.theme, handles)

    def _ece(self, result: CalibrationResult, head: HeadCalibration, name: str) -> float:
        subject = Subject.of("class", name, within=head.subject)
        return float(required(result.find("class_ece", head.model, subject).value))

    # -------------------------------------------------------------------------------------- landscape

    def _landscape(self, result: CalibrationResult) -> Figure:
        heads = self.view.shown(result.heads)
        means = ", ".join(
            f"{about(head.model, head.subject)} {formatting.number(value, 'nats')}"
            for head in heads
            if (value := result.find("mean_entropy", head.model, head.subject).value) is not None
        )
        largest = max(max(map(max, head.landscape.counts)) for head in heads)
        return Figure(
            name="landscape",
            title="Uncertainty landscape",
            caption=(
                f"Examples by confidence and entropy; {self._where(result)}. Confident examples are at the lower right. "
                f"Color: 1 (dark) to {largest:,} (light) examples per cell, log scale.{self.view.rest(result.heads, heads)}"
            ),
            alt=f"Mean entropy: {means}.",
            panels=tuple(
                Panel(figure_label(self.theme, head), partial(self._draw_landscape, largest, head)) for head in heads
            ),
            columns=min(_COLUMNS, len(heads)),
            panel_height=2.5,
        )

    def _draw_landscape(self, largest: int, head: HeadCalibration, ax: Axes) -> None:
        land = head.landscape
        counts = np.array(land.counts, float)
        counts[counts == 0] = np.nan
        ax.imshow(
            np.log10(counts),
            origin="lower",
            aspect="auto",
            interpolation="none",
            extent=(land.confidence_edges[0], land.confidence_edges[-1], land.entropy_edges[0], land.entropy_edges[-1]),
            vmin=0,
            vmax=np.log10(largest),
            cmap=self.theme.sequential,
        )
        ax.grid(visible=False)
        ax.set_xlabel("confidence")
        ax.set_ylabel("entropy (nats)")

    # -------------------------------------------------------------------------------------- ECE and Brier score

    def _errors(self, result: CalibrationResult) -> Figure:
        best = min(result.heads, key=lambda head: head.brier.value)
        ece = result.find("ece", best.model, best.subject)
        return Figure(
            name="errors",
            title="Calibration landscape",
            caption=f"ECE against Brier score with its 95 % interval; {self._where(result)}. Lower left is better; the axes do not "
            f"start at 0.{draw.names_note(len(result.heads))}",
            alt=f"{about(best.model, best.subject)} has the lowest Brier score, {formatting.number(best.brier.value, '')}, "
            f"with an ECE of {formatting.metric(ece).text}.",
            panels=(Panel("Calibration landscape", partial(self._draw_errors, result)),),
            panel_height=3.0,
        )

    def _draw_errors(self, result: CalibrationResult, ax: Axes) -> None:
        theme = self.theme
        points = []
        for head in sorted(result.heads, key=lambda head: head.brier.value):
            look = theme.look(head.model)
            ece = float(required(result.find("ece", head.model, head.subject).value))
            points.append(draw.NamedPoint(head.model, figure_label(theme, head), ece, head.brier.value))
            if head.brier.low is not None and head.brier.high is not None:
                ax.vlines(ece, head.brier.low, head.brier.high, color=look.color, linewidth=theme.line_width)
        draw.named_points(ax, theme, points)
        ax.set_xlabel("ECE")
        ax.set_ylabel("Brier score")
        draw.corner(ax, theme, "better")


def _lowest(heads: Sequence[HeadCalibration]) -> float:
    """Return where the axes of the reliability diagrams start: the tenth below everything drawn."""
    ends = [end for head in heads for point in head.curve for end in (point.low, point.band_low, point.forecast)]
    return float(np.floor(min(end for end in ends if end is not None) * 10) / 10)


def _first_percentile(head: HeadCalibration) -> float:
    """Return the grid point below which at most 1 % of the density lies."""
    mass = np.cumsum(head.density.density)
    place = int(np.searchsorted(mass, 0.01 * mass[-1]))
    return head.density.grid[max(place - 1, 0)]
