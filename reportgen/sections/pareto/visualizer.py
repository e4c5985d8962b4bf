"""Figures of the pareto section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import draw, heatmap, names, scales
from reportgen.sections.pareto import words
from reportgen.sections.pareto.schema import ParetoResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Metric
    from reportgen.sections.pareto.schema import ChosenMetric, ComparedModel, ComparedObjective, PairFront

    Corner = tuple[float, float]

_PALE = 0.7
"""Share of its color that the point of a dominated model keeps."""
MANY = 6
"""Number of models from which the heatmap is drawn, and models that would squeeze all others are not. Convention."""
_NAMED = 6
"""Number of models on the front that have their names in any case. Convention."""
_FAR = 3.0
"""Interquartile ranges beyond the upper quartile from which a value is left out: Tukey's outer fence."""
_TICKS: dict[str, Callable[[float, float], str]] = {
    "fraction": scales.percent,
    "count": lambda value, _: f"{value:,.0f}",
    "bytes": lambda value, _: formatting.number(max(value, 0), "bytes"),
}
"""Labels of ticks, by unit."""
_PANELS = 2
"""Maximum number of further pairs of objectives drawn."""
_DECADES = 30
"""Ratio of the largest to the smallest count above which the axis is logarithmic. Convention."""
_MARKERS = 3
"""Maximum number of models whose markers stand for their kind in the legend."""
_BESIDE = 8
"""Maximum number of models for which panels are placed side by side: more names need the full width. Convention."""


