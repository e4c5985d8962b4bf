"""Figures of the checkpoints section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import categories, draw, heatmap, scales
from reportgen.sections.checkpoints.schema import CheckpointsResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.checkpoints.schema import LayerMovement, Series


class CheckpointsVisualizer(BaseVisualizer[CheckpointsResult]):
    """Metrics by checkpoint, and weight change by layer and step."""

    def figures(self, result: CheckpointsResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        for place, series in enumerate(result.series):
            suffix = "" if place == 0 else f"-{place + 1}"
            for head, subject in enumerate(series.heads if len(series.models) >= FEWEST else ()):
                yield self._numbers(result, series, subject, f"numbers{suffix}" + (f"-head-{head + 1}" if head else ""))
            if series.layers:
                yield self._moved(result, series, f"moved{suffix}")

    # -------------------------------------------------------------------------------------- numbers

    def _numbers(self, result: CheckpointsResult, series: Series, subject: str | None, name: str) -> Figure:
        whose = about(series.name, subject)
        ends = (series.models[0], series.models[-1])
        first, last = (formatting.metric(result.find("accuracy", model, subject)).text for model in ends)
        return Figure(
            name=name,
            title=f"{whose}: accuracy {first} at {ends[0]}, {last} at {ends[1]}",
            caption="Accuracy and NLL at every checkpoint with 95 % intervals. Overlapping intervals do not mean that two checkpoints are equal: compare the paired changes in the table.",
            alt=_course(result, series, subject),
            panels=tuple(
                Panel(title, partial(self._draw_numbers, result, series, subject, metric))
                for title, metric in (("Accuracy", "accuracy"), ("NLL", "nll"))
            ),
            columns=2,
            panel_height=2.2,
        )

    def _draw_numbers(
        self, result: CheckpointsResult, series: Series, subject: str | None, metric: str, ax: Axes
    ) -> None:
        found = [result.find(metric, model, subject) for model in series.models]
        places = np.arange(len(found))
        look = self.theme.look(series.models[-1])
        low, high = ([or_nan(getattr(one, end)) for one in found] for end in ("ci_low", "ci_high"))
        ax.vlines(places, low, high, color=look.color, linewidth=self.theme.line_width)
        ax.plot(places, [or_nan(one.value) for one in found], color=look.color, marker="o")
        categories.categories(ax, self.theme, [self.theme.look(model).label for model in series.models], "x")
        ax.set_xlim(-0.5, len(found) - 0.5)
        ax.set_ylabel("accuracy" if metric == "accuracy" else "nats")
        if metric == "accuracy":
            scales.shares(ax.yaxis)

    # -------------------------------------------------------------------------------------- weights

    def _moved(self, result: CheckpointsResult, series: Series, name: str) -> Figure:
        shown = most_moved(series.layers, result.options.max_layers)
        left_out = len(series.layers) - len(shown)
        rest = f" Only the {len(shown)} layers with the largest change; {left_out} are left out." if left_out else ""
        most = max(series.layers, key=_moved)
        return Figure(
            name=name,
            title=f"{series.name}: since {series.models[0]}, {most.name} has changed most, by {_percent(most.since_first[-1])}",
            caption="Relative weight change of each layer since the previous checkpoint (left) and since the first (right): 1 means that "
            f"the change is as large as the weights. Color: log scale; gray: bit-identical.{rest}",
            alt=" ".join(f"{one.name}: {_percent(one.since_first[-1])}." for one in shown),
            panels=(
                Panel("Since the previous checkpoint", partial(self._draw_moved, series, shown, "change")),
                Panel(f"Since {series.models[0]}", partial(self._draw_moved, series, shown, "since_first")),
            ),
            columns=2,
            panel_height=draw.rows_height(self.theme, len(shown)) + 0.5,
        )

    def _draw_moved(self, series: Series, layers: Sequence[LayerMovement], which: str, ax: Axes) -> None:
        values = np.array([[or_nan(value) for value in getattr(one, which)] for one in layers])
        with np.errstate(divide="ignore"):
            logs = np.log10(np.where(values > 0, values, np.nan))
        every = np.array([[or_nan(v) for v in (*one.change, *one.since_first)] for one in series.layers])
        known = np.log10(every[every > 0])
        limits = (float(known.min()), float(known.max())) if len(known) else (-1.0, 0.0)
        heatmap.heatmap(
            ax,
            self.theme,
            logs,
            rows=[one.name for one in layers],
            columns=[self.theme.look(model).label for model in series.models[1:]],
            limits=limits,
            text=[[_plain(value) for value in getattr(one, which)] for one in layers],
            colorbar_label="change (power of 10)" if len(series.models) > _WRITTEN else None,
        )


def _course(result: CheckpointsResult, series: Series, subject: str | None) -> str:
    """Return the checkpoints with the lowest and the highest accuracy."""
    values = {model: result.find("accuracy", model, subject) for model in series.models}
    known = {model: one for model, one in values.items() if one.value is not None}
    if not known:
        return "No accuracy was measured."
    low, high = (pick(known, key=lambda model: required(known[model].value)) for pick in (min, max))
    return (
        f"Accuracy is lowest at {low}, {formatting.metric(known[low]).text}, and highest at {high}, "
        f"{formatting.metric(known[high]).text}."
    )


FEWEST = 4
"""Number of checkpoints from which metrics are drawn; the table shows fewer. Convention."""


def most_moved(layers: Sequence[LayerMovement], limit: int) -> tuple[LayerMovement, ...]:
    """Return the layers that changed most since the first checkpoint, in the order of the model."""
    order = sorted(range(len(layers)), key=lambda place: -_moved(layers[place]))
    return tuple(layers[place] for place in sorted(order[:limit]))


_WRITTEN = 7
"""Maximum number of checkpoints for which cells show their values and need no color scale."""


def _plain(value: float | None) -> str:
    return formatting.MISSING if value is None else formatting.number(value, "")


def _percent(value: float | None) -> str:
    return formatting.MISSING if value is None else formatting.fraction(value)


def _moved(layer: LayerMovement) -> float:
    """Return how far a layer is from the first checkpoint; layers without that number come last."""
    change = layer.since_first[-1]
    return -1.0 if change is None else change
