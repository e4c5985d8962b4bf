"""Figures of the similarity section."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.statements import counted
from reportgen.contract.subjects import Subject, about
from reportgen.figures import categories, draw, heatmap, scales
from reportgen.sections.similarity.schema import DRIVEN, SimilarityResult
from reportgen.sections.similarity.tables import more, others, versus
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from reportgen.contract.focus import View
    from reportgen.sections.similarity.schema import HeadAgreement, LayerAlignment, Matrix, Representation, WeightMap

_MOST_ALIGNED = 4
"""Maximum number of models whose layers are drawn against the reference, including itself."""


class SimilarityVisualizer(BaseVisualizer[SimilarityResult]):
    """Flips and agreement of many models, CKA between layers, map of the weights."""

    def figures(self, result: SimilarityResult) -> Iterator[Figure]:
        """Yield the figures in reading order; a few models are compared by the table alone."""
        for place, head in enumerate(result.heads):
            if result.reference in head.models and len(head.models) >= MANY:
                yield self._flips(result, head, place)
        if any(len(models) >= MANY for models, _ in _matrices(result)):
            yield self._pairs(result)
        if result.alignments:
            yield self._layers(result)
        if result.weight_map is not None:
            yield self._weights(result.weight_map)

    def dashboard(self, result: SimilarityResult) -> Iterator[Figure]:
        """Yield the map of the weights where there is one, else which models predict the same."""
        if result.weight_map is not None and not result.weight_map.others:
            yield self._weights(result.weight_map)
        elif result.heads or result.representation is not None:
            models = self._pairs(result)
            yield replace(models, panels=models.panels[:1])

    # -------------------------------------------------------------------------------------- between models

    def _pairs(self, result: SimilarityResult) -> Figure:
        order = _order(result)
        panels = [
            Panel(about("Same prediction", head.subject), partial(self._draw_same, head, order))
            for head in result.heads
        ]
        most = max((len(head.models) for head in result.heads), default=0)
        sentences = []
        for head in result.heads:
            ends = _extremes(head)
            if ends is not None:
                sentences.append(
                    f"Churn is lowest between {ends[0]}, and highest between {ends[1]} "
                    f"({formatting.number(ends[2], 'fraction')})."
                )
        if result.representation is not None:
            panels.append(Panel("CKA of the last hidden layers", partial(self._draw_cka, result.representation, order)))
            most = max(most, len(result.representation.models))
        return Figure(
            name="models",
            title=_churn_words(result.heads),
            caption="Brighter is more similar; similar models are adjacent, in the same order everywhere. Same prediction: share of "
            "rows on which two models predict the same class; the lowest tenth has the darkest color. CKA: similarity of their last hidden layers on "
            f"{len(result.rows):,} rows; 1 is equal up to rotation and scale, values below 0 are drawn as 0.",
            alt=" ".join(sentences) or "No predictions were compared.",
            panels=tuple(panels),
            columns=min(2, len(panels)),
            panel_height=max(2.4, min(4.6, 1.2 + 0.11 * self.theme.small_size / 8 * most)),
        )

    def _draw_same(self, head: HeadAgreement, order: Sequence[str], ax: Axes) -> None:
        self._draw_matrix(head.models, order, 1 - _array(head.churn), "fraction", ax)

    def _draw_cka(self, found: Representation, order: Sequence[str], ax: Axes) -> None:
        self._draw_matrix(found.models, order, np.maximum(_array(found.cka), 0.0), "", ax)

    def _draw_matrix(
        self, models: Sequence[str], order: Sequence[str], values: NDArray[np.float64], unit: str, ax: Axes
    ) -> None:
        places = [models.index(model) for model in order if model in models]
        names = [self.theme.look(models[place]).label for place in places]
        ordered = values[np.ix_(places, places)]
        text = [["" if np.isnan(value) else formatting.number(value, unit) for value in row] for row in ordered]
        low = _darkest(ordered) if unit else 0.0
        heatmap.heatmap(ax, self.theme, ordered, rows=names, columns=names, limits=(low, 1.0), text=text)
        if len(names) > _WRITTEN:
            heatmap.colorbar(ax, self.theme, ax.images[0], "share of rows" if unit else "CKA")

    def _flips(self, result: SimilarityResult, head: HeadAgreement, place: int) -> Figure:
        models = others(result, self.view, head)
        shown = models[: result.options.max_models]
        rest = more(head, shown)
        reference = about(result.reference, head.subject)
        worst = result.find("negative_flips", shown[0], versus(result, head))
        return Figure(
            name="flips" if place == 0 else f"flips-{place + 1}",
            title=_flip_words(result, head, shown),
            caption=f"Rows that {reference} gets right and the model gets wrong (left), and vice versa (right), with "
            f"95 % Wilson intervals. Most new errors first.{rest}",
            alt=f"{shown[0]} has the most new errors: {formatting.metric(worst).text} of the rows.",
            panels=(Panel(f"Compared with {reference}", partial(self._draw_flips, result, head, shown)),),
            panel_height=draw.rows_height(self.theme, len(shown)) + 0.3,
        )

    def _draw_flips(self, result: SimilarityResult, head: HeadAgreement, models: Sequence[str], ax: Axes) -> None:
        theme, colors = self.theme, [self.theme.look(model).color for model in models]
        for name, side, strength in (("negative_flips", -1, 0.45), ("positive_flips", 1, 1.0)):
            found = [result.find(name, model, versus(result, head)) for model in models]
            values, low, high = (
                side * np.array([or_nan(end) for end in ends])
                for ends in zip(*((one.value, one.ci_low, one.ci_high) for one in found), strict=True)
            )
            ax.barh(
                range(len(models)), values, 0.75, color=[theme.tint(color, strength) for color in colors], linewidth=0
            )
            ax.hlines(range(len(models)), low, high, color=theme.ink, linewidth=theme.line_width * 0.8)
        ax.axvline(0, color=theme.ink, linewidth=theme.line_width * 0.8)
        categories.categories(ax, theme, [theme.look(model).label for model in models], "y")
        ax.set_ylim(len(models) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
        ax.tick_params(axis="y", length=0)
        ax.xaxis.set_major_formatter(lambda value, _: scales.percent(abs(value)))
        ax.set_xlabel("← new errors · share of rows · errors fixed →")

    # -------------------------------------------------------------------------------------- between layers

    def _layers(self, result: SimilarityResult) -> Figure:
        shown = least_alike(result, self.view)
        left_out = len(result.alignments) - len(shown)
        rest = f" Only the least similar models; {left_out} more are in results.json." if left_out else ""
        thinned = " Not all layers are compared." if any(one.left_out for one in shown) else ""
        return Figure(
            name="layers",
            title=_alike_words(shown),
            caption=f"Debiased linear CKA between the layers of {result.reference} and those of each model on {len(result.rows):,} rows; "
            f"values below 0 are drawn as 0. Dot: changes by more than {DRIVEN} without the 1 % of rows farthest from the "
            f"mean.{rest}{thinned}",
            alt=" ".join(_closest(one) for one in shown),
            panels=tuple(
                Panel(_aligned_title(result.reference, one.model), partial(self._draw_layers, result.reference, one))
                for one in shown
            ),
            columns=min(2, len(shown)),
            panel_height=2.9,
        )

    def _draw_layers(self, reference: str, one: LayerAlignment, ax: Axes) -> None:
        values = _array(one.cka)
        heatmap.heatmap(
            ax,
            self.theme,
            np.maximum(values, 0.0),
            rows=one.reference_layers,
            columns=one.layers,
            limits=(0.0, 1.0),
            text=[["" if np.isnan(value) else formatting.number(value, "") for value in row] for row in values],
            colorbar_label="CKA" if values.size > _WRITTEN**2 else None,
        )
        rows, columns = np.nonzero(np.abs(values - _array(one.trimmed)) > DRIVEN)
        ax.plot(columns + 0.38, rows - 0.38, ".", color=self.theme.on_dark, markersize=self.theme.marker_size * 0.6)
        ax.set_ylabel(self.theme.look(reference).label)
        ax.set_xlabel(self.theme.look(one.model).label)

    # -------------------------------------------------------------------------------------- weights

    def _weights(self, found: WeightMap) -> Figure:
        shares = [formatting.fraction(share) for share in found.explained]
        others = (
            f" Excluded, because their architecture differs: {formatting.listed(list(found.others))}."
            if found.others
            else ""
        )
        return Figure(
            name="weights",
            title=f"Two components hold {formatting.fraction(sum(found.explained))} of the variance of the weight statistics",
            caption=f"First two principal components of {found.n_features} statistics of {found.n_tensors} kernels: {shares[0]} and "
            f"{shares[1]} of the variance. Close points have similar weight statistics, not equal weights.{others}{draw.names_note(len(found.models))}",
            alt=f"{found.models[int(np.argmax(np.abs(np.array(found.points)[:, 0])))]} is farthest from the center.",
            panels=(Panel("Weight statistics", partial(self._draw_weights, found)),),
            panel_height=3.2,
        )

    def _draw_weights(self, found: WeightMap, ax: Axes) -> None:
        points = zip(found.models, found.points, strict=True)
        named = [draw.NamedPoint(model, self.theme.look(model).label, x, y) for model, (x, y) in points]
        draw.named_points(ax, self.theme, named)
        ax.set_xlabel(f"PC 1 ({formatting.number(found.explained[0], 'fraction')})")
        ax.set_ylabel(f"PC 2 ({formatting.number(found.explained[1], 'fraction')})")


MANY = 6
"""Number of models from which figures show the pairs; a table shows fewer. Convention."""
_WRITTEN = 8
"""Maximum number of rows for which cells show their values and need no color scale."""


def least_alike(result: SimilarityResult, view: View) -> tuple[LayerAlignment, ...]:
    """Return the reference and, of the models in focus, those whose last hidden layer is least similar to its own."""
    alike = {
        one.model: one.metric.value for one in result.named("cka") if one.subject == Subject.of("vs", result.reference)
    }
    own, *rest = result.alignments
    chosen = sorted(
        view.shown(rest),
        key=lambda one: -1.0 if (found := alike.get(one.model)) is None else found,
    )
    kept = {one.model for one in chosen[: _MOST_ALIGNED - 1]}
    return (own, *(one for one in rest if one.model in kept))


def _aligned_title(reference: str, model: str) -> str:
    return f"{reference} with itself" if model == reference else f"{reference} and {model}"


def _matrices(result: SimilarityResult) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Return the models of every matrix, and the order in which similar ones are adjacent."""
    found = [(one.models, one.order) for one in result.heads]
    return (
        found
        if result.representation is None
        else [*found, (result.representation.models, result.representation.order)]
    )


