"""What the layers of a model put out on the probed rows, reduced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class AttentionStatistics:
    """How attention is spread, per head, over all queries of the probed examples that are not masked.

    Attributes
    ----------
    entropy
        (n_heads,) float64, mean entropy of the attention of a query, nats.
    relative_entropy
        (n_heads,) float64 in [0, 1], mean of the entropy over the logarithm of the number of keys that a query may
        attend to; queries with a single key are left out. NaN where none is left.
    n_queries
        Queries averaged per head.
    """

    entropy: FloatArray
    relative_entropy: FloatArray
    n_queries: int


@dataclass(frozen=True)
class LayerActivations:
    """What a layer puts out on the probed examples, reduced. C channels (units), N examples.

    Per-channel values are over all examples and all positions (pixels, tokens) that are not masked.

    Attributes
    ----------
    name
        Qualified name of the layer that begins the unit, with ``#2`` for its second call and ``[1]`` for its second output.
    layer_type
        Its class: ``Conv2D`` where a convolution is probed after its activation.
    layers
        The layers that make up the unit, in order: ``("stem/conv", "stem/bn", "stem/relu")``.
    activation
        Name of the unit's last activation function (``relu``, ``relu6``, ``gelu``, ``tanh``, …); None where it has none.
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
        (N, P, C) float32, P seeded positions of each example, stratified over its positions: at most 4, fewer of wide
        layers, 1 without positions.
    attention
        Of an attention layer; None elsewhere.
    not_finite
        How many examples have NaN or infinite values; the other fields mean nothing unless it is 0.
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
    """What was probed in a model, in the order in which data flows.

    Attributes
    ----------
    places
        (N,) int64, sorted: which of the evaluated rows were probed, as positions in ``DataEvaluation.rows``.
    sampling
        How they were chosen, in words.
    layers
        The units.
    ends
        For each head, in order, the name of the unit that puts it out; None where it is none (a reshaped output).
    not_probed
        Layers that could not be looked at, with the reason.
    reason
        Why nothing was probed, where nothing was.
    """

    places: IntArray
    sampling: str
    layers: tuple[LayerActivations, ...]
    ends: tuple[str | None, ...] = ()
    not_probed: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
