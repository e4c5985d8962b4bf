"""Named splits of the data, as written: `[data.test]`, `[data.validation]`, `[data.train]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.spec.tables.types import (
    Arrays,
    Name,
    OfPositions,
    Whole,
    false_is_none,
    names_a_function,
    or_false,
)

UseOfData = Literal["training", "early stopping", "tuning", "selection"]
TWO_ORIGINS = "has a path and a function: leave out one of them"
NO_ROWS = "names no rows: set path, function or x"


class SplitSpec(Strict):
    """The rows of a named split, `[data.test]` or `[data.validation]`. How rows are read, and names of classes, are as in `[data]`."""

    path: Name | None = None
    """File or folder, as in a `[data]` that names its rows."""
    function: str | None = None
    """Function that returns the data, in place of a path. It is imported and run."""
    x: Arrays = "x"
    """The inputs, in the same form."""
    y: Arrays | None = Field(default="y", json_schema_extra=or_false)
    """The labels, in the same form; `false` if there are none."""
    text: str | None = None
    """Column, array or file with a text for each row, which the gallery of errors shows."""
    group: Name | None = None
    """What rows belong to, such as a patient."""
    weight: Name | None = None
    """Weights of the rows."""
    mask: OfPositions | None = None
    """Positions that count, of segmentation and sequence labeling."""
    columns: dict[Name, Name] = Field(default_factory=dict)
    """Columns that slices can name."""
    used_for: tuple[UseOfData, ...] | None = None
    """What these rows were used for before this report."""
    max_samples: Whole | None = Field(default=None, ge=1)
    """Maximum number of rows: a larger split is sampled (seeded, label-stratified); by default every row is evaluated."""

    _no_labels = field_validator("y", mode="before")(false_is_none)
    _is_a_function = field_validator("function")(names_a_function)

    @model_validator(mode="after")
    def _one_origin(self) -> SplitSpec:
        if not self.model_fields_set & {"path", "function", "x"}:
            raise ValueError(NO_ROWS)
        if self.path is not None and self.function is not None:
            raise ValueError(TWO_ORIGINS)
        return self


class TrainSpec(Strict):
    """The training data, in which the evaluated rows are looked for; with `y` the models are evaluated on it too. What else is left out is as for the evaluated rows."""

    path: Name | None = None
    """File or folder, as in `[data]`."""
    function: str | None = None
    """Function that returns the data, in place of a path. It is imported and run."""
    x: Arrays | None = None
    """The inputs, as in `[data]`: those that a model takes, prepared in the same way."""
    y: Arrays | None = None
    """The labels, as in `[data]`: with them the generalization gap is measured. By default labels are not read."""
    group: Name | None = None
    """What the training rows belong to, as in `[data]`; with `y`."""
    weight: Name | None = None
    """Weights of the training rows, as in `[data]`; with `y`."""
    mask: OfPositions | None = None
    """Positions of the training rows that count, as in `[data]`; with `y`."""
    max_samples: Whole | None = Field(default=None, ge=1)
    """Maximum number of training rows that models are evaluated on, a seeded, label-stratified sample; by default four times the evaluated rows, and at least 10,000. With `y`."""

    _is_a_function = field_validator("function")(names_a_function)

    @model_validator(mode="after")
    def _names_rows(self) -> TrainSpec:
        if self.path is None and self.function is None and self.x is None:
            raise ValueError(NO_ROWS)
        if self.path is not None and self.function is not None:
            raise ValueError(TWO_ORIGINS)
        unread = [key for key in ("group", "weight", "mask", "max_samples") if getattr(self, key) is not None]
        if self.y is None and unread:
            message = f"has {unread[0]} but no y: without labels no model is evaluated on these rows"
            raise ValueError(message)
        return self
