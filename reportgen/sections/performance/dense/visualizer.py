"""Figures of segmentation and sequence labeling."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import excludes_zero, or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject
from reportgen.figures import dots, draw, heatmap
from reportgen.sections.performance.dense import titles
from reportgen.sections.performance.dense.tables import by_class
from reportgen.sections.performance.dense_schema import DenseResult
from reportgen.sections.performance.tiers import told_apart
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.numbers import Measurement, Metric, MetricSpec
    from reportgen.sections.performance.dense_schema import DensePerformance
    from reportgen.sections.performance.tiers import Tier

_MOST_COMPARED = 3
"""Maximum number of models compared class by class. Convention."""
_MOST_IN_FRONT = 6
"""Maximum number of classes in the figure of differences: it stands on page one. Convention."""
_LOWEST = 20
"""Maximum number of classes in the figure of scores. Convention."""
_SMALL, _CROWDED = 12, 20
"""Maximum number of classes for which confusion matrices are placed side by side, and for which there is one. Convention."""


class DenseVisualizer(BaseVisualizer[DenseResult]):
    """Differences from the baseline, scores with intervals, scores by class, confusion matrices."""

    def figures(self, result: DenseResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from self._differences(result)
        if self.view.decision.candidate is None:
            for index, tier in enumerate(result.dense_tiers):
                yield self._ranked(result, tier, naming.numbered("dense", index))
        groups: dict[tuple[str | None, str, tuple[str, ...]], list[DensePerformance]] = {}
        for one in result.dense:
            groups.setdefault((one.subject, one.task, one.class_names), []).append(one)
        compared = [(heads, self.view.compared(heads, _MOST_COMPARED)) for heads in groups.values()]
        for index, (heads, shown) in enumerate(compared):
            if titles.by_class(result, shown[0], titles.kind(shown[0]).of_class):
                yield self._classes(
                    result, shown, naming.numbered("dense-classes", index), self.view.rest(heads, shown)
                )
        matrices = [
            (part, self.view.rest(heads, shown))
            for heads, shown in compared
            for part in ([shown] if len(shown[0].class_names) <= _SMALL else [(one,) for one in shown])
            if len(shown[0].class_names) <= _CROWDED
        ]
        for index, (part, omitted) in enumerate(matrices):
            yield self._confusion(part, naming.numbered("dense-confusion", index), omitted)

    # -------------------------------------------------------------------------------------- paired differences

    def _differences(self, result: DenseResult) -> Iterator[Figure]:
        """Yield the differences between candidate and baseline, one figure for each head that they share."""
        if self.view.decision.pair is None:
            return
        candidate, baseline = self.view.decision.pair
        for index, one in enumerate(one for one in result.dense if one.model == candidate):
            versus = Subject.of("vs", baseline, within=one.subject)
            whole = result.find_or_none(titles.kind(one).difference.name, candidate, versus)
            if whole is not None and whole.value is not None:
                yield self._forest(result, one, whole, naming.numbered("dense-differences", index))

    def _forest(self, result: DenseResult, one: DensePerformance, whole: Metric, figure: str) -> Figure:
        candidate, baseline = self.view.decision.models
        kind = titles.kind(one)
        found = titles.by_class(result, one, kind.class_difference.name)
        apart, ranked = told_apart(found), list(found)
        chosen = dots.extremes(ranked, _MOST_IN_FRONT)
        better, worse = ([name for name in apart if sign * required(found[name].value) > 0] for sign in (1, -1))
        rest = f" {len(chosen)} of {len(one.class_names)} classes." if len(chosen) < len(one.class_names) else ""
        return Figure(
            name=figure,
            title=titles.forest(one, whole, baseline, better, worse),
            caption=f"{kind.main.title}, and {titles.score(one)} by class, candidate minus baseline, 95 % intervals over {kind.units}; filled if "
            f"distinguishable from 0 (classes: Holm-corrected).{rest}",
            alt=f"{candidate} minus {baseline}: {titles.called(kind.main)} {formatting.points(whole)}"
            + "".join(f"; {name} {formatting.points(found[name])}" for name in (*ranked[:1], *ranked[1:][-1:]))
            + ".",
            panels=(Panel("", partial(self._draw_forest, one, whole, {name: found[name] for name in chosen}, apart)),),
            panel_height=dots.height(self.theme, len(chosen) + 1),
        )

    def _draw_forest(
        self,
        one: DensePerformance,
        whole: Metric,
        classes: Mapping[str, Metric],
        apart: Sequence[str],
        ax: Axes,
    ) -> None:
        candidate, baseline = self.view.decision.models
        dots.forest(
            ax,
            self.theme,
            [
                dots.Difference.of(name, metric)
                for name, metric in ((titles.called(titles.kind(one).main), whole), *classes.items())
            ],
            scale=100,
            told=[excludes_zero(whole), *(name in apart for name in classes)],
            sides=(f"{self.theme.look(baseline).label} better", f"{self.theme.look(candidate).label} better"),
        )
        ax.set_xlabel(f"difference (points; classes: {titles.score(one)})")

    # -------------------------------------------------------------------------------------- models of a comparison

    def _ranked(self, result: DenseResult, tier: Tier, figure: str) -> Figure:
        best = next(one for one in result.dense if (one.model, one.subject) == (tier.best, tier.subject))
        kind = titles.kind(best)
        named = result.named(kind.main.name)
        every = [one for one in named if one.subject == tier.subject and one.metric.value is not None]
        measured = sorted(self.view.listed(every, draw.MOST_NAMED), key=lambda one: -required(one.metric.value))
        return Figure(
            name=figure,
            title=titles.ranked(tier, kind.main),
            caption=f"{kind.main.title} with its 95 % interval over {kind.units}, the highest first. Whether two models differ is decided by their paired "
            f"difference, not by the overlap of intervals.{self.view.rest(every, measured)}",
            alt=f"{kind.main.title} "
            + ", ".join(f"{one.model} {formatting.metric(one.metric).text}" for one in measured)
            + ".",
            panels=(Panel("", partial(self._draw_ranked, kind.main, measured)),),
            panel_height=dots.height(self.theme, len(measured), most=4.2),
        )

    def _draw_ranked(self, main: MetricSpec, measured: Sequence[Measurement], ax: Axes) -> None:
        dots.models(ax, self.theme, [figure_label(self.theme, one) for one in measured], measured)
        ax.set_xlabel(titles.called(main))

    # -------------------------------------------------------------------------------------- classes

    def _classes(self, result: DenseResult, heads: Sequence[DensePerformance], figure: str, omitted: str) -> Figure:
        first = heads[0]
        kind = titles.kind(first)
        ranked = titles.by_class(result, first, kind.of_class)
        shown = list(ranked)[:_LOWEST]
        rest = f" The {len(shown)} lowest of {len(ranked)} classes." if len(shown) < len(ranked) else ""
        return Figure(
            name=figure,
            title=titles.classes(first, ranked),
            caption=f"{titles.score(first)} of each class with 95 % intervals over {kind.units}; the classes by {first.model}, the lowest first.{rest}{omitted}",
            alt=" ".join(titles.classes_alt(one, titles.by_class(result, one, kind.of_class)) for one in heads),
            panels=(Panel("", partial(self._draw_classes, result, heads, shown)),),
            panel_height=dots.height(self.theme, len(shown), most=3.4),
            tables=(by_class(result, heads),),
        )

    def _draw_classes(
        self, result: DenseResult, heads: Sequence[DensePerformance], names: Sequence[str], ax: Axes
    ) -> None:
        score = titles.kind(heads[0]).of_class
        series = []
        for one in heads:
            metrics = [result.find(score, one.model, titles.of_class(one, name)) for name in names]
            look = self.theme.look(one.model)
            series.append(
                dots.Dots(
                    values=[or_nan(metric.value) for metric in metrics],
                    low=[or_nan(metric.ci_low) for metric in metrics],
                    high=[or_nan(metric.ci_high) for metric in metrics],
                    look=look,
                    label=look.label,
                )
            )
        dots.rows(ax, self.theme, names, series)
        low = self.view.limits.get(score, (None, None))[0]
        if low is not None:
            draw.reference_line(ax, self.theme, low, f"check: at least {formatting.fraction(low)}", axis="x")
        ax.set_xlim(-0.005, 1.005)
        ax.set_xlabel(titles.score(heads[0]))

    # -------------------------------------------------------------------------------------- confusion

    def _confusion(self, heads: Sequence[DensePerformance], figure: str, omitted: str) -> Figure:
        first = heads[0]
        alone = len(heads) == 1
        return Figure(
            name=figure,
            title=titles.confusion(heads),
            caption=f"Percent of the {titles.kind(first).positions} of each class, by row; gray off the diagonal is the share that is wrong, from white (none) to dark."
            + omitted,
            alt=" ".join(titles.confusion_alt(one) for one in heads),
            panels=tuple(Panel(figure_label(self.theme, one), partial(self._draw_confusion, one)) for one in heads),
            columns=1 if alone else 2,
            panel_height=min(2.0 + 0.2 * len(first.class_names), 6.5) if alone else 3.0,
        )

    def _draw_confusion(self, one: DensePerformance, ax: Axes) -> None:
        counts = np.array(one.confusion, dtype=np.float64)
        total = counts.sum(axis=1, keepdims=True)
        shares = np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)
        wrong = shares.copy()
        np.fill_diagonal(wrong, np.nan)
        heatmap.heatmap(
            ax,
            self.theme,
            wrong,
            rows=one.class_names,
            columns=one.class_names,
            limits=(0.0, max(float(np.nanmax(wrong, initial=0.0)), 0.01)),
            text=[[_percent(share) for share in row] for row in shares.tolist()],
            palette="Greys",
        )
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")


def _percent(share: float) -> str:
    """Return a share in percent for a cell; nothing for none, so that errors stand out."""
    if share == 0 or np.isnan(share):
        return ""
    return "<0.1" if share < 0.001 else f"{100 * share:.1f}"  # noqa: PLR2004 one decimal
