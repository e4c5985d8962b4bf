"""Result of the calibration section on predicted distributions, and the metrics that it declares for them."""

from __future__ import annotations

from typing import Literal

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.contract.subjects import Subject


class Bar(Strict):
    """A bar of the histogram of the probability integral transform."""

    low: float
    high: float
    share: float
    """Share of the rows, or of their weight."""
    range_low: float | None
    range_high: float | None
    """Range of the share: all bars of 95 % of calibrated models are within theirs; null where the rows are grouped or weighted."""


class DistributionCalibration(Strict):
    """Data for the figures and tables of a predicted distribution."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several outputs or values."""
    n: int
    kind: Literal["normal", "quantiles"]
    intervals: tuple[float, ...]
    """Nominal coverage of its central intervals, increasing."""
    quantiles: tuple[float, ...]
    """Levels of its quantiles, increasing; none of a normal distribution."""
    bars: tuple[Bar, ...]
    """Histogram of the probability integral transform of a normal distribution; none of quantiles."""

    def at(self, level: float) -> Subject:
        """Return the subject of a level."""
        return level_part(level).within(self.subject)


def level_part(level: float) -> Subject:
    """Return the subject of a level within its head."""
    return Subject.of("level", f"{level:g}")


class DistributionsResult(SectionResult):
    """The part of the section's result that is about predicted distributions."""

    distributions: tuple[DistributionCalibration, ...] = ()


SCALE = MetricSpec(
    "scale_factor",
    "Scale factor",
    "",
    None,
    "Root mean square of the standardized errors, (label - mean) / standard deviation: what the standard deviations must be multiplied by to fit. Above 1 they are "
    "too small, below 1 too large. Its interval is withheld where few rows make most of it.",
    "Levi et al. (2022); root of the interval of the mean square",
)
SHARPNESS = MetricSpec(
    "sharpness",
    "Sharpness",
    "",
    None,
    "Root mean square of the predicted standard deviations, in the unit of the label: how narrow the distributions are. Of two models with the stated coverage the "
    "one with the lower value is better.",
    "Gneiting, Balabdaoui & Raftery (2007); root of the interval of the mean square",
)
PIT = MetricSpec(
    "pit_distance",
    "PIT distance",
    "fraction",
    False,
    "Largest distance of the cumulative distribution of the probability integral transform from the uniform one that calibrated models have. It is above 0 even for those: see PIT p.",
    "Dawid (1984); Kolmogorov (1933)",
)
PIT_P = MetricSpec(
    "pit_p",
    "PIT p",
    "p-value",
    None,
    "Chance that a calibrated model has a PIT distance at least as large; adjusted with the coverage p of all levels of all models.",
    "Stephens (1970), Holm (1979)",
)
CROSSING = MetricSpec(
    "crossing_rows",
    "Rows with crossing quantiles",
    "fraction",
    False,
    "Share of rows in which a quantile of a higher level is below one of a lower level, so that they are those of no distribution. Nothing is sorted before it is measured.",
    "Bassett & Koenker (1982); Wilson (1927) for the interval",
)
WHOLE = (SCALE, SHARPNESS, PIT, PIT_P, CROSSING)

COVERAGE = MetricSpec(
    "interval_coverage",
    "Interval coverage",
    "fraction",
    None,
    "Share of labels within the central interval that should contain the share of the level, such as 0.9: between the quantiles whose levels add up to 1.",
    "Wilson (1927) for the interval",
    "level",
)
COVERAGE_P = MetricSpec(
    "interval_coverage_p",
    "Interval coverage p",
    "p-value",
    None,
    "Two-sided p-value of the coverage of an interval if its nominal coverage is right; adjusted for all levels of all models.",
    "binomial distribution, Holm (1979)",
    "level",
)
WIDTH = MetricSpec(
    "interval_width",
    "Interval width",
    "",
    None,
    "Mean width of the central interval, in the unit of the label. Of two models with the stated coverage the one with the lower value is better.",
    "mean; Hall (1992) for the interval",
    "level",
)
QUANTILE_COVERAGE = MetricSpec(
    "quantile_coverage",
    "Labels at or below the quantile",
    "fraction",
    None,
    "Share of labels that are not above the predicted quantile: of a calibrated model its level.",
    "Wilson (1927) for the interval",
    "level",
)
QUANTILE_P = MetricSpec(
    "quantile_coverage_p",
    "Quantile p",
    "p-value",
    None,
    "Two-sided p-value of the share of labels at or below the quantile if its level is right; adjusted for all levels of all models.",
    "binomial distribution, Holm (1979)",
    "level",
)
OF_INTERVALS = (COVERAGE, COVERAGE_P, WIDTH)
OF_QUANTILES = (QUANTILE_COVERAGE, QUANTILE_P)
PER_LEVEL = (*OF_INTERVALS, *OF_QUANTILES)
TESTS = {one.name: one for one in (PIT_P, COVERAGE_P, QUANTILE_P)}
"""The p-values, which are adjusted for each other, by name."""
