"""What every task answers: is a head of this kind, what type are its outputs, and who gathers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from reportgen.contract.records.heads import Decision

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.records.heads import HeadOutputs

NORMALIZED = frozenset({"softmax", "sigmoid"})
"""Activations that make probabilities."""


class ContradictionError(Exception):
    """Two pieces of evidence exclude each other; the message is one sentence with the remedy."""


class UndecidedError(Exception):
    """No rule matches; the message is one sentence with the remedy."""


class OutputsError(Exception):
    """The outputs contradict their declared type; the message says how."""


@dataclass(frozen=True)
class HeadEvidence:
    """All that may decide about a head.

    Attributes
    ----------
    declared_task, declared_outputs
        As in the spec; ``auto`` where nothing is declared.
    loss
        Name of the compiled loss, as in :func:`reportgen.inputs.models.canonical_loss`; None without one.
    from_logits
        Of the compiled loss; None without one or where the loss has no such option.
    activation
        Name of the function at the very end; ``linear`` where there is none; None where it cannot be seen.
    n_outputs
        Size of the last axis.
    labels
        ``integers``, ``strings``, ``rows`` or ``floats``; None without labels.
    """

    declared_task: str = "auto"
    declared_outputs: str = "auto"
    loss: str | None = None
    from_logits: bool | None = None
    activation: str | None = None
    n_outputs: int = 1
    labels: str | None = None


@dataclass(frozen=True)
class HeadRows:
    """What a task is given to gather a head.

    Attributes
    ----------
    n
        Rows that are evaluated.
    n_outputs
        Size of the last axis.
    output_type
        ``probabilities``, ``logits`` or ``values``: what the accumulator is given.
    labels
        (n, ...) labels of the rows as they are in the data; None without.
    class_names
        As the spec gives them; None where it gives none.
    threshold
        Probability above which the positive class of a binary head is predicted.
    seed
        Of everything that is drawn.
    location, file
        Where the spec names the labels, for errors.
    """

    n: int
    n_outputs: int
    output_type: str
    labels: NDArray[Any] | None = None
    class_names: tuple[str, ...] | None = None
    threshold: float = 0.5
    seed: int = 0
    location: tuple[str | int, ...] = ("data", "y")
    file: str = ""


class Accumulator(Protocol):
    """Gathers the outputs of a head batch by batch, in bounded memory."""

    not_finite: int
    """Rows with NaN or infinite outputs."""
    first_not_finite: int | None
    """The first of them."""

    def add(self, outputs: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Take the outputs (batch, n_outputs) of some rows (batch,), each row once; OutputsError where they contradict."""

    def result(self) -> HeadOutputs:
        """Return the record; only after every row was added and all were finite."""


@dataclass(frozen=True)
class Gathering:
    """How a head is gathered: how its labels were read, the names of its classes, and its accumulator."""

    labels: Decision
    class_names: tuple[str, ...]
    accumulator: Accumulator


class Task:
    """A kind of head. Each method that looks at evidence returns a decision, or None where its rule does not match."""

    names: tuple[str, ...] = ()
    """The values of ``task`` that it stands for."""

    def of_loss(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide by the compiled loss."""
        return None

    def of_activation(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide by the last activation."""
        return None

    def of_labels(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide by the labels, or by outputs that are declared as values."""
        return None

    def of_outputs(self, _evidence: HeadEvidence) -> Decision | None:
        """Decide by the declared type of the outputs alone."""
        return None

    def output_type(self, evidence: HeadEvidence) -> Decision:
        """Decide what the outputs are: ``probabilities``, ``logits`` or ``values``.

        Raises
        ------
        UndecidedError
            No rule matches.
        """
        raise NotImplementedError

    def not_measured(self, task: str, _shape: tuple[Any, ...]) -> str | None:
        """Return why heads of this task, with outputs of this shape (without batch), are not measured; None where they are."""
        return f"{task} heads are not measured by this version of reportgen"

    def gather(self, task: str, rows: HeadRows) -> Gathering:
        """Return how a head is gathered.

        Raises
        ------
        InputError
            The labels do not fit the head.
        ContradictionError
            The outputs do not fit the task.
        """
        raise NotImplementedError


def type_of_probabilities(evidence: HeadEvidence) -> Decision:
    """Decide whether outputs are probabilities or logits: declared, else the compiled loss, else the last activation."""
    if evidence.from_logits is not None and evidence.loss is not None:
        kind = "logits" if evidence.from_logits else "probabilities"
        return Decision(kind, f"compiled loss {evidence.loss} with from_logits={evidence.from_logits}")
    if evidence.activation in NORMALIZED:
        return Decision("probabilities", f"last activation {evidence.activation}")
    raise UndecidedError(
        f"neither a compiled loss nor the last activation ({evidence.activation or 'not visible'}) tells whether the "
        'outputs are logits or probabilities: set outputs = "logits" or "probabilities"'
    )


def shape_not_measured(shape: tuple[Any, ...]) -> str | None:
    """Return why outputs with further axes (sequences, segmentation) are not measured; None for a single axis."""
    if len(shape) > 1:
        return f"outputs of shape {shape} (sequences, segmentation) are not measured by this version of reportgen"
    return None
