"""A data set as the evaluation reads it: batches of inputs in order, and the labels of each head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from reportgen.contract.records.architecture import TensorSummary

    Array = NDArray[Any]
    Batch = dict[str, Array]
    Counted = Callable[[int, int], None]
    """Is called with the number of rows that are done, and of all; 0 of them where that is not known."""

Layout = Literal["single", "by name", "by position"]
"""Whether a model receives the inputs as a single array, by name, or by position."""
_COUNTED_AT_ONCE = 1_024


def uncounted(_done: int, _total: int) -> None:
    """Tell nobody how many rows are done."""


class Dataset(Protocol):
    """Inputs and labels of a data set; a batch has one array of rows per input."""

    @property
    def inputs(self) -> tuple[TensorSummary, ...]:
        """Name, shape of a row and dtype of every input."""

    @property
    def layout(self) -> Layout:
        """How a model receives the inputs."""

    @property
    def heads(self) -> tuple[str | None, ...]:
        """The heads with labels: None for labels without a head name, empty without labels."""

    @property
    def groups(self) -> Array | None:
        """What every row belongs to, (n,) numbers or text; None without groups."""

    @property
    def weights(self) -> Array | None:
        """The weight of every row, (n,) float64, not negative and not all 0; None without weights."""

    @property
    def columns(self) -> Mapping[str, Array]:
        """Columns that slices name, (n,) numbers or text each, by name; a missing value is NaN, or empty text."""

    @property
    def n(self) -> int | None:
        """Number of rows; None if it is unknown before reading."""

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """The files as named in the spec, with their SHA-256 digests."""

    @property
    def code(self) -> tuple[tuple[str, str], ...]:
        """The code that was run to make the rows, with its SHA-256 digests."""

    @property
    def reading(self) -> str | None:
        """How the rows were found in the files; None where nothing had to be decided."""

    @property
    def texts(self) -> Array | None:
        """A text for each row, to be shown to readers; None without."""

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield all rows in order, at most ``size`` at a time."""

    def labels(self, head: str | None) -> Array | None:
        """Return the labels of a head, one per row; None if it has none."""

    def mask(self, head: str | None) -> Array | None:
        """Return which positions of a head count, (n, ...) numbers; None if the data does not say."""


@runtime_checkable
class RandomAccess(Dataset, Protocol):
    """A data set with random access to its rows."""

    def take(self, rows: NDArray[np.int64]) -> Batch:
        """Return the inputs of the rows at these positions."""


def count(dataset: Dataset) -> int:
    """Return the number of rows, reading the inputs if it is otherwise unknown."""
    return sum(map(_length, dataset.batches(_COUNTED_AT_ONCE))) if dataset.n is None else dataset.n


def read(
    dataset: Dataset, rows: NDArray[np.int64], size: int, counted: Counted = uncounted
) -> Iterator[tuple[NDArray[np.int64], Batch]]:
    """Yield chosen rows in batches.

    Parameters
    ----------
    dataset
        Without random access, it is read from the start.
    rows
        (N,) positions, sorted.
    size
        Number of rows in a batch; the last one may have fewer.
    counted
        Is called with the number of rows whose batch was yielded and is done with, and of all of them.

    Yields
    ------
    tuple
        Positions in ``rows``, and the inputs of those rows.
    """
    for places, batch in _in_batches(dataset, rows, size):
        yield places, batch
        counted(int(places[-1]) + 1, len(rows))


def _in_batches(dataset: Dataset, rows: NDArray[np.int64], size: int) -> Iterator[tuple[NDArray[np.int64], Batch]]:
    if isinstance(dataset, RandomAccess):
        for start in range(0, len(rows), size):
            places = np.arange(start, min(start + size, len(rows)))
            yield places, dataset.take(rows[places])
        return
    start = done = 0
    waiting: list[Batch] = []
    for batch in dataset.batches(size):
        end = start + _length(batch)
        found = rows[slice(*np.searchsorted(rows, (start, end)))] - start
        waiting.append({name: array[found] for name, array in batch.items()})
        start = end
        while sum(map(_length, waiting)) >= size:
            whole = _joined(waiting)
            yield np.arange(done, done + size), {name: array[:size] for name, array in whole.items()}
            waiting = [{name: array[size:] for name, array in whole.items()}]
            done += size
    if done < len(rows):
        yield np.arange(done, len(rows)), _joined(waiting)


def _joined(batches: list[Batch]) -> Batch:
    return {name: np.concatenate([one[name] for one in batches]) for name in batches[0]}


def _length(batch: Batch) -> int:
    return len(next(iter(batch.values())))
