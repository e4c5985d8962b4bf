"""Statements of the training_dynamics section: how training ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement, quantity
from reportgen.sections.training_dynamics.findings import ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.sections.training_dynamics.schema import Run, TrainingDynamicsResult

_VERBS = {
    "diverged": ("diverges", "diverge"),
    "overfitting": ("overfits", "overfit"),
    "unstable": ("is unstable", "are unstable"),
    "no measurable learning": ("shows no measurable learning", "show no measurable learning"),
    "still improving": ("stops while still improving", "stop while still improving"),
    "converged": ("converges", "converge"),
    "too few epochs": ("has too few epochs to judge", "have too few epochs to judge"),
    "no loss": ("has no loss", "have no loss"),
}
"""Statuses, the most serious first, as verbs of one and of several runs."""
_NAMED = 3
"""Maximum number of runs that are named. Convention."""
_UNJUDGED = frozenset({"too few epochs", "no loss"})
_TEST = "Theil-Sen slope, Mann-Kendall test and noise of the loss"


def outcomes(result: TrainingDynamicsResult, runs: Sequence[Run]) -> str:
    """Return the outcomes of runs in one sentence without a full stop: "mlp overfits from epoch 32 on; cnn converges"."""
    parts = []
    for status, (one, several) in _VERBS.items():
        models = [run.model for run in runs if run.status == status]
        if not models:
            continue
        named = len(models) <= _NAMED
        names = ", ".join([*models[:-2], " and ".join(models[-2:])]) if named else f"{len(models)} runs"
        epoch = result.find("best_epoch_robust", models[0]).value
        since = f" from epoch {epoch} on" if status == "overfitting" and len(models) == 1 and epoch is not None else ""
        parts.append(f"{names} {one if len(models) == 1 else several}{since}")
    return "; ".join(parts)


def statements(result: TrainingDynamicsResult, view: View) -> tuple[Statement, ...]:
    """Return how the candidate's training ended; in a comparison, the outcomes of all runs."""
    runs = [run for run in result.runs if run.file is not None and view.decision.concerns(run.model)]
    if len(runs) > 1:
        return (_of_all(runs),)
    among_others = view.decision.candidate is None and len(result.runs) > 1
    return tuple(_of_run(result, run, f" of {run.model}" if among_others else "") for run in runs)


def _of_all(runs: Sequence[Run]) -> Statement:
    counts = {status: sum(run.status == status for run in runs) for status in _VERBS}
    words = [f"{count} {_VERBS[status][count > 1]}" for status, count in counts.items() if count]
    settled = not all(run.status in _UNJUDGED for run in runs)
    return _statement([f"Of {len(runs)} training runs, {'; '.join(words)}."], settled=settled)


def _of_run(result: TrainingDynamicsResult, run: Run, of: str) -> Statement:
    epochs = quantity(next(result.named("epochs_trained", run.model)))
    best = next(result.named("best_epoch_robust", run.model))
    if run.status in _UNJUDGED:
        return _statement([f"Training{of} {_VERBS[run.status][0]} (", epochs, " epochs)."], settled=False)
    since: tuple[Quantity | str, ...] = (
        ("epoch ", quantity(best)) if best.metric.value is not None else ("its best epoch",)
    )
    if run.status == "overfitting":
        return _statement([f"Training{of} overfits: the loss rises from ", *since, " on, of ", epochs, "."])
    if run.status != "converged":
        advice = ": longer training may help" if run.status == "still improving" else ""
        return _statement([f"Training{of} {_VERBS[run.status][0]} (", epochs, f" epochs){advice}."])
    return _of_converged(result, run, (f"Training{of} converged in ", epochs, " epochs"), since)


def _of_converged(
    result: TrainingDynamicsResult, run: Run, start: tuple[Quantity | str, ...], best: tuple[Quantity | str, ...]
) -> Statement:
    """Return how the last epoch of a converged run compares with its best one, as far as that is known."""
    if run.basis is None or not run.basis.startswith("val"):
        return _statement([*start, "; without a validation loss, overfitting cannot be judged."], settled=False)
    end = ending(result, run)
    if end is None:
        return _statement([*start, "."])
    if end.last_is_worse:
        return _statement([*start, ", but the last is measurably worse than ", *best, "."])
    return _statement([*start, "; ", *best, " is not measurably better."])


def _statement(parts: Sequence[Quantity | str], *, settled: bool = True) -> Statement:
    return Statement(topic="inside", parts=tuple(parts), settled=settled, test=_TEST)
