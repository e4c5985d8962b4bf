"""The spec as written by the user: one pydantic schema for TOML and YAML. Nothing is resolved here.

Sections keep their own keys (``extra``); the plan validates them against the options of the section.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.contract.card import CardItem
from reportgen.contract.findings import Severity
from reportgen.contract.formats import BY_DEFAULT, Format
from reportgen.spec import where

Name = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(strict=True)]
"""A number as such: neither text nor true or false is read as one."""
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Style = Literal["publication", "presentation", "draft"]
Detail = Literal["brief", "standard", "full"]
Order = Literal["decision", "spec"]
Compared = Literal["value", "ci_low", "ci_high", "clear"]
Change = Literal["absolute", "relative"]
TaskName = Literal["auto", "multiclass", "binary", "multilabel", "regression"]
OutputsName = Literal["auto", "probabilities", "logits", "values"]
UseOfData = Literal["training", "early stopping", "tuning", "selection"]
FeatureType = Literal[
    "float32", "int64", "string", "image", "float16", "float64", "int8", "int16", "int32", "uint8", "uint16", "bool"
]

RECORDS = (".tfrecord", ".tfrecords")
"""Suffixes of TFRecord files."""
_TWO_ORIGINS = "has a path and a function: leave out one of them"
_LISTED = frozenset({"float32", "int64", "string", "image"})
_CLASSIFICATION = frozenset({"multiclass", "binary", "multilabel"})
_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f/?#\"'<>()\\]+(?:/[^\s\x00-\x1f\x7f?#\"'<>()\\]*)?")
_CONDITION = re.compile(r"\s*(>=|<=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


def _or_false(schema: dict[str, Any]) -> None:
    """Allow ``false`` for a key, which the model reads as None."""
    schema["anyOf"].append({"const": False})


def _false_is_none(value: Any) -> Any:
    """Return None for ``false``: TOML has no null."""
    return None if value is False else value


def _is_an_address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        message = (
            f"must be an address like 'https://example.org/docs', http or https, without ? and # (found {value!r})"
        )
        raise ValueError(message)
    return value


DocsUrl = Annotated[str, AfterValidator(_is_an_address), Field(json_schema_extra={"pattern": "^https?://"})]


def require_object(item: str) -> None:
    """Reject what does not name an object of a module."""
    module, colon, name = item.rpartition(":")
    if not colon or not module or not name.isidentifier():
        message = f"must be 'package.module:Name' or './file.py:Name' (found {item!r})"
        raise ValueError(message)


def _names_a_function(value: str | None) -> str | None:
    if value is not None:
        require_object(value)
    return value


class ReportInfo(Strict):
    """Title, version, authors and description of the report."""

    title: str = Field(min_length=1)
    """Title of the report."""
    version: str | None = None
    """Version of the release under review."""
    authors: tuple[str, ...] = ()
    """Responsible authors."""
    description: str | None = None
    """Author's note on page one, Markdown."""


