"""Options and result of the errors section, and the metrics that it declares."""

from __future__ import annotations

from reportgen.contract.base import Strict
from reportgen.contract.galleries import Mark
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.metrics.confidence import SURE

LISTED_WITHOUT_GALLERY = 12
"""Labels to check that are listed where the spec stores no gallery. Convention."""


class ErrorsOptions(Strict):
    """The errors section has no options: ``[output] gallery`` says how many errors it shows."""


class ErrorPicture(Strict):
    """A thumbnail of an input."""

    input: str
    png: str
    """8-bit PNG file, gray or RGB, as base64; no side is longer than 64 pixels."""
    width: int
    height: int


class ErrorValue(Strict):
    """The value of a column, with the median of the evaluated rows."""

    name: str
    value: float
    median: float


class Scale(Strict):
    """The values of an input that are drawn black and white: the ends of their range in the evaluated rows."""

    input: str
    black: float
    white: float


class Answer(Strict):
    """The answer of a model."""

    model: str
    predicted: str
    confidence: float
    """Probability of the predicted class."""
    mark: Mark
    """``right`` or ``wrong``; with several models ``new`` if only this one is wrong, ``fixed`` if only it is right, ``shared`` if all are wrong."""


class ErrorRow(Strict):
    """A row that a model gets wrong."""

    row: int
    """Its position in the data set, from 0."""
    label: str
    answers: tuple[Answer, ...]
    """Of every model."""
    pictures: tuple[ErrorPicture, ...] = ()
    values: tuple[ErrorValue, ...] = ()
    """The columns that are farthest from the median in robust standard deviations, the farthest first."""
    text: str | None = None
    """Its text, at most 280 characters; null if the spec names no column of texts."""


class ValueAnswer(Strict):
    """The value that a model predicts."""

    model: str
    predicted: float
    error: float
    """Predicted value minus label."""


class ValueRow(Strict):
    """A row on which a predicted value is far off."""

    row: int
    """Its position in the data set, from 0."""
    label: float
    answers: tuple[ValueAnswer, ...]
    """Of every model."""
    pictures: tuple[ErrorPicture, ...] = ()
    values: tuple[ErrorValue, ...] = ()
    text: str | None = None
    """As in :class:`ErrorRow`."""


class LabelsAnswer(Strict):
    """The classes that a model gets wrong on a row of a multilabel head."""

    model: str
    missed: tuple[str, ...]
    """Classes that apply and are not predicted."""
    added: tuple[str, ...]
    """Classes that are predicted and do not apply."""


class LabelsRow(Strict):
    """A row with many wrong labels."""

    row: int
    """Its position in the data set, from 0."""
    labels: tuple[str, ...]
    """The classes that apply."""
    answers: tuple[LabelsAnswer, ...]
    """Of every model."""
    pictures: tuple[ErrorPicture, ...] = ()
    values: tuple[ErrorValue, ...] = ()
    text: str | None = None
    """As in :class:`ErrorRow`."""


class LabelsErrors(Strict):
    """The rows with the most wrong labels of the models with the same multilabel head."""

    subject: str | None
    """``head:NAME`` where the models have several heads."""
    models: tuple[str, ...]
    n_classes: int
    each: int
    """Number of rows of each model."""
    rows: tuple[LabelsRow, ...]
    """The rows with the most wrong labels of each model in turn."""


class ValueErrors(Strict):
    """The largest errors of the models that predict the same value."""

    subject: str | None
    """``head:NAME`` where the models have several outputs or values."""
    models: tuple[str, ...]
    each: int
    """Number of rows of each model."""
    rows: tuple[ValueRow, ...]
    """The largest errors of each model in turn."""


class UnitAnswer(Strict):
    """How well a model labels an image or a sequence."""

    model: str
    score: float
    """Mean IoU of the classes in an image; share of the tokens of a sequence that are right."""
    right: int
    positions: int
    """Pixels or tokens that are right, and that count."""


class UnitRow(Strict):
    """An image or a sequence with a low score."""

    row: int
    """Its position in the data set, from 0."""
    labels: tuple[str, ...]
    """The classes that it has."""
    answers: tuple[UnitAnswer, ...]
    """Of every model for which a position of it counts."""
    pictures: tuple[ErrorPicture, ...] = ()
    values: tuple[ErrorValue, ...] = ()
    text: str | None = None
    """As in :class:`ErrorRow`."""


class UnitErrors(Strict):
    """The lowest scores of the models with the same segmentation or sequence labeling head."""

    subject: str | None
    """``head:NAME`` where the models have several heads."""
    models: tuple[str, ...]
    task: str
    each: int
    """Number of rows of each model."""
    rows: tuple[UnitRow, ...]
    """The lowest scores of each model in turn."""


