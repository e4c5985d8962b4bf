"""Figures of the performance section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import excludes_zero, or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject, about
from reportgen.figures import dots, draw, heatmap
from reportgen.sections.performance.dense.visualizer import DenseVisualizer
from reportgen.sections.performance.multilabel.visualizer import MultilabelVisualizer
from reportgen.sections.performance.regression.visualizer import RegressionVisualizer
from reportgen.sections.performance.schema import PerformanceResult
from reportgen.sections.performance.tables import by_class, confused
from reportgen.sections.performance.tiers import told_apart
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.sections.performance.schema import HeadPerformance

_COLUMNS = 2
_SMALL = 12
"""Maximum number of classes for which confusion matrices are placed side by side. Convention."""
_CROWDED = 20
"""Classes beyond which the confusion matrix is replaced by the most confused pairs. Convention."""
_MOST_CLASSES = 6
"""Maximum number of classes in the figure of differences: it stands on page one. Convention."""
_LOWEST_CLASSES = 20
"""Maximum number of classes in the figure of recall. Convention."""
_MOST_COMPARED = 3
"""Maximum number of models compared class by class. Convention."""


class PerformanceVisualizer(BaseVisualizer[PerformanceResult]):
    """Differences from the baseline, accuracy with intervals, recall by class, confusion matrices."""

    def figures(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from self._differences(result)
        measured = [one for one in result.named("accuracy") if one.metric.value is not None]
        if len(measured) > 1 and self.view.decision.candidate is None:
            yield self._accuracy(result, measured)
        yield from self._recalls(result)
        yield from self._confusions(result)
        yield from MultilabelVisualizer(self.theme, self.view).figures(result)
        yield from RegressionVisualizer(self.theme, self.view).figures(result)
        yield from DenseVisualizer(self.theme, self.view).figures(result)

    def _differences(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the differences between candidate and baseline, one figure for each head that they share."""
        if self.view.decision.pair is None:
            return
        candidate, baseline = self.view.decision.pair
        for index, head in enumerate(head for head in result.heads if head.model == candidate):
            versus = Subject.of("vs", baseline, within=head.subject)
            found = [one for one in result.named("accuracy_difference", candidate) if one.subject == versus]
            if found:
                yield self._forest(result, head, found[0].metric, index)

    def _forest(self, result: PerformanceResult, head: HeadPerformance, whole: Metric, index: int) -> Figure:
        candidate, baseline = self.view.decision.models
        classes = {
            name: metric
            for name in head.class_names
            for metric in (result.find_or_none("recall_difference", candidate, _class(head, name)),)
            if metric is not None
        }
        told = told_apart(classes)
        ranked = sorted(classes, key=lambda name: required(classes[name].value))
        shown = dots.extremes(ranked, _MOST_CLASSES)
        rest = len(ranked) - len(shown)
        better, worse = ([name for name in told if sign * required(classes[name].value) > 0] for sign in (1, -1))
        return Figure(
            name=naming.numbered("differences", index),
            title=_forest_title(head, whole, baseline, better, worse),
            caption="Rows right, candidate minus baseline, 95 % intervals; filled if distinguishable from 0 (classes: Holm-corrected)."
            + (f" {len(shown)} of {len(ranked)} classes." if rest else ""),
            alt=f"{candidate} minus {baseline}: {formatting.points(whole)} on all rows; by class from "
            + " to ".join(f"{formatting.points(classes[name])} for {name}" for name in (*ranked[:1], *ranked[-1:])),
            panels=(Panel("", partial(self._draw_forest, whole, {name: classes[name] for name in shown}, told)),),
            panel_height=dots.height(self.theme, len(shown) + 1),
        )

    def _draw_forest(self, whole: Metric, classes: dict[str, Metric], told: Sequence[str], ax: Axes) -> None:
        candidate, baseline = self.view.decision.models
        dots.forest(
            ax,
            self.theme,
            [dots.Difference.of(name, one) for name, one in (("all rows", whole), *classes.items())],
            scale=100,
            told=[excludes_zero(whole), *(name in told for name in classes)],
            sides=(f"{self.theme.look(baseline).label} better", f"{self.theme.look(candidate).label} better"),
        )
        ax.set_xlabel("points")

    def _accuracy(self, result: PerformanceResult, every: list[Measurement]) -> Figure:
        measured = sorted(self.view.listed(every, draw.MOST_NAMED), key=lambda one: -required(one.metric.value))
        names = [figure_label(self.theme, one) for one in measured]
        values = [formatting.fraction(required(one.metric.value)) for one in measured]
        return Figure(
            name="accuracy",
            title=_accuracy_title(result),
            caption=f"Accuracy with its 95 % Wilson interval, the highest first. Whether two models differ is decided by their paired difference, not by the overlap of intervals.{self.view.rest(every, measured)}",
            alt=f"{names[0]} has the highest accuracy, {values[0]}; "
            + ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True)),
            panels=(Panel("", partial(self._draw_accuracy, result, measured)),),
            panel_height=dots.height(self.theme, len(names), most=4.2),
        )

    def _draw_accuracy(self, result: PerformanceResult, measured: Sequence[Measurement], ax: Axes) -> None:
        theme = self.theme
        dots.models(ax, theme, [figure_label(theme, one) for one in measured], measured)
        lowest = min(required(one.metric.value if one.metric.ci_low is None else one.metric.ci_low) for one in measured)
        base = result.find("majority_accuracy", measured[0].model, measured[0].subject).value
        if base is not None and base >= lowest - 0.3:
            draw.reference_line(ax, theme, float(base), "majority baseline", axis="x")
        ax.set_xlabel("accuracy")

    def _confusions(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the matrices side by side where they are small, else one figure for each; none beyond 20 classes."""
        heads = [head for head in self.view.compared(result.heads, _MOST_COMPARED) if len(head.class_names) <= _CROWDED]
        small = all(len(head.class_names) <= _SMALL for head in heads)
        groups = [heads] if small else [[head] for head in heads]
        for group in groups:
            if group:
                yield self._confusion(result, group)

    def _confusion(self, result: PerformanceResult, heads: list[HeadPerformance]) -> Figure:
        alone = len(heads) == 1
        name = about(heads[0].model, heads[0].subject)
        return Figure(
            name=_slug(f"confusion-{name}") if alone else "confusion",
            title=_confusion_title(heads),
            caption="Counts; gray off the diagonal is the number of errors, from white (none) to dark."
            + self.view.rest(result.heads, heads),
            alt=" ".join(_confusion_alt(head) for head in heads),
            panels=tuple(Panel(figure_label(self.theme, head), partial(self._draw_confusion, head)) for head in heads),
            columns=min(_COLUMNS, len(heads)),
            panel_height=min(2.0 + 0.2 * len(heads[0].class_names), 6.5) if alone else 3.0,
            tables=tuple(confused(head) for head in heads if head.pairs),
        )

    def _draw_confusion(self, head: HeadPerformance, ax: Axes) -> None:
        counts = np.array(head.confusion)
        errors = counts.astype(float)
        np.fill_diagonal(errors, np.nan)
        heatmap.heatmap(
            ax,
            self.theme,
            errors,
            rows=head.class_names,
            columns=head.class_names,
            limits=(0.0, max(float(np.nanmax(errors)), 1.0)) if len(counts) > 1 else (0.0, 1.0),
            text=[[f"{count:,}" if count else "" for count in row] for row in head.confusion],
            palette="Greys",
        )
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")

    def _recalls(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield one figure for each set of classes."""
        groups: dict[tuple[str, ...], list[HeadPerformance]] = {}
        for head in self.view.compared(result.heads, _MOST_COMPARED):
            groups.setdefault(head.class_names, []).append(head)
        for index, heads in enumerate(groups.values()):
            yield self._recall(result, heads, index)

    def _recall(self, result: PerformanceResult, heads: list[HeadPerformance], index: int) -> Figure:
        first = heads[0]
        recalls = {
            name: [result.find("recall", head.model, _class(head, name)) for head in heads]
            for name in first.class_names
        }
        ranked = sorted(
            (name for name in recalls if recalls[name][0].value is not None),
            key=lambda name: required(recalls[name][0].value),
        )
        shown = ranked[:_LOWEST_CLASSES]
        rest = f" The {len(shown)} lowest of {len(ranked)} classes." if len(shown) < len(ranked) else ""
        lowest = f"{ranked[0]}, {formatting.fraction(required(recalls[ranked[0]][0].value))}" if ranked else "none"
        return Figure(
            name=naming.numbered("recall", index),
            title=f"{about(first.model, first.subject)} finds {ranked[0]} least often" if ranked else "Recall by class",
            caption=f"Share of the rows of each class that are predicted as that class, with 95 % intervals; the classes by {first.model}, the lowest first.{rest}"
            + self.view.rest(result.heads, heads),
            alt=f"Recall of {about(first.model, first.subject)} is lowest for class {lowest}.",
            panels=(Panel("", partial(self._draw_recall, heads, {name: recalls[name] for name in shown})),),
            panel_height=dots.height(self.theme, len(shown), most=3.4),
            tables=(by_class(result, heads),),
        )

    def _draw_recall(self, heads: list[HeadPerformance], recalls: dict[str, list[Metric]], ax: Axes) -> None:
        series = []
        for place, head in enumerate(heads):
            metrics = [of[place] for of in recalls.values()]
            look = self.theme.look(head.model)
            series.append(
                dots.Dots(
                    values=[or_nan(metric.value) for metric in metrics],
                    low=[or_nan(metric.ci_low) for metric in metrics],
                    high=[or_nan(metric.ci_high) for metric in metrics],
                    look=look,
                    label=look.label,
                )
            )
        dots.rows(ax, self.theme, list(recalls), series)
        low = self.view.limits.get("recall", (None, None))[0]
        if low is not None:
            draw.reference_line(ax, self.theme, low, f"check: at least {formatting.fraction(low)}", axis="x")
        ax.set_xlim(right=1.005)
        ax.set_xlabel("recall")


def _forest_title(
    head: HeadPerformance, whole: Metric, baseline: str, better: Sequence[str], worse: Sequence[str]
) -> str:
    """Return what the figure shows: all rows, then single classes."""
    who = about(head.model, head.subject)
    if not excludes_zero(whole):
        first = f"{who} and {baseline} cannot be told apart on all rows"
    else:
        first = f"{who} is right {'more' if required(whole.value) > 0 else 'less'} often than {baseline}"
    named = [f"{word} on {formatting.listed(names)}" for word, names in (("better", better), ("worse", worse)) if names]
    return f"{first}; {' and '.join(named)}" if named else f"{first}; no single class differs measurably"


def _accuracy_title(result: PerformanceResult) -> str:
    """Return which model is best, and whether others can be told from it."""
    tier = result.tiers[0] if len(result.tiers) == 1 else None
    if tier is None:
        return "Accuracy of the models"
    if not tier.tied:
        return f"{tier.best} is right most often"
    return f"{tier.best} is right most often, not distinguishable from {formatting.listed(tier.tied)}"


def _confusion_title(heads: Sequence[HeadPerformance]) -> str:
    """Return which classes a model confuses most often."""
    pairs = [(head.pairs[0], head) for head in heads if head.pairs]
    if not pairs:
        return "No class is predicted as another"
    pair, head = max(pairs, key=lambda one: one[0].count)
    return f"Most frequent confusion: {about(head.model, head.subject)} predicts {pair.true} as {pair.predicted}, {pair.count:,} of {sum(head.confusion[head.class_names.index(pair.true)]):,} times"


def _confusion_alt(head: HeadPerformance) -> str:
    errors = head.n - sum(row[index] for index, row in enumerate(head.confusion))
    text = f"{about(head.model, head.subject)}: {errors:,} of {head.n:,} examples are off the diagonal"
    if not head.pairs:
        return f"{text}."
    worst = head.pairs[0]
    return f"{text}; the most frequent confusion is {worst.true} predicted as {worst.predicted}, {worst.count:,} times."


def _class(head: HeadPerformance, name: str) -> str:
    return Subject.of("class", name, within=head.subject)


def _slug(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
