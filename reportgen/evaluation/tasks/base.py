"""The interface of a task: whether a head has this task, the type of its outputs, and their accumulator."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.contract.records.heads import Decision, HeadOutputs
from reportgen.evaluation.gathered import Gathered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


OF_DISTRIBUTIONS = frozenset({"mean_and_sd", "mean_and_variance", "mean_and_log_variance", "quantiles"})
"""Declared outputs that are a distribution of values."""
NORMALIZED = frozenset({"softmax", "sigmoid"})
"""Activations that return probabilities."""


class ContradictionError(Exception):
    """Two pieces of evidence contradict each other; the message is one sentence with the remedy.

    ``key`` is the key of the model in the spec that decides it; None for the one that the caller looks at.
    """

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class UndecidedError(Exception):
    """No rule matches; the message is one sentence with the remedy."""


class OutputsError(Exception):
    """The outputs contradict their declared type; the message states how.

    ``wanted`` is what they should be, ``remedy`` what to do.
    """

    def __init__(
        self,
        message: str,
        wanted: str = "probabilities",
        remedy: str = 'if they are logits, set outputs = "logits"',
    ) -> None:
        super().__init__(message)
        self.wanted, self.remedy = wanted, remedy


@dataclass(frozen=True)
class HeadEvidence:
    """All evidence about a head.

    Attributes
    ----------
    declared_task, declared_outputs
        As in the spec; ``auto`` if not declared, outputs ``quantiles`` if their levels are.
    loss
        Name of the compiled loss, as in :func:`reportgen.inputs.models.canonical_loss`; None without one.
    from_logits
        Of the compiled loss; None without one or if the loss has no such option.
    activation
        Name of the last activation function; ``linear`` if there is none; None if it is not visible.
    n_outputs
        Size of the last axis.
    axes
        Number of axes before the last one: 0 for an answer per row, 1 for one per token, 2 for one per pixel.
    labels
        ``integers``, ``strings``, ``rows`` or ``floats``; None without labels.
    levels
        Of the declared quantiles; empty if none are.
    axis
        Of a last softmax over another axis than the last one, where 0 is that of the rows; None for any other activation.
    """

    declared_task: str = "auto"
    declared_outputs: str = "auto"
    loss: str | None = None
    from_logits: bool | None = None
    activation: str | None = None
    n_outputs: int = 1
    axes: int = 0
    labels: str | None = None
    levels: tuple[float, ...] = ()
    axis: int | None = None

    @property
    def size(self) -> str:
        """The number of outputs in words."""
        return f"{self.n_outputs} output{'' if self.n_outputs == 1 else 's'}"


@dataclass(frozen=True)
class Positions:
    """Which positions of a row count.

    Attributes
    ----------
    mask
        (n, ...) of the rows, 1 where a position counts and 0 where not, as in the data; None if the data has none.
    ignored
        The label of positions that do not count; None if there is none.
    rule
        What says so; empty if nothing does.
    location, file
        Where the spec names the mask or the label, for errors.
    """

    mask: NDArray[Any] | None = None
    ignored: int | None = None
    rule: str = ""
    location: tuple[str | int, ...] = ("data", "mask")
    file: str = ""


@dataclass(frozen=True)
class HeadRows:
    """The input of a task to collect the outputs of a head.

    Attributes
    ----------
    n
        Number of evaluated rows.
    n_outputs
        Size of the last axis.
    output_type
        ``probabilities``, ``logits``, ``values`` or a kind of distribution: the type of the outputs that the accumulator receives.
    shape
        Shape of the outputs of a row; a size is None where the model leaves it open.
    labels
        (n, ...) labels of the rows as in the data; None without labels.
    positions
        Which positions of a row count, for outputs with an answer per position.
    class_names, value_names
        As in the spec; None if it has none.
    threshold
        Probability above which the positive class of a binary head is predicted.
    seed
        Seed of all random sampling.
    location, file
        Where the spec names the labels, for errors.
    levels
        Of the quantiles that the head predicts; empty if it predicts none.
    numbers
        (n,) positions of the rows in the data, for errors; None if they are those of the rows.
    """

    n: int
    n_outputs: int
    output_type: str
    shape: tuple[int | None, ...] = ()
    labels: NDArray[Any] | None = None
    positions: Positions = Positions()
    class_names: tuple[str, ...] | None = None
    value_names: tuple[str, ...] | None = None
    threshold: float = 0.5
    seed: int = 0
    location: tuple[str | int, ...] = ("data", "y")
    file: str = ""
    levels: tuple[float, ...] = ()
    numbers: NDArray[np.int64] | None = None


def number_of(row: int, numbers: NDArray[np.int64] | None) -> int:
    """Return the position in the data of a row among the evaluated ones, whose positions are ``numbers`` (n,); None if they are all."""
    return int(row if numbers is None else numbers[row])


class Accumulator(ABC):
    """Collects the outputs of a head batch by batch, in bounded memory."""

    def __init__(self, rows: HeadRows) -> None:
        self.gathered = Gathered(rows.n)

    @abstractmethod
    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Add the outputs (batch, n_outputs) of some rows (batch,), each row once; OutputsError if they contradict."""

    @abstractmethod
    def result(self) -> HeadOutputs:
        """Return the record; call it after all rows were added, if all were finite."""


