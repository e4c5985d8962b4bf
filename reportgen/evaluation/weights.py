"""Extracts the weights of a model: each tensor once, with the axes that turn it into a matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.weights import WeightTensor
from reportgen.evaluation.quantized import dequantized, is_beside
from reportgen.evaluation.structure import children, is_a, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from reportgen.contract.records.weights import WeightKind
    from reportgen.evaluation.structure import Place

_NORMALIZATIONS = (
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization",
    "SpectralNormalization", "Normalization",
)  # fmt: skip
_GATES = {"LSTMCell": ("input", "forget", "cell", "output"), "GRUCell": ("update", "reset", "candidate")}
_GATES["ConvLSTMCell"] = _GATES["LSTMCell"]
_CELLS = (*_GATES, "SimpleRNNCell")
_INITIALIZERS = {"embeddings": "embeddings_initializer", "recurrent_kernel": "recurrent_initializer"}
_ADAPTED = ("kernel", "embeddings")
"""Weights that LoRA adapts."""
_LENDERS = ("MultiHeadAttention", "GroupedQueryAttention", "RNN")
"""Layers whose inner layers are reported under the class of the outer one."""
_HEADS = {"query": 1, "key": 1, "value": 1, "attention_output": 0}
"""Axis of the heads in the kernels inside an attention layer."""


@dataclass(frozen=True)
class _View:
    """The kind of a weight and its matrix axes; the fields are those of the record."""

    kind: WeightKind
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    groups: int = 1


def weight_tensors(model: Any) -> tuple[WeightTensor, ...]:
    """List the weights of a model in the order of its layers, in floating-point numbers.

    A quantized layer, and one adapted with LoRA, has the weights that take effect. Each gate of a recurrent kernel is a separate tensor.
    """
    seen: set[int] = set()
    places = [(place, place.layer) for place in walk(model) if place.shared_with is None]
    found = [tensor for place, layer in places for tensor in _of_layer(place, layer, seen)]
    return (*found, *_of_model(model, seen))


def _of_model(model: Any, seen: set[int]) -> Iterator[WeightTensor]:
    """Yield the weights of the model itself, outside its layers."""
    for variable in model.weights:
        if id(variable) not in seen:
            seen.add(id(variable))
            yield from _split(WeightTensor(**_own(model, model.name, type(model).__name__, variable)), model)


def _of_layer(place: Place, layer: Any, seen: set[int]) -> Iterator[WeightTensor]:
    inside = {id(variable) for inner in children(layer) for variable in inner.weights}
    name, kind = _called(place)
    for variable in layer.weights:
        if id(variable) in inside | seen:
            continue
        seen.add(id(variable))
        if is_beside(layer, variable.name) or variable.name.startswith("lora_"):
            continue
        effective = dequantized(layer, variable.name, variable)
        if effective is None and "float" not in str(variable.dtype):
            continue
        tensor = WeightTensor(**_own(layer, name, kind, variable, effective))
        yield from _split(replace(tensor, heads=_heads(place, tensor)), layer)


def _called(place: Place) -> tuple[str, str]:
    """Return the name and class for a layer's weights: a recurrent cell is reported under its layer."""
    parent = place.parents[-1] if place.parents else None
    if parent is None or not is_a(parent, *_LENDERS):
        return place.name, type(place.layer).__name__
    if is_a(parent, "RNN"):
        return place.name.rpartition("/")[0], type(parent).__name__
    return place.name, type(parent).__name__


def _own(
    layer: Any, name: str, layer_type: str, variable: Any, effective: NDArray[np.float32] | None = None
) -> dict[str, Any]:
    own = variable.name
    if effective is None:
        adapted = own in _ADAPTED and getattr(layer, "lora_enabled", False)
        effective = np.asarray(getattr(layer, own) if adapted else variable)
    values = effective
    if values.dtype not in (np.float16, np.float32, np.float64):
        values = values.astype(np.float32)
    view = _view(layer, own, values)
    initializer = _initializer(layer, own)
    return {
        "name": f"{name}/{own}",
        "layer": name,
        "layer_type": layer_type,
        "kind": view.kind,
        "values": values,
        "inputs": view.inputs,
        "outputs": view.outputs,
        "groups": view.groups,
        "heads": None,
        "strided": any(stride > 1 for stride in _strides(layer)),
        "trainable": bool(variable.trainable),
        "initializer": None if initializer is None else type(initializer).__name__,
        "initial_rms": None if initializer is None else initial_rms(initializer, tuple(variable.shape)),
    }


def _strides(layer: Any) -> tuple[int, ...]:
    strides = getattr(layer, "strides", ())
    return strides if isinstance(strides, tuple) else ()


def _heads(place: Place, tensor: WeightTensor) -> int | None:
    parent = place.parents[-1] if place.parents else None
    if tensor.kind == "einsum" and tensor.values.ndim == 3 and is_a(parent, "MultiHeadAttention"):  # noqa: PLR2004
        return _HEADS.get(place.layer.name)
    return None


