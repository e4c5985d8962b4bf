"""Heads that predict a distribution of one or several values: a mean with a spread, or quantiles.

The outputs of a head are its parts, one after another, each of all values: first all means, then all spreads; or the quantiles of the
lowest level of all values, then those of the next. Each of several values becomes a head of its own. Nothing but a
declaration decides for this task, because the numbers of such a head look like those of any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.distributional import NormalOutputs, QuantileOutputs
from reportgen.contract.records.heads import Decision
from reportgen.contract.records.regression import ValuePredictions
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import (
    OF_DISTRIBUTIONS,
    Accumulator,
    ContradictionError,
    Gathering,
    OutputsError,
    Several,
    Task,
    UndecidedError,
    shape_not_measured,
)
from reportgen.evaluation.tasks.regression import MOST_VALUES, encode
from reportgen.metrics.mapped import contiguous
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reportgen.contract.records.heads import HeadOutputs
    from reportgen.evaluation.tasks.base import HeadEvidence, HeadRows

    Floats = NDArray[np.float64]

QUANTILES = "quantiles"
_NAMED = 9
"""Maximum number of levels that a rule names."""
_EXTREME = 1e100
"""Standard deviations beyond this, or below its inverse, leave no room for squares of standardized errors."""


@dataclass(frozen=True)
class Spread:
    """How a head states a spread: its name, and the standard deviation that it stands for."""

    name: str
    deviation: Callable[[Floats], Floats]


SPREADS = {
    "mean_and_sd": Spread("standard deviation", lambda spread: spread),
    "mean_and_variance": Spread("variance", lambda spread: np.sqrt(np.maximum(spread, 0.0))),
    "mean_and_log_variance": Spread("log-variance", lambda spread: np.exp(np.clip(spread, -700, 700) / 2)),
}
"""By the value of ``outputs`` that declares it."""


class Distributional(Task):
    """Distributions of values."""

    names = ("distributional",)

    def of_labels(self, evidence: HeadEvidence) -> Decision | None:
        """Match outputs declared as a mean and a spread, or as quantiles."""
        declared = evidence.declared_outputs
        if declared not in OF_DISTRIBUTIONS:
            return None
        if declared != QUANTILES:
            return Decision("distributional", f"outputs declared as {declared}")
        listed = formatting.listed([f"{level:g}" for level in evidence.levels], _NAMED)
        return Decision("distributional", f"quantiles declared at {listed}")

    def output_type(self, evidence: HeadEvidence) -> Decision:
        """Return nothing: the outputs are declared, or it is not known what they are."""
        raise UndecidedError(
            f'the task is {evidence.declared_task}, but it is not declared what the outputs are: set outputs = "mean_and_sd", '
            '"mean_and_variance" or "mean_and_log_variance", or quantiles'
        )

    def not_measured(self, task: str, shape: tuple[Any, ...]) -> str | None:
        """Reject further axes."""
        return shape_not_measured(task, shape)

    def gather(self, _task: str, rows: HeadRows) -> Gathering:
        """Collect the distributions; the labels are one number per row for each value."""
        values = _values(rows)
        if rows.value_names is not None and len(rows.value_names) != values:
            message = f"has {len(rows.value_names)} names, but the output has distributions of {values} values per row"
            raise InputError(("data", "value_names"), "", message)
        labels = None
        if rows.labels is not None:
            outputs = f", because the head has {rows.n_outputs} outputs, {rows.n_outputs // values} for each value"
            labels = encode(rows.labels, values, rows.location, rows.file, rows.numbers, outputs)
        rule = Decision("none", "no labels") if labels is None else Decision("values", "numbers, used unchanged")
        names = rows.value_names or (tuple(map(str, range(values))) if values > 1 else ())
        return Gathering(rule, (), DistributionalAccumulator(rows, labels, names))


def _values(rows: HeadRows) -> int:
    """Return of how many values a head has distributions.

    Raises
    ------
    ContradictionError
        The outputs cannot be divided into the declared parts, or there are too many.
    """
    if rows.output_type == QUANTILES:
        parts, what = len(rows.levels), f"{len(rows.levels)} quantiles"
    else:
        parts, what = 2, f"a mean and a {SPREADS[rows.output_type].name}"
    if rows.n_outputs % parts:
        message = (
            f"each value has {what}, but the head has {rows.n_outputs} output{'' if rows.n_outputs == 1 else 's'}, "
            f"which is no multiple of {parts}"
        )
        raise ContradictionError(message, "quantiles" if rows.output_type == QUANTILES else "outputs")
    if rows.n_outputs // parts > MOST_VALUES:
        message = (
            f"the head has distributions of {rows.n_outputs // parts:,} values: at most {MOST_VALUES} are measured"
        )
        raise ContradictionError(message, "outputs")
    return rows.n_outputs // parts


class DistributionalAccumulator(Accumulator):
    """Fills the records of a head, one batch after the other.

    Parameters
    ----------
    rows
        Their number, and what the outputs are.
    labels
        (n, n_values) float64; None without labels.
    names
        Of the values, each of which gets a record of its own; none for a single value that is the head itself.
    """

    def __init__(self, rows: HeadRows, labels: Floats | None, names: tuple[str, ...] = ()) -> None:
        super().__init__(rows)
        self._kind, self._levels = rows.output_type, rows.levels
        self._labels, self._names = labels, names
        self._values = max(len(names), 1)
        self.gathered.column("parts", np.float64, self._values, rows.n_outputs // self._values, rows_last=True)

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Add the outputs (batch, n_parts * n_values) of some rows (batch,).

        Raises
        ------
        OutputsError
            A spread is not that of a distribution.
        """
        found = outputs.reshape(len(rows), -1).astype(np.float64)
        bad = ~np.isfinite(found).all(axis=1)
        self.gathered.note(rows[bad])
        parts = found.reshape(len(rows), -1, self._values)
        if self._kind in SPREADS and not bad.any():
            parts[:, 1] = _deviations(parts[:, 1], self._kind)
        self.gathered.put("parts", rows, parts.transpose(0, 2, 1))

    def result(self) -> HeadOutputs:
        """Return the record, or the records of all values by name; with labels if there are any."""
        parts = np.moveaxis(self.gathered.entries("parts"), 0, -1)
        found = [self._record(place, parts[place]) for place in range(self._values)]
        return Several(dict(zip(self._names, found, strict=True))) if self._names else found[0]

    def _record(self, place: int, parts: Floats) -> ValuePredictions:
        center = parts[self._levels.index(0.5) if self._kind == QUANTILES else 0]
        if self._labels is None:
            return ValuePredictions(center)
        labels = contiguous(self._labels[:, place])
        if self._kind == QUANTILES:
            return QuantileOutputs(center, labels, contiguous(parts.T), self._levels)
        return NormalOutputs(center, labels, parts[1])


def _deviations(spreads: Floats, kind: str) -> Floats:
    """Return the standard deviations that spreads (batch, n_values) stand for.

    Raises
    ------
    OutputsError
        One of them is not positive, or beyond all numbers that can be squared.
    """
    spread = SPREADS[kind]
    deviations = spread.deviation(spreads)
    wanted = f"a mean and a {spread.name}"
    if (deviations <= 0).any() and kind != "mean_and_log_variance":
        message = f"the smallest {spread.name} is {spreads.min():.4g}"
        remedy = (
            'if it is a log-variance, set outputs = "mean_and_log_variance"; otherwise make it positive in the model'
        )
        raise OutputsError(message, wanted, remedy)
    if (deviations < 1 / _EXTREME).any() or (deviations > _EXTREME).any():
        message = f"the {spread.name} ranges from {spreads.min():.4g} to {spreads.max():.4g}, beyond all useful ones"
        raise OutputsError(message, wanted, "check what the outputs are")
    return deviations
