"""Figures of predicted values."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import excludes_zero, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject
from reportgen.figures import dots, draw
from reportgen.sections.performance.regression import titles
from reportgen.sections.performance.regression.findings import biased_bins
from reportgen.sections.performance.regression.schema import RegressionResult, told
from reportgen.sections.performance.regression.tables import bands, bins, quantiles, span
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.sections.performance.regression.schema import LabelBand, ValuePerformance

_MOST_COMPARED = 3
"""Maximum number of models with a panel each, side by side. Convention."""


class RegressionVisualizer(BaseVisualizer[RegressionResult]):
    """Differences from the baseline, MAE with intervals, observed against predicted, errors by prediction, their quantiles."""

    def figures(self, result: RegressionResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from self._differences(result)
        groups: dict[str | None, list[ValuePerformance]] = {}
        for one in result.values:
            groups.setdefault(one.subject, []).append(one)
        for subject, values in groups.items():
            if len(values) > 1 and self.view.decision.candidate is None:
                yield self._ranked(result, subject, naming.numbered("values", list(groups).index(subject)))
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

    def _compared(self, result: RegressionResult, values: Sequence[ValuePerformance]) -> tuple[ValuePerformance, ...]:
        """Return the candidate and its baseline, or a few models, the best first."""
        best = [tier.best for tier in result.value_tiers if tier.subject == values[0].subject]
        ranked = sorted(values, key=lambda one: one.model not in best)
        return self.view.compared(ranked, _MOST_COMPARED)

    # -------------------------------------------------------------------------------------- paired differences

    def _differences(self, result: RegressionResult) -> Iterator[Figure]:
        """Yield the differences between candidate and baseline, one figure for each value that both predict."""
        if self.view.decision.pair is None:
            return
        candidate, baseline = self.view.decision.pair
        own = [one for one in result.values if one.model == candidate]
        for index, one in enumerate(own):
            whole = result.find_or_none("mae_difference", candidate, Subject.of("vs", baseline, within=one.subject))
            if whole is not None:
                yield self._forest(one, whole, naming.numbered("value-differences", index))

    def _forest(self, one: ValuePerformance, whole: Metric, name: str) -> Figure:
        candidate, baseline = self.view.decision.models
        apart = told(one.bands)
        return Figure(
            name=name,
            title=titles.forest(one, whole, baseline, apart),
            caption="Mean absolute error, candidate minus baseline, 95 % intervals; filled if distinguishable from 0 (quarters of the rows by label: Holm-corrected).",
            alt=f"{candidate} minus {baseline}: MAE {titles.signed(whole)} on all rows"
            + "".join(f"; labels {span(band.low, band.high)}: {band.difference:+.3g}" for band in one.bands)
            + ".",
            panels=(Panel("", partial(self._draw_forest, one, whole, apart)),),
            panel_height=dots.height(self.theme, len(one.bands) + 1),
            tables=(bands(one, baseline),) if one.bands else (),
        )

    def _draw_forest(self, one: ValuePerformance, whole: Metric, apart: Sequence[LabelBand], ax: Axes) -> None:
        candidate, baseline = self.view.decision.models
        dots.forest(
            ax,
            self.theme,
            [
                dots.Difference.of("all rows", whole),
                *(
                    dots.Difference(f"labels {span(band.low, band.high)}", band.difference, band.ci_low, band.ci_high)
                    for band in one.bands
                ),
            ],
            told=[excludes_zero(whole), *(band in apart for band in one.bands)],
            sides=(f"{self.theme.look(candidate).label} better", f"{self.theme.look(baseline).label} better"),
        )
        ax.set_xlabel("difference in MAE, in the unit of the label")

    # -------------------------------------------------------------------------------------- models of a comparison

    def _ranked(self, result: RegressionResult, subject: str | None, name: str) -> Figure:
        every = [one for one in result.named("mae") if one.subject == subject and one.metric.value is not None]
        measured = sorted(self.view.listed(every, draw.MOST_NAMED), key=lambda one: required(one.metric.value))
        return Figure(
            name=name,
            title=titles.ranked(result, subject),
            caption="Mean absolute error with its 95 % interval, the lowest first. Whether two models differ is decided by their paired difference, not by the "
            f"overlap of intervals.{self.view.rest(every, measured)}",
            alt="MAE " + ", ".join(f"{one.model} {titles.number(one.metric)}" for one in measured) + ".",
            panels=(Panel("", partial(self._draw_ranked, measured)),),
            panel_height=dots.height(self.theme, len(measured), most=4.2),
        )

    def _draw_ranked(self, measured: Sequence[Measurement], ax: Axes) -> None:
        dots.models(ax, self.theme, [figure_label(self.theme, one) for one in measured], measured)
        ax.set_xlabel("MAE, in the unit of the label")

    # -------------------------------------------------------------------------------------- labels and errors by prediction

    def _observed(self, result: RegressionResult, values: Sequence[ValuePerformance], name: str, rest: str) -> Figure:
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

    def _residuals(self, result: RegressionResult, values: Sequence[ValuePerformance], name: str, rest: str) -> Figure:
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
