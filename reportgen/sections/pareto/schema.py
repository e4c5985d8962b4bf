"""Options and result of the pareto section, and the metric that it declares."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Direction, Metric, MetricSpec
from reportgen.contract.result import SectionResult

ComparedBy = Literal["paired difference", "intervals", "value alone"]

PEAK = "training_dynamics.peak_performance"
OVERFITTING = "training_dynamics.overfitting_index"
CONVERGENCE = "training_dynamics.epochs_to_convergence"


class Objective(Strict):
    """A metric of the models, and which end of it is better."""

    metric: str
    """Address of the number: `<section>.<metric>`."""
    direction: Direction | None = None
    """`max` or `min`, where the metric's definition does not say which end is better."""
    subject: str | None = None
    """Part of the models that it is about (`head:kind`, `class:3`); by default the model as a whole."""


class ParetoOptions(Strict):
    """Options of the pareto section."""

    objectives: tuple[str | Objective, ...] = Field(default=(PEAK, OVERFITTING), min_length=2)
    """Between what to choose: addresses, or tables with `metric`, `direction` and `subject`. By default the peak of training against overfitting."""
    heatmap: tuple[str | Objective, ...] | None = Field(default=None, min_length=1)
    """Columns of the heatmap, in the same form; by default the objectives, and with the default objectives the epochs to convergence."""
    min_models: int = Field(default=2, ge=2)
    """Models with all objectives that a front needs."""
    reference_point: dict[str, float] | None = None
    """Where the hypervolume ends, by address of an objective; by default the worst value of the compared models and 10 % of their range beyond it."""
    max_models: int = Field(default=12, ge=1)
    """Models in the heatmap, and names in the scatter: those of the best rank; how many more there are is said."""

    @field_validator("objectives", "heatmap")
    @classmethod
    def _once(cls, value: tuple[str | Objective, ...] | None) -> tuple[str | Objective, ...] | None:
        seen: set[tuple[str, str | None]] = set()
        for one in (choice(entry) for entry in value or ()):
            if (one.metric, one.subject) in seen:
                message = f"{one.metric!r} stands twice"
                raise ValueError(message)
            seen.add((one.metric, one.subject))
        return value

    @field_validator("reference_point")
    @classmethod
    def _of_objectives(cls, value: dict[str, float] | None, info: ValidationInfo) -> dict[str, float] | None:
        known = {choice(entry).metric for entry in info.data.get("objectives", ())}
        for address in value or ():
            if known and address not in known:
                message = f"{address!r} is no objective"
                raise ValueError(message)
        return value

    @property
    def columns(self) -> tuple[str | Objective, ...]:
        """The columns of the heatmap."""
        if self.heatmap is not None:
            return self.heatmap
        return (*self.objectives, CONVERGENCE) if self.objectives == (PEAK, OVERFITTING) else self.objectives


def choice(entry: str | Objective) -> Objective:
    """Return an entry of the options in its long form."""
    return Objective(metric=entry) if isinstance(entry, str) else entry


class ChosenMetric(Strict):
    """A metric that is compared, and how it was understood."""

    address: str
    subject: str | None
    title: str
    """With the part of the models, and with what was measured where only the number itself says it."""
    unit: str
    higher_is_better: bool | None
    """Null where no model has the number."""
    direction_rule: str
    """How the better end is known."""
    measured_as: tuple[str, ...]
    """The ways in which the compared models' numbers were measured, where the section says so."""


class ComparedObjective(ChosenMetric):
    """An objective, and how differences in it were judged."""

    compared_by: tuple[ComparedBy, ...]
    """By what a difference between two models was called clear: their paired difference, else their intervals, else the values alone."""
    ideal: float
    """Best value of the compared models."""
    reference: float
    """Where the hypervolume ends."""
    reference_rule: str


class ComparedModel(Strict):
    """A model with all objectives."""

    model: str
    values: tuple[Metric, ...]
    """In the order of the objectives."""
    rank: int
    """1 for the front, 2 for the front of the others, and so on."""
    on_front: bool
    """No other model is nominally at least as good in all objectives and better in one."""
    indistinguishable: bool
    """Not on the front, yet no model is clearly better in one objective and clearly worse in none."""
    clearly_dominated_by: tuple[str, ...]
    """Models that are clearly better in at least one objective and clearly worse in none."""


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
    """By rising x."""


class Hypervolume(Strict):
    """How much of the space between nothing and the ideal the front covers."""

    value: float | None
    """In the product of the objectives' units."""
    share: float | None
    """Of the box between the ideal and the reference point."""
    reason: str | None
    """Why there is none."""


class HeatmapRow(Strict):
    """A model in the heatmap."""

    model: str
    values: tuple[Metric | None, ...]
    """Null where the model has no such number or counts it the other way round."""
    normalised: tuple[float | None, ...]
    """1 for the best of the compared models, 0 for the worst."""


class ParetoResult(SectionResult):
    """Result of the pareto section."""

    reason: str | None
    """Why there is no front."""
    objectives: tuple[ComparedObjective, ...]
    models: tuple[ComparedModel, ...]
    """By rank, then in the order of the spec."""
    excluded: tuple[ExcludedModel, ...]
    fronts: tuple[PairFront, ...]
    """The first objective against each other one."""
    hypervolume: Hypervolume | None
    knee: str | None
    """The model farthest below the chord of a front of two objectives; null where there is none."""
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
    "1 for models on the front: no other compared model is at least as good in all objectives and better in one. 2 for those "
    "on the front once the first is taken away, and so on. By the values alone, whatever their intervals.",
    "Deb et al. (2002)",
)
METRICS = (RANK,)
