"""Finds the rows of the slices of a spec: conditions, values and ranges of columns, as codes."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.slices import SearchedColumn, Slicing
from reportgen.errors import InputError
from reportgen.metrics.mapped import chosen, distinct, filled, taken
from reportgen.metrics.spans import counts, each, number
from reportgen.spec.where import Comparison, Member, Not, comparisons, parse
from reportgen.text.formatting import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.spec.problems import Location
    from reportgen.spec.tables.sections import SliceSpec
    from reportgen.spec.where import Condition, Value

    Array = NDArray[Any]
    Columns = Mapping[str, Array]
    Mask = NDArray[np.bool_]

MOST_VALUES = 50
"""Maximum number of different values of a column with a slice for each, or with texts to search. Convention."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def slicings(specs: Sequence[SliceSpec], columns: Columns, rows: NDArray[np.int64]) -> tuple[Slicing, ...]:
    """Return the slices of every entry of a spec but those that are to be discovered.

    Parameters
    ----------
    specs
        The entries.
    columns
        The columns that they name, one value per row of the data set each.
    rows
        (N,) positions of the evaluated rows.

    Raises
    ------
    InputError
        A column is compared with values of another kind, has too many values, or two slices have one name.
    """
    found: list[Slicing] = []
    named: set[str] = set()
    for index, spec in enumerate(specs):
        if spec.discover:
            continue
        own = {name: chosen(columns[name], rows) for _, name in spec.named_columns}
        made = _of_condition(spec, own, index) if spec.where is not None else _of_values(spec, own, index)
        twice = [name for name in made.names if name in named]
        if twice:
            raise InputError(("slices", index), "", f"has slices that another entry has too: {listed(twice)}")
        named.update(made.names)
        found.append(made)
    return tuple(found)


def searched(specs: Sequence[SliceSpec], columns: Columns, rows: NDArray[np.int64]) -> tuple[SearchedColumn, ...]:
    """Return the columns in which slices are to be discovered; parameters and errors as of :func:`slicings`."""
    named = {name: index for index, spec in enumerate(specs) for name in (spec.columns or ()) if spec.discover}
    return tuple(
        _searched(name, chosen(columns[name], rows), ("slices", index, "columns")) for name, index in named.items()
    )


def _searched(name: str, array: Array, location: Location) -> SearchedColumn:
    n = len(array)
    if array.dtype.kind != "U":
        return SearchedColumn(name, filled(n, np.float64, lambda span: _numbers(array[span])), None)
    texts = distinct(taken(array, filled(n, np.bool_, lambda span: ~_missing(array[span]))))
    if len(texts) > MOST_VALUES:
        raise InputError(
            location, "", f"{name!r} has {len(texts):,} different texts; at most {MOST_VALUES} are searched"
        )

    def codes(span: slice) -> Array:
        values = array[span]
        return np.where(_missing(values), np.nan, np.searchsorted(texts, values))

    return SearchedColumn(name, filled(n, np.float64, codes), tuple(map(str, texts)))


def _numbers(values: Array) -> Array:
    return np.where(_missing(values), np.nan, values.astype(np.float64))


# ------------------------------------------------------------------------------------------------ where


def _of_condition(spec: SliceSpec, columns: Columns, index: int) -> Slicing:
    text = spec.where or ""
    condition = parse(text)
    for one in comparisons(condition):
        _require_kind(one, columns[one.column], ("slices", index, "where"))
    known = _known(columns)

    def of(span: slice) -> Array:
        inside = _holds(condition, {name: array[span] for name, array in columns.items()}) & known[span]
        return np.where(inside, 0, -1)

    return Slicing((spec.name or text,), filled(len(known), np.int16, of), len(known) - number(known))


def _require_kind(one: Comparison | Member, array: Array, location: Location) -> None:
    """Reject a comparison of text with a number."""
    wanted = str if array.dtype.kind == "U" else float
    for value in one.values if isinstance(one, Member) else (one.value,):
        if not isinstance(value, wanted):
            kinds = ("numbers", "the text") if wanted is float else ("text", "the number")
            shown = repr(value) if isinstance(value, str) else f"{value:g}"
            message = f"compares {one.column!r}, a column of {kinds[0]}, with {kinds[1]} {shown}"
            raise InputError(location, "", message)


