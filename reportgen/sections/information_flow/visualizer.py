"""Figures of the information_flow section."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import draw, heatmap, scales
from reportgen.figures.layout import text_width
from reportgen.sections.information_flow.findings import DEAD_WARN, DORMANT_WARN, SATURATED_WARN, SURE
from reportgen.sections.information_flow.schema import InformationFlowResult
from reportgen.sections.information_flow.statements import most_dead
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.information_flow.schema import LayerFlow, ModelFlow

    Read = Callable[[LayerFlow], float | None]

MOST_PANELS = 4
"""Maximum number of models with a separate panel. Convention."""
_LOG_RANGE = 20
"""Ratio of the largest to the smallest spread above which the axis is logarithmic. Convention."""
_SYMLOG = 1e3
"""Share of the largest mean below which the axis is linear. Convention."""
_MARKERS = 40
"""Maximum number of layers for which each one is marked. Convention."""
_PARTS = {"utilisation": "utilization", "diversity": "diversity", "separability": "separability"}
"""Components of the specialization score: field and label."""
_LIMITS = {"dead": DEAD_WARN, "dormant": DORMANT_WARN, "constant": 1.0, "saturated": SATURATED_WARN, "sparse": None}
"""Issues of a layer, each with the share from which it is ill; sparsity is not judged."""
_DEPTH = "from the input (0) to the output (1)"


class InformationFlowVisualizer(BaseVisualizer[InformationFlowResult]):
    """Health where a layer is ill, activations, dimensions, separability and specialization by layer."""

    def figures(self, result: InformationFlowResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        every = [one for one in result.models if _measured(result, one)]
        if not every:
            return
        models = self.view.shown(every)
        named = self._named(result, every, models)
        ill = [one for one in (*named, *models) if beyond_limits(result, one)]
        if ill:
            hidden = self.view.rest(every, models, were="were searched")
            yield self._health(result, {one: beyond_limits(result, one) for one in ill}, named, hidden)
        deep = any(len(result.of(one.model)) > 1 for one in models)  # else a table row says it
        if deep:
            yield self._flow(result, models)
            yield self._rank(result, models)
        if deep and any(layer.centre_accuracy is not None for layer in result.layers):
            yield self._classes(result, models)
        if any(layer.attention for layer in result.layers):
            yield self._attention(result, models)
        if deep:
            yield self._specialization(result, models)

    def further(self, result: InformationFlowResult) -> Iterator[Figure]:
        """Yield the health of all layers where none is beyond a limit."""
        models = self.view.shown(one for one in result.models if _measured(result, one))
        if models and not any(beyond_limits(result, one) for one in models):
            yield self._health(result, {one: result.of(one.model) for one in models})

    def _named(
        self, result: InformationFlowResult, every: Sequence[ModelFlow], shown: Sequence[ModelFlow]
    ) -> tuple[ModelFlow, ...]:
        """Return the model that the statement of a comparison names for its dead units, where it is not shown and a layer of it is beyond a limit."""
        concerned = [one for one in every if self.view.decision.concerns(one.model)]
        if len(concerned) == 1 or not any(layer.dead for one in concerned for layer in result.of(one.model)):
            return ()
        worst = most_dead(result, concerned).model
        return tuple(one for one in concerned if one.model == worst and one not in shown and beyond_limits(result, one))

    # -------------------------------------------------------------------------------------- lines by depth

    def _lines(self, result: InformationFlowResult, models: Sequence[ModelFlow], read: Read, ax: Axes) -> list[float]:
        """Draw one line per model and return the values drawn."""
        values = {one.model: [or_nan(read(layer)) for layer in result.of(one.model)] for one in models}
        ax.set_xlabel("relative depth")
        return draw.model_lines(ax, self.theme, values)

    def _intervals(
        self,
        result: InformationFlowResult,
        models: Sequence[ModelFlow],
        ends: Callable[[LayerFlow], tuple[float | None, float | None]],
        ax: Axes,
    ) -> None:
        """Draw the interval of every layer, unless there are too many models to distinguish."""
        for model in models if len(models) <= MOST_PANELS else ():
            found = [ends(one) for one in result.of(model.model)]
            low, high = ([or_nan(pair[side]) for pair in found] for side in (0, 1))
            color = self.theme.look(model.model).color
            ax.vlines(draw.relative_depths(len(found)), low, high, color=color, linewidth=self.theme.line_width)

    def _flow(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        spread = [(one.std, one) for one in result.layers if one.std is not None]
        (low, first), (high, last) = min(spread, key=lambda item: item[0]), max(spread, key=lambda item: item[0])
        return Figure(
            name="activation-flow",
            title=_spread_words(result, models),
            caption=f"Mean (left) and standard deviation (right) of the activations of every layer, {_DEPTH}. {_sample(result)} "
            f"Look for a standard deviation that shrinks or grows steadily from layer to layer.{self.view.rest(result.models, models)}",
            alt=f"The standard deviation is smallest in {first.name} of {first.model}, {low:.3g}, and largest in {last.name} of "
            f"{last.model}, {high:.3g}.",
            panels=(
                Panel("Mean", partial(self._draw_mean, result, models)),
                Panel("Standard deviation", partial(self._draw_std, result, models)),
            ),
            columns=2,
            panel_height=2.1,
        )

    def _draw_mean(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        drawn = np.abs(self._lines(result, models, lambda one: one.mean, ax))
        drawn = drawn[drawn > 0]
        if len(drawn) and drawn.max() > _LOG_RANGE * np.median(drawn):
            scales.symmetric_logarithmic(ax, max(float(np.median(drawn)), float(drawn.max()) / _SYMLOG))
        ax.set_ylabel("mean activation")

    def _draw_std(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        drawn = [value for value in self._lines(result, models, lambda one: one.std, ax) if value > 0]
        if drawn and max(drawn) > _LOG_RANGE * min(drawn):
            scales.logarithmic(ax, min(drawn), max(drawn))
        else:
            ax.set_ylim(bottom=0)
        ax.set_ylabel("standard deviation")

    def _rank(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        limited = any(one.effective_rank_limited for one in result.layers)
        note = " Hollow: fewer than 16 rows per unit, so the effective rank is underestimated." if limited else ""
        known = [
            (one.participation_ratio / one.channels, one)
            for one in result.layers
            if one.participation_ratio is not None
        ]
        alt = "No layer has enough rows."
        if known:
            share, lowest = min(known, key=lambda item: item[0])
            alt = f"The smallest share of dimensions is used in {lowest.name} of {lowest.model}: {lowest.participation_ratio:.3g} of {lowest.channels}, or {formatting.rounded(share)}."
        return Figure(
            name="effective-rank",
            title=_dimension_words(known),
            caption=f"Dimensions in use as a share of the number of units: debiased participation ratio{_with(models)} (left), and effective rank (right). {_sample(result)}{note}{self.view.rest(result.models, models)}",
            alt=alt,
            panels=(
                Panel("Participation ratio / units", partial(self._draw_participation, result, models)),
                Panel("Effective rank / units", partial(self._draw_effective, result, models)),
            ),
            columns=2,
            panel_height=2.1,
        )

    def _draw_participation(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        self._lines(result, models, lambda one: _over(one.participation_ratio, one.channels), ax)
        self._intervals(
            result,
            models,
            lambda one: (_over(one.participation_low, one.channels), _over(one.participation_high, one.channels)),
            ax,
        )
        ax.set_ylim(bottom=0)
        scales.shares(ax.yaxis)
        ax.set_ylabel("share of dimensions")

    def _draw_effective(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        self._lines(result, models, lambda one: _over(one.effective_rank, one.channels), ax)
        for model in models:
            look = self.theme.look(model.model)
            limited = [
                (depth, or_nan(_over(one.effective_rank, one.channels)))
                for depth, one in _by_depth(result, model)
                if one.effective_rank_limited
            ]
            if limited:
                ax.plot(
                    *zip(*limited, strict=True),
                    marker=look.marker,
                    color=look.color,
                    markerfacecolor=self.theme.paper,
                    linestyle="none",
                    markersize=self.theme.marker_size * 0.8,
                )
        ax.set_ylim(0, 1.05)
        scales.shares(ax.yaxis)
        ax.set_ylabel("effective rank / units")

    def _classes(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        last = [
            (model.model, [one for one in result.of(model.model) if one.centre_accuracy is not None])
            for model in models
        ]
        alt = " ".join(
            f"{name}: from {_whole(layers[0].centre_accuracy)} in {layers[0].name} to {_whole(layers[-1].centre_accuracy)} in {layers[-1].name}."
            for name, layers in last
            if layers
        )
        wilson = _with(models, "Wilson ")
        return Figure(
            name="classes",
            title=_separability_words(result, models),
            caption=f"Share of rows nearest to the center of their own class (left; five folds{wilson}), and share of the variance of "
            "the median unit that is between classes, corrected for chance (right). "
            f"{_sample(result)}{self.view.rest(result.models, models)}",
            alt=alt,
            panels=(
                Panel("Nearest-center accuracy", partial(self._draw_center, result, models)),
                Panel("Class information of the median unit", partial(self._draw_omega, result, models)),
            ),
            columns=2,
            panel_height=2.1,
        )

    def _draw_center(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        self._lines(result, models, lambda one: one.centre_accuracy, ax)
        self._intervals(result, models, lambda one: (one.centre_low, one.centre_high), ax)
        for chance in sorted({one.chance for one in models if one.chance is not None}):
            draw.reference_line(ax, self.theme, chance, "chance")
        ax.set_ylim(0, 1.02)
        scales.shares(ax.yaxis)
        ax.set_ylabel("accuracy")

    def _draw_omega(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        drawn = self._lines(result, models, lambda one: one.omega_squared_median, ax)
        ax.set_ylim(min([0.0, *drawn]), None)
        ax.set_ylabel("omega squared")

    # -------------------------------------------------------------------------------------- by layer

    def _health(
        self,
        result: InformationFlowResult,
        layers: Mapping[ModelFlow, Sequence[LayerFlow]],
        named: Sequence[ModelFlow] = (),
        hidden: str = "",
    ) -> Figure:
        """Show layers beyond a limit, or all layers where none is.

        ``named`` are models that are shown in any case, and ``hidden`` is the sentence about those that are not looked at.
        """
        most = result.options.max_layers
        shown = (*named, *self.view.shown(layers, MOST_PANELS - len(named)))
        left_out = sum(max(len(layers[one]) - most, 0) for one in shown)
        rest = f" Only the {most} least healthy layers of each model; {left_out} are left out." if left_out else ""
        rest += self.view.rest(layers, shown) or hidden
        cells = [issues(layer) for one in shown for layer in least_healthy(layers[one], most)]
        only = (
            " Other layers are not shown." if any(len(layers[one]) < len(result.of(one.model)) for one in shown) else ""
        )
        crossed = " Crossed out: not applicable to its activation." if np.isnan(cells).any() else ""
        first = "".join(f" {one.model}: most dead units of all models." for one in named)
        return Figure(
            name="activation-health",
            title=_health_title(result, layers),
            caption="Share of the units of each layer that are dead (0 on all values), dormant or constant, and of its values that "
            f"are saturated or sparse, with the limit of a layer.{only}{crossed}{first} {_sample(result)}{rest}",
            alt=" ".join(_health_words(result, one.model) for one in shown),
            panels=tuple(
                Panel(self.theme.look(one.model).label, partial(self._draw_health, least_healthy(layers[one], most)))
                for one in shown
            ),
            panel_height=draw.rows_height(self.theme, max(min(len(layers[one]), most) for one in shown)) + 0.3,
        )

    def _draw_health(self, layers: Sequence[LayerFlow], ax: Axes) -> None:
        rows = [issues(one) for one in layers]
        heatmap.heatmap(
            ax,
            self.theme,
            np.array(rows, float),
            rows=naming.labels([one.name for one in layers]),
            columns=[*_LIMITS],
            limits=(0.0, 1.0),
            text=[["" if np.isnan(value) else formatting.rounded(value) for value in row] for row in rows],
            palette=f"{self.theme.sequential}_r",  # bright is healthy, as in the screening of weights
            crossed=True,
        )
        lines = {name: f"limit {formatting.percent(limit)}" if limit else "" for name, limit in _LIMITS.items()}
        widest = max(text_width(f"{words} ", self.theme.small_size) for pair in lines.items() for words in pair)
        ax.set_xticks(
            range(len(lines)),
            ["\n".join(pair).rstrip() for pair in lines.items()],
            rotation="horizontal" if widest < ax.bbox.width / len(lines) else "vertical",
        )

    def _specialization(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        shown = self.view.shown(models, MOST_PANELS)
        rest = self.view.rest(result.models, shown)
        known = [(one.specialization_score, one) for one in result.layers if one.specialization_score is not None]
        title, alt = "Specialization by layer", "No layer has a score."
        if known:
            (low, _), (score, best) = min(known, key=lambda item: item[0]), max(known, key=lambda item: item[0])
            title = f"Specialization is {' to '.join(dict.fromkeys((f'{low:.2f}', f'{score:.2f}')))}"
            alt = f"The highest score is {score:.2f}, of {best.name} in {best.model}."
        return Figure(
            name="specialization",
            title=title,
            caption="Specialization score (thick), the geometric mean of its components (thin), of every layer, "
            f"{_DEPTH}. {_sample(result)} Higher is not better as such.{rest}",
            alt=alt,
            panels=tuple(
                Panel(self.theme.look(one.model).label, partial(self._draw_specialization, result, one))
                for one in shown
            ),
            columns=min(2, len(shown)),
            panel_height=2.3,
        )

    def _draw_specialization(self, result: InformationFlowResult, model: ModelFlow, ax: Axes) -> None:
        theme, layers = self.theme, result.of(model.model)
        depth = draw.relative_depths(len(layers))
        handles = []
        dashes = ((0, (1.2, 1.2)), (0, (5.0, 1.5)), (0, (6.0, 1.5, 1.2, 1.5)))
        for (field, label), dash in zip(_PARTS.items(), dashes, strict=True):
            values = [or_nan(getattr(one, field)) for one in layers]
            if np.isfinite(values).any():
                handles += ax.plot(
                    depth, values, color=theme.muted, linestyle=dash, linewidth=theme.line_width, label=label
                )
        handles += ax.plot(
            depth,
            [or_nan(one.specialization_score) for one in layers],
            color=theme.look(model.model).color,
            linewidth=2 * theme.line_width,
            marker="o" if len(layers) <= _MARKERS else None,
            markersize=theme.marker_size * 0.8,
            label="score",
        )
        ax.set_xlim(-0.03, 1.03)
        ax.set_ylim(0, 1.02)
        ax.set_xlabel("relative depth")
        ax.set_ylabel("score and components")
        draw.legend_above(ax, theme, handles)

    def _attention(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        attending = [one for one in models if any(layer.attention for layer in result.of(one.model))]
        shown, most = self.view.shown(attending, MOST_PANELS), result.options.max_layers
        rows = {one.model: most_one_sided(result, one.model) for one in shown}
        left_out = sum(
            sum(bool(layer.attention) for layer in result.of(one.model)) - most
            for one in shown
            if len(rows[one.model]) == most
        )
        rest = (
            f" Only the {most} layers of each model with the lowest head entropy; {left_out} are left out."
            if left_out
            else ""
        )
        rest += self.view.rest(attending, shown)
        values = [value for layers in rows.values() for one in layers for value in _relative(one) if np.isfinite(value)]
        return Figure(
            name="attention",
            title=f"Attention entropy is {formatting.rounded(min(values, default=0))} to {formatting.rounded(max(values, default=0))} of its maximum",
            caption="Mean attention entropy of each head relative to its maximum: 0 is a single key, 1 is uniform attention. "
            f"{_sample(result)}{rest}",
            alt=f"Relative entropy ranges from {min(values, default=0):.2f} to {max(values, default=0):.2f}.",
            panels=tuple(
                Panel(self.theme.look(name).label, partial(self._draw_attention, layers))
                for name, layers in rows.items()
            ),
            panel_height=draw.rows_height(self.theme, max(map(len, rows.values()))) + 0.3,
        )

    def _draw_attention(self, layers: Sequence[LayerFlow], ax: Axes) -> None:
        heads = max(len(_relative(one)) for one in layers)
        table = np.full((len(layers), heads), np.nan)
        for place, one in enumerate(layers):
            table[place, : len(_relative(one))] = _relative(one)
        heatmap.heatmap(
            ax,
            self.theme,
            table,
            rows=naming.labels([one.name for one in layers]),
            columns=[str(head + 1) for head in range(heads)],
            limits=(0.0, 1.0),
            text=[["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in table],
        )
        ax.set_xlabel("head")


# ------------------------------------------------------------------------------------------------ what is shown


def issues(one: LayerFlow) -> list[float]:
    """Return the shares of a layer in the health figure; NaN where not applicable."""
    if one.std is None:
        return [np.nan] * len(_LIMITS)
    counts = [_over(one.dead, one.channels), _over(one.dormant, one.channels), _over(one.constant, one.channels)]
    return [or_nan(value) for value in (*counts, one.saturated_fraction, one.sparsity)]


def beyond_limits(result: InformationFlowResult, model: ModelFlow) -> tuple[LayerFlow, ...]:
    """Return the layers of a model with a share beyond its limit, in order; outputs may be saturated."""

    def beyond(one: LayerFlow) -> bool:
        shares = zip(_LIMITS.items(), issues(one), strict=True)
        judged = [
            (share, limit)
            for (name, limit), share in shares
            if limit and not (name == "saturated" and one.name in ends)
        ]
        return any(share > limit or share == 1 for share, limit in judged)

    ends = set(model.ends)
    return tuple(one for one in result.of(model.model) if beyond(one))


def least_healthy(layers: Sequence[LayerFlow], most: int) -> tuple[LayerFlow, ...]:
    """Return the layers with the largest dead, dormant, constant or saturated share, in order; the first of equals."""
    worst = [max((value for value in issues(one)[:-1] if np.isfinite(value)), default=2.0) for one in layers]
    order = sorted(range(len(layers)), key=lambda place: (-worst[place], place))
    return tuple(layers[place] for place in sorted(order[:most]))


def most_one_sided(result: InformationFlowResult, model: str) -> tuple[LayerFlow, ...]:
    """Return the layers with the lowest head entropy, in order; the first of equals."""
    layers = [one for one in result.of(model) if one.attention]
    lowest = [min((value for value in _relative(one) if np.isfinite(value)), default=2.0) for one in layers]
    order = sorted(range(len(layers)), key=lambda place: (lowest[place], place))
    return tuple(layers[place] for place in sorted(order[: result.options.max_layers]))


def _measured(result: InformationFlowResult, model: ModelFlow) -> bool:
    return any(layer.std is not None for layer in result.of(model.model))


def _by_depth(result: InformationFlowResult, model: ModelFlow) -> Iterable[tuple[float, LayerFlow]]:
    layers = result.of(model.model)
    return zip(draw.relative_depths(len(layers)), layers, strict=True)


def _with(models: Sequence[ModelFlow], kind: str = "") -> str:
    return f", with 95 % {kind}intervals" if len(models) <= MOST_PANELS else "; intervals are in results.json"


def _relative(one: LayerFlow) -> list[float]:
    return [or_nan(value) for value in one.attention.relative_entropy] if one.attention else []


def _whole(share: float | None) -> str:
    return formatting.rounded(required(share))


def _over(value: float | None, whole: int) -> float | None:
    return None if value is None else value / whole


def _sample(result: InformationFlowResult) -> str:
    return f"Probed on {len(result.rows):,} rows."


def _health_words(result: InformationFlowResult, model: str) -> str:
    layers = [one for one in result.of(model) if one.dead is not None]
    if not layers:
        return f"{model} has no rectified layer."
    worst = max(layers, key=lambda one: required(one.dead) / one.channels)
    return f"{model}: most dead units in {worst.name}, {worst.dead} of {worst.channels}."


def _health_title(result: InformationFlowResult, layers: Mapping[ModelFlow, Sequence[LayerFlow]]) -> str:
    ill = {one.model: len(beyond_limits(result, one)) for one in layers}
    count, total = sum(ill.values()), sum(len(result.of(model)) for model in ill)
    if not count:
        return f"No layer of {total} is beyond a limit"
    where = next(iter(ill)) if len(ill) == 1 else f"{len(ill)} models"
    return f"{count} of {total} layers of {where} {'is' if count == 1 else 'are'} beyond a limit"


def _spread_words(result: InformationFlowResult, models: Sequence[ModelFlow]) -> str:
    """Return the largest step of the standard deviation between neighboring layers of a model."""
    steps = [
        (max(after / before, before / after), model.model)
        for model in models
        for before, after in pairwise(one.std for one in result.of(model.model) if one.std)
    ]
    if not steps:
        return "Mean and standard deviation of the activations"
    step, model = max(steps, key=lambda item: item[0])
    where = f" ({model})" if len(models) > 1 else ""
    return f"The spread of activations changes by up to a factor of {formatting.number(step, '')} between neighboring layers{where}"


def _dimension_words(known: Sequence[tuple[float, LayerFlow]]) -> str:
    if not known:
        return "Dimensions in use"
    share = min(share for share, _ in known)
    return f"All layers use at least {formatting.number(math.floor(min(share, 1) * 1000) / 1000, 'fraction')} of their dimensions"


def _separability_words(result: InformationFlowResult, models: Sequence[ModelFlow]) -> str:
    """Return a tested drop of the accuracy, or else the accuracy at the output."""
    for model in models:
        if model.fall is not None and model.fall.p_value < SURE:
            return f"{model.model} separates the classes better in {model.fall.layer} than at the output"
    found = [
        (one.centre_accuracy, model.model)
        for model in models
        for one in result.of(model.model)
        if one.name == model.output and one.centre_accuracy is not None
    ]
    if not found:
        return "Class separability by layer"
    shares = [formatting.fraction(share) for share in (min(found)[0], max(found)[0])]
    return f"Nearest-center accuracy at the output is {' to '.join(dict.fromkeys(shares))}"
