"""What an analyzer needs, and what all of them ask of the one pass."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from reportgen.contract.base import Strict


class Need(Enum):
    """What an analyzer must be given before it can start."""

    PREDICTIONS = "predictions"
    """What every model puts out for the rows of the data."""
    LABELS = "labels"
    """What it should put out."""
    ACTIVATIONS = "activations"
    """What its layers put out, as the analyzer's :class:`Probe` says."""
    WEIGHTS = "weights"
    """Its weights."""
    HISTORY = "history"
    """A training history of at least one model."""
    SEVERAL_MODELS = "several models"
    """Two models or more."""
    SERIES = "series"
    """Two models or more of the same series."""


class Probe(Strict):
    """Which activations an analyzer asks for."""

    samples: int
    """Most rows that are probed; a seeded, label-stratified sample of the evaluated ones. Of several sections the largest."""
    layers: Literal["units", "all"] | None = None
    """``units``: layers after their normalisation and activation; ``all``: every layer that transforms; null: as others ask."""


class Request(Strict):
    """What all sections of a report ask of the one pass."""

    needs: frozenset[Need]
    """Everything that a section needs."""
    probe: Probe | None = None
    """Which activations; null for none."""
    threshold: float = 0.5
    """Probability above which the positive class of a binary head is predicted."""
