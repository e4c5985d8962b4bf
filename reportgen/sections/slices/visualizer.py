"""Figures of the slices section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import excludes_zero, or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import dots, draw
from reportgen.metrics import simultaneous
from reportgen.sections.slices import words
from reportgen.sections.slices.schema import DIFFERENCES, SlicesResult
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.numbers import Metric
    from reportgen.sections.slices.schema import HeadSlices, SliceEntry, Whole

_MOST_SLICES = 12
"""Maximum number of slices in a figure: the worst ones. Convention."""
_MOST_COMPARED = 3
"""Maximum number of models compared slice by slice. Convention."""
_TALLEST = 3.0
"""Inches of a panel. Convention."""
_SHORT_NAME = 16
"""Characters of a name up to which panels have room for names side by side. Convention."""


class SlicesVisualizer(BaseVisualizer[SlicesResult]):
    """The score of every slice, and the difference between candidate and baseline beside it."""

    def figures(self, result: SlicesResult) -> Iterator[Figure]:
        """Yield a figure for each output."""
        groups: dict[tuple[str | None, str], list[HeadSlices]] = {}
        for head in result.heads:
            groups.setdefault((head.subject, head.score), []).append(head)
        shown = (self.view.compared(group, _MOST_COMPARED) for group in groups.values())
        drawn = [heads for heads in shown if heads and words.tested(heads[0])]
        for index, heads in enumerate(drawn):
            yield self._figure(result, heads, naming.numbered("slices", index))

    def _figure(self, result: SlicesResult, heads: Sequence[HeadSlices], name: str) -> Figure:
        first = heads[0]
        ranked = words.ranked(result, first)
        shown = ranked[:_MOST_SLICES]
        own = "Accuracy" if first.score == "accuracy" else "MAE"
        panels = [Panel(f"{own} by slice", partial(self._draw_scores, result, heads, shown))]
        baseline = words.compared(result, first)
        if baseline is not None:
            title = f"{about(first.model, first.subject)} minus {baseline.model}, same rows"
            panels.append(Panel(title, partial(self._draw_differences, result, first, baseline, shown)))
        worst = words.number(result, first.score, first, ranked[0])
        rest = f" The {len(shown)} worst of {words.slices(len(ranked))}." if len(shown) < len(ranked) else ""
        return Figure(
            name=name,
            title=_title(result, first),
            caption=f"{own} by slice with 95 % intervals, the worst first; the line is {about(first.model, first.subject)} on all rows. "
            f"{_rows(shown)} Filled: differs from the other rows (adjusted for the number of slices).{rest}"
            + self.view.rest(result.heads, heads),
            alt=f"The worst slice of {about(first.model, first.subject)} is {ranked[0].name}, {words.score(worst)}; "
            f"on all rows: {formatting.number(first.overall.value, worst.unit)}.",
            panels=tuple(panels),
            columns=len(panels) if max(len(one.name) for one in shown) <= _SHORT_NAME else 1,
            panel_height=dots.height(self.theme, round((len(shown) + 1) * _row(heads)), most=_TALLEST),
        )

    def _draw_scores(
        self, result: SlicesResult, heads: Sequence[HeadSlices], shown: Sequence[SliceEntry], ax: Axes
    ) -> None:
        series = []
        for head in heads:
            metrics: list[Whole | Metric] = [head.overall]
            metrics += [words.number(result, head.score, head, one) for one in shown]
            told = [True, *(_told(words.number(result, "rest_p_holm", head, one)) for one in shown)]
            look = self.theme.look(head.model)
            series.append(
                dots.Dots(
                    values=[or_nan(metric.value) for metric in metrics],
                    low=[or_nan(metric.ci_low) for metric in metrics],
                    high=[or_nan(metric.ci_high) for metric in metrics],
                    look=look,
                    label=look.label,
                    hollow=[not one for one in told],
                )
            )
        dots.rows(ax, self.theme, _names(shown), series)
        draw.reference_line(ax, self.theme, heads[0].overall.value, "all rows", axis="x")
        ax.set_xlabel("accuracy" if heads[0].score == "accuracy" else "MAE")

    def _draw_differences(
        self, result: SlicesResult, head: HeadSlices, baseline: HeadSlices, shown: Sequence[SliceEntry], ax: Axes
    ) -> None:
        name = DIFFERENCES[head.score].name
        found = head.difference
        if found is None:
            return
        metrics: list[Whole | Metric] = [found, *(words.number(result, name, head, one) for one in shown)]
        told = [excludes_zero(found), *(_told(words.number(result, "difference_p_holm", head, one)) for one in shown)]
        scale = 100 if head.score == "accuracy" else 1
        labels = [self.theme.look(one.model).label for one in (baseline, head)]
        left, right = labels if head.score == "accuracy" else reversed(labels)
        dots.forest(
            ax,
            self.theme,
            [dots.Difference.of(name, one) for name, one in zip(_names(shown), metrics, strict=True)],
            scale=scale,
            told=told,
            sides=(f"{left} better", f"{right} better"),
        )
        ax.set_xlabel("points" if head.score == "accuracy" else "difference in MAE")


def _rows(shown: Sequence[SliceEntry]) -> str:
    """Return the numbers of rows of the slices."""
    sizes = [one.n for one in shown]
    least, most = min(sizes), max(sizes)
    return f"n = {least:,}." if least == most else f"n from {least:,} to {most:,}."


def _row(heads: Sequence[HeadSlices]) -> float:
    """Return the height of a row with a point for each head, where a single point is 1."""
    return 1 + 0.4 * (len(heads) - 1)


def _names(shown: Sequence[SliceEntry]) -> list[str]:
    return ["all rows", *(one.name for one in shown)]


def _told(metric: Metric) -> bool:
    return metric.value is not None and metric.value < simultaneous.LEVEL


def _title(result: SlicesResult, head: HeadSlices) -> str:
    """Return which slices are worse than the rest, or that none is."""
    who, found = about(head.model, head.subject), words.worse(result, head)
    if not found:
        return f"No slice of {who} is measurably worse than the rest"
    names = formatting.listed([one.name for one in found], 2)
    verb = "is right less often" if head.score == "accuracy" else "has larger errors"
    return f"{who} {verb} on {names}"
