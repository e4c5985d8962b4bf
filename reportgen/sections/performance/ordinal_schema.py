"""The metrics that the performance section declares for classes in an order."""

from __future__ import annotations

from reportgen.contract.numbers import MetricSpec
from reportgen.sections.performance.pair_schema import PairSpecs

CLASS_MAE = MetricSpec(
    "class_mae",
    "MAE in classes",
    "",
    False,
    "By how many classes the prediction is off on average, whatever the direction, where the classes have an order: 0 is perfect.",
    "mean; Hall (1992) for the interval",
    difference="class_mae_difference",
)
KAPPA = MetricSpec(
    "quadratic_kappa",
    "Quadratic kappa",
    "",
    True,
    "Cohen's kappa with quadratic weights, where the classes have an order: 1 - mean squared distance in classes / that of independent labels and predictions with the "
    "same frequencies. 1 is perfect, 0 is chance.",
    "Cohen (1968); Fleiss, Cohen & Everitt (1969), on the scale of Fisher's z",
    difference="quadratic_kappa_difference",
)
KAPPA_DIFFERENCE = MetricSpec(
    "quadratic_kappa_difference",
    "Quadratic kappa difference",
    "",
    True,
    "Quadratic kappa of a model minus that of another on the same examples.",
    "paired, delta method",
    "pair",
)
CLASS_MAE_PAIRS = PairSpecs.of(
    MetricSpec(
        "class_mae_difference",
        "MAE in classes difference",
        "",
        False,
        "Mean paired difference in distance from the true class: the first model minus the second.",
        "paired mean; Hall (1992) for the interval",
        "pair",
    ),
    "class_mae",
    "MAE in classes",
    "Two-sided p-value of an equal MAE in classes: below 0.05 if and only if the interval of the difference excludes 0.",
    "Student's t corrected for skewness, Hall (1992)",
)
OWN = (CLASS_MAE, KAPPA)
PAIRWISE = (CLASS_MAE_PAIRS.difference, KAPPA_DIFFERENCE, CLASS_MAE_PAIRS.p, CLASS_MAE_PAIRS.p_holm)
