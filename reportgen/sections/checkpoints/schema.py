"""Options and result of the checkpoints section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class CheckpointsOptions(Strict):
    """Options of the checkpoints section."""

    max_layers: int = Field(default=20, ge=1)
    """Maximum number of layers in the figure of each run: those with the largest change; the caption says how many are left out."""


class LayerMovement(Strict):
    """Weight change of a layer at every step of a run."""

    name: str
    trainable: bool
    """Whether any of its weights is trainable."""
    change: tuple[float | None, ...]
    """Relative change from each checkpoint to the next, (steps,)."""
    cosine: tuple[float | None, ...]
    """Cosine similarity between its weights at each checkpoint and at the next, (steps,)."""
    since_first: tuple[float | None, ...]
    """Relative change from the first checkpoint to each of the others, (steps,)."""


class Series(Strict):
    """The checkpoints of one run, in the order of the spec."""

    name: str
    models: tuple[str, ...]
    layers: tuple[LayerMovement, ...]
    """Empty where the weights cannot be compared."""
    reason: str | None
    """Why the weights cannot be compared."""
    heads: tuple[str | None, ...]
    """Subjects of the heads whose metrics are compared: those that all checkpoints have."""


class CheckpointsResult(SectionResult):
    """Result of the checkpoints section."""

    split: str | None
    n: int | None
    """Rows evaluated; null without data."""
    series: tuple[Series, ...]
    options: CheckpointsOptions


_MOVING = "Moving statistics of normalization layers are excluded."

LAYER_CHANGE = MetricSpec(
    "layer_change",
    "Relative change",
    "fraction",
    None,
    f"Norm of the change in the weights of a layer since the previous checkpoint, relative to their norm there. {_MOVING}",
    "definition",
    "layer",
)
LAYER_COSINE = MetricSpec(
    "layer_cosine",
    "Cosine",
    "",
    None,
    "Cosine similarity between the weights of a layer and those at the previous checkpoint: 1 is the same direction.",
    "definition",
    "layer",
)
WEIGHT_CHANGE = MetricSpec(
    "weight_change",
    "Weight change",
    "fraction",
    None,
    f"Norm of the change in all weights since the previous checkpoint, relative to their norm there. {_MOVING}",
    "definition",
)
WEIGHT_COSINE = MetricSpec(
    "weight_cosine",
    "Cosine",
    "",
    None,
    "Cosine similarity between all weights and those at the previous checkpoint: 1 is the same direction.",
    "definition",
)
SINCE_FIRST = MetricSpec(
    "weight_change_since_first",
    "Change since first",
    "fraction",
    None,
    "Norm of the change in all weights since the first checkpoint of the run, relative to their norm there.",
    "definition",
)
ACCURACY = MetricSpec(
    "accuracy",
    "Accuracy",
    "fraction",
    True,
    "Share of examples whose predicted class equals the label.",
    "Wilson (1927)",
)
ACCURACY_GAIN = MetricSpec(
    "accuracy_gain",
    "Accuracy change",
    "signed fraction",
    True,
    "Accuracy minus that of the previous checkpoint on the same rows, in points.",
    "Newcombe (1998), method 10",
)
NLL = MetricSpec(
    "nll",
    "NLL",
    "nats",
    False,
    "Mean negative log-likelihood of the label, computed from logits where possible.",
    "Good (1952)",
)
NLL_GAIN = MetricSpec(
    "nll_change",
    "NLL change",
    "nats",
    False,
    "NLL minus that of the previous checkpoint on the same rows.",
    "paired mean ± 1.96 SE",
)

NUMBERS = (ACCURACY, ACCURACY_GAIN, NLL, NLL_GAIN)
MOVED = (WEIGHT_CHANGE, WEIGHT_COSINE, SINCE_FIRST)
METRICS = (*MOVED, *NUMBERS, LAYER_CHANGE, LAYER_COSINE)