def _order(result: SimilarityResult) -> list[str]:
    """Return one order for all matrices: that of the first, then the models that it lacks."""
    return list(dict.fromkeys(models[place] for models, order in _matrices(result) for place in order))


def _darkest(values: NDArray[np.float64]) -> float:
    """Return the lower decile of the values off the diagonal, so that a few outliers do not hide the other differences."""
    apart = values[~np.eye(len(values), dtype=bool)]
    apart = apart[np.isfinite(apart)]
    return min(float(np.quantile(apart, 0.1)), 1.0 - 1e-9) if len(apart) else 0.0


def _churn_words(heads: Sequence[HeadAgreement]) -> str:
    """Return the range of the churn over all pairs of models."""
    values = [value for head in heads for i, row in enumerate(head.churn) for value in row[:i] if value is not None]
    if not values:
        return "Similarity of the models"
    ends = dict.fromkeys(formatting.fraction(end) for end in (min(values), max(values)))
    return f"Two models predict differently on {' to '.join(ends)} of the rows"


def _flip_words(result: SimilarityResult, head: HeadAgreement, models: Sequence[str]) -> str:
    """Return which model fixes most errors of the reference for each new one, by its counts."""
    subject = versus(result, head)
    net = {
        model: (fixed.value - new.value, fixed, new)
        for model in models
        if (fixed := result.find("positive_flips", model, subject)).value is not None
        and (new := result.find("negative_flips", model, subject)).value is not None
    }
    if not net:
        return "New errors and errors fixed"
    best = max(net, key=lambda model: net[model][0])
    won, lost = (formatting.metric(one).text if (of := counted(one)) is None else str(of[0]) for one in net[best][1:])
    return f"{best} fixes {won} errors of {result.reference} and makes {lost} new ones"


