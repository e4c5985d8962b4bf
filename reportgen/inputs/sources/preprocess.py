"""A function of the spec that prepares the inputs, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.inputs.code import imported, load_libraries, model_code
from reportgen.inputs.sources.rows import Rows
from reportgen.inputs.sources.source import untold

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.source import Tell
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.data import DataSpec

_AT = ("data", "preprocess")
_X = ("data", "x")
_SINGLE = ""


def preprocessed(
    data: DataSpec, folder: Path, arrays: Mapping[Location, Array], tell: Tell = untold
) -> dict[Location, Array]:
    """Return the arrays of a data set with prepared inputs, in place of those that were read.

    The function gets a batch of ``data.batch_size`` rows, an array or a dict by input name, and returns as many rows,
    as an array or as a dict by input name.

    Raises
    ------
    InputError
        It cannot be imported, raises, or returns other rows.
    """
    item = str(data.preprocess)
    inputs = {
        str(place[-1]) if len(place) > len(_X) else _SINGLE: array for place, array in arrays.items() if place[1] == "x"
    }
    load_libraries()
    with model_code(_AT, item, "cannot be imported"):
        function = imported(item, folder)
    with model_code(_AT, item, "cannot be used"), ExitStack() as opened:
        n = _length(inputs)
        rows = opened.enter_context(Rows(partial(tell, "preprocessing"), n))
        for start in range(0, n, data.batch_size):
            batch = {name: array[start : start + data.batch_size] for name, array in inputs.items()}
            returned = function(batch.get(_SINGLE, batch))
            made = dict(returned) if isinstance(returned, Mapping) else {_SINGLE: returned}
            _require_as_many(made, _length(batch))
            rows.add(made)
        prepared = rows.arrays()
    x: dict[Location, Array] = {(*_X, name) if name != _SINGLE else _X: array for name, array in prepared.items()}
    return x | {place: array for place, array in arrays.items() if place[1] != "x"}


def _length(arrays: Mapping[str, Array]) -> int:
    lengths = {len(array) if array.ndim else 0 for array in arrays.values()}
    if len(lengths) > 1:
        message = "the inputs have different numbers of rows"
        raise ValueError(message)
    return lengths.pop()


def _require_as_many(made: Mapping[str, Any], n: int) -> None:
    for name, values in made.items():
        found = np.shape(values)
        if not found or found[0] != n:
            of = f" for {name!r}" if name != _SINGLE else ""
            raise ValueError(f"it returned shape {found}{of} for {n:,} rows")