# ------------------------------------------------------------------------------------------------ as a matrix


def _view(layer: Any, own: str, values: NDArray[Any]) -> _View:
    axes = tuple(range(values.ndim))
    if is_a(layer, *_NORMALIZATIONS):
        return _View("normalization")
    if "bias" in own:
        return _View("bias")
    if own == "embeddings":
        return _View("embedding", axes[:1], axes[1:])
    if "kernel" in own and values.ndim > 1:
        found = _kernel(layer, own, axes)
        if found is not None:
            return found
    matrix = values.ndim == 2  # noqa: PLR2004
    return _View("other", axes[:1] if matrix else (), axes[1:] if matrix else ())


def _kernel(layer: Any, own: str, axes: tuple[int, ...]) -> _View | None:
    whole = (axes[:-1], axes[-1:])
    if own == "depthwise_kernel" or is_a(layer, "BaseDepthwiseConv"):
        return _View("depthwise_convolution", (), axes[-2:])
    if is_a(layer, "BaseConvTranspose"):
        return _View("transposed_convolution", (*axes[:-2], axes[-1]), axes[-2:-1])
    if is_a(layer, "BaseConv", "BaseSeparableConv"):
        return _View("convolution", *whole, groups=getattr(layer, "groups", 1))
    if is_a(layer, *_CELLS):
        return _View("recurrent", *whole)
    if is_a(layer, "EinsumDense"):
        return _View("einsum", *_einsum_axes(layer.equation))
    return _View("dense", *whole) if is_a(layer, "Dense") else None


def _einsum_axes(equation: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the kernel's axes that are summed over and those that are kept.

    >>> _einsum_axes("abc,cde->abde"), _einsum_axes("...cd,cde->...e")
    (((0,), (1, 2)), ((0, 1), (2,)))
    """
    terms, _, output = equation.replace("...", "").partition("->")
    kernel = terms.split(",")[1]
    kept = tuple(axis for axis, letter in enumerate(kernel) if letter in output)
    return tuple(axis for axis in range(len(kernel)) if axis not in kept), kept


def _split(tensor: WeightTensor, layer: Any) -> Iterator[WeightTensor]:
    """Yield the gates of a recurrent kernel, and any other tensor unchanged."""
    gates = next((names for kind, names in _GATES.items() if is_a(layer, kind)), ())
    if tensor.kind != "recurrent" or not gates:
        yield tensor
        return
    for gate, values in zip(gates, np.split(tensor.values, len(gates), axis=-1), strict=True):
        yield replace(tensor, name=f"{tensor.name}[{gate}]", values=values)


# ------------------------------------------------------------------------------------------------ initializers


def _initializer(layer: Any, own: str) -> Any:
    if own == "bias" and getattr(layer, "unit_forget_bias", False):
        return None  # zeros except for one gate
    return getattr(layer, _INITIALIZERS.get(own, f"{own}_initializer"), None)


def initial_rms(initializer: Any, shape: tuple[int, ...]) -> float | None:
    """Return the root mean square of an initializer's draws for a shape; None for a custom initializer.

    Fans are computed as in Keras: from the last two axes and the size of the receptive field before them.
    """
    if is_a(initializer, "VarianceScaling"):
        return math.sqrt(initializer.scale / _fan(initializer.mode, shape))
    config, name = initializer.get_config(), type(initializer).__name__
    if name == "Orthogonal":
        return float(config["gain"]) / math.sqrt(max(math.prod(shape[:-1]), shape[-1]))
    formula = _RMS.get(name)
    value = config.get("value", 0.0)
    return formula(config) if formula is not None and isinstance(value, int | float) else None


_TRUNCATED_STD = 0.87962566103423978
"""Standard deviation of a standard normal distribution truncated at 2."""
_RMS: dict[str, Callable[[dict[str, Any]], float]] = {
    "RandomNormal": lambda c: math.hypot(c["mean"], c["stddev"]),
    "TruncatedNormal": lambda c: math.hypot(c["mean"], c["stddev"] * _TRUNCATED_STD),
    "RandomUniform": lambda c: math.sqrt((c["minval"] ** 2 + c["minval"] * c["maxval"] + c["maxval"] ** 2) / 3),
    "Constant": lambda c: abs(float(c["value"])),
    "Ones": lambda _: 1.0,
    "Zeros": lambda _: 0.0,
}


def _fan(mode: str, shape: tuple[int, ...]) -> float:
    if len(shape) < 2:  # noqa: PLR2004
        fan_in = fan_out = float(shape[0]) if shape else 1.0
    else:
        receptive = math.prod(shape[:-2])
        fan_in, fan_out = float(shape[-2] * receptive), float(shape[-1] * receptive)
    return max(1.0, {"fan_in": fan_in, "fan_out": fan_out}.get(mode, (fan_in + fan_out) / 2))