class CardSpec(Strict):
    """What only people know about the model: the prose of a model card, Markdown. What is left out is listed as not stated."""

    intended_use: str | None = None
    """What the model is for, and for whom."""
    out_of_scope: str | None = None
    """What it must not be used for."""
    usage: str | None = None
    """How to load and call it, and what it needs."""
    factors: str | None = None
    """Groups, instruments and environments that matter, and which of them were evaluated."""
    metrics: str | None = None
    """Why these metrics and limits are appropriate."""
    evaluation_data: str | None = None
    """Where the evaluation data comes from, why it was chosen, and how it was prepared."""
    training_data: str | None = None
    """What it was trained on."""
    training_procedure: str | None = None
    """How it was trained: methods, pretrained parts, hardware, time."""
    ethical_considerations: str | None = None
    """Sensitive data, risks, harms, and how they are mitigated."""
    limitations: str | None = None
    """Known limitations, risks and biases."""
    recommendations: str | None = None
    """Caveats and recommendations for its users."""
    oversight: str | None = None
    """Who supervises it in use, and how they can intervene."""
    environmental_impact: str | None = None
    """Energy or emissions of training and use."""
    owner: str | None = None
    """Who is responsible for it."""
    contact: str | None = None
    """Whom to ask."""
    license: str | None = None
    """Its license, an identifier of SPDX or of the Hugging Face Hub: `apache-2.0`."""
    citation: str | None = None
    """How to cite it."""
    language: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Languages of its inputs, as codes of ISO 639: `en`. For the metadata of the model card."""
    tags: tuple[Name, ...] = ()
    """Tags for the metadata of the model card."""
    pipeline_tag: Name | None = None
    """Task on the Hugging Face Hub: `image-classification`. For the metadata of the model card."""
    base_model: Name | None = None
    """The model that it was derived from, as named on the Hugging Face Hub. For the metadata of the model card."""
    require: tuple[CardItem, ...] = ()
    """Items that must be stated: each is a check of the release, which fails if the item is missing."""

    def states(self, item: str) -> bool:
        """Return whether an item is stated."""
        return bool((getattr(self, item) or "").strip())


class BaselineSpec(Strict):
    """A model in an earlier release, as its results file tells it."""

    results: str = Field(min_length=1)
    """The `results.json` of the earlier release, relative to the spec. With the `predictions.parquet` beside it differences are paired, row by row."""
    model: Name | None = None
    """The model in it; by default its candidate, or its only model, or the one with the name of the candidate."""


class TrendSpec(Strict):
    """The headlines over several earlier releases."""

    results: str = Field(min_length=1)
    """Their results files, relative to the spec: a path with a `*`, such as `releases/*/results.json`."""
    model: Name | None = None
    """The model in each of them; by default its candidate, or its only model, or the one with the name of the candidate."""


class DecisionSpec(Strict):
    """The roles of the models in the decision."""

    candidate: Name | None = None
    """The model that is to be released; by default the only model. With several models and no candidate the report is a comparison."""
    baseline: Name | BaselineSpec | None = None
    """The model that the candidate would replace: a model of this spec, or a table that names the results file of an earlier release."""


class ModelSpec(Strict):
    """A model under review."""

    path: Name | None = None
    """The `.keras` file, relative to the spec; with `allow_legacy` also an `.h5` file or a SavedModel folder. With a `*` (`runs/*/model.keras`), the entry covers every file that matches."""
    function: str | None = None
    """Function that returns the model, in place of a path: `package.module:name` or `./models.py:make`. It is imported and run."""
    allow_legacy: Flag = False
    """Whether the path may be an `.h5` file, or a SavedModel folder, of which only the predictions are measured; the report says so."""
    name: Name | None = None
    """Names of the models of a pattern, with the same `*`: `*-best`; by default the text that the `*` matches."""
    history: str | None = None
    """Training history: `history.history` as JSON, the CSV of a logger, or TensorBoard's event file or folder of them; for a pattern with the same `*`: `runs/*/history.json`."""
    history_columns: Annotated[dict[Name, Name], Field(min_length=1)] | None = None
    """Columns of the history that are not named as Keras names them, by key: `{ loss = "train_loss", val_loss = "valid_loss" }`; `epoch` names the column with the epochs. Of several rows of an epoch the last value counts."""
    series: Name | None = None
    """Name of the training run if the model is a checkpoint: models with the same `series` are compared in order."""
    recipe: Name | None = None
    """Name of the training recipe: models with the same `recipe` differ only in their seed. For a pattern it applies to every file that matches."""
    outputs: OutputsName | Annotated[dict[str, OutputsName], Field(min_length=1)] = "auto"
    """Output type; `auto` infers it when possible, from the compiled loss, then the last activation, then the label type. For several outputs, a table with one value per output."""
    task: TaskName | Annotated[dict[str, TaskName], Field(min_length=1)] = "auto"
    """Task; `auto` infers it when possible, from the compiled loss, then the last activation, then the labels. For several outputs, a table with one value per output."""
    role: str | None = None
    """What the model is in this report, a few words: `human baseline`, `1.0 in production`; shown beside its name."""
    note: str | None = None
    """Author's note on the model, Markdown."""
    custom_objects: tuple[str, ...] = ()
    """Custom layers and functions: `package.module:Name` or `./layers.py:Name`. They are imported and run."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.path is None) == (self.function is None):
            found = "neither" if self.path is None else "both"
            message = f"needs a path or a function (found {found})"
            raise ValueError(message)
        if self.function is not None and (self.custom_objects or self.allow_legacy):
            message = "custom_objects and allow_legacy are for a path: the function makes the model itself"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _columns_of_a_history(self) -> Self:
        if self.history_columns is not None and self.history is None:
            message = "history_columns are columns of a history: set history"
            raise ValueError(message)
        if set(self.history_columns or ()) == {"epoch"}:
            message = "history_columns names no curve, only the epochs"
            raise ValueError(message)
        return self

    @field_validator("task")
    @classmethod
    def _fits_the_outputs(cls, value: Any, info: ValidationInfo) -> Any:
        """Reject a classification task for a head whose outputs are values; tables are by output."""
        outputs = info.data.get("outputs", "auto")
        heads = {head for given in (value, outputs) if isinstance(given, dict) for head in given}
        for head in sorted(heads) or [""]:
            task, kind = (one.get(head, "auto") if isinstance(one, dict) else one for one in (value, outputs))
            if kind == "values" and task in _CLASSIFICATION:
                where = f" of the head {head!r}" if head else ""
                message = f'contradicts outputs = "values"{where}: values are for regression (found {task!r})'
                raise ValueError(message)
        return value

    @property
    def origin(self) -> str:
        """The path or the function."""
        return self.path or self.function or ""

    def location(self, name: str) -> tuple[str, str, str]:
        """Return where the spec says what the model is."""
        return ("models", name, "path" if self.function is None else "function")

    @field_validator("function")
    @classmethod
    def _names_a_function(cls, value: str | None) -> str | None:
        if value is not None:
            require_object(value)
        return value

    @field_validator("custom_objects")
    @classmethod
    def _names_an_object(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            require_object(item)
        return value


class ImagesSpec(Strict):
    """How images become inputs: of a folder with one folder per class, or of features that are encoded images."""

    size: tuple[Annotated[Whole, Field(ge=1, le=2**14)], Annotated[Whole, Field(ge=1, le=2**14)]]
    """Height and width in pixels; an image of another size is resized as Keras' `image_dataset_from_directory` does (bilinear)."""
    range: tuple[Number, Number]
    """What the pixel values 0 and 255 become: `[0, 255]` leaves them, `[0, 1]` and `[-1, 1]` rescale them."""
    color: Literal["rgb", "rgba", "grayscale"] = "rgb"
    """Channels: 3, 4 or 1."""


