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
    """A weight of a model, once however often its layer is used; the gates of a recurrent kernel stand one by one.

    Attributes
    ----------
    name
        Qualified: ``backbone/stem/kernel``, ``lstm/recurrent_kernel[forget]``.
    layer, layer_type
        Qualified name and class of the layer that owns it.
    kind
        What it is in the field's terms.
    values
        As stored, in the variable's shape (one gate: its columns).
    inputs, outputs
        Axes of ``values`` that are summed over and those that are kept: moving them together gives the matrix
        ``(prod inputs, prod outputs)``. Both empty where the weight is no linear map: a bias, a scale, and the
        filters of a depthwise convolution, whose channels stand on axes ``outputs`` alone.
    groups
        The matrix is block-diagonal with so many blocks; ``outputs`` are split evenly among them (grouped convolution).
    heads
        Axis of ``values`` that counts attention heads; None elsewhere.
    strided
        A convolution with a stride above 1.
    trainable
        Whether training changes it.
    initializer
        Class of the layer's own initialiser, e.g. ``GlorotUniform``; None where it has none or it is unknown.
    initial_rms
        Root mean square that the initialiser gives a tensor of this shape; None where unknown.
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
