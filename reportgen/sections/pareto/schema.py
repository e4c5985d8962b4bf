"""Options and result of the pareto section, and the metric that it declares."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Direction, Metric, MetricSpec
from reportgen.contract.result import SectionResult

ComparedBy = Literal["paired difference", "intervals", "exact value", "value alone"]
Certainty = Literal["exact", "beyond uncertainty", "within uncertainty", "not tested"]

QUALITY = "performance.accuracy"
"""Where no model has another key number."""
PARAMETERS = "overview.parameters"
COUNTED = "cost.parameters"
MULTIPLY_ADDS = "cost.multiply_adds"
DECLARED = "declared in the spec"
"""How something was chosen that the spec says."""


class Objective(Strict):
    """A metric of the models with its direction."""

    metric: str
    """Address of the metric: `<section>.<metric>`."""
    direction: Direction | None = None
    """`max` or `min`, for a metric without a preferred direction."""
    subject: str | None = None
    """Part of the model that it is about (`head:kind`, `class:3`). Default: the model as a whole."""


class ParetoOptions(Strict):
    """Options of the pareto section."""

    objectives: tuple[str | Objective, ...] | None = Field(default=None, min_length=2)
    """Objectives: addresses, or tables with `metric`, `direction` and `subject`. Default: the first key number of `performance` for
    each output (accuracy, micro F1, mean IoU, token accuracy or MAE), at most three, and the cost: the multiply-adds of section `cost` if
    every model that was evaluated has them, otherwise the number of parameters."""
    heatmap: tuple[str | Objective, ...] | None = Field(default=None, min_length=1)
    """Columns of the heatmap, in the same form. Default: the objectives."""
    min_models: int = Field(default=2, ge=2)
    """Minimum number of models with all objectives for a front."""
    reference_point: dict[str, float] | None = None
    """Reference point of the hypervolume, by address of an objective. Default: the worst value of the compared models plus 10 % of their range."""
    max_models: int = Field(default=12, ge=1)
    """Maximum number of models in the heatmap, and of names in the scatter plot: those with the best rank; the report says how many are left out."""

    @field_validator("objectives", "heatmap")
    @classmethod
    def _once(cls, value: tuple[str | Objective, ...] | None) -> tuple[str | Objective, ...] | None:
        seen: set[tuple[str, str | None]] = set()
        for one in (choice(entry) for entry in value or ()):
            if (one.metric, one.subject) in seen:
                message = f"duplicate metric {one.metric!r}"
                raise ValueError(message)
            seen.add((one.metric, one.subject))
        return value

    @field_validator("reference_point")
    @classmethod
    def _of_objectives(cls, value: dict[str, float] | None, info: ValidationInfo) -> dict[str, float] | None:
        known = {choice(entry).metric for entry in info.data.get("objectives") or ()}
        for address in value or ():
            if known and address not in known:
                message = f"{address!r} is not an objective"
                raise ValueError(message)
        return value


def choice(entry: str | Objective) -> Objective:
    """Return an entry of the options in its long form."""
    return Objective(metric=entry) if isinstance(entry, str) else entry


class ChosenMetric(Strict):
    """A metric that is compared, and how it was interpreted."""

    address: str
    subject: str | None
    title: str
    """Title, with the part of the model and with what was measured where models differ in it."""
    unit: str
    higher_is_better: bool | None
    """Null where no model has the metric."""
    direction_rule: str
    """How the direction was determined."""
    measured_as: tuple[str, ...]
    """Distinct ways in which the metric was measured across the compared models."""


class ComparedObjective(ChosenMetric):
    """An objective, and how differences in it were judged."""

    compared_by: tuple[ComparedBy, ...]
    """What differences between models rest on: a test of the paired difference, or of the two intervals; exact values; or
    the values alone, which are not tested."""
    ideal: float
    """Best value of the compared models."""
    reference: float
    """Reference value of the hypervolume."""
    reference_rule: str


class ComparedModel(Strict):
    """A model with all objectives."""

    model: str
    values: tuple[Metric, ...]
    """In the order of the objectives."""
    rank: int
    """1 for the front, 2 for the front of the remaining models, and so on."""
    on_front: bool
    """By values alone, no other model is at least as good in all objectives and better in one."""
    indistinguishable: bool
    """Not on the front by values, but all differences from the models ahead of it were tested, and none of them dominates it."""
    clearly_dominated_by: tuple[str, ...]
    """Models that are at least as good by value in every objective and better beyond uncertainty in at least one, where every
    objective was tested: all pairs and objectives together at 5 % (Holm)."""
    rivals: tuple[str, ...] = ()
    """Models that are better beyond uncertainty in at least one objective and worse by value in another, but there only within
    uncertainty: tested in every objective. Neither dominates the other."""
    lead: float | None = None
    """Largest tested lead of these models over it, as a multiple of its interval's reach; null without one, and where only exact
    values differ."""
    behind: tuple[str, ...] = ()
    """Models that are no worse in all objectives and better in one by value, where an objective was not tested."""


class Difference(Strict):
    """The difference between two models in an objective."""

    metric: Metric
    """Value of the first model minus that of the second; the interval is that of this difference alone."""
    certainty: Certainty
    """Whether it is exact, or beyond uncertainty by the test of all pairs and objectives together."""


class JudgedPair(Strict):
    """Two models, and their differences in all objectives."""

    model: str
    other: str
    differences: tuple[Difference, ...]
    """In the order of the objectives."""


class ExcludedModel(Strict):
    """A model that is not compared."""

    model: str
    reason: str


class PairFront(Strict):
    """The front of two objectives alone: the dashed line of a panel."""

    across: int
    """Objective on the x axis."""
    up: int
    """Objective on the y axis."""
    models: tuple[str, ...]
    """By increasing x."""


class Hypervolume(Strict):
    """Hypervolume dominated by the front."""

    value: float | None
    """In the product of the units of the objectives."""
    share: float | None
    """As a share of the box between the ideal and the reference point."""
    reason: str | None
    """Why there is none."""


class HeatmapRow(Strict):
    """A model in the heatmap."""

    model: str
    values: tuple[Metric | None, ...]
    """Null where the model lacks the metric or its direction is the opposite."""
    normalised: tuple[float | None, ...]
    """Scaled to 1 for the best of the compared models and 0 for the worst."""


class ParetoResult(SectionResult):
    """Result of the pareto section."""

    reason: str | None
    """Why there is no front."""
    objectives: tuple[ComparedObjective, ...]
    objectives_rule: str | None = None
    """How the objectives were chosen; null in results of earlier versions."""
    models: tuple[ComparedModel, ...]
    """By rank, then in the order of the spec."""
    pairs: tuple[JudgedPair, ...] = ()
    """All pairs of up to 12 models; of more, each model with the first that dominates it, is its rival, or is ahead of it without a test."""
    excluded: tuple[ExcludedModel, ...]
    fronts: tuple[PairFront, ...]
    """The first objective paired with each of the others."""
    hypervolume: Hypervolume | None
    knee: str | None
    """The model farthest below the line between the ends of a front of two objectives; null where there is none."""
    columns: tuple[ChosenMetric, ...]
    """Of the heatmap."""
    rows: tuple[HeatmapRow, ...]
    """Of the heatmap, in the order of the models."""
    options: ParetoOptions


RANK = MetricSpec(
    "pareto_rank",
    "Pareto rank",
    "count",
    False,
    "1 for models on the front: no other compared model is at least as good in all objectives and better in one. 2 for the "
    "front of the remaining models, and so on. By values alone, regardless of intervals.",
    "Deb et al. (2002)",
)
METRICS = (RANK,)
