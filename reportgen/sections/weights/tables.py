"""Tables of the weights section."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.tables import Column, Table
from reportgen.sections.weights import schema

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.contract.places import Place
    from reportgen.contract.tables import Cell
    from reportgen.sections.weights.schema import ModelWeights, TensorWeights, WeightsResult

MOST_ROWS = 20
"""Maximum number of rows of a tensor table. Convention."""


_SHOWN = tuple(spec for spec in schema.PER_MODEL if spec is not schema.ANALYZED)


def tables(result: WeightsResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    shown = view.shown(one for one in result.models if one.n_tensors)
    of_models = (table for one in shown for table in _tensors(result, one.model))
    return (_models(result, view), _worst(result, view), *of_models)


def _models(result: WeightsResult, view: View) -> Table:
    specs = [spec for spec in _SHOWN if any(True for _ in result.named(spec.name))]
    rows: list[tuple[Cell, ...]] = [
        (
            one.model,
            f"{one.n_tensors} of {one.n_tensors + one.left_out}",
            *(result.find(spec.name, one.model) for spec in specs),
        )
        for one in view.listed(result.models)
    ]
    columns = (
        Column("Model", numeric=False),
        Column("Tensors", numeric=False),
        *(Column(spec.title) for spec in specs),
    )
    note = "The options of the section select the tensors; by default biases and normalization scales are left out."
    note += view.rest(result.models, view.listed(result.models))
    return Table("models", "Weights by model", columns, tuple(rows), note)


def _worst(result: WeightsResult, view: View) -> Table:
    """List the tensors with the lowest scores, the limiting component, and the sensitivity to the conventions."""
    health = {(one.model, one.name): one.health for one in result.tensors}
    rows: list[tuple[Cell, ...]] = []
    lowest = least_healthy(result, MOST_ROWS)
    for model in lowest:
        for worst in model.worst[: MOST_ROWS // len(lowest)]:
            found = health[model.model, worst.name]
            band = f"{found.low:.2f} to {found.high:.2f}"
            decides = "nothing" if worst.score == 1 else worst.binding
            rows.append((model.model, worst.name, worst.score, decides, band))
    columns = (
        Column("Model", numeric=False),
        Column("Tensor", numeric=False),
        Column("Health"),
        Column("Limited by", numeric=False),
        Column("Range", numeric=False),
    )
    note = "The limits of the components are conventions: the range is the score with all limits twice as strict and half as strict."
    note += view.rest(result.models, lowest, LOWEST)
    place: Place = "finding" if any(result.failing(model.model) for model in lowest) else "full"
    return Table("worst", "Lowest health scores", columns, tuple(rows), note, place=place)


LOWEST = "the lowest health scores"
"""What the models of :func:`least_healthy` have in common."""


def least_healthy(result: WeightsResult, most: int) -> tuple[ModelWeights, ...]:
    """Return at most ``most`` models with the lowest health scores, in the order of the spec; the first of equals."""
    models = [one for one in result.models if one.worst]
    order = sorted(range(len(models)), key=lambda place: (models[place].worst[0].score, place))
    return tuple(models[place] for place in sorted(order[:most]))


def _tensors(result: WeightsResult, model: str) -> tuple[Table, ...]:
    """List the largest tensors as matrices, as convolutions, and by distribution."""
    tensors = result.of(model)
    largest = sorted(tensors, key=lambda one: -one.size)[:MOST_ROWS]
    shown = [one for one in tensors if one in largest]
    missing = len(tensors) - len(shown)
    left_out = f" Only the {len(shown)} largest; {missing} more are in results.json." if missing else ""
    matrices = Table(
        f"tensors-{model}",
        f"Weight tensors of {model}",
        (
            _TENSOR,
            Column("Shape", numeric=False),
            *(Column(title) for title in _MATRIX),
            Column("Spikes", unit="count"),
        ),
        tuple(_as_matrix(one) for one in shown),
        "Rank use is the participation ratio relative to a random matrix of the same shape; spikes are singular values above "
        f"the edge of a random matrix.{left_out}",
    )
    convolutions = Table(
        f"convolutions-{model}",
        f"Convolutions of {model} as image operators",
        (_TENSOR, Column("Spectral norm as matrix"), Column("Lower bound"), Column("Upper bound")),
        tuple(_as_convolution(one) for one in shown if one.operator_bounds is not None),
        "The spectral norm of the convolution on images of any size is between the two bounds; that of the kernel as a matrix can "
        f"be smaller.{left_out}",
    )
    fractions = (Column("Zeros", unit="fraction"), Column("Near zero", unit="fraction"))
    distributions = Table(
        f"distributions-{model}",
        f"Distribution of the weights of {model}",
        (_TENSOR, *(Column(title) for title in _DISTRIBUTION), *fractions),
        tuple(_as_distribution(one) for one in shown),
        "Kurtosis is excess kurtosis (0 for a Gaussian); peak is the largest absolute weight over the RMS; Gaussian weights "
        f"have 0.8 % near zero.{left_out}",
    )
    return tuple(replace(table, place="full") for table in (matrices, convolutions, distributions) if table.rows)


_TENSOR = Column("Tensor", numeric=False)
_MATRIX = ("L1", "L2", "Spectral norm", "RMS / initial", "Stable rank", "Rank use")
_DISTRIBUTION = ("Mean", "Std", "Skew", "Kurtosis", "Peak")


def _as_matrix(one: TensorWeights) -> tuple[Cell, ...]:
    found, matrix = one.distribution, one.matrix
    return (
        one.name,
        "×".join(map(str, one.shape)),
        found.l1 if found else None,
        found.l2 if found else None,
        matrix.spectral_norm if matrix else None,
        one.rms_ratio,
        matrix.stable_rank if matrix else None,
        matrix.relative_participation if matrix else None,
        matrix.spikes if matrix else None,
    )


def _as_convolution(one: TensorWeights) -> tuple[Cell, ...]:
    low, high = one.operator_bounds or (None, None)
    return (one.name, one.matrix.spectral_norm if one.matrix else None, low, high)


def _as_distribution(one: TensorWeights) -> tuple[Cell, ...]:
    found = one.distribution
    if found is None:
        return (one.name, *([None] * (len(_DISTRIBUTION) + 2)))
    numbers = (found.mean, found.std, found.skewness, found.excess_kurtosis, found.peak)
    return (one.name, *numbers, found.zero_fraction, found.near_zero_fraction)
