"""Groups the calls of a model into the units to probe, such as convolution, normalization, activation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reportgen.evaluation.tracing import ATTENTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.evaluation.tracing import Call

Selection = Literal["units", "all"]

_CLOSED = (*ATTENTION, "RNN", "Bidirectional", "Wrapper")
"""Layers that are treated as one, whatever they contain."""
_UNCHANGED = (
    "InputLayer", "Dropout", "BaseSpatialDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
    "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization", "Identity", "Masking", "Flatten",
    "Reshape", "Permute", "RepeatVector", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D",
    "Cropping2D", "Cropping3D", "UpSampling1D", "UpSampling2D", "UpSampling3D", "Rescaling", "Normalization",
    "DataLayer", "CategoryEncoding", "Discretization", "Hashing", "IndexLookup", "TextVectorization",
    "Transpose", "ExpandDims", "Squeeze", "GetItem", "Cast", "Ravel", "BroadcastTo", "Moveaxis", "Swapaxes",
    "Split", "Pad", "Flip", "Copy", "Repeat", "Tile", "OnesLike", "ZerosLike",
)  # fmt: skip
"""Layers that only pass on, rearrange or preprocess values: nothing is learned or lost there."""
_NORMALIZATIONS = (
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization",
)  # fmt: skip
_ACTIVATION_LAYERS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
_ACTIVATION_OPERATIONS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Silu": "silu", "Gelu": "gelu",
    "Elu": "elu", "Selu": "selu", "Celu": "celu", "Softplus": "softplus", "Softsign": "softsign",
    "LeakyRelu": "leaky_relu", "HardSigmoid": "hard_sigmoid", "HardSilu": "hard_silu", "HardTanh": "hard_tanh",
    "LogSigmoid": "log_sigmoid", "LogSoftmax": "log_softmax",
}  # fmt: skip
_MERGES = (
    "Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average", "Concatenate", "Matmul", "Einsum", "Stack",
    "Divide", "Where", "DotProductAttention", "Dot",
)  # fmt: skip
_RELU6_LIMIT = 6.0


@dataclass(frozen=True)
class Unit:
    """A group of calls that is probed as one: the tensor that its last call returned.

    Attributes
    ----------
    calls
        In order; the first determines name and kind, the last the tensor.
    output
        Index of the output of the last call if it has several; None otherwise.
    """

    calls: tuple[Call, ...]
    output: int | None = None

    @property
    def name(self) -> str:
        """Qualified name of the first call, with ``[1]`` for its second output."""
        return self.calls[0].name + (f"[{self.output}]" if self.output else "")

    @property
    def kind(self) -> str:
        """Class of the first layer of the unit."""
        return self.calls[0].kind

    @property
    def tensor(self) -> Any:
        """The probed tensor."""
        return self.calls[-1].outputs[0 if self.output is None else self.output]

    @property
    def mask(self) -> Any:
        """The mask of the probed tensor, None without one."""
        return self.calls[-1].masks[0 if self.output is None else self.output]

    @property
    def activation(self) -> str | None:
        """Name of the last activation function; None if a normalization follows it or there is none."""
        found = None
        for call in self.calls:
            found = None if call.is_a(*_NORMALIZATIONS) else activation_of(call) or found
        return found

    @property
    def channels_first(self) -> bool:
        """Whether the channels are the first axis after the batch."""
        return any(getattr(call.operation, "data_format", None) == "channels_first" for call in self.calls)


def select(calls: Sequence[Call], selection: Selection) -> tuple[tuple[Unit, ...], tuple[tuple[str, str], ...]]:
    """Group calls into units.

    Parameters
    ----------
    calls
        All calls of one run of the model, in the order of completion.
    selection
        ``units``: layers that transform, after their normalization and activation if nothing else uses the value before.
        ``all``: every call that transforms.

    Returns
    -------
    tuple
        The units in the order of the run, and (name, reason) for the layers that could not be probed.
    """
    looked_at = [call for call in calls if _is_visible(call, selection)]
    hidden = [(call.name, _HIDDEN) for call in looked_at if call.hidden and not _within_closed(call)]
    seen = [call for call in looked_at if call.outputs and call.outputs[0].shape.rank not in (None, 0, 1)]
    chains = _chains(seen) if selection == "units" else _each(seen)
    return tuple(unit for chain in chains for unit in _units(chain)), tuple(hidden)


_HIDDEN = "it runs inside a separate loop or function"


def _is_visible(call: Call, selection: Selection) -> bool:
    """Return whether a call can be probed; a cell runs once per step, and attention softmax is measured with its layer."""
    if any(around.is_a("RNN") for around in call.within):
        return False
    if selection == "units" and _within_closed(call):
        return False
    return not (call.is_a("Softmax") and call.within and call.within[-1].is_a(*ATTENTION))


def _within_closed(call: Call) -> bool:
    return any(around.is_a(*_CLOSED) for around in call.within)


def _each(calls: Sequence[Call]) -> list[list[Call]]:
    """Take every call that transforms; a layer that returns the output of an inner layer adds only its attention."""
    given: set[int] = set()
    chains = []
    for call in calls:
        if _transforms(call) and (call.attention is not None or id(call.outputs[0]) not in given):
            chains.append([call])
        given.add(id(call.outputs[0]))
    return chains


def _chains(calls: Sequence[Call]) -> list[list[Call]]:
    """Join every call with the normalizations and activations that are the only users of its output."""
    takers = Counter(
        tensor for call in calls if not _is_container(call) and not _passes_on(call) for tensor in set(call.inputs)
    )
    ends: dict[int, list[Call]] = {}
    chains: list[list[Call]] = []
    for call in calls:
        if _passes_on(call) or id(call.outputs[0]) in ends:
            continue
        before = ends.get(call.inputs[0]) if call.inputs else None
        if _continues(call) and before is not None and takers[call.inputs[0]] == 1:
            before.append(call)
            ends[id(call.outputs[0])] = before
        elif _transforms(call):
            chains.append([call])
            ends[id(call.outputs[0])] = chains[-1]
    return chains


def _is_container(call: Call) -> bool:
    """Return whether inner calls use the inputs of a call."""
    return call.inner and not call.is_a(*_CLOSED)


def _passes_on(call: Call) -> bool:
    """Return whether a call returns its input tensor unchanged, as dropout does at inference."""
    return id(call.outputs[0]) in call.inputs


def _continues(call: Call) -> bool:
    return call.is_a(*_NORMALIZATIONS) or _is_activation(call)


def _is_activation(call: Call) -> bool:
    return call.is_a(*_ACTIVATION_LAYERS) or call.kind in _ACTIVATION_OPERATIONS


def _transforms(call: Call) -> bool:
    if call.is_a(*_UNCHANGED) or call.kind.startswith("Random"):
        return False
    if call.is_a("Layer"):
        return True
    return _is_activation(call) or (call.kind in _MERGES and len(set(call.inputs)) > 1) or "Pool" in call.kind


def _units(chain: Sequence[Call]) -> Iterator[Unit]:
    outputs = chain[-1].outputs
    if len(outputs) == 1:
        yield Unit(tuple(chain))
        return
    for index, tensor in enumerate(outputs):
        if tensor.shape.rank not in (None, 0, 1):
            yield Unit(tuple(chain), index)


def activation_of(call: Call) -> str | None:
    """Return the name of a call's activation function; None for a linear one and for layers with gates."""
    if call.kind in _ACTIVATION_OPERATIONS and not call.is_a("Layer"):
        return _ACTIVATION_OPERATIONS[call.kind]
    if call.is_a("ReLU"):
        return _relu(call.operation)
    for kind, own in (("LeakyReLU", "leaky_relu"), ("PReLU", "prelu"), ("ELU", "elu"), ("Softmax", "softmax")):
        if call.is_a(kind):
            return own
    if call.is_a("RNN", *ATTENTION):
        return None
    name: str | None = getattr(getattr(call.operation, "activation", None), "__name__", None)
    return None if name == "linear" else name


def _relu(layer: Any) -> str | None:
    if layer.threshold:
        return "thresholded_relu"
    if layer.negative_slope:
        return "leaky_relu"
    if layer.max_value is None:
        return "relu"
    return "relu6" if float(layer.max_value) == _RELU6_LIMIT else "clipped_relu"


def flat_ends(x: Any, activation: str | None) -> list[Any]:
    """Return where values, of numpy or TensorFlow, are at the flat end of an activation, as the only item; none for one without."""
    if activation == "tanh":
        return [abs(x) > 0.99]  # noqa: PLR2004
    if activation == "sigmoid":
        return [(x < 0.01) | (x > 0.99)]  # noqa: PLR2004
    return [x >= _RELU6_LIMIT] if activation == "relu6" else []
