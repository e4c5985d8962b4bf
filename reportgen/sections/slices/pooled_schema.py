"""The metrics of slices of multilabel, segmentation and sequence labeling heads: pooled over the labels, pixels or tokens of their rows."""

from __future__ import annotations

from reportgen.contract.numbers import MetricSpec
from reportgen.sections.slices.declare import DELTA, HALL, of_slice, paired

_ROWS = "mean over rows; Hall (1992) for the interval"
_PAIRED = "delta method, paired; Hall (1992) for the interval"


def _score(name: str, title: str, definition: str, source: str = DELTA, difference: str | None = None) -> MetricSpec:
    return MetricSpec(name, title, "fraction", True, definition, source, "slice", difference)


def _against(of: MetricSpec) -> tuple[MetricSpec, MetricSpec]:
    """Declare how a score differs from that of the other rows, and from that of the baseline."""
    from_rest = MetricSpec(
        f"{of.name}_from_rest",
        "Difference from the rest",
        "signed fraction",
        True,
        f"{of.title} in a slice minus that on all other rows, in points; where the same classes occur in both.",
        "delta method; Zou & Donner (2008), independent samples",
        "slice",
    )
    difference = MetricSpec(
        f"{of.name}_difference",
        f"{of.title} difference",
        "signed fraction",
        True,
        f"{of.title} of the candidate minus that of its baseline on the same rows of a slice, in points.",
        "delta method, paired; Hall (1992) for the interval",
        "slice",
    )
    return from_rest, difference


MICRO_F1 = _score(
    "micro_f1",
    "Micro F1",
    "Harmonic mean of precision and recall over all labels of the rows of a slice. The interval is over rows.",
    difference="micro_f1_difference",
)
EXACT_MATCH = _score(
    "exact_match",
    "Exact match",
    "Share of the rows of a slice of which every known label, or every token, is predicted right.",
    "Wilson (1927) for the interval",
    "exact_match_difference",
)
HAMMING_LOSS = MetricSpec(
    "hamming_loss",
    "Hamming loss",
    "fraction",
    False,
    "Share of the known labels of the rows of a slice that are predicted wrong. The interval is over rows.",
    DELTA,
    "slice",
    "hamming_difference",
)
MEAN_IOU = _score(
    "mean_iou",
    "Mean IoU",
    "Mean IoU of the classes that are labeled or predicted in the images of a slice, each from the pixels of all of them. The interval is over images.",
    difference="mean_iou_difference",
)
MEAN_DICE = _score(
    "mean_dice",
    "Mean Dice",
    "Mean Dice coefficient of the classes that are labeled or predicted in the images of a slice. The interval is over images.",
    f"Dice (1945); {DELTA}",
)
PIXEL_ACCURACY = _score(
    "pixel_accuracy",
    "Pixel accuracy",
    "Share of the pixels of a slice that count whose predicted class equals the label. The interval is over images.",
    difference="pixel_accuracy_difference",
)
IMAGE_IOU = _score(
    "image_mean_iou",
    "Mean IoU by image",
    "Mean over the images of a slice of the mean IoU of the classes in the image.",
    "mean over images; Hall (1992) for the interval",
)
TOKEN_ACCURACY = _score(
    "token_accuracy",
    "Token accuracy",
    "Share of the tokens of a slice that count whose predicted class equals the label. The interval is over sequences.",
    difference="token_accuracy_difference",
)
SEQUENCE_ACCURACY = _score(
    "sequence_mean_accuracy",
    "Token accuracy by sequence",
    "Mean over the sequences of a slice of the share of their tokens that are right.",
    "mean over sequences; Hall (1992) for the interval",
)
MICRO_F1_FROM_REST, MICRO_F1_DIFFERENCE = _against(MICRO_F1)
MEAN_IOU_FROM_REST, MEAN_IOU_DIFFERENCE = _against(MEAN_IOU)
TOKEN_ACCURACY_FROM_REST, TOKEN_ACCURACY_DIFFERENCE = _against(TOKEN_ACCURACY)

MEAN_BOUNDARY_IOU = _score(
    "mean_boundary_iou",
    "Mean boundary IoU",
    "Mean boundary IoU of the classes that are labeled or predicted in the images of a slice: that of the bands along the boundaries. The interval is over images.",
    f"Cheng et al. (2021); {DELTA}",
)
IMAGE_DICE = _score(
    "image_mean_dice",
    "Mean Dice by image",
    "Mean over the images of a slice of the mean Dice coefficient of the classes in the image.",
    "mean over images; Hall (1992) for the interval",
)
PERPLEXITY = of_slice(
    "perplexity",
    "Perplexity",
    "",
    False,
    "Exponential of the NLL of a token of the sequences of a slice.",
    "Jelinek et al. (1977); the interval of the NLL, transformed",
)
CLASSES_PER_ROW = of_slice(
    "classes_per_row", "Classes per row", "", None, "Mean number of classes that apply to a row of a slice.", "mean"
)
CARDINALITY_BIAS = of_slice(
    "cardinality_bias",
    "Excess classes",
    "",
    None,
    "Mean number of classes that are predicted for a row of a slice minus the number that applies.",
    HALL,
)


def _averages(
    how: str, over: str, source: str, of: tuple[str, ...] = ("precision", "recall")
) -> tuple[MetricSpec, ...]:
    """Declare precision, recall and perhaps F1 by one way to average."""
    return tuple(
        _score(
            f"{how}_{one}",
            f"{how.capitalize()} {'F1' if one == 'f1' else one}",
            f"{'F1' if one == 'f1' else one.capitalize()} {over} The interval is over rows.",
            source,
        )
        for one in of
    )


OF_LABELS = (
    *_averages("micro", "over all labels of the rows of a slice.", DELTA),
    *_averages("macro", "of each class on the rows of a slice, averaged over the classes for which it exists.", DELTA),
)
OF_ROWS = _averages(
    "samples",
    "of each row of a slice, averaged over the rows for which it exists.",
    _ROWS,
    ("precision", "recall", "f1"),
)
CARDINALITY = (CLASSES_PER_ROW, CARDINALITY_BIAS)
EXACT_DIFFERENCE = paired(
    "exact_match", "Exact match", "signed fraction", higher_is_better=True, source="Newcombe (1998), method 10"
)
HAMMING_DIFFERENCE = paired(
    "hamming",
    "Hamming loss",
    "signed fraction",
    higher_is_better=False,
    source="paired, over rows; Hall (1992) for the interval",
)
PIXEL_DIFFERENCE = paired("pixel_accuracy", "Pixel accuracy", "signed fraction", higher_is_better=True, source=_PAIRED)
MACRO_F1_DIFFERENCE = paired("macro_f1", "Macro F1", "signed fraction", higher_is_better=True, source=_PAIRED)

MULTILABEL = (MICRO_F1, EXACT_MATCH, HAMMING_LOSS)
SEGMENTED = (MEAN_IOU, MEAN_DICE, MEAN_BOUNDARY_IOU, PIXEL_ACCURACY, IMAGE_IOU, IMAGE_DICE)
TAGGED = (TOKEN_ACCURACY, SEQUENCE_ACCURACY)
"""Of the heads of a task, besides the metrics that other heads have too."""
