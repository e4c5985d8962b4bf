"""The weights of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


WeightKind = Literal[
    "dense", "einsum", "embedding", "recurrent", "convolution", "transposed_convolution", "depthwise_convolution",
    "bias", "normalization", "other",
]  # fmt: skip


@dataclass(frozen=True)
class WeightTensor:
    """A weight of a model, once even if its layer is shared; each gate of a recurrent kernel is a separate tensor.

    Attributes
    ----------
    name
        Qualified: ``backbone/stem/kernel``, ``lstm/recurrent_kernel[forget]``.
    layer, layer_type
        Qualified name and class of the layer that owns it.
    kind
        The kind of weight.
    values
        As stored, in the shape of the variable (for one gate: its columns).
    inputs, outputs
        Axes of ``values`` that are summed over, and those that are kept: combining them yields the matrix
        ``(prod inputs, prod outputs)``. Both are empty if the weight is not a linear map: a bias, a scale, and the
        filters of a depthwise convolution, which only has channel axes in ``outputs``.
    groups
        Number of blocks of the block-diagonal matrix; ``outputs`` are split evenly among them (grouped convolution).
    heads
        Axis of the attention heads in ``values``; None otherwise.
    strided
        Whether it is a convolution with a stride above 1.
    trainable
        Whether training changes it.
    initializer
        Class of the layer's initializer, e.g. ``GlorotUniform``; None if it has none or it is unknown.
    initial_rms
        Root mean square of a newly initialized tensor of this shape; None if unknown.
    """

    name: str
    layer: str
    layer_type: str
    kind: WeightKind
    values: NDArray[Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    groups: int
    heads: int | None
    strided: bool
    trainable: bool
    initializer: str | None
    initial_rms: float | None
