"""Merges the reductions of batches into the record of a layer, in float64. NumPy only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.activations import AttentionStatistics, LayerActivations
from reportgen.evaluation.units import flat_ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.evaluation.units import Unit

    FloatArray = NDArray[np.float64]


def merge_moments(
    n: float, mean: FloatArray, squares: FloatArray, n_more: float, mean_more: FloatArray, squares_more: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Merge count, mean and sum of squared deviations of two parts: Chan, Golub & LeVeque (1979).

    >>> [part.tolist() if hasattr(part, "tolist") else part for part in merge_moments(
    ...     2, np.array([1.0]), np.array([2.0]), 1, np.array([4.0]), np.array([0.0]))]
    [3, [2.0], [8.0]]
    """
    total = n + n_more
    if total == 0:
        return total, mean, squares
    delta = mean_more - mean
    return total, mean + delta * (n_more / total), squares + squares_more + delta**2 * (n * n_more / total)


class LayerAccumulator:
    """Fills a :class:`LayerActivations`, one batch after the other.

    Parameters
    ----------
    unit
        The probed unit.
    """

    def __init__(self, unit: Unit) -> None:
        self._name, self._kind, self._activation = unit.name, unit.kind, unit.activation
        self._layers = tuple(call.name for call in unit.calls)
        shape = tuple(unit.tensor.shape[1:])
        self._shape = (*shape[1:], shape[0]) if unit.channels_first and len(shape) > 1 else shape
        channels = self._shape[-1]
        self._n = 0.0
        self._mean, self._squares = np.zeros(channels), np.zeros(channels)
        self._sums: FloatArray | None = None
        self._minimum, self._maximum = np.full(channels, np.inf), np.full(channels, -np.inf)
        self._pooled: list[NDArray[np.float32]] = []
        self._positions: list[NDArray[np.float32]] = []
        self._attention: dict[str, FloatArray] = {}
        self._not_finite = 0

    def add(self, reduced: dict[str, Any]) -> None:
        """Add the reductions of a batch, as returned by :func:`reduce_unit`."""
        self._not_finite += _not_finite(reduced)
        if self._not_finite:
            return
        self._pooled.append(reduced["pooled"])
        if "channels" in reduced:
            self._merge(float(reduced["n"]), reduced["channels"].astype(np.float64))
            self._positions.append(reduced["positions"])
        for key in ("entropy", "queries", "relative", "counted"):
            if key in reduced:
                self._attention[key] = self._attention.get(key, 0.0) + reduced[key].astype(np.float64)

    def _merge(self, n: float, channels: FloatArray) -> None:
        mean, squares, absolute, minimum, maximum, *counts = channels
        self._n, self._mean, self._squares = merge_moments(self._n, self._mean, self._squares, n, mean, squares)
        sums = np.stack([absolute, *counts])
        self._sums = sums if self._sums is None else self._sums + sums
        self._minimum, self._maximum = np.minimum(self._minimum, minimum), np.maximum(self._maximum, maximum)

    def result(self) -> LayerActivations:
        """Return the record; call it after the last batch."""
        channels = len(self._mean)
        pooled = np.concatenate(self._pooled or [np.zeros((0, channels), np.float32)])
        positions = self._positions
        if len(pooled) and not positions:
            self._merge(len(pooled), _channels(pooled, self._activation))
            positions = [pooled[:, None]]
        absolute, positive, zero, *saturated = np.zeros((3, channels)) if self._sums is None else self._sums
        if self._n == 0:
            self._minimum, self._maximum = np.zeros(channels), np.zeros(channels)
        return LayerActivations(
            name=self._name,
            layer_type=self._kind,
            layers=self._layers,
            activation=self._activation,
            shape=self._shape,
            n_values=int(self._n),
            mean=self._mean,
            squares=self._squares,
            absolute=absolute / max(self._n, 1.0),
            minimum=self._minimum,
            maximum=self._maximum,
            positive=positive,
            zero=zero,
            saturated=saturated[0] if saturated else None,
            pooled=pooled,
            positions=np.concatenate(positions or [np.zeros((0, 1, channels), np.float32)]),
            attention=self._spread(),
            not_finite=self._not_finite,
        )

    def _spread(self) -> AttentionStatistics | None:
        if not self._attention:
            return None
        sums = self._attention
        with np.errstate(invalid="ignore", divide="ignore"):
            entropy, relative = sums["entropy"] / sums["queries"], sums["relative"] / sums["counted"]
        return AttentionStatistics(entropy, relative, int(sums["queries"].max()))


def _channels(values: NDArray[np.float32], activation: str | None) -> FloatArray:
    """Return what :func:`reduce_unit` calls ``channels`` (7 or 8, C) of values (N, C) without positions."""
    mean = values.mean(axis=0, dtype=np.float64)
    counts = [where.sum(axis=0) for where in (values > 0, values == 0, *flat_ends(values, activation))]
    absolute = np.abs(values).sum(axis=0, dtype=np.float64)
    squares = ((values - mean) ** 2).sum(axis=0)
    return np.stack([mean, squares, absolute, values.min(axis=0), values.max(axis=0), *counts])


def _not_finite(reduced: dict[str, Any]) -> int:
    """Count the examples of a batch with NaN or infinity; all of them if only squares overflow float32."""
    examples = int((~np.isfinite(reduced["pooled"])).any(axis=1).sum())
    if examples == 0 and not np.isfinite(reduced.get("channels", 0.0)).all():
        return len(reduced["pooled"])
    return examples
