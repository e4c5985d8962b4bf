"""Figures of the confidence: its distributions, and how it goes with the entropy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import categories, draw, scales
from reportgen.sections.calibration import titles
from reportgen.sections.calibration.schema import CalibrationResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.calibration.schema import Confidences, HeadCalibration

_COLUMNS = 3
_VISIBLE = 0.01
"""Share of the highest density below which a distribution is not seen. Convention."""
_NINES = ("0", "90", "99", "99.9", "99.99", "99.999", "99.9999")
"""The confidence in percent by its number of nines."""


class ConfidenceVisualizer(BaseVisualizer[CalibrationResult]):
    """Distributions of the confidence, and the uncertainty landscape."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the distributions of right and of wrong predictions."""
        if any(head.right for head in result.heads):
            yield self._distributions(result)

    def further(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the uncertainty landscape: the refusal curve says the same with a consequence."""
        if result.heads:
            yield self._landscape(result)

    # -------------------------------------------------------------------------------------- distributions

    def _distributions(self, result: CalibrationResult) -> Figure:
        heads = self.view.shown(result.heads)
        drawn = [head for head in heads if head.right is not None and head.wrong is not None]
        return Figure(
            name="confidence",
            title=titles.confidence_title(drawn),
            caption=(
                "Distribution of the confidence, on the scale of log(1 - confidence): right predictions above the line, wrong ones below. "
                "Bar: interquartile range, point: median; where there are fewer than 30 predictions, each is a point. All have the "
                f"same height, however many they are.{self.view.rest(result.heads, heads)}"
            ),
            alt="; ".join(titles.confidence_alt(head) for head in drawn) + ".",
            panels=(Panel("Confidence distributions", partial(self._draw_confidence, drawn)),),
            panel_height=draw.rows_height(self.theme, 2 * len(drawn)),
        )

    def _draw_confidence(self, heads: Sequence[HeadCalibration], ax: Axes) -> None:
        theme = self.theme
        pairs = [(self._half(head, head.right), self._half(head, head.wrong)) for head in heads]
        draw.violins(ax, theme, [figure_label(theme, head) for head in heads], pairs)
        shapes = [one for pair in pairs for one in pair if one is not None]
        ax.set_xlim(min(map(_lowest_nines, heads)) - 0.1, max(map(_reach, shapes), default=1.0) + 0.1)
        categories.thinned(ax, theme, _NINES)
        ax.set_xlabel("confidence (%)")

    def _half(self, head: HeadCalibration, one: Confidences | None) -> draw.Violin | None:
        if one is None or one.quartiles is None:
            return None
        lower, median, upper = _nines(one.quartiles)
        color = self.theme.look(head.model).color
        return draw.Violin(one.grid, one.density, (lower, median, upper), color, _nines(one.values))

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
            title=f"Mean entropy: {means}",
            caption=(
                f"Examples by confidence and entropy; {titles.where(result)}. Confident examples are at the lower right. "
                f"Color: 1 (dark) to {largest:,} (light) examples per cell, log scale.{self.view.rest(result.heads, heads)}"
            ),
            alt="; ".join(_landscape_alt(head) for head in heads) + ".",
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
        scales.shares(ax.xaxis)
        ax.set_xlabel("confidence")
        ax.set_ylabel("entropy (nats)")


def _landscape_alt(head: HeadCalibration) -> str:
    counts, edge = np.array(head.landscape.counts), head.landscape.confidence_edges[-2]
    share = formatting.fraction(float(counts[:, -1].sum() / counts.sum()))
    return f"{about(head.model, head.subject)}: {share} of the examples have a confidence of at least {edge:.2f}"


def _nines(confidence: Sequence[float]) -> list[float]:
    """Return confidences on the scale on which they are drawn: the number of their nines, 6 at most."""
    return [float(-np.log10(max(1 - one, 1e-6))) for one in confidence]


def _lowest_nines(head: HeadCalibration) -> float:
    """Return where the distributions of a head begin."""
    sides = [one for one in (head.right, head.wrong) if one is not None]
    return min([one.grid[0] for one in sides if one.grid] + [min(_nines(one.values)) for one in sides if one.values])


def _reach(one: draw.Violin) -> float:
    """Return where a distribution ends for the eye."""
    if len(np.asarray(one.values)):
        return float(np.max(one.values))
    density = np.asarray(one.density, float)
    return float(np.asarray(one.grid, float)[density > _VISIBLE * density.max()].max())
