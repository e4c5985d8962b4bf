"""The interface of a data source: the names of its arrays, opening them as a data set, and their digests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol

from reportgen.inputs.code import digests_of
from reportgen.inputs.digest import sha256
from reportgen.spec.files import unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reportgen.inputs.dataset import Dataset
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.data import DataSpec
    from reportgen.spec.tables.output import LimitsSpec

    Tell = Callable[[str, int, int], None]
    """Is called with what is done to rows, in one word, with how many of them, and of all; 0 of them where that is not known."""


def untold(_what: str, _done: int, _total: int) -> None:
    """Tell nobody what is done to rows."""


class Source(Protocol):
    """The origin of a data set."""

    suffixes: ClassVar[tuple[str, ...]]
    """Suffixes of its files."""

    def names(self) -> tuple[str, ...] | None:
        """Return the names of the arrays or columns, reading headers only; None if it has none or cannot be read."""

    def unusable(self) -> Iterator[tuple[Location, str, str]]:
        """Yield (location, file, reason) for every file or folder that cannot be opened."""

    def open(self) -> Dataset:
        """Return the data set.

        Raises
        ------
        InputError
            A file cannot be read, an array is missing, lengths differ, x is not numeric or not finite, or no rows.
        """

    def digest(self) -> tuple[tuple[str, str], ...]:
        """Return the name of every file with the SHA-256 digest of its bytes."""


class FileSource(ABC):
    """A source of data in files.

    Parameters
    ----------
    data
        The data table of a spec.
    folder
        The folder that paths are relative to.
    limits
        Those of the spec.
    tell
        Is called while rows are read.
    """

    suffixes: ClassVar[tuple[str, ...]]
    """Suffixes of its files."""

    def __init__(self, data: DataSpec, folder: Path, limits: LimitsSpec, tell: Tell = untold) -> None:
        self.data = data
        self.limits = limits
        self.tell = tell
        self.folder = folder
        self.file = data.origin or ""
        self.path = folder / self.file

    def counted(self, done: int, total: int) -> None:
        """Tell how many rows are read, and of all."""
        self.tell("reading", done, total)

    @abstractmethod
    def names(self) -> tuple[str, ...] | None:
        """Return the names of the arrays or columns, reading headers only; None if it has none or cannot be read."""

    @abstractmethod
    def open(self) -> Dataset:
        """Return the data set."""

    def unusable(self) -> Iterator[tuple[Location, str, str]]:
        """Yield (location, file, reason) for every file or folder that cannot be opened."""
        for location, file in files(self.data):
            reason = unusable(self.folder / file)
            if reason is not None:
                yield location, file, reason

    def code(self) -> tuple[tuple[str, str], ...]:
        """Return the code that was run to make the data, with its digests."""
        return tuple(digests_of([item for item in (self.data.function, self.data.preprocess) if item], self.folder))

    def digest(self) -> tuple[tuple[str, str], ...]:
        """Return the name of every file with the SHA-256 digest of its bytes."""
        names = dict.fromkeys(file for _, file in files(self.data))
        return tuple((name, sha256(self.folder / name)) for name in names)


def entries(data: DataSpec) -> Iterator[tuple[Location, str | tuple[str, ...]]]:
    """Yield (location, value) for every input, the labels and the mask of every head, columns, texts, groups and weights that a data table names."""
    for key, wanted in (("x", data.x), ("y", data.y), ("mask", data.mask)):
        if isinstance(wanted, dict):
            for name, value in wanted.items():
                yield ("data", key, name), value
        elif wanted is not None:
            yield ("data", key), wanted
    for name, array in data.columns.items():
        yield ("data", "columns", name), array
    for key, column in (("text", data.text), ("group", data.group), ("weight", data.weight)):
        if column is not None:
            yield ("data", key), column


def named(data: DataSpec) -> tuple[str, ...]:
    """Return the names of all columns that a data table names, each once."""
    names = (name for _, value in entries(data) for name in ([value] if isinstance(value, str) else value))
    return tuple(dict.fromkeys(names))


def code_files(data: DataSpec) -> Iterator[tuple[Location, str]]:
    """Yield (location, file) for every file of code that a data table names."""
    for key, item in (("function", data.function), ("preprocess", data.preprocess)):
        module = (item or "").rpartition(":")[0]
        if module.endswith(".py"):
            yield ("data", key), module


def files(data: DataSpec) -> Iterator[tuple[Location, str]]:
    """Yield (location, file) for every file that a data table names."""
    if data.path is not None:
        yield ("data", "path"), data.path
        return
    if data.function is not None:
        return
    for location, value in entries(data):
        if isinstance(value, str):
            yield location, value
