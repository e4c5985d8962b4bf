"""Finds leakage: which evaluated rows are also in the training data, bit by bit or nearly."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.data import TrainingRows
from reportgen.errors import InputError
from reportgen.evaluation.forms import rows_at_once
from reportgen.evaluation.near_duplicates import NearSearch
from reportgen.evaluation.row_digests import DIGEST, row_digests
from reportgen.inputs.dataset import read
from reportgen.inputs.sources.source import untold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from reportgen.inputs.dataset import Dataset
    from reportgen.inputs.sources.source import Tell

    Types = Mapping[str, np.dtype[Any]]

_PREPARING, _COMPARING, _NEAR = (
    "preparing the comparison with the training data",
    "comparing with the training data",
    "comparing nearly equal rows",
)
"""What is done to the evaluated rows, to those of the training data, and to both."""


def training_rows(
    dataset: Dataset,
    rows: NDArray[np.int64],
    training: Dataset,
    tell: Tell = untold,
    *,
    pictures: bool = False,
) -> TrainingRows:
    """Look for the evaluated rows in the training data.

    Parameters
    ----------
    dataset, rows
        The evaluation data, and the (N,) positions of the evaluated rows, sorted.
    training
        The training data: read in order, whole; then rows that may be near duplicates once more.
    tell
        Is called with what is done, and with how many rows of how many; 0 of them where that is not known.
    pictures
        Whether thumbnails of near duplicates are kept.

    Returns
    -------
    TrainingRows
        A row is in the training data if all of its inputs are bitwise equal to those of a training row. Where the types
        differ, both are compared as the type that fewer values fit in (:func:`common_type`). Rows that are nearly equal are told apart from
        these (:mod:`reportgen.evaluation.near_duplicates`).

    Raises
    ------
    InputError
        The inputs have other names or shapes.
    """
    types = _types(dataset, training)
    wanted = np.empty(len(rows), DIGEST)
    for places, batch in read(dataset, rows, rows_at_once(dataset), partial(tell, _PREPARING)):
        wanted[places] = row_digests(batch, types)
    distinct, which = np.unique(wanted, return_inverse=True)
    found, n = np.zeros(len(distinct), np.bool_), 0
    search = NearSearch(dataset, rows, wanted, partial(tell, _PREPARING))
    for batch in training.batches(rows_at_once(training)):
        digests = row_digests(batch, types)
        search.add(batch, n)
        places = np.minimum(np.searchsorted(distinct, digests), len(distinct) - 1)
        found[places[distinct[places] == digests]] = True
        n += len(digests)
        tell(_COMPARING, n, training.n or 0)
    leaked = found[which]
    return TrainingRows(
        files=training.files,
        n=n,
        leaked=leaked,
        compared=_words(dataset, training, types),
        code=training.code,
        reading=training.reading,
        near=search.result(training, leaked, partial(tell, _NEAR), pictures=pictures),
    )


def common_type(one: str, other: str) -> np.dtype[Any]:
    """Return the type as which values of two types are compared.

    The same type as it is; of two floating types the shorter one, because a file of it has the rounded values of the other; a
    floating one for whole numbers and floating ones; otherwise the type that both fit in.

    >>> common_type("float64", "float32"), common_type("uint8", "float32"), common_type("uint8", "int16")
    (dtype('float32'), dtype('float32'), dtype('int16'))
    """
    types = (np.dtype(one), np.dtype(other))
    floating = [kind for kind in types if kind.kind == "f"]
    return min(floating, key=lambda kind: kind.itemsize) if floating else np.result_type(*types)


def _types(dataset: Dataset, training: Dataset) -> Types:
    own, other = ({one.name: one for one in data.inputs} for data in (dataset, training))
    if own.keys() != other.keys():
        message = f"the training data has the inputs {', '.join(other)}, the evaluation data {', '.join(own)}"
        raise InputError(("data", "x"), "", message)
    for name, one in own.items():
        if one.shape != other[name].shape:
            shapes = [f"({', '.join(map(str, shape or ()))})" for shape in (other[name].shape, one.shape)]
            message = f"the rows of {name} have the shape {shapes[0]} in the training data, {shapes[1]} in the evaluation data"
            raise InputError(("data", "x"), "", f"{message}: they cannot be compared")
    return {name: common_type(one.dtype, other[name].dtype) for name, one in own.items()}


def _words(dataset: Dataset, training: Dataset, types: Types) -> str:
    """Return how rows were compared."""
    stored = {one.name: {one.dtype} for one in dataset.inputs}
    for one in training.inputs:
        stored[one.name].add(one.dtype)
    converted = [f"{name} as {types[name]}" for name, found in stored.items() if found != {str(types[name])}]
    return ", ".join(["bit by bit", *converted])
