"""The cost of one example: multiply-adds and the memory of layer outputs, from one symbolic run of the model."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reportgen.contract.records.cost import Cost, LayerCost
from reportgen.errors import InputError
from reportgen.evaluation.example_inputs import UnknownInputsError, input_specs
from reportgen.evaluation.operations import counts_inside, is_counted, is_unlisted, multiply_adds, owns_weights
from reportgen.evaluation.structure import has_graph, is_a, walk
from reportgen.evaluation.tracing import ATTENTION, watched
from reportgen.inputs.code import model_code
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reportgen.evaluation.tracing import Call
    from reportgen.inputs.models import LoadedModel

    Shape = tuple[int, ...]

_PRODUCTS = frozenset({
    "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Conv", "Conv2D", "Conv2DBackpropInput", "Conv3D",
    "Conv3DBackpropInputV2", "DepthwiseConv2dNative", "Einsum", "MatMul", "SparseMatMul", "SparseTensorDenseMatMul",
})  # fmt: skip
"""Nodes of a graph of TensorFlow that multiply and add."""
_FUNCTIONS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "StatelessWhile", "While"})
"""Nodes that run another graph, which may contain some."""
_VIEWS = ("Flatten", "Reshape")
"""Layers whose output is their input in another shape, in the same memory."""


def cost(loaded: LoadedModel) -> Cost:
    """Return what one example costs; a number that the structure does not determine is missing with the reason.

    The model is traced with a batch of one, so that every shape is known; nothing is computed.
    """
    try:
        with model_code(("models", loaded.name, "path"), loaded.file, "the model cannot be traced"):
            calls, products = _traced(loaded.model)
    except (UnknownInputsError, InputError) as error:
        return unknown(error.message if isinstance(error, InputError) else str(error))
    layers, uncounted = _counted(loaded.model, calls, products)
    memory, unsized = _memory(calls)
    return Cost(
        layers=layers,
        multiply_adds=sum(one.multiply_adds for one in layers) if uncounted is None else None,
        activation_bytes=sum(own for own, _ in memory) if unsized is None else None,
        working_bytes=max((own + given for own, given in memory), default=0) if unsized is None else None,
        uncounted=uncounted,
        unsized=unsized,
    )


def unknown(reason: str) -> Cost:
    """Return the cost of a model of which nothing is known, with the reason."""
    return Cost((), None, None, None, uncounted=reason, unsized=reason)


def _traced(model: Any) -> tuple[tuple[Call, ...], tuple[int, ...]]:
    """Return every call in a run of one example, but those inside a layer whose formula covers them, and the nodes that may multiply."""
    import tensorflow as tf

    calls: list[Call] = []
    names = {id(place.layer): place.name for place in walk(model) if place.shared_with is None}

    def run(example: Any) -> None:
        with watched(names) as seen:
            model(example, training=False)
        calls.extend(seen)

    specs = tf.nest.map_structure(lambda one: tf.TensorSpec((1, *one.shape), one.dtype), input_specs(model))
    graph = tf.function(run, autograph=False).get_concrete_function(specs).graph
    products = (place for place, node in enumerate(graph.get_operations()) if node.type in _PRODUCTS | _FUNCTIONS)
    covered = (any(counts_inside(outer.operation) for outer in call.within) for call in calls)
    return tuple(call for call, inside in zip(calls, covered, strict=True) if not inside), tuple(products)


# ------------------------------------------------------------------------------------------------ multiply-adds


def _counted(model: Any, calls: Sequence[Call], products: Iterable[int]) -> tuple[tuple[LayerCost, ...], str | None]:
    """Return the layers that multiply and add, and why their total is not known; None if it is."""
    found: dict[int, LayerCost] = {}
    unlisted, unsized = [*_own(model), *_unseen(model, calls, products)], []
    for call in calls:
        given, returned = _shapes(call.given), _shapes(call.outputs[:1])
        if is_counted(call.operation) and (given is None or not returned):
            unsized.append(call.name)
            continue
        count = multiply_adds(call.operation, given or (), returned[0] if returned else ())
        if count is None:
            unlisted.append(_label(call))
        elif count:
            first = found.setdefault(id(call.operation), LayerCost(call.name, call.kind, 0, 0))
            found[id(call.operation)] = replace(first, calls=first.calls + 1, multiply_adds=first.multiply_adds + count)
    reasons = (
        _reason("not on the list of operations", unlisted),
        _reason("with weights, but not called", _not_called(model, calls)),
        _reason("of unknown or variable size", unsized),
    )
    return tuple(found.values()), "; ".join(filter(None, reasons)) or None


def _reason(what: str, names: Iterable[str]) -> str:
    """Return which layers are not counted, each once; empty without any."""
    listed = list(dict.fromkeys(names))
    return f"{what}: {formatting.listed(listed)}" if listed else ""


def _label(call: Call) -> str:
    return f"{call.name} ({call.kind})"


def _unseen(model: Any, calls: Sequence[Call], products: Iterable[int]) -> Iterator[str]:
    """Yield the innermost calls, or the model itself, whose own code multiplies and adds outside of all that is counted."""
    counted = [call.nodes for call in calls if is_counted(call.operation)]
    for place in products:
        if not any(place in nodes for nodes in counted):
            inner = (_label(call) for call in calls if place in call.nodes)
            yield next(inner, f"{model.name} ({type(model).__name__})")


def _own(model: Any) -> Iterator[str]:
    """Yield a subclassed model that has weights of its own: it is not among its calls."""
    if not has_graph(model) and is_unlisted(model):
        yield f"{model.name} ({type(model).__name__})"


def _not_called(model: Any, calls: Iterable[Call]) -> Iterator[str]:
    """Yield the layers with weights that were not called: other code may use these, or none."""
    called = {id(call.operation) for call in calls}
    for place in walk(model):
        ran = id(place.layer) in called or any(counts_inside(parent) for parent in place.parents)
        direct = place.parents and is_a(place.parents[-1], "TimeDistributed")  # it runs the layer inside by itself
        if not ran and not direct and not has_graph(place.layer) and owns_weights(place.layer):
            yield place.name


def _shapes(tensors: Sequence[Any]) -> tuple[Shape, ...] | None:
    """Return the shapes of tensors; None if one has an unknown size."""
    if not all(tensor.shape.is_fully_defined() for tensor in tensors):
        return None
    return tuple(tuple(tensor.shape.as_list()) for tensor in tensors)


# ------------------------------------------------------------------------------------------------ memory


def _memory(calls: Iterable[Call]) -> tuple[list[tuple[int, int]], str | None]:
    """Return the bytes of outputs and inputs of every call, and why some are not known; None if all are.

    Of a layer made of others, those inside count. An output that is an input, as of a dropout, is not counted again, and the
    scores of attention are not, because Keras computes them in one step with the weighted sum where it can.
    """
    found: list[tuple[int, int]] = []
    unsized: list[str] = []
    for call in calls:
        if (call.inner and not counts_inside(call.operation)) or call.is_a(*_VIEWS) or _is_score(call):
            continue
        inputs = {id(tensor): tensor for tensor in call.given if tensor.dtype.is_floating}
        own = [tensor for tensor in call.outputs if id(tensor) not in inputs]
        if call.hidden or _shapes((*own, *inputs.values())) is None:
            unsized.append(call.name)
        elif own:
            found.append((_bytes(own), _bytes(inputs.values())))
    return found, _reason("of unknown or variable size", unsized) or None


def _is_score(call: Call) -> bool:
    """Return whether a call is a step between the scores and the weighted sum of an attention layer."""
    return bool(call.within) and call.within[-1].is_a(*ATTENTION) and call.is_a("Softmax", "Dropout")


def _bytes(tensors: Iterable[Any]) -> int:
    return sum(math.prod(tensor.shape.as_list()) * tensor.dtype.size for tensor in tensors)
