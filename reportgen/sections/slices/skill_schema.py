"""How much better a model is on a slice than the best constant of its rows, which is estimated on them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.sections.slices.declare import SKILL, of_slice

if TYPE_CHECKING:
    from reportgen.contract.numbers import MetricSpec

BASELINE = of_slice(
    "majority_accuracy",
    "Majority baseline",
    "fraction",
    None,
    "Accuracy of always predicting the most frequent class of the rows of a slice, or of their pixels or tokens.",
    "convention",
)


def _gain(prefix: str, title: str, source: str) -> MetricSpec:
    return of_slice(
        f"{prefix}_gain",
        "Gain over baseline",
        "signed fraction",
        True,
        f"{title} in a slice minus that of always predicting its most frequent class, in points.",
        source,
    )


def _skill(name: str, title: str, definition: str) -> MetricSpec:
    return of_slice(f"{name}_skill", f"{title} skill", "fraction", True, definition, SKILL)


ACCURACY_GAIN = _gain("accuracy", "Accuracy", "Newcombe (1998), method 10")
PIXEL_GAIN = _gain("pixel_accuracy", "Pixel accuracy", "delta method, paired; Hall (1992) for the interval")
TOKEN_GAIN = _gain("token_accuracy", "Token accuracy", "delta method, paired; Hall (1992) for the interval")
ACCURACY_SKILL = _skill(
    "accuracy",
    "Accuracy",
    "(accuracy - baseline) / (1 - baseline) on the rows of a slice: 0 is no better than its most frequent class.",
)
NLL_SKILL = _skill(
    "nll", "NLL", "1 - NLL / that of always predicting the class frequencies of the rows of a slice: 0 is no better."
)
BRIER_SKILL = _skill(
    "brier",
    "Brier",
    "1 - Brier score / that of always predicting the class frequencies of the rows of a slice: 0 is no better.",
)
HAMMING_SKILL = _skill(
    "hamming", "Hamming", "1 - Hamming loss / that of the best constant answer for the rows of a slice: 0 is no better."
)
MAE_SKILL = _skill(
    "mae", "MAE", "1 - MAE / that of always predicting the median label of the rows of a slice: 0 is no better."
)
CRPS_SKILL = _skill(
    "crps", "CRPS", "1 - CRPS / that of always predicting the distribution of the labels of a slice: 0 is no better."
)
PINBALL_SKILL = _skill(
    "pinball",
    "Pinball loss",
    "1 - pinball loss / that of always predicting the quantiles of the labels of a slice: 0 is no better.",
)

OVER_BASELINE = tuple(
    of_slice(
        f"{short.lower()}_skill_over_model",
        f"{short} skill over baseline",
        "fraction",
        True,
        f"1 - {short} / {short} of the baseline on the same rows of a slice: 0 is no better, below 0 is worse.",
        "Murphy (1988); ratio of paired means, Hall (1992) for the interval",
    )
    for short in ("MAE", "MSE")
)
"""Of predicted values."""

CLASSES = (BASELINE, ACCURACY_GAIN, ACCURACY_SKILL, NLL_SKILL, BRIER_SKILL)
LABELS = (HAMMING_SKILL, NLL_SKILL, BRIER_SKILL)
PIXELS = (BASELINE, PIXEL_GAIN, NLL_SKILL, BRIER_SKILL)
TOKENS = (BASELINE, TOKEN_GAIN, NLL_SKILL, BRIER_SKILL)
DISTRIBUTIONS = (CRPS_SKILL, PINBALL_SKILL)
