"""Reliability diagrams: of a head, and of the classes of a multilabel head."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import draw, scales
from reportgen.sections.calibration import titles
from reportgen.sections.calibration.findings import class_evidence
from reportgen.sections.calibration.schema import CalibrationResult
from reportgen.sections.calibration.tables import curve
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.theme import Theme
    from reportgen.sections.calibration.schema import (
        ClassCurve,
        HeadCalibration,
        MultilabelCalibration,
        ReliabilityPoint,
    )

_COLUMNS = 3
_MOST_MODELS = 3
"""Maximum number of models with a figure each, in a comparison. Convention."""


def draw_curve(ax: Axes, theme: Theme, model: str, points: Sequence[ReliabilityPoint], low: float) -> None:
    """Draw the points of a reliability diagram from the lowest forecast on, with what is expected of a calibrated model behind them."""
    look = theme.look(model)
    forecast = [point.forecast for point in points]
    frequency = [point.frequency for point in points]
    draw.diagonal(ax, theme, "calibrated")
    ax.vlines(
        forecast,
        [or_nan(point.band_low) for point in points],
        [or_nan(point.band_high) for point in points],
        color="#c3c8cd",
        linewidth=4 * theme.line_width,
        zorder=0.5,
    )
    ax.vlines(
        forecast,
        [or_nan(point.low) for point in points],
        [or_nan(point.high) for point in points],
        color=look.color,
        linewidth=theme.line_width,
    )
    total = sum(point.n for point in points)
    sizes = [theme.marker_size**2 * max(4 * point.n / total, 0.5) for point in points]
    ax.scatter(forecast, frequency, sizes, marker=look.marker, color=look.color, linewidths=0, zorder=2.5)
    ax.set_xlim(low - (1 - low) * 0.03, 1 + (1 - low) * 0.03)
    ax.set_ylim(-0.03, 1.03)
    scales.shares(ax.xaxis)
    scales.shares(ax.yaxis)


class ReliabilityVisualizer(BaseVisualizer[CalibrationResult]):
    """Reliability diagrams of heads whose classes exclude each other."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield one figure of all heads."""
        if result.heads:
            yield self._reliability(result)

    def _reliability(self, result: CalibrationResult) -> Figure:
        heads = self.view.shown(result.heads)
        bins = "the bins of the ECE" if all(head.bands for head in heads) else "bins with equal numbers of examples"
        outside = {head: sum(point.outside for point in head.curve) for head in heads}
        return Figure(
            name="reliability",
            title=titles.outside_title(outside),
            caption=(
                f"Observed frequency against mean forecast in {bins}; the area of a point is its share of the rows. Lines: "
                f"95{formatting.THIN}% Wilson intervals, one point at a time. Gray bars: 95{formatting.THIN}% of calibrated models "
                f"have all their points inside.{self.view.rest(result.heads, heads)}"
            ),
            alt="; ".join(
                f"{about(head.model, head.subject)}: {count} of {len(head.curve)} points are outside the gray bars, the one with the "
                f"most rows is at forecast {formatting.fraction(most.forecast)} and frequency {formatting.fraction(most.frequency)}"
                for head, count in outside.items()
                for most in [max(head.curve, key=lambda point: point.n)]
            )
            + ".",
            panels=tuple(
                Panel(figure_label(self.theme, head), partial(self._draw_reliability, head, _lowest(heads)))
                for head in heads
            ),
            columns=min(_COLUMNS, len(heads)),
            tables=tuple(curve(head) for head in heads),
        )

    def _draw_reliability(self, head: HeadCalibration, low: float, ax: Axes) -> None:
        draw_curve(ax, self.theme, head.model, head.curve, low)
        ax.set_xlabel("confidence" if head.notion == "confidence" else "predicted probability")
        ax.set_ylabel("accuracy" if head.notion == "confidence" else "frequency")


class ClassReliabilityVisualizer(BaseVisualizer[CalibrationResult]):
    """Reliability diagrams of the classes of multilabel heads."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield a figure for each head of the candidate, or of the first models."""
        for index, head in enumerate(self._judged(result)):
            yield self._class_reliability(result, head, index)

    def _judged(self, result: CalibrationResult) -> tuple[MultilabelCalibration, ...]:
        """Return the multilabel heads of the candidate, or of the first models."""
        own = tuple(head for head in result.multilabel if head.model == self.view.decision.candidate)
        return tuple(head for head in own or self.view.shown(result.multilabel, _MOST_MODELS) if head.curves)

    def _class_reliability(self, result: CalibrationResult, head: MultilabelCalibration, index: int) -> Figure:
        found = next(one for one in class_evidence(result) if (one.model, one.subject) == (head.model, head.subject))
        rest = len(head.class_names) - len(head.curves)
        fewer = (
            f" The {len(head.curves)} classes with the smallest p-values of {len(head.class_names)}." if rest else ""
        )
        return Figure(
            name=naming.numbered("class-reliability", index),
            title=titles.classes_title(found),
            caption=(
                "Observed frequency against mean probability of each class in the bins of its ECE; the area of a point is its share of the rows. "
                f"Lines: 95{formatting.THIN}% Wilson intervals, one point at a time. Gray bars: of 95{formatting.THIN}% of calibrated models all points are "
                f"inside.{fewer}"
            ),
            alt=titles.classes_alt(result, head),
            panels=tuple(Panel(one.name, partial(self._draw_class_curve, head, one)) for one in head.curves),
            columns=min(_COLUMNS, len(head.curves)),
            panel_height=1.9,
        )

    def _draw_class_curve(self, head: MultilabelCalibration, one: ClassCurve, ax: Axes) -> None:
        draw_curve(ax, self.theme, head.model, one.curve, 0.0)
        ax.set_xlabel("predicted probability")
        ax.set_ylabel("frequency")


def _lowest(heads: Sequence[HeadCalibration]) -> float:
    """Return where the x axis of the reliability diagrams starts: the tenth below all points."""
    return float(np.floor(min(point.forecast for head in heads for point in head.curve) * 10) / 10)
