"""Figures of the calibration section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import draw, scales
from reportgen.sections.calibration.classes import ClassVisualizer
from reportgen.sections.calibration.confidence import ConfidenceVisualizer
from reportgen.sections.calibration.distributions.visualizer import DistributionVisualizer
from reportgen.sections.calibration.errors import ErrorVisualizer
from reportgen.sections.calibration.positions.visualizer import PositionVisualizer
from reportgen.sections.calibration.reliability import ClassReliabilityVisualizer, ReliabilityVisualizer
from reportgen.sections.calibration.schema import CalibrationResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

_LANDSCAPE_MODELS = 6
"""Models from which on a scatter of them says more than their numbers. Convention."""


class CalibrationVisualizer(BaseVisualizer[CalibrationResult]):
    """Errors expected and seen, reliability diagrams, confidence, calibration by class; many models by ECE and Brier score."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from ErrorVisualizer(self.theme, self.view).figures(result)
        yield from ReliabilityVisualizer(self.theme, self.view).figures(result)
        yield from ConfidenceVisualizer(self.theme, self.view).figures(result)
        yield from PositionVisualizer(self.theme, self.view).figures(result)
        yield from ClassReliabilityVisualizer(self.theme, self.view).figures(result)
        yield from DistributionVisualizer(self.theme, self.view).figures(result)
        yield from ClassVisualizer(self.theme, self.view).figures(result)
        if len(result.heads) >= _LANDSCAPE_MODELS:
            yield self._errors(result)

    def further(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the uncertainty landscape."""
        yield from ConfidenceVisualizer(self.theme, self.view).further(result)

    def dashboard(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the distributions of the confidence, and ECE against Brier score."""
        if result.heads:
            yield from ConfidenceVisualizer(self.theme, self.view).figures(result)
            yield self._errors(result)

    def _errors(self, result: CalibrationResult) -> Figure:
        best = min(result.heads, key=lambda head: head.brier.value)
        ece = result.find("ece", best.model, best.subject)
        name = about(best.model, best.subject)
        return Figure(
            name="errors",
            title=f"{name} has the lowest Brier score of {len({head.model for head in result.heads})}"
            if len(result.heads) > 1
            else f"Brier score and ECE of {name}",
            caption=f"ECE against Brier score with its 95{formatting.THIN}% interval; the differences are not tested here. Lower left is "
            f"better; the axes do not start at 0.{draw.names_note(len(result.heads))}",
            alt=f"{name} has the lowest Brier score, {formatting.number(best.brier.value, '')}, "
            f"with an ECE of {formatting.metric(ece).text}.",
            panels=(Panel("Calibration landscape", partial(self._draw_errors, result)),),
        )

    def _draw_errors(self, result: CalibrationResult, ax: Axes) -> None:
        theme = self.theme
        points = []
        eces = {head: float(required(result.find("ece", head.model, head.subject).value)) for head in result.heads}
        ranked = sorted(result.heads, key=lambda head: head.brier.value)
        ends = dict.fromkeys(
            (ranked[0], ranked[-1], min(ranked, key=eces.__getitem__), max(ranked, key=eces.__getitem__))
        )
        for head in dict.fromkeys((*ends, *ranked)):
            look = theme.look(head.model)
            ece = eces[head]
            points.append(draw.NamedPoint(head.model, figure_label(theme, head), ece, head.brier.value))
            if head.brier.low is not None and head.brier.high is not None:
                ax.vlines(ece, head.brier.low, head.brier.high, color=look.color, linewidth=theme.line_width)
        draw.named_points(ax, theme, points, first=len(ends))
        scales.shares(ax.xaxis)
        ax.set_xlabel("ECE")
        ax.set_ylabel("Brier score")
        draw.corner(ax, theme, "better")
