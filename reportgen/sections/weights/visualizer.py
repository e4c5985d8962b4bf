"""Figures of the weights section."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import categories, draw, heatmap, scales
from reportgen.sections.weights.schema import PASS, WeightsResult
from reportgen.sections.weights.tables import LOWEST, MOST_ROWS, least_healthy
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from reportgen.sections.weights.schema import ModelWeights, TensorWeights

MOST_PANELS = 4
"""Maximum number of models with a separate panel. Convention."""
_LOG_RANGE = 20
"""Ratio of the largest to the smallest norm above which the axis is logarithmic. Convention."""
_MARKERS = 60
"""Maximum number of singular values for which each one is marked. Convention."""
_LABEL = 24
"""Characters that tensor names are shortened to where they stay distinct. Convention."""
_MEDIAN = 4
"""Index of the median among the stored quantiles."""


class WeightsVisualizer(BaseVisualizer[WeightsResult]):
    """Health where a tensor fails, norms in network order, spectra, distributions."""

    def figures(self, result: WeightsResult) -> Iterator[Figure]:
        """Yield the figures in reading order; health only where a tensor fails."""
        models = [one for one in result.models if one.n_tensors]
        if not models:
            return
        failing = [one for one in models if result.failing(one.model)]
        if failing:
            yield self._health(result, failing)
        if any(one.n_tensors > 1 for one in models):
            yield self._norms(result, models)
        sound = [one for one in models if any(tensor.distribution for tensor in result.of(one.model))]
        shown = self.view.shown(sound, MOST_PANELS)
        rest = self.view.rest(models, shown)
        spectral = [one for one in shown if _with_spectrum(result, one.model)]
        if spectral:
            yield self._spectra(result, spectral, rest)
        if shown:
            yield self._distributions(result, shown, rest)

    def further(self, result: WeightsResult) -> Iterator[Figure]:
        """Yield the health of models whose tensors all pass."""
        models = [one for one in result.models if one.n_tensors]
        if models and not any(result.failing(one.model) for one in models):
            yield self._health(result, models)

    # -------------------------------------------------------------------------------------- norms

    def _norms(self, result: WeightsResult, models: Sequence[ModelWeights]) -> Figure:
        shown = self.view.shown(models)
        sound = [one for one in result.tensors if one.distribution is not None]
        alt = "No tensor is finite."
        if sound:
            largest = max(sound, key=lambda one: one.distribution.l2 if one.distribution else 0.0)
            alt = f"The largest L2 norm is {largest.distribution.l2 if largest.distribution else 0:.3g}, of {largest.name} in {largest.model}."
        return Figure(
            name="norms",
            title=_scale_words(result, shown),
            caption="L2 norm (left) and RMS (right, comparable between shapes) of every analyzed weight tensor, from the input (0) "
            f"to the output (1). Look for jumps, not for high or low values.{self.view.rest(models, shown)}",
            alt=alt,
            panels=(
                Panel("L2 norm", partial(self._draw_norms, result, shown, "l2")),
                Panel("RMS", partial(self._draw_norms, result, shown, "rms")),
            ),
            columns=2,
            panel_height=2.1,
        )

    def _draw_norms(self, result: WeightsResult, models: Sequence[ModelWeights], field: str, ax: Axes) -> None:
        norms = {
            one.model: [
                np.nan if tensor.distribution is None else float(getattr(tensor.distribution, field))
                for tensor in result.of(one.model)
            ]
            for one in models
        }
        drawn = [value for value in draw.model_lines(ax, self.theme, norms) if value > 0]
        if drawn and max(drawn) > _LOG_RANGE * min(drawn):
            scales.logarithmic(ax, min(drawn), max(drawn))
        else:
            ax.set_ylim(bottom=0)
        ax.set_xlabel("relative depth")
        ax.set_ylabel("L2 norm" if field == "l2" else "RMS")

    # -------------------------------------------------------------------------------------- health

    def _health(self, result: WeightsResult, models: Sequence[ModelWeights]) -> Figure:
        """Show the failing tensors of some models; all tensors where none fails."""
        failing = {one.model: len(result.failing(one.model)) for one in models}
        title = _failing_words(result, failing)
        passing = sum(one.n_tensors > 0 for one in result.models) - len(models)
        others = (
            f" Not shown: {passing} {'model whose' if passing == 1 else 'models whose'} tensors all pass."
            if passing
            else ""
        )
        if len(models) > MOST_PANELS:
            return self._health_of_many(result, models, title, others)
        most = result.options.max_layers_heatmap
        counts = [failing[one.model] or one.n_tensors for one in models]
        left_out = sum(max(count - most, 0) for count in counts)
        shown = [lowest(result, one.model, min(count, most)) for one, count in zip(models, counts, strict=True)]
        rest = (
            f" Only the {most} tensors of each model with the lowest scores; {left_out} are left out."
            if left_out
            else ""
        )
        return Figure(
            name="health",
            title=title,
            caption=f"Health score of each tensor{' that fails' if any(failing.values()) else ''} and its components: 1 is healthy, the "
            f"lowest component is the score, and a tensor passes from {PASS}.{_not_applicable(shown)}{rest} This is a screening for "
            f"pathologies; it does not measure accuracy.{others}",
            alt=" ".join(_worst_words(one) for one in models),
            panels=tuple(
                Panel(self.theme.look(one.model).label, partial(self._draw_health, tensors))
                for one, tensors in zip(models, shown, strict=True)
            ),
            panel_height=draw.rows_height(self.theme, min(max(counts), most)) + 0.3,
        )

    def _health_of_many(self, result: WeightsResult, every: Sequence[ModelWeights], title: str, others: str) -> Figure:
        models = least_healthy(result, min(len(every), MOST_ROWS))
        return Figure(
            name="health",
            title=title,
            caption="Lowest health score of any tensor in each model, and the lowest score on each component; a tensor passes from "
            f"{PASS}.{_not_applicable([result.of(one.model) for one in models], lowest_of_each=True)} This is a screening for pathologies; "
            f"it does not measure accuracy.{self.view.rest(every, models, LOWEST)}{others}",
            alt=" ".join(_worst_words(one) for one in models),
            panels=(Panel("Lowest scores", partial(self._draw_many, result, models)),),
            panel_height=draw.rows_height(self.theme, len(models)) + 0.3,
        )

    def _draw_health(self, tensors: Sequence[TensorWeights], ax: Axes) -> None:
        rows = [_scores(one) for one in tensors]
        self._draw_components(_labels([one.name for one in tensors]), rows, _titles(tensors), ax)

    def _draw_many(self, result: WeightsResult, models: Sequence[ModelWeights], ax: Axes) -> None:
        tensors = [result.of(one.model) for one in models]
        with np.errstate(invalid="ignore"):
            rows = [_lowest_scores([_scores(one) for one in some]) for some in tensors]
        self._draw_components([self.theme.look(one.model).label for one in models], rows, _titles(tensors[0]), ax)

    def _draw_components(self, names: Sequence[str], rows: list[list[float]], titles: list[str], ax: Axes) -> None:
        """Draw scores; every component is named in full, whatever the length of the names of the rows."""
        heatmap.heatmap(
            ax,
            self.theme,
            np.array(rows, float),
            rows=names,
            columns=titles,
            limits=(0.0, 1.0),
            text=[["" if np.isnan(score) else f"{score:.2f}" for score in row] for row in rows],
            crossed=True,
        )
        ax.set_xticks(range(len(titles)), titles, rotation="vertical")

    # -------------------------------------------------------------------------------------- distributions

    def _distributions(self, result: WeightsResult, models: Sequence[ModelWeights], rest: str) -> Figure:
        most = result.options.max_layers_heatmap
        left_out = sum(max(one.n_tensors - most, 0) for one in models)
        less = f" Only the {most} largest tensors of each model; {left_out} are left out." if left_out else ""
        rows = max(min(one.n_tensors, most) for one in models)
        return Figure(
            name="distributions",
            title=_peak_words(result, models),
            caption="Weights of each tensor in units of its RMS. Thick bar: interquartile range; thin line: middle 98 %; ticks: "
            f"middle 99.8 %, which is −3.1 to 3.1 for Gaussian weights.{less}{rest}",
            alt=" ".join(_tail_words(result, one.model) for one in models),
            panels=tuple(
                Panel(
                    self.theme.look(one.model).label,
                    partial(self._draw_distributions, largest(result, one.model, most)),
                )
                for one in models
            ),
            columns=min(2, len(models)),
            panel_height=draw.rows_height(self.theme, rows),
        )

    def _draw_distributions(self, tensors: Sequence[TensorWeights], ax: Axes) -> None:
        theme = self.theme
        for place, one in enumerate(tensors):
            found = one.distribution
            if found is None or found.rms == 0:
                ax.annotate("no value", (0, place), va="center", ha="center", color=theme.muted)
                continue
            q = np.array(found.quantiles) / found.rms
            color = theme.look(one.model).color
            ax.plot(q[[0, -1]], [place, place], "|", color=color, markersize=theme.marker_size)
            ax.plot(q[[1, -2]], [place, place], color=color, linewidth=theme.line_width)
            ax.plot(q[[3, 5]], [place, place], color=color, linewidth=4 * theme.line_width, solid_capstyle="butt")
            ax.plot(
                [q[_MEDIAN]],
                [place],
                "o",
                color=theme.paper,
                markeredgecolor=theme.ink,
                markersize=theme.marker_size * 0.8,
            )
        categories.categories(ax, theme, _labels([one.name for one in tensors]), "y")
        ax.set_ylim(len(tensors) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
        ax.set_xlabel("weight / RMS")

    # -------------------------------------------------------------------------------------- spectra

    def _spectra(self, result: WeightsResult, models: Sequence[ModelWeights], rest: str) -> Figure:
        most = result.options.max_spectra
        drawn = {one.model: _with_spectrum(result, one.model, most) for one in models}
        top = max(
            one.matrix.spectral_norm / one.matrix.random_edge
            for tensors in drawn.values()
            for one in tensors
            if one.matrix is not None
        )
        return Figure(
            name="spectra",
            title=_edge_words(result, models),
            caption="Singular values of the largest matrices of each model relative to the random edge (dashed): the 99 % quantile of "
            "the largest singular value of a random matrix with the same shape and RMS. Values above it are structure. "
            f"At most {most} matrices per model; darker is later in the network.{rest}",
            alt=" ".join(_spike_words(result, one.model) for one in models),
            panels=tuple(
                Panel(
                    self.theme.look(one.model).label,
                    partial(self._draw_spectra, drawn[one.model], max(1.0, top) * 1.08),
                )
                for one in models
            ),
            columns=min(3, len(models)) if len(models) != MOST_PANELS else 2,
            panel_height=2.3,
        )

    def _draw_spectra(self, tensors: Sequence[TensorWeights], top: float, ax: Axes) -> None:
        from matplotlib import colormaps

        theme = self.theme
        palette = colormaps[theme.sequential]
        ends = []
        for one, shade in zip(tensors, np.linspace(0.85, 0.05, len(tensors)), strict=True):
            matrix = one.matrix
            if matrix is None:
                continue
            count = min(matrix.rows, matrix.columns) * matrix.blocks
            values = np.array(matrix.singular_values) / matrix.random_edge
            ax.plot(
                np.array(matrix.singular_ranks) / count,
                values,
                color=palette(shade),
                marker="o" if count <= _MARKERS else None,
                markersize=theme.marker_size * 0.5,
            )
            ends.append(float(values[-1]))
        draw.reference_line(ax, theme, 1.0, "")
        ax.set_ylim(0, top)
        ax.set_xlim(0, 1)
        draw.end_labels(ax, theme, ends, _labels([one.name for one in tensors]))
        ax.set_xlabel("relative rank")
        ax.set_ylabel("value / random edge")


# ------------------------------------------------------------------------------------------------ what is shown


def lowest(result: WeightsResult, model: str, most: int) -> tuple[TensorWeights, ...]:
    """Return the tensors with the lowest health, in network order; the first of equals."""
    tensors = result.of(model)
    order = sorted(range(len(tensors)), key=lambda place: (tensors[place].health.score, place))
    return tuple(tensors[place] for place in sorted(order[:most]))


def largest(result: WeightsResult, model: str, most: int) -> tuple[TensorWeights, ...]:
    """Return the tensors with the most weights, in network order; the first of equals."""
    tensors = result.of(model)
    order = sorted(range(len(tensors)), key=lambda place: (-tensors[place].size, place))
    return tuple(tensors[place] for place in sorted(order[:most]))


def _with_spectrum(result: WeightsResult, model: str, most: int | None = None) -> tuple[TensorWeights, ...]:
    """Return the largest tensors with a full spectrum, in network order."""
    order = sorted(
        (one for one in result.of(model) if one.matrix is not None and one.matrix.effective_rank is not None),
        key=lambda one: -one.size,
    )[:most]
    return tuple(one for one in result.of(model) if one in order)


def _scores(one: TensorWeights) -> list[float]:
    return [one.health.score, *(or_nan(part.score) for part in one.health.components)]


def _not_applicable(groups: Sequence[Sequence[TensorWeights]], *, lowest_of_each: bool = False) -> str:
    """Return the caption sentence about cells without a score; empty where all have one.

    ``lowest_of_each`` is for one row for each group of tensors, in which a score is missing if no tensor has it.
    """
    rows = [[_scores(one) for one in some] for some in groups]
    drawn = [_lowest_scores(some) for some in rows] if lowest_of_each else [row for some in rows for row in some]
    return " Crossed out: not applicable." if any(np.isnan(row).any() for row in drawn) else ""


def _lowest_scores(rows: Sequence[list[float]]) -> list[float]:
    columns = [[score for score in column if not np.isnan(score)] for column in zip(*rows, strict=True)]
    return [min(column, default=np.nan) for column in columns]


def _labels(names: Sequence[str]) -> list[str]:
    """Remove the common first and last parts of qualified names, so that shortened names still differ.

    >>> _labels(["net/a/kernel", "net/b/kernel"]), _labels(["net/a/kernel"])
    (['a', 'b'], ['net/a/kernel'])
    """
    parts = [name.split("/") for name in names]
    while len(parts) > 1 and min(map(len, parts)) > 1 and len({part[0] for part in parts}) == 1:
        parts = [part[1:] for part in parts]
    while len(parts) > 1 and min(map(len, parts)) > 1 and len({part[-1] for part in parts}) == 1:
        parts = [part[:-1] for part in parts]
    return _cut(["/".join(part) for part in parts])


def _cut(labels: list[str]) -> list[str]:
    """Shorten labels in the middle, unless that would make two of them equal."""
    half = (_LABEL - 1) // 2
    cut = [one if len(one) <= _LABEL else f"{one[: half + 1]}…{one[-half:]}" for one in labels]
    return cut if len(set(cut)) == len(set(labels)) else labels


def _titles(tensors: Sequence[TensorWeights]) -> list[str]:
    return ["health", *(part.name for part in tensors[0].health.components)]


def _worst_words(one: ModelWeights) -> str:
    worst = one.worst[0]
    by = "" if worst.score == 1 else f", limited by {worst.binding}"
    return f"{one.model}: the lowest health is {worst.score:.2f}, of {worst.name}{by}."


def _failing_words(result: WeightsResult, failing: Mapping[str, int]) -> str:
    """Return how many tensors of these models fail; if none does, that all pass."""
    total = sum(len(result.of(model)) for model in failing)
    count = sum(failing.values())
    if not count:
        return f"All {total} weight tensors pass" if total > 1 else "The weight tensor passes"
    where = next(iter(failing)) if len(failing) == 1 else f"{len(failing)} models"
    fail = "fails" if count == 1 else "fail"
    return (
        f"{count} of {total} weight tensors of {where} {fail} the screening"
        if total > 1
        else "The weight tensor fails the screening"
    )


def _scale_words(result: WeightsResult, models: Sequence[ModelWeights]) -> str:
    """Return the largest step of the RMS between neighboring tensors of a model."""
    steps = [
        (max(after / before, before / after), model.model)
        for model in models
        for before, after in pairwise(
            one.distribution.rms for one in result.of(model.model) if one.distribution and one.distribution.rms > 0
        )
    ]
    if not steps:
        return "Norm and RMS of the weights"
    step, model = max(steps, key=lambda item: item[0])
    where = f" ({model})" if len(models) > 1 else ""
    return f"The RMS of neighboring tensors differs by up to a factor of {formatting.number(step, '')}{where}"


def _peaks(result: WeightsResult, model: str) -> list[tuple[float, str]]:
    return [(one.distribution.peak, one.name) for one in result.of(model) if one.distribution and one.distribution.peak]


def _peak_words(result: WeightsResult, models: Sequence[ModelWeights]) -> str:
    peaks = [peak for one in models for peak, _ in _peaks(result, one.model)]
    return f"The largest weight is {max(peaks):.1f} times the RMS of its tensor" if peaks else "All weights are zero"


def _tail_words(result: WeightsResult, model: str) -> str:
    tails = _peaks(result, model)
    if not tails:
        return f"{model} has only zero weights."
    peak, name = max(tails)
    return f"In {model} the largest weight is {peak:.1f} times the RMS, in {name}."


def _spikes(result: WeightsResult, model: str) -> list[tuple[int, str]]:
    """Return the number of singular values above the random edge of every matrix that has a full spectrum."""
    found = [(one.matrix, one.name) for one in result.of(model) if one.matrix is not None]
    return [(matrix.spikes, name) for matrix, name in found if matrix.spikes is not None]


def _edge_words(result: WeightsResult, models: Sequence[ModelWeights]) -> str:
    counts = [count for one in models for count, _ in _spikes(result, one.model)]
    beyond = sum(count > 0 for count in counts)
    if not beyond:
        return "No singular value is above the random edge"
    have = "has" if beyond == 1 else "have"
    return f"{beyond} of {len(counts)} matrices {have} singular values above the random edge"


def _spike_words(result: WeightsResult, model: str) -> str:
    counts = _spikes(result, model)
    if not counts:
        return f"{model}: no matrix is compared with a random one."
    with_spikes = sum(count > 0 for count, _ in counts)
    most, name = max(counts)
    words = f", most in {name}: {most}" if most else ""
    return f"{model}: {with_spikes} of {len(counts)} matrices have singular values above the random edge{words}."
