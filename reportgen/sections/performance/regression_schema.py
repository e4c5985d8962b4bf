"""Result of the performance section on predicted values, and the metrics that it declares for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.metrics import comparison, simultaneous
from reportgen.sections.performance.pair_schema import PairSpecs
from reportgen.sections.performance.tiers import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence


class Tested(Strict):
    """A mean with its p-value."""

    p_value: float | None
    """Of a mean of 0, not adjusted for the others; null where there are too few groups for a test."""


TestedT = TypeVar("TestedT", bound=Tested)


def told(items: Sequence[TestedT]) -> tuple[TestedT, ...]:
    """Return the items that are told from 0 at 5 %, adjusted by Holm (1979) for their number."""
    tested = [(one, one.p_value) for one in items if one.p_value is not None]
    adjusted = comparison.holm([p_value for _, p_value in tested])
    return tuple(one for (one, _), p_value in zip(tested, adjusted, strict=True) if p_value < simultaneous.LEVEL)


class ResidualBin(Tested):
    """Errors of rows with neighboring predictions; an error is prediction minus label."""

    low: float
    high: float
    center: float
    """Smallest, largest and mean prediction."""
    n: int
    bias: float
    """Mean error."""
    ci_low: float | None
    ci_high: float | None
    """Its 95 % interval; null where it has none."""
    lower: float
    median: float
    upper: float
    """Quantiles of the errors: 10 %, 50 %, 90 %."""


class LabelBand(Tested):
    """The MAE of the candidate minus that of its baseline on rows with neighboring labels."""

    low: float
    high: float
    """Smallest and largest label."""
    n: int
    difference: float
    ci_low: float | None
    ci_high: float | None


class ValuePerformance(Strict):
    """Data for the figures and tables of a predicted value."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several outputs or values."""
    n: int
    constant: bool
    """Whether the model predicts the same value on every row."""
    bins: tuple[ResidualBin, ...]
    """Equally many rows in each, by prediction; none for fewer than 60 rows."""
    bands: tuple[LabelBand, ...]
    """Quarters of the rows by label; of the candidate where there is a baseline, for at least 80 rows."""
    labels: tuple[float, ...]
    predictions: tuple[float, ...]
    """Of a sample of the rows, the same of all models."""
    normal: tuple[float, ...]
    standardized: tuple[float, ...]
    """Quantiles of the standard normal distribution, and those of the errors, less their mean, over their standard deviation."""


class RegressionResult(SectionResult):
    """The part of the section's result that is about predicted values."""

    split: str
    n: int
    values: tuple[ValuePerformance, ...] = ()
    value_tiers: tuple[Tier, ...] = ()
    """By MAE."""


BIAS = MetricSpec(
    "bias",
    "Bias",
    "",
    None,
    "Mean of prediction minus label, in the unit of the label; above 0 the predictions are too high.",
    "mean; Hall (1992) for the interval",
)
MAE = MetricSpec(
    "mae",
    "MAE",
    "",
    False,
    "Mean absolute error, in the unit of the label.",
    "mean; Hall (1992) for the interval",
    difference="mae_difference",
)
RMSE = MetricSpec(
    "rmse",
    "RMSE",
    "",
    False,
    "Root mean squared error, in the unit of the label. Its interval is withheld where few rows make most of it.",
    "root of the interval of the mean squared error",
    difference="mse_difference",
)
MEDIAN_AE = MetricSpec(
    "median_absolute_error",
    "Median error",
    "",
    False,
    "Median absolute error: half of the predictions are within it, in the unit of the label.",
    "order statistics for the interval",
)
R_SQUARED = MetricSpec(
    "r_squared",
    "R²",
    "",
    True,
    "1 - mean squared error / variance of the labels: the skill against always predicting the mean of the evaluated labels. 1 is perfect, 0 is no "
    "better, below 0 is worse.",
    "Wilks (2011); ratio of means, Hall (1992) for the interval",
    difference="mse_difference",
)
MAE_SKILL = MetricSpec(
    "mae_skill",
    "MAE skill",
    "fraction",
    True,
    "1 - MAE / MAE of always predicting the median of the evaluated labels, the best constant for absolute errors: 0 is no better, below 0 is worse.",
    "Wilks (2011); ratio of means, Hall (1992) for the interval",
)
GROWTH = MetricSpec(
    "error_growth",
    "Error growth",
    "",
    None,
    "Rank correlation of absolute error and prediction: above 0 the errors are larger where the prediction is, 0 if they are of one size.",
    "Spearman (1904); Bonett & Wright (2000) for the interval",
)


