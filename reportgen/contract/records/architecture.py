"""The architecture of a model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerSummary:
    """A layer of the architecture, as a table lists it.

    Attributes
    ----------
    name
        Qualified by the models and wrappers around it: ``backbone/stem``.
    kind
        Name of its class.
    level
        Number of models and wrappers around it.
    output_shape
        Without the batch axis, None for an unknown size; None if it is not known or the layer has several outputs.
    parameters, trainable_parameters
        Size of its variables and those of the layers inside it, each variable once.
    n_inner
        Number of layers inside it.
    shared_with
        If the same layer is also used under another name, that name; its parameters are counted there.
    """

    name: str
    kind: str
    level: int
    output_shape: tuple[int | None, ...] | None
    parameters: int
    trainable_parameters: int
    n_inner: int
    shared_with: str | None = None


@dataclass(frozen=True)
class TensorSummary:
    """An input or output of a model: its name, its shape without the batch axis, its dtype."""

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str


@dataclass(frozen=True)
class Architecture:
    """The architecture of a model.

    Attributes
    ----------
    kind
        ``Functional``, ``Sequential`` or ``subclassed``.
    layers
        Every layer; those inside a model or wrapper follow it, one level deeper.
    parameters, trainable_parameters, memory_bytes
        Of all variables, each once.
    dtype_policy
        As Keras names it, e.g. ``mixed_float16``; several are joined by commas.
    loss, optimizer, metrics
        As compiled and saved in the file; None if it was not compiled.
    """

    kind: str
    layers: tuple[LayerSummary, ...]
    parameters: int
    trainable_parameters: int
    memory_bytes: int
    dtype_policy: str
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    loss: str | None
    optimizer: str | None
    metrics: tuple[str, ...] | None
