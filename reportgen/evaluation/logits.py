"""Splits a model before its final softmax or sigmoid, to read logits before they saturate.

What follows the softmax and leaves its numbers as they are is looked through: a cast, a dropout, a flattening of single positions.

The given model is never modified: a layer with a built-in activation is rebuilt without it, with a copy of
its weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reportgen.evaluation.structure import has_graph

if TYPE_CHECKING:
    import keras

_REBUILDABLE = ("Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D")
_WRAPPERS = ("SpectralNormalization", "TimeDistributed")
_IDENTITIES = (
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D",
)  # fmt: skip
"""Layers that change nothing outside of training."""
_VIEWS = ("Flatten", "Reshape")


@dataclass(frozen=True)
class OutputEnd:
    """The end of an output: the tensor before the normalizing function (or the output itself) and its activation.

    ``activation`` is ``softmax``, ``sigmoid``, another function name, ``linear``, or None if it is not visible.
    ``stripped`` is True if ``tensor`` is taken before the normalizing function; ``copies`` are then the layers that
    were rebuilt for it, each with its original. ``axis`` is that of a softmax over another axis than the last one, from 1; None for any other end.
    """

    tensor: Any
    activation: str | None
    stripped: bool
    copies: tuple[tuple[Any, Any], ...] = ()
    axis: int | None = None


def output_ends(model: keras.Model) -> list[OutputEnd] | None:
    """Return the end of every output of a Functional or Sequential model; None for a subclassed one."""
    if not has_graph(model) or not model.outputs:
        return None
    copies: dict[int, Any] = {}
    return [_end(tensor, copies) for tensor in model.outputs]


def _end(tensor: Any, copies: dict[int, Any]) -> OutputEnd:
    """Return the end of an output; ``copies`` are the layers rebuilt so far, by the identity of the original."""
    operation, node_index, tensor_index = tensor._keras_history  # noqa: SLF001
    inputs = operation._inbound_nodes[node_index].input_tensors  # noqa: SLF001
    if has_graph(operation):
        return _nested_end(operation, inputs, tensor, tensor_index, copies)
    if _passes_on(operation, inputs, tensor):
        end = _end(inputs[0], copies)
        return replace(end, tensor=_as_rows(end.tensor, tensor)) if end.stripped else _unstripped(end, tensor)
    name = _activation_name(operation)
    if not _normalizes_classes(name, operation, tensor) or len(inputs) != 1:
        return OutputEnd(tensor, name, stripped=False, axis=_other_axis(name, operation, tensor))
    if _rebuildable(operation):
        if id(operation) not in copies:
            copies[id(operation)] = _without_activation(operation, inputs[0].shape)
        copy = copies[id(operation)]
        return OutputEnd(copy(inputs[0]), name, stripped=True, copies=((copy, operation),))
    if _only_normalizes(operation):
        return OutputEnd(inputs[0], name, stripped=True)
    return OutputEnd(tensor, name, stripped=False)


def _nested_end(inner: Any, inputs: list[Any], tensor: Any, index: int, copies: dict[int, Any]) -> OutputEnd:
    """Look into a model that is used as the last layer, and apply its part before the end to the same inputs."""
    import keras

    end = _end(inner.outputs[index], copies)
    if not end.stripped or len(inner.inputs) != 1:
        return OutputEnd(tensor, end.activation, stripped=False, axis=end.axis)
    copy = keras.Model(inner.inputs, end.tensor)
    return OutputEnd(copy(inputs[0]), end.activation, stripped=True, copies=(*end.copies, (copy, inner)))


def _passes_on(operation: Any, inputs: list[Any], tensor: Any) -> bool:
    """Return whether a layer returns the numbers of its input for every row, in the same order: at most in another shape or type."""
    if not _is_of_keras(operation) or len(inputs) != 1:
        return False
    name = type(operation).__name__
    if name in _VIEWS:
        flat = tuple(tensor.shape[1:]) == (inputs[0].shape[-1],) and set(inputs[0].shape[1:-1]) <= {1}
        return flat or (len(tensor.shape) > 2 and tensor.shape[-1] == inputs[0].shape[-1])  # noqa: PLR2004 positions are kept in order
    return name in _IDENTITIES or (name == "Activation" and _activation_name(operation) == "linear")


def _as_rows(logits: Any, tensor: Any) -> Any:
    """Return logits in the shape of the tensor in whose place they are read."""
    import keras

    return logits if logits.shape == tensor.shape else keras.ops.reshape(logits, (-1, *tensor.shape[1:]))


def _activation_name(operation: Any) -> str | None:
    import keras

    if type(operation).__name__ in _WRAPPERS and _is_of_keras(operation):
        return _activation_name(operation.layer)
    if isinstance(operation, keras.layers.Softmax):
        return "softmax"
    if isinstance(operation, keras.layers.Layer):
        return getattr(getattr(operation, "activation", None), "__name__", None)
    return type(operation).__name__.lower()


def _normalizes_classes(name: str | None, operation: Any, tensor: Any) -> bool:
    """Return whether it is a softmax over the last axis of several outputs, or a sigmoid."""
    if getattr(operation, "axis", -1) not in (-1, len(tensor.shape) - 1):
        return False
    return name == "sigmoid" or (name == "softmax" and tensor.shape[-1] != 1)


def _other_axis(name: str | None, operation: Any, tensor: Any) -> int | None:
    """Return the axis of a softmax, from 1, if it is another one than the last."""
    axis = getattr(operation, "axis", None)
    if name != "softmax" or not isinstance(axis, int):
        return None
    found = axis % len(tensor.shape)
    return None if found == len(tensor.shape) - 1 else found


def _unstripped(end: OutputEnd, tensor: Any) -> OutputEnd:
    """Return an end whose activation stays, as that of a layer behind it; in another shape its axis is not known."""
    return replace(end, tensor=tensor, axis=end.axis if tensor.shape == end.tensor.shape else None)


def _rebuildable(operation: Any) -> bool:
    wraps = type(operation).__name__ in _WRAPPERS
    inner = operation.layer if wraps else operation
    return type(inner).__name__ in _REBUILDABLE and all(_is_of_keras(one) for one in (operation, inner))


def _is_of_keras(operation: Any) -> bool:
    """Return whether a layer is one of Keras' own, whose behavior is known."""
    return type(operation).__module__.startswith("keras.")


def _only_normalizes(operation: Any) -> bool:
    """Return whether it is a layer or operation that only normalizes: Activation, Softmax, ops.softmax, ops.sigmoid."""
    import keras

    return isinstance(operation, keras.layers.Activation | keras.layers.Softmax) or not isinstance(
        operation, keras.layers.Layer
    )


def _without_activation(layer: Any, shape: Any) -> Any:
    import keras

    copy = type(layer).from_config(layer.get_config() | {"name": f"{layer.name}_before_activation"})
    inner = copy.layer if type(copy).__name__ in _WRAPPERS else copy
    inner.activation = keras.activations.linear
    copy.build(shape)
    copy.set_weights(layer.get_weights())
    return copy