class ParetoVisualizer(BaseVisualizer[ParetoResult]):
    """Pareto front, and normalized metrics of every model."""

    def figures(self, result: ParetoResult) -> Iterator[Figure]:
        """Yield the figures in reading order; the rank of a few models is seen in the front."""
        if result.reason is not None:
            return
        first, *others = _by_cost(result)
        yield self._front(result, (first,), "front", _title(result, first, self.view.decision))
        if others:
            yield self._front(result, others[:_PANELS], "pairs", _rest_title(result, others[:_PANELS]))
        if len(result.models) >= MANY:
            yield self._heatmap(result)

    def further(self, result: ParetoResult) -> Iterator[Figure]:
        """Yield the heatmap of a few models."""
        if result.reason is None and len(result.models) < MANY:
            yield self._heatmap(result)

    # -------------------------------------------------------------------------------------- front

    def _front(self, result: ParetoResult, fronts: Sequence[PairFront], name: str, title: str) -> Figure:
        on_front = [one.model for one in result.models if one.on_front]
        knee = "" if result.knee is None else f" {result.knee} is the knee."
        names = [[result.objectives[place].title for place in (one.up, one.across)] for one in fronts]
        many = len(result.models) > _BESIDE
        return Figure(
            name=name,
            title=title,
            caption=" ".join(_caption(result, fronts)),
            alt=f"{len(on_front)} of {len(result.models)} models are on the front by value: {formatting.listed(on_front, most=8)}.{knee}",
            panels=tuple(
                Panel(f"{up} and {across}", partial(self._draw_front, result, one))
                for one, (up, across) in zip(fronts, names, strict=True)
            ),
            columns=min(2, len(fronts)) if not many else 1,
            panel_height=3.2 if many and len(fronts) == 1 else 2.4,
        )

    def _draw_front(self, result: ParetoResult, pair: PairFront, ax: Axes) -> None:
        across, up = result.objectives[pair.across], result.objectives[pair.up]
        beyond = _beyond(result, pair)
        models = [one for one in result.models if one.model not in beyond]
        points = {one.model: (_value(one.values[pair.across]), _value(one.values[pair.up])) for one in models}
        if _wide(across, [x for x, _ in points.values()]):
            scales.logarithmic_counts(ax)
        else:
            ax.locator_params(axis="x", nbins=max(int(ax.bbox.width / (6 * self.theme.small_size)), 3))
        for one in reversed(models):  # the front on top
            self._draw_intervals(one, pair, ax)
            x, y = points[one.model]
            ax.plot(x, y, self.theme.look(one.model).marker, **self._style(one), zorder=2.6 if one.on_front else 2.4)
        ax.margins(0.14)
        ax.autoscale_view()
        ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())
        best_first = reversed(pair.models) if across.higher_is_better else pair.models
        worst = _worst(across, ax.get_xlim()), _worst(up, ax.get_ylim())
        line = _staircase([points[model] for model in best_first], worst) if len(pair.models) > 1 else []
        handles: list[Any] = []
        if line:
            handles += ax.plot(
                *zip(*line, strict=True),
                color=self.theme.front,
                linestyle="dashed",
                label="Pareto front by value" if len(result.objectives) == 2 else "front of these two by value",  # noqa: PLR2004
                zorder=2.2,
            )
        handles += self._draw_knee(result, points, ax)
        handles += self._handles(models)
        lines = [line, *(one for model in models for one in _intervals(model, pair))]
        self._draw_names(models, points, lines, result.options.max_models, ax)
        ax.set_xlabel(self._axis(across))
        ax.set_ylabel(self._axis(up))
        for axis, objective in ((ax.xaxis, across), (ax.yaxis, up)):
            if objective.unit in _TICKS:
                axis.set_major_formatter(_TICKS[objective.unit])
        if pair.across == _by_cost(result)[0].across:
            draw.legend_above(ax, self.theme, handles)

    def _style(self, one: ComparedModel) -> dict[str, Any]:
        """Return the look of a point: filled on the front, hollow if not shown to be dominated, else pale."""
        color = self.theme.look(one.model).color
        if one.on_front:
            return {"color": color, "markersize": 1.2 * self.theme.marker_size}
        if not one.clearly_dominated_by:
            return {"color": color, "markerfacecolor": self.theme.paper, "markersize": 1.1 * self.theme.marker_size}
        return {"color": self.theme.tint(color, _PALE)}

    def _draw_intervals(self, one: ComparedModel, pair: PairFront, ax: Axes) -> None:
        color = self.theme.look(one.model).color
        style: dict[str, Any] = {"color": color, "linewidth": self.theme.line_width / 2, "zorder": 2.0}
        for line in _intervals(one, pair):
            ax.plot(*zip(*line, strict=True), **style)

    def _draw_knee(self, result: ParetoResult, points: dict[str, Corner], ax: Axes) -> list[Line2D]:
        if result.knee is None:
            return []
        x, y = points[result.knee]
        size = 2.4 * self.theme.marker_size
        return ax.plot(
            x, y, "o", markersize=size, markerfacecolor="none", markeredgecolor=self.theme.ink, label="knee", zorder=2.3
        )

    def _handles(self, models: Sequence[ComparedModel]) -> Iterator[draw.Markers]:
        """Yield the legend entries of the filled, hollow and pale points that occur: the markers of the first models of each kind."""
        from matplotlib.lines import Line2D

        kinds = (
            ("on the front", [one for one in models if one.on_front]),
            ("not shown to be dominated", [one for one in models if _is_hollow(one)]),
            ("dominated", [one for one in models if _is_pale(one)]),
        )
        for label, own in kinds:
            looks = {(look := self.theme.look(one.model)).marker + look.color: one for one in reversed(own)}
            shown = [one for one in own if one in looks.values()][:_MARKERS]
            if shown:
                lines = [
                    Line2D([], [], linestyle="none", marker=self.theme.look(one.model).marker, **self._style(one))
                    for one in shown
                ]
                yield draw.Markers(lines, label)

    def _draw_names(
        self,
        models: Sequence[ComparedModel],
        points: dict[str, Corner],
        lines: Sequence[Sequence[Corner]],
        most: int,
        ax: Axes,
    ) -> None:
        """Name as many models as the options allow: first the front, then those not shown to be dominated; a note counts them."""
        order = sorted(models, key=lambda one: (not one.on_front, _is_pale(one)))
        named = [self.theme.look(one.model).label for one in order[:most]]
        first = min(sum(one.on_front for one in order), _NAMED)
        names.write(ax, self.theme, [points[one.model] for one in order], named, lines, first)

    def _axis(self, one: ChosenMetric) -> str:
        unit = f" ({word})" if (word := formatting.word(one.unit)) else ""
        better = "higher" if one.higher_is_better else "lower"
        return f"{self.theme.text(one.title, limit=40)}{unit}, {better} is better"

    # -------------------------------------------------------------------------------------- heatmap

    def _heatmap(self, result: ParetoResult) -> Figure:
        shown = result.rows[: result.options.max_models]
        rest = len(result.rows) - len(shown)
        more = f" Only the {len(shown)} models with the best rank; {rest} more are in the table." if rest else ""
        ranks = {one.model: one.rank for one in result.models}
        lines = " White lines separate the ranks." if len({ranks[row.model] for row in shown}) > 1 else ""
        return Figure(
            name="heatmap",
            title=_heatmap_title(result),
            caption="Color: each metric scaled from 0 (worst of the compared models) to 1 (best). The scaling exaggerates small gaps: "
            "judge their size by the numbers, which are not scaled. Ordered by Pareto rank, with the front on top."
            f"{lines}{more}",
            alt=" ".join(_best(result, place) for place in range(len(result.columns))),
            panels=(Panel("Normalized performance", partial(self._draw_heatmap, result)),),
            panel_height=draw.rows_height(self.theme, len(shown), series=2) + 0.3,
        )

    def _draw_heatmap(self, result: ParetoResult, ax: Axes) -> None:
        shown = result.rows[: result.options.max_models]
        heatmap.heatmap(
            ax,
            self.theme,
            [[or_nan(value) for value in row.normalised] for row in shown],
            rows=[self.theme.look(row.model).label for row in shown],
            columns=[one.title for one in result.columns],
            limits=(0.0, 1.0),
            text=[
                [formatting.MISSING if one is None else formatting.metric(one).text for one in row.values]
                for row in shown
            ],
            colorbar_label="0 worst, 1 best",
        )
        ranks = [one.rank for one in result.models[: len(shown)]]
        for place in np.flatnonzero(np.diff(ranks)):
            ax.axhline(place + 0.5, color=self.theme.paper, linewidth=2 * self.theme.line_width)