@dataclass(frozen=True)
class Several(HeadOutputs):
    """The outputs of a head that become a head of their own each, by name."""

    parts: dict[str, HeadOutputs]


@dataclass(frozen=True)
class Gathering:
    """How a head is collected: the encoding of its labels, its class names, and its accumulator.

    ``positions`` is which positions of a row count, None for a head with one answer per row. ``at_once`` is the number of rows in a batch
    that the memory for its outputs allows, None for any.
    """

    labels: Decision
    class_names: tuple[str, ...]
    accumulator: Accumulator
    positions: Decision | None = None
    at_once: int | None = None


class Task:
    """A task. Each method that examines evidence returns a decision, or None if its rule does not match."""

    names: tuple[str, ...] = ()
    """The values of ``task`` that it covers."""

    def of_loss(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide by the compiled loss."""
        return None

    def of_activation(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide by the last activation."""
        return None

    def of_labels(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide by the labels, or by outputs declared as values."""
        return None

    def of_outputs(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide only by the declared type of the outputs."""
        return None

    def output_type(self, evidence: HeadEvidence) -> Decision:
        """Decide the type of the outputs that were not declared: ``probabilities``, ``logits`` or ``values``.

        Raises
        ------
        UndecidedError
            No rule matches.
        """
        raise NotImplementedError

    def link(self, _n_outputs: int) -> str | None:
        """Return the activation that makes this task's probabilities of its logits; None if the outputs are values."""
        return None

    def not_measured(self, task: str, _shape: tuple[Any, ...]) -> str | None:
        """Return why heads with this task and output shape (without batch) are not measured; None if they are."""
        return f"{task} outputs are not supported by this version of reportgen"

    def gather(self, task: str, rows: HeadRows) -> Gathering:
        """Return how a head is collected.

        Raises
        ------
        InputError
            The labels do not fit the head.
        ContradictionError
            The outputs do not fit the task.
        """
        raise NotImplementedError


def type_of_probabilities(evidence: HeadEvidence) -> Decision:
    """Decide whether outputs are probabilities or logits: by declaration, compiled loss, or last activation."""
    if evidence.from_logits is not None and evidence.loss is not None:
        kind = "logits" if evidence.from_logits else "probabilities"
        return Decision(kind, f"compiled loss {evidence.loss} with from_logits={evidence.from_logits}")
    if evidence.activation in NORMALIZED:
        return Decision("probabilities", f"last activation {evidence.activation}")
    if evidence.activation == "log_softmax":
        return Decision("logits", "last activation log_softmax: logarithms of probabilities are logits")
    raise UndecidedError(
        f"neither a compiled loss nor the last activation ({evidence.activation or 'not visible'}) shows whether the "
        'outputs are logits or probabilities: set outputs = "logits" or "probabilities"'
    )


def shape_not_measured(task: str, shape: tuple[Any, ...]) -> str | None:
    """Return why a task with one answer per row does not measure outputs with further axes; None for a single axis."""
    if len(shape) > 1:
        return (
            f"outputs of shape {shape} have an answer for each position of a row, which {task} does not measure: where it is a class, set "
            'task = "segmentation" or "sequence_labeling"'
        )
    return None
