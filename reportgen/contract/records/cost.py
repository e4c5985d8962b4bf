"""What a model costs: its operations, the memory of its layer outputs, and measured times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerCost:
    """A layer, or an operation of a functional graph, that multiplies and adds.

    Attributes
    ----------
    name
        Qualified by the models and wrappers around it: ``backbone/stem``.
    kind
        Name of its class.
    calls
        Number of calls for one example: above 1 for a shared layer.
    multiply_adds
        Of all calls for one example.
    """

    name: str
    kind: str
    calls: int
    multiply_adds: int


@dataclass(frozen=True)
class Cost:
    """The cost of one example, as the structure of the model determines it.

    Attributes
    ----------
    layers
        The layers that multiply and add, in the order of their first call; as far as they can be counted.
    multiply_adds
        Their total; None with ``uncounted``.
    activation_bytes
        Sum of the outputs of all layers; None with ``unsized``.
    working_bytes
        Largest sum of the inputs and outputs of one layer; None with ``unsized``.
    uncounted, unsized
        Why there is no total, and why the outputs have no size; None where there is one.
    """

    layers: tuple[LayerCost, ...]
    multiply_adds: int | None
    activation_bytes: int | None
    working_bytes: int | None
    uncounted: str | None = None
    unsized: str | None = None


@dataclass(frozen=True)
class BatchTimes:
    """The duration of every repetition of a prediction, in seconds, for one batch size."""

    batch_size: int
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Machine:
    """Where times were measured.

    Attributes
    ----------
    processor
        Its name, or its architecture if the system does not say more.
    cores
        Number of logical cores that the process may use.
    system
        Operating system and architecture.
    device
        Where TensorFlow placed the model: ``CPU``, or the names of its accelerators.
    """

    processor: str
    cores: int
    system: str
    device: str


@dataclass(frozen=True)
class Times:
    """Measured times of a model; ``reason`` is why there are none, None otherwise."""

    machine: Machine
    warm_up: int
    batches: tuple[BatchTimes, ...]
    reason: str | None = None
