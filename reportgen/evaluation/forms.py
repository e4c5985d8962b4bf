"""What makes rows nearly equal: inputs that are pictures by their correlation, others by the distance of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from reportgen.contract.records.examples import PictureScale
from reportgen.evaluation.moments import merge_moments
from reportgen.evaluation.thumbnails import LONGEST_SIDE, like_a_picture, shrunk
from reportgen.inputs.dataset import read
from reportgen.metrics.likeness import (
    CORRELATION,
    DIFFERENT_BITS,
    HASH_BITS,
    HASH_SIDE,
    TOLERANCE,
    farthest_apart,
    perceptual_hashes,
    standardized,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.contract.records.architecture import TensorSummary
    from reportgen.inputs.dataset import Dataset

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Keys = NDArray[np.uint64]

CONTRAST = 0.01
"""Standard deviation of a picture, as a share of the range of all, below which there is nothing to compare."""
FEWEST_FRACTIONS = 4
"""Columns with many different values that rows must have: values of fewer agree by chance. Convention."""
_MANY = 100
"""Different values that such a column has in a sample, or in half of its rows if they are fewer than 200. Convention."""
_PIECE, _PIECES = 9, 7
"""Bits of a piece of a hash, and pieces: two hashes that differ in up to six bits agree in one of them."""
_CELL = 0.01
"""Standard deviations of a column that a key rounds to."""
_FARTHEST = 2.0**62
"""A cell that is farther from the mean is this one."""
_COLUMNS, _GRIDS = 4, 4
"""Columns in a key of values, and keys: each rounds other columns, as far as there are, on a shifted grid."""
_SAMPLED_VALUES, _SAMPLED_ROWS = 10_000_000, 1_000


class Form(Protocol):
    """How the rows of one input are compared."""

    def prepared(self, values: Array) -> Floats:
        """Return what is compared of the rows of a batch (n, ...): (n, k) float64."""

    def apart(self, first: Floats, second: Floats) -> Floats:
        """Return how far prepared rows (n, k) are apart, (n,) in units of the limit: up to 1 they are nearly equal."""


@dataclass(frozen=True)
class Pictures:
    """Pictures of at most 64 pixels a side, of which the mean of all evaluated ones explains nothing: what all share is no likeness.

    ``mean`` is (height, width, channels), ``low`` and ``high`` are the range of all evaluated pictures.
    """

    name: str
    mean: Floats
    low: float
    high: float

    @property
    def scale(self) -> PictureScale:
        """How thumbnails of the pictures are scaled."""
        return PictureScale(self.name, self.low, self.high)

    def prepared(self, values: Array) -> Floats:
        """Return standardized pictures; those without contrast are 0."""
        own, _ = self._own(values)
        return standardized(own.reshape(len(own), -1))

    def apart(self, first: Floats, second: Floats) -> Floats:
        """Return the distance of the correlation from 1."""
        found: Floats = (1 - (first * second).sum(axis=1)) / (1 - CORRELATION)
        return np.maximum(found, 0.0)

    def hashes(self, values: Array) -> tuple[Keys, NDArray[np.bool_]]:
        """Return the hashes (n,) of pictures, and which of them have contrast."""
        own, usable = self._own(values)
        return perceptual_hashes(own.mean(axis=-1)), usable

    def _own(self, values: Array) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the residuals of pictures in a regression on the mean picture, and which have contrast before and after; others are 0."""
        with np.errstate(over="ignore", invalid="ignore"):
            small = shrunk(values)
            flat = small.reshape(len(small), -1)
            centered = flat - flat.mean(axis=1, keepdims=True)
            shared = standardized(self.mean.reshape(1, -1))[0]
            own = centered - np.outer(centered @ shared, shared)
            least = CONTRAST * (self.high - self.low)
            usable = (centered.std(axis=1) > least) & (own.std(axis=1) > least)
        own[~usable] = 0.0
        return own.reshape(small.shape), usable

    @staticmethod
    def pieces(hashes: Keys) -> Keys:
        """Return the pieces (n, 7) of hashes (n,)."""
        return (hashes[:, None] >> np.arange(0, HASH_BITS, _PIECE, dtype=np.uint64)) & np.uint64((1 << _PIECE) - 1)


@dataclass(frozen=True)
class Values:
    """All other numbers: ``spread`` is the standard deviation of each column over the evaluated rows, ``mean`` its mean, (k,)."""

    name: str
    mean: Floats
    spread: Floats

    def prepared(self, values: Array) -> Floats:
        """Return the values."""
        found: Floats = values.reshape(len(values), -1).astype(np.float64)
        return found

    def apart(self, first: Floats, second: Floats) -> Floats:
        """Return the largest difference."""
        return farthest_apart(first, second, self.spread) / TOLERANCE


