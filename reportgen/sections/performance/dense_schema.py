"""Result of the performance section on segmentation and sequence labeling, and the metrics that it declares for them."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.sections.performance import multilabel_schema as labels
from reportgen.sections.performance.pair_schema import PairSpecs
from reportgen.sections.performance.tiers import Tier


class UnitScore(Strict):
    """An image or a sequence with a low score."""

    row: int
    """Its position in the data set, from 0."""
    score: float
    """Mean IoU of the classes in an image; share of the tokens of a sequence that are right."""
    positions: int
    """Pixels or tokens that count."""


class DensePerformance(Strict):
    """Data for the figures, tables and rules of a segmentation or sequence labeling head."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several outputs."""
    task: str
    n: int
    """Images or sequences of which a position counts."""
    empty: int
    """Those of which none counts."""
    positions: int
    """Pixels or tokens that count."""
    masked: int
    """Those outside of the mask."""
    ignored: int
    """Those with the ignored label, in the mask."""
    class_names: tuple[str, ...]
    class_units: tuple[int, ...]
    """How many images or sequences have each class."""
    class_groups: tuple[int, ...] | None = None
    """In how many groups of rows these are; null if the rows are not grouped."""
    confusion: tuple[tuple[int, ...], ...]
    """Positions; rows are true classes, columns are predicted classes."""
    majority_class: str
    """The most frequent class, which the majority baseline always predicts."""
    only_majority: bool
    """Whether the model predicts it at every position."""
    lowest: tuple[UnitScore, ...]
    """Images or sequences with the lowest scores."""


class DenseResult(SectionResult):
    """The part of the section's result that is about segmentation and sequence labeling."""

    dense: tuple[DensePerformance, ...] = ()
    dense_tiers: tuple[Tier, ...] = ()
    """By mean IoU, or by token accuracy."""


_DELTA = "delta method; Wilson (1927), by the variance between units"
_PAIRED = "delta method, paired; Hall (1992) for the interval"


@dataclass(frozen=True)
class Kind:
    """The nouns and the metrics of a task.

    Attributes
    ----------
    unit, position
        What a row is, and what it consists of.
    main, pair
        The score by which models are compared, with its difference and the p-values of that; ``second`` is another one, for sentences.
    accuracy, accuracy_difference, gain
        Share of the positions that are right; its difference; over always predicting the most frequent class.
    by_unit
        Means over the units, of which the first one ranks them.
    of_class, class_difference
        The score of a class; its difference for candidate and baseline.
    """

    unit: str
    position: str
    main: MetricSpec
    pair: PairSpecs
    second: str
    accuracy: MetricSpec
    accuracy_difference: MetricSpec
    gain: MetricSpec
    by_unit: tuple[MetricSpec, ...]
    of_class: str
    class_difference: MetricSpec

    @property
    def units(self) -> str:
        """The plural of the unit."""
        return f"{self.unit}s"

    @property
    def positions(self) -> str:
        """The plural of the position."""
        return f"{self.position}s"


def _interval(unit: str) -> str:
    return f"The interval is over {unit}s: the parts of one are not independent."


def _accuracy(position: str, unit: str, what: str) -> MetricSpec:
    return MetricSpec(
        f"{position}_accuracy",
        f"{position.capitalize()} accuracy",
        "fraction",
        True,
        f"Share of the {position}s that count whose predicted class equals the label, over all {what}. {_interval(unit)}",
        _DELTA,
        difference=f"{position}_accuracy_difference",
    )


def _difference(of: MetricSpec, unit: str) -> MetricSpec:
    return MetricSpec(
        f"{of.name}_difference",
        f"{of.title} difference",
        "signed fraction",
        True,
        f"{of.title} of a model minus that of another on the same {unit}s, in points.",
        _PAIRED,
        "pair",
    )


def _pairs(of: MetricSpec, unit: str) -> PairSpecs:
    return PairSpecs.of(
        _difference(of, unit),
        of.name,
        of.title,
        f"Two-sided p-value of equal {of.title[0].lower()}{of.title[1:]}.",
        "delta method, paired; Student's t, clustered",
    )


def _gain(of: MetricSpec, position: str) -> MetricSpec:
    return MetricSpec(
        f"{of.name}_gain",
        "Gain over baseline",
        "signed fraction",
        True,
        f"{of.title} minus that of always predicting the most frequent class, on the same {position}s, in points.",
        _PAIRED,
    )


# ------------------------------------------------------------------------------------------------ segmentation