# ------------------------------------------------------------------------------------------------ geometry


def _staircase(points: Sequence[Corner], worst: Corner) -> list[Corner]:
    """Return the corners of the front line from edge to edge of the axes, for points with the best x first."""
    line = [(points[0][0], worst[1]), points[0]]
    for x, y in points[1:]:
        line += [(x, line[-1][1]), (x, y)]
    return [*line, (worst[0], line[-1][1])]


def _intervals(one: ComparedModel, pair: PairFront) -> Iterator[tuple[Corner, Corner]]:
    """Yield the intervals of a point, across and up, as lines."""
    x, y = one.values[pair.across], one.values[pair.up]
    if x.ci_low is not None and x.ci_high is not None:
        yield (x.ci_low, _value(y)), (x.ci_high, _value(y))
    if y.ci_low is not None and y.ci_high is not None:
        yield (_value(x), y.ci_low), (_value(x), y.ci_high)


def _worst(one: ChosenMetric, limits: tuple[float, float]) -> float:
    return min(limits) if one.higher_is_better else max(limits)


def _wide(one: ChosenMetric, values: Sequence[float]) -> bool:
    return one.unit in {"count", "bytes"} and min(values) > 0 and max(values) > _DECADES * min(values)


def _value(metric: Metric) -> float:
    return float(required(metric.value))


def _is_hollow(one: ComparedModel) -> bool:
    return not one.on_front and not one.clearly_dominated_by


def _is_pale(one: ComparedModel) -> bool:
    return not one.on_front and bool(one.clearly_dominated_by)


# ------------------------------------------------------------------------------------------------ words


def _title(result: ParetoResult, pair: PairFront, decision: Decision) -> str:
    """Return how the candidate differs from what it would replace, and how sure that is; without a decision, who is on the front."""
    if decision.pair is not None:
        found = words.parts(result, *decision.pair)
        if found:
            return words.compared(*decision.pair, [found[place] for place in sorted((pair.up, pair.across))])
    on_front = [one.model for one in result.models if one.on_front]
    if len(on_front) == 1:
        return f"By value, no model is better than {on_front[0]} in any objective"
    return f"{len(on_front)} of {len(result.models)} models are on the front by value: {words.named(on_front)}"


