"""The evaluation data and the training data, as written."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.spec.tables.splits import TWO_ORIGINS, SplitSpec, TrainSpec, UseOfData
from reportgen.spec.tables.types import (
    Arrays,
    Flag,
    Name,
    Names,
    Number,
    OfPositions,
    Whole,
    false_is_none,
    names_a_function,
    or_false,
)

FeatureType = Literal[
    "float32", "int64", "string", "image", "float16", "float64", "int8", "int16", "int32", "uint8", "uint16", "bool"
]

RECORDS = (".tfrecord", ".tfrecords")
"""Suffixes of TFRecord files."""
COMPRESSED = "GZIP"
"""How TFRecord files can be compressed."""
_OTHER_FILES = (".npz", ".csv", ".parquet", ".h5", ".hdf5")
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


class DataSpec(Strict):
    """The evaluation data."""

    path: Name | None = None
    """An `.npz`, `.csv`, `.parquet`, `.h5` or `.tfrecord` file, a folder of `.tfrecord` files, a folder that `tf.data.Dataset.save` wrote, or a folder of images; omit it if `x` and `y` are `.npy` files."""
    function: str | None = None
    """Function that returns the data, in place of a path: `package.module:name` or `./data.py:name`. It is imported and run."""
    preprocess: str | None = None
    """Function that prepares a batch of inputs for the models, in the same form. It is imported and run."""
    batched: Flag | None = None
    """Whether the elements of a `tf.data` data set are batches; by default the shapes of its elements decide, and the report says how."""
    images: ImagesSpec | None = None
    """How images become inputs; with a folder as `path`, its folders are the classes."""
    features: Annotated[dict[Name, FeatureSpec], Field(min_length=1)] | None = None
    """The features of a `.tfrecord` file, or of a folder of them, by name."""
    compression: Literal["GZIP", "SNAPPY"] | None = None
    """How `.tfrecord` files (`"GZIP"`), or what `tf.data.Dataset.save` wrote (`"GZIP"`, `"SNAPPY"`), is compressed; by default it is not."""
    x: Arrays = "x"
    """Array name (npz, h5), file (npy), column names (csv, parquet), feature (tfrecord) or part (`x`, `x/left` of `tf.data`); for several inputs, a table with one entry per input."""
    y: Arrays | None = Field(default="y", json_schema_extra=or_false)
    """The labels, in the same form; several columns or arrays are one output with a class or value for each, which have their names; for several outputs, a table with one entry per output; `false` if there are none."""
    text: str | None = None
    """Column, array or file with a text for each row, which the gallery of errors shows; it can also be an id."""
    group: Name | None = None
    """What rows belong to, such as a patient: array name (npz, h5), file (npy) or column name (csv, parquet). Rows of a group are not taken as independent: all intervals and tests are clustered."""
    weight: Name | None = None
    """Weights of the rows, in the same form: not negative; rows with weight 0 are left out."""
    mask: OfPositions | None = None
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

    test: SplitSpec | None = None
    """The test split, which is evaluated by default; then `[data]` itself names no rows."""
    validation: SplitSpec | None = None
    """The validation split, for sections that name it; without a test split it is evaluated by default. Then `[data]` itself names no rows."""
    train: TrainSpec | None = None
    """The training data: which evaluated rows are in it too, and the numbers without them; with `y` also how much better models are on it."""

    _no_labels = field_validator("y", mode="before")(false_is_none)
    _are_functions = field_validator("function", "preprocess")(names_a_function)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.test is not None or (self.validation is not None and not self.names_rows):
            return self
        if not self.names_rows:
            message = "names no rows that are evaluated: set path, function or x, or a table [data.test]"
            raise ValueError(message)
        others = (self.training, *self.further.values())
        paths = [one.path for one in (self, *others) if one is not None and one.path is not None]
        record = any(path.endswith(RECORDS) for path in paths)
        other = all(path.endswith(_OTHER_FILES) for path in paths)
        if self.path is not None and self.function is not None:
            raise ValueError(TWO_ORIGINS)
        if record and self.features is None:
            message = "a .tfrecord file needs a table features, which describes its examples"
            raise ValueError(message)
        if self.features is not None and other:
            message = (
                f"features describe the examples of a .tfrecord file, or of a folder of them (found path {self.path!r})"
            )
            raise ValueError(message)
        if self.compression is not None and other:
            message = f"compression is that of .tfrecord files, or of a folder that tf.data.Dataset.save wrote (found path {self.path!r})"
            raise ValueError(message)
        if self.compression not in {None, COMPRESSED} and (record or self.features is not None):
            message = f"a .tfrecord file is compressed with {COMPRESSED!r} or not at all (found compression {self.compression!r})"
            raise ValueError(message)
        of_images = [name for name, one in (self.features or {}).items() if one.dtype == "image"]
        if of_images and self.images is None:
            message = f"the feature {of_images[0]!r} is an image: a table images must say its size and range"
            raise ValueError(message)
        if self.training is not None and self.training.rows == self.rows:
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
    def rows(self) -> tuple[str | None, Any]:
        """What says which rows they are: their origin, and the names of the inputs."""
        return self.origin, self.x

    @property
    def label_columns(self) -> tuple[str, ...] | dict[str, tuple[str, ...]] | None:
        """The names of the columns of labels, for several outputs by output; None where the labels are no columns."""
        if isinstance(self.y, dict):
            return {head: names for head, names in self.y.items() if isinstance(names, tuple)} or None
        return self.y if isinstance(self.y, tuple) else None

    @property
    def names_rows(self) -> bool:
        """Whether the table itself names rows, not those of its splits."""
        return bool(self.model_fields_set & {"path", "function", "x", "y"})

    @property
    def runs_code(self) -> bool:
        """Whether code of the user makes or prepares the rows, or those of another split."""
        others = (self.test, self.validation, self.train)
        functions = (self.function, self.preprocess, *(one.function for one in others if one is not None))
        return any(function is not None for function in functions)

    @property
    def evaluated(self) -> DataSpec:
        """The table of the rows that are evaluated by default, with the keys of its split: test, else validation; itself if it names rows.

        Its other splits stay in it.
        """
        own = self.test or self.validation
        if self.names_rows or own is None:
            return self
        rows = {key: getattr(own, key) for key in SplitSpec.model_fields}
        name, left = ("test", self.validation) if self.test is not None else ("validation", None)
        return self.model_copy(update={**rows, "split": name, "test": None, "validation": left})

    @property
    def training(self) -> DataSpec | None:
        """The training data as a data table of its own, with labels only where it names them; None if it is not named."""
        if self.train is None:
            return None
        own = {key: value for key in ("path", "function", "x") if (value := getattr(self.train, key)) is not None}
        origin = {"path": None, "function": None} if own.keys() & {"path", "function"} else {}
        labeled = {key: getattr(self.train, key) for key in ("y", "group", "weight", "mask", "max_samples")}
        unread: dict[str, Any] = {"text": None, "columns": {}, "validation": None, "train": None}
        named: dict[str, Any] = {"split": "train", "used_for": ("training",)}
        return self.model_copy(update={**unread, **labeled, **named, **origin, **own})

    @property
    def further(self) -> dict[str, DataSpec]:
        """The splits that can be evaluated beside the default one, by name, each as a data table of its own."""
        found = {}
        if self.validation is not None:
            rows = {key: getattr(self.validation, key) for key in SplitSpec.model_fields}
            found["validation"] = self.model_copy(
                update={**rows, "split": "validation", "validation": None, "train": None}
            )
        if self.training is not None and self.training.y is not None:
            found["train"] = self.training
        return found

    def place_in(self, split: str, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Return where a spec says what the table of another split has at a location: in its own table, or in `[data]` for keys that splits share.

        What is wrong with the inputs of the training data is wrong there, also where only `[data]` names them; its path or function are those
        of `[data]` if it has none.
        """
        key = str(location[1]) if len(location) > 1 else ""
        if split != "train":
            own = key in SplitSpec.model_fields
        else:
            own = key == "x" or (key in TrainSpec.model_fields and getattr(self.train, key) is not None)
        return ("data", split, *location[1:]) if own else location
