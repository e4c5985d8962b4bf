"""The metrics of predicted distributions, and of intervals around predicted values, on slices."""

from __future__ import annotations

from reportgen.sections.slices.declare import HALL, of_slice, paired, with_adjusted

NOMINAL = 0.9
"""Coverage of the central interval that is measured by slice: that of the model which is nearest to it. Convention."""

CRPS = of_slice(
    "crps",
    "CRPS",
    "",
    False,
    "Mean continuous ranked probability score on the rows of a slice, in the unit of the label.",
    f"Gneiting & Raftery (2007); {HALL}",
    "crps_difference",
)
PINBALL = of_slice(
    "pinball_loss",
    "Pinball loss",
    "",
    False,
    "Mean pinball loss over the levels of the quantiles on the rows of a slice, in the unit of the label.",
    f"Koenker & Bassett (1978); {HALL}",
    "pinball_difference",
)
SCALE = of_slice(
    "scale_factor",
    "Scale factor",
    "",
    None,
    "Root mean square of the standardized errors on the rows of a slice: above 1 the standard deviations are too small there, below 1 too large.",
    "Levi et al. (2022); root of the interval of the mean square",
)
SHARPNESS = of_slice(
    "sharpness",
    "Sharpness",
    "",
    None,
    "Root mean square of the predicted standard deviations on the rows of a slice, in the unit of the label.",
    "Gneiting, Balabdaoui & Raftery (2007); root of the interval of the mean square",
)
PIT = of_slice(
    "pit_distance",
    "PIT distance",
    "fraction",
    False,
    "Largest distance of the distribution of the probability integral transform from the uniform one, on the rows of a slice; above 0 even for calibrated models: see PIT p.",
    "Dawid (1984); Kolmogorov (1933)",
)
PIT_P, PIT_P_HOLM = with_adjusted(
    "pit_p",
    "PIT p",
    "Chance that a calibrated model has a PIT distance at least as large on the rows of a slice.",
    "Stephens (1970)",
)
CROSSING = of_slice(
    "crossing_rows",
    "Rows with crossing quantiles",
    "fraction",
    False,
    "Share of the rows of a slice in which a quantile of a higher level is below one of a lower level.",
    "Bassett & Koenker (1982); Wilson (1927) for the interval",
)
COVERAGE = of_slice(
    "interval_coverage",
    "Interval coverage",
    "fraction",
    None,
    "Share of the labels of a slice within the central interval whose nominal coverage is nearest to 90 %; each value says which it is.",
    "Wilson (1927) for the interval",
)
COVERAGE_P, COVERAGE_P_HOLM = with_adjusted(
    "interval_coverage_p",
    "Interval coverage p",
    "Two-sided p-value of that coverage on the rows of a slice if the nominal one is right.",
    "binomial distribution",
)
WIDTH = of_slice(
    "interval_width",
    "Interval width",
    "",
    None,
    "Mean width of that interval on the rows of a slice, in the unit of the label.",
    HALL,
)
CONFORMAL = tuple(
    (
        level,
        of_slice(
            f"half_width_{100 * level:g}",
            f"{100 * level:g} % half-width",
            "",
            False,
            f"The interval prediction ± half-width holds {100 * level:g} % of new rows like those of a slice. From a random half of its rows (of the groups, where there are "
            "some), in the unit of the label.",
            "split conformal prediction, Lei et al. (2018)",
        ),
        of_slice(
            f"coverage_{100 * level:g}",
            f"{100 * level:g} % coverage",
            "fraction",
            None,
            f"Share of the other half of the rows of a slice within its {100 * level:g} % half-width.",
            "Wilson (1927) for the interval",
        ),
    )
    for level in (0.9, 0.95)
)
"""Levels, each with the half-width and its coverage."""
CRPS_DIFFERENCE = paired("crps", "CRPS", "", higher_is_better=False)
PINBALL_DIFFERENCE = paired("pinball", "Pinball loss", "", higher_is_better=False)

OF_VALUES = tuple(spec for _, half_width, covered in CONFORMAL for spec in (half_width, covered))
SCORES = (CRPS, PINBALL)
SPREAD = (SCALE, SHARPNESS, PIT)
COVERED = (CROSSING, COVERAGE, WIDTH)
