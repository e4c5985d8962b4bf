"""What a worker gathers of some of the rows; the pieces of all rows are put together to the outputs of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.records.activations import Activations


@dataclass(frozen=True)
class HeadPiece:
    """What is gathered of a head on some of the rows.

    Attributes
    ----------
    columns
        By name, (M, ...) entries of those of the rows that have one, in the order of the rows.
    counts
        By name, integers over the rows, exact in any order.
    sums
        By name, sums of float64 numbers over each block of batches, in the order of the blocks.
    not_finite, first_not_finite
        The number of rows with NaN or infinite outputs, and the position of the first one, None without.
    """

    columns: Mapping[str, NDArray[Any]]
    counts: Mapping[str, NDArray[np.int64]]
    sums: Mapping[str, tuple[NDArray[np.float64], ...]]
    not_finite: int
    first_not_finite: int | None


@dataclass(frozen=True)
class RowsPiece:
    """The heads on some of the rows of a split.

    Attributes
    ----------
    places
        (N,) int64 positions of the rows among all that are evaluated, sorted.
    heads
        One for each output of the model, None for one that is not measured.
    activations
        Of the probed rows; None in a piece that does not have them.
    """

    places: NDArray[np.int64]
    heads: tuple[HeadPiece | None, ...]
    activations: Activations | None


@dataclass(frozen=True)
class ModelPiece:
    """A model on some of the rows of every split.

    Attributes
    ----------
    sha256
        Of the file of the model, as far as it was read.
    splits
        By the name of the split.
    failure
        Location in the spec, file and message of what went wrong; None if nothing did.
    """

    sha256: str | None
    splits: Mapping[str, RowsPiece]
    failure: tuple[tuple[str | int, ...], str, str] | None = None
