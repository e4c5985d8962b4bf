"""The data set and a description of its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.metrics.design import Design
from reportgen.metrics.mapped import taken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.records.architecture import TensorSummary
    from reportgen.contract.records.examples import Thumbnail
    from reportgen.contract.records.slices import SearchedColumn, Slicing

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


TRAIN = "train"
"""Name of the split that is the training data, or a sample of it."""


@dataclass(frozen=True)
class LabelCounts:
    """Frequency of each integer or text label in the evaluated rows; ``head`` is None for a single array."""

    head: str | None
    values: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class DataDescription:
    """A description of the evaluated rows.

    Attributes
    ----------
    inputs
        Name, shape of a row and dtype of every input array.
    labels
        Class balance of every label array with classes.
    duplicates
        Rows whose inputs are bitwise equal to those of an earlier row.
    conflicting
        Rows whose inputs equal those of an earlier row but with a different label; None without labels.
    """

    inputs: tuple[TensorSummary, ...]
    labels: tuple[LabelCounts, ...]
    duplicates: int
    conflicting: int | None


@dataclass(frozen=True)
class NearPair:
    """An evaluated row and a row of the training data that are nearly equal.

    Attributes
    ----------
    place, row, training_row
        Positions of the first among the evaluated rows and in its data set, and of the second in the training data.
    correlation
        The lowest one of their pictures; None without pictures.
    difference
        The largest one of their other values, in standard deviations of the column; None if there are none.
    pictures, training_pictures
        A thumbnail of each input that is like a picture, if they are kept.
    """

    place: int
    row: int
    training_row: int
    correlation: float | None
    difference: float | None
    pictures: tuple[Thumbnail, ...] = ()
    training_pictures: tuple[Thumbnail, ...] = ()


@dataclass(frozen=True)
class NearDuplicates:
    """The evaluated rows that are nearly equal to a row of the training data, and to none bit by bit.

    Attributes
    ----------
    near
        (N,) bool.
    compared
        The method and its limits.
    own
        Number of evaluated rows that are nearly equal to another evaluated row, and not equal: how common that is by itself.
    pairs
        Some of the pairs, those that are least alike first.
    reason
        Why no such rows were looked for; None if they were.
    """

    near: NDArray[np.bool_]
    compared: str = ""
    own: int = 0
    pairs: tuple[NearPair, ...] = ()
    reason: str | None = None

    @property
    def count(self) -> int:
        """Number of such rows."""
        return int(self.near.sum())


@dataclass(frozen=True)
class TrainingRows:
    """The training data, and which of the evaluated rows are in it.

    Attributes
    ----------
    files, code, reading
        As those of the evaluation data.
    n
        Number of its rows.
    leaked
        (N,) bool, the evaluated rows whose inputs are also those of a row of the training data.
    compared
        How rows were compared.
    near
        Near duplicates; None if they were not looked for.
    """

    files: tuple[tuple[str, str], ...]
    n: int
    leaked: NDArray[np.bool_]
    compared: str
    code: tuple[tuple[str, str], ...] = ()
    reading: str | None = None
    near: NearDuplicates | None = None

    @property
    def count(self) -> int:
        """Number of evaluated rows that are in the training data."""
        return int(self.leaked.sum())

    def take(self, rows: NDArray[np.bool_ | np.int64]) -> TrainingRows:
        """Return what is known of some of the evaluated rows, given by a mask (N,) or by positions."""
        near = None if self.near is None else replace(self.near, near=taken(self.near.near, rows))
        return replace(self, leaked=taken(self.leaked, rows), near=near)


@dataclass(frozen=True)
class DataEvaluation:
    """The data set: files and digests, size, and the evaluated rows.

    ``rows`` are the positions of the evaluated examples in the data set, (N,) int64. ``used_for`` is what the rows were used
    for before, None if the spec does not state it. ``by`` is what the rows are grouped by, and ``groups`` the group of each,
    (N,) int64 from 0; None without groups. ``weights`` are those of the rows, (N,) float64, positive and of mean 1; None where
    they are equal. ``code`` are the files and packages of code that made the rows, with their digests; ``reading`` is how the
    rows were found, None where nothing had to be decided. ``slicings`` are the slices of the rows, and ``searched`` the columns in which more are searched; empty unless a section needs them. ``training`` is
    the training data, None if the spec does not name it. ``description`` is None in a worker that evaluates only some of the models or rows.
    """

    files: tuple[tuple[str, str], ...]
    split: str
    n_total: int
    rows: IntArray
    seed: int
    sampling: str
    description: DataDescription | None
    used_for: tuple[str, ...] | None = None
    by: str | None = None
    groups: IntArray | None = None
    weights: FloatArray | None = None
    code: tuple[tuple[str, str], ...] = ()
    reading: str | None = None
    slicings: tuple[Slicing, ...] = ()
    searched: tuple[SearchedColumn, ...] = ()
    training: TrainingRows | None = None

    @cached_property
    def design(self) -> Design:
        """How the evaluated rows belong together and what they weigh."""
        return Design(self.n, self.by, self.groups, self.weights)

    @property
    def described(self) -> DataDescription:
        """The description of the rows, which an analyzer always has."""
        if self.description is None:
            message = "the rows were not described"
            raise ValueError(message)
        return self.description

    @property
    def n(self) -> int:
        """Number of evaluated rows."""
        return len(self.rows)

    def take(self, rows: NDArray[np.bool_ | np.int64]) -> DataEvaluation:
        """Return the data as if only some of the evaluated rows, given by a mask (N,) or by positions, had been evaluated.

        Without slices.
        """
        design = self.design.take(rows)
        training = None if self.training is None else self.training.take(rows)
        return replace(
            self,
            rows=taken(self.rows, rows),
            groups=design.groups,
            weights=design.weights,
            slicings=(),
            searched=(),
            training=training,
        )
