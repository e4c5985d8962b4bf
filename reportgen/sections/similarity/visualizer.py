"""Figures of the similarity section."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject, about
from reportgen.figures import draw
from reportgen.sections.similarity.schema import DRIVEN, SimilarityResult
from reportgen.sections.similarity.tables import more, others, versus
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.focus import View
    from reportgen.sections.similarity.schema import HeadAgreement, LayerAlignment, Matrix, Representation, WeightMap

_MOST_ALIGNED = 4
"""Maximum number of models whose layers are drawn against the reference, including itself."""


class SimilarityVisualizer(BaseVisualizer[SimilarityResult]):
    """Churn and CKA between models, flips, CKA between layers, map of the weights."""

    def figures(self, result: SimilarityResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        if result.heads or result.representation is not None:
            yield self._pairs(result)
        for place, head in enumerate(result.heads):
            if result.reference in head.models:
                yield self._flips(result, head, place)
        if result.alignments:
            yield self._layers(result)
        if result.weight_map is not None:
            yield self._weights(result.weight_map)

    def dashboard(self, result: SimilarityResult) -> Iterator[Figure]:
        """Yield the map of the weights where there is one, else churn."""
        if result.weight_map is not None and not result.weight_map.others:
            yield self._weights(result.weight_map)
        elif result.heads or result.representation is not None:
            models = self._pairs(result)
            yield replace(models, panels=models.panels[:1])

    # -------------------------------------------------------------------------------------- between models

    def _pairs(self, result: SimilarityResult) -> Figure:
        panels = [Panel(_churn_title(head), partial(self._draw_churn, head)) for head in result.heads]
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
            panels.append(Panel("CKA of the last hidden layers", partial(self._draw_cka, result.representation)))
            most = max(most, len(result.representation.models))
        return Figure(
            name="models",
            title="Similarity of the models",
            caption=f"Churn: share of rows that two models predict differently; {result.split} split, n = {result.n:,}. CKA: similarity "
            f"of their last hidden layers on {len(result.rows):,} rows; 1 is equal up to rotation and scale, values below 0 "
            "are drawn as 0. Similar models are adjacent.",
            alt=" ".join(sentences) or "No predictions were compared.",
            panels=tuple(panels),
            columns=min(2, len(panels)),
            panel_height=max(2.4, min(4.6, 1.2 + 0.11 * self.theme.small_size / 8 * most)),
        )

    def _draw_churn(self, head: HeadAgreement, ax: Axes) -> None:
        self._draw_matrix(head.models, head.order, head.churn, "fraction", ax)

    def _draw_cka(self, found: Representation, ax: Axes) -> None:
        self._draw_matrix(found.models, found.order, found.cka, "", ax)

    def _draw_matrix(self, models: Sequence[str], order: Sequence[int], values: Matrix, unit: str, ax: Axes) -> None:
        names = [self.theme.look(models[place]).label for place in order]
        ordered = _array(values)[np.ix_(order, order)]
        text = [["" if np.isnan(value) else formatting.number(value, unit) for value in row] for row in ordered]
        limits = (0.0, max(float(np.nanmax(ordered, initial=0.0)), 1e-9)) if unit else (0.0, 1.0)
        draw.heatmap(ax, self.theme, np.maximum(ordered, 0.0), rows=names, columns=names, limits=limits, text=text)
        if len(names) > _WRITTEN:
            draw.colorbar(ax, self.theme, ax.images[0], "share of rows" if unit else "CKA")

    def _flips(self, result: SimilarityResult, head: HeadAgreement, place: int) -> Figure:
        models = others(result, self.view, head)
        shown = models[: result.options.max_models]
        rest = more(head, shown)
        reference = about(result.reference, head.subject)
        worst = result.find("negative_flips", shown[0], versus(result, head))
        return Figure(
            name="flips" if place == 0 else f"flips-{place + 1}",
            title="New errors and errors fixed",
            caption=f"Rows that {reference} gets right and the model gets wrong (new errors), and vice versa (errors fixed), with "
            f"95 % Wilson intervals; {result.split} split, n = {result.n:,}. Most new errors first.{rest}",
            alt=f"{shown[0]} has the most new errors: {formatting.metric(worst).text} of the rows.",
            panels=(Panel(f"Compared with {reference}", partial(self._draw_flips, result, head, shown)),),
            panel_height=draw.rows_height(self.theme, len(shown), series=2) + 0.3,
        )

    def _draw_flips(self, result: SimilarityResult, head: HeadAgreement, models: Sequence[str], ax: Axes) -> None:
        series = []
        for name, label, color in (
            ("negative_flips", "new errors", "#bd1f01"),
            ("positive_flips", "errors fixed", "#3f90da"),
        ):
            found = [result.find(name, model, versus(result, head)) for model in models]
            series.append(
                draw.Bars(
                    values=[or_nan(one.value) for one in found],
                    low=[or_nan(one.ci_low) for one in found],
                    high=[or_nan(one.ci_high) for one in found],
                    color=color,
                    label=label,
                )
            )
        handles = draw.bars(ax, self.theme, [self.theme.look(model).label for model in models], series)
        draw.legend_above(ax, self.theme, handles)
        ax.set_xlabel("share of rows")

    # -------------------------------------------------------------------------------------- between layers

    def _layers(self, result: SimilarityResult) -> Figure:
        shown = least_alike(result, self.view)
        left_out = len(result.alignments) - len(shown)
        rest = f" Only the least similar models; {left_out} more are in results.json." if left_out else ""
        thinned = " Not all layers are compared." if any(one.left_out for one in shown) else ""
        return Figure(
            name="layers",
            title="Similarity of layers",
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
        draw.heatmap(
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
        ax.plot(columns + 0.38, rows - 0.38, ".", color="white", markersize=self.theme.marker_size * 0.6)
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
            title="Map of the weights",
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


def _churn_title(head: HeadAgreement) -> str:
    return about("Churn", head.subject)


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


def _closest(one: LayerAlignment) -> str:
    """Return a sentence about which layer of a model is most similar to the last one of the reference."""
    last = _array(one.cka)[-1]
    if np.isnan(last).all():
        return f"{one.model}: no comparable layer."
    place = int(np.nanargmax(last))
    return f"{one.model}: {one.layers[place]} is most similar to {one.reference_layers[-1]} (CKA {last[place]:.2f})."


def _array(values: Matrix) -> np.ndarray:
    return np.array([[or_nan(value) for value in row] for row in values])
