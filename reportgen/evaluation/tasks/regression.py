"""Regression heads: one or several values per row. Each of several values becomes a head of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.heads import Decision
from reportgen.contract.records.regression import RegressionOutputs, ValuePredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import (
    OF_DISTRIBUTIONS,
    Accumulator,
    Gathering,
    Several,
    Task,
    number_of,
    shape_not_measured,
)
from reportgen.metrics.mapped import as_type, contiguous
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.contract.records.heads import HeadOutputs
    from reportgen.evaluation.tasks.base import HeadEvidence, HeadRows

MOST_VALUES = 32
"""Values of a head that are measured one by one; an autoencoder has more. Convention."""
_LOSSES = frozenset(
    {
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "huber",
        "log_cosh",
        "poisson",
        "cosine_similarity",
    }
)


class Regression(Task):
    """Values."""

    names = ("regression",)

    def of_loss(self, evidence: HeadEvidence) -> Decision | None:
        """Match a regression loss."""
        return Decision("regression", f"compiled loss {evidence.loss}") if evidence.loss in _LOSSES else None

    def of_labels(self, evidence: HeadEvidence) -> Decision | None:
        """Match fractional labels, or outputs declared as values; a declared distribution is more than values."""
        if evidence.declared_outputs in OF_DISTRIBUTIONS:
            return None
        if evidence.declared_outputs == "values":
            return Decision("regression", "outputs declared as values")
        return Decision("regression", "fractional labels") if evidence.labels == "floats" else None

    def output_type(self, _evidence: HeadEvidence) -> Decision:
        """Return values."""
        return Decision("values", "regression outputs are values")

    def not_measured(self, task: str, shape: tuple[Any, ...]) -> str | None:
        """Reject further axes, and more values than can be measured one by one."""
        if len(shape) == 1 and shape[0] > MOST_VALUES:
            return f"{shape[0]:,} values per row are too many to measure each of them (at most {MOST_VALUES})"
        return shape_not_measured(task, shape)

    def gather(self, _task: str, rows: HeadRows) -> Gathering:
        """Collect the values; the labels are as many numbers per row."""
        if rows.value_names is not None and len(rows.value_names) != rows.n_outputs:
            values = "1 value" if rows.n_outputs == 1 else f"{rows.n_outputs} values"
            message = f"has {len(rows.value_names)} names, but the output has {values} per row"
            raise InputError(("data", "value_names"), "", message)
        labels = (
            None if rows.labels is None else encode(rows.labels, rows.n_outputs, rows.location, rows.file, rows.numbers)
        )
        rule = Decision("none", "no labels") if labels is None else Decision("values", "numbers, used unchanged")
        names = rows.value_names or (tuple(map(str, range(rows.n_outputs))) if rows.n_outputs > 1 else ())
        return Gathering(rule, (), RegressionAccumulator(rows, labels, names))


def encode(
    y: NDArray[Any],
    n_values: int,
    location: tuple[str | int, ...],
    file: str,
    numbers: NDArray[np.int64] | None = None,
    because: str = "",
) -> NDArray[np.float64]:
    """Return labels as (N, n_values) float64.

    ``numbers`` (N,) are the positions of the rows in the data, for errors, None if they are those of ``y``; ``because`` ends the words of
    an error on the number of values.

    Raises
    ------
    InputError
        Not ``n_values`` finite numbers per row.
    """
    if y.dtype.kind not in "buif":
        raise InputError(location, file, f"must be numbers for regression (found dtype {y.dtype})")
    if y.size != len(y) * n_values:
        wanted = "one number" if n_values == 1 else f"{n_values} numbers"
        raise InputError(location, file, f"must have {wanted} per row{because} (found shape {y.shape})")
    labels = as_type(y.reshape(len(y), n_values), np.float64)
    bad = [span.start + np.flatnonzero(~np.isfinite(labels[span]).all(axis=1)) for span in spans(len(labels))]
    wrong = np.concatenate([np.empty(0, np.int64), *bad])
    if len(wrong):
        message = f"has NaN or infinite labels in {len(wrong):,} rows (the first is row {number_of(wrong[0], numbers)})"
        raise InputError(location, file, message)
    return labels


class RegressionAccumulator(Accumulator):
    """Fills the records of a regression head, one batch after the other.

    Parameters
    ----------
    rows
        Their number.
    labels
        (n, n_values) float64; None without labels.
    names
        Of the values, each of which gets a record of its own; none for a single value that is the head itself.
    """

    def __init__(self, rows: HeadRows, labels: NDArray[np.float64] | None, names: tuple[str, ...] = ()) -> None:
        super().__init__(rows)
        self._labels, self._names = labels, names
        self.gathered.column("predictions", np.float64, max(len(names), 1), rows_last=True)

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Add the values (batch, n_values) of some rows (batch,)."""
        values = outputs.reshape(len(rows), -1).astype(np.float64)
        self.gathered.note(rows[~np.isfinite(values).all(axis=1)])
        self.gathered.put("predictions", rows, values)

    def result(self) -> HeadOutputs:
        """Return the record, or the records of all values by name; with labels if there are any."""
        predictions = self.gathered.entries("predictions")
        parts = [self._part(place, predictions[:, place]) for place in range(predictions.shape[1])]
        return Several(dict(zip(self._names, parts, strict=True))) if self._names else parts[0]

    def _part(self, place: int, predictions: NDArray[np.float64]) -> ValuePredictions:
        if self._labels is None:
            return ValuePredictions(predictions)
        return RegressionOutputs(predictions, contiguous(self._labels[:, place]))
