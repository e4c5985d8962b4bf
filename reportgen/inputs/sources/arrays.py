"""Data sets in memory: reads and validates the arrays that a data table names."""

from __future__ import annotations

import lzma
import struct
import tokenize
import warnings
import zipfile
import zlib
from abc import abstractmethod
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.architecture import TensorSummary
from reportgen.errors import InputError, Mistakes
from reportgen.inputs.sources.preprocess import preprocessed
from reportgen.inputs.sources.source import FileSource, entries
from reportgen.metrics.mapped import as_type, filled, places
from reportgen.metrics.spans import Derived
from reportgen.text.formatting import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.inputs.dataset import Array, Batch, Layout
    from reportgen.spec.problems import Location

    Located = Mapping[Location, Array]
    Read = Callable[[Location, str | tuple[str, ...]], Array]

ERRORS = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What NumPy, pandas, pyarrow and zipfile raise on a damaged or foreign file."""
_CHUNK = 65_536
_SAID, _NAME, _NAMES = 300, 60, 20
"""What is shown of a file that can be anything: characters of what a library says, and of a name, and names."""
_FORMS = {
    **dict.fromkeys(("x", "x_data"), ("buifU", "numbers")),
    **dict.fromkeys(("y", "y_data"), ("buifU", "numbers or text")),
    "mask": ("buif", "0 or 1"),
    "text": ("buifU", "text or numbers"),
    "columns": ("buifU", "numbers or text"),
    **dict.fromkeys(("group", "groups"), ("buifUSM", "numbers or text")),
    **dict.fromkeys(("weight", "weights"), ("buif", "numbers")),
}
"""The kinds of dtype that each array of a data set may have, in words; inputs may be text until they are preprocessed."""


@dataclass(frozen=True)
class ArrayDataset:
    """Inputs and labels as arrays; labels without a head name have the key None and apply to any head."""

    x: Mapping[str, Array]
    y: Mapping[str | None, Array]
    layout: Layout
    files: tuple[tuple[str, str], ...]
    texts: Array | None = None
    groups: Array | None = None
    weights: Array | None = None
    code: tuple[tuple[str, str], ...] = ()
    reading: str | None = None
    columns: Mapping[str, Array] = field(default_factory=dict)
    masks: Mapping[str | None, Array] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[TensorSummary, ...]:
        """Name, shape of a row and dtype of every input."""
        return tuple(TensorSummary(name, array.shape[1:], str(array.dtype)) for name, array in self.x.items())

    @property
    def heads(self) -> tuple[str | None, ...]:
        """The heads that have labels."""
        return tuple(self.y)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(next(iter(self.x.values())))

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield all rows in order."""
        for start in range(0, self.n, size):
            yield {name: array[start : start + size] for name, array in self.x.items()}

    def take(self, rows: NDArray[np.int64]) -> Batch:
        """Return the inputs of the rows at these positions."""
        return {name: array[rows] for name, array in self.x.items()}

    def labels(self, head: str | None) -> Array | None:
        """Return the labels of a head."""
        return self.y.get(head, self.y.get(None))

    def mask(self, head: str | None) -> Array | None:
        """Return which positions of a head count."""
        return self.masks.get(head, self.masks.get(None))


class ArraySource(FileSource):
    """Files that are read as arrays, one per input and per head's labels."""

    reading: str | None = None
    """How the rows were found, once they are read; None where nothing had to be decided."""

    @abstractmethod
    def reader(self) -> Read:
        """Open the files; return a function that reads the array of a name, given its location in the spec."""

    def file_of(self, location: Location) -> str:  # noqa: ARG002 one file for all, unless a source says otherwise
        """Return the file with the array of a location in the spec."""
        return self.file

    def open(self) -> ArrayDataset:
        """Read and validate the arrays that the data table names."""
        unusable = [InputError(*one) for one in self.unusable()]
        if unusable:
            raise InputError.of(unusable)
        read, mistakes = self.reader(), Mistakes()
        found: dict[Location, Array] = {}
        for location, name in entries(self.data):
            with mistakes.noted():
                found[location] = read(location, name)
        mistakes.require_none()
        if self.data.preprocess is not None:
            found = preprocessed(self.data, self.folder, found, self.tell)
        for location, array in found.items():
            with mistakes.noted():
                require_form(location, self.file_of(location), array.shape, array.dtype)
        mistakes.require_none()
        require_rows({place: array for place, array in found.items() if place[1] in {"x", "y", "mask"}}, self.file_of)
        rows = len(next(array for place, array in found.items() if place[1] == "x"))
        values: dict[Location, Array] = {}
        for location, array in found.items():
            with mistakes.noted():
                values[location] = _of_rows(location, self.file_of(location), array, rows)
        mistakes.require_none()
        return self._dataset(values)

    def _dataset(self, values: Located) -> ArrayDataset:
        """Return the data set of arrays that are right."""
        x, y, mask, columns = (
            {place: array for place, array in values.items() if place[1] == key}
            for key in ("x", "y", "mask", "columns")
        )
        layout: Layout = "by name" if any(len(place) > len(("data", "x")) for place in x) else "single"
        return ArrayDataset(
            {str(place[-1]): array for place, array in x.items()},
            {str(place[-1]) if isinstance(self.data.y, dict) else None: array for place, array in y.items()},
            layout,
            self.digest(),
            texts=values.get(("data", "text")),
            groups=values.get(("data", "group")),
            weights=values.get(("data", "weight")),
            code=self.code(),
            reading=self.reading,
            columns={str(place[-1]): array for place, array in columns.items()},
            masks={
                str(place[-1]) if isinstance(self.data.mask, dict) else None: array for place, array in mask.items()
            },
        )


