"""Metrics that the performance section declares about near duplicates of the training data."""

from __future__ import annotations

from reportgen.contract.numbers import MetricSpec

_WITHOUT = "that are neither equal nor nearly equal to a row of the training data"
_OF_SHARES = "Newcombe (1998), method 10"

DEDUPLICATED_ACCURACY = MetricSpec(
    "deduplicated_accuracy",
    "Accuracy, deduplicated",
    "fraction",
    True,
    f"Accuracy on the examples {_WITHOUT}.",
    "Wilson (1927) for the interval",
)
DEDUPLICATED_ACCURACY_DIFFERENCE = MetricSpec(
    "deduplicated_accuracy_difference",
    "Candidate minus baseline, deduplicated",
    "signed fraction",
    True,
    f"Accuracy of the candidate minus that of its baseline, on the examples {_WITHOUT}, in points.",
    _OF_SHARES,
)
NEAR_ACCURACY = MetricSpec(
    "near_duplicate_accuracy_difference",
    "Near duplicates minus others, accuracy",
    "signed fraction",
    None,
    f"Accuracy on the examples that are nearly equal to a row of the training data minus that on those {_WITHOUT}, in points.",
    _OF_SHARES,
)
OF_CLASSES = (DEDUPLICATED_ACCURACY, DEDUPLICATED_ACCURACY_DIFFERENCE, NEAR_ACCURACY)

DEDUPLICATED_EXACT = MetricSpec(
    "deduplicated_exact_match",
    "Exact match, deduplicated",
    "fraction",
    True,
    f"Exact match on the rows {_WITHOUT}.",
    "Wilson (1927) for the interval",
)
DEDUPLICATED_EXACT_DIFFERENCE = MetricSpec(
    "deduplicated_exact_match_difference",
    "Candidate minus baseline, deduplicated",
    "signed fraction",
    True,
    f"Exact match of the candidate minus that of its baseline, on the rows {_WITHOUT}, in points.",
    _OF_SHARES,
)
NEAR_EXACT = MetricSpec(
    "near_duplicate_exact_match_difference",
    "Near duplicates minus others, exact match",
    "signed fraction",
    None,
    f"Exact match on the rows that are nearly equal to a row of the training data minus that on those {_WITHOUT}, in points.",
    _OF_SHARES,
)
OF_LABELS = (DEDUPLICATED_EXACT, DEDUPLICATED_EXACT_DIFFERENCE, NEAR_EXACT)

DEDUPLICATED_MAE = MetricSpec(
    "deduplicated_mae",
    "MAE, deduplicated",
    "",
    False,
    f"MAE on the examples {_WITHOUT}, in the unit of the label.",
    "mean; Hall (1992) for the interval",
)
DEDUPLICATED_MAE_DIFFERENCE = MetricSpec(
    "deduplicated_mae_difference",
    "Candidate minus baseline, deduplicated",
    "",
    False,
    f"MAE of the candidate minus that of its baseline, on the examples {_WITHOUT}, in the unit of the label.",
    "paired mean; Hall (1992) for the interval",
)
NEAR_MAE = MetricSpec(
    "near_duplicate_mae_difference",
    "Near duplicates minus others, MAE",
    "",
    None,
    f"MAE on the examples that are nearly equal to a row of the training data minus that on those {_WITHOUT}, in the unit of the label.",
    "Zou & Donner (2008)",
)
OF_VALUES = (DEDUPLICATED_MAE, DEDUPLICATED_MAE_DIFFERENCE, NEAR_MAE)

DEDUPLICATED = (*OF_CLASSES, *OF_VALUES, *OF_LABELS)
"""Where near duplicates were looked for; the difference where the spec has a candidate and a baseline."""
