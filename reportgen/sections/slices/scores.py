"""The metrics that slices are ranked by, one for each kind of head, with all that goes with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.sections.slices import (
    confidence_schema as confidence,
    distribution_schema as distribution,
    pooled_schema as pooled,
    schema,
    skill_schema as skill,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.contract.numbers import MetricSpec

    Specs = tuple[MetricSpec, ...]


@dataclass(frozen=True)
class Group:
    """Metrics of a slice that stand in a table of their own.

    Attributes
    ----------
    name, title
        Of the table.
    specs
        Its columns: those that some head has.
    further
        Whether it is shown of the candidate alone, and of other models only in the full report.
    told
        A column of which is said below the table how it was computed.
    """

    name: str
    title: str
    specs: Specs
    further: bool = False
    told: MetricSpec | None = None


@dataclass(frozen=True)
class Score:
    """A metric that slices are ranked by.

    Attributes
    ----------
    spec
        Its declaration; ``from_rest`` and ``difference`` are those of its difference from the other rows, and from the baseline.
    weak
        What a model does on a slice that is worse, in the title of a figure.
    groups
        The other numbers of a slice, by their tables.
    paired
        Further differences from the baseline.
    rows
        What rows are called.
    """

    spec: MetricSpec
    from_rest: MetricSpec
    difference: MetricSpec
    weak: str
    groups: tuple[Group, ...]
    paired: Specs
    rows: str = "rows"

    @property
    def sign(self) -> int:
        """1 if higher is better, otherwise -1."""
        return 1 if self.spec.higher_is_better else -1

    @property
    def of_shares(self) -> bool:
        """Whether its differences are points."""
        return self.difference.unit == "signed fraction"


@dataclass(frozen=True)
class Measured:
    """What is measured of the slices of heads of a task.

    Attributes
    ----------
    score
        What they are ranked by.
    alone
        The numbers of a slice by itself, the score first.
    tests
        Tests of a slice by itself, whose p-values are adjusted for the number of slices.
    paired
        Differences from the baseline, besides that of the score.
    """

    score: Score
    alone: Specs
    tests: Specs
    paired: Specs


_LOSSES = (schema.NLL, schema.BRIER)
_AREAS = (schema.ROC_AUC, schema.AVERAGE_PRECISION)
_CONFIDENCE = (*schema.CALIBRATION, schema.GAP_P_HOLM, confidence.CALIBRATION_P_HOLM)
_ACCURACY = Score(
    schema.ACCURACY,
    schema.ACCURACY_FROM_REST,
    schema.ACCURACY_DIFFERENCE,
    "is right less often",
    (
        Group("scores", "Other scores by slice", (schema.BALANCED_ACCURACY, schema.MACRO_F1, *_LOSSES)),
        Group("ranks", "Ranks by slice", (schema.TOP_K_ACCURACY, *_AREAS), told=schema.TOP_K_ACCURACY),
        Group("order", "Distance in classes by slice", schema.ORDERED),
        Group("confidence", "Confidence by slice", _CONFIDENCE),
        Group("errors", "Further calibration errors by slice", confidence.ERRORS, further=True),
        Group("direction", "Confidence and rescaling by slice", confidence.DIRECTION, further=True),
        Group("refusing", "Accuracy of the confident rows by slice", confidence.REFUSING, further=True),
        Group("skill", "Skill by slice", skill.CLASSES, further=True),
    ),
    (schema.NLL_DIFFERENCE, schema.BRIER_DIFFERENCE, schema.CLASS_MAE_DIFFERENCE, schema.KAPPA_DIFFERENCE),
)
_MAE = Score(
    schema.MAE,
    schema.MAE_FROM_REST,
    schema.MAE_DIFFERENCE,
    "has larger errors",
    (
        Group("scores", "Other scores by slice", schema.ERRORS),
        Group("skill", "Skill by slice", (schema.R_SQUARED, skill.MAE_SKILL, schema.GROWTH)),
        Group("distributions", "Scores of distributions by slice", (*distribution.SCORES, *skill.DISTRIBUTIONS)),
        Group("spread", "Spread of distributions by slice", (*distribution.SPREAD, distribution.PIT_P_HOLM)),
        Group(
            "coverage",
            "Coverage of distributions by slice",
            (*distribution.COVERED, distribution.COVERAGE_P_HOLM),
            told=distribution.COVERAGE,
        ),
        Group("intervals", "Intervals around the prediction by slice", distribution.OF_VALUES, further=True),
    ),
    (schema.MSE_DIFFERENCE, *skill.OVER_BASELINE, distribution.CRPS_DIFFERENCE, distribution.PINBALL_DIFFERENCE),
)
_MICRO_F1 = Score(
    pooled.MICRO_F1,
    pooled.MICRO_F1_FROM_REST,
    pooled.MICRO_F1_DIFFERENCE,
    "has a lower micro F1",
    (
        Group(
            "scores",
            "Other scores by slice",
            (*pooled.MULTILABEL[1:], schema.MACRO_F1, *_LOSSES),
        ),
        Group("ranks", "Ranks by slice", _AREAS),
        Group("confidence", "Confidence by slice", (*confidence.OF_LABELS, confidence.CALIBRATION_P_HOLM)),
        Group("averages", "Precision and recall by slice", pooled.OF_LABELS, further=True),
        Group("samples", "Rows by slice", (*pooled.OF_ROWS, *pooled.CARDINALITY), further=True),
        Group("skill", "Skill by slice", skill.LABELS, further=True),
    ),
    (schema.NLL_DIFFERENCE, schema.BRIER_DIFFERENCE, pooled.EXACT_DIFFERENCE, pooled.HAMMING_DIFFERENCE),
)
_OF_POSITIONS = (
    Group("confidence", "Confidence by slice", _CONFIDENCE),
    Group("errors", "Further calibration errors by slice", confidence.OF_POSITIONS, further=True),
)
_MEAN_IOU = Score(
    pooled.MEAN_IOU,
    pooled.MEAN_IOU_FROM_REST,
    pooled.MEAN_IOU_DIFFERENCE,
    "has a lower mean IoU",
    (
        Group("scores", "Other scores by slice", pooled.SEGMENTED[1:]),
        Group("losses", "Losses by slice", _LOSSES),
        *_OF_POSITIONS,
        Group("skill", "Skill by slice", skill.PIXELS, further=True),
    ),
    (schema.NLL_DIFFERENCE, schema.BRIER_DIFFERENCE, pooled.PIXEL_DIFFERENCE),
    "images",
)
_TOKEN_ACCURACY = Score(
    pooled.TOKEN_ACCURACY,
    pooled.TOKEN_ACCURACY_FROM_REST,
    pooled.TOKEN_ACCURACY_DIFFERENCE,
    "is right less often",
    (
        Group(
            "scores",
            "Other scores by slice",
            (*pooled.TAGGED[1:], schema.MACRO_F1, pooled.EXACT_MATCH),
        ),
        Group("losses", "Losses by slice", (*_LOSSES, pooled.PERPLEXITY)),
        *_OF_POSITIONS,
        Group("skill", "Skill by slice", skill.TOKENS, further=True),
    ),
    (schema.NLL_DIFFERENCE, schema.BRIER_DIFFERENCE, pooled.MACRO_F1_DIFFERENCE, pooled.EXACT_DIFFERENCE),
    "sequences",
)
SCORES = {one.spec.name: one for one in (_ACCURACY, _MAE, _MICRO_F1, _MEAN_IOU, _TOKEN_ACCURACY)}
"""By name, in the order of the metrics below."""
TESTS = (
    (schema.GAP_P, schema.GAP_P_HOLM),
    (confidence.CALIBRATION_P, confidence.CALIBRATION_P_HOLM),
    (distribution.PIT_P, distribution.PIT_P_HOLM),
    (distribution.COVERAGE_P, distribution.COVERAGE_P_HOLM),
)
"""Tests of a slice by itself: the p-value, and the same adjusted for the number of slices."""
ADJUSTED = (
    (schema.REST_P, schema.REST_P_HOLM),
    (schema.DIFFERENCE_P, schema.DIFFERENCE_P_HOLM),
    *TESTS,
)
"""All p-values, likewise."""


def _measured(score: Score, left_out: Iterable[MetricSpec] = ()) -> Measured:
    """Return what is measured of a task: all that its score has but what is left out."""
    of_groups = [spec for group in score.groups for spec in group.specs]
    tests = [(p, adjusted) for p, adjusted in TESTS if adjusted in of_groups]
    without = {*left_out, *(adjusted for _, adjusted in tests)}
    return Measured(
        score,
        (score.spec, *(spec for spec in of_groups if spec not in without)),
        tuple(p for p, _ in tests if p not in without),
        tuple(spec for spec in score.paired if spec not in without),
    )


_DISTRIBUTIONS = (
    *distribution.SCORES,
    *skill.DISTRIBUTIONS,
    *distribution.SPREAD,
    *distribution.COVERED,
    distribution.PIT_P,
    distribution.COVERAGE_P,
    distribution.CRPS_DIFFERENCE,
    distribution.PINBALL_DIFFERENCE,
)
_ORDERED = (*schema.ORDERED, schema.CLASS_MAE_DIFFERENCE, schema.KAPPA_DIFFERENCE)
MEASURED = {
    "multiclass": _measured(_ACCURACY, _ORDERED),
    "binary": _measured(_ACCURACY, _ORDERED),
    "ordinal": _measured(_ACCURACY),
    "regression": _measured(_MAE, _DISTRIBUTIONS),
    "distributional": _measured(_MAE),
    "multilabel": _measured(_MICRO_F1),
    "segmentation": _measured(_MEAN_IOU),
    "sequence_labeling": _measured(_TOKEN_ACCURACY),
}
"""By task."""
TASKS = {task: one.alone for task, one in MEASURED.items()}
"""The numbers of slices of the heads of a task."""
METRICS = tuple(
    dict.fromkeys(
        (
            schema.ROWS,
            *(spec for one in MEASURED.values() for spec in one.alone),
            *(score.from_rest for score in SCORES.values()),
            *(spec for score in SCORES.values() for spec in (score.difference, *score.paired)),
            *(spec for pair in ADJUSTED for spec in pair),
        )
    )
)
