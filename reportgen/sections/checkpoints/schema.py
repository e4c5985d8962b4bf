"""Options and result of the checkpoints section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class CheckpointsOptions(Strict):
    """Options of the checkpoints section."""

    max_layers: int = Field(default=20, ge=1)
    """Layers in the figure of each run: those that moved most; how many are left out is said."""


class LayerMovement(Strict):
    """How far a layer moved at every step of a run."""

    name: str
    trainable: bool
    """Whether training may change any of its weights."""
    change: tuple[float | None, ...]
    """Relative change from each checkpoint to the next, (steps,)."""
    cosine: tuple[float | None, ...]
    """Cosine between its weights at each checkpoint and at the next, (steps,)."""
    since_first: tuple[float | None, ...]
    """Relative change from the first checkpoint to each of the others, (steps,)."""


class Series(Strict):
    """The checkpoints of one run, in the order of the spec."""

    name: str
    models: tuple[str, ...]
    layers: tuple[LayerMovement, ...]
    """Empty where they cannot be compared."""
    reason: str | None
    """Why they cannot."""
    heads: tuple[str | None, ...]
    """Subjects of the heads whose numbers are followed: every one that all checkpoints have."""


class CheckpointsResult(SectionResult):
    """Result of the checkpoints section."""

    split: str | None
    n: int | None
    """Rows evaluated; null without data."""
    series: tuple[Series, ...]
    options: CheckpointsOptions


_MOVING = "Moving statistics of normalisation layers are left out."

LAYER_CHANGE = MetricSpec(
    "layer_change",
    "Relative change",
    "fraction",
    None,
    f"Norm of the difference of a layer's weights from those of the checkpoint before, over the norm before. {_MOVING}",
    "definition",
    "layer",
)
LAYER_COSINE = MetricSpec(
    "layer_cosine",
    "Cosine",
    "",
    None,
    "Cosine of the angle between a layer's weights and those of the checkpoint before: 1 same direction.",
    "definition",
    "layer",
)
WEIGHT_CHANGE = MetricSpec(
    "weight_change",
    "Weights moved",
    "fraction",
    None,
    f"Norm of the difference of all weights from those of the checkpoint before, over the norm before. {_MOVING}",
    "definition",
)
WEIGHT_COSINE = MetricSpec(
    "weight_cosine",
    "Cosine",
    "",
    None,
    "Cosine of the angle between all weights and those of the checkpoint before.",
    "definition",
)
SINCE_FIRST = MetricSpec(
    "weight_change_since_first",
    "Moved since first",
    "fraction",
    None,
    "Norm of the difference of all weights from those of the first checkpoint of the run, over the norm there.",
    "definition",
)
ACCURACY = MetricSpec(
    "accuracy", "Accuracy", "fraction", True, "Share of examples whose predicted class is the label.", "Wilson (1927)"
)
ACCURACY_GAIN = MetricSpec(
    "accuracy_gain",
    "Change",
    "signed fraction",
    True,
    "Accuracy minus that of the checkpoint before, on the same rows.",
    "Newcombe (1998), method 10",
)
NLL = MetricSpec(
    "nll",
    "NLL",
    "nats",
    False,
    "Mean negative log-likelihood of the label, from logits where the model allows.",
    "Good (1952)",
)
NLL_GAIN = MetricSpec(
    "nll_change",
    "Change",
    "nats",
    False,
    "NLL minus that of the checkpoint before, on the same rows.",
    "paired mean ± 1.96 SE",
)

NUMBERS = (ACCURACY, ACCURACY_GAIN, NLL, NLL_GAIN)
MOVED = (WEIGHT_CHANGE, WEIGHT_COSINE, SINCE_FIRST)
METRICS = (*MOVED, *NUMBERS, LAYER_CHANGE, LAYER_COSINE)