def _extremes(head: HeadAgreement) -> tuple[str, str, float] | None:
    """Return the pairs of models with the least and the most churn, and the latter."""
    pairs = {
        (first, second): value
        for i, first in enumerate(head.models)
        for j, second in enumerate(head.models)
        if i < j and (value := head.churn[i][j]) is not None
    }
    if not pairs:
        return None
    least, most = min(pairs, key=pairs.__getitem__), max(pairs, key=pairs.__getitem__)
    return " and ".join(least), " and ".join(most), pairs[most]


def _alike_words(shown: Sequence[LayerAlignment]) -> str:
    """Return the range of the CKA between the last layers of the reference and of the other models."""
    own, *rest = shown
    values = [value for one in rest if (value := one.cka[-1][-1]) is not None]
    if not values:
        return f"Similarity of the layers of {own.model}"
    ends = dict.fromkeys(f"{end:.2f}" for end in (min(values), max(values)))
    return f"CKA of the last layers with {own.model}'s: {' to '.join(ends)}"


def _closest(one: LayerAlignment) -> str:
    """Return a sentence about which layer of a model is most similar to the last one of the reference."""
    last = _array(one.cka)[-1]
    if np.isnan(last).all():
        return f"{one.model}: no comparable layer."
    place = int(np.nanargmax(last))
    return f"{one.model}: {one.layers[place]} is most similar to {one.reference_layers[-1]} (CKA {last[place]:.2f})."


def _array(values: Matrix) -> NDArray[np.float64]:
    return np.array([[or_nan(value) for value in row] for row in values])
