"""Figures of the calibration section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import dots, draw, names as beside, scales
from reportgen.sections.calibration import reliability, titles
from reportgen.sections.calibration.distributions.visualizer import DistributionVisualizer
from reportgen.sections.calibration.positions.visualizer import PositionVisualizer
from reportgen.sections.calibration.reliability import ClassVisualizer
from reportgen.sections.calibration.schema import WANTED_ACCURACY, CalibrationResult, MultilabelCalibration
from reportgen.sections.calibration.tables import classes, curve, expected_errors
from reportgen.sections.calibration.titles import WithClasses
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from reportgen.sections.calibration.schema import Confidences, HeadCalibration
    from reportgen.sections.calibration.titles import Point

_COLUMNS = 3
_MOST_TOGETHER = 3
"""Maximum number of models with lines side by side in each row of a figure. Convention."""
_MOST_CLASSES = 12
"""Maximum number of classes with a row each. Convention."""
_VISIBLE = 0.01
"""Share of the highest density below which a distribution is not seen. Convention."""
_LINEAR = 50
"""Errors up to which their axis is linear. Convention."""
_LANDSCAPE_MODELS = 6
"""Models from which on a scatter of them says more than their numbers. Convention."""
_NINES = {0.5: "50", 0.9: "90", 0.99: "99", 0.999: "99.9", 0.9999: "99.99", 0.99999: "99.999", 0.999999: "99.9999"}
"""Ticks of the confidence."""
_ROOM_FOR_NAMES = 1.2
"""Length of the axis of the refusal curve, in lengths of the longest line. Convention."""


HeadT = TypeVar("HeadT", bound=WithClasses)


class CalibrationVisualizer(BaseVisualizer[CalibrationResult]):
    """Errors expected and seen, reliability diagrams, confidence, calibration by class, uncertainty landscape."""

    def figures(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        if result.heads:
            yield from self._of_heads(result)
        yield from PositionVisualizer(self.theme, self.view).figures(result)
        yield from ClassVisualizer(self.theme, self.view).figures(result)
        yield from DistributionVisualizer(self.theme, self.view).figures(result)
        groups: dict[tuple[bool, tuple[str, ...]], list[WithClasses]] = {}
        every: tuple[WithClasses, ...] = (*self.view.shown(result.heads), *self.view.shown(result.multilabel))
        for one in every:
            groups.setdefault((isinstance(one, MultilabelCalibration), one.class_names), []).append(one)
        mirrored = 2
        several = [heads for (labels, names), heads in groups.items() if labels or len(names) > mirrored]
        for index, heads in enumerate(several):
            yield self._class_bias(result, self._few(heads), index)
        for index, heads in enumerate(groups.values()):
            yield self._class_ece(result, heads, index)
        if len(result.heads) >= _LANDSCAPE_MODELS:
            yield self._errors(result)

    def _of_heads(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the figures of heads whose classes exclude each other."""
        if any(head.bands for head in result.heads):
            yield self._expected(result)
        yield from self._refusal(result)
        yield self._reliability(result)
        if any(head.right for head in result.heads):
            yield self._confidence(result)

    def further(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the uncertainty landscape: the refusal curve says the same with a consequence."""
        if result.heads:
            yield self._landscape(result)

    def dashboard(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the distribution of confidence, and ECE against Brier score."""
        if result.heads:
            if any(head.right for head in result.heads):
                yield self._confidence(result)
            yield self._errors(result)

    def _where(self, result: CalibrationResult) -> str:
        return f"{result.split} split, n = {result.n:,}"

    # -------------------------------------------------------------------------------------- errors expected and seen

    def _expected(self, result: CalibrationResult) -> Figure:
        heads = self._few([head for head in result.heads if head.bands])
        bands = sorted({(band.low, band.high) for head in heads for band in head.bands})
        names = [titles.band_name(*ends) for ends in bands]
        return Figure(
            name="expected-errors",
            title=titles.expected_title(result, heads, self.view.decision.candidate),
            caption=(
                "Wrong predictions by confidence; at the right, of how many. Tick: the number that the confidence implies. Gray bars: "
                f"95{formatting.THIN}% of calibrated models have all their points inside."
                f"{self.view.rest(result.heads, heads)}"
            ),
            alt=" ".join(titles.expected_alt(head) for head in heads),
            panels=(Panel("Errors expected and seen", partial(self._draw_expected, heads, bands, names)),),
            panel_height=draw.rows_height(
                self.theme, len(bands), series=(1.35 if len(heads) < _MOST_TOGETHER else 1.6) * len(heads)
            ),
            tables=tuple(expected_errors(head) for head in heads),
        )

    def _few(self, heads: Sequence[HeadT]) -> tuple[HeadT, ...]:
        """Return the heads of the models of the decision; in a comparison of as many models as there is room for."""
        roles = tuple(head for head in heads if head.model in self.view.decision.models)
        return roles or self.view.shown(heads, _MOST_TOGETHER)

    def _draw_expected(
        self,
        heads: Sequence[HeadCalibration],
        bands: Sequence[tuple[float, float]],
        names: Sequence[str],
        ax: Axes,
    ) -> None:
        theme = self.theme
        found = [{(band.low, band.high): band for band in head.bands} for head in heads]
        columns = [[by_ends.get(ends) for ends in bands] for by_ends in found]
        nothing = np.full(len(bands), np.nan)
        series = [
            dots.Dots(
                values=[np.nan if band is None else band.errors for band in column],
                low=nothing,
                high=nothing,
                look=theme.look(head.model),
                label=figure_label(theme, head),
                range_low=[np.nan if band is None else or_nan(band.range_low) for band in column],
                range_high=[np.nan if band is None else or_nan(band.range_high) for band in column],
            )
            for head, column in zip(heads, columns, strict=True)
        ]
        places = dots.rows(ax, theme, names, series)
        for column, rows in zip(columns, places, strict=True):
            for band, row in zip(column, rows.tolist(), strict=True):
                if band is not None:
                    ax.plot(band.expected, row, "|", color=theme.ink, markersize=1.3 * theme.marker_size, zorder=2.5)
                    ax.annotate(
                        f"{band.errors:,} of {band.n:,}",
                        (1, row),
                        (theme.small_size / 2, 0),
                        xycoords=ax.get_yaxis_transform(),
                        textcoords="offset points",
                        annotation_clip=False,
                        va="center_baseline",
                        color=theme.muted,
                        size=0.85 * theme.small_size,
                    )
        largest = max(max(band.errors, band.expected, band.range_high or 0.0) for head in heads for band in head.bands)
        if largest > _LINEAR:
            ax.set_xscale("function", functions=(_signed_root, _signed_square))
        margin = 0.02 if largest <= _LINEAR else 0.02**2
        ax.set_xlim(-margin * largest, 1.05 * largest)
        scales.whole_numbers(ax, theme)
        ax.set_xlabel("errors" if largest <= _LINEAR else "errors (square-root scale)")
        ax.set_ylabel("confidence")

    # -------------------------------------------------------------------------------------- reliability

    def _reliability(self, result: CalibrationResult) -> Figure:
        heads = self.view.shown(result.heads)
        bins = "the bins of the ECE" if all(head.bands for head in heads) else "bins with equal numbers of examples"
        outside = {head: sum(point.outside for point in head.curve) for head in heads}
        return Figure(
            name="reliability",
            title=titles.outside_title(outside),
            caption=(
                f"Observed frequency against mean forecast in {bins}; the area of a point is its share of the rows. Lines: "
                f"95{formatting.THIN}% Wilson intervals, one point at a time. Gray bars: 95{formatting.THIN}% of calibrated models "
                f"have all their points inside.{self.view.rest(result.heads, heads)}"
            ),
            alt="; ".join(
                f"{about(head.model, head.subject)}: {count} of {len(head.curve)} points are outside the gray bars, the one with the "
                f"most rows is at forecast {formatting.fraction(most.forecast)} and frequency {formatting.fraction(most.frequency)}"
                for head, count in outside.items()
                for most in [max(head.curve, key=lambda point: point.n)]
            )
            + ".",
            panels=tuple(
                Panel(figure_label(self.theme, head), partial(self._draw_reliability, head, _lowest(heads)))
                for head in heads
            ),
            columns=min(_COLUMNS, len(heads)),
            tables=tuple(curve(head) for head in heads),
        )

    def _draw_reliability(self, head: HeadCalibration, low: float, ax: Axes) -> None:
        reliability.draw_curve(ax, self.theme, head.model, head.curve, low)
        ax.set_xlabel("confidence" if head.notion == "confidence" else "predicted probability")
        ax.set_ylabel("accuracy" if head.notion == "confidence" else "frequency")

    # -------------------------------------------------------------------------------------- confidence

    def _confidence(self, result: CalibrationResult) -> Figure:
        heads = self.view.shown(result.heads)
        drawn = [head for head in heads if head.right is not None and head.wrong is not None]
        return Figure(
            name="confidence",
            title=titles.confidence_title(drawn),
            caption=(
                "Distribution of the confidence, on the scale of log(1 - confidence): right predictions above the line, wrong ones below. "
                "Bar: interquartile range, point: median; where there are fewer than 30 predictions, each is a point. All have the "
                f"same height, however many they are.{self.view.rest(result.heads, heads)}"
            ),
            alt="; ".join(titles.confidence_alt(head) for head in drawn) + ".",
            panels=(Panel("Confidence distributions", partial(self._draw_confidence, drawn)),),
            panel_height=draw.rows_height(self.theme, 2 * len(drawn)),
        )

    def _draw_confidence(self, heads: Sequence[HeadCalibration], ax: Axes) -> None:
        theme = self.theme
        pairs = [(self._half(head, head.right), self._half(head, head.wrong)) for head in heads]
        draw.violins(ax, theme, [figure_label(theme, head) for head in heads], pairs)
        shapes = [one for pair in pairs for one in pair if one is not None]
        ax.set_xlim(min(map(_lowest_nines, heads)) - 0.1, max(map(_reach, shapes), default=1.0) + 0.1)
        left, right = ax.get_xlim()
        every = int(np.ceil(4.5 * theme.small_size * (right - left) / ax.bbox.width))
        kept = [tick for place, tick in enumerate(_NINES) if place % every == 0 and left <= _nines([tick])[0] <= right]
        ax.set_xticks(_nines(kept), [_NINES[tick] for tick in kept])
        ax.set_xlabel("confidence (%)")

    def _half(self, head: HeadCalibration, one: Confidences | None) -> draw.Violin | None:
        if one is None or one.quartiles is None:
            return None
        lower, median, upper = _nines(one.quartiles)
        color = self.theme.look(head.model).color
        return draw.Violin(one.grid, one.density, (lower, median, upper), color, _nines(one.values))

    # -------------------------------------------------------------------------------------- classes

    def _class_bias(self, result: CalibrationResult, heads: Sequence[WithClasses], index: int) -> Figure:
        names, every = self._clearest(result, heads), len(heads[0].class_names)
        fewer = (
            f" The {len(names)} classes with the smallest p-values; the others are in the table."
            if len(names) < every
            else ""
        )
        return Figure(
            name=naming.numbered("class-bias", index),
            title=self._bias_title(result, heads),
            caption="Mean probability minus frequency of each class, in points: above 0 the model overstates the class. Lines: "
            f"95{formatting.THIN}% intervals, one class at a time. Filled: beyond chance, by the interval and by the test adjusted for all classes.{fewer}"
            + self.view.rest(_alike(result, heads), heads),
            alt=" ".join(self._bias_alt(result, head) for head in heads),
            panels=(Panel("Class bias", partial(self._draw_bias, result, heads, names)),),
            panel_height=draw.rows_height(self.theme, len(names), series=len(heads)),
            tables=tuple(classes(result, head) for head in heads),
        )

    def _clearest(self, result: CalibrationResult, heads: Sequence[WithClasses]) -> list[str]:
        """Return the classes that have a row, in their order."""
        names = heads[0].class_names
        p_values = {name: min(titles.class_p(result, head, name) for head in heads) for name in names}
        chosen = sorted(names, key=lambda name: p_values[name])[:_MOST_CLASSES]
        return [name for name in names if name in chosen]

    def _draw_bias(
        self, result: CalibrationResult, heads: Sequence[WithClasses], names: Sequence[str], ax: Axes
    ) -> None:
        series = []
        for head in heads:
            found = [titles.of_class(result, "class_bias", head, name) for name in names]
            series.append(
                dots.Dots(
                    values=[100 * or_nan(one.value) for one in found],
                    low=[100 * or_nan(one.ci_low) for one in found],
                    high=[100 * or_nan(one.ci_high) for one in found],
                    look=self.theme.look(head.model),
                    label=figure_label(self.theme, head),
                    hollow=[not titles.established(result, head, name) for name in names],
                )
            )
        dots.rows(ax, self.theme, names, series)
        draw.reference_line(ax, self.theme, 0.0, "no bias", axis="x")
        ax.set_xlabel("class bias (points)")
        ax.set_ylabel("class")

    def _bias_title(self, result: CalibrationResult, heads: Sequence[WithClasses]) -> str:
        beyond = [
            (abs(float(required(titles.of_class(result, "class_bias", head, name).value))), head, name)
            for head in heads
            for name in head.class_names
            if titles.established(result, head, name)
        ]
        if not beyond:
            return "No bias of a class is established"
        _, head, name = max(beyond, key=lambda one: one[0])
        bias = titles.of_class(result, "class_bias", head, name)
        verb = "overstates" if required(bias.value) > 0 else "understates"
        size = (
            formatting.points(bias.model_copy(update={"value": abs(required(bias.value))}))
            .lstrip("+")
            .partition(" [")[0]
        )
        more = f" (largest of {len(beyond)} established biases)" if len(beyond) > 1 else ""
        return f"{about(head.model, head.subject)} {verb} class {name} by {size}{more}"

    def _bias_alt(self, result: CalibrationResult, head: WithClasses) -> str:
        biases = {name: titles.of_class(result, "class_bias", head, name) for name in head.class_names}
        lowest, highest = (pick(biases, key=lambda name: required(biases[name].value)) for pick in (min, max))
        return (
            f"{about(head.model, head.subject)}: from {formatting.points(biases[lowest])} for class {lowest} to "
            f"{formatting.points(biases[highest])} for class {highest}."
        )

    def _class_ece(self, result: CalibrationResult, heads: Sequence[WithClasses], index: int) -> Figure:
        names = heads[0].class_names
        worst = max(
            ((self._ece(result, head, name), name, head) for head in heads for name in names), key=lambda item: item[0]
        )
        return Figure(
            name=naming.numbered("class-ece", index),
            title=f"The largest ECE of a class is {formatting.number(worst[0], 'fraction')}: {worst[1]} in "
            f"{about(worst[2].model, worst[2].subject)}",
            caption="One-vs-rest ECE of the probability of each class; above 0 for a calibrated model too."
            + self.view.rest(_alike(result, heads), self.view.shown(_alike(result, heads))),
            alt=(
                f"It is largest for class {worst[1]} in {about(worst[2].model, worst[2].subject)}: "
                f"{formatting.number(worst[0], 'fraction')}."
            ),
            panels=(Panel("Per-class ECE", partial(self._draw_classes, result, heads)),),
            panel_height=draw.rows_height(self.theme, len(names), series=len(heads)),
            tables=tuple(classes(result, head) for head in heads),
        )

    def _draw_classes(self, result: CalibrationResult, heads: Sequence[WithClasses], ax: Axes) -> None:
        names = heads[0].class_names
        series = [
            draw.Bars(
                values=[self._ece(result, head, name) for name in names],
                color=self.theme.look(head.model).color,
                label=self.theme.look(head.model).label,
            )
            for head in heads
        ]
        handles = draw.bars(ax, self.theme, names, series)
        ax.set_xlabel("one-vs-rest ECE")
        ax.set_ylabel("class")
        if len(heads) > 1:
            draw.legend_above(ax, self.theme, handles)

    def _ece(self, result: CalibrationResult, head: WithClasses, name: str) -> float:
        return float(required(titles.of_class(result, "class_ece", head, name).value))

    # -------------------------------------------------------------------------------------- refusal

    def _refusal(self, result: CalibrationResult) -> Iterator[Figure]:
        """Yield the curves of the models that make errors, if there are any."""
        heads = self.view.shown(result.heads)
        lines = [(head, line) for head in heads if (line := titles.refusal_curve(head))]
        if not lines:
            return
        perfect = [about(head.model, head.subject) for head in heads if head.refusal and not head.refusal.risk[0]]
        yield Figure(
            name="refusal",
            title=titles.refusal_title(result, [head for head, _ in lines]),
            caption=(
                "Error rate of the rows that are left when the least confident ones are refused, on a log scale; "
                f"{self._where(result)}. A line ends where no error, or a tenth of the rows, is left."
                f"{f' Without errors: {formatting.listed(perfect)}.' if perfect else ''}{self.view.rest(result.heads, heads)}"
            ),
            alt=" ".join(titles.refusal_alt(result, head) for head, _ in lines),
            panels=(Panel("Errors among the rest", partial(self._draw_refusal, lines)),),
            panel_height=2.4,
        )

    def _draw_refusal(self, lines: Sequence[tuple[HeadCalibration, Sequence[Point]]], ax: Axes) -> None:
        theme = self.theme
        for head, line in lines:
            look = theme.look(head.model)
            x, y = zip(*line, strict=True)
            ax.plot(x, y, color=look.color, linestyle=look.linestyle)
            ax.plot(x[-1:], y[-1:], marker=look.marker, color=look.color, linestyle="none")
        corners = [corner for _, line in lines for corner in line]
        limit = 100 * (1 - WANTED_ACCURACY)
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        scales.logarithmic(ax, min(low, limit), max(high, limit))
        draw.reference_line(ax, theme, limit, f"{titles.WANTED} right")
        longest = max(x for x, _ in corners) or 1.0
        ax.set_xlim(-0.02 * longest, _ROOM_FOR_NAMES * longest)
        ax.margins(y=0.12)
        ax.set_xlabel("rows refused (%)")
        ax.set_ylabel("errors among the rest (%)")
        ends = [line[-1] for _, line in lines]
        beside.write(ax, theme, ends, [figure_label(theme, head) for head, _ in lines], free=corners)

    # -------------------------------------------------------------------------------------- landscape

    def _landscape(self, result: CalibrationResult) -> Figure:
        heads = self.view.shown(result.heads)
        means = ", ".join(
            f"{about(head.model, head.subject)} {formatting.number(value, 'nats')}"
            for head in heads
            if (value := result.find("mean_entropy", head.model, head.subject).value) is not None
        )
        largest = max(max(map(max, head.landscape.counts)) for head in heads)
        return Figure(
            name="landscape",
            title=f"Mean entropy: {means}",
            caption=(
                f"Examples by confidence and entropy; {self._where(result)}. Confident examples are at the lower right. "
                f"Color: 1 (dark) to {largest:,} (light) examples per cell, log scale.{self.view.rest(result.heads, heads)}"
            ),
            alt="; ".join(_landscape_alt(head) for head in heads) + ".",
            panels=tuple(
                Panel(figure_label(self.theme, head), partial(self._draw_landscape, largest, head)) for head in heads
            ),
            columns=min(_COLUMNS, len(heads)),
            panel_height=2.5,
        )

    def _draw_landscape(self, largest: int, head: HeadCalibration, ax: Axes) -> None:
        land = head.landscape
        counts = np.array(land.counts, float)
        counts[counts == 0] = np.nan
        ax.imshow(
            np.log10(counts),
            origin="lower",
            aspect="auto",
            interpolation="none",
            extent=(land.confidence_edges[0], land.confidence_edges[-1], land.entropy_edges[0], land.entropy_edges[-1]),
            vmin=0,
            vmax=np.log10(largest),
            cmap=self.theme.sequential,
        )
        ax.grid(visible=False)
        ax.set_xlabel("confidence")
        ax.set_ylabel("entropy (nats)")

    # -------------------------------------------------------------------------------------- ECE and Brier score

    def _errors(self, result: CalibrationResult) -> Figure:
        best = min(result.heads, key=lambda head: head.brier.value)
        ece = result.find("ece", best.model, best.subject)
        name = about(best.model, best.subject)
        return Figure(
            name="errors",
            title=f"{name} has the lowest Brier score of {len({head.model for head in result.heads})}"
            if len(result.heads) > 1
            else f"Brier score and ECE of {name}",
            caption=f"ECE against Brier score with its 95{formatting.THIN}% interval; the differences are not tested here. Lower left is "
            f"better; the axes do not start at 0.{draw.names_note(len(result.heads))}",
            alt=f"{name} has the lowest Brier score, {formatting.number(best.brier.value, '')}, "
            f"with an ECE of {formatting.metric(ece).text}.",
            panels=(Panel("Calibration landscape", partial(self._draw_errors, result)),),
        )

    def _draw_errors(self, result: CalibrationResult, ax: Axes) -> None:
        theme = self.theme
        points = []
        for head in sorted(result.heads, key=lambda head: head.brier.value):
            look = theme.look(head.model)
            ece = float(required(result.find("ece", head.model, head.subject).value))
            points.append(draw.NamedPoint(head.model, figure_label(theme, head), ece, head.brier.value))
            if head.brier.low is not None and head.brier.high is not None:
                ax.vlines(ece, head.brier.low, head.brier.high, color=look.color, linewidth=theme.line_width)
        draw.named_points(ax, theme, points)
        ax.set_xlabel("ECE")
        ax.set_ylabel("Brier score")
        draw.corner(ax, theme, "better")


def _alike(result: CalibrationResult, heads: Sequence[WithClasses]) -> Sequence[WithClasses]:
    """Return all heads of the kind of some of them."""
    return result.multilabel if isinstance(heads[0], MultilabelCalibration) else result.heads


def _landscape_alt(head: HeadCalibration) -> str:
    counts, edge = np.array(head.landscape.counts), head.landscape.confidence_edges[-2]
    share = formatting.fraction(float(counts[:, -1].sum() / counts.sum()))
    return f"{about(head.model, head.subject)}: {share} of the examples have a confidence of at least {edge:.2f}"


def _lowest(heads: Sequence[HeadCalibration]) -> float:
    """Return where the x axis of the reliability diagrams starts: the tenth below all points."""
    return float(np.floor(min(point.forecast for head in heads for point in head.curve) * 10) / 10)


def _nines(confidence: Sequence[float]) -> list[float]:
    """Return confidences on the scale on which they are drawn: the number of their nines, 6 at most."""
    return [float(-np.log10(max(1 - one, 1e-6))) for one in confidence]


def _lowest_nines(head: HeadCalibration) -> float:
    """Return where the distributions of a head begin."""
    sides = [one for one in (head.right, head.wrong) if one is not None]
    return min([one.grid[0] for one in sides if one.grid] + [min(_nines(one.values)) for one in sides if one.values])


def _reach(one: draw.Violin) -> float:
    """Return where a distribution ends for the eye."""
    if len(np.asarray(one.values)):
        return float(np.max(one.values))
    density = np.asarray(one.density, float)
    return float(np.asarray(one.grid, float)[density > _VISIBLE * density.max()].max())


def _signed_root(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sign(values) * np.sqrt(np.abs(values))


def _signed_square(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sign(values) * np.square(values)