@dataclass(frozen=True)
class Columns:
    """Which columns of the inputs that are no pictures make the keys: pairs of an input and the positions in it, with mean and spread."""

    parts: tuple[tuple[Values, NDArray[np.int64]], ...]

    def keys(self, batch: dict[str, Array]) -> Keys:
        """Return the keys (n, 4) of rows: of rounded values of four columns each."""
        chosen = [
            (form.prepared(batch[form.name])[:, places] - form.mean[places]) / form.spread[places]
            for form, places in self.parts
        ]
        values = np.concatenate(chosen, axis=1)
        found = np.empty((len(values), _GRIDS), np.uint64)
        for grid in range(_GRIDS):
            columns = np.arange(grid * _COLUMNS, (grid + 1) * _COLUMNS) % values.shape[1]
            cells = np.floor(values[:, columns] / _CELL + grid / _GRIDS).clip(-_FARTHEST, _FARTHEST)
            found[:, grid] = _mixed(cells.astype(np.int64).view(np.uint64))
        return found


def _mixed(cells: Keys) -> Keys:
    """Return a number of 64 bits for each row (n, k): Steele, Lea & Flood (2014), SplitMix64, once for each column."""
    found = np.zeros(len(cells), np.uint64)
    for column in cells.T:
        found = (found ^ column) + np.uint64(0x9E3779B97F4A7C15)
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found ^= found >> np.uint64(31)
    return found


def rows_at_once(dataset: Dataset) -> int:
    """Return how many rows are compared at a time: about four million values."""
    size = sum(int(np.prod([side or 1 for side in one.shape or ()])) for one in dataset.inputs)
    return int(np.clip(4_000_000 // max(size, 1), 1, 1_024))


def is_picture(one: TensorSummary) -> bool:
    """Return whether an input is compared as pictures."""
    shape = one.shape or ()
    return like_a_picture(shape) and min(side or 0 for side in shape[:2]) >= HASH_SIDE


def forms_of(dataset: Dataset, rows: NDArray[np.int64]) -> dict[str, Pictures | Values]:
    """Return how each input is compared, from the evaluated rows (N,); a column so large that its spread overflows must be equal."""
    n = 0.0
    moments = {one.name: (np.zeros(1), np.zeros(1)) for one in dataset.inputs}
    ends: dict[str, list[float]] = {one.name: [] for one in dataset.inputs if is_picture(one)}
    for _, batch in read(dataset, rows, rows_at_once(dataset)):
        size = float(len(next(iter(batch.values()))))
        for name, values in batch.items():
            own = shrunk(values) if name in ends else values.reshape(len(values), -1).astype(np.float64)
            if name in ends:
                ends[name] += [float(own.min()), float(own.max())]
            with np.errstate(over="ignore", invalid="ignore"):
                mean = own.mean(axis=0)
                moments[name] = merge_moments(n, *moments[name], size, mean, ((own - mean) ** 2).sum(axis=0))[1:]
        n += size
    spreads = {name: np.sqrt(squares / n) for name, (_, squares) in moments.items()}
    return {
        name: Pictures(name, mean, min(ends[name]), max(ends[name]))
        if name in ends
        else Values(name, mean, np.where(np.isfinite(spreads[name]), spreads[name], 0.0))
        for name, (mean, _) in moments.items()
    }


def columns_of(dataset: Dataset, rows: NDArray[np.int64], forms: dict[str, Pictures | Values]) -> Columns | None:
    """Return the columns that keys are made of, those with the most different values; None if too few have many."""
    values = [form for form in forms.values() if isinstance(form, Values)]
    size = sum(len(form.mean) for form in values)
    most = min(_SAMPLED_ROWS, max(_SAMPLED_VALUES // max(size, 1), 2 * FEWEST_FRACTIONS))
    sample = rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64))]
    batches = [batch for _, batch in read(dataset, sample, rows_at_once(dataset))]
    least = min(_MANY, max(len(sample) // 2, 2))
    found: list[tuple[int, int, int]] = []
    for index, form in enumerate(values):
        all_values = np.concatenate([form.prepared(batch[form.name]) for batch in batches])
        for place in np.flatnonzero(form.spread > 0).tolist():
            cells = np.floor(all_values[:, place] / (TOLERANCE * form.spread[place]))
            different = len(np.unique(cells))
            if different >= least:
                found.append((-different, index, place))
    if len(found) < FEWEST_FRACTIONS:
        return None
    chosen = sorted(found)[: _COLUMNS * _GRIDS]
    parts = []
    for index, form in enumerate(values):
        places = [place for _, of, place in chosen if of == index]
        if places:
            parts.append((form, np.array(places, np.int64)))
    return Columns(tuple(parts))


def words(forms: dict[str, Pictures | Values]) -> str:
    """Return how rows were compared, with the limits."""
    pictures = [name for name, form in forms.items() if isinstance(form, Pictures)]
    values = [name for name, form in forms.items() if isinstance(form, Values)]
    both = bool(pictures and values)
    found = []
    if pictures:
        which = f"{', '.join(pictures)}: " if both else ""
        found.append(
            f"{which}perceptual hashes that differ in at most {DIFFERENT_BITS} of {HASH_BITS} bits, then a correlation of at least "
            f"{CORRELATION:g} between the pictures at up to {LONGEST_SIDE} pixels a side, without what all share"
        )
    if values:
        which = f"{', '.join(values)}: " if both else ""
        found.append(f"{which}no value differs by more than {TOLERANCE:g} standard deviations of its column")
    return "; ".join(found)