@dataclass(frozen=True)
class ConformalSpecs:
    """The half-width at a level, and its coverage of rows that it is not from."""

    level: float
    half_width: MetricSpec
    coverage: MetricSpec

    @classmethod
    def of(cls, level: float) -> ConformalSpecs:
        """Declare both metrics of a level."""
        percent = f"{100 * level:g} %"
        return cls(
            level,
            MetricSpec(
                f"half_width_{100 * level:g}",
                f"{percent} half-width",
                "",
                False,
                f"The interval prediction ± half-width holds {percent} of new rows like these. From a random half of the rows (of the groups, where there are "
                "some), in the unit of the label.",
                "split conformal prediction, Lei et al. (2018)",
            ),
            MetricSpec(
                f"coverage_{100 * level:g}",
                f"{percent} coverage",
                "fraction",
                None,
                f"Share of the other half of the rows within the {percent} half-width.",
                "Wilson (1927) for the interval",
            ),
        )


CONFORMAL = tuple(ConformalSpecs.of(level) for level in (0.9, 0.95))

MAE_DIFFERENCE = MetricSpec(
    "mae_difference",
    "MAE difference",
    "",
    False,
    "Mean paired difference in absolute error: the first model minus the second.",
    "paired mean; Hall (1992) for the interval",
    "pair",
)
MSE_DIFFERENCE = MetricSpec(
    "mse_difference",
    "MSE difference",
    "",
    False,
    "Mean paired difference in squared error: the first model minus the second.",
    "paired mean; Hall (1992) for the interval",
    "pair",
)
MAE_SKILL_OVER, MSE_SKILL_OVER = (
    MetricSpec(
        f"{short.lower()}_skill_over_model",
        f"{short} skill over it",
        "fraction",
        True,
        f"1 - {short} / {short} of the second model: the skill of the first with the second as the reference, such as a candidate over its baseline. 0 is no "
        "better, below 0 is worse.",
        "Murphy (1988); ratio of paired means, Hall (1992) for the interval",
        "pair",
    )
    for short in ("MAE", "MSE")
)
MAE_PAIRS = PairSpecs.of(
    MAE_DIFFERENCE,
    "mae",
    "MAE",
    "Two-sided p-value of equal MAEs: below 0.05 if and only if the interval of their difference excludes 0.",
    "Student's t corrected for skewness, Hall (1992)",
)

_SCORED = "mean; Hall (1992) for the interval"


@dataclass(frozen=True)
class ScoreSpecs:
    """A score of predicted distributions, its skill, and the differences between models."""

    score: MetricSpec
    skill: MetricSpec
    pairs: PairSpecs

    @classmethod
    def of(cls, name: str, title: str, definition: str, source: str, reference: str) -> ScoreSpecs:
        """Declare all metrics of a score; ``reference`` is what the skill compares with."""
        stem = name.removesuffix("_loss")
        return cls(
            MetricSpec(name, title, "", False, definition, f"{source}; {_SCORED}", difference=f"{stem}_difference"),
            MetricSpec(
                f"{stem}_skill",
                f"{title} skill",
                "fraction",
                True,
                f"1 - {title} / {title} of always predicting {reference} of the evaluated labels: 0 is no better, below 0 is worse.",
                "Wilks (2011); ratio of means, Hall (1992) for the interval",
            ),
            PairSpecs.of(
                MetricSpec(
                    f"{stem}_difference",
                    f"{title} difference",
                    "",
                    False,
                    f"Mean paired difference in {title}: the first model minus the second.",
                    "paired mean; Hall (1992) for the interval",
                    "pair",
                ),
                stem,
                title,
                f"Two-sided p-value of an equal mean {title}: below 0.05 if and only if the interval of the difference excludes 0.",
                "Student's t corrected for skewness, Hall (1992)",
            ),
        )


CRPS_SCORES = ScoreSpecs.of(
    "crps",
    "CRPS",
    "Continuous ranked probability score of the predicted normal distributions, in the unit of the label: a proper score of mean and spread together. "
    "Without any spread it is the absolute error.",
    "Gneiting & Raftery (2007), closed form of the normal distribution",
    "the distribution",
)
PINBALL_SCORES = ScoreSpecs.of(
    "pinball_loss",
    "Pinball loss",
    "Mean pinball loss of the predicted quantiles over their levels, in the unit of the label: a proper score of the quantiles. Models are compared "
    "only where their levels are the same.",
    "Koenker & Bassett (1978)",
    "the quantiles",
)
DISTRIBUTIONS = tuple(spec for one in (CRPS_SCORES, PINBALL_SCORES) for spec in (one.score, one.skill))
"""Of predicted distributions too."""

ERRORS = (BIAS, MAE, RMSE, MEDIAN_AE)
SKILL = (R_SQUARED, MAE_SKILL, GROWTH)
INTERVALS = tuple(spec for one in CONFORMAL for spec in (one.half_width, one.coverage))
REGRESSION = (*ERRORS, *SKILL, *INTERVALS)
PAIRWISE = (MAE_DIFFERENCE, MSE_DIFFERENCE, MAE_SKILL_OVER, MSE_SKILL_OVER, MAE_PAIRS.p, MAE_PAIRS.p_holm)
OF_DISTRIBUTIONS = tuple((one.difference, one.p, one.p_holm) for one in (CRPS_SCORES.pairs, PINBALL_SCORES.pairs))
"""Pairwise, of each of their scores."""
