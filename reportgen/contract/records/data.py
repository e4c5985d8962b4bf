"""The data set, and what its rows look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.records.architecture import TensorSummary

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class LabelCounts:
    """How often each value of an integer or text label occurs in the evaluated rows; ``head`` is None for one array."""

    head: str | None
    values: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class DataDescription:
    """What the evaluated rows look like.

    Attributes
    ----------
    inputs
        Name, shape of a row and dtype of every input array.
    labels
        Class balance of every label array that names classes.
    duplicates
        Rows whose inputs are equal, bit for bit, to those of an earlier row.
    conflicting
        Rows whose inputs are equal to those of an earlier row while a label differs; None without labels.
    """

    inputs: tuple[TensorSummary, ...]
    labels: tuple[LabelCounts, ...]
    duplicates: int
    conflicting: int | None


@dataclass(frozen=True)
class DataEvaluation:
    """The data set: its files and digests, its size, and which rows were evaluated.

    ``rows`` are the positions in the data set of the examples that were evaluated, (N,) int64.
    """

    files: tuple[tuple[str, str], ...]
    split: str
    n_total: int
    rows: IntArray
    seed: int
    sampling: str
    description: DataDescription

    @property
    def n(self) -> int:
        """How many rows were evaluated."""
        return len(self.rows)
