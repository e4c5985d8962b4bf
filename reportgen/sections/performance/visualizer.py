"""Figures of the performance section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import or_nan, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject, about
from reportgen.figures import draw
from reportgen.sections.performance.schema import PerformanceResult
from reportgen.sections.performance.tables import confused, per_class
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.numbers import Measurement
    from reportgen.sections.performance.schema import HeadPerformance

_COLUMNS = 2
_SMALL = 12
"""Maximum number of classes for which confusion matrices are placed side by side. Convention."""
_CROWDED = 40
"""Classes beyond which the cells of a confusion matrix have no counts. Convention."""


class PerformanceVisualizer(BaseVisualizer[PerformanceResult]):
    """Accuracy with intervals, confusion matrices, recall by class."""

    def figures(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        measured = [one for one in result.named("accuracy") if one.metric.value is not None]
        if measured:
            yield self._accuracy(result, measured)
        yield from self._confusions(result)
        groups: dict[tuple[str, ...], list[HeadPerformance]] = {}
        for head in self.view.shown(result.heads):
            groups.setdefault(head.class_names, []).append(head)
        for index, heads in enumerate(groups.values()):
            yield self._recall(result, heads, index)

    def _accuracy(self, result: PerformanceResult, every: list[Measurement]) -> Figure:
        measured = self.view.listed(every, draw.MOST_NAMED)
        names = [figure_label(self.theme, one) for one in measured]
        values = [formatting.fraction(required(one.metric.value)) for one in measured]
        best = max(range(len(measured)), key=lambda index: required(measured[index].metric.value))
        return Figure(
            name="accuracy",
            title="Accuracy",
            caption=f"Accuracy with its 95 % Wilson interval; {result.split} split, n = {result.n:,}.{self.view.rest(every, measured)}",
            alt=f"{names[best]} has the highest accuracy, {values[best]}; "
            + ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True)),
            panels=(Panel("Accuracy", partial(self._draw_accuracy, result, measured)),),
            panel_height=draw.rows_height(self.theme, len(names)),
        )

    def _draw_accuracy(self, result: PerformanceResult, measured: Sequence[Measurement], ax: Axes) -> None:
        theme = self.theme
        lowest = 1.0
        for place, one in enumerate(measured):
            metric, look = one.metric, theme.look(one.model)
            if metric.value is None or metric.ci_low is None or metric.ci_high is None:
                continue
            ax.hlines(place, metric.ci_low, metric.ci_high, color=look.color, linewidth=2 * theme.line_width)
            ax.plot([metric.value], [place], marker=look.marker, color=look.color, linestyle="none")
            lowest = min(lowest, metric.ci_low)
        base = result.find("majority_accuracy", measured[0].model, measured[0].subject).value
        if base is not None and base >= lowest - 0.3:
            draw.reference_line(ax, theme, float(base), "majority baseline", axis="x")
        draw.categories(ax, theme, [figure_label(theme, one) for one in measured], "y")
        ax.set_ylim(len(measured) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
        ax.set_xlabel("accuracy")

    def _confusions(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the matrices side by side where they are small, else one figure for each."""
        heads = self.view.shown(result.heads)
        small = all(len(head.class_names) <= _SMALL for head in heads)
        groups = [list(heads)] if small else [[head] for head in heads]
        for group in groups:
            if group:
                yield self._confusion(result, group)

    def _confusion(self, result: PerformanceResult, heads: list[HeadPerformance]) -> Figure:
        alone = len(heads) == 1
        name = about(heads[0].model, heads[0].subject)
        columns = min(_COLUMNS, len(heads))
        return Figure(
            name=_slug(f"confusion-{name}") if alone else "confusion",
            title=f"Confusion matrix of {name}" if alone else "Confusion matrices",
            caption=f"Counts; {result.split} split, n = {result.n:,}; color is the share of the true class, from dark (0 %) to light (100 %)."
            + self.view.rest(result.heads, self.view.shown(result.heads)),
            alt=" ".join(_confusion_alt(head) for head in heads),
            panels=tuple(
                Panel(figure_label(self.theme, head), partial(self._draw_confusion, head, scale=alone))
                for head in heads
            ),
            columns=columns,
            panel_height=min(2.0 + 0.2 * len(heads[0].class_names), 6.5) if alone else 3.0,
            tables=tuple(confused(head) for head in heads if head.pairs),
        )

    def _draw_confusion(self, head: HeadPerformance, ax: Axes, *, scale: bool) -> None:
        counts = np.array(head.confusion)
        support = counts.sum(axis=1, keepdims=True)
        share = np.divide(counts, support, out=np.full(counts.shape, np.nan), where=support > 0)
        text = [[f"{count:,}" if count else "" for count in row] for row in head.confusion]
        draw.heatmap(
            ax,
            self.theme,
            share,
            rows=head.class_names,
            columns=head.class_names,
            limits=(0.0, 1.0),
            text=text if len(counts) <= _CROWDED else None,
            colorbar_label="share of the true class" if scale else None,
        )
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")

    def _recall(self, result: PerformanceResult, heads: list[HeadPerformance], index: int) -> Figure:
        names = heads[0].class_names
        lowest = min(
            (
                (metric.value, name, head)
                for head in heads
                for name in names
                if (metric := result.find("recall", head.model, _class(head, name))).value is not None
            ),
            key=lambda item: item[0],
        )
        alt = f"Recall is lowest for class {lowest[1]} in {about(lowest[2].model, lowest[2].subject)}: {formatting.number(lowest[0], 'fraction')}."
        return Figure(
            name="recall" if index == 0 else f"recall-{index + 1}",
            title="Recall by class",
            caption=f"Share of the examples of each class that are predicted as that class, with its 95 % Wilson interval; {result.split} split, n = {result.n:,}."
            + self.view.rest(result.heads, self.view.shown(result.heads)),
            alt=alt,
            panels=(Panel("Recall", partial(self._draw_recall, result, heads)),),
            panel_height=draw.rows_height(self.theme, len(names), series=len(heads)),
            tables=tuple(per_class(result, head) for head in heads),
        )

    def _draw_recall(self, result: PerformanceResult, heads: list[HeadPerformance], ax: Axes) -> None:
        names = heads[0].class_names
        series = []
        for head in heads:
            metrics = [result.find("recall", head.model, _class(head, name)) for name in names]
            look = self.theme.look(head.model)
            series.append(
                draw.Bars(
                    values=[or_nan(metric.value) for metric in metrics],
                    low=[or_nan(metric.ci_low) for metric in metrics],
                    high=[or_nan(metric.ci_high) for metric in metrics],
                    color=look.color,
                    label=look.label,
                )
            )
        handles = draw.bars(ax, self.theme, names, series)
        ax.set_xlim(0, 1)
        ax.set_xlabel("recall")
        ax.set_ylabel("class")
        if len(heads) > 1:
            draw.legend_above(ax, self.theme, handles)


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
