"""Multiply-adds of the operations of Keras, from the shapes of their inputs and outputs.

A multiply-add is one multiplication and one addition, as in the tables of MobileNetV2 (Sandler et al. 2018) and ResNet
(He et al. 2016). Counted are matrix products, convolutions and attention. As in those tables, what is linear in the
size of a tensor is not counted: biases, activations, normalization, pooling, sums, masks, lookups in an embedding.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reportgen.evaluation.structure import children, is_a

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Shape = tuple[int, ...]
    Formula = Callable[[Any, Sequence[Shape], Shape], int | None]


def multiply_adds(operation: Any, given: Sequence[Shape], returned: Shape) -> int | None:
    """Return the multiply-adds of one call, without those of layers that it calls; None if it is not on the list.

    Parameters
    ----------
    operation
        A layer, or an operation of a functional graph.
    given, returned
        The shapes of its inputs, and that of its first output; batch axes included.
    """
    formula = _formula(operation)
    if formula is not None:
        return formula(operation, given, returned)
    return None if is_unlisted(operation) else 0


def is_counted(operation: Any) -> bool:
    """Return whether an operation has a formula, so that its multiply-adds depend on shapes."""
    if is_a(operation, "TimeDistributed"):
        return is_counted(operation.layer)
    return _formula(operation) is not None


def counts_inside(operation: Any) -> bool:
    """Return whether the formula of an operation covers what it calls: a recurrent layer calls its cell in a loop."""
    return is_a(operation, "RNN") and is_counted(operation)


def is_unlisted(operation: Any) -> bool:
    """Return whether an operation without a formula may multiply and add, because it has weights."""
    free = _keras_class(operation) is not None and is_a(operation, *_FREE)
    return not free and is_a(operation, "Layer") and owns_weights(operation)


def owns_weights(layer: Any) -> bool:
    """Return whether a layer has weights that belong to no layer inside it."""
    inside = {id(variable) for inner in children(layer) for variable in inner.weights}
    return any(id(variable) not in inside for variable in layer.weights)


def _formula(operation: Any) -> Formula | None:
    """Return the formula of the class of Keras that defines what the operation computes."""
    kind = _keras_class(operation)
    names = () if kind is None else (base.__name__ for base in kind.__mro__)
    return next((_FORMULAS[name] for name in names if name in _FORMULAS), None)


def _keras_class(operation: Any) -> type | None:
    """Return the class of Keras whose ``call`` an operation runs; None if it has a custom one."""
    for kind in type(operation).__mro__:
        if kind.__module__.partition(".")[0] == "keras":
            return kind
        if "call" in vars(kind):
            return None
    return None


# ------------------------------------------------------------------------------------------------ formulas


def _dense(layer: Any, given: Sequence[Shape], _returned: Shape) -> int:
    return math.prod(given[0]) * int(layer.units)


def _einsum_dense(layer: Any, given: Sequence[Shape], returned: Shape) -> int:
    """Return the size of the output times the sizes that are summed over."""
    terms, _, output = layer.equation.partition("->")
    source = terms.partition(",")[0]
    head, _, tail = source.partition("...")
    sizes = dict(zip(head, given[0], strict=False)) | dict(zip(reversed(tail), reversed(given[0]), strict=False))
    return math.prod(returned) * math.prod(size for letter, size in sizes.items() if letter not in output)


def _channels(layer: Any, shape: Shape) -> int:
    return shape[1] if layer.data_format == "channels_first" else shape[-1]


def _convolution(layer: Any, given: Sequence[Shape], returned: Shape) -> int:
    """Return the size of the output times the kernel's positions times the input channels of a group."""
    return math.prod(returned) * math.prod(layer.kernel_size) * _channels(layer, given[0]) // layer.groups


def _transposed_convolution(layer: Any, given: Sequence[Shape], _returned: Shape) -> int:
    """Return the size of the input times the kernel's positions times the filters, before the output is cropped."""
    return math.prod(given[0]) * math.prod(layer.kernel_size) * int(layer.filters)


def _depthwise_convolution(layer: Any, _given: Sequence[Shape], returned: Shape) -> int:
    return math.prod(returned) * math.prod(layer.kernel_size)


def _separable_convolution(layer: Any, given: Sequence[Shape], returned: Shape) -> int:
    """Return the sum of the depthwise and the pointwise part."""
    positions = math.prod(returned) // _channels(layer, returned)
    channels = _channels(layer, given[0]) * layer.depth_multiplier
    return positions * channels * (math.prod(layer.kernel_size) + _channels(layer, returned))


