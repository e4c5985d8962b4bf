"""Activations of the layers of a model on the probed rows, reduced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reportgen.metrics.design import Design

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class AttentionStatistics:
    """The spread of attention per head, over all unmasked queries of the probed examples.

    Attributes
    ----------
    entropy
        (n_heads,) float64, mean entropy of the attention of a query, nats.
    relative_entropy
        (n_heads,) float64 in [0, 1], mean of the entropy over the logarithm of the number of keys that a query may
        attend to; queries with a single key are excluded. NaN if none remains.
    n_queries
        Queries averaged per head.
    """

    entropy: FloatArray
    relative_entropy: FloatArray
    n_queries: int


@dataclass(frozen=True)
class LayerActivations:
    """The activations of a layer on the probed examples, reduced. C channels (units), N examples.

    Per-channel values are over all examples and all positions (pixels, tokens) that are not masked.

    Attributes
    ----------
    name
        Qualified name of the first layer of the unit, with ``#2`` for its second call and ``[1]`` for its second output.
    layer_type
        Its class: ``Conv2D`` if a convolution is probed after its activation.
    layers
        The layers that make up the unit, in order: ``("stem/conv", "stem/bn", "stem/relu")``.
    activation
        Name of the unit's last activation function (``relu``, ``relu6``, ``gelu``, ``tanh``, …); None if it has none.
    shape
        Of the output, without the batch axis; None for an open size.
    n_values
        Values per channel.
    mean, squares, absolute
        (C,) float64: mean, sum of squared deviations from it, mean absolute value.
    minimum, maximum
        (C,) float64.
    positive, zero
        (C,) float64 counts of values above 0 and of exact zeros.
    saturated
        (C,) float64 counts of values at the flat end of the activation: abs(tanh) > 0.99, sigmoid < 0.01 or > 0.99,
        relu6 = 6; None for other activations.
    pooled
        (N, C) float32, mean over an example's positions.
    positions
        (N, P, C) float32, P seeded positions of each example, stratified over its positions: at most 4, fewer for wide
        layers, 1 without positions.
    attention
        For an attention layer; None otherwise.
    not_finite
        Number of examples with NaN or infinite values; if it is not 0, the other fields are meaningless.
    """

    name: str
    layer_type: str
    layers: tuple[str, ...]
    activation: str | None
    shape: tuple[int | None, ...]
    n_values: int
    mean: FloatArray
    squares: FloatArray
    absolute: FloatArray
    minimum: FloatArray
    maximum: FloatArray
    positive: FloatArray
    zero: FloatArray
    saturated: FloatArray | None
    pooled: NDArray[np.float32]
    positions: NDArray[np.float32]
    attention: AttentionStatistics | None
    not_finite: int


@dataclass(frozen=True)
class Activations:
    """The probed units of a model, in the order of the data flow.

    Attributes
    ----------
    places
        (N,) int64, sorted: which of the evaluated rows were probed, as positions in ``DataEvaluation.rows``.
    sampling
        How they were chosen, as text.
    layers
        The units.
    ends
        For each head, in order, the name of the unit that outputs it; None if no unit does (a reshaped output).
    not_probed
        Layers that could not be probed, with the reason.
    reason
        Why nothing was probed; None otherwise.
    """

    places: IntArray
    sampling: str
    layers: tuple[LayerActivations, ...]
    ends: tuple[str | None, ...] = ()
    not_probed: tuple[tuple[str, str], ...] = ()
    reason: str | None = None

    def of(self, design: Design) -> Activations:
        """Return them without layers where the rows are weighted: the sums over the rows were taken without weights."""
        if design.weights is None or self.reason is not None:
            return self
        return replace(
            self, layers=(), reason="the rows are weighted, and activations are summed over rows of equal weight"
        )