class FeatureSpec(Strict):
    """A feature of the examples of a TFRecord file."""

    dtype: FeatureType = "float32"
    """`float32`, `int64` and `string` are lists of values; `image` is an encoded PNG, JPEG, BMP or GIF. Other types need `raw`."""
    shape: tuple[Annotated[Whole, Field(ge=1)], ...] = ()
    """Shape of a row; `[]` for a single value."""
    raw: Flag = False
    """The values are stored as bytes, as `tobytes()` makes them, little-endian."""

    @model_validator(mode="after")
    def _can_be_stored(self) -> Self:
        if self.raw and self.dtype in {"string", "image"}:
            message = f"raw values are numbers (found dtype {self.dtype!r})"
            raise ValueError(message)
        if not self.raw and self.dtype not in _LISTED:
            message = f"a list of values is float32, int64 or string: for bytes of {self.dtype} set raw = true"
            raise ValueError(message)
        if self.dtype == "image" and self.shape:
            message = "an image has the shape that data.images says: leave out shape"
            raise ValueError(message)
        return self


class TrainSpec(Strict):
    """The training data, in which the evaluated rows are looked for. What is left out is as in `[data]`; labels are not read."""

    path: str | None = None
    """File or folder, as in `[data]`."""
    function: str | None = None
    """Function that returns the data, in place of a path. It is imported and run."""
    x: str | Names | Annotated[dict[str, str | Names], Field(min_length=1)] | None = None
    """The inputs, as in `[data]`: those that a model takes, prepared in the same way."""

    _is_a_function = field_validator("function")(_names_a_function)

    @model_validator(mode="after")
    def _names_rows(self) -> Self:
        if self.path is None and self.function is None and self.x is None:
            message = "names no rows: set path, function or x"
            raise ValueError(message)
        if self.path is not None and self.function is not None:
            raise ValueError(_TWO_ORIGINS)
        return self


