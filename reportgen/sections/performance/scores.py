"""Figures of scores, the same for all tasks: differences from the baseline, models of a comparison, and classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.heads import figure_label
from reportgen.contract.numbers import excludes_zero, required
from reportgen.contract.section import BaseVisualizer
from reportgen.contract.subjects import Subject, about
from reportgen.contract.tables import Column, Table
from reportgen.figures import dots, draw, scales
from reportgen.sections.performance.by_class import of_class, ranked
from reportgen.sections.performance.schema import PerformanceResult
from reportgen.sections.performance.scoring import ClassesT, ClassFamily, Family, ScoredT
from reportgen.sections.performance.sentences import signed
from reportgen.sections.performance.tiers import told_apart
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.contract.tables import Cell
    from reportgen.contract.theme import Theme
    from reportgen.sections.performance.by_class import Scored, WithClasses
    from reportgen.sections.performance.scoring import ClassScoring, Scoring
    from reportgen.sections.performance.tiers import Tier

MOST_COMPARED = 3
"""Maximum number of models compared class by class, or side by side. Convention."""
_MOST_IN_FRONT = 6
"""Maximum number of classes in the figure of differences: it stands on page one. Convention."""
_NEAR = 0.3
"""How far below the lowest interval the score of a trivial model may be to be shown. Convention."""
MANY = 6
"""Number of models from which one that would squeeze all others is drawn at the edge of the axis. Convention."""
_LOWEST = 20
"""Maximum number of classes in the figure of their scores. Convention."""


@dataclass(frozen=True)
class Parts:
    """The differences of parts of the rows or labels, and what the figure of them says.

    Attributes
    ----------
    rows, told
        The rows of the figure; names of those that are told from 0, corrected for the number of parts.
    kind
        What the parts are.
    which
        Which of them have a row, as a sentence of the caption; empty for all.
    title, alt
        The ends of title and alt text.
    tables
        The numbers behind them.
    """

    rows: Sequence[dots.Difference]
    told: Sequence[str]
    kind: str
    title: str
    which: str
    alt: str
    tables: tuple[Table, ...] = ()


class ScoreVisualizer(BaseVisualizer[PerformanceResult], Generic[ScoredT]):
    """Differences from the baseline as a whole and by part, and the score of each model in a comparison."""

    def __init__(self, theme: Theme, view: View, family: Family[ScoredT]) -> None:
        super().__init__(theme, view)
        self.family = family

    def figures(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from self._differences(result)
        yield from self._models(result)

    def parts(self, result: PerformanceResult, one: ScoredT, baseline: str) -> Parts:
        """Return the differences of the parts of a head."""
        raise NotImplementedError

    def alike(self, result: PerformanceResult, head: ScoredT) -> list[ScoredT]:
        """Return the heads that are compared with a head, itself included."""
        scoring = self.family.scoring
        own = (head.subject, scoring(head))
        return [one for one in self.family.heads(result) if (one.subject, scoring(one)) == own]

    # -------------------------------------------------------------------------------------- paired differences

    def _differences(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the differences between candidate and baseline, one figure for each head that they share."""
        if self.view.decision.pair is None:
            return
        candidate, baseline = self.view.decision.pair
        own = (one for one in self.family.heads(result) if one.model == candidate)
        for index, one in enumerate(own):
            spec, versus = self.family.scoring(one).pair.difference, Subject.of("vs", baseline, within=one.subject)
            whole = result.find_or_none(spec.name, candidate, versus)
            if whole is not None and whole.value is not None:
                yield self._forest(result, one, whole, naming.numbered(self.family.differences, index))

    def _forest(self, result: PerformanceResult, one: ScoredT, whole: Metric, name: str) -> Figure:
        candidate, baseline = self.view.decision.models
        scoring, parts = self.family.scoring(one), self.parts(result, one, baseline)
        return Figure(
            name=name,
            title=f"{_compared(one, scoring, whole, baseline)}{parts.title}",
            caption=f"{scoring.compared}, candidate minus baseline, 95 % intervals{scoring.over}; filled: not 0 "
            f"({parts.kind} Holm-corrected).{parts.which}",
            alt=f"{candidate} minus {baseline}: {scoring.name} {signed(whole)}{parts.alt}.",
            panels=(Panel("", partial(self._draw_forest, scoring, whole, parts)),),
            panel_height=dots.height(self.theme, len(parts.rows) + 1),
            tables=parts.tables,
        )

    def _draw_forest(self, scoring: Scoring, whole: Metric, parts: Parts, ax: Axes) -> None:
        candidate, baseline = (f"{self.theme.look(model).label} better" for model in self.view.decision.models)
        spec = scoring.pair.difference
        dots.forest(
            ax,
            self.theme,
            [dots.Difference.of(scoring.whole, whole), *parts.rows],
            scale=100 if spec.unit == "signed fraction" else 1,
            told=[excludes_zero(whole), *(one.name in parts.told for one in parts.rows)],
            sides=(baseline, candidate) if spec.higher_is_better else (candidate, baseline),
        )
        ax.set_xlabel(scoring.axis_of_difference)

    # -------------------------------------------------------------------------------------- models of a comparison

    def _models(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the scores of the models that share an output, in a comparison."""
        if self.view.decision.candidate is None:
            for index, tier in enumerate(self.family.tiers(result)):
                best = next(
                    one for one in self.family.heads(result) if (one.model, one.subject) == (tier.best, tier.subject)
                )
                yield self._ranked(result, best, tier, naming.numbered(self.family.models, index))

    def _ranked(self, result: PerformanceResult, best: ScoredT, tier: Tier, name: str) -> Figure:
        scoring = self.family.scoring(best)
        named = (one for one in result.named(scoring.main.name) if one.metric.value is not None)
        models = {one.model for one in self.alike(result, best)}
        every = [one for one in named if one.subject == best.subject and one.model in models]
        sign, order = (-1, "highest") if scoring.main.higher_is_better else (1, "lowest")
        listed = self.view.listed(every, draw.MOST_NAMED)
        measured = sorted(listed, key=lambda one: sign * required(one.metric.value))
        tied = f", not distinguishable from {formatting.listed(tier.tied)}" if tier.tied else ""
        part = "" if best.subject is None else f" ({Subject(best.subject).words})"
        ends = _ends(scoring, measured)
        outside = 0 if ends is None else sum(not ends[0] <= required(one.metric.value) <= ends[1] for one in measured)
        return Figure(
            name=name,
            title=f"{scoring.leads(tier.leaders)}{part}{tied}",
            caption=f"{scoring.called} with its 95 % {scoring.interval}, the {order} first. Whether two models differ is decided by their paired difference, not "
            f"by the overlap of intervals.{scales.beyond(outside)}{self.view.rest(every, measured)}",
            alt=f"{scoring.main.title} "
            + ", ".join(f"{one.model} {formatting.metric(one.metric).text}" for one in measured)
            + ".",
            panels=(Panel("", partial(self._draw_ranked, result, scoring, measured, ends)),),
            panel_height=dots.height(self.theme, len(measured), most=4.2),
        )

    def _draw_ranked(
        self,
        result: PerformanceResult,
        scoring: Scoring,
        measured: Sequence[Measurement],
        ends: tuple[float, float] | None,
        ax: Axes,
    ) -> None:
        dots.models(ax, self.theme, [figure_label(self.theme, one) for one in measured], measured, ends)
        if scoring.trivial is not None:
            lowest = ends[0] if ends else min(min(_span(one.metric)) - _NEAR for one in measured)
            base = result.find(scoring.trivial.name, measured[0].model, measured[0].subject).value
            if base is not None and base >= lowest:
                draw.reference_line(ax, self.theme, float(base), naming.in_a_sentence(scoring.trivial.title), axis="x")
        ax.set_xlabel(scoring.axis)
        if scoring.main.unit == "fraction":
            scales.shares(ax.xaxis)


class ClassVisualizer(ScoreVisualizer[ClassesT]):
    """The same by class, and the score of each class."""

    family: ClassFamily[ClassesT]

    def __init__(self, theme: Theme, view: View, family: ClassFamily[ClassesT]) -> None:
        super().__init__(theme, view, family)
        self.family = family

    def figures(self, result: PerformanceResult) -> Iterator[Figure]:
        """Yield the figures in reading order."""
        yield from super().figures(result)
        groups: dict[object, list[ClassesT]] = {}
        for one in self.family.heads(result):
            groups.setdefault((one.subject, self.family.scoring(one), one.class_names), []).append(one)
        for index, heads in enumerate(groups.values()):
            shown = self.view.compared(heads, MOST_COMPARED)
            scores = ranked(result, shown[0], self.family.scoring(shown[0]).of_class) if shown else {}
            if scores:
                rest = self.view.rest(heads, shown)
                yield self._classes(result, shown, scores, naming.numbered(self.family.classes, index), rest)

    def alike(self, result: PerformanceResult, head: ClassesT) -> list[ClassesT]:
        """Return the heads that are compared with a head: those with as many classes."""
        return [one for one in super().alike(result, head) if len(one.class_names) == len(head.class_names)]

    def parts(self, result: PerformanceResult, one: ClassesT, _baseline: str) -> Parts:
        """Return the differences of the classes: the largest ones of both signs, if there are many."""
        found = ranked(result, one, self.family.scoring(one).class_difference)
        apart, names = told_apart(found), list(found)
        told = [name for name in one.class_names if name in apart]
        chosen = dots.largest(names, lambda name: required(found[name].value), _MOST_IN_FRONT)
        every = len(one.class_names)
        better, worse = ([name for name in told if sign * required(found[name].value) > 0] for sign in (1, -1))
        named = [
            f"{word} on {formatting.joined(some, 3)}" for word, some in (("better", better), ("worse", worse)) if some
        ]
        ends = [f"{signed(found[name])} for {name}" for name in (*names[:1], *names[1:][-1:])]
        return Parts(
            rows=[dots.Difference.of(name, found[name]) for name in chosen],
            told=told,
            kind="classes",
            title=f"; {' and '.join(named)}" if named else "; no class differs measurably",
            which=f" The {len(chosen)} most different of {every} classes." if len(chosen) < every else "",
            alt=f"; by class {'from ' if len(ends) > 1 else ''}{' to '.join(ends)}" if ends else "",
        )

    # -------------------------------------------------------------------------------------- classes

    def _classes(
        self,
        result: PerformanceResult,
        heads: Sequence[ClassesT],
        scores: Mapping[str, Metric],
        name: str,
        omitted: str,
    ) -> Figure:
        first, shown = heads[0], list(scores)[:_LOWEST]
        scoring = self.family.scoring(first)
        rest = f" The {len(shown)} lowest of {len(scores)} classes." if len(shown) < len(scores) else ""
        (does, how), value = scoring.lowest, formatting.fraction(required(scores[shown[0]].value))
        return Figure(
            name=name,
            title=f"{about(first.model, first.subject)} {does} {shown[0]} {how}: {scoring.score} {value}",
            caption=f"{self.family.of_each_class(first)} with 95 % intervals{scoring.over}; the classes by {first.model}, the lowest first.{rest}{omitted}",
            alt=" ".join(self._alt(result, one) for one in heads),
            panels=(Panel("", partial(self._draw_classes, result, heads, shown)),),
            panel_height=dots.height(self.theme, len(shown), most=3.4),
            tables=(
                _side_by_side(result, heads, scoring, self.family.table(first), self.family.examples(result, first)),
            ),
        )

    def _alt(self, result: PerformanceResult, one: ClassesT) -> str:
        """Return the range of the scores of a head."""
        spec, who = self.family.scoring(one).of_class, about(one.model, one.subject)
        ends = list(ranked(result, one, spec).items())
        if not ends:
            return f"{who} has no {naming.in_a_sentence(spec.title)} of a class."
        listed = " to ".join(
            f"{formatting.fraction(required(metric.value))} for {name}"
            for name, metric in dict([ends[0], ends[-1]]).items()
        )
        return f"{spec.title} by class of {who}: from {listed}."

    def _draw_classes(
        self, result: PerformanceResult, heads: Sequence[ClassesT], names: Sequence[str], ax: Axes
    ) -> None:
        scoring = self.family.scoring(heads[0])
        series = []
        for one in heads:
            look = self.theme.look(one.model)
            metrics = [result.find(scoring.of_class.name, one.model, of_class(one, name)) for name in names]
            series.append(dots.Dots.of(metrics, look, look.label))
        dots.rows(ax, self.theme, names, series)
        limits = self.view.limits.get(scoring.of_class.name)
        if limits is not None and limits.low is not None:
            draw.reference_line(ax, self.theme, limits.low, f"check: {limits.words}", axis="x")
        ax.set_xlim(scoring.start, 1.005)
        ax.set_xlabel(scoring.score)
        if scoring.of_class.unit == "fraction":
            scales.shares(ax.xaxis)


def _ends(scoring: Scoring, measured: Sequence[Measurement]) -> tuple[float, float] | None:
    """Return the ends of the axis of the scores of many models where some would squeeze all others; None where none does."""
    values = [float(required(one.metric.value)) for one in measured]
    if len(values) < MANY or not scales.far(values).any():
        return None
    kept = (one for one, left_out in zip(measured, scales.far(values), strict=True) if not left_out)
    spans = (end for one in kept for end in _span(one.metric))
    return scales.ends(values, spans, share=scoring.main.unit == "fraction")


def _span(metric: Metric) -> tuple[float, ...]:
    """Return the ends of the interval of a measured number; the number where it has none."""
    found = [end for end in (metric.ci_low, metric.ci_high) if end is not None]
    return tuple(map(float, found or [required(metric.value)]))


def _compared(one: Scored, scoring: Scoring, whole: Metric, baseline: str) -> str:
    """Return whether a head is better than its baseline as a whole."""
    who = about(one.model, one.subject)
    if not excludes_zero(whole):
        return f"{who} and {baseline} cannot be told apart {scoring.undecided}"
    return f"{who} {scoring.more if required(whole.value) > 0 else scoring.less} than {baseline}"


def _side_by_side(
    result: PerformanceResult,
    heads: Sequence[WithClasses],
    scoring: ClassScoring,
    slug: str,
    examples: Mapping[str, int | None],
) -> Table:
    """Return the score by class of a few heads, with the difference from the baseline where there is one; ``examples`` are counted by class."""
    first, title = heads[0], scoring.of_class.title
    columns = [Column("Class", numeric=False), Column(scoring.examples, unit="count")]
    columns += [Column(f"{title} of {about(one.model, one.subject)}") for one in heads]
    rows: list[tuple[Cell, ...]] = []
    differences = False
    for name in first.class_names:
        scores = (result.find(scoring.of_class.name, one.model, of_class(one, name)) for one in heads)
        difference = result.find_or_none(scoring.class_difference.name, first.model, of_class(first, name))
        differences |= difference is not None
        rows.append((name, examples[name], *scores, difference))
    note = ""
    if differences:
        columns.append(Column("Difference"))
        note = f"Difference: {first.model} minus {heads[1].model} on the same {scoring.units}, in points."
    cells = tuple(row if differences else row[:-1] for row in rows)
    name = "-".join(part for part in (slug, first.subject) if part)
    return Table(name, scoring.table_title, tuple(columns), cells, note)
