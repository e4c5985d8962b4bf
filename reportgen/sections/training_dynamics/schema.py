"""Options and result of the training_dynamics section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field, field_validator

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.sections.training_dynamics.history_keys import is_known


class TrainingDynamicsOptions(Strict):
    """Options of the training_dynamics section."""

    smooth: bool = True
    """Draw a moving average over the raw points of a curve; no number is read off it."""
    smoothing_window: int = Field(default=5, ge=2)
    """Epochs in the moving average."""
    keys: dict[str, str] = Field(default_factory=dict)
    """What keys of the histories mean where their names do not tell: key, without `val_`, to a Keras metric name, `higher`, `lower` or `ignore`."""

    @field_validator("keys")
    @classmethod
    def _meanings_are_known(cls, value: dict[str, str]) -> dict[str, str]:
        for key, meaning in value.items():
            if not is_known(meaning):
                message = (
                    f"{key!r} must be the name of a Keras metric, 'higher', 'lower' or 'ignore' (found {meaning!r})"
                )
                raise ValueError(message)
        return value


class Curve(Strict):
    """One curve of a history."""

    model: str
    key: str
    split: str
    """``train`` or ``validation``."""
    metric: str
    """Name without split, output and number."""
    head: str | None
    higher_is_better: bool | None
    rule: str
    """How the key was understood."""
    epochs: tuple[int, ...]
    """From 1."""
    epochs_rule: str
    """How the epochs of the values are known."""
    values: tuple[float | None, ...]
    """Null where the history has no finite value."""


class Run(Strict):
    """What became of a training run."""

    model: str
    file: str | None
    """The history; null where the spec names none."""
    status: str
    evidence: str
    n_epochs: int
    basis: str | None
    """Key of the loss that the status is judged by."""
    primary: str | None
    """Key of the metric in which the peak is measured."""
    primary_higher_is_better: bool | None
    rate_drops: tuple[int, ...]
    """Epochs at which the learning rate fell by 20 % or more."""
    unknown_keys: tuple[str, ...]
    """Keys of which no rule tells which end is better: drawn, and left out of comparisons."""
    keys: tuple[str, ...]
    """All keys of the history."""


class TrainingDynamicsResult(SectionResult):
    """Result of the training_dynamics section."""

    runs: tuple[Run, ...]
    curves: tuple[Curve, ...]
    options: TrainingDynamicsOptions

    def curve(self, model: str, key: str | None) -> Curve | None:
        """Return a curve by its key; None where there is none."""
        return next((one for one in self.curves if (one.model, one.key) == (model, key)), None)


_PAIR = "Both losses are as Keras wrote them: the training loss is a mean over the epoch, with dropout and the like switched on."

EPOCHS = MetricSpec("epochs_trained", "Epochs", "count", None, "Epochs in the history.", "count")
CONVERGENCE = MetricSpec(
    "epochs_to_convergence",
    "Epochs to 95 %",
    "count",
    False,
    "First epoch, from 1, at which the validation metric reached 95 % of its peak. It is 1 for any run that starts above that "
    "level, and has no meaning for losses; epochs_to_95pct_of_improvement has.",
    "guide",
)
IMPROVED = MetricSpec(
    "epochs_to_95pct_of_improvement",
    "To 95 % of improvement",
    "count",
    False,
    "First epoch at which the validation loss, best so far of a running median of five, had made 95 % of the way from its first "
    "value to its best. Not defined where the improvement is below three times the noise.",
    "convention",
)
INDEX = MetricSpec(
    "overfitting_index",
    "Overfitting index",
    "",
    False,
    f"Mean of validation loss - training loss over the final third of the epochs. {_PAIR}",
    "guide",
)
GAP = MetricSpec(
    "final_gap",
    "Final gap",
    "",
    None,
    f"Validation loss - training loss at the last epoch that has both. {_PAIR}",
    "guide",
)
STABILITY = MetricSpec(
    "training_stability",
    "Stability",
    "",
    False,
    "Standard deviation of the validation losses of the last ten epochs. A loss that is still falling counts as unstable; "
    "validation_noise leaves the trend out.",
    "guide",
)
NOISE = MetricSpec(
    "validation_noise",
    "Noise",
    "",
    False,
    "Robust standard deviation of the validation loss around its Theil-Sen line over the last quarter of the epochs, at least five.",
    "Theil (1950); Sen (1968)",
)
PEAK = MetricSpec(
    "peak_performance",
    "Peak",
    "",
    None,
    "Best value of the validation metric that the run is judged by, else of the validation loss. The best of many noisy epochs "
    "is flattered.",
    "guide",
    direction_by_model=True,
)
PEAK_EPOCH = MetricSpec("peak_epoch", "Peak epoch", "count", None, "Epoch of the peak, from 1.", "guide")
BEST = MetricSpec(
    "best_epoch",
    "Best epoch",
    "count",
    None,
    "Epoch, from 1, with the lowest validation loss, else training loss.",
    "definition",
)
ROBUST = MetricSpec(
    "best_epoch_robust",
    "Best epoch (robust)",
    "count",
    None,
    "The same of the running median of five epochs: a single lucky epoch does not decide.",
    "convention",
)
DETERIORATION = MetricSpec(
    "deterioration",
    "Lost since best",
    "fraction",
    False,
    "Share of the improvement of the validation loss that is lost again at the end (median of the last five epochs): 0 none, 1 all.",
    "convention",
)
LOSS_GL = MetricSpec(
    "generalization_loss",
    "GL",
    "fraction",
    False,
    "Last validation loss over the lowest, minus 1; for positive losses.",
    "Prechelt (1998)",
)

METRICS = (
    EPOCHS, CONVERGENCE, INDEX, STABILITY, PEAK, PEAK_EPOCH, GAP, IMPROVED, DETERIORATION, LOSS_GL, NOISE, BEST, ROBUST,
)  # fmt: skip
