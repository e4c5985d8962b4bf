"""Metrics that the performance section declares about the training data: without near duplicates of its rows, and the generalization gap."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Gap:
    """A score on the training data, and by how much it differs from that on the evaluated rows; ``words`` name it in a sentence."""

    score: MetricSpec
    gap: MetricSpec
    words: str


def _gap(name: str, title: str, unit: str, higher_is_better: bool, source: str, words: str) -> Gap:  # noqa: FBT001
    """Return the metrics of a score; ``words`` name it in a sentence."""
    signed = "signed fraction" if unit == "fraction" else unit
    in_points = ", in points" if unit == "fraction" else ""
    short = name.removesuffix("_score")
    return Gap(
        MetricSpec(
            f"train_{name}",
            f"{title}, training data",
            unit,
            higher_is_better,
            f"{title} on the rows of the training data, in inference mode: dropout and augmentation are off.",
            source,
        ),
        MetricSpec(
            f"{short}_gap",
            f"{title} gap",
            signed,
            None,
            f"Generalization gap: {words} on the training data, in inference mode, minus that on the evaluated rows{in_points}. The two samples are independent.",
            "Zou & Donner (2008)",
        ),
        words,
    )


_HALL, _WILSON = "Hall (1992) for the interval", "Wilson (1927) for the interval"
ACCURACY_GAP = _gap("accuracy", "Accuracy", "fraction", True, _WILSON, "accuracy")
NLL_GAP = _gap("nll", "NLL", "nats", False, f"Good (1952); {_HALL}", "NLL")
BRIER_GAP = _gap("brier_score", "Brier score", "", False, f"Brier (1950); {_HALL}", "Brier score")
MICRO_F1_GAP = _gap(
    "micro_f1", "Micro F1", "fraction", True, "ratio of means; Hall (1992) for the interval", "micro F1"
)
EXACT_MATCH_GAP = _gap("exact_match", "Exact match", "fraction", True, _WILSON, "exact match")
MAE_GAP = _gap("mae", "MAE", "", False, f"mean; {_HALL}", "MAE")
RMSE_GAP = _gap("rmse", "RMSE", "", False, f"root of the mean square; {_HALL}", "RMSE")

GAPS = (ACCURACY_GAP, NLL_GAP, BRIER_GAP, MICRO_F1_GAP, EXACT_MATCH_GAP, MAE_GAP, RMSE_GAP)
"""Where the training data has labels."""
GENERALIZATION = tuple(spec for one in GAPS for spec in (one.score, one.gap))
