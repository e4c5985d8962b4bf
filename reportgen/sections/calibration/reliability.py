"""Reliability diagrams: of a head, and of the classes of a multilabel head."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import draw
from reportgen.sections.calibration import titles
from reportgen.sections.calibration.findings import class_evidence
from reportgen.sections.calibration.schema import CalibrationResult
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.theme import Theme
    from reportgen.sections.calibration.schema import ClassCurve, MultilabelCalibration, ReliabilityPoint

_COLUMNS = 3
_MOST_MODELS = 3
"""Maximum number of models with a figure each, in a comparison. Convention."""


def draw_curve(ax: Axes, theme: Theme, model: str, curve: Sequence[ReliabilityPoint], low: float) -> None:
    """Draw the points of a reliability diagram from the lowest forecast on, with what is expected of a calibrated model behind them."""
    look = theme.look(model)
    forecast = [point.forecast for point in curve]
    frequency = [point.frequency for point in curve]
    draw.diagonal(ax, theme, "calibrated")
    ax.vlines(
        forecast,
        [or_nan(point.band_low) for point in curve],
        [or_nan(point.band_high) for point in curve],
        color="#c3c8cd",
        linewidth=4 * theme.line_width,
        zorder=0.5,
    )
    ax.vlines(
        forecast,
        [or_nan(point.low) for point in curve],
        [or_nan(point.high) for point in curve],
        color=look.color,
        linewidth=theme.line_width,
    )
    total = sum(point.n for point in curve)
    sizes = [theme.marker_size**2 * max(4 * point.n / total, 0.5) for point in curve]
    ax.scatter(forecast, frequency, sizes, marker=look.marker, color=look.color, linewidths=0, zorder=2.5)
    ax.set_xlim(low - (1 - low) * 0.03, 1 + (1 - low) * 0.03)
    ax.set_ylim(-0.03, 1.03)


class ClassVisualizer(BaseVisualizer[CalibrationResult]):
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
