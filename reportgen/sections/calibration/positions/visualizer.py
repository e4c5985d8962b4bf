"""Reliability diagrams of pixels and tokens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.positions import POSITIONS, UNITS
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.sections.calibration import titles
from reportgen.sections.calibration.reliability import draw_curve
from reportgen.sections.calibration.schema import CalibrationResult
from reportgen.sections.calibration.tables import curve
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from reportgen.sections.calibration.schema import PositionsCalibration

_COLUMNS = 3


class PositionVisualizer(BaseVisualizer[CalibrationResult]):
    """How often pixels and tokens are right at each confidence, by images and sequences."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield a figure for each task: a pixel and a token are different things."""
        tasks = [task for task in UNITS if any(head.task == task for head in result.positions)]
        for index, task in enumerate(tasks):
            yield self._figure(result, task, naming.numbered("position-reliability", index))

    def _figure(self, result: CalibrationResult, task: str, name: str) -> Figure:
        every = [head for head in result.positions if head.task == task]
        heads, unit, position = self.view.compared(every, _COLUMNS), UNITS[task], POSITIONS[task]
        outside = {head: sum(point.outside for point in head.curve) for head in heads}
        low = float(np.floor(min(point.forecast for head in heads for point in head.curve) * 10) / 10)
        return Figure(
            name=name,
            title=titles.outside_title(outside),
            caption=(
                f"Share of the {position}s that are right against their mean confidence in the bins of the ECE; the area of a point is its share of the "
                f"{position}s. Lines: 95{formatting.THIN}% intervals over {unit}s, one point at a time. Gray bars: 95{formatting.THIN}% of calibrated models, "
                f"whose errors are as alike within {'an' if unit[0] in 'aeiou' else 'a'} {unit}, have all their points inside.{self.view.rest(every, heads)}"
            ),
            alt=" ".join(_alt(head, count, position) for head, count in outside.items()),
            panels=tuple(
                Panel(figure_label(self.theme, head), partial(self._draw, head, low, position)) for head in heads
            ),
            columns=min(_COLUMNS, len(heads)),
            tables=tuple(curve(head) for head in heads),
        )

    def _draw(self, head: PositionsCalibration, low: float, position: str, ax: Axes) -> None:
        draw_curve(ax, self.theme, head.model, head.curve, low)
        ax.set_xlabel("confidence")
        ax.set_ylabel(f"{position}s that are right")


def _alt(head: PositionsCalibration, outside: int, position: str) -> str:
    most = max(head.curve, key=lambda point: point.n)
    return (
        f"{about(head.model, head.subject)}: {outside} of {len(head.curve)} points are outside the gray bars; at the one with the most {position}s "
        f"the confidence is {formatting.fraction(most.forecast)} and {formatting.fraction(most.frequency)} are right."
    )
