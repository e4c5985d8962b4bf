"""Figures of the performance section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.section import BaseVisualizer
from reportgen.sections.performance.confusion import CountVisualizer, ShareVisualizer
from reportgen.sections.performance.regression.visualizer import RegressionVisualizer
from reportgen.sections.performance.schema import PerformanceResult
from reportgen.sections.performance.scores import ClassVisualizer
from reportgen.sections.performance.scoring import CLASSES, LABELS, POSITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.figures import Figure


class PerformanceVisualizer(BaseVisualizer[PerformanceResult]):
    """Scores of all kinds of heads, confusion matrices, errors of predicted values."""

    def figures(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from ClassVisualizer(self.theme, self.view, CLASSES).figures(result)
        yield from CountVisualizer(self.theme, self.view).figures(result)
        yield from ClassVisualizer(self.theme, self.view, LABELS).figures(result)
        yield from RegressionVisualizer(self.theme, self.view).figures(result)
        yield from ClassVisualizer(self.theme, self.view, POSITIONS).figures(result)
        yield from ShareVisualizer(self.theme, self.view).figures(result)
