"""The metrics of the confidence of heads on slices, besides the errors that every report had."""

from __future__ import annotations

from reportgen.sections.slices.declare import HALL, of_slice, with_adjusted

_DRAWS = "binomial or normal bin residuals, seeded draws"

ECE_P = of_slice(
    "ece_p",
    "ECE p",
    "p-value",
    None,
    "Probability that a calibrated model has an ECE at least as large on the rows of a slice; not adjusted for other tests.",
    _DRAWS,
)
CALIBRATION_P, CALIBRATION_P_HOLM = with_adjusted(
    "calibration_p",
    "Calibration p",
    "Whether the model is calibrated on the rows of a slice: the smaller of ECE p and gap p, adjusted for these two tests; of several labels the smallest of all classes, "
    "adjusted for their number too.",
    "Bonferroni",
)
SMECE = of_slice(
    "smece",
    "smECE",
    "fraction",
    False,
    "Smooth calibration error on the rows of a slice; compare it with the expected smECE, because few rows alone make it large.",
    "Błasiok & Nakkiran (2023)",
)
SMECE_NULL = of_slice(
    "smece_null",
    "Expected smECE",
    "fraction",
    None,
    "Mean smECE of perfectly calibrated models with the same confidences on the rows of a slice, and the range of 95 % of them.",
    "binomial outcomes on a grid of forecasts, seeded draws",
)
MCE = of_slice(
    "mce",
    "MCE",
    "fraction",
    False,
    "Largest gap between forecast and frequency in a bin of the ECE on the rows of a slice; compare it with the expected MCE.",
    "Naeini et al. (2015)",
)
MCE_NULL = of_slice(
    "mce_null",
    "Expected MCE",
    "fraction",
    None,
    "Mean MCE of perfectly calibrated models with the same confidences on the rows of a slice, and the range of 95 % of them.",
    _DRAWS,
)
POSITIVE_BIAS = of_slice(
    "positive_class_bias",
    "Positive class bias",
    "signed fraction",
    None,
    "In binary heads, mean probability of the positive class minus its frequency on the rows of a slice, in points.",
    "Zou & Donner (2008) with Wilson's interval for the frequency",
)
TEMPERATURE = of_slice(
    "temperature",
    "Temperature",
    "",
    None,
    "Divisor of the logits that minimizes the NLL on the rows of a slice: above 1 the model is over-confident there, below 1 under-confident.",
    "Guo et al. (2017); sandwich standard error of its logarithm",
)
MEAN_CONFIDENCE = of_slice(
    "mean_confidence",
    "Mean confidence",
    "fraction",
    None,
    "Mean probability of the predicted class on the rows of a slice, or of their pixels or tokens.",
    "Guo et al. (2017)",
)
MEAN_ENTROPY = of_slice(
    "mean_entropy",
    "Mean entropy",
    "nats",
    None,
    "Mean entropy of the predicted distribution on the rows of a slice.",
    "Shannon (1948)",
)
AURC = of_slice(
    "aurc",
    "AURC",
    "fraction",
    False,
    "Area under the risk-coverage curve of the rows of a slice: the mean error rate of those that are kept, over all numbers of rows kept, the most confident first.",
    f"Geifman & El-Yaniv (2017); {HALL}",
)
COVERAGE = tuple(
    (
        share,
        of_slice(
            f"accuracy_at_{100 * share:g}",
            f"Accuracy, {100 * share:g} % kept",
            "fraction",
            True,
            f"Accuracy on the {100 * share:g} % of the rows of a slice with the highest confidence.",
            "El-Yaniv & Wiener (2010); Wilson (1927) for the interval",
        ),
    )
    for share in (0.8, 0.9, 0.95)
)
"""Shares of rows that are kept, each with the accuracy on them."""
MEAN_CLASS_ECE = of_slice(
    "mean_class_ece",
    "Mean class ECE",
    "fraction",
    False,
    "Mean ECE over the classes of a multilabel head on the rows of a slice; compare it with the expected class ECE, because few rows alone make it large.",
    "Kull et al. (2019)",
)
MEAN_CLASS_ECE_NULL = of_slice(
    "mean_class_ece_null",
    "Expected class ECE",
    "fraction",
    None,
    "The same of perfectly calibrated models with the same probabilities; without a range, which depends on how the labels of a row hang together.",
    _DRAWS,
)
LARGEST_CLASS_ECE = of_slice(
    "largest_class_ece",
    "Largest class ECE",
    "fraction",
    False,
    "ECE of the class of a multilabel head for which it is largest on the rows of a slice.",
    "Kull et al. (2019)",
)

ERRORS = (SMECE, SMECE_NULL, MCE, MCE_NULL, ECE_P)
DIRECTION = (POSITIVE_BIAS, TEMPERATURE, MEAN_CONFIDENCE, MEAN_ENTROPY)
REFUSING = (AURC, *(spec for _, spec in COVERAGE))
OF_LABELS = (MEAN_CLASS_ECE, MEAN_CLASS_ECE_NULL, LARGEST_CLASS_ECE)
OF_POSITIONS = (MCE, MCE_NULL, ECE_P, MEAN_CONFIDENCE)
"""Of classes; of several labels per row; of pixels and tokens, besides those that classes have too."""
