"""Rules of the training_dynamics section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.findings import Hit, Rule
from reportgen.metrics import outcomes, training
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from reportgen.sections.training_dynamics.schema import Run, TrainingDynamicsResult

    FloatArray = NDArray[np.float64]

_LISTED = 8


def _status(
    status: str, advice: str, effect: Callable[[FloatArray], float | None] = lambda _curve: None
) -> Callable[[TrainingDynamicsResult], Iterable[Hit]]:
    """Return a rule function that finds the runs with a status.

    ``effect`` is how many times its threshold the loss (n,) is. Epochs are no examples, so there is no n. A status without
    an effect is one of several conditions on different scales: a loss that is not finite has no size, and no noise to compare
    a rise with.
    """

    def find(result: TrainingDynamicsResult) -> Iterator[Hit]:
        for run in result.runs:
            if run.status == status and run.file is not None:
                text = (
                    f"{run.evidence[:1].upper()}{run.evidence[1:]} (judged by {run.basis or 'its history'}). {advice}"
                )
                yield Hit(run.model, text, effect=effect(_known(result, run)))

    return find


def _known(result: TrainingDynamicsResult, run: Run) -> FloatArray:
    """Return the known values (n,) of the loss that a run is judged by."""
    curve = result.curve(run.model, run.basis)
    return np.array([value for value in ([] if curve is None else curve.values) if value is not None], np.float64)


def ending(result: TrainingDynamicsResult, run: Run) -> training.Rise | None:
    """Return how far the loss of a run is above its best at the end; None where too few epochs show the noise."""
    known = _known(result, run)
    judged = result.find("validation_noise", run.model).value is not None
    return training.rise(known) if judged and len(known) >= training.NOISE_EPOCHS else None


def _too_little(curve: FloatArray) -> float | None:
    """Return how many times the improvement would be measurable; None without any."""
    found = training.progress(curve)
    return training.NOISE_LIMITS * found.noise / found.improvement if found.improvement > 0 else None


def worse_than_best(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield runs whose last epoch is worse than their best by more than the minimum of many noisy epochs explains."""
    for run in result.runs:
        found = ending(result, run)
        if found is not None and found.last_is_worse:
            epoch = result.find("best_epoch_robust", run.model).value
            yield Hit(
                run.model,
                f"The final {run.basis} is {found.last:.4g}, up from {found.best:.4g} (median of five epochs) around epoch {epoch}; noise explains a "
                f"rise of up to {training.LAST_LIMIT * found.noise:.2g}. If the model has the weights of the last epoch, an earlier "
                "checkpoint is better (restore_best_weights).",
                effect=found.last_times,
            )


def no_validation(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield histories without a validation loss: they have one or not, so no effect."""
    for run in result.runs:
        if run.file is not None and not {"val_loss", "validation_loss"} & set(run.keys):
            yield Hit(
                run.model,
                f"{run.file} has no val_loss (found {_listed(run)}), so overfitting cannot be judged: train with validation data.",
            )


def unknown_keys(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield histories with metrics whose direction is unknown; the effect is their number."""
    for run in result.runs:
        if run.unknown_keys:
            yield Hit(
                run.model,
                f"The direction of {', '.join(run.unknown_keys)} is unknown, so it is plotted but not compared. Declare it in the "
                f'keys of the section, e.g. {run.unknown_keys[0].removeprefix("val_")} = "higher" (the history has {_listed(run)}).',
                effect=len(run.unknown_keys),
            )


def _listed(run: Run) -> str:
    return formatting.listed(run.keys, _LISTED)


def inferred_epochs(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield histories with curves of unequal length: they fit or not, so no effect."""
    for run in result.runs:
        odd = [one for one in result.curves if one.model == run.model and "assumed" in one.epochs_rule]
        if odd:
            yield Hit(run.model, f"{odd[0].key} has {odd[0].epochs_rule}. Check this before comparing epochs.")
        curve = result.curve(run.model, "val_loss")
        if curve is not None and run.status != "diverged" and None in curve.values[-1:]:
            last = max(
                (epoch for epoch, value in zip(curve.epochs, curve.values, strict=True) if value is not None), default=0
            )
            yield Hit(
                run.model,
                f"val_loss ends at epoch {last} of {curve.epochs[-1]}: later epochs were not validated, so the final model is not judged.",
            )


CONVENTION = "convention"

RULES: tuple[Rule[TrainingDynamicsResult], ...] = (
    Rule(
        "TRN101",
        "problem",
        "Training diverged",
        CONVENTION,
        _status("diverged", "Do not use the weights of the last epoch."),
    ),
    Rule(
        "TRN102",
        "warning",
        "Overfitting",
        f"{CONVENTION}; Mann (1945); Sen (1968); Hamed and Rao (1998)",
        _status("overfitting", "Prefer the best epoch, or regularize more.", lambda curve: training.rise(curve).times),
    ),
    Rule(
        "TRN103",
        "warning",
        "No measurable learning",
        CONVENTION,
        _status("no measurable learning", "Check the data and the learning rate.", _too_little),
    ),
    Rule("TRN104", "warning", "Unstable training", CONVENTION, _status("unstable", "Consider a lower learning rate.")),
    Rule(
        "TRN201",
        "note",
        "Stopped while still improving",
        f"{CONVENTION}; Sen (1968)",
        _status("still improving", "Longer training may help.", outcomes.recent_times),
    ),
    Rule("TRN202", "note", "Last epoch is not the best", f"{CONVENTION}; after Prechelt (1998)", worse_than_best),
    Rule(
        "TRN301",
        "note",
        "Too few epochs to judge",
        CONVENTION,
        _status(
            "too few epochs", "Convergence cannot be judged.", lambda curve: training.LEAST_EPOCHS / max(len(curve), 1)
        ),
    ),
    Rule("TRN302", "note", "No validation loss", "definition", no_validation),
    Rule("TRN303", "note", "Metrics without a known direction", "definition", unknown_keys),
    Rule("TRN304", "note", "Curves of unequal length", "definition", inferred_epochs),
)