MEAN_IOU = MetricSpec(
    "mean_iou",
    "Mean IoU",
    "fraction",
    True,
    "Mean over the classes of the IoU, each from the pixels of all images together; over the classes that are labeled or predicted. "
    + _interval("image"),
    _DELTA,
    difference="mean_iou_difference",
)
MEAN_DICE = MetricSpec(
    "mean_dice",
    "Mean Dice",
    "fraction",
    True,
    "Mean over the classes of the Dice coefficient (F1), each from the pixels of all images together. "
    + _interval("image"),
    f"Dice (1945); {_DELTA}",
)
MEAN_BOUNDARY_IOU = MetricSpec(
    "mean_boundary_iou",
    "Mean boundary IoU",
    "fraction",
    True,
    "Mean over the classes of the boundary IoU: that of the bands along the boundaries of the labeled and the predicted area, 2 % of the image's "
    "diagonal wide. It does not forgive coarse outlines of large areas. " + _interval("image"),
    f"Cheng et al. (2021); {_DELTA}",
)
PIXEL_ACCURACY = _accuracy("pixel", "image", "images")
PIXEL_GAIN = _gain(PIXEL_ACCURACY, "pixel")
IMAGE_IOU = MetricSpec(
    "image_mean_iou",
    "Mean IoU by image",
    "fraction",
    True,
    "Mean over the images of the mean IoU of the classes that are labeled or predicted in the image: every image counts the same, however large its areas.",
    "mean over images; Hall (1992) for the interval",
)
IMAGE_DICE = MetricSpec(
    "image_mean_dice",
    "Mean Dice by image",
    "fraction",
    True,
    "Mean over the images of the mean Dice coefficient of the classes that are labeled or predicted in the image.",
    "mean over images; Hall (1992) for the interval",
)
IOU = MetricSpec(
    "iou",
    "IoU",
    "fraction",
    True,
    "Pixels that are labeled and predicted as a class over those that are either, of all images together. "
    + _interval("image"),
    f"Jaccard (1912); {_DELTA}",
    "class",
    difference="iou_difference",
)
DICE = MetricSpec(
    "dice",
    "Dice",
    "fraction",
    True,
    "Dice coefficient of a class, which is its F1: twice the pixels that are labeled and predicted as the class over the sum of both areas.",
    f"Dice (1945); {_DELTA}",
    "class",
)
BOUNDARY_IOU = MetricSpec(
    "boundary_iou",
    "Boundary IoU",
    "fraction",
    True,
    "IoU of the bands along the boundaries of the labeled and the predicted area of a class, 2 % of the image's diagonal wide.",
    f"Cheng et al. (2021); {_DELTA}",
    "class",
)
IOU_DIFFERENCE = MetricSpec(
    "iou_difference",
    "IoU difference",
    "signed fraction",
    True,
    "IoU of a class of the candidate minus that of its baseline on the same images, in points.",
    _PAIRED,
    "class",
)
MEAN_IOU_PAIRS = _pairs(MEAN_IOU, "image")
PIXEL_DIFFERENCE = _difference(PIXEL_ACCURACY, "image")

AREAS = (MEAN_IOU, MEAN_DICE, MEAN_BOUNDARY_IOU, PIXEL_ACCURACY, IMAGE_IOU, IMAGE_DICE)
SEGMENTED = (*AREAS, PIXEL_GAIN)
"""Of a whole segmentation head, besides the metrics that other heads have too."""
OF_AREA = (IOU, DICE, BOUNDARY_IOU)
"""Of each class of it, likewise."""

# ------------------------------------------------------------------------------------------------ sequences

TOKEN_ACCURACY = _accuracy("token", "sequence", "sequences")
TOKEN_GAIN = _gain(TOKEN_ACCURACY, "token")
SEQUENCE_ACCURACY = MetricSpec(
    "sequence_mean_accuracy",
    "Token accuracy by sequence",
    "fraction",
    True,
    "Mean over the sequences of the share of their tokens that are right: every sequence counts the same, however long it is.",
    "mean over sequences; Hall (1992) for the interval",
)
PERPLEXITY = MetricSpec(
    "perplexity",
    "Perplexity",
    "",
    False,
    "Exponential of the NLL of a token: a model that guesses among k equally likely classes has k.",
    "Jelinek et al. (1977); the interval of the NLL, transformed",
)
TOKEN_PAIRS = _pairs(TOKEN_ACCURACY, "sequence")
MACRO_F1_DIFFERENCE = MetricSpec(
    "macro_f1_difference",
    "Macro F1 difference",
    "signed fraction",
    True,
    "Macro F1 of a model minus that of another on the same sequences, in points.",
    _PAIRED,
    "pair",
)
TAGS = (TOKEN_ACCURACY, SEQUENCE_ACCURACY, PERPLEXITY)
TAGGED = (*TAGS, TOKEN_GAIN)
"""Of a whole sequence labeling head, besides the metrics that other heads have too."""

PAIRWISE = (
    MEAN_IOU_PAIRS.difference,
    PIXEL_DIFFERENCE,
    MEAN_IOU_PAIRS.p,
    MEAN_IOU_PAIRS.p_holm,
    TOKEN_PAIRS.difference,
    MACRO_F1_DIFFERENCE,
    TOKEN_PAIRS.p,
    TOKEN_PAIRS.p_holm,
)

KINDS = {
    "segmentation": Kind(
        unit="image",
        position="pixel",
        main=MEAN_IOU,
        pair=MEAN_IOU_PAIRS,
        second="pixel_accuracy",
        accuracy=PIXEL_ACCURACY,
        accuracy_difference=PIXEL_DIFFERENCE,
        gain=PIXEL_GAIN,
        by_unit=(IMAGE_IOU, IMAGE_DICE),
        of_class="iou",
        class_difference=IOU_DIFFERENCE,
    ),
    "sequence_labeling": Kind(
        unit="sequence",
        position="token",
        main=TOKEN_ACCURACY,
        pair=TOKEN_PAIRS,
        second="macro_f1",
        accuracy=TOKEN_ACCURACY,
        accuracy_difference=TOKEN_PAIRS.difference,
        gain=TOKEN_GAIN,
        by_unit=(SEQUENCE_ACCURACY,),
        of_class="f1",
        class_difference=labels.F1_DIFFERENCE,
    ),
}
"""By task."""
