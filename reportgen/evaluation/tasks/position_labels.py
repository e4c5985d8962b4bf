"""Labels of positions: a class for every pixel or token, and which of them count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from reportgen.contract.records.heads import Decision
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.evaluation.tasks.base import HeadRows, Positions

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_AT_ONCE = 2**22
"""Labels that are examined at once."""


@dataclass(frozen=True)
class PositionLabels:
    """Labels of the positions of every row, as the data has them, and which positions count.

    Attributes
    ----------
    values
        (N, ...) class indices, or (N, ..., n_classes) one-hot.
    one_hot
        Whether they are one-hot.
    positions
        The mask and the label of positions that do not count.
    encoding, which
        How the labels were read, and which positions count.
    location, file
        Where the spec names the labels, for errors.
    numbers
        (N,) positions of the rows in the data, for errors; None if they are those of the rows.
    """

    values: NDArray[Any]
    one_hot: bool
    positions: Positions
    encoding: Decision
    which: Decision
    location: tuple[str | int, ...]
    file: str
    numbers: NDArray[np.int64] | None

    @classmethod
    def of(cls, rows: HeadRows, n_classes: int) -> Self:
        """Examine the labels of a head with positions.

        Raises
        ------
        InputError
            Labels or a mask of another shape than the output, labels outside its classes, or no position that counts.
        """
        y = rows.labels
        if y is None:
            message = "there are no labels to examine"
            raise ValueError(message)
        if y.dtype.kind not in "buif":
            message = f"must be class indices for each position (found dtype {y.dtype})"
            raise InputError(rows.location, rows.file, message)
        values, one_hot = _shaped(y, rows, n_classes)
        sizes = values.shape[1:-1] if one_hot else values.shape[1:]
        positions, mask = rows.positions, rows.positions.mask
        if mask is not None and mask.shape[1:] not in {sizes, (*sizes, 1)}:
            message = f"must have one value for each position of the labels, of shape {(len(y), *sizes)} (found shape {mask.shape})"
            raise InputError(positions.location, positions.file, message)
        rule = "one class for each position contains a 1" if one_hot else "read as class indices"
        encoding = Decision("one-hot" if one_hot else "integers", rule)
        found = cls(values, one_hot, positions, encoding, _which(positions), rows.location, rows.file, rows.numbers)
        found._require_classes(n_classes)
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """The positions of a row."""
        return self.values.shape[1:-1] if self.one_hot else self.values.shape[1:]

    def take(self, rows: NDArray[np.int64], among: Flags) -> tuple[Ints, Flags, Ints]:
        """Return the classes (batch, ...) of some rows (batch,), 0 where they do not count, which positions count, and how many are ignored in each row.

        Only positions ``among`` (batch, ...) those of the outputs can count.

        Raises
        ------
        InputError
            The outputs have other positions.
        """
        sizes = among.shape[1:]
        if sizes != self.shape:
            message = f"has labels of {_by(self.shape)} positions, but the output has {_by(sizes)}"
            raise InputError(self.location, self.file, message)
        values, counted, ignored = self._part(rows, among)
        return np.where(counted, values, 0).astype(np.int64), counted, ignored

    def _part(self, rows: NDArray[np.int64] | slice, among: Flags | bool = True) -> tuple[NDArray[Any], Flags, Ints]:  # noqa: FBT001, FBT002 all of them by default
        found = np.asarray(self.values[rows])
        values = found.argmax(axis=-1) if self.one_hot else found
        counted = np.ones(values.shape, np.bool_) & among
        if self.positions.mask is not None:
            counted &= np.asarray(self.positions.mask[rows]).reshape(values.shape) != 0
        ignored = np.zeros(values.shape, np.bool_)
        if self.positions.ignored is not None:
            ignored = counted & (values == self.positions.ignored)
        return values, counted & ~ignored, ignored.reshape(len(values), -1).sum(axis=1)

    def _require_classes(self, n_classes: int) -> None:
        """Reject labels outside the classes, and data in which no position counts."""
        outside, first, first_row, kinds, counts = 0, None, 0, set(), False
        for start, values, counted in self._parts():
            wrong = counted & ((values < 0) | (values >= n_classes) | (values != np.round(values)))
            counts |= bool(counted.any())
            if wrong.any():
                outside += int(wrong.sum())
                kinds |= set(np.unique(values[wrong])[:2].tolist())
                if first is None:
                    place = np.argwhere(wrong)[0]
                    first, first_row = values[tuple(place)], start + int(place[0])
        if first is not None:
            advice = ""
            if len(kinds) == 1 and first == round(float(first)):
                advice = f"; if it marks positions that do not count, set data.ignore_label = {first:g}"
            message = (
                f"has {outside:,} labels of positions outside the model's {n_classes} classes 0 to {n_classes - 1} "
                f"(the first is {first:g} in row {number_of(first_row, self.numbers)}){advice}"
            )
            raise InputError(self.location, self.file, message)
        if not counts:
            message = f"leaves no position that counts ({self.which.rule})"
            raise InputError(self.positions.location, self.positions.file, message)

    def _parts(self) -> Iterator[tuple[int, NDArray[Any], Flags]]:
        """Yield the start, the values and the counted positions of parts of the rows; reject rows that are no one-hot classes."""
        step = max(_AT_ONCE // max(int(np.prod(self.values.shape[1:])), 1), 1)
        for start in range(0, len(self.values), step):
            part = slice(start, start + step)
            values, counted, _ = self._part(part)
            if self.one_hot:
                self._require_one_hot(np.asarray(self.values[part]), counted, start)
            yield start, values, counted

    def _require_one_hot(self, values: NDArray[Any], counted: Flags, start: int) -> None:
        single = (values == 1).sum(axis=-1) == 1
        wrong = counted & ~(single & ((values == 0) | (values == 1)).all(axis=-1))
        if wrong.any():
            row = number_of(start + int(np.argwhere(wrong)[0][0]), self.numbers)
            message = f"must have a single 1 for each position (row {row} has others): soft labels of positions are not supported"
            raise InputError(self.location, self.file, message)


def _shaped(y: NDArray[Any], rows: HeadRows, n_classes: int) -> tuple[NDArray[Any], bool]:
    """Return labels without an axis of size 1 at the end, and whether they are one-hot."""
    places = rows.shape[:-1]
    found = y.shape[1:]
    if _fits(found, places):
        return y, False
    if _fits(found[:-1], places) and found[-1] == 1:
        return y.reshape(y.shape[:-1]), False
    if _fits(found[:-1], places) and found[-1] == n_classes:
        return y, True
    wanted = (len(y), *("any" if size is None else size for size in places))
    shape = f"({', '.join(map(str, wanted))})"
    message = f"must have a class for each of the {_by(places)} positions of the output, of shape {shape} (found shape {y.shape})"
    raise InputError(rows.location, rows.file, message)


def _fits(found: tuple[int, ...], places: tuple[int | None, ...]) -> bool:
    return len(found) == len(places) and all(size in (None, have) for size, have in zip(places, found, strict=True))


def _by(sizes: tuple[int | None, ...]) -> str:
    """Return sizes of axes in words."""
    return " × ".join("any" if size is None else f"{size:,}" for size in sizes)


def _which(positions: Positions) -> Decision:
    """Return which positions count, and what says so."""
    parts = ["where the mask is 1"] if positions.mask is not None else []
    parts += [f"where the label is not {positions.ignored}"] if positions.ignored is not None else []
    return Decision(" and ".join(parts) or "all", positions.rule or "no mask and no ignored label")