class HeadErrors(Strict):
    """The errors of the models with the same head and labels."""

    subject: str | None
    """``head:NAME`` where the models have several heads."""
    models: tuple[str, ...]
    n_wrong: int
    """Number of rows that a model gets wrong."""
    n_agreed: int
    """Number of rows where all models predict the same class and the label is another; 0 for a single model."""
    n_suspects: int
    """Number of rows where the label may be wrong: these, and those where a model is at least 99 % sure of another class."""
    n_candidate_suspects: int | None = None
    """Number of rows where all models predict the same class and the label is another, or the candidate is at least 99 % sure of another class;
    null without a candidate, and in results of earlier versions."""
    n_fixed: int | None = None
    """Number of rows that the candidate gets right and its baseline wrong; null without both, and in results of earlier versions."""
    suspects: tuple[ErrorRow, ...]
    """The first of the suspects: those that the models agree on, then the most confident."""
    errors: tuple[ErrorRow, ...]
    """Other errors, the most confident first; empty without a gallery."""


class ErrorsResult(SectionResult):
    """Result of the errors section."""

    split: str
    n: int
    heads: tuple[HeadErrors, ...]
    values: tuple[ValueErrors, ...] = ()
    multilabel: tuple[LabelsErrors, ...] = ()
    units: tuple[UnitErrors, ...] = ()
    scales: tuple[Scale, ...]
    """How the pictures of each input are scaled."""
    reference_rows: int
    """Number of evaluated rows that scales and medians are from; 0 without a gallery."""
    options: ErrorsOptions


_SURE = f"at least {100 * SURE:g} % sure"

ERRORS = MetricSpec("errors", "Errors", "count", False, "Number of rows that are predicted wrong.", "definition")
OWN_ERRORS = MetricSpec(
    "own_errors",
    "Only this model",
    "count",
    False,
    "Number of rows that this model alone gets wrong, among the models with the same output and labels.",
    "definition",
)
SHARED_ERRORS = MetricSpec(
    "shared_errors",
    "All models",
    "count",
    None,
    "Number of rows that all models with the same output and labels get wrong.",
    "definition",
)
AGREED_ERRORS = MetricSpec(
    "agreed_errors",
    "All agree",
    "count",
    None,
    "Number of rows where all these models predict the same class and the label is another: hard rows, or wrong labels.",
    "definition",
)
SURE_ERRORS = MetricSpec(
    "sure_errors",
    "Errors when sure",
    "count",
    None,
    f"Number of errors among the rows of which the model is {_SURE}.",
    "convention",
)
SURE_EXPECTED = MetricSpec(
    "sure_errors_expected",
    "Expected when sure",
    "",
    None,
    f"Number of errors that a calibrated model makes on the rows of which it is {_SURE}: the sum of 1 - confidence.",
    "definition",
)
SURE_P = MetricSpec(
    "sure_errors_p",
    "Sure p",
    "p-value",
    None,
    "Upper bound of the probability that a calibrated model makes as many errors when it is sure; not adjusted for other tests.",
    "Poisson bound, Hoeffding (1956)",
)
LARGEST_ERROR = MetricSpec(
    "largest_error", "Largest error", "", False, "Largest absolute error, in the unit of the label.", "definition"
)
HALF_ERROR_ROWS = MetricSpec(
    "half_error_rows",
    "Rows with half the squared error",
    "fraction",
    None,
    "Smallest share of the rows that makes at least half of the squared error: 12 % if the errors are normal, less if a few rows dominate.",
    "convention",
)
WRONG_ROWS = MetricSpec(
    "wrong_rows",
    "Rows with a wrong label",
    "count",
    False,
    "Number of rows of which a label of a multilabel head is predicted wrong.",
    "definition",
)
MISSED_LABELS = MetricSpec(
    "missed_labels",
    "Missed labels",
    "count",
    False,
    "Number of classes that apply to a row and are not predicted, over all rows.",
    "definition",
)
ADDED_LABELS = MetricSpec(
    "added_labels",
    "Added labels",
    "count",
    False,
    "Number of classes that are predicted for a row and do not apply, over all rows.",
    "definition",
)
MOST_WRONG = MetricSpec(
    "most_wrong_labels", "Most in a row", "count", False, "Largest number of wrong labels of a row.", "definition"
)
WRONG_UNITS = MetricSpec(
    "wrong_units",
    "Images or sequences with an error",
    "count",
    False,
    "Number of images or sequences of which a pixel or token that counts is predicted wrong.",
    "definition",
)
LOWEST_SCORE = MetricSpec(
    "lowest_score",
    "Lowest score",
    "fraction",
    True,
    "Lowest mean IoU of an image, over the classes that are labeled or predicted in it; lowest share of the tokens of a sequence that are right.",
    "definition",
)
HALF_WRONG_UNITS = MetricSpec(
    "half_wrong_units",
    "Share with half the errors",
    "fraction",
    None,
    "Smallest share of the images or sequences that makes at least half of the wrong pixels or tokens.",
    "convention",
)
ERRORS_OF_UNITS = (WRONG_UNITS, LOWEST_SCORE, HALF_WRONG_UNITS)
ERRORS_OF_LABELS = (WRONG_ROWS, MISSED_LABELS, ADDED_LABELS, MOST_WRONG)
ERRORS_OF_VALUES = (LARGEST_ERROR, HALF_ERROR_ROWS)
ERRORS_BY_MODEL = (ERRORS, OWN_ERRORS, SHARED_ERRORS, AGREED_ERRORS, SURE_ERRORS, SURE_EXPECTED, SURE_P)
