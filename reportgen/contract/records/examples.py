"""What single rows of the data look like, so that a report can show them without the data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of an input: its name, the PNG file as base64, and its size in pixels."""

    input: str
    png: str
    width: int
    height: int


@dataclass(frozen=True)
class OutlyingValue:
    """The value of a column, with the median of the evaluated rows."""

    name: str
    value: float
    median: float


@dataclass(frozen=True)
class PictureScale:
    """The values of an input that are drawn black and white."""

    input: str
    black: float
    white: float


@dataclass(frozen=True)
class Example:
    """A row of the data.

    Attributes
    ----------
    place
        Its position among the evaluated rows.
    pictures
        A thumbnail of each input that is like a picture.
    values
        The values that are farthest from the median, the farthest first, if the inputs are columns.
    text
        Its text, cut off if it is long; None if the spec names no column of texts.
    """

    place: int
    pictures: tuple[Thumbnail, ...] = ()
    values: tuple[OutlyingValue, ...] = ()
    text: str | None = None


@dataclass(frozen=True)
class Examples:
    """Rows that a model gets wrong.

    Attributes
    ----------
    each
        Number of errors per model that were asked for.
    rows
        In the order of the data.
    scales
        How the pictures of each input are scaled.
    reference_rows
        Number of evaluated rows that the scales and the medians are from.
    """

    each: int
    rows: tuple[Example, ...]
    scales: tuple[PictureScale, ...] = ()
    reference_rows: int = 0
