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
    """Draw a moving average over the raw points of each curve of six windows or more; shorter ones join their raw values. It does not affect any metric."""
    smoothing_window: int = Field(default=5, ge=2)
    """Number of epochs in the moving average."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Meaning of history keys that the name does not reveal: from the key, without `val_`, to a Keras metric name, `higher`, `lower` or `ignore`."""

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
    """Metric name without split, output and number."""
    head: str | None
    higher_is_better: bool | None
    rule: str
    """How the key was interpreted."""
    epochs: tuple[int, ...]
    """From 1."""
    epochs_rule: str
    """How the epochs were determined."""
    values: tuple[float | None, ...]
    """Null where the history has no finite value."""


class Run(Strict):
    """Outcome of a training run."""

    model: str
    file: str | None
    """The history file; null where the spec has none."""
    status: str
    evidence: str
    n_epochs: int
    basis: str | None
    """Key of the loss that the status is based on."""
    primary: str | None
    """Key of the metric whose peak is reported."""
    primary_higher_is_better: bool | None
    rate_drops: tuple[int, ...]
    """Epochs at which the learning rate dropped by 20 % or more."""
    unknown_keys: tuple[str, ...]
    """Keys whose direction is unknown: plotted, but not compared."""
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


_PAIR = "Both losses are as recorded by Keras: the training loss is a mean over the epoch, with dropout and augmentation active."

EPOCHS = MetricSpec(
    "epochs_trained",
    "Epochs",
    "count",
    None,
    "Number of epochs in the history; those of a resumed run keep the numbers of the file.",
    "count",
)
CONVERGENCE = MetricSpec(
    "epochs_to_convergence",
    "Epochs to 95 %",
    "count",
    False,
    "First epoch, from 1, at which the validation metric reached 95 % of its peak. It is 1 for any run that starts above that "
    "level and is undefined for losses and for runs that diverged or did not learn; epochs_to_95pct_of_improvement avoids both problems.",
    "guide",
)
IMPROVED = MetricSpec(
    "epochs_to_95pct_of_improvement",
    "To 95 % of improvement",
    "count",
    False,
    "First epoch at which the running median (five epochs) of the validation loss had made 95 % of the improvement from its "
    "first to its best value. Undefined where the improvement is below three times the noise, autocorrelated noise included.",
    "convention",
)
INDEX = MetricSpec(
    "overfitting_index",
    "Overfitting index",
    "",
    False,
    f"Mean validation loss minus training loss over the final third of the epochs. A run that diverged or shows no measurable learning has none. {_PAIR}",
    "guide",
)
GAP = MetricSpec(
    "final_gap",
    "Final gap",
    "",
    None,
    f"Validation loss minus training loss at the last epoch that has both. {_PAIR}",
    "guide",
)
STABILITY = MetricSpec(
    "training_stability",
    "Stability",
    "",
    False,
    "Standard deviation of the validation loss over the last ten epochs. A loss that is still falling counts as unstable; "
    "validation_noise removes the trend.",
    "guide",
)
NOISE = MetricSpec(
    "validation_noise",
    "Noise",
    "",
    False,
    "Robust standard deviation of the validation loss around its Theil-Sen trend over the last quarter of the epochs (at least five).",
    "Theil (1950); Sen (1968)",
)
PEAK = MetricSpec(
    "peak_performance",
    "Peak",
    "",
    None,
    "Best value of the primary validation metric, else of the validation loss. The best of many noisy epochs is optimistic.",
    "guide",
    direction_by_model=True,
)
PEAK_EPOCH = MetricSpec("peak_epoch", "Peak epoch", "count", None, "Epoch of the peak, numbered from 1.", "guide")
BEST = MetricSpec(
    "best_epoch",
    "Best epoch",
    "count",
    None,
    "Epoch with the lowest validation loss, else training loss, numbered from 1.",
    "definition",
)
ROBUST = MetricSpec(
    "best_epoch_robust",
    "Best epoch (robust)",
    "count",
    None,
    "Lowest epoch of the five consecutive epochs with the lowest median of the same loss: not decided by a single lucky epoch.",
    "convention",
)
DETERIORATION = MetricSpec(
    "deterioration",
    "Deterioration",
    "fraction",
    False,
    "Share of the improvement in validation loss that is lost again by the end (median of the last five epochs): 0 is none, 1 is all.",
    "convention",
)
LOSS_GL = MetricSpec(
    "generalization_loss",
    "GL",
    "fraction",
    False,
    "Generalization loss: final over lowest validation loss, minus 1; for positive losses.",
    "Prechelt (1998)",
)

METRICS = (
    EPOCHS, CONVERGENCE, INDEX, STABILITY, PEAK, PEAK_EPOCH, GAP, IMPROVED, DETERIORATION, LOSS_GL, NOISE, BEST, ROBUST,
)  # fmt: skip
