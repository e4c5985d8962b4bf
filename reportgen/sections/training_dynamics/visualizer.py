"""Figures of the training_dynamics section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import draw
from reportgen.metrics import training
from reportgen.metrics.training import moving_average
from reportgen.sections.training_dynamics.schema import TrainingDynamicsResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

from reportgen.sections.training_dynamics.schema import Curve, Run

MOST_PANELS = 6
"""Maximum number of runs with a separate panel. Convention."""
_LOG_RANGE = 50
"""Ratio of the largest to the smallest loss above which the axis is logarithmic. Convention."""
_DOTTED = (0, (1.2, 1.2))


class TrainingDynamicsVisualizer(BaseVisualizer[TrainingDynamicsResult]):
    """Curves, overfitting gap, best epochs."""

    def figures(self, result: TrainingDynamicsResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        runs = [run for run in result.runs if any(one.model == run.model for one in result.curves)]
        with_loss = [run for run in runs if run.basis is not None]
        if with_loss:
            yield self._curves(result, with_loss, "loss", "Loss", {run.model: "loss" for run in with_loss})
        with_metric = [run for run in runs if run.primary is not None and run.primary != run.basis]
        if with_metric:
            keys = {run.model: (run.primary or "").removeprefix("val_") for run in with_metric}
            title = "Accuracy" if all("acc" in key for key in keys.values()) else "Validation metric"
            yield self._curves(result, with_metric, "metric", title, keys)
        with_gap = [run for run in runs if len(self._gap(result, run)[0])]
        if with_gap:
            yield self._gaps(result, with_gap)
        yield from self.dashboard(result)
        if any(run.unknown_keys for run in runs):
            yield self._unknown(result, [run for run in runs if run.unknown_keys])

    def dashboard(self, result: TrainingDynamicsResult) -> Iterator[Figure]:
        """Yield the best epochs."""
        drawn = {one.model for one in result.curves}
        with_peak = [run for run in result.runs if run.model in drawn and run.primary is not None]
        with_peak = [run for run in with_peak if result.find("peak_epoch", run.model).value is not None]
        if with_peak:
            yield self._peaks(result, with_peak)

    # -------------------------------------------------------------------------------------- curves

    def _curves(
        self, result: TrainingDynamicsResult, runs: Sequence[Run], name: str, title: str, keys: dict[str, str]
    ) -> Figure:
        shown = self.view.shown(runs, MOST_PANELS)
        values = [
            value
            for run in shown
            for key in (keys[run.model], f"val_{keys[run.model]}")
            for value in _values(result.curve(run.model, key))
            if np.isfinite(value)
        ]
        limits = (min(values), max(values)) if values else (0.0, 1.0)
        smooth = (
            f" Lines: moving average over {result.options.smoothing_window} epochs, for display only."
            if result.options.smooth and any(run.n_epochs > result.options.smoothing_window for run in shown)
            else ""
        )
        rest = self.view.rest(runs, shown)
        return Figure(
            name=name,
            title=f"{title} curves",
            caption=f"{title} by epoch: validation solid, training dotted, points are raw values.{smooth} The ring marks the best "
            "epoch of the validation curve. Training values are means over an epoch and are drawn half an epoch earlier."
            f"{rest}",
            alt=" ".join(_curve_words(result, run, keys[run.model]) for run in shown),
            panels=tuple(
                Panel(
                    self.theme.look(run.model).label,
                    partial(self._draw_curves, result, run, keys[run.model], limits),
                )
                for run in shown
            ),
            columns={1: 1, 2: 2, 4: 2}.get(len(shown), 3),
        )

    def _draw_curves(
        self, result: TrainingDynamicsResult, run: Run, key: str, limits: tuple[float, float], ax: Axes
    ) -> None:
        theme = self.theme
        color = theme.look(run.model).color
        handles = []
        for name, shift, line, label in ((f"val_{key}", 0.0, "solid", "validation"), (key, -0.5, _DOTTED, "training")):
            curve = result.curve(run.model, name)
            if curve is None:
                continue
            tone = color if label == "validation" else theme.muted
            epochs, values = np.array(curve.epochs) + shift, np.array(_values(curve))
            handles += self._draw_smooth(result, ax, epochs, values, color=tone, linestyle=line, label=label)
            if label == "validation" and np.isfinite(values).any():
                best = int(np.nanargmax(values) if curve.higher_is_better else np.nanargmin(values))
                ax.plot(
                    [epochs[best]],
                    [values[best]],
                    "o",
                    markerfacecolor="none",
                    color=theme.ink,
                    markersize=2 * theme.marker_size,
                )
        for epoch in run.rate_drops[:MOST_PANELS]:
            ax.axvline(epoch, color=theme.grid, linewidth=theme.line_width, zorder=0)
        self._scale(ax, limits, log=key == "loss")
        draw.whole_numbers(ax, theme)
        ax.set_xlabel("epoch")
        ax.set_ylabel(theme.text(key))
        draw.legend_above(ax, theme, handles)

    def _draw_smooth(
        self,
        result: TrainingDynamicsResult,
        ax: Axes,
        epochs: NDArray[np.float64],
        values: NDArray[np.float64],
        **style: Any,
    ) -> list[Any]:
        theme = self.theme
        color = str(style["color"])
        many = len(values) > result.options.smoothing_window
        if result.options.smooth and many:
            ax.plot(epochs, values, "o", color=theme.tint(color, 0.45), markersize=theme.marker_size * 0.5)
            values = moving_average(values, result.options.smoothing_window)
        marker = None if many else "o"
        return list(ax.plot(epochs, values, marker=marker, markersize=theme.marker_size * 0.8, **style))

    @staticmethod
    def _scale(ax: Axes, limits: tuple[float, float], *, log: bool) -> None:
        """Give all panels of a figure the same y axis."""
        low, high = limits
        if log and low > 0 and high > _LOG_RANGE * low:
            draw.logarithmic(ax, low, high)
            ax.set_ylim(low / 1.2, high * 1.2)
        else:
            margin = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
            ax.set_ylim(low - margin, high + margin)

    # -------------------------------------------------------------------------------------- gap and peak

    def _gap(self, result: TrainingDynamicsResult, run: Run) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        train, validation = result.curve(run.model, "loss"), result.curve(run.model, "val_loss")
        if train is None or validation is None:
            return np.empty(0, np.int64), np.empty(0)
        (epochs, losses), (others, other_losses) = (
            (np.array(one.epochs), np.array(_values(one))) for one in (train, validation)
        )
        return training.gap(epochs, losses, others, other_losses)

    def _gaps(self, result: TrainingDynamicsResult, runs: Sequence[Run]) -> Figure:
        words = []
        shown = self.view.shown(runs)
        for run in shown[:MOST_PANELS]:
            epochs, gaps = self._gap(result, run)
            words.append(f"{run.model} ends with a gap of {gaps[-1]:.3g} at epoch {epochs[-1]}.")
        return Figure(
            name="gap",
            title="Overfitting gap",
            caption="Validation loss minus training loss by epoch. Above zero, the model does better on its training data; a gap that "
            f"keeps growing while the validation loss rises is overfitting.{self.view.rest(runs, shown)}",
            alt=" ".join(words),
            panels=(Panel("Validation loss - training loss", partial(self._draw_gaps, result, shown)),),
        )

    def _draw_gaps(self, result: TrainingDynamicsResult, runs: Sequence[Run], ax: Axes) -> None:
        handles = []
        for run in runs:
            look = self.theme.look(run.model)
            epochs, gaps = self._gap(result, run)
            handles += self._draw_smooth(
                result, ax, epochs.astype(float), gaps, color=look.color, linestyle=look.linestyle, label=look.label
            )
        draw.reference_line(ax, self.theme, 0.0, "no gap")
        draw.whole_numbers(ax, self.theme)
        ax.set_xlabel("epoch")
        ax.set_ylabel("gap")
        if len(runs) > 1:
            draw.legend_above(ax, self.theme, handles)

    def _peaks(self, result: TrainingDynamicsResult, runs: Sequence[Run]) -> Figure:
        primary = runs[0].primary or ""
        same = [run for run in runs if run.primary == primary]
        rest = (
            f" {len(runs) - len(same)} runs have a different peak metric and are left out."
            if len(same) < len(runs)
            else ""
        )
        words = [
            f"{run.model} {result.find('peak_performance', run.model).value:.4g} at epoch {result.find('peak_epoch', run.model).value}"
            for run in same
        ]
        return Figure(
            name="best-epoch",
            title="Best epoch performance",
            caption=f"Best {primary} of each run against the epoch at which it was reached; further left is faster. The best of many "
            f"noisy epochs is optimistic.{rest}{draw.names_note(len(same))}",
            alt="; ".join(words) + ".",
            panels=(Panel("Best epoch performance", partial(self._draw_peaks, result, same)),),
        )

    def _draw_peaks(self, result: TrainingDynamicsResult, runs: Sequence[Run], ax: Axes) -> None:
        last = max(one.epochs[-1] for one in result.curves if one.epochs)
        points = [
            draw.NamedPoint(
                run.model,
                self.theme.look(run.model).label,
                float(required(result.find("peak_epoch", run.model).value)),
                float(required(result.find("peak_performance", run.model).value)),
            )
            for run in runs
        ]
        draw.named_points(ax, self.theme, points)
        ax.set_xlim(0, last + max(1, 0.05 * last))
        draw.whole_numbers(ax, self.theme)
        ax.set_xlabel("epoch")
        ax.set_ylabel(self.theme.text(f"best {runs[0].primary}"))

    # -------------------------------------------------------------------------------------- unknown direction

    def _unknown(self, result: TrainingDynamicsResult, runs: Sequence[Run]) -> Figure:
        pairs = [(run, key) for run in runs for key in run.unknown_keys]
        shown = pairs[:MOST_PANELS]
        rest = f" {len(pairs) - len(shown)} more are in results.json." if len(pairs) > len(shown) else ""
        return Figure(
            name="other",
            title="Curves without a known direction",
            caption=f"Metrics whose direction is unknown; they are not compared.{rest}",
            alt=", ".join(f"{key} of {run.model}" for run, key in shown) + ".",
            panels=tuple(
                Panel(f"{self.theme.look(run.model).label}: {key}", partial(self._draw_unknown, result, run, key))
                for run, key in shown
            ),
            columns=min(2, len(shown)),
        )

    def _draw_unknown(self, result: TrainingDynamicsResult, run: Run, key: str, ax: Axes) -> None:
        curve = result.curve(run.model, key)
        if curve is not None:
            values = np.array(_values(curve))
            self._draw_smooth(
                result,
                ax,
                np.array(curve.epochs, float),
                values,
                color=self.theme.look(run.model).color,
                linestyle="solid",
            )
        draw.whole_numbers(ax, self.theme)
        ax.set_xlabel("epoch")
        ax.set_ylabel(self.theme.text(key))


def _values(curve: Curve | None) -> list[float]:
    return [] if curve is None else [or_nan(value) for value in curve.values]


def _curve_words(result: TrainingDynamicsResult, run: Run, key: str) -> str:
    curve = result.curve(run.model, f"val_{key}") or result.curve(run.model, key)
    values = [value for value in _values(curve) if np.isfinite(value)]
    if curve is None or not values:
        return f"{run.model} has no {key}."
    return f"{run.model}: {curve.key} goes from {values[0]:.3g} to {values[-1]:.3g} in {len(curve.epochs)} epochs."
