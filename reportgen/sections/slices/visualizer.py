"""Figures of the slices section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import excludes_zero, or_nan
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import about
from reportgen.figures import dots, draw, scales
from reportgen.metrics import simultaneous
from reportgen.sections.slices import words
from reportgen.sections.slices.schema import SlicesResult
from reportgen.sections.slices.scores import SCORES
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
        of = SCORES[first.score]
        own = of.spec.title
        panels = [Panel(f"{own} by slice", partial(self._draw_scores, result, heads, shown))]
        baseline = words.compared(result, first)
        if baseline is not None:
            title = f"{about(first.model, first.subject)} minus {baseline.model}, same {of.rows}"
            panels.append(Panel(title, partial(self._draw_differences, result, first, baseline, shown)))
        overall, worst = _overall(first), words.number(result, first.score, first, ranked[0])
        rest = f" The {len(shown)} worst of {words.slices(len(ranked))}." if len(shown) < len(ranked) else ""
        return Figure(
            name=name,
            title=_title(result, first),
            caption=f"{own} by slice with 95 % intervals, the worst first; the line is {about(first.model, first.subject)} on all {of.rows}. "
            f"{_rows(shown)} Filled: differs from the other {of.rows} (adjusted for the number of slices).{rest}"
            + self.view.rest(result.heads, heads),
            alt=f"The worst slice of {about(first.model, first.subject)} is {ranked[0].name}, {words.score(worst, first)}; "
            f"on all {of.rows}: {formatting.number(overall.value, worst.unit)}.",
            panels=tuple(panels),
            columns=len(panels) if max(len(one.name) for one in shown) <= _SHORT_NAME else 1,
            panel_height=dots.height(self.theme, round((len(shown) + 1) * _row(heads)), most=_TALLEST),
        )

    def _draw_scores(
        self, result: SlicesResult, heads: Sequence[HeadSlices], shown: Sequence[SliceEntry], ax: Axes
    ) -> None:
        series = []
        for head in heads:
            metrics: list[Whole | Metric] = [_overall(head)]
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
        dots.rows(ax, self.theme, _names(heads[0], shown), series)
        of = SCORES[heads[0].score]
        draw.reference_line(ax, self.theme, _overall(heads[0]).value, f"all {of.rows}", axis="x")
        ax.set_xlabel(naming.in_a_sentence(of.spec.title))
        if of.spec.unit == "fraction":
            scales.shares(ax.xaxis)

    def _draw_differences(
        self, result: SlicesResult, head: HeadSlices, baseline: HeadSlices, shown: Sequence[SliceEntry], ax: Axes
    ) -> None:
        of = SCORES[head.score]
        found = head.difference
        if found is None:
            return
        metrics: list[Whole | Metric] = [found, *(words.number(result, of.difference.name, head, one) for one in shown)]
        told = [excludes_zero(found), *(_told(words.number(result, "difference_p_holm", head, one)) for one in shown)]
        scale = 100 if of.of_shares else 1
        labels = [self.theme.look(one.model).label for one in (baseline, head)]
        left, right = labels if of.sign > 0 else reversed(labels)
        dots.forest(
            ax,
            self.theme,
            [dots.Difference.of(name, one) for name, one in zip(_names(head, shown), metrics, strict=True)],
            scale=scale,
            told=told,
            sides=(f"{left} better", f"{right} better"),
        )
        ax.set_xlabel("points" if of.of_shares else f"difference in {naming.in_a_sentence(of.spec.title)}")


def _rows(shown: Sequence[SliceEntry]) -> str:
    """Return the numbers of rows of the slices."""
    sizes = [one.n for one in shown]
    least, most = min(sizes), max(sizes)
    return f"n = {least:,}." if least == most else f"n from {least:,} to {most:,}."


def _row(heads: Sequence[HeadSlices]) -> float:
    """Return the height of a row with a point for each head, where a single point is 1."""
    return 1 + 0.4 * (len(heads) - 1)


def _names(head: HeadSlices, shown: Sequence[SliceEntry]) -> list[str]:
    return [f"all {SCORES[head.score].rows}", *(one.name for one in shown)]


def _overall(head: HeadSlices) -> Whole:
    """Return the score of all rows, which a head with a measured slice has."""
    if head.overall is None:
        message = "a slice has a score, so all rows have one"
        raise ValueError(message)
    return head.overall


def _told(metric: Metric) -> bool:
    return metric.value is not None and metric.value < simultaneous.LEVEL


def _title(result: SlicesResult, head: HeadSlices) -> str:
    """Return which slices are worse than the rest, or that none is."""
    who, found = about(head.model, head.subject), words.worse(result, head)
    if not found:
        return f"No slice of {who} is measurably worse than the rest"
    names = formatting.listed([one.name for one in found], 2)
    return f"{who} {SCORES[head.score].weak} on {names}"
