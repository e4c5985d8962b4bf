"""Figures of the information_flow section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import draw
from reportgen.sections.information_flow.schema import InformationFlowResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
_NAMED = 12
"""Maximum number of layers that the axis names, if all models have the same. Convention."""
_PARTS = {"utilisation": "utilization", "diversity": "diversity", "separability": "separability"}
"""Components of the specialization score: field and label."""
_ISSUES = ("dead", "dormant", "constant", "saturated", "sparse")


class InformationFlowVisualizer(BaseVisualizer[InformationFlowResult]):
    """Activations, dimensions, health, specialization and separability by layer."""

    def figures(self, result: InformationFlowResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        every = [one for one in result.models if any(layer.std is not None for layer in result.of(one.model))]
        if not every:
            return
        models = self.view.shown(every)
        yield self._flow(result, models)
        yield self._rank(result, models)
        yield self._health(result, models)
        yield self._specialization(result, models)
        if any(layer.centre_accuracy is not None for layer in result.layers):
            yield self._classes(result, models)
        if any(layer.attention for layer in result.layers):
            yield self._attention(result, models)

    # -------------------------------------------------------------------------------------- lines by depth

    def _lines(self, result: InformationFlowResult, models: Sequence[ModelFlow], read: Read, ax: Axes) -> list[float]:
        """Draw one line per model and return the values drawn."""
        values = {one.model: [or_nan(read(layer)) for layer in result.of(one.model)] for one in models}
        drawn = draw.model_lines(ax, self.theme, values)
        self._depth(ax, {tuple(layer.name for layer in result.of(one.model)) for one in models})
        return drawn

    def _depth(self, ax: Axes, names: set[tuple[str, ...]]) -> None:
        """Name the layers where they are few and the same in all models; else number them."""
        first = next(iter(names), ())
        if len(names) == 1 and len(first) <= _NAMED:
            draw.categories(ax, self.theme, ["", *first], "x")
            ax.set_xlim(0.5, len(first) + 0.5)
        else:
            ax.set_xlabel("layer, from input to output")

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
            ax.vlines(np.arange(1, len(found) + 1), low, high, color=color, linewidth=self.theme.line_width)

    def _flow(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        spread = [(one.std, one) for one in result.layers if one.std is not None]
        (low, first), (high, last) = min(spread, key=lambda item: item[0]), max(spread, key=lambda item: item[0])
        return Figure(
            name="activation-flow",
            title="Activation flow",
            caption=f"Mean (left) and standard deviation (right) of the activations of every layer. {_sample(result)} Look for "
            f"a standard deviation that shrinks or grows steadily from layer to layer.{self.view.rest(result.models, models)}",
            alt=f"The standard deviation is smallest in {first.name} of {first.model}, {low:.3g}, and largest in {last.name} of "
            f"{last.model}, {high:.3g}.",
            panels=(
                Panel("Mean", partial(self._draw_mean, result, models)),
                Panel("Standard deviation", partial(self._draw_std, result, models)),
            ),
            columns=2,
        )

    def _draw_mean(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        drawn = np.abs(self._lines(result, models, lambda one: one.mean, ax))
        drawn = drawn[drawn > 0]
        if len(drawn) and drawn.max() > _LOG_RANGE * np.median(drawn):
            draw.symmetric_logarithmic(ax, max(float(np.median(drawn)), float(drawn.max()) / _SYMLOG))
        ax.set_ylabel("mean activation")

    def _draw_std(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        drawn = [value for value in self._lines(result, models, lambda one: one.std, ax) if value > 0]
        if drawn and max(drawn) > _LOG_RANGE * min(drawn):
            draw.logarithmic(ax, min(drawn), max(drawn))
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
            alt = f"The smallest share of dimensions is used in {lowest.name} of {lowest.model}: {lowest.participation_ratio:.3g} of {lowest.channels}, or {share:.0%}."
        return Figure(
            name="effective-rank",
            title="Dimensions in use",
            caption=f"Dimensions in use as a share of the number of units: debiased participation ratio{_with(models)} (left), and effective rank (right). {_sample(result)}{note}{self.view.rest(result.models, models)}",
            alt=alt,
            panels=(
                Panel("Participation ratio / units", partial(self._draw_participation, result, models)),
                Panel("Effective rank / units", partial(self._draw_effective, result, models)),
            ),
            columns=2,
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
        ax.set_ylabel("share of dimensions")

    def _draw_effective(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        self._lines(result, models, lambda one: _over(one.effective_rank, one.channels), ax)
        for model in models:
            look = self.theme.look(model.model)
            limited = [
                (depth, or_nan(_over(one.effective_rank, one.channels)))
                for depth, one in enumerate(result.of(model.model), 1)
                if one.effective_rank_limited
            ]
            if limited:
                ax.plot(
                    *zip(*limited, strict=True),
                    marker=look.marker,
                    color=look.color,
                    markerfacecolor="white",
                    linestyle="none",
                    markersize=self.theme.marker_size * 0.8,
                )
        ax.set_ylim(0, 1.05)
        ax.set_ylabel("effective rank / units")

    def _classes(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        last = [
            (model.model, [one for one in result.of(model.model) if one.centre_accuracy is not None])
            for model in models
        ]
        alt = " ".join(
            f"{name}: from {layers[0].centre_accuracy:.0%} in {layers[0].name} to {layers[-1].centre_accuracy:.0%} in {layers[-1].name}."
            for name, layers in last
            if layers
        )
        wilson = _with(models, "Wilson ")
        return Figure(
            name="classes",
            title="Class separability by layer",
            caption=f"Share of rows nearest to the center of their own class (left; five folds{wilson}), and share of the variance of "
            "the median unit that is between classes, corrected for chance (right). "
            f"{_sample(result)}{self.view.rest(result.models, models)}",
            alt=alt,
            panels=(
                Panel("Nearest-center accuracy", partial(self._draw_center, result, models)),
                Panel("Class information of the median unit", partial(self._draw_omega, result, models)),
            ),
            columns=2,
        )

    def _draw_center(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        self._lines(result, models, lambda one: one.centre_accuracy, ax)
        self._intervals(result, models, lambda one: (one.centre_low, one.centre_high), ax)
        for chance in sorted({one.chance for one in models if one.chance is not None}):
            draw.reference_line(ax, self.theme, chance, "chance")
        ax.set_ylim(0, 1.02)
        ax.set_ylabel("accuracy")

    def _draw_omega(self, result: InformationFlowResult, models: Sequence[ModelFlow], ax: Axes) -> None:
        drawn = self._lines(result, models, lambda one: one.omega_squared_median, ax)
        ax.set_ylim(min([0.0, *drawn]), None)
        ax.set_ylabel("omega squared")

    # -------------------------------------------------------------------------------------- by layer

    def _health(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        most = result.options.max_layers
        shown = self.view.shown(models, MOST_PANELS)
        left_out = sum(max(len(result.of(one.model)) - most, 0) for one in shown)
        rest = f" Only the {most} least healthy layers of each model; {left_out} are left out." if left_out else ""
        rest += self.view.rest(result.models, shown)
        rows = max(min(len(result.of(one.model)), most) for one in shown)
        return Figure(
            name="activation-health",
            title="Activation health",
            caption="Share of the units of each layer that are dead (0 on all values), dormant or constant, and of its values that "
            f"are saturated or sparse. Gray: not applicable to its activation. {_sample(result)}{rest}",
            alt=" ".join(_health_words(result, one.model) for one in shown),
            panels=tuple(
                Panel(self.theme.look(one.model).label, partial(self._draw_health, least_healthy(result, one.model)))
                for one in shown
            ),
            panel_height=draw.rows_height(self.theme, rows) + 0.3,
        )

    def _draw_health(self, layers: Sequence[LayerFlow], ax: Axes) -> None:
        rows = [issues(one) for one in layers]
        draw.heatmap(
            ax,
            self.theme,
            np.array(rows, float),
            rows=[one.name for one in layers],
            columns=_ISSUES,
            limits=(0.0, 1.0),
            text=[["" if np.isnan(value) else f"{value:.0%}" for value in row] for row in rows],
        )

    def _specialization(self, result: InformationFlowResult, models: Sequence[ModelFlow]) -> Figure:
        shown = self.view.shown(models, MOST_PANELS)
        rest = self.view.rest(result.models, shown)
        named = all(len(result.of(one.model)) <= _NAMED for one in shown)
        known = [(one.specialization_score, one) for one in result.layers if one.specialization_score is not None]
        alt = "No layer has a score."
        if known:
            score, best = max(known, key=lambda item: item[0])
            alt = f"The highest score is {score:.2f}, of {best.name} in {best.model}."
        return Figure(
            name="specialization",
            title="Specialization by layer",
            caption="Specialization score (thick), the geometric mean of its components (thin). "
            f"{_sample(result)} Higher is not better as such.{rest}",
            alt=alt,
            panels=tuple(
                Panel(
                    self.theme.look(one.model).label,
                    partial(self._draw_specialization, result.of(one.model), named=named),
                )
                for one in shown
            ),
            columns=min(2, len(shown)),
        )

    def _draw_specialization(self, layers: Sequence[LayerFlow], ax: Axes, *, named: bool) -> None:
        theme = self.theme
        depth = np.arange(1, len(layers) + 1)
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
            color=theme.look(layers[0].model).color,
            linewidth=2 * theme.line_width,
            marker="o" if len(layers) <= _MARKERS else None,
            markersize=theme.marker_size * 0.8,
            label="score",
        )
        draw.whole_numbers(ax, theme)
        self._depth(ax, {tuple(one.name for one in layers)} if named else set())
        ax.set_ylim(0, 1.02)
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
            title="Attention entropy",
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
        draw.heatmap(
            ax,
            self.theme,
            table,
            rows=[one.name for one in layers],
            columns=[str(head + 1) for head in range(heads)],
            limits=(0.0, 1.0),
            text=[["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in table],
        )
        ax.set_xlabel("head")


# ------------------------------------------------------------------------------------------------ what is shown


def issues(one: LayerFlow) -> list[float]:
    """Return the shares of a layer in the health figure; NaN where not applicable."""
    if one.std is None:
        return [np.nan] * len(_ISSUES)
    counts = [_over(one.dead, one.channels), _over(one.dormant, one.channels), _over(one.constant, one.channels)]
    return [or_nan(value) for value in (*counts, one.saturated_fraction, one.sparsity)]


def least_healthy(result: InformationFlowResult, model: str) -> tuple[LayerFlow, ...]:
    """Return the layers with the largest dead, dormant, constant or saturated share, in order; the first of equals."""
    layers = result.of(model)
    worst = [max((value for value in issues(one)[:-1] if np.isfinite(value)), default=2.0) for one in layers]
    order = sorted(range(len(layers)), key=lambda place: (-worst[place], place))
    return tuple(layers[place] for place in sorted(order[: result.options.max_layers]))


def most_one_sided(result: InformationFlowResult, model: str) -> tuple[LayerFlow, ...]:
    """Return the layers with the lowest head entropy, in order; the first of equals."""
    layers = [one for one in result.of(model) if one.attention]
    lowest = [min((value for value in _relative(one) if np.isfinite(value)), default=2.0) for one in layers]
    order = sorted(range(len(layers)), key=lambda place: (lowest[place], place))
    return tuple(layers[place] for place in sorted(order[: result.options.max_layers]))


def _with(models: Sequence[ModelFlow], kind: str = "") -> str:
    return f", with 95 % {kind}intervals" if len(models) <= MOST_PANELS else "; intervals are in results.json"


def _relative(one: LayerFlow) -> list[float]:
    return [or_nan(value) for value in one.attention.relative_entropy] if one.attention else []


def _over(value: float | None, whole: int) -> float | None:
    return None if value is None else value / whole


def _sample(result: InformationFlowResult) -> str:
    return f"Probed on {len(result.rows):,} rows of the {result.split} split."


def _health_words(result: InformationFlowResult, model: str) -> str:
    layers = [one for one in result.of(model) if one.dead is not None]
    if not layers:
        return f"{model} has no rectified layer."
    worst = max(layers, key=lambda one: required(one.dead) / one.channels)
    return f"{model}: most dead units in {worst.name}, {worst.dead} of {worst.channels}."
