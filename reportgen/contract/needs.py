"""The inputs that analyzers need, and the combined request for the pass over the data."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from pydantic import Field

from reportgen.contract.base import Strict


class Need(Enum):
    """The inputs of an analyzer."""

    PREDICTIONS = "predictions"
    """The outputs of every model for the rows of the data."""
    LABELS = "labels"
    """The labels of the data."""
    ACTIVATIONS = "activations"
    """The activations of its layers, as the analyzer's :class:`Probe` specifies."""
    SLICES = "slices"
    """Parts of the rows, as the ``[[slices]]`` of the spec define them."""
    EXAMPLES = "examples"
    """The rows that models get wrong, as pictures, values or text; as many as ``gallery`` in the spec says."""
    WEIGHTS = "weights"
    """Its weights."""
    COST = "cost"
    """Its multiply-adds and the memory of its layer outputs, from its structure alone."""
    HISTORY = "history"
    """The training history of at least one model."""
    SEVERAL_MODELS = "several models"
    """At least two models."""
    RELEASE = "earlier release"
    """The results file of an earlier release."""
    PARAMS = "params"
    """The training parameters of at least two models."""
    SERIES = "series"
    """At least two models with the same series."""


class Probe(Strict):
    """The activations that an analyzer requests."""

    samples: int
    """Maximum number of rows to probe: a seeded, label-stratified sample; the largest request applies."""
    layers: Literal["units", "all"] | None = None
    """``units``: layers after normalization and activation; ``all``: every layer that transforms; null: no preference."""


class Timing(Strict):
    """The time measurements that an analyzer requests."""

    batch_sizes: tuple[int, ...]
    """Number of examples of a prediction, one measurement for each."""
    warm_up: int
    """Predictions before the first one that counts."""
    repetitions: int
    """Predictions that count."""


class SplitRequest(Strict):
    """What sections ask of a further split of the data, beside predictions."""

    probe: Probe | None = None
    """The activations to collect on its rows; null for none."""
    examples: int = 0
    """Number of errors per model whose rows are read once more to be shown; 0 for none."""
    slices: bool = False
    """Whether the slices of the spec are found in its rows."""


class Request(Strict):
    """The combined needs of all sections of a report."""

    needs: frozenset[Need]
    """All needs of the sections."""
    probe: Probe | None = None
    """The activations to collect; null for none."""
    threshold: float = 0.5
    """Probability above which the positive class of a binary head is predicted."""
    examples: int = 0
    """Number of errors per model whose rows are read once more to be shown; 0 for none."""
    slices: bool = False
    """Whether the slices of the spec are found in the rows of the default split."""
    timing: Timing | None = None
    """The times to measure; null for none."""
    splits: dict[str, SplitRequest] = Field(default_factory=dict)
    """The further splits of the data to evaluate, by name."""
    describe: bool = True
    """Whether the rows are described, which a worker leaves to another one that evaluates only some of the models or rows."""

    @property
    def passes(self) -> bool:
        """Whether models are run on the rows of the data."""
        return bool(self.needs & {Need.PREDICTIONS, Need.LABELS, Need.ACTIVATIONS})
