"""The figure of the sweep section: the effect of each parameter, side by side."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import categories, scales
from reportgen.sections.sweep import words
from reportgen.sections.sweep.factors import label
from reportgen.sections.sweep.schema import SweepResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.numbers import Metric
    from reportgen.sections.sweep.schema import HeadSweep, Parameter, SweptModel

_MOST = 9
"""Maximum number of panels: first the parameters that matter. Convention."""
_COLUMNS, _ONE_ROW = 3, 4
_HEIGHT = 1.7
_GAP = 0.15
"""Between names of levels, in font sizes."""
_INSIDE = 0.75
"""Share of the width of a panel that its x axis has beside the numbers of its y axis."""
_PALE = 0.6
"""Share of its color that a model keeps."""
_ASIDE, _SPREAD = 0.16, 0.09
"""How far the models at a level stand beside their mean, and from each other, as shares of the distance of levels."""
_EDGE = 0.03
"""How far inside an end of the y axis models beyond it are drawn, as a share of the axis."""


class SweepVisualizer(BaseVisualizer[SweepResult]):
    """Small multiples: the score at every value of each parameter."""

    def figures(self, result: SweepResult) -> Iterator[Figure]:
        """Yield a figure for each output with effects."""
        heads = [head for head in result.heads if any(one.strongest is not None for one in head.parameters)]
        for index, head in enumerate(heads):
            yield self._figure(result, head, "effects" if index == 0 else f"effects-{index + 1}")

    def _figure(self, result: SweepResult, head: HeadSweep, name: str) -> Figure:
        drawn = [one for one in head.parameters if one.strongest is not None]
        shown = drawn[:_MOST]
        models = [one for one in head.models if one.failed is None and one.score is not None]
        ends = _ends(head, models, [metric for one in shown for metric in _means(result, head, one)])
        far = sum(not ends[0] <= _value(one) <= ends[1] for one in models)
        title = words.score(head).level.title
        unit = (
            f" in {formatting.word(words.score(head).level.unit)}"
            if formatting.word(words.score(head).level.unit)
            else ""
        )
        rest = f" The first {len(shown)} of {len(drawn)} parameters." if len(shown) < len(drawn) else ""
        failed = sum(one.failed is not None for one in head.models)
        without = f" Without the {failed} that failed." if failed else ""
        return Figure(
            name=name,
            title=_title(result, head),
            caption=f"{title}{unit} by parameter. Dots: the models. Squares: mean at a value by {words.model(head)}, with the 95 % interval of its difference from the "
            f"mean of all (line).{without}{scales.beyond(far)}{rest}",
            alt=_alt(result, head, shown),
            panels=tuple(Panel(one.name, partial(self._draw, result, head, one, models, ends)) for one in shown),
            columns=len(shown) if len(shown) <= _ONE_ROW else _COLUMNS,
            panel_height=_HEIGHT,
        )

    def _draw(
        self,
        result: SweepResult,
        head: HeadSweep,
        one: Parameter,
        models: Sequence[SweptModel],
        ends: tuple[float, float],
        ax: Axes,
    ) -> None:
        theme = self.theme
        places = _places(one)
        inside = [model for model in models if one.name in model.params]
        across, scores = np.array(_spread(one, inside, places)), np.array([_value(model) for model in inside])
        edges = ends[0] + _EDGE * (ends[1] - ends[0]), ends[1] - _EDGE * (ends[1] - ends[0])
        below, above = scores < ends[0], scores > ends[1]
        for marker, those in (("v", below), ("^", above), ("o", ~(below | above))):
            ax.plot(
                across[those],
                scores[those] if marker == "o" else np.clip(scores[those], *edges),
                marker=marker,
                linestyle="none",
                color=theme.tint(theme.muted, _PALE),
                markersize=0.7 * theme.marker_size,
                zorder=2.0,
            )
        if head.mean is not None:
            ax.axhline(head.mean, color=theme.muted, linewidth=theme.line_width / 2, zorder=1.5)
        spec = words.score(head).level
        means = _means(result, head, one)
        values, low, high = (
            np.array([or_nan(part) for part in parts], float)
            for parts in (
                [metric.value for metric in means],
                [metric.ci_low for metric in means],
                [metric.ci_high for metric in means],
            )
        )
        at = np.array([places[label(point.value)] for point in one.points])
        ax.vlines(at, low, high, color=theme.ink, linewidth=theme.line_width, zorder=2.4)
        ax.plot(at, values, marker="s", linestyle="none", color=theme.ink, markersize=theme.marker_size, zorder=2.6)
        if one.form == "levels":
            self._name_levels([label(point.value) for point in one.points], ax)
            ax.set_xlim(-0.5, len(one.points) - 0.5)
        elif one.logarithmic:
            ax.set_xscale("log")
        ax.set_ylim(*ends)
        if spec.unit == "fraction":
            scales.shares(ax.yaxis)

    def _name_levels(self, names: Sequence[str], ax: Axes) -> None:
        """Name the levels side by side if they fit, each as wide as it is; otherwise turned or shortened."""
        widths = [categories.widest([name], self.theme) for name in names]
        need = max((first + second) / 2 for first, second in pairwise(widths)) + _GAP * self.theme.small_size
        if need * len(names) <= _INSIDE * categories.room(ax, self.theme):
            ax.set_xticks(range(len(names)), [self.theme.text(name) for name in names])
        else:
            categories.categories(ax, self.theme, names, "x")


def _means(result: SweepResult, head: HeadSweep, one: Parameter) -> list[Metric]:
    """Return the mean score at each compared value."""
    return [result.find(words.score(head).level.name, result.first, point.subject) for point in one.points]


def _value(model: SweptModel) -> float:
    return or_nan(None if model.score is None else model.score.value)


def _places(one: Parameter) -> dict[str, float]:
    """Return the place of each compared value on the x axis."""
    if one.form == "levels":
        return {label(point.value): float(place) for place, point in enumerate(one.points)}
    return {label(point.value): float(point.value) for point in one.points}


def _spread(one: Parameter, models: Sequence[SweptModel], places: dict[str, float]) -> list[float]:
    """Return the x of every model: levels beside their mean, so that points of equal models are seen."""
    if one.form == "curve":
        return [float(model.params[one.name]) for model in models]
    counts: dict[str, int] = {}
    found = []
    for model in models:
        value = label(model.params[one.name])
        step = counts[value] = counts.get(value, 0) + 1
        found.append(places[value] + _ASIDE + _SPREAD * (step % 3))
    return found


def _ends(head: HeadSweep, models: Sequence[SweptModel], means: Sequence[Metric]) -> tuple[float, float]:
    """Return the ends of the common y axis: all means with their intervals, and the models that would not squeeze all others."""
    spans = [part for metric in means for part in (metric.value, metric.ci_low, metric.ci_high) if part is not None]
    share = words.score(head).level.unit == "fraction"
    return scales.ends([_value(one) for one in models], spans, share=share)


def _title(result: SweepResult, head: HeadSweep) -> str:
    found = [one.name for one in head.parameters if one.verdict == "matters"]
    count = sum(one.strongest is not None for one in head.parameters)
    start = words.opening(head)
    if not found:
        return f"{start}No effect shown of {'the parameter' if count == 1 else f'any of {count} parameters'}"
    first = next(one for one in head.parameters if one.verdict == "matters")
    metric = words.effect(result, head, first)
    size = formatting.size(or_nan(metric.value), metric.unit)
    if len(found) == 1:
        return f"{start}{found[0]} matters, by {size}" + ("; no effect shown of the others" if count > 1 else "")
    return f"{start}{formatting.listed(found, 4)} matter; {found[0]} most, by {size}"


def _alt(result: SweepResult, head: HeadSweep, shown: Sequence[Parameter]) -> str:
    spec = words.score(head).level
    sentences = []
    for one in shown:
        values = (
            f"{words.value(one, point.value)} {formatting.metric(result.find(spec.name, result.first, point.subject)).text}"
            for point in one.points
        )
        sentences.append(f"{one.name}: {', '.join(values)}.")
    return " ".join(sentences)