def _rest_title(result: ParetoResult, fronts: Sequence[PairFront]) -> str:
    first = result.objectives[0].title
    return f"{first} against {formatting.listed([result.objectives[one.across].title for one in fronts])}"


def _heatmap_title(result: ParetoResult) -> str:
    """Return whether a model has the best value in every column."""
    best = [one.model for one in result.rows if all(value == 1 for value in one.normalised)]
    if best:
        return f"{formatting.listed(best)}: best value in every metric"
    return f"No model has the best value in all {len(result.columns)} metrics"


def _by_cost(result: ParetoResult) -> list[PairFront]:
    """Return the pairs of objectives, the first with an exact count or size across first: what the models cost."""
    return sorted(result.fronts, key=lambda one: result.objectives[one.across].compared_by != ("exact value",))


def _beyond(result: ParetoResult, pair: PairFront) -> tuple[str, ...]:
    """Return the models of many whose value is so far on the worse side that it would squeeze all others: they are not drawn."""
    if len(result.models) < MANY:
        return ()
    beyond: list[str] = []
    for place in (pair.up, pair.across):
        sign = -1.0 if result.objectives[place].higher_is_better else 1.0
        values = {one.model: sign * _value(one.values[place]) for one in result.models}
        if _wide(result.objectives[place], [_value(one.values[place]) for one in result.models]):
            continue
        low, high = np.quantile([*values.values()], (0.25, 0.75))
        beyond += [model for model, value in values.items() if high > low and value > high + _FAR * (high - low)]
    return tuple(dict.fromkeys(beyond))


def _caption(result: ParetoResult, fronts: Sequence[PairFront]) -> Iterator[str]:
    """Yield sentences about what the figure shows and how differences were judged."""
    n_pairs = len(result.fronts)
    if not any(len(one.models) > 1 for one in fronts):
        yield "One model is at least as good as every other in both objectives, by value: there is no front to draw."
    elif n_pairs == 1:
        yield "Dashed line: the Pareto front. By value, no other model is at least as good in both objectives as a model on the front and better in one."
    else:
        lines = "Dashed line: the front" if len(fronts) == 1 else "Dashed lines: fronts"
        yield f"{lines} of two objectives alone. Filled points: models on the front of all objectives, by value."
    if n_pairs - 1 > _PANELS:
        yield f"{n_pairs - 1 - _PANELS} more objectives are in the table."
    beyond = dict.fromkeys(model for one in fronts for model in _beyond(result, one))
    if beyond:
        yield f"Not drawn, because far worse than all others: {formatting.listed([*beyond])}."
    if any(value.ci_low is not None for one in result.models for value in one.values):
        yield "Thin lines: 95 % intervals."
    yield from _judged(result.objectives)
    rest = len(result.models) - result.options.max_models
    if rest > 0:
        yield f"At most {result.options.max_models} points are named, first those on the front."
    if result.excluded:
        yield f"Not compared: {formatting.listed([one.model for one in result.excluded])}."


def _judged(objectives: Sequence[ComparedObjective]) -> Iterator[str]:
    """Yield sentences about how the differences in each objective were judged."""
    for by, how in (
        ("paired difference", "tested by the paired difference, corrected for all pairs and objectives"),
        ("intervals", "tested by the two intervals, corrected for all pairs and objectives"),
        ("exact value", "exact"),
        ("value alone", "not tested, because there is no interval"),
    ):
        titles = [one.title for one in objectives if by in one.compared_by]
        if titles:
            yield f"Differences in {', '.join(titles)} are {how}."


def _best(result: ParetoResult, place: int) -> str:
    """Return a sentence about the best model in a metric."""
    found = [(row.model, row.values[place]) for row in result.rows if row.normalised[place] == 1]
    title = result.columns[place].title
    if not found or found[0][1] is None:
        return f"{title}: no model has it."
    return f"Best {title}: {formatting.listed([model for model, _ in found])}, {formatting.metric(found[0][1]).text}."
