"""Rules of the training_dynamics section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reportgen.sections.training_dynamics.schema import Run, TrainingDynamicsResult

WORSE_THAN_BEST = 2.0
"""Multiple of the noise by which the last epoch must be worse than the best. Convention; no literature value."""
_LISTED = 8


def _status(status: str, words: str) -> Callable[[TrainingDynamicsResult], Iterable[Hit]]:
    """Make a rule's function that finds the runs with a status."""

    def find(result: TrainingDynamicsResult) -> Iterator[Hit]:
        for run in result.runs:
            if run.status == status and run.file is not None:
                yield Hit(run.model, f"By {run.basis or 'its history'}, {run.evidence}{words}")

    return find


def worse_than_best(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield runs whose last epoch is clearly worse than their best."""
    for run in result.runs:
        noise = result.find("validation_noise", run.model).value
        curve = result.curve(run.model, run.basis)
        known = [] if curve is None else [value for value in curve.values if value is not None]
        if noise is None or not known:
            continue
        lost = known[-1] - min(known)
        if lost > WORSE_THAN_BEST * noise and lost > 0:
            epoch = result.find("best_epoch", run.model).value
            yield Hit(
                run.model,
                f"The last {run.basis} is {known[-1]:.4g}, the lowest was {min(known):.4g} in epoch {epoch}: more than "
                f"{WORSE_THAN_BEST:g} times the noise of {noise:.2g} worse. If the file holds the last weights, an earlier epoch "
                "was better (restore_best_weights).",
            )


def no_validation(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield histories without a validation loss."""
    for run in result.runs:
        if run.file is not None and not {"val_loss", "validation_loss"} & set(run.keys):
            yield Hit(
                run.model,
                f"{run.file} has no val_loss (it has {_listed(run)}): overfitting cannot be judged.",
            )


def unknown_keys(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield histories with keys that no rule understands."""
    for run in result.runs:
        if run.unknown_keys:
            yield Hit(
                run.model,
                f"No rule tells which end of {', '.join(run.unknown_keys)} is better: drawn, but left out of comparisons. Say so "
                f'in the section\'s keys, e.g. {run.unknown_keys[0].removeprefix("val_")} = "higher". The history has {_listed(run)}.',
            )


def _listed(run: Run) -> str:
    return formatting.listed(run.keys, _LISTED)


def inferred_epochs(result: TrainingDynamicsResult) -> Iterator[Hit]:
    """Yield histories with curves of unequal length."""
    for run in result.runs:
        odd = [one for one in result.curves if one.model == run.model and "taken for" in one.epochs_rule]
        if odd:
            yield Hit(run.model, f"{odd[0].key} has {odd[0].epochs_rule}.")
        curve = result.curve(run.model, "val_loss")
        if curve is not None and run.status != "diverged" and None in curve.values[-1:]:
            last = max(
                (epoch for epoch, value in zip(curve.epochs, curve.values, strict=True) if value is not None), default=0
            )
            yield Hit(
                run.model, f"val_loss ends with epoch {last} of {run.n_epochs}: what came later was not validated."
            )


CONVENTION = "convention"

RULES: tuple[Rule[TrainingDynamicsResult], ...] = (
    Rule("TRN101", "problem", "Training diverged", CONVENTION, _status("diverged", ".")),
    Rule("TRN102", "warning", "Overfitting", f"{CONVENTION}; Mann (1945); Sen (1968)", _status("overfitting", ".")),
    Rule("TRN103", "warning", "Nothing was learnt", CONVENTION, _status("no measurable learning", ".")),
    Rule("TRN104", "warning", "Unstable training", CONVENTION, _status("unstable", ".")),
    Rule(
        "TRN201",
        "note",
        "Stopped while still improving",
        f"{CONVENTION}; Sen (1968)",
        _status("still improving", ": longer training may help."),
    ),
    Rule("TRN202", "note", "Not at its best epoch", f"{CONVENTION}; after Prechelt (1998)", worse_than_best),
    Rule("TRN301", "note", "Too few epochs to judge", CONVENTION, _status("too few epochs", ".")),
    Rule("TRN302", "note", "No validation loss", "definition", no_validation),
    Rule("TRN303", "note", "Keys without a meaning", "definition", unknown_keys),
    Rule("TRN304", "note", "Curves of unequal length", "definition", inferred_epochs),
)
