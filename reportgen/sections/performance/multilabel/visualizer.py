"""Figures of multilabel heads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject
from reportgen.figures import dots, draw
from reportgen.sections.performance.multilabel import titles
from reportgen.sections.performance.multilabel.tables import by_class
from reportgen.sections.performance.multilabel_schema import MultilabelResult
from reportgen.sections.performance.tiers import excludes_zero, told_apart
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance

_MOST_COMPARED = 3
"""Maximum number of models compared class by class. Convention."""
_MOST_IN_FRONT = 6
"""Maximum number of classes in the figure of differences: it stands on page one. Convention."""
_LOWEST = 20
"""Maximum number of classes in the figure of F1. Convention."""


class MultilabelVisualizer(BaseVisualizer[MultilabelResult]):
    """Differences from the baseline, micro F1 with intervals, F1 by class."""

    def figures(self, result: MultilabelResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from self._differences(result)
        groups: dict[tuple[str | None, tuple[str, ...]], list[MultilabelPerformance]] = {}
        for one in result.multilabel:
            groups.setdefault((one.subject, one.class_names), []).append(one)
        for index, tier in enumerate(result.multilabel_tiers):
            if self.view.decision.candidate is None:
                yield self._ranked(result, tier.subject, _numbered("multilabel", index))
        for index, heads in enumerate(groups.values()):
            shown = self._compared(heads)
            if titles.scores_of_examples(result, shown[0]):
                yield self._classes(result, shown, _numbered("class-f1", index), self.view.rest(heads, shown))

    def _compared(self, heads: Sequence[MultilabelPerformance]) -> tuple[MultilabelPerformance, ...]:
        """Return the candidate and its baseline, or a few models."""
        roles = self.view.decision.models
        of_roles = sorted((one for one in heads if one.model in roles), key=lambda one: roles.index(one.model))
        return tuple(of_roles) or self.view.shown(heads, _MOST_COMPARED)

    # -------------------------------------------------------------------------------------- paired differences

    def _differences(self, result: MultilabelResult) -> Iterator[Figure]:
        """Yield the differences between candidate and baseline, one figure for each head that they share."""
        if self.view.decision.pair is None:
            return
        candidate, baseline = self.view.decision.pair
        for index, one in enumerate(one for one in result.multilabel if one.model == candidate):
            versus = Subject.of("vs", baseline, within=one.subject)
            whole = result.find_or_none("micro_f1_difference", candidate, versus)
            if whole is not None and whole.value is not None:
                yield self._forest(result, one, whole, _numbered("multilabel-differences", index))

    def _forest(self, result: MultilabelResult, one: MultilabelPerformance, whole: Metric, figure: str) -> Figure:
        candidate, baseline = self.view.decision.models
        found = titles.by_class(result, one, "f1_difference")
        apart = told_apart(found)
        ranked = list(found)
        half = _MOST_IN_FRONT // 2
        chosen = ranked if len(ranked) <= _MOST_IN_FRONT else [*ranked[:half], *ranked[-half:]]
        better, worse = ([name for name in apart if sign * required(found[name].value) > 0] for sign in (1, -1))
        rest = f" {len(chosen)} of {len(one.class_names)} classes." if len(chosen) < len(one.class_names) else ""
        return Figure(
            name=figure,
            title=titles.forest(one, whole, baseline, better, worse),
            caption="F1, candidate minus baseline, 95 % intervals over rows; filled if distinguishable from 0 (classes: Holm-corrected)."
            + rest,
            alt=f"{candidate} minus {baseline}: micro F1 {formatting.points(whole)}"
            + "".join(f"; {name} {formatting.points(found[name])}" for name in (*ranked[:1], *ranked[1:][-1:]))
            + ".",
            panels=(Panel("", partial(self._draw_forest, whole, {name: found[name] for name in chosen}, apart)),),
            panel_height=dots.height(self.theme, len(chosen) + 1),
        )

    def _draw_forest(self, whole: Metric, classes: Mapping[str, Metric], apart: Sequence[str], ax: Axes) -> None:
        metrics = [whole, *classes.values()]
        candidate, baseline = self.view.decision.models
        dots.forest(
            ax,
            self.theme,
            ["all classes (micro)", *classes],
            values=[100 * or_nan(one.value) for one in metrics],
            low=[100 * or_nan(one.ci_low) for one in metrics],
            high=[100 * or_nan(one.ci_high) for one in metrics],
            told=[excludes_zero(whole), *(name in apart for name in classes)],
            sides=(f"{self.theme.look(baseline).label} better", f"{self.theme.look(candidate).label} better"),
        )
        ax.set_xlabel("difference in F1 (points)")

    # -------------------------------------------------------------------------------------- models of a comparison

    def _ranked(self, result: MultilabelResult, subject: str | None, figure: str) -> Figure:
        every = [one for one in result.named("micro_f1") if one.subject == subject and one.metric.value is not None]
        measured = sorted(self.view.listed(every, draw.MOST_NAMED), key=lambda one: -required(one.metric.value))
        return Figure(
            name=figure,
            title=titles.ranked(result, subject),
            caption="Micro F1 with its 95 % interval over rows, the highest first. Whether two models differ is decided by their paired difference, not by the "
            f"overlap of intervals.{self.view.rest(every, measured)}",
            alt="Micro F1 " + ", ".join(f"{one.model} {formatting.metric(one.metric).text}" for one in measured) + ".",
            panels=(Panel("", partial(self._draw_ranked, measured)),),
            panel_height=dots.height(self.theme, len(measured), most=4.2),
        )

    def _draw_ranked(self, measured: Sequence[Measurement], ax: Axes) -> None:
        dots.models(ax, self.theme, [figure_label(self.theme, one) for one in measured], measured)
        ax.set_xlabel("micro F1")

    # -------------------------------------------------------------------------------------- classes

    def _classes(
        self, result: MultilabelResult, heads: Sequence[MultilabelPerformance], figure: str, omitted: str
    ) -> Figure:
        first = heads[0]
        ranked = titles.scores_of_examples(result, first)
        shown = list(ranked)[:_LOWEST]
        rest = (
            f" The {len(shown)} lowest of {len(first.class_names)} classes."
            if len(shown) < len(first.class_names)
            else ""
        )
        return Figure(
            name=figure,
            title=titles.classes(first, ranked),
            caption=f"F1 of each class at the threshold {first.threshold:g} with 95 % intervals; the classes by {first.model}, the lowest first.{rest}{omitted}",
            alt=" ".join(titles.classes_alt(one, titles.scores_of_examples(result, one)) for one in heads),
            panels=(Panel("", partial(self._draw_classes, result, heads, shown)),),
            panel_height=dots.height(self.theme, len(shown), most=3.4),
            tables=(by_class(result, heads),),
        )

    def _draw_classes(
        self, result: MultilabelResult, heads: Sequence[MultilabelPerformance], names: Sequence[str], ax: Axes
    ) -> None:
        series = []
        for one in heads:
            metrics = [result.find("f1", one.model, titles.of_class(one, name)) for name in names]
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
        low = self.view.limits.get("f1", (None, None))[0]
        if low is not None:
            draw.reference_line(ax, self.theme, low, f"check: at least {formatting.fraction(low)}", axis="x")
        ax.set_xlim(-0.005, 1.005)
        ax.set_xlabel("F1")


def _numbered(name: str, index: int) -> str:
    return name if index == 0 else f"{name}-{index + 1}"