def _recurrent(layer: Any, given: Sequence[Shape], _returned: Shape) -> int | None:
    """Return the sizes of the kernels of all cells times the steps; None for a custom cell."""
    cells = layer.cell.cells if is_a(layer.cell, "StackedRNNCells") else [layer.cell]
    if any(_keras_class(cell) is None or not is_a(cell, *_CELLS) for cell in cells):
        return None
    return math.prod(given[0][:2]) * sum(_kernels(cell) for cell in cells)


def _convolutional_recurrent(layer: Any, given: Sequence[Shape], returned: Shape) -> int:
    """Return the sizes of the kernels times the positions of an output times the steps."""
    steps = given[0][1]
    positions = math.prod(returned) // layer.cell.filters // (steps if layer.return_sequences else 1)
    return positions * steps * _kernels(layer.cell)


def _kernels(cell: Any) -> int:
    return math.prod(cell.kernel.shape) + math.prod(cell.recurrent_kernel.shape)


def _time_distributed(layer: Any, given: Sequence[Shape], returned: Shape) -> int | None:
    """Return the multiply-adds of the layer inside, which is not called but run directly, times the steps."""
    step = multiply_adds(layer.layer, [shape[:1] + shape[2:] for shape in given[:1]], returned[:1] + returned[2:])
    return step and step * given[0][1]


def _attention(_layer: Any, given: Sequence[Shape], _returned: Shape) -> int:
    """Return those of the scores and of the weighted sum, for a query and a value: (batch, positions, size)."""
    query, value = given[:2]
    return math.prod(query[:2]) * value[1] * (query[-1] + value[-1])


def _multi_head_attention(layer: Any, given: Sequence[Shape], returned: Shape) -> int:
    axes = layer.attention_axes or range(1, len(returned) - 1)
    return _scores(given, returned, axes) * layer.num_heads * (layer.key_dim + layer.value_dim)


def _grouped_query_attention(layer: Any, given: Sequence[Shape], returned: Shape) -> int:
    return _scores(given, returned, (1,)) * layer.num_query_heads * 2 * layer.head_dim


def _scores(given: Sequence[Shape], returned: Shape, axes: Sequence[int]) -> int:
    """Return the number of pairs of a query and a key; the projections are layers of their own.

    Keys have other positions than the output if an input of the same rank does; a mask has those of the queries.
    """
    positions = [shape for shape in given if len(shape) == len(returned)]
    keys = next((shape for shape in positions if shape[1:-1] != returned[1:-1]), returned)
    return math.prod(returned[:-1]) * math.prod(keys[axis] for axis in axes)


def _dot(layer: Any, given: Sequence[Shape], _returned: Shape) -> int:
    first, second = given[:2]
    axis = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
    return math.prod(first) * math.prod(second) // (first[0] * first[axis])


def _reversible_embedding(layer: Any, given: Sequence[Shape], returned: Shape) -> int:
    """Return 0 for a lookup; in reverse it is a product with the embeddings."""
    return math.prod(returned) * int(layer.output_dim) if len(given[0]) == len(returned) else 0


def _matrix_product(_operation: Any, given: Sequence[Shape], returned: Shape) -> int:
    return math.prod(returned) * given[0][-1]


_FORMULAS: Mapping[str, Formula] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "BaseConv": _convolution,
    "BaseConvTranspose": _transposed_convolution,
    "BaseDepthwiseConv": _depthwise_convolution,
    "BaseSeparableConv": _separable_convolution,
    "ConvLSTM": _convolutional_recurrent,
    "RNN": _recurrent,
    "TimeDistributed": _time_distributed,
    "Attention": _attention,
    "MultiHeadAttention": _multi_head_attention,
    "GroupedQueryAttention": _grouped_query_attention,
    "Dot": _dot,
    "ReversibleEmbedding": _reversible_embedding,
    "Matmul": _matrix_product,
}
"""By class of Keras; a class further up is used if none below it is on the list."""
_FREE = (
    "Embedding", "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
    "UnitNormalization", "SpectralNormalization", "Normalization", "PReLU",
)  # fmt: skip
"""Layers with weights that are not counted, by convention."""
_CELLS = ("SimpleRNNCell", "LSTMCell", "GRUCell")
