"""Options and result of the sweep section, and the metrics that it declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Metric, MetricSpec
from reportgen.contract.params import Value
from reportgen.contract.result import SectionResult
from reportgen.contract.subjects import Subject

ScoreName = Literal["accuracy", "exact_match", "nll", "mae"]
Verdict = Literal["matters", "negligible", "not shown", "not separable", "not compared"]
Form = Literal["levels", "curve"]


class SweepOptions(Strict):
    """Options of the sweep section."""

    score: Literal["auto", "accuracy", "nll"] = "auto"
    """What effects are measured in: `accuracy`, or `nll`, the mean negative log-likelihood. `auto`: accuracy, of a multilabel output the exact match, of a regression output the MAE."""
    seed: str = Field(default="seed", min_length=1)
    """Parameter that only numbers the repeated trainings of a setting: it is no parameter, and models that differ in nothing else are repeats."""
    levels: int = Field(default=5, ge=2, le=20)
    """Largest number of distinct values of a number that are compared as levels; a number with more is a curve over its range."""
    negligible: float | None = Field(default=None, gt=0)
    """Largest effect that does not matter, in the unit of the score (0.01 is one point of accuracy). Without it no parameter is called negligible."""


@dataclass(frozen=True)
class Score:
    """A score of the models, and the metrics of what parameters do to it."""

    name: ScoreName
    title: str
    higher_is_better: bool
    effect: MetricSpec
    interaction: MetricSpec
    level: MetricSpec


def _score(name: ScoreName, title: str, unit: str, *, higher: bool) -> Score:
    difference = "signed fraction" if unit == "fraction" else unit
    return Score(
        name,
        title,
        higher,
        MetricSpec(
            f"{name}_effect",
            f"Effect on {title}",
            difference,
            higher,
            f"Difference in {title} between two values of a parameter, the others being equal, by a linear model of all models "
            "that did not fail. The intervals of all differences of all parameters hold together.",
            "Cornfield & Tukey (1956); Bonferroni",
            per="param",
        ),
        MetricSpec(
            f"{name}_interaction",
            f"Interaction in {title}",
            difference,
            None,
            f"How much a difference in {title} between two values of one parameter changes between two values of another. The "
            "intervals of all interactions hold together.",
            "Cornfield & Tukey (1956); Bonferroni",
            per="param",
        ),
        MetricSpec(
            f"{name}_at",
            title[0].upper() + title[1:],
            unit,
            higher,
            f"Mean {title} at a value of a parameter, the others being as in the whole sweep, by the linear model. The interval is that of its difference "
            "from the mean of all models.",
            "least squares",
            per="param",
        ),
    )


ACCURACY = _score("accuracy", "accuracy", "fraction", higher=True)
EXACT = _score("exact_match", "exact match", "fraction", higher=True)
NLL = _score("nll", "NLL", "nats", higher=False)
MAE = _score("mae", "MAE", "", higher=False)
SCORES: dict[str, Score] = {score.name: score for score in (ACCURACY, EXACT, NLL, MAE)}

EFFECT_P = MetricSpec(
    "effect_p",
    "p-value",
    "p-value",
    None,
    "Chance of a difference as large between two values of a parameter that does nothing, adjusted for all differences of all parameters.",
    "Student's t; Bonferroni",
    per="param",
)
INTERACTION_P = MetricSpec(
    "interaction_p",
    "p-value",
    "p-value",
    None,
    "Chance of an interaction as large between parameters whose effects add up, adjusted for all interactions.",
    "Student's t; Bonferroni",
    per="param",
)
FAILED = MetricSpec(
    "failed",
    "Failed",
    "fraction",
    False,
    "Share of the trainings with a value of a parameter that failed: the models were not evaluated, have no finite score, or are not measurably better than a model that has learned "
    "nothing: neither right more often than the most frequent class, nor ahead of the class frequencies in NLL; the median of a regression output. Trials that left no model "
    "are among them if the tuner marks them as failed; those that it stopped early are not.",
    "definition",
    per="param",
)
FAILED_P = MetricSpec(
    "failed_p",
    "p-value",
    "p-value",
    None,
    "Chance of failures as unevenly spread between trainings with a value of a parameter and all others, adjusted for all values of all parameters.",
    "Fisher (1922), exact; Bonferroni",
    per="param",
)
METRICS = (
    *(spec for score in SCORES.values() for spec in (score.effect, score.interaction, score.level)),
    EFFECT_P,
    INTERACTION_P,
    FAILED,
    FAILED_P,
)


class Point(Strict):
    """A value of a parameter at which it is compared."""

    value: Value
    models: int
    """Number of models with exactly this value, without failed ones."""
    subject: Subject | None
    """Where its mean score is; null without one."""


class Parameter(Strict):
    """A parameter of the sweep, and its main effect."""

    name: str
    form: Form
    logarithmic: bool = False
    """Whether the curve is over the logarithm of the number."""
    points: tuple[Point, ...]
    """The values that are compared: all levels in order, or of a curve the ends and the middle of its range."""
    verdict: Verdict
    reason: str | None = None
    """Why it has no effect."""
    strongest: Subject | None = None
    """The difference with the most evidence; null without one."""
    better: Value | None = None
    """The better value of that difference."""
    worse: Value | None = None
    aliases: tuple[str, ...] = ()
    """Parameters from which it cannot be separated."""
    inflation: float = 1.0
    """Largest variance of its differences, in multiples of what it would be without the other parameters."""
    best: Value | None = None
    """The value with the best score by the model; null without an effect."""


class Interaction(Strict):
    """Two parameters, and their interaction with the most evidence."""

    one: str
    other: str
    subject: Subject
    shown: bool
    """Whether its interval excludes 0."""
    one_values: tuple[Value, Value]
    """The two values of the first parameter, whose difference (the first minus the second) changes."""
    other_values: tuple[Value, Value]
    """The two values of the second parameter, between which it changes: its value at the first minus that at the second."""


class SweptModel(Strict):
    """A model of the sweep."""

    model: str
    params: dict[str, Value]
    score: Metric | None
    """Null for a model without one."""
    parameters: int | None
    """Number of its weights; null if unknown."""
    multiply_adds: int | None = None
    """For one example; null if they were not counted: no section asked for them, or the section `cost` says why."""
    size_bytes: int | None = None
    """Of its file; null for a model without one, or if no section asked what models cost."""
    failed: str | None
    """Why it counts as failed; null if it does not."""


class LostTrial(Strict):
    """A trial that left no model and that its tuner marks as failed."""

    name: str
    """Its file, and its number in a file of many."""
    params: dict[str, Value]
    """The parameters that are known of it."""
    file: str
    """Where the tuner says so."""
    sha256: str


class FailedAt(Strict):
    """The failures at a value of a parameter, of models and of failed trials that left none; of a curve, in the lower or the upper half of its range."""

    name: str
    words: str
    """The values: `lr = 0.03`, `lr ≥ 0.01`."""
    subject: Subject
    failed: int
    models: int
    others_failed: int
    others: int


class Choice(Strict):
    """The best model, those that cannot be told from it, and the smallest of them."""

    best: str
    tied: tuple[str, ...]
    """Paired differences of all pairs of models, Holm, 5 %."""
    untested: tuple[str, ...] = ()
    """Models whose difference from the best has no interval."""
    smallest: str | None
    """The one with the fewest weights among the best and those tied with it, of several the one with the best score; null where they are unknown."""
    behind: Metric | None = None
    """Its score minus that of the best, paired, with a 95 % interval; null where it is the best."""


class Next(Strict):
    """Where the best score is, by the model, within the ranges tried: of the parameters that matter."""

    settings: dict[str, Value]
    between: dict[str, tuple[Value, Value]]
    """Of a number that is best within its range: the values tried below and above."""
    ends: tuple[str, ...]
    """Numbers that are best at an end of the range tried."""
    models: tuple[str, ...]
    """Models that have these values."""


class HeadSweep(Strict):
    """The sweep of one output."""

    subject: str | None
    score: ScoreName
    models: tuple[SweptModel, ...]
    """In the order of the spec."""
    mean: float | None
    """Mean score of the models that did not fail; null without one."""
    reason: str | None
    """Why there are no effects: too few models."""
    error: Literal["repeats", "residuals"] | None
    """Where the variance between training runs comes from: from repeated settings, or from what the model leaves."""
    additive: bool
    """Whether the model has no interactions: too few models for them."""
    freedom: int
    """Its degrees of freedom."""
    family: int
    """Number of differences whose intervals hold together."""
    parameters: tuple[Parameter, ...]
    """Those that matter first, by the size of their difference; the others by its p-value."""
    interactions: tuple[Interaction, ...]
    """By evidence."""
    failures: tuple[FailedAt, ...]
    """By evidence; empty without a failure."""
    choice: Choice | None
    next: Next | None


class SweepResult(SectionResult):
    """Result of the sweep section."""

    split: str
    n: int
    """Number of rows."""
    first: str
    """The model at which the metrics of parameters are recorded: the first one with parameters."""
    heads: tuple[HeadSweep, ...]
    constant: dict[str, Value]
    """Parameters that all models have in common."""
    left_out: tuple[str, ...]
    """Models with parameters that are no runs of their own: earlier checkpoints of a run."""
    without: int
    """Number of models without parameters: no part of the sweep."""
    readings: tuple[str, ...]
    """Where the parameters come from."""
    unused: tuple[tuple[str, int], ...]
    """Tables with rows about no model of the spec: file and number of such rows, without failed trials."""
    pruned: tuple[tuple[str, int], ...] = ()
    """Of those rows, the trials that the tuner stopped early: file and number."""
    trials: tuple[LostTrial, ...] = ()
    """Trials that left no model and count as failed, because the tuner marks them so."""
    options: SweepOptions
