"""The metrics that slices are ranked by, one for each kind of head, with all that goes with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.sections.slices import pooled_schema as pooled, schema

if TYPE_CHECKING:
    from reportgen.contract.numbers import MetricSpec


@dataclass(frozen=True)
class Score:
    """A metric that slices are ranked by.

    Attributes
    ----------
    spec
        Its declaration; ``from_rest`` and ``difference`` are those of its difference from the other rows, and from the baseline.
    others
        The other scores of a slice.
    weak
        What a model does on a slice that is worse, in the title of a figure.
    confidence
        The numbers of a slice about confidence, and their test.
    paired
        Further differences from the baseline.
    rows
        What rows are called.
    """

    spec: MetricSpec
    from_rest: MetricSpec
    difference: MetricSpec
    others: tuple[MetricSpec, ...]
    weak: str
    confidence: tuple[MetricSpec, ...] = ()
    paired: tuple[MetricSpec, ...] = (schema.NLL_DIFFERENCE,)
    rows: str = "rows"

    @property
    def measured(self) -> tuple[MetricSpec, ...]:
        """The numbers of a slice alone."""
        return (self.spec, *self.others, *self.confidence)

    @property
    def sign(self) -> int:
        """1 if higher is better, otherwise -1."""
        return 1 if self.spec.higher_is_better else -1

    @property
    def of_shares(self) -> bool:
        """Whether its differences are points."""
        return self.difference.unit == "signed fraction"


_LOSSES = (schema.NLL, schema.BRIER)
_ALL = (
    Score(
        schema.ACCURACY,
        schema.ACCURACY_FROM_REST,
        schema.ACCURACY_DIFFERENCE,
        schema.SCORES[1:],
        "is right less often",
        confidence=schema.CALIBRATION,
    ),
    Score(
        schema.MAE,
        schema.MAE_FROM_REST,
        schema.MAE_DIFFERENCE,
        schema.REGRESSION[1:],
        "has larger errors",
        paired=(),
    ),
    Score(
        pooled.MICRO_F1,
        pooled.MICRO_F1_FROM_REST,
        pooled.MICRO_F1_DIFFERENCE,
        (*pooled.MULTILABEL[1:], schema.MACRO_F1, *_LOSSES),
        "has a lower micro F1",
    ),
    Score(
        pooled.MEAN_IOU,
        pooled.MEAN_IOU_FROM_REST,
        pooled.MEAN_IOU_DIFFERENCE,
        (*pooled.SEGMENTED[1:], *_LOSSES),
        "has a lower mean IoU",
        rows="images",
    ),
    Score(
        pooled.TOKEN_ACCURACY,
        pooled.TOKEN_ACCURACY_FROM_REST,
        pooled.TOKEN_ACCURACY_DIFFERENCE,
        (*pooled.TAGGED[1:], schema.MACRO_F1, pooled.EXACT_MATCH, *_LOSSES),
        "is right less often",
        rows="sequences",
    ),
)
SCORES = {one.spec.name: one for one in _ALL}
"""By name, in the order of the metrics below."""
METRICS = tuple(
    dict.fromkeys(
        (
            schema.ROWS,
            *(spec for score in _ALL for spec in score.measured),
            *(score.from_rest for score in _ALL),
            *(spec for score in _ALL for spec in (score.difference, *score.paired)),
            *(spec for pair in schema.ADJUSTED for spec in pair),
        )
    )
)
TASKS = {
    "multiclass": SCORES["accuracy"].measured,
    "binary": SCORES["accuracy"].measured,
    "ordinal": SCORES["accuracy"].measured,
    "regression": SCORES["mae"].measured,
    "distributional": SCORES["mae"].measured,
    "multilabel": SCORES["micro_f1"].measured,
    "segmentation": SCORES["mean_iou"].measured,
    "sequence_labeling": SCORES["token_accuracy"].measured,
}
"""The numbers of slices of the heads of a task."""
