"""Columns of tables as arrays: text, numbers and missing cells. A table is read in chunks; many rows are kept on the disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.dataset import uncounted
from reportgen.inputs.sources.arrays import first_line, require_filled, require_form, require_name, side_by_side
from reportgen.inputs.sources.objects import missing, plain
from reportgen.metrics.mapped import filled, zeros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from reportgen.inputs.dataset import Array, Counted
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location

    Kind = Literal["text", "number", "bool", "empty"]
    Parse = Callable[[Mapping[str, type]], Iterator[Any]]

CHUNK = 2**18
"""Rows of a chunk."""


@dataclass(frozen=True)
class _Piece:
    """The values (n,) of a chunk of a column, and which are missing; None for none."""

    kind: Kind
    values: Array
    absent: Array | None


@dataclass(frozen=True)
class Column:
    """The values (N,) of a column, and which are missing (N,); ``error`` is why they cannot be read."""

    values: Array
    absent: Array
    error: str = ""


_NAMELESS = Column(np.empty(0), np.empty(0), "its name is not that of a column")
"""What stands for a column whose name the library does not have as it is written."""


def gathered(parse: Parse, names: Iterable[str], counted: Counted = uncounted, total: int = 0) -> dict[str, Column]:
    """Read columns of a table chunk by chunk; names that it does not have are left out.

    Parameters
    ----------
    parse
        Yields the chunks of the table as data frames, at least one; the columns that it is given as text, which would otherwise be text
        in some chunks only.
    names
        The columns.
    counted, total
        What is called after every chunk with the number of rows so far, and the number of all; 0 where that is not known.
    """

    def pieces_of(types: Mapping[str, type], names: Iterable[str]) -> dict[str, list[_Piece] | str]:
        return _pieces(_counting(parse(types), counted, total), names)

    found = pieces_of({}, names)
    mixed = {name: str for name, pieces in found.items() if isinstance(pieces, list) and _is_mixed(pieces)}
    if mixed:
        found |= pieces_of(mixed, mixed)
    return {
        name: replace(_NAMELESS, error=pieces) if isinstance(pieces, str) else _joined(pieces)
        for name, pieces in found.items()
    }


def reader(table: Mapping[str, Column], names: Sequence[str], file: str) -> Read:
    """Return a function that reads columns of a table: one as a vector, several as a matrix.

    ``names`` are those of all columns of the file, as they are written there.
    """

    def read(location: Location, name: str | tuple[str, ...]) -> Array:
        wanted = [name] if isinstance(name, str) else list(name)
        for one in wanted:
            require_name(names, location, file, one)
        columns = [table.get(one, _NAMELESS) for one in wanted]
        for column in columns:
            if column.error:
                raise InputError(location, file, f"{name!r} cannot be read ({column.error})")
        if not len(columns[0].values):
            raise InputError(("data", "path"), file, "contains no rows")
        if location[1] not in {"x", "columns"}:
            absent = side_by_side([column.absent for column in columns])
            require_filled(location, file, absent, "label" if location[1] == "y" else str(location[1]))
        if isinstance(name, str):
            return columns[0].values
        for column in columns:
            require_form(location, file, column.values.shape, column.values.dtype)
        return side_by_side([column.values for column in columns])

    return read


def _counting(chunks: Iterator[Any], counted: Counted, total: int) -> Iterator[Any]:
    """Yield the chunks, and tell after each one how many rows are done."""
    done = 0
    for chunk in chunks:
        yield chunk
        done += len(chunk)
        counted(done, total)


def _pieces(chunks: Iterator[Any], names: Iterable[str]) -> dict[str, list[_Piece] | str]:
    """Return the pieces of each column that is there, or the reason why it cannot be read."""
    found: dict[str, list[_Piece] | str] = {}
    for chunk in chunks:
        for name in names:
            pieces = found.setdefault(name, []) if name in chunk else ""
            if isinstance(pieces, str):
                continue
            try:
                pieces.append(_piece(chunk[name]))
            except (ValueError, TypeError) as error:
                found[name] = first_line(error)
    return found


def _piece(column: Any) -> _Piece:
    absent = missing(column)
    values = plain(column)
    return _Piece(
        _kind(np.asarray(column), values, absent),
        filled(len(values), values.dtype, lambda span: values[span]),
        absent if absent.any() else None,
    )


def _kind(column: Array, values: Array, absent: Array) -> Kind:
    if absent.all():
        return "empty"
    if values.dtype.kind == "U":
        return "text"
    if column.dtype.kind == "b" or (column.dtype == object and {type(one) for one in column[~absent]} == {bool}):
        return "bool"
    return "number"


def _is_mixed(pieces: Sequence[_Piece]) -> bool:
    """Return whether a column is of several kinds: as a whole it is text."""
    return len({piece.kind for piece in pieces} - {"empty"}) > 1


def _joined(pieces: Sequence[_Piece]) -> Column:
    if len(pieces) == 1:
        (piece,) = pieces
        none = np.zeros(len(piece.values), np.bool_) if piece.absent is None else piece.absent
        return Column(piece.values, none)
    n = sum(len(piece.values) for piece in pieces)
    dtypes = [piece.values.dtype for piece in pieces if piece.kind != "empty"] or [pieces[0].values.dtype]
    dtype = np.result_type(*dtypes)
    if dtype.kind != "U" and any(piece.kind == "empty" for piece in pieces):
        dtype = np.result_type(dtype, np.float64)
    values, absent, end = zeros((n,), dtype), zeros((n,), np.bool_), 0
    for piece in pieces:
        start, end = end, end + len(piece.values)
        if piece.kind != "empty":
            values[start:end] = piece.values
        elif values.dtype.kind != "U":
            values[start:end] = np.nan
        if piece.absent is not None:
            absent[start:end] = piece.absent
    return Column(values, absent)