def _of_rows(location: Location, file: str, array: Array, rows: int) -> Array:
    """Return an array as a data set has it; reject values that its place in the spec does not allow."""
    match location[1]:
        case "x":
            require_numbers(location, file, array)
        case "y":
            require_labels(location, file, array)
        case "mask":
            require_flags(location, file, array)
        case "group":
            return groups_of(location, file, array, rows)
        case "weight":
            return weights_of(location, file, array, rows)
        case _:
            return one_per_row(location, file, array, rows)
    return array


def groups_of(location: Location, file: str, array: Array, rows: int) -> Array:
    """Return what every row belongs to as a vector, (rows,); reject other lengths and shapes, and missing values."""
    flat = one_per_row(location, file, array, rows)
    text = flat.dtype.kind in "US"

    def missing(span: slice) -> Array:
        part = flat[span]
        return np.asarray(part == "" if text else part != part)  # noqa: PLR0124 NaN, and no date, differ from themselves

    require_filled(location, file, filled(rows, np.bool_, missing), "group")
    return flat


def weights_of(location: Location, file: str, array: Array, rows: int) -> Array:
    """Return the weight of every row as a vector, (rows,) float64; reject other lengths, missing and negative values, and zeros alone."""
    flat = one_per_row(location, file, array, rows, "; one for each position is a mask: set mask instead")
    weights = as_type(flat, np.float64)
    require_filled(location, file, filled(rows, np.bool_, lambda span: np.isnan(weights[span])), "weight")
    wrong = places(Derived(rows, lambda span: ~np.isfinite(weights[span]) | (weights[span] < 0)))
    if len(wrong):
        raise InputError(
            location,
            file,
            f"must not be negative or infinite (found {weights[wrong[0]]:g} in row {wrong[0]}, {len(wrong):,} such rows)",
        )
    if not weights.any():
        raise InputError(location, file, "is 0 in every row")
    return weights


def require_filled(location: Location, file: str, missing: Array, what: str) -> None:
    """Reject rows (n,) or (n, ...) without a value."""
    rows = missing.any(axis=tuple(range(1, missing.ndim)))
    if rows.any():
        message = f"has no {what} in {int(rows.sum()):,} rows (the first is row {int(np.argmax(rows))})"
        raise InputError(location, file, message)


def one_per_row(location: Location, file: str, array: Array, rows: int, if_more: str = "") -> Array:
    """Return the values as a vector; ``if_more`` is what to do with several for each row."""
    if array.ndim == 0 or len(array) != rows or array.size != rows:
        found = " × ".join(f"{size:,}" for size in array.shape) or "a single value"
        advice = if_more if array.ndim > 1 and len(array) == rows else ""
        raise InputError(location, file, f"must have one value for each of the {rows:,} rows (found {found}){advice}")
    return array.reshape(-1)


def require_rows(arrays: Located, file_of: Callable[[Location], str]) -> None:
    """Reject arrays of different lengths, naming the location of the first one with the rarest length, and without rows."""
    lengths = {place: (len(array) if array.ndim else 0) for place, array in arrays.items()}
    often = Counter(lengths.values())
    odd = min(lengths, key=lambda place: often[lengths[place]])
    if len(often) > 1:
        names = {place: ".".join(map(str, place[1:] if place[0] == "data" else place)) for place in lengths}
        text = ", ".join(f"{names[place]} has {length:,}" for place, length in lengths.items())
        raise InputError(odd, file_of(odd), f"the arrays have different numbers of rows: {text}")
    if not any(lengths.values()):
        raise InputError(odd, file_of(odd), "contains no rows")