def _holds(condition: Condition, columns: Columns) -> Mask:
    """Return the rows (N,) in which a condition holds."""
    if isinstance(condition, Comparison):
        return np.asarray(_COMPARE[condition.operator](columns[condition.column], condition.value), np.bool_)
    if isinstance(condition, Member):
        return _any(columns[condition.column], condition.values)
    if isinstance(condition, Not):
        return ~_holds(condition.part, columns)
    join = np.logical_and if condition.how == "and" else np.logical_or
    found = _holds(condition.parts[0], columns)
    for part in condition.parts[1:]:
        found = join(found, _holds(part, columns))
    return found


def _any(array: Array, values: Sequence[Value]) -> Mask:
    found = np.zeros(len(array), np.bool_)
    for value in values:
        found |= array == value
    return found


# ------------------------------------------------------------------------------------------------ by


def _of_values(spec: SliceSpec, columns: Columns, index: int) -> Slicing:
    """Return a slice for every value, range or pair of values that occurs."""
    known = _known(columns)
    parts = [_coded(spec, name, array, known, index) for name, array in columns.items()]
    labels = [""]
    for _, others in parts:
        labels = [f"{one}, {other}" if one else other for one in labels for other in others]

    def of(span: slice) -> Array:
        found = np.zeros(span.stop - span.start, np.int64)
        for code, others in parts:
            found = found * len(others) + code(span)
        return np.where(known[span], found, -1)

    n = len(known)
    codes = filled(n, np.int64, of)
    used = np.flatnonzero(counts(each(lambda code: code[code >= 0], codes), len(labels)))
    place = np.append(np.cumsum(np.isin(np.arange(len(labels)), used)) - 1, -1)
    placed = filled(n, np.int16, lambda span: place[codes[span]])
    return Slicing(tuple(labels[one] for one in used), placed, n - number(known))


def _coded(
    spec: SliceSpec, name: str, array: Array, known: Mask, index: int
) -> tuple[Callable[[slice], Array], list[str]]:
    """Return what codes the rows of a span in a column, those without a value in any way, and the name of each code."""
    edges = spec.edges_of.get(name)
    if edges is not None:
        if array.dtype.kind == "U":
            raise InputError(("slices", index, "edges"), "", f"are for numbers, but {name!r} is a column of text")
        return lambda span: np.searchsorted(edges, array[span], side="right"), list(_ranges(name, edges))
    found = distinct(taken(array, known))
    if len(found) > MOST_VALUES:
        hint = ": cut it into ranges with edges" if array.dtype.kind != "U" else ""
        message = f"{name!r} has {len(found):,} different values; at most {MOST_VALUES} have a slice each{hint}"
        raise InputError(("slices", index, "by"), "", message)
    return lambda span: np.searchsorted(found[:-1], array[span]), [
        f"{name} = {_text(value, truth=array.dtype.kind == 'b')}" for value in found
    ]


def _ranges(name: str, edges: Sequence[float]) -> Iterator[str]:
    yield f"{name} < {_text(edges[0])}"
    for low, high in pairwise(edges):
        yield f"{_text(low)} <= {name} < {_text(high)}"
    yield f"{name} >= {_text(edges[-1])}"


def _text(value: Any, *, truth: bool = False) -> str:
    """Return a value of a column as text."""
    if truth:
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else np.format_float_positional(value, trim="-")


# ------------------------------------------------------------------------------------------------ missing values


def _known(columns: Columns) -> Mask:
    """Return the rows in which every column has a value."""
    n = len(next(iter(columns.values())))
    return filled(n, np.bool_, lambda span: ~np.logical_or.reduce([_missing(one[span]) for one in columns.values()]))


def _missing(array: Array) -> Mask:
    if array.dtype.kind == "U":
        return np.asarray(array == "", np.bool_)
    return np.isnan(array) if array.dtype.kind == "f" else np.zeros(len(array), np.bool_)
