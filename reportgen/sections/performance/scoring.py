"""How the heads of each task are scored, as a whole and class by class: what the figures, statements and tables of all tasks need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from reportgen.sections.performance import (
    dense_schema,
    multilabel_schema as labels,
    regression_schema as values,
    schema,
)
from reportgen.sections.performance.by_class import Scored, WithClasses, support
from reportgen.sections.performance.pair_schema import PairSpecs
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reportgen.contract.numbers import MetricSpec
    from reportgen.sections.performance.dense_schema import DensePerformance
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance
    from reportgen.sections.performance.regression_schema import ValuePerformance
    from reportgen.sections.performance.schema import HeadPerformance, PerformanceResult
    from reportgen.sections.performance.tiers import Tier


MOST_LEADING = 3
"""Maximum number of models with the best score that a sentence names."""
_PLURAL = {"is": "are", "has": "have"}
"""Verbs of the words for the best score, of several models."""

ScoredT = TypeVar("ScoredT", bound=Scored)
ClassesT = TypeVar("ClassesT", bound=WithClasses)


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """The score by which models are compared, and the words for it.

    Attributes
    ----------
    main, pair
        The score; its difference between two models, with the p-values of that.
    called
        The score at the beginning of a caption.
    best, more, less
        What the best model does; one whose difference from another is above 0; one whose difference is below 0.
    undecided, whole
        Where two models cannot be told apart, at the end of a title; the name of the row that is about all of it.
    compared, axis, axis_of_difference
        What is compared, at the beginning of a caption; names of the axes of the score and of its difference.
    trivial
        The score of a trivial model, which the figure of the models shows where it is near; None for none.
    interval
        The kind of the interval of the score, in a caption.
    test
        Of the differences between all pairs of models.
    units
        What the rows are.
    counts
        Whether the scores, those of classes too, are shares of rows, which sentences count.
    """

    main: MetricSpec
    pair: PairSpecs
    called: str
    best: str
    more: str
    less: str
    undecided: str
    whole: str
    compared: str
    axis: str
    axis_of_difference: str
    trivial: MetricSpec | None = None
    interval: str = "interval"
    test: str
    units: str = "rows"
    counts: bool = False

    def leads(self, models: Sequence[str]) -> str:
        """Return that one or several models, by name, have the best score."""
        verb, _, rest = self.best.partition(" ")
        return f"{formatting.joined(models, MOST_LEADING)} {verb if len(models) == 1 else _PLURAL[verb]} {rest}"

    @property
    def name(self) -> str:
        """The score within a sentence."""
        return naming.in_a_sentence(self.main.title)

    @property
    def over(self) -> str:
        """What intervals are over, where that is worth a word in a caption."""
        return self.interval.removeprefix("interval")


@dataclass(frozen=True, kw_only=True)
class ClassScoring(Scoring):
    """The same, with the score of a class.

    Attributes
    ----------
    of_class, class_difference
        The score of a class; its difference for candidate and baseline.
    lowest
        What a head does with the class that has the lowest score: the words before and after its name.
    start
        Where the axis of the scores of classes starts; None for a little before the lowest.
    table_title, examples
        Of the table of the classes; what the examples of a class are, at the head of a column.
    """

    of_class: MetricSpec
    class_difference: MetricSpec
    lowest: tuple[str, str] = ("predicts", "worst")
    start: float | None = -0.005
    table_title: str
    examples: str = "Rows"

    @property
    def score(self) -> str:
        """The score of a class within a sentence."""
        return naming.in_a_sentence(self.of_class.title)


@dataclass(frozen=True)
class Family(Generic[ScoredT]):
    """The heads of one part of the result, how they are scored, and the names of the figures of differences and of models."""

    heads: Callable[[PerformanceResult], Sequence[ScoredT]]
    tiers: Callable[[PerformanceResult], Sequence[Tier]]
    scoring: Callable[[ScoredT], Scoring]
    differences: str
    models: str


@dataclass(frozen=True)
class ClassFamily(Family[ClassesT]):
    """The same for heads that have classes, with the name of their figure."""

    scoring: Callable[[ClassesT], ClassScoring]
    classes: str
    of_each_class: Callable[[ClassesT], str]
    """What the figure of the classes shows, at the beginning of its caption."""
    table: Callable[[ClassesT], str]
    """Name of the table of the classes."""
    examples: Callable[[PerformanceResult, ClassesT], Mapping[str, int | None]] = support
    """How many examples each class has."""


_EXCLUSIVE = ClassScoring(
    main=schema.ACCURACY,
    pair=PairSpecs(schema.ACCURACY_DIFFERENCE, schema.MCNEMAR, schema.MCNEMAR_HOLM),
    called="Accuracy",
    best="is right most often",
    more="is right more often",
    less="is right less often",
    undecided="on all rows",
    whole="all rows",
    compared="Rows right",
    axis="accuracy",
    axis_of_difference="points",
    trivial=schema.BASELINE,
    test="Newcombe (1998), paired; Holm (1979)",
    counts=True,
    of_class=schema.RECALL,
    class_difference=schema.RECALL_DIFFERENCE,
    table_title="Recall by class",
    lowest=("finds", "least often"),
    start=None,
)
_SEVERAL = ClassScoring(
    main=labels.MICRO_F1,
    pair=labels.MICRO_F1_PAIRS,
    called="Micro F1",
    best="has the highest micro F1",
    more="has a higher micro F1",
    less="has a lower micro F1",
    undecided="over all classes",
    whole="all classes (micro)",
    compared="F1",
    axis="micro F1",
    axis_of_difference="difference in F1 (points)",
    interval="interval over rows",
    test="Hall (1992), paired over rows; Holm (1979)",
    of_class=schema.F1,
    class_difference=labels.F1_DIFFERENCE,
    table_title="F1 by class",
)
_VALUES = Scoring(
    main=values.MAE,
    pair=values.MAE_PAIRS,
    called="Mean absolute error",
    best="has the lowest MAE",
    more="has larger errors",
    less="has smaller errors",
    undecided="on all rows",
    whole="all rows",
    compared="Mean absolute error",
    axis="MAE, in the unit of the label",
    axis_of_difference="difference in MAE, in the unit of the label",
    test="Hall (1992), paired; Holm (1979)",
)


def _of_positions(kind: dense_schema.Kind, of_class: MetricSpec) -> ClassScoring:
    """Return how segmentation or sequence labeling is scored."""
    name = naming.in_a_sentence(kind.main.title)
    return ClassScoring(
        main=kind.main,
        pair=kind.pair,
        called=kind.main.title,
        best=f"has the highest {name}",
        more=f"has a higher {name}",
        less=f"has a lower {name}",
        undecided=f"by {name}",
        whole=name,
        compared=f"{kind.main.title}, and {of_class.title} by class",
        axis=name,
        axis_of_difference=f"difference (points; classes: {of_class.title})",
        interval=f"interval over {kind.units}",
        test=f"delta method, paired over {kind.units}; Holm (1979)",
        units=kind.units,
        of_class=of_class,
        class_difference=kind.class_difference,
        table_title=f"{of_class.title} by class",
        examples=kind.units.capitalize(),
    )


_POSITIONS = {
    task: _of_positions(kind, dense_schema.IOU if kind.of_class == dense_schema.IOU.name else schema.F1)
    for task, kind in dense_schema.KINDS.items()
}

CLASSES: ClassFamily[HeadPerformance] = ClassFamily(
    heads=lambda result: result.heads,
    tiers=lambda result: result.tiers,
    scoring=lambda _one: _EXCLUSIVE,
    differences="differences",
    models="accuracy",
    classes="recall",
    of_each_class=lambda _one: "Share of the rows of each class that are predicted as that class,",
    table=lambda _one: "by-class",
)
LABELS: ClassFamily[MultilabelPerformance] = ClassFamily(
    heads=lambda result: result.multilabel,
    tiers=lambda result: result.multilabel_tiers,
    scoring=lambda _one: _SEVERAL,
    differences="multilabel-differences",
    models="multilabel",
    classes="class-f1",
    of_each_class=lambda one: f"F1 of each class at the threshold {one.threshold:g}",
    table=lambda _one: "f1-by-class",
)
VALUES: Family[ValuePerformance] = Family(
    heads=lambda result: result.values,
    tiers=lambda result: result.value_tiers,
    scoring=lambda _one: _VALUES,
    differences="value-differences",
    models="values",
)
POSITIONS: ClassFamily[DensePerformance] = ClassFamily(
    heads=lambda result: result.dense,
    tiers=lambda result: result.dense_tiers,
    scoring=lambda one: _POSITIONS[one.task],
    differences="dense-differences",
    models="dense",
    classes="dense-classes",
    of_each_class=lambda one: f"{_POSITIONS[one.task].of_class.title} of each class",
    table=lambda one: f"{_POSITIONS[one.task].of_class.name}-by-class",
    examples=lambda _result, one: dict(zip(one.class_names, one.class_units, strict=True)),
)
