"""Figures of predicted values."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.figures import dots
from reportgen.sections.performance.regression import titles
from reportgen.sections.performance.regression.findings import biased_bins
from reportgen.sections.performance.regression.tables import bands, bins, quantiles, span
from reportgen.sections.performance.regression_schema import told
from reportgen.sections.performance.scores import MOST_COMPARED, Parts, ScoreVisualizer
from reportgen.sections.performance.scoring import VALUES
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.focus import View
    from reportgen.contract.theme import Theme
    from reportgen.sections.performance.regression_schema import ValuePerformance
    from reportgen.sections.performance.schema import PerformanceResult


class RegressionVisualizer(ScoreVisualizer["ValuePerformance"]):
    """Differences from the baseline, MAE with intervals, observed against predicted, errors by prediction, their quantiles."""

    def __init__(self, theme: Theme, view: View) -> None:
        super().__init__(theme, view, VALUES)

    def figures(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from super().figures(result)
        groups: dict[str | None, list[ValuePerformance]] = {}
        for one in result.values:
            groups.setdefault(one.subject, []).append(one)
        for index, values in enumerate(groups.values()):
            shown = self._compared(result, values)
            if not shown:
                continue
            rest = self.view.rest(values, shown)
            yield self._observed(result, shown, naming.numbered("observed", index), rest)
            if any(one.bins for one in shown):
                yield self._residuals(result, shown, naming.numbered("residuals", index), rest)
            if any(one.normal for one in shown):
                yield self._quantiles(shown, naming.numbered("quantiles", index), rest)

    def parts(self, _result: PerformanceResult, one: ValuePerformance, baseline: str) -> Parts:
        """Return the differences of the quarters of the rows by label."""
        apart = told(one.bands)
        rows = {f"labels {span(band.low, band.high)}": band for band in one.bands}
        return Parts(
            rows=[dots.Difference(name, band.difference, band.ci_low, band.ci_high) for name, band in rows.items()],
            told=[name for name, band in rows.items() if band in apart],
            kind="quarters of the rows by label",
            title=titles.bands_apart(one, apart),
            which="",
            alt="".join(f"; {name}: {band.difference:+.3g}" for name, band in rows.items()),
            tables=(bands(one, baseline),) if one.bands else (),
        )

    def _compared(self, result: PerformanceResult, values: Sequence[ValuePerformance]) -> tuple[ValuePerformance, ...]:
        """Return the candidate and its baseline, or a few models, the best first."""
        best = [model for tier in result.value_tiers if tier.subject == values[0].subject for model in tier.leaders]
        ranked = sorted(values, key=lambda one: one.model not in best)
        return self.view.compared(ranked, MOST_COMPARED)

    # -------------------------------------------------------------------------------------- labels and errors by prediction

    def _observed(self, result: PerformanceResult, values: Sequence[ValuePerformance], name: str, rest: str) -> Figure:
        sampled = len(values[0].labels)
        which = (
            f"A random sample of {sampled:,} of {values[0].n:,} rows"
            if sampled < values[0].n
            else f"All {sampled:,} rows"
        )
        return Figure(
            name=name,
            title=titles.observed(result, values[0]),
            caption=f"{which}; on the line the prediction is the label.{rest}",
            alt=" ".join(titles.observed_alt(result, one) for one in values),
            panels=tuple(
                Panel(figure_label(self.theme, one), partial(self._draw_observed, values, one)) for one in values
            ),
            columns=len(values),
            panel_height=2.0,
        )

    def _draw_observed(self, values: Sequence[ValuePerformance], one: ValuePerformance, ax: Axes) -> None:
        theme = self.theme
        look = theme.look(one.model)
        ends = [end(column) for shown in values for column in (shown.labels, shown.predictions) for end in (min, max)]
        margin = 0.04 * (max(ends) - min(ends)) or 1.0
        ax.plot(
            one.predictions,
            one.labels,
            look.marker,
            markersize=0.6 * theme.marker_size,
            markerfacecolor=theme.tint(look.color, 0.35),
            markeredgecolor=look.color,
            markeredgewidth=0.5 * theme.line_width,
        )
        ax.axline((0, 0), slope=1, color=theme.ink, linewidth=0.8 * theme.line_width, zorder=2.5)
        for limit in (ax.set_xlim, ax.set_ylim):
            limit(min(ends) - margin, max(ends) + margin)
        ax.set_xlabel("prediction")
        ax.set_ylabel("label")

    def _residuals(self, result: PerformanceResult, values: Sequence[ValuePerformance], name: str, rest: str) -> Figure:
        return Figure(
            name=name,
            title=titles.residuals(result, values[0]),
            caption="Prediction minus label, in bins of equally many rows by prediction. Gray: the middle 80 % of the errors. Point: their mean with its 95 % interval, "
            f"filled if distinguishable from 0 (Holm-corrected over the bins).{rest}",
            alt=" ".join(titles.residuals_alt(one) for one in values),
            panels=tuple(
                Panel(figure_label(self.theme, one), partial(self._draw_residuals, values, one)) for one in values
            ),
            columns=len(values),
            panel_height=2.2,
            tables=tuple(bins(one) for one in values if one.bins),
        )

    def _draw_residuals(self, values: Sequence[ValuePerformance], one: ValuePerformance, ax: Axes) -> None:
        theme = self.theme
        look, biased = theme.look(one.model), biased_bins(one)
        ax.axhline(0, color=theme.ink, linewidth=0.8 * theme.line_width)
        for found in one.bins:
            ax.vlines(found.center, found.lower, found.upper, color=dots.RANGE, linewidth=3.5 * theme.line_width)
            if found.ci_low is not None and found.ci_high is not None:
                ax.vlines(found.center, found.ci_low, found.ci_high, color=look.color, linewidth=theme.line_width)
            face = look.color if found in biased else theme.paper
            ax.plot(found.center, found.bias, look.marker, color=look.color, markerfacecolor=face)
        every = [found for shown in values for found in shown.bins]
        ends = [end for found in every for end in (found.lower, found.upper, found.ci_low, found.ci_high, found.bias)]
        reach = 1.1 * max((abs(end) for end in ends if end is not None), default=1.0) or 1.0
        ax.set_ylim(-reach, reach)
        ax.set_xlabel("prediction")
        ax.set_ylabel("prediction − label")

    def _quantiles(self, values: Sequence[ValuePerformance], name: str, rest: str) -> Figure:
        return Figure(
            name=name,
            title=titles.quantiles(values[0]),
            caption="Quantiles of the errors, less their mean, over their standard deviation, against those of a normal distribution; on the line the errors are normal. "
            f"The ends rest on single rows.{rest}",
            alt=" ".join(f"{titles.quantiles(one)}." for one in values),
            panels=tuple(Panel(figure_label(self.theme, one), partial(self._draw_quantiles, one)) for one in values),
            columns=len(values),
            panel_height=2.2,
            tables=tuple(quantiles(one) for one in values),
        )

    def _draw_quantiles(self, one: ValuePerformance, ax: Axes) -> None:
        theme = self.theme
        look = theme.look(one.model)
        ax.axline((0, 0), slope=1, color=theme.ink, linewidth=0.8 * theme.line_width)
        ax.plot(one.normal, one.standardized, look.marker, color=look.color, markersize=0.6 * theme.marker_size)
        ax.set_xlabel("normal quantile")
        ax.set_ylabel("quantile of the errors")