class DataSpec(Strict):
    """The evaluation data."""

    path: str | None = None
    """An `.npz`, `.csv`, `.parquet`, `.h5` or `.tfrecord` file, a folder that `tf.data.Dataset.save` wrote, or a folder of images; omit it if `x` and `y` are `.npy` files."""
    function: str | None = None
    """Function that returns the data, in place of a path: `package.module:name` or `./data.py:name`. It is imported and run."""
    preprocess: str | None = None
    """Function that prepares a batch of inputs for the models, in the same form. It is imported and run."""
    batched: Flag | None = None
    """Whether the elements of a `tf.data` data set are batches; by default the shapes of its elements decide, and the report says how."""
    images: ImagesSpec | None = None
    """How images become inputs; with a folder as `path`, its folders are the classes."""
    features: Annotated[dict[Name, FeatureSpec], Field(min_length=1)] | None = None
    """The features of a `.tfrecord` file by name."""
    x: str | Names | Annotated[dict[str, str | Names], Field(min_length=1)] = "x"
    """Array name (npz, h5), file (npy), column names (csv, parquet), feature (tfrecord) or part (`x`, `x/left` of `tf.data`); for several inputs, a table with one entry per input."""
    y: str | Annotated[dict[str, str], Field(min_length=1)] | None = Field(default="y", json_schema_extra=_or_false)
    """The labels, in the same form; for several outputs, a table with one entry per output; `false` if there are none."""
    text: str | None = None
    """Column, array or file with a text for each row, which the gallery of errors shows; it can also be an id."""
    group: Name | None = None
    """What rows belong to, such as a patient: array name (npz, h5), file (npy) or column name (csv, parquet). Rows of a group are not taken as independent: all intervals and tests are clustered."""
    weight: Name | None = None
    """Weights of the rows, in the same form: not negative; rows with weight 0 are left out."""
    columns: dict[Name, Name] = Field(default_factory=dict)
    """Columns that slices can name, for data that is not one table: name to array (npz, h5) or file (npy). A slice can name a column of a table, or an array, without this."""
    class_names: Names | Annotated[dict[str, Names], Field(min_length=1)] | None = None
    """Names of the classes in the order of the model's outputs; for several outputs, a table with one entry per output."""
    value_names: Names | Annotated[dict[str, Names], Field(min_length=1)] | None = None
    """Names of the values of a regression output, in order; for several outputs, a table with one entry per output. By default values are numbered from 0."""
    split: str = "test"
    """Name of the split; shown on every figure."""
    used_for: tuple[UseOfData, ...] | None = None
    """What these rows were used for before this report: `training`, `early stopping`, `tuning`, `selection`; `[]` for nothing. Page one prints it, or "not stated"."""
    max_samples: Whole | None = Field(default=None, ge=1)
    """Maximum number of rows: a larger data set is sampled (seeded, label-stratified); by default every row is evaluated."""
    seed: Whole = Field(default=0, ge=0, lt=2**32)
    """Seed of all random sampling."""
    batch_size: Whole = Field(default=256, ge=1, le=2**20)
    """Number of rows per batch."""

    train: TrainSpec | None = None
    """The training data: which evaluated rows are in it too, and the numbers without them."""

    _no_labels = field_validator("y", mode="before")(_false_is_none)
    _are_functions = field_validator("function", "preprocess")(_names_a_function)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        record = any((one.path or "").endswith(RECORDS) for one in (self, self.training) if one is not None)
        if self.path is not None and self.function is not None:
            raise ValueError(_TWO_ORIGINS)
        if record and self.features is None:
            message = "a .tfrecord file needs a table features, which describes its examples"
            raise ValueError(message)
        if self.features is not None and not record:
            message = f"features describe the examples of a .tfrecord file (found path {self.path!r})"
            raise ValueError(message)
        of_images = [name for name, one in (self.features or {}).items() if one.dtype == "image"]
        if of_images and self.images is None:
            message = f"the feature {of_images[0]!r} is an image: a table images must say its size and range"
            raise ValueError(message)
        if self.training is not None and (self.training.origin, self.training.x) == (self.origin, self.x):
            message = "train names the same rows as the evaluation data"
            raise ValueError(message)
        return self

    @field_validator("class_names", "value_names")
    @classmethod
    def _no_name_twice(cls, value: Any) -> Any:
        for names in value.values() if isinstance(value, dict) else [value or ()]:
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                message = f"has duplicate names: {', '.join(map(repr, twice))}"
                raise ValueError(message)
        return value

    @property
    def origin(self) -> str | None:
        """The path or the function; None if the arrays are files of their own."""
        return self.path or self.function

    @property
    def runs_code(self) -> bool:
        """Whether code of the user makes or prepares the rows, or those of the training data."""
        functions = (self.function, self.preprocess, self.train and self.train.function)
        return any(function is not None for function in functions)

    @property
    def training(self) -> DataSpec | None:
        """The training data as a data table of its own, without labels; None if it is not named."""
        if self.train is None:
            return None
        own = {key: value for key in ("path", "function", "x") if (value := getattr(self.train, key)) is not None}
        origin = {"path": None, "function": None} if own.keys() & {"path", "function"} else {}
        unread: dict[str, Any] = {"y": None, "text": None, "group": None, "weight": None, "columns": {}, "train": None}
        return self.model_copy(update={**unread, **origin, **own})

    def place_in_training(self, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Return where a spec says what `training` has at a location: in `[data.train]`, or in `[data]` if left out there."""
        own = len(location) > 1 and getattr(self.train, str(location[1]), None) is not None
        return ("data", "train", *location[1:]) if own else location


class SliceSpec(Strict):
    """A part of the rows, or several of them, on which the section `slices` measures every model."""

    where: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Condition on columns, one slice: `region == "north" and 18 <= age < 65`; also `in ["a", "b"]`, `or`, `not`, parentheses; a name with other characters stands in backticks."""
    name: Name | None = None
    """Name of the slice of a `where`; by default the condition."""
    by: Name | Annotated[tuple[Name, ...], Field(min_length=1, max_length=2)] | None = None
    """Column, one slice for each of its values; or two columns, one slice for each pair of values."""
    edges: Annotated[tuple[Number, ...], Field(min_length=1)] | None = None
    """Numbers at which the values of the column of `by` are cut into ranges: `[18, 65]` makes three slices."""
    discover: Flag = False
    """Find slices with many errors by a shallow tree on a half of the rows, and judge them on the other half."""
    columns: Names | None = None
    """The columns that `discover` searches; by default those of `[data] columns`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [key for key, value in (("where", self.where), ("by", self.by), ("discover", self.discover)) if value]
        if not given:
            message = "needs where, by or discover = true"
            raise ValueError(message)
        if len(given) > 1:
            message = f"has more than one of where, by and discover: {', '.join(given)}"
            raise ValueError(message)
        for key, owner in (("name", "where"), ("edges", "by"), ("columns", "discover")):
            if getattr(self, key) is not None and given != [owner]:
                message = f"{key} belongs to {owner}"
                raise ValueError(message)
        if self.edges is not None:
            if len(self.by_columns) > 1:
                message = "edges are for a single column"
                raise ValueError(message)
            if any(high <= low for low, high in pairwise(self.edges)) or not all(map(math.isfinite, self.edges)):
                message = "edges must be finite numbers in increasing order"
                raise ValueError(message)
        if len(set(self.by_columns)) < len(self.by_columns):
            message = "names a column twice"
            raise ValueError(message)
        return self

    @field_validator("where")
    @classmethod
    def _is_a_condition(cls, value: str | None) -> str | None:
        if value is not None:
            where.parse(value)
        return value

    @property
    def by_columns(self) -> tuple[str, ...]:
        """The columns of ``by``."""
        return () if self.by is None else (self.by,) if isinstance(self.by, str) else self.by

    @property
    def named_columns(self) -> tuple[tuple[str, str], ...]:
        """The columns that it names, each with its key: (key, column)."""
        if self.where is not None:
            return tuple(("where", column) for column in where.columns(where.parse(self.where)))
        if self.by is not None:
            return tuple(("by", column) for column in self.by_columns)
        return tuple(("columns", column) for column in self.columns or ())


class SectionSpec(BaseModel):
    """A section of the report; all other keys are options of its kind."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    kind: str
    """Which section: the name of an installed section, or a file that is imported and run: `./my_section.py:SECTION`."""
    id: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    """Its name in addresses; by default the name of the section. Required if a kind is used twice."""
    title: str | None = None
    """Chapter title; replaces the default."""
    text: str | None = None
    """Author's note at the top of the chapter, Markdown."""
    optional: Flag = False
    """If the section lacks an input, skip it with the reason instead of reporting an error."""
    ignore: tuple[str, ...] = ()
    """Codes of rules not to apply."""


class CheckSpec(Strict):
    """A condition on a metric."""

    metric: str
    """Address of the metric: `<section>.<metric>`."""
    at_most: Number | None = None
    """Upper limit, inclusive."""
    at_least: Number | None = None
    """Lower limit, inclusive."""
    between: tuple[Number, Number] | None = None
    """Lower and upper limit, inclusive."""
    threshold: str | None = None
    """Short form: `">= 0.85"` or `"<= 0.05"`."""
    not_worse_by: Annotated[Number, Field(ge=0, allow_inf_nan=False)] | None = None
    """Non-inferiority: the candidate is not worse than the baseline by more than this, with its whole interval. The limit of the absolute change in the metric's worse direction, on the worse end of its interval."""
    on: Compared = "value"
    """What must be within the limits: the value, an end of its 95 % interval, or `clear` for both ends. Without an interval the outcome is ERROR."""
    change: Change | None = None
    """The limits apply to the change against the baseline, in the unit of the metric (`absolute`) or as a share of the baseline's value (`relative`)."""
    models: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Names of the models that it applies to; `*` matches anything. By default the candidate; in a comparison all."""
    subject: Name | None = None
    """Part of the model that it applies to (`class:3`); `*` matches anything. By default all parts that the metric has."""
    slices: Names | None = None
    """Names of the slices that it applies to, for a metric of the section `slices`; `*` matches anything. By default all."""
    severity: Literal["fail", "warn"] = "fail"
    """Outcome if the condition is not met."""
    optional: Flag = False
    """If the metric was not measured, the outcome is SKIPPED instead of ERROR."""

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        keys = ("at_most", "at_least", "between", "threshold", "not_worse_by")
        given = [key for key in keys if getattr(self, key) is not None]
        if not given:
            message = "needs a condition: at_most, at_least, between, threshold or not_worse_by"
            raise ValueError(message)
        if len(given) > 1 and set(given) != {"at_most", "at_least"}:
            message = f"has more than one condition: {', '.join(given)}"
            raise ValueError(message)
        if self.threshold is not None and not _CONDITION.fullmatch(self.threshold):
            message = f"threshold must be '>= NUMBER' or '<= NUMBER' (found {self.threshold!r})"
            raise ValueError(message)
        if self.slices is not None and self.subject is not None:
            message = "names its parts twice: leave out subject or slices"
            raise ValueError(message)
        if self.not_worse_by is not None and (self.on != "value" or self.change is not None):
            message = "not_worse_by says what is compared: leave out on and change"
            raise ValueError(message)
        low, high = self.limits
        if self.threshold is not None and not all(map(math.isfinite, (low or 0.0, high or 0.0))):
            message = f"threshold must have a finite number (found {self.threshold!r})"
            raise ValueError(message)
        if low is not None and high is not None and low > high:
            message = f"the lower limit {low:g} is above the upper limit {high:g}"
            raise ValueError(message)
        return self

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Lower and upper limit, both inclusive; None if there is none."""
        if self.between is not None:
            return self.between
        if self.threshold is not None and (match := _CONDITION.fullmatch(self.threshold)):
            number = float(match[2])
            return (number, None) if match[1] == ">=" else (None, number)
        return self.at_least, self.at_most


class FiguresSpec(Strict):
    """Figures as separate files."""

    save: Flag = False
    """Write each figure to `figures/`."""
    format: Literal["svg", "png", "pdf"] = "png"
    """File format."""
    dpi: Whole = Field(default=300, ge=50, le=1200)
    """Dots per inch of png."""


class LimitsSpec(Strict):
    """What a run may take: time, memory, sizes of files. What takes more ends in one sentence that names the key."""

    evaluation_seconds: Number | None = Field(default=None, gt=0)
    """Seconds that the evaluation of all models may take; by default as many as it needs."""
    evaluation_memory: Number | None = Field(default=None, gt=0)
    """GiB that the process with the models may take; by default what the machine has. Enforced on Linux."""
    data_memory: Number | None = Field(default=None, gt=0)
    """GiB that an array of the data may have by its header, before it is read; by default the memory of the machine."""
    config_size: Number = Field(default=64.0, gt=0, le=2048)
    """MiB of `config.json` and of `metadata.json` in a `.keras` file."""
    history_size: Number = Field(default=64.0, gt=0, le=2048)
    """MiB of a training history."""
    template_seconds: Number = Field(default=30.0, gt=0, le=3600)
    """Seconds that custom templates of a file may take."""
    template_memory: Number = Field(default=1.0, gt=0, le=64)
    """GiB that they may take beyond what the program has."""
    pdf_seconds: Number = Field(default=120.0, gt=0, le=3600)
    """Seconds that the PDF engine may take."""
    pdf_memory: Number = Field(default=4.0, gt=0, le=64)
    """GiB of address space that it may take."""


NO_LIMITS_NAMED = LimitsSpec()
"""The limits of a spec that names none."""


class OutputSpec(Strict):
    """Output files and their folder."""

    directory: str | None = None
    """Folder, relative to the spec; by default `build/<spec-name>` in the working directory."""
    formats: tuple[Format, ...] = Field(default=BY_DEFAULT, min_length=1)
    """Which files to write."""
    focus: Annotated[Whole, Field(ge=1)] | tuple[str, ...] = 6
    """Maximum number of models that figures and tables show individually: the best ones by the first metric of page one; or the names of the models to show."""
    gallery: Annotated[Whole, Field(ge=1, le=100)] | None = Field(default=12, json_schema_extra=_or_false)
    """Number of errors per model that the section `errors` shows, with pictures, values or text that are part of `results.json`; `false` stores none."""
    style: Style = "publication"
    """Style of the figures."""
    detail: Detail = "standard"
    """Length of the PDF: `brief` ends with the errors; `standard` has all chapters and a short appendix; `full` prints every figure and table. The HTML page always has everything."""
    order: Order = "decision"
    """Order of the chapters: by their relevance to the decision, or as in the spec."""
    predictions: Flag = False
    """Write the answer of every model on every row beside `results.json`, as `predictions.parquet`: about 30 bytes per row and model. A later report pairs its differences with it."""
    figures: FiguresSpec = FiguresSpec()
    """Figures as separate files."""
    fail_on: Severity | None = None
    """Exit with 1 if a finding has at least this severity."""
    templates: str | None = None
    """Folder with custom templates, relative to the spec."""
    docs_url: DocsUrl | None = None
    """Address of the published documentation (`https://…`). The codes of findings link to the page of their rule there, otherwise to its entry in the report."""

    _no_gallery = field_validator("gallery", mode="before")(_false_is_none)


class ReportSpec(Strict):
    """The spec of a report: models, data, sections, checks and output."""

    schema_version: Literal[1]
    """Version of the schema."""
    report: ReportInfo
    """Title, version, authors and description of the report."""
    models: dict[Name, ModelSpec] = Field(min_length=1)
    """The models under review, by name."""
    decision: DecisionSpec = DecisionSpec()
    """The roles of the models in the decision."""
    trend: TrendSpec | None = None
    """The headlines over several earlier releases."""
    data: DataSpec | None = None
    """The evaluation data."""
    slices: tuple[SliceSpec, ...] = ()
    """Parts of the rows on which the section `slices` measures every model."""
    card: CardSpec = CardSpec()
    """What only people know about the model."""
    sections: tuple[SectionSpec, ...] = Field(min_length=1)
    """The sections in the order of the report."""
    checks: tuple[CheckSpec, ...] = ()
    """Conditions that metrics must meet."""
    output: OutputSpec = OutputSpec()
    """Output files and their folder."""
    limits: LimitsSpec = LimitsSpec()
    """What a run may take: time, memory, sizes of files."""
