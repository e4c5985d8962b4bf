"""Figures of the calibration section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject, about
from reportgen.figures import draw, names
from reportgen.sections.calibration.schema import WANTED_ACCURACY, CalibrationResult
from reportgen.sections.calibration.tables import classes, curve
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.calibration.schema import HeadCalibration

    _Point = tuple[float, float]

_COLUMNS = 3
_WANTED = f"{100 * WANTED_ACCURACY:g}{formatting.THIN}%"
_ROOM_FOR_NAMES = 1.2
"""Length of the axis of the refusal curve, in lengths of the longest line. Convention."""
_LEAST_KEPT = 0.1
"""Share of the rows where the refusal curve ends: on fewer it is noise. Convention."""


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
        yield from self._refusal(result)
        yield self._errors(result)

    def further(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the uncertainty landscape: the refusal curve says the same with a consequence."""
        if result.heads:
            yield self._landscape(result)

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
            outside = sum(not point.band_low <= point.frequency <= point.band_high for point in head.curve)
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
            [point.band_low for point in head.curve],
            [point.band_high for point in head.curve],
            color="#c3c8cd",
            linewidth=4 * theme.line_width,
        )
        ax.vlines(
            forecast,
            [point.low for point in head.curve],
            [point.high for point in head.curve],
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

    # -------------------------------------------------------------------------------------- refusal

    def _refusal(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the curves of the models that make errors, if there are any."""
        heads = self.view.shown(result.heads)
        lines = [(head, line) for head in heads if (line := _line(head))]
        if not lines:
            return
        perfect = [about(head.model, head.subject) for head in heads if head.refusal and not head.refusal.risk[0]]
        yield Figure(
            name="refusal",
            title=_refusal_title(result, [head for head, _ in lines]),
            caption=(
                "Error rate of the rows that are left when the least confident ones are refused, on a log scale; "
                f"{self._where(result)}. A line ends where no error, or a tenth of the rows, is left."
                f"{f' Without errors: {formatting.listed(perfect)}.' if perfect else ''}{self.view.rest(result.heads, heads)}"
            ),
            alt=" ".join(_refusal_alt(result, head) for head, _ in lines),
            panels=(Panel("Errors among the rest", partial(self._draw_refusal, lines)),),
            panel_height=3.0,
        )

    def _draw_refusal(self, lines: Sequence[tuple[HeadCalibration, Sequence[_Point]]], ax: Axes) -> None:
        theme = self.theme
        for head, line in lines:
            look = theme.look(head.model)
            x, y = zip(*line, strict=True)
            ax.plot(x, y, color=look.color, linestyle=look.linestyle)
            ax.plot(x[-1:], y[-1:], marker=look.marker, color=look.color, linestyle="none")
        corners = [corner for _, line in lines for corner in line]
        limit = 100 * (1 - WANTED_ACCURACY)
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        draw.logarithmic(ax, min(low, limit), max(high, limit))
        draw.reference_line(ax, theme, limit, f"{_WANTED} right")
        longest = max(x for x, _ in corners) or 1.0
        ax.set_xlim(-0.02 * longest, _ROOM_FOR_NAMES * longest)
        ax.margins(y=0.12)
        ax.set_xlabel("rows refused (%)")
        ax.set_ylabel("errors among the rest (%)")
        ends = [line[-1] for _, line in lines]
        names.write(ax, theme, ends, [figure_label(theme, head) for head, _ in lines], free=corners)

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


def _line(head: HeadCalibration) -> list[_Point]:
    """Return the refusal curve in percent, as far as it has errors; empty without any."""
    if head.refusal is None:
        return []
    points = zip(head.refusal.refused, head.refusal.risk, strict=True)
    return [(100 * refused, 100 * risk) for refused, risk in points if risk and refused <= 1 - _LEAST_KEPT]


def _refusal_title(result: CalibrationResult, heads: Sequence[HeadCalibration]) -> str:
    """Return what refusing brings, for the model that has to refuse the least."""
    kept = {head: result.find("kept_at_99", head.model, head.subject) for head in heads}
    reached = {head: metric.value for head, metric in kept.items() if metric.value is not None}
    if not reached:
        if any(metric.status == "insufficient_data" for metric in kept.values()):
            return "Errors among the rows that are left"
        if len(heads) > 1:
            return f"Refusing unsure rows makes no model {_WANTED} right"
        return f"Refusing unsure rows does not make {about(heads[0].model, heads[0].subject)} {_WANTED} right"
    best = max(reached, key=lambda head: reached[head])
    name, refused = about(best.model, best.subject), 1 - reached[best]
    return f"{name} is {_WANTED} right " + (
        f"when it refuses {formatting.fraction(refused)} of rows" if refused > 0 else "without refusing a row"
    )


def _refusal_alt(result: CalibrationResult, head: HeadCalibration) -> str:
    name, line = about(head.model, head.subject), _line(head)
    kept = result.find("kept_at_99", head.model, head.subject)
    text = f"{name}: {formatting.fraction(line[0][1] / 100)} errors without refusing"
    if kept.value is None:
        return f"{text}; {_WANTED} right: {kept.reason}."
    return f"{text}; {_WANTED} right when {formatting.fraction(1 - kept.value)} of rows are refused."


def _lowest(heads: Sequence[HeadCalibration]) -> float:
    """Return where the axes of the reliability diagrams start: the tenth below everything drawn."""
    ends = [end for head in heads for point in head.curve for end in (point.low, point.band_low, point.forecast)]
    return float(np.floor(min(ends) * 10) / 10)


def _first_percentile(head: HeadCalibration) -> float:
    """Return the grid point below which at most 1 % of the density lies."""
    mass = np.cumsum(head.density.density)
    place = int(np.searchsorted(mass, 0.01 * mass[-1]))
    return head.density.grid[max(place - 1, 0)]
