"""Figures of the training_dynamics section."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import draw, scales
from reportgen.metrics import training
from reportgen.metrics.curves import moving_average
from reportgen.sections.training_dynamics.schema import TrainingDynamicsResult
from reportgen.sections.training_dynamics.statements import outcomes
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

from reportgen.sections.training_dynamics.schema import Curve, Run

MOST_PANELS = 6
"""Maximum number of runs with a separate panel. Convention."""
_PEAK_MODELS = 6
"""Models from which on a scatter of their best epochs says more than their numbers. Convention."""
_LOG_RANGE = 50
"""Ratio of the largest to the smallest value above which the axis is logarithmic. Convention."""
_ONE_ROW = 3
"""Panels side by side."""
_UNLIKE = 8
"""Ratio of the longest to the shortest run above which each panel has its own epochs. Convention."""
_FENCE = 1.5
"""Interquartile ranges beyond the quartiles where the axis of the gap ends. Tukey (1977)."""
_DOTTED = (0, (1.2, 1.2))
_SMOOTHED = 6
"""Windows from which on a curve is smoothed: the average of a shorter one leaves its points. Convention."""
_MARKED = 15
"""Maximum number of values of a curve for which each one is marked. Convention."""
_FLOOR, _ON_FLOOR, _LEAST_RANGE = 0.1, 0.75, 4.0
"""A curve is on the floor of an axis with three quarters of its values in the lowest tenth; a ratio of the largest to the smallest value from which a log axis lifts it. Convention."""


class TrainingDynamicsVisualizer(BaseVisualizer[TrainingDynamicsResult]):
    """Curves, overfitting gap, best epochs."""

    def figures(self, result: TrainingDynamicsResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        runs = [run for run in result.runs if any(one.model == run.model for one in result.curves)]
        with_loss = [run for run in runs if run.basis is not None]
        if with_loss:
            shown = self.view.shown(with_loss, MOST_PANELS)
            keys = {run.model: "loss" for run in with_loss}
            yield self._curves(result, with_loss, "loss", outcomes(result, shown), keys)
        with_metric = [run for run in runs if run.primary is not None and run.primary != run.basis]
        if with_metric:
            keys = {run.model: (run.primary or "").removeprefix("val_") for run in with_metric}
            yield self._curves(result, with_metric, "metric", self._peaks_title(result, with_metric), keys)
        with_gap = [run for run in runs if len(self._gap(result, run)[0])]
        if with_gap:
            yield self._gaps(result, with_gap)
        for figure in self.dashboard(result):
            if len(self._with_peak(result)) >= _PEAK_MODELS:
                yield figure
        if any(run.unknown_keys for run in runs):
            yield self._unknown(result, [run for run in runs if run.unknown_keys])

    def dashboard(self, result: TrainingDynamicsResult) -> Iterator[Figure]:
        """Yield the best epochs."""
        with_peak = self._with_peak(result)
        if with_peak:
            yield self._peaks(result, with_peak)

    def _with_peak(self, result: TrainingDynamicsResult) -> list[Run]:
        drawn = {one.model for one in result.curves}
        with_peak = [run for run in result.runs if run.model in drawn and run.primary is not None]
        return [run for run in with_peak if result.find("peak_epoch", run.model).value is not None]

    # -------------------------------------------------------------------------------------- curves

    def _curves(
        self, result: TrainingDynamicsResult, runs: Sequence[Run], name: str, title: str, keys: dict[str, str]
    ) -> Figure:
        shown = self.view.shown(runs, MOST_PANELS)
        error = all(_is_share(result, run, keys[run.model]) for run in shown)
        drawn = {
            run.model: [
                _Line.of(result, run, keys[run.model], split, error=error) for split in ("validation", "training")
            ]
            for run in shown
        }
        zero = error and any((line.values <= 0).any() for lines in drawn.values() for line in lines)
        if error:
            drawn = _above_zero(drawn)
        values = np.concatenate([line.values for lines in drawn.values() for line in lines])
        values = values[np.isfinite(values)]
        limits = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        log = (error or keys[shown[0].model] == "loss") and _needs_log(
            [line.values for lines in drawn.values() for line in lines], *limits
        )
        lengths = [run.n_epochs for run in shown]
        last = max((line.epochs[-1] for lines in drawn.values() for line in lines if len(line.epochs)), default=1.0)
        until = float(last) if max(lengths) <= _UNLIKE * max(min(lengths), 1) else None
        smooth = _lines_words(result, [line.values for lines in drawn.values() for line in lines])
        drops = " Gray vertical lines: drops of the learning rate." if any(run.rate_drops for run in shown) else ""
        perfect = " An error of 0 is drawn at the lower edge." if zero else ""
        return Figure(
            name=name,
            title=title,
            caption=f"Ring: best epoch of the validation curve. Training values are means over an epoch, drawn half an epoch earlier."
            f"{smooth}{drops}{perfect}{self.view.rest(runs, shown)}",
            alt=" ".join(_curve_words(result, run, keys[run.model]) for run in shown),
            panels=tuple(
                Panel(
                    self.theme.look(run.model).label,
                    partial(self._draw_curves, result, run, drawn[run.model], limits, until, log),
                )
                for run in shown
            ),
            columns={1: 1, 2: 2, 4: 2}.get(len(shown), 3),
            panel_height=2.1 if len(shown) <= _ONE_ROW else 1.65,
        )

    def _draw_curves(
        self,
        result: TrainingDynamicsResult,
        run: Run,
        lines: Sequence[_Line],
        limits: tuple[float, float],
        until: float | None,
        log: bool,  # noqa: FBT001 bound by position
        ax: Axes,
    ) -> None:
        from matplotlib.lines import Line2D

        theme = self.theme
        styles: tuple[tuple[str, Any, str], ...] = (
            (theme.look(run.model).color, "solid", "validation"),
            (theme.muted, _DOTTED, "training"),
        )
        for line, (color, style, label) in zip(lines, styles, strict=True):
            if not len(line.values):
                continue
            (curve,) = self._draw_smooth(
                result, ax, line.epochs, line.values, color=color, linestyle=style, label=label
            )
            if label == "validation" and np.isfinite(line.values).any():
                best = int(np.nanargmax(line.values) if line.higher_is_better else np.nanargmin(line.values))
                ax.plot(
                    [line.epochs[best]],
                    [curve.get_ydata()[best]],
                    "o",
                    markerfacecolor="none",
                    color=theme.ink,
                    markersize=2 * theme.marker_size,
                )
        for epoch in run.rate_drops[:MOST_PANELS]:
            ax.axvline(epoch, color=theme.grid, linewidth=theme.line_width, zorder=0)
        self._scale(ax, limits, log=log)
        if until is not None:
            ax.set_xlim(0, until + 0.5)
        if lines[0].key == "loss" and run.status == "overfitting":
            self._mark_overfit(result, run, ax)
        scales.whole_numbers(ax, theme)
        ax.set_xlabel("epoch")
        if lines[0].error:
            scales.shares(ax.yaxis)
        ax.set_ylabel(theme.text(_error_of(lines[0].key) if lines[0].error else lines[0].key))
        neutral: tuple[tuple[str, Any, str], ...] = (
            (theme.ink, "solid", "validation"),
            (theme.muted, _DOTTED, "training"),
        )
        handles = [Line2D([], [], color=color, linestyle=style, label=label) for color, style, label in neutral]
        draw.legend_above(ax, theme, [handle for handle, line in zip(handles, lines, strict=True) if len(line.values)])

    def _mark_overfit(self, result: TrainingDynamicsResult, run: Run, ax: Axes) -> None:
        """Draw a line where the loss begins to rise, with a label on the side that has more room."""
        epoch = result.find("best_epoch_robust", run.model).value
        if epoch is None:
            return
        theme, (left, right) = self.theme, ax.get_xlim()
        ax.axvline(epoch, color=theme.muted, linewidth=theme.line_width * 0.8, linestyle="dashed", zorder=1.5)
        before = epoch - left > right - epoch
        ax.annotate(
            f"overfits from\nepoch {epoch} on",
            (epoch, 1),
            ((-1 if before else 1) * theme.small_size / 3, -theme.small_size / 4),
            xycoords=ax.get_xaxis_transform(),
            textcoords="offset points",
            ha="right" if before else "left",
            va="top",
            color=theme.ink,
            size=theme.small_size,
        )

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
        if _smooths(result, values):
            ax.plot(epochs, values, "o", color=theme.tint(color, 0.45), markersize=theme.marker_size * 0.5)
            values = moving_average(values, result.options.smoothing_window)
        return list(
            ax.plot(
                epochs,
                values,
                marker="o" if len(values) <= _MARKED else None,
                markersize=theme.marker_size * 0.6,
                **style,
            )
        )

    @staticmethod
    def _scale(ax: Axes, limits: tuple[float, float], *, log: bool) -> None:
        """Give all panels of a figure the same y axis."""
        low, high = limits
        if log:
            scales.logarithmic(ax, low, high)
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
        shown = self.view.shown(runs)
        gaps = {run.model: self._gap(result, run) for run in shown}
        low, high = _fences(list(gaps.values()))
        words, spikes = [], []
        for model, (epochs, values) in gaps.items():
            words.append(f"{model} ends with a gap of {formatting.number(values[-1], '')} at epoch {epochs[-1]}.")
            worst = int(np.abs(values - np.clip(values, low, high)).argmax())
            if not low <= values[worst] <= high:
                spikes.append(f"{model} {formatting.number(values[worst], '')} in epoch {epochs[worst]}")
        clipped = f" Beyond the axis: {formatting.listed(spikes, MOST_PANELS)}." if spikes else ""
        ends = [f"{model} {formatting.number(values[-1], '')}" for model, (_, values) in gaps.items()]
        return Figure(
            name="gap",
            title=f"Validation loss minus training loss at the end: {formatting.listed(ends)}",
            caption="Validation loss minus training loss by epoch. Above zero, the model does better on its training data; a gap that "
            f"keeps growing while the validation loss rises is overfitting.{_lines_words(result, [one for _, one in gaps.values()])}"
            f"{clipped}{self.view.rest(runs, shown)}",
            alt=" ".join(words),
            panels=(Panel("Overfitting analysis", partial(self._draw_gaps, result, shown, (low, high))),),
            panel_height=2.4,
        )

    def _draw_gaps(
        self, result: TrainingDynamicsResult, runs: Sequence[Run], limits: tuple[float, float], ax: Axes
    ) -> None:
        handles = []
        for run in runs:
            look = self.theme.look(run.model)
            epochs, gaps = self._gap(result, run)
            handles += self._draw_smooth(
                result, ax, epochs.astype(float), gaps, color=look.color, linestyle=look.linestyle, label=look.label
            )
        draw.reference_line(ax, self.theme, 0.0, "no gap")
        scales.whole_numbers(ax, self.theme)
        ax.set_ylim(limits)
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
            title=self._peaks_title(result, same),
            caption=f"Best {primary} of each run against the epoch at which it was reached; further left is faster. The best of many "
            f"noisy epochs is optimistic.{rest}{draw.names_note(len(same))}",
            alt="; ".join(words) + ".",
            panels=(Panel("Best epoch performance", partial(self._draw_peaks, result, same)),),
        )

    def _peaks_title(self, result: TrainingDynamicsResult, runs: Sequence[Run]) -> str:
        """Return the best values in words, where the runs have the same metric."""
        if len({run.primary for run in runs}) > 1:
            return "Validation metrics of the runs"
        sign = 1 if runs[0].primary_higher_is_better else -1
        peaks = {run.model: float(required(result.find("peak_performance", run.model).value)) for run in runs}
        ranked = sorted(peaks, key=lambda model: -sign * peaks[model])
        words = [
            f"{model} {formatting.fraction(peaks[model]) if self._of_shares(result, runs) else formatting.number(peaks[model], '')}"
            for model in ranked
        ]
        return f"Best {runs[0].primary}: {formatting.listed(words)}"

    @staticmethod
    def _of_shares(result: TrainingDynamicsResult, runs: Sequence[Run]) -> bool:
        """Return whether the best values of the runs are shares."""
        return all(_is_share(result, run, (run.primary or "").removeprefix("val_")) for run in runs)

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
        scales.whole_numbers(ax, self.theme)
        ax.set_xlabel("epoch")
        if self._of_shares(result, runs):
            scales.shares(ax.yaxis)
        ax.set_ylabel(self.theme.text(f"best {runs[0].primary}"))

    # -------------------------------------------------------------------------------------- unknown direction

    def _unknown(self, result: TrainingDynamicsResult, runs: Sequence[Run]) -> Figure:
        pairs = [(run, key) for run in runs for key in run.unknown_keys]
        shown = pairs[:MOST_PANELS]
        rest = f" {len(pairs) - len(shown)} more are in results.json." if len(pairs) > len(shown) else ""
        ends = [f"{key} of {run.model} ends at {_end(result.curve(run.model, key))}" for run, key in shown]
        return Figure(
            name="other",
            title=formatting.listed(ends),
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
        scales.whole_numbers(ax, self.theme)
        ax.set_xlabel("epoch")
        ax.set_ylabel(self.theme.text(key))


@dataclass(frozen=True)
class _Line:
    """A curve as it is drawn: (n,) epochs and values; where ``error``, the values are 1 - the metric."""

    key: str
    epochs: NDArray[np.float64]
    values: NDArray[np.float64]
    higher_is_better: bool
    error: bool

    @classmethod
    def of(cls, result: TrainingDynamicsResult, run: Run, key: str, split: str, *, error: bool) -> _Line:
        """Return the validation or training curve of a metric, or of its errors."""
        curve = result.curve(run.model, f"val_{key}" if split == "validation" else key)
        if curve is None:
            return cls(key, np.empty(0), np.empty(0), higher_is_better=False, error=error)
        epochs = np.array(curve.epochs) - (0.0 if split == "validation" else 0.5)
        values = np.array(_values(curve))
        if error:
            values = 1 - values
        return cls(key, epochs, values, higher_is_better=bool(curve.higher_is_better) and not error, error=error)


def _smooths(result: TrainingDynamicsResult, values: NDArray[np.float64]) -> bool:
    """Return whether the line of a curve is its moving average."""
    return result.options.smooth and len(values) >= _SMOOTHED * result.options.smoothing_window


def _lines_words(result: TrainingDynamicsResult, curves: Sequence[NDArray[np.float64]]) -> str:
    """Return the caption sentence about what the lines of some curves join; empty for smoothing that is off."""
    smoothed = [_smooths(result, one) for one in curves if len(one)]
    if not result.options.smooth or not smoothed:
        return ""
    if not any(smoothed):
        return " Lines join the raw values."
    long = "" if all(smoothed) else f" in curves of {_SMOOTHED * result.options.smoothing_window} values or more"
    return f" Lines: moving average over {result.options.smoothing_window} epochs{long}, for display only; points: raw values."


def _needs_log(curves: Sequence[NDArray[np.float64]], low: float, high: float) -> bool:
    """Return whether values from ``low`` to ``high`` need a log axis: they span much, or a curve lies on the floor of a linear one."""
    if low <= 0 or high <= _LEAST_RANGE * low:
        return False
    floor = low + _FLOOR * (high - low)
    known = [one[np.isfinite(one)] for one in curves]
    return high > _LOG_RANGE * low or any(len(one) > 0 and float((one <= floor).mean()) >= _ON_FLOOR for one in known)


def _error_of(key: str) -> str:
    """Return what 1 - a metric is called.

    >>> _error_of("sparse_categorical_accuracy"), _error_of("auc")
    ('error', '1 − auc')
    """
    return "error" if key == "acc" or key.endswith("accuracy") else f"1 {formatting.MINUS} {key}"


def _is_share(result: TrainingDynamicsResult, run: Run, key: str) -> bool:
    """Return whether higher is better and all values are between 0 and 1, as of an accuracy."""
    curves = [one for one in (result.curve(run.model, f"val_{key}"), result.curve(run.model, key)) if one is not None]
    known = np.array([value for one in curves for value in _values(one) if np.isfinite(value)])
    return len(known) > 0 and all(one.higher_is_better for one in curves) and bool(((known >= 0) & (known <= 1)).all())


def _above_zero(drawn: dict[str, list[_Line]]) -> dict[str, list[_Line]]:
    """Return the lines with errors of 0, which have no place on a log axis, at half the smallest other one."""
    values = np.concatenate([line.values for lines in drawn.values() for line in lines])
    least = float(values[values > 0].min(initial=1.0)) / 2
    return {
        model: [replace(line, values=np.where(line.values <= 0, least, line.values)) for line in lines]
        for model, lines in drawn.items()
    }


def _fences(gaps: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> tuple[float, float]:
    """Return the ends of the axis of the gap: Tukey's fences of all values, with 0 and the final gaps, where there are values."""
    values = np.concatenate([one for _, one in gaps])
    lower, upper = np.quantile(values, [0.25, 0.75])
    reach = _FENCE * (upper - lower)
    kept = values[(values >= lower - reach) & (values <= upper + reach)]
    inside = np.concatenate([kept, [0.0], [one[-1] for _, one in gaps]])
    margin = 0.05 * float(np.ptp(inside)) or 1.0
    return float(inside.min()) - margin, float(inside.max()) + margin


def _values(curve: Curve | None) -> list[float]:
    return [] if curve is None else [or_nan(value) for value in curve.values]


def _end(curve: Curve | None) -> str:
    known = [value for value in _values(curve) if np.isfinite(value)]
    return formatting.number(known[-1], "") if known else formatting.MISSING


def _curve_words(result: TrainingDynamicsResult, run: Run, key: str) -> str:
    curve = result.curve(run.model, f"val_{key}") or result.curve(run.model, key)
    values = [value for value in _values(curve) if np.isfinite(value)]
    if curve is None or not values:
        return f"{run.model} has no {key}."
    return f"{run.model}: {curve.key} goes from {values[0]:.3g} to {values[-1]:.3g} in {len(curve.epochs)} epochs."
