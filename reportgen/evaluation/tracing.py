"""Traces a Keras model while it runs: which layer was called on which tensors, at every depth.

It hooks into the function that every call passes through, so that it covers Functional, Sequential and subclassed
models. It works on the tensors of a ``tf.function`` that is being traced and on those of an eager run.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.evaluation.structure import is_a

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ATTENTION = ("MultiHeadAttention", "GroupedQueryAttention")


@dataclass(frozen=True)
class AttentionScores:
    """The attention scores of a layer (batch, heads, queries, keys), and which keys are allowed.

    ``allowed`` can be broadcast to the scores; None for all keys. ``queries`` is (batch, queries), None for all.
    """

    scores: Any
    allowed: Any
    queries: Any


@dataclass
class Call:
    """One call of a layer or operation.

    Attributes
    ----------
    name
        Qualified name; later calls of the same layer end in ``#2``, ``#3``.
    operation
        The layer, or an operation of a functional graph.
    given
        Its input tensors.
    outputs, masks
        The floating-point tensors that it returned, and their masks (None without one).
    within
        The calls that contain it, the outermost first, without the model's own.
    inner
        Whether it contains other calls.
    attention
        The scores of an attention layer.
    hidden
        Whether its tensors belong to a separate loop or function and cannot be accessed.
    nodes
        Places of what it added to the graph that is traced, a second run for the scores included; none in an eager run.
    """

    name: str
    operation: Any
    given: tuple[Any, ...]
    within: tuple[Call, ...]
    outputs: tuple[Any, ...] = ()
    masks: tuple[Any, ...] = ()
    inner: bool = False
    attention: AttentionScores | None = None
    hidden: bool = False
    nodes: range = range(0)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Identities of its input tensors."""
        return tuple(map(id, self.given))

    def is_a(self, *kinds: str) -> bool:
        """Return whether the operation is an instance of one of these classes."""
        return is_a(self.operation, *kinds)

    @property
    def kind(self) -> str:
        """Class name of the operation."""
        return type(self.operation).__name__


@contextmanager
def watched(names: Mapping[int, str]) -> Iterator[list[Call]]:
    """Record every call until the end of the block, in the order of completion.

    Parameters
    ----------
    names
        Qualified names by the identity of the layer; others are named after the call around them.
    """
    import keras

    watcher = _Watcher(names)
    kinds = (keras.layers.Layer, keras.Operation)
    plain = [kind.__call__ for kind in kinds]

    def layer_call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return watcher.call(plain[0], layer, args, kwargs)

    def operation_call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(operation, keras.layers.Layer):
            return plain[1](operation, *args, **kwargs)
        return watcher.call(plain[1], operation, args, kwargs)

    keras.layers.Layer.__call__, keras.Operation.__call__ = layer_call, operation_call
    try:
        yield watcher.calls
    finally:
        for kind, method in zip(kinds, plain, strict=True):
            kind.__call__ = method


class _Watcher:
    def __init__(self, names: Mapping[int, str]) -> None:
        import tensorflow as tf

        self.calls: list[Call] = []
        self._names = names
        self._times: dict[str, int] = {}
        self._stack: list[Call] = []
        self._depth = 0
        self._heard: list[tuple[Any, Any]] | None = None
        self._graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()

    def call(self, plain: Any, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._depth += 1
        try:
            if self._depth == 1:
                return plain(operation, *args, **kwargs)  # the model itself
            if self._heard is not None:
                return self._hear(plain, operation, args, kwargs)
            return self._recorded(plain, operation, args, kwargs)
        finally:
            self._depth -= 1

    def _recorded(self, plain: Any, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = _tensors((args, kwargs))
        call = Call(self._name(operation), operation, tuple(given), tuple(self._stack))
        start = self._size()
        if self._stack:
            self._stack[-1].inner = True
        if _takes_scores(operation, kwargs):
            call.attention = self._scores(plain, operation, args, kwargs, given)
        self._stack.append(call)
        try:
            outputs = plain(operation, *args, **kwargs)
        finally:
            self._stack.pop()
        call.nodes = range(start, self._size())
        self._keep(call, outputs)
        self.calls.append(call)
        return outputs

    def _scores(
        self, plain: Any, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: list[Any]
    ) -> AttentionScores | None:
        """Run an attention layer again to get its scores, which its fused implementation does not compute.

        The outputs of that run are discarded: at masked queries Keras' two implementations differ.
        """
        masks = [_mask_of(tensor) for tensor in given]
        self._heard = []
        try:
            plain(layer, *args, **kwargs, return_attention_scores=True)
            heard = self._heard
        finally:
            self._heard = None
        for tensor, mask in zip(given, masks, strict=True):
            if mask is not None:  # attention removes the masks of its inputs
                tensor._keras_mask = mask  # noqa: SLF001
        if len(heard) != 1 or not self._reachable(heard[0][0]):
            return None
        return AttentionScores(*heard[0], masks[0])

    def _hear(self, plain: Any, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        outputs = plain(operation, *args, **kwargs)
        if is_a(operation, "Softmax") and self._heard is not None:
            self._heard.append((outputs, kwargs.get("mask", args[1] if len(args) > 1 else None)))
        return outputs

    def _keep(self, call: Call, outputs: Any) -> None:
        tensors = [tensor for tensor in _tensors(outputs) if tensor.dtype.is_floating]
        call.hidden = not all(self._reachable(tensor) for tensor in tensors)
        if not call.hidden:
            call.outputs = tuple(tensors)
            call.masks = tuple(_mask_of(tensor) for tensor in tensors)

    def _name(self, operation: Any) -> str:
        name = self._names.get(id(operation))
        if name is None:
            around = f"{self._stack[-1].name}/" if self._stack and self._stack[-1].name else ""
            name = around + operation.name
        self._times[name] = self._times.get(name, 0) + 1
        return name if self._times[name] == 1 else f"{name}#{self._times[name]}"

    def _size(self) -> int:
        """Return the number of nodes in the graph that is traced."""
        return 0 if self._graph is None else int(self._graph.version)

    def _reachable(self, tensor: Any) -> bool:
        import tensorflow as tf

        if self._graph is None:
            return not tf.is_symbolic_tensor(tensor)
        return tf.is_symbolic_tensor(tensor) and tensor.graph is self._graph


def _tensors(structure: Any) -> list[Any]:
    import tensorflow as tf

    return [leaf for leaf in tf.nest.flatten(structure) if tf.is_tensor(leaf) and not hasattr(leaf, "indices")]


def _mask_of(tensor: Any) -> Any:
    return getattr(tensor, "_keras_mask", None)


def _takes_scores(operation: Any, kwargs: dict[str, Any]) -> bool:
    """Return whether it is an attention layer that can return scores and was not asked to."""
    return (
        is_a(operation, *ATTENTION)
        and "return_attention_scores" not in kwargs
        and not getattr(operation, "_flash_attention", False)
        and "return_attention_scores" in inspect.signature(operation.call).parameters
    )