def require_form(location: Location, file: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Reject an array by its dtype and shape, as its place in the spec demands."""
    kinds, words = _FORMS[str(location[1] if location[0] == "data" else location[0])]
    if dtype.kind not in kinds:
        raise InputError(location, file, f"must be {words} (found dtype {dtype})")
    if 0 in shape[1:]:
        raise InputError(location, file, f"has rows without values (found shape {shape})")


def require_labels(location: Location, file: str, array: Array) -> None:
    """Reject labels that are NaN or infinite."""
    if array.dtype.kind == "f":
        bad = places(Derived(len(array), lambda span: ~_finite(array[span])))
        if len(bad):
            message = f"has NaN or infinite labels in {len(bad):,} rows (the first is row {bad[0]})"
            raise InputError(location, file, message)


def require_flags(location: Location, file: str, array: Array) -> None:
    """Reject a mask that has other numbers than 0 and 1."""
    for start in range(0, len(array), _CHUNK) if array.dtype.kind != "b" else ():
        chunk = array[start : start + _CHUNK]
        wrong = np.argwhere((chunk != 0) & (chunk != 1))
        if len(wrong):
            found = chunk[tuple(wrong[0])]
            message = f"must be 0 or 1 for each position (found {found:g} in row {start + wrong[0][0]})"
            raise InputError(location, file, message)


def require_numbers(location: Location, file: str, array: Array) -> None:
    """Reject an input that is text, or not finite."""
    if array.dtype.kind == "U":
        raise InputError(location, file, f"must be numbers (found dtype {array.dtype})")
    if array.dtype.kind != "f":
        return
    bad = [start + _bad_rows(array[start : start + _CHUNK]) for start in range(0, len(array), _CHUNK)]
    rows = np.concatenate(bad)
    if len(rows):
        raise InputError(
            location, file, f"has NaN or infinite values in {len(rows):,} rows (the first is row {rows[0]})"
        )


def _bad_rows(chunk: Array) -> NDArray[np.int64]:
    return np.flatnonzero(~_finite(chunk)).astype(np.int64)


def _finite(rows: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows have finite values only."""
    return np.asarray(np.isfinite(rows.reshape(len(rows), -1)).all(axis=1))


def first_line(error: Exception) -> str:
    """Return the first line of a third-party exception, of which a file can make any length."""
    line = str(error).strip().split("\n")[0] or type(error).__name__
    return line if len(line) <= _SAID else f"{line[:_SAID]}…"


def stacked(one: Callable[[Location, str], Array], file: str) -> Read:
    """Return a reader of one name, or of several as columns, from a reader of one."""

    def read(location: Location, name: str | tuple[str, ...]) -> Array:
        if isinstance(name, str):
            return one(location, name)
        arrays = [one(location, each) for each in name]
        with reading(location, file, f"{name!r} cannot be read"):
            return side_by_side(arrays)

    return read


def side_by_side(arrays: Sequence[Array]) -> Array:
    """Return arrays (N, ...) of one shape as the columns of an array (N, K, ...).

    Raises
    ------
    ValueError
        They have several shapes, or none.
    """
    shapes = list(dict.fromkeys(array.shape for array in arrays))
    if len(shapes) > 1 or not shapes[0]:
        raise ValueError(f"must be arrays of one shape with rows (found {listed(list(map(str, shapes)))})")
    n, *others = shapes[0]
    return filled(
        n, np.result_type(*arrays), lambda span: np.stack([one[span] for one in arrays], 1), (len(arrays), *others)
    )


@contextmanager
def reading(location: Location, file: str, what: str) -> Iterator[None]:
    """Turn what libraries raise on a damaged or foreign file into the product's exception; their warnings are not for the user."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ERRORS as error:
        raise InputError(location, file, f"{what} ({first_line(error)})") from error


def shown(names: Sequence[str]) -> str:
    """Return the names of the arrays or columns of a file for a sentence, of which a file can make any number and length."""
    return listed([name if len(name) <= _NAME else f"{name[:_NAME]}…" for name in map(str, names)], _NAMES) or "none"


def require_name(there: Sequence[str], location: Location, file: str, name: str) -> None:
    """Reject the name of an array or column that does not exist, or is not the only one of this name."""
    if name not in there:
        raise InputError(location, file, f"has no {name!r} (it has {shown(there)})")
    if there.count(name) > 1:
        raise InputError(location, file, f"has {there.count(name)} arrays or columns named {name!r}")
