"""The evaluation data and the training data, as written."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.spec.tables.types import Flag, Name, Names, Number, Whole, false_is_none, names_a_function, or_false

UseOfData = Literal["training", "early stopping", "tuning", "selection"]
FeatureType = Literal[
    "float32", "int64", "string", "image", "float16", "float64", "int8", "int16", "int32", "uint8", "uint16", "bool"
]

RECORDS = (".tfrecord", ".tfrecords")
"""Suffixes of TFRecord files."""
_TWO_ORIGINS = "has a path and a function: leave out one of them"
_LISTED = frozenset({"float32", "int64", "string", "image"})


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

    _is_a_function = field_validator("function")(names_a_function)

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
    y: str | Annotated[dict[str, str], Field(min_length=1)] | None = Field(default="y", json_schema_extra=or_false)
    """The labels, in the same form; for several outputs, a table with one entry per output; `false` if there are none."""
    text: str | None = None
    """Column, array or file with a text for each row, which the gallery of errors shows; it can also be an id."""
    group: Name | None = None
    """What rows belong to, such as a patient: array name (npz, h5), file (npy) or column name (csv, parquet). Rows of a group are not taken as independent: all intervals and tests are clustered."""
    weight: Name | None = None
    """Weights of the rows, in the same form: not negative; rows with weight 0 are left out."""
    mask: Name | Annotated[dict[str, Name], Field(min_length=1)] | None = None
    """Positions that count, of segmentation and sequence labeling: an array of 0 and 1 for each position, in the same form; for several outputs, a table with one entry per output. Without it, what a layer of the model masks does not count."""
    ignore_label: Whole | Annotated[dict[str, Whole], Field(min_length=1)] | None = None
    """The label of positions that do not count, of segmentation and sequence labeling: `255`; for several outputs, a table with one entry per output. By default the `ignore_class` of the compiled loss, or none."""
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

    _no_labels = field_validator("y", mode="before")(false_is_none)
    _are_functions = field_validator("function", "preprocess")(names_a_function)

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
        unread: dict[str, Any] = {
            "y": None,
            "text": None,
            "group": None,
            "weight": None,
            "mask": None,
            "columns": {},
            "train": None,
        }
        return self.model_copy(update={**unread, **origin, **own})

    def place_in_training(self, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Return where a spec says what `training` has at a location: in `[data.train]`, or in `[data]` if left out there."""
        own = len(location) > 1 and getattr(self.train, str(location[1]), None) is not None
        return ("data", "train", *location[1:]) if own else location
