"""Tables of the weights section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.section import Column, Table
from reportgen.sections.weights import schema

if TYPE_CHECKING:
    from reportgen.section import Cell
    from reportgen.sections.weights.schema import TensorWeights, WeightsResult

MOST_ROWS = 20
"""Rows of a tensor table. Convention."""


def tables(result: WeightsResult) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    return (_models(result), _worst(result), *(_tensors(result, one.model) for one in result.models if one.n_tensors))


def _models(result: WeightsResult) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.model, *(result.find(spec.name, one.model) for spec in schema.PER_MODEL), one.n_tensors, one.left_out)
        for one in result.models
    ]
    columns = (
        Column("Model", numeric=False),
        *(Column(spec.title) for spec in schema.PER_MODEL),
        Column("Tensors", unit="count"),
        Column("Left out", unit="count"),
    )
    note = "Left out are the tensors that the section's options exclude: by default biases and normalisation."
    return Table("models", "Weights of each model", columns, tuple(rows), note)


def _worst(result: WeightsResult) -> Table:
    """List the tensors with the lowest scores, the component that decides, and how far the conventions matter."""
    health = {(one.model, one.name): one.health for one in result.tensors}
    rows: list[tuple[Cell, ...]] = []
    for model in result.models:
        for worst in model.worst:
            found = health[model.model, worst.name]
            band = f"{found.low:.2f} to {found.high:.2f}"
            decides = "nothing" if worst.score == 1 else worst.binding
            rows.append((model.model, worst.name, worst.score, decides, band))
    columns = (
        Column("Model", numeric=False),
        Column("Tensor", numeric=False),
        Column("Health"),
        Column("Limited by", numeric=False),
        Column("With limits twice as strict, half as strict", numeric=False),
    )
    note = "The limits of the components are conventions: the last column says how much the score hangs on them."
    return Table("worst", "Lowest health scores", columns, tuple(rows), note)


def _tensors(result: WeightsResult, model: str) -> Table:
    tensors = result.of(model)
    largest = sorted(tensors, key=lambda one: -one.size)[:MOST_ROWS]
    shown = [one for one in tensors if one in largest]
    columns = (
        Column("Tensor", numeric=False),
        Column("Shape", numeric=False),
        Column("L1"),
        Column("L2"),
        Column("Spectral norm"),
        Column("rms / initial"),
        Column("Stable rank"),
        Column("Rank use"),
        Column("Spikes", unit="count"),
        Column("Skew"),
        Column("Kurtosis"),
        Column("Zeros", unit="fraction"),
    )
    missing = len(tensors) - len(shown)
    left_out = f" The {len(shown)} largest; {missing} more are in results.json." if missing else ""
    note = (
        "Rank use is the participation ratio over that of a random matrix of the same shape; spikes are singular values "
        f"above those of a random matrix; kurtosis is in excess of a Gaussian's.{left_out}"
    )
    return Table(f"tensors-{model}", f"Weight tensors of {model}", columns, tuple(_row(one) for one in shown), note)


def _row(one: TensorWeights) -> tuple[Cell, ...]:
    found, matrix = one.distribution, one.matrix
    shape = " × ".join(map(str, one.shape))
    if found is None:
        return (one.name, shape, *([None] * 10))
    return (
        one.name,
        shape,
        found.l1,
        found.l2,
        matrix.spectral_norm if matrix else None,
        one.rms_ratio,
        matrix.stable_rank if matrix else None,
        matrix.relative_participation if matrix else None,
        matrix.spikes if matrix else None,
        found.skewness,
        found.excess_kurtosis,
        found.zero_fraction,
    )
