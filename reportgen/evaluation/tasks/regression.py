"""Regression heads: one value per example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.heads import Decision
from reportgen.contract.records.regression import RegressionOutputs, ValuePredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import Gathering, Task, shape_not_measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.evaluation.tasks.base import HeadEvidence, HeadRows

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
        """Match fractional labels, or outputs declared as values."""
        if evidence.declared_outputs == "values":
            return Decision("regression", "outputs declared as values")
        return Decision("regression", "fractional labels") if evidence.labels == "floats" else None

    def output_type(self, _evidence: HeadEvidence) -> Decision:
        """Return values."""
        return Decision("values", "regression outputs are values")

    def not_measured(self, _task: str, shape: tuple[Any, ...]) -> str | None:
        """Reject more than one value per example."""
        if len(shape) == 1 and shape[0] != 1:
            return f"regression with {shape[0]} values per example is not supported by this version of reportgen"
        return shape_not_measured(shape)

    def gather(self, _task: str, rows: HeadRows) -> Gathering:
        """Collect the values; the labels are numbers, one per row."""
        labels = None if rows.labels is None else encode(rows.labels, rows.location, rows.file)
        rule = Decision("none", "no labels") if labels is None else Decision("values", "numbers, used unchanged")
        return Gathering(rule, (), RegressionAccumulator(rows.n, labels))


def encode(y: NDArray[Any], location: tuple[str | int, ...], file: str) -> NDArray[np.float64]:
    """Return labels as (N,) float64.

    Raises
    ------
    InputError
        Not one finite number per row.
    """
    if y.dtype.kind not in "buif":
        raise InputError(location, file, f"must be numbers for regression (found dtype {y.dtype})")
    if y.size != len(y):
        raise InputError(location, file, f"must have one number per row (found shape {y.shape})")
    labels = y.reshape(-1).astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(labels))
    if len(bad):
        message = f"has NaN or infinite labels in {len(bad):,} rows (the first is row {bad[0]})"
        raise InputError(location, file, message)
    return labels


class RegressionAccumulator:
    """Fills the record of a regression head, one batch after the other.

    Parameters
    ----------
    n
        Number of evaluated rows.
    labels
        (n,) float64; None without labels.
    """

    def __init__(self, n: int, labels: NDArray[np.float64] | None) -> None:
        self._labels = labels
        self._predictions = np.full(n, np.nan)
        self.not_finite: int = 0
        self.first_not_finite: int | None = None

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Add the values (batch, 1) of some rows (batch,)."""
        values = outputs.reshape(-1).astype(np.float64)
        bad = rows[~np.isfinite(values)]
        if len(bad):
            first = int(bad.min())
            self.first_not_finite = first if self.first_not_finite is None else min(first, self.first_not_finite)
        self.not_finite += len(bad)
        self._predictions[rows] = values

    def result(self) -> ValuePredictions:
        """Return the record, with labels if there are any."""
        if self._labels is None:
            return ValuePredictions(self._predictions)
        return RegressionOutputs(self._predictions, self._labels)
