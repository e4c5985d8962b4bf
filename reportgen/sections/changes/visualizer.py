"""Figures of the changes section."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import required
from reportgen.contract.section import BaseVisualizer
from reportgen.figures import dots
from reportgen.metrics import simultaneous
from reportgen.sections.changes.schema import ChangesResult
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.changes import Changes, Delta, TrendLine

_MOST_CLASSES = 6
"""Maximum number of classes in the figure of differences: it stands on page one. Convention."""
_COLUMNS = 3


class ChangesVisualizer(BaseVisualizer[ChangesResult]):
    """Differences from the earlier release, and headlines over several."""

    def figures(self, result: ChangesResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        changes = result.changes
        if changes is not None and changes.same_rows:
            rows = _rows(changes)
            if rows:
                yield self._differences(result, changes, rows)
        if result.trend:
            yield self._trend(result.trend)

    # -------------------------------------------------------------------------------------------- differences

    def _differences(self, result: ChangesResult, changes: Changes, rows: Sequence[Delta]) -> Figure:
        whole, classes = rows[0], rows[1:]
        ranked = sorted(classes, key=lambda one: required(one.difference.value))
        shown = dots.largest(ranked, lambda one: required(one.difference.value), _MOST_CLASSES)
        told = _told_apart(classes)
        title = f"{formatting.with_interval(whole.difference)} right since {changes.earlier.name}"
        title += (
            f"; {len(told) or 'no'} {'classes' if len(told) > 1 else 'class'} measurably changed" if classes else ""
        )
        return Figure(
            name="differences",
            title=title,
            caption=f"Rows right, now minus then, on {changes.rows}, 95 % intervals, {whole.how}; filled: not 0 "
            f"(classes Holm-corrected).{'' if len(shown) == len(ranked) else f' The {len(shown)} most changed of {len(ranked)} classes.'}",
            alt=f"{changes.model_now} minus {changes.model_before} of {changes.earlier.name}: {formatting.with_interval(whole.difference)} on all rows; by class from "
            + " to ".join(
                f"{formatting.with_interval(one.difference)} for {result.title(one)}"
                for one in (*ranked[:1], *ranked[-1:])
            ),
            panels=(Panel("", partial(self._draw_differences, [whole, *shown], told)),),
            panel_height=dots.height(self.theme, len(shown) + 1),
        )

    def _draw_differences(self, rows: Sequence[Delta], classes: frozenset[str], ax: Axes) -> None:
        names = ["all rows", *(one.subject.name for one in rows[1:] if one.subject is not None)]
        dots.forest(
            ax,
            self.theme,
            [dots.Difference.of(name, one.difference) for name, one in zip(names, rows, strict=True)],
            scale=100,
            told=[rows[0].settled, *(one.part in classes for one in rows[1:])],
            sides=("last release better", "candidate better"),
        )
        ax.set_xlabel("Now minus then, points")

    # -------------------------------------------------------------------------------------------- trend

    def _trend(self, lines: Sequence[TrendLine]) -> Figure:
        count = len(lines[0].points)
        first = next((line for line in lines if _has_interval(line)), lines[0])
        other = any(not point.same_rows for line in lines for point in line.points)
        return Figure(
            name="trend",
            title=f"{first.title} {_ends(first)} over {count} releases",
            caption="95 % intervals; the last point is this report."
            + (" Hollow: measured on other rows than this report, so not comparable with it." if other else ""),
            alt="; ".join(f"{line.title}: {_ends(line)}" for line in lines),
            panels=tuple(Panel(line.title, partial(self._draw_trend, line)) for line in lines),
            columns=min(_COLUMNS, len(lines)),
            panel_height=1.6,
        )

    def _draw_trend(self, line: TrendLine, ax: Axes) -> None:
        theme = self.theme
        scale = 100 if line.unit in {"fraction", "signed fraction"} else 1
        for place, point in enumerate(line.points):
            metric = point.metric
            if metric is None or metric.value is None:
                continue
            if metric.ci_low is not None and metric.ci_high is not None:
                ax.vlines(
                    place, scale * metric.ci_low, scale * metric.ci_high, color=theme.ink, linewidth=theme.line_width
                )
            face = theme.ink if point.same_rows else theme.paper
            ax.plot(
                place, scale * metric.value, "o", color=theme.ink, markerfacecolor=face, markersize=theme.marker_size
            )
        names = [
            "this" if one.release is None else one.release.version or one.release.created[:10] for one in line.points
        ]
        every = max(1, -(-len(names) // 4))
        shown = range(len(names) - 1, -1, -every)
        ax.set_xticks(list(shown), [theme.text(names[place], 12) for place in shown])
        ax.set_xlim(-0.5, len(names) - 0.5)
        ax.set_ylabel("%" if line.unit == "fraction" else formatting.word(line.unit))


def _rows(changes: Changes) -> list[Delta]:
    """Return the difference in accuracy and those in recall of the same output, where they have intervals; empty without one."""
    found = [one for one in changes.deltas if one.difference.ci_low is not None]
    whole = next((one for one in found if one.name == "accuracy"), None)
    if whole is None:
        return []
    head = None if whole.subject is None else whole.subject.head
    section = whole.address.partition(".")[0]
    classes = [
        one
        for one in found
        if one.address == f"{section}.recall"
        and one.subject is not None
        and one.subject.kind == "class"
        and one.subject.head == head
    ]
    return [whole, *classes]


def _told_apart(classes: Sequence[Delta]) -> frozenset[str]:
    """Return the classes whose differences are told from 0, corrected for their number by Holm."""
    ends = {
        str(one.part): (
            required(one.difference.value),
            required(one.difference.ci_low),
            required(one.difference.ci_high),
        )
        for one in classes
    }
    return frozenset(part for part, p in simultaneous.adjusted(ends).items() if p <= simultaneous.LEVEL)


def _has_interval(line: TrendLine) -> bool:
    metric = line.points[-1].metric
    return metric is not None and metric.ci_low is not None


def _ends(line: TrendLine) -> str:
    known = [one.metric for one in line.points if one.metric is not None and one.metric.value is not None]
    if not known:
        return "not measured"
    return " to ".join(formatting.metric(one).text for one in (known[0], known[-1]))
