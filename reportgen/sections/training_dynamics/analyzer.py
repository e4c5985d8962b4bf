"""Interprets the training histories, and measures every run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.needs import Need
from reportgen.contract.section import BaseAnalyzer
from reportgen.metrics import curves, outcomes, training
from reportgen.sections.training_dynamics import schema
from reportgen.sections.training_dynamics.history_keys import Key, parse_key
from reportgen.sections.training_dynamics.schema import Curve, Run, TrainingDynamicsOptions, TrainingDynamicsResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.history import History

    FloatArray = NDArray[np.float64]

RECENT = 10
"""Number of last epochs used for the guide's stability. Convention."""
LEAST = 3
"""Minimum number of epochs for a mean over the final third. Convention."""
_LARGEST = 1e100
"""A value above this counts as infinite."""
_NEGATIVE = (
    "negative: the training loss is the higher one, as with dropout, augmentation or as a mean over the epoch; "
    "that is not less overfitting than 0"
)
_NO_VALIDATION = "the history has no validation loss"


@dataclass(frozen=True)
class _Known:
    """An interpreted curve: (n,) values at (n,) epochs from 1; ``placed`` where the epochs are known."""

    key: Key
    values: FloatArray
    epochs: NDArray[np.int64]
    epochs_rule: str
    placed: bool

    @property
    def finite(self) -> FloatArray:
        """The finite values."""
        return self.values[np.isfinite(self.values)]


class TrainingDynamicsAnalyzer(BaseAnalyzer[TrainingDynamicsOptions, TrainingDynamicsResult]):
    """Measures convergence, overfitting and stability of every run."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.HISTORY})
    libraries = ("scipy.stats",)

    def analyze(self, evaluation: Evaluation) -> TrainingDynamicsResult:
        """Measure the history of every model that has one."""
        runs: list[Run] = []
        curves: list[Curve] = []
        measurements: list[Measurement] = []
        for model in evaluation.models:
            if model.history is None:
                runs.append(_without_history(model.name))
                measurements += [
                    spec.missing(model.name, "not_applicable", "the spec names no history") for spec in schema.METRICS
                ]
                continue
            known = _understood(model, model.history, self.options)
            runs.append(_run(model.name, model.history, known))
            curves += [_curve(model.name, one) for one in known]
            measurements += _measured(model.name, known)
        return TrainingDynamicsResult(
            measurements=tuple(measurements), runs=tuple(runs), curves=tuple(curves), options=self.options
        )


# ------------------------------------------------------------------------------------------------ understanding


def _understood(model: ModelEvaluation, history: History, options: TrainingDynamicsOptions) -> list[_Known]:
    heads = [head.name for head in model.heads]
    if model.architecture is not None:
        heads += [output.name for output in model.architecture.outputs]
    n = max((len(values) for values in history.curves.values()), default=0)
    numbered = _numbered(history.epochs, n)
    found = []
    for name, raw in history.curves.items():
        key = parse_key(name, heads, options.keys)
        values, extra = _one_number(raw)
        epochs, rule, placed = _epochs(len(values), n, numbered)
        found.append(_Known(key, np.where(np.abs(values) > _LARGEST, np.inf, values), epochs, rule + extra, placed))
    return found


def _one_number(raw: FloatArray) -> tuple[FloatArray, str]:
    """Return a curve of scalars: the mean of a vector-valued metric."""
    if raw.ndim == 1:
        return raw, ""
    return raw.mean(axis=1), f"; mean of {raw.shape[1]} values per epoch"


def _numbered(written: tuple[int, ...] | None, n: int) -> NDArray[np.int64] | None:
    """Return the (n,) epochs of the file from 1, so that a resumed run keeps its numbers; None if it has no usable ones."""
    if written is None or len(written) != n or not bool((np.diff(written) > 0).all()):
        return None
    return np.array(written, np.int64) + 1


def _epochs(length: int, n: int, numbered: NDArray[np.int64] | None) -> tuple[NDArray[np.int64], str, bool]:
    """Return the epochs of a curve, how they were determined, and whether they are known.

    Every epoch, else every k-th where a validation frequency explains the length; numbered as in the file, else from 1.
    """
    every = np.arange(1, n + 1) if numbered is None else numbered
    if length == n and numbered is not None:
        return every, "from the epoch column of the file, numbered from 1", True
    if length in (0, n):
        return every[:length], "one value per epoch", True
    for step in (round(n / length), n // length):
        if n // step == length:
            rule = f"{length} values for {n} epochs, assumed to be one every {step} epochs"
            return every[step - 1 :: step][:length], rule, True
    return every[:length], f"{length} values that do not fit {n} epochs, assumed to be the first", False


def _find(known: Sequence[_Known], split: str) -> _Known | None:
    """Return the loss of a split; None where it has no value."""
    return next((one for one in known if one.key.is_loss and one.key.split == split and len(one.values)), None)


def _primary(known: Sequence[_Known]) -> _Known | None:
    """Return the first validation metric with a direction that is not a loss, preferably an accuracy; else the loss."""
    metrics = [
        one
        for one in known
        if one.key.split == "validation"
        and one.key.metric != "loss"
        and one.key.higher_is_better is not None
        and len(one.finite)
    ]
    metrics.sort(key=lambda one: (not one.key.higher_is_better, "acc" not in one.key.metric))
    loss = _find(known, "validation")
    return metrics[0] if metrics else loss


def _basis(known: Sequence[_Known]) -> _Known | None:
    return _find(known, "validation") or _find(known, "train")


@dataclass(frozen=True)
class _Judged:
    """A loss without the epochs that were not validated: NaN where the training loss is finite."""

    values: FloatArray
    epochs: NDArray[np.int64]

    @classmethod
    def of(cls, known: Sequence[_Known], one: _Known | None) -> _Judged:
        if one is None:
            return cls(np.empty(0), np.empty(0, np.int64))
        train = _find(known, "train")
        if train is None or one is train:
            return cls(one.values, one.epochs)
        trained = np.isin(one.epochs, train.epochs[np.isfinite(train.values)])
        kept = ~(np.isnan(one.values) & trained)
        return cls(one.values[kept], one.epochs[kept])


def _trained(known: Sequence[_Known], basis: _Known | None, epochs: NDArray[np.int64]) -> FloatArray | None:
    """Return the training loss at the epochs of a validation loss; None where it is the basis itself or unknown."""
    train = _find(known, "train")
    if train is None or basis is None or basis is train or not (train.placed and basis.placed):
        return None
    by_epoch = dict(zip(train.epochs.tolist(), train.values.tolist(), strict=True))
    return np.array([by_epoch.get(int(epoch), np.nan) for epoch in epochs])


# ------------------------------------------------------------------------------------------------ the run


def _without_history(model: str) -> Run:
    return Run(
        model=model,
        file=None,
        status="no history",
        evidence="the spec names no history",
        n_epochs=0,
        basis=None,
        primary=None,
        primary_higher_is_better=None,
        rate_drops=(),
        unknown_keys=(),
        keys=(),
    )


def _run(model: str, history: History, known: Sequence[_Known]) -> Run:
    basis, primary = _basis(known), _primary(known)
    judged = _Judged.of(known, basis)
    status, evidence = outcomes.classify(judged.values, judged.epochs, _trained(known, basis, judged.epochs))
    rates = next((one for one in known if one.key.is_learning_rate), None)
    return Run(
        model=model,
        file=history.file,
        status=status,
        evidence=evidence,
        n_epochs=_length(known),
        basis=basis.key.key if basis else None,
        primary=primary.key.key if primary else None,
        primary_higher_is_better=primary.key.higher_is_better if primary else None,
        rate_drops=()
        if rates is None
        else tuple(int(rates.epochs[place]) for place in training.rate_drops(rates.values)),
        unknown_keys=tuple(one.key.key for one in known if one.key.unknown),
        keys=tuple(one.key.key for one in known),
    )


def _length(known: Sequence[_Known]) -> int:
    """Return the number of epochs in the history, whatever their numbers."""
    return len(_all_epochs(known))


def _all_epochs(known: Sequence[_Known]) -> NDArray[np.int64]:
    return np.unique(np.concatenate([np.empty(0, np.int64), *(one.epochs for one in known)]))


def _failed(known: Sequence[_Known]) -> str | None:
    """Return why a run has nothing to compare with others, although it has numbers: it diverged, or did not learn.

    What a resumed run learned before its file starts is unknown, and is not denied.
    """
    basis = _basis(known)
    judged = _Judged.of(known, basis)
    if basis is None or not len(judged.values):
        return None
    trained = _trained(known, basis, judged.epochs)
    status, evidence = outcomes.classify(judged.values, judged.epochs, trained)
    if status == "diverged" or not np.isfinite(judged.values).all():
        return f"the run diverged: {evidence}" if status == "diverged" else evidence
    if trained is not None and np.isinf(trained).any():
        return f"the training loss is not finite in {int(np.isinf(trained).sum())} epochs"
    if len(judged.values) < training.LEAST_EPOCHS or status == "overfitting" or outcomes.starts_late(judged.epochs):
        return None
    found = training.progress(judged.values)
    if found.reached is None:
        return f"the run shows no measurable learning: {_below_noise(found)}"
    return None


def _below_noise(found: training.Progress) -> str:
    return f"the improvement {found.improvement:.3g} is below three times the noise {found.noise:.3g}"


def _curve(model: str, one: _Known) -> Curve:
    return Curve(
        model=model,
        key=one.key.key,
        split=one.key.split,
        metric=one.key.metric,
        head=one.key.head,
        higher_is_better=one.key.higher_is_better,
        rule=one.key.rule,
        epochs=tuple(int(epoch) for epoch in one.epochs),
        epochs_rule=one.epochs_rule,
        values=tuple(float(value) if np.isfinite(value) else None for value in one.values),
    )


# ------------------------------------------------------------------------------------------------ measurements


def _measured(model: str, known: Sequence[_Known]) -> Iterator[Measurement]:
    yield schema.EPOCHS.measure(model, _length(known))
    failed = _failed(known)
    yield from _of_the_peak(model, _primary(known), failed)
    yield from _of_the_gap(model, known, failed)
    yield from _of_the_loss(model, known)


def _of_the_peak(model: str, primary: _Known | None, failed: str | None) -> Iterator[Measurement]:
    specs = (schema.PEAK, schema.PEAK_EPOCH)
    if primary is None or not len(primary.finite):
        for spec in (*specs, schema.CONVERGENCE):
            yield spec.missing(model, "insufficient_data", "the history has no validation curve")
        return
    sign = 1.0 if primary.key.higher_is_better else -1.0
    place = int(np.nanargmax(np.where(np.isfinite(primary.values), sign * primary.values, np.nan)))
    of = primary.key.key
    peak = replace(schema.PEAK, higher_is_better=primary.key.higher_is_better)
    yield peak.measure(model, float(primary.values[place]), n=len(primary.finite), estimator=of)
    if not primary.placed:
        yield from _missing(model, (schema.PEAK_EPOCH, schema.CONVERGENCE), primary.epochs_rule)
        return
    yield schema.PEAK_EPOCH.measure(model, int(primary.epochs[place]), n=len(primary.finite), estimator=of)
    if failed is not None:
        yield schema.CONVERGENCE.missing(model, "not_applicable", failed)
        return
    if len(primary.finite) < training.LEAST_EPOCHS:
        reason = f"at least {training.LEAST_EPOCHS} epochs are needed (found {len(primary.finite)})"
        yield schema.CONVERGENCE.missing(model, "insufficient_data", reason)
        return
    if not primary.key.higher_is_better:
        reason = "it is defined only for metrics where higher is better, and the history has only losses"
        yield schema.CONVERGENCE.missing(model, "not_applicable", reason)
        return
    reached = primary.values >= training.REACHED * primary.values[place]
    yield schema.CONVERGENCE.measure(
        model, int(primary.epochs[int(np.argmax(reached))]), n=len(primary.finite), estimator=of
    )


def _of_the_gap(model: str, known: Sequence[_Known], failed: str | None) -> Iterator[Measurement]:
    train, validation = _find(known, "train"), _find(known, "validation")
    specs = (schema.INDEX, schema.GAP)
    if train is None or validation is None:
        reason = _NO_VALIDATION if validation is None else "the history has no training loss"
        for spec in specs:
            yield spec.missing(model, "insufficient_data", reason)
        return
    unpaired = _no_pairs(train, validation)
    if unpaired is not None:
        yield from _missing(model, specs, unpaired)
        return
    epochs, gaps = training.gap(train.epochs, train.values, validation.epochs, validation.values)
    if not len(gaps):
        for spec in specs:
            yield spec.missing(model, "insufficient_data", "no epoch has both losses")
        return
    yield schema.GAP.measure(model, float(gaps[-1]), n=1)
    if failed is not None:
        yield schema.INDEX.missing(model, "not_applicable", failed)
        return
    trained = _all_epochs(known)
    final = gaps[np.searchsorted(trained, epochs) + 1 > 2 * len(trained) / 3]
    if len(gaps) < LEAST or not len(final):
        yield schema.INDEX.missing(
            model, "insufficient_data", f"at least {LEAST} epochs with both losses are needed (found {len(gaps)})"
        )
        return
    index = float(final.mean())
    yield schema.INDEX.measure(model, index, n=len(final), caveat=_NEGATIVE if index < 0 else None)


def _no_pairs(train: _Known, validation: _Known) -> str | None:
    """Return why the two losses cannot be compared epoch by epoch; None where they can."""
    for one in (train, validation):
        if not one.placed:
            return one.epochs_rule
        if len(one.values) and not np.isfinite(train.values[-1]):
            return "the final training loss is not finite: the run diverged"
    return None


def _of_the_loss(model: str, known: Sequence[_Known]) -> Iterator[Measurement]:
    basis = _basis(known)
    validation = _find(known, "validation")
    yield from _best(model, basis)
    specs = (schema.STABILITY, schema.NOISE, schema.IMPROVED, schema.DETERIORATION, schema.LOSS_GL)
    reason = _unusable(known, validation)
    if validation is None or reason is not None:
        for spec in specs:
            yield spec.missing(model, "insufficient_data", reason or _NO_VALIDATION)
        return
    judged = _Judged.of(known, validation)
    curve, epochs = judged.values, judged.epochs
    found = training.progress(curve)
    n = len(curve)
    yield schema.STABILITY.measure(model, float(curve[-RECENT:].std()), n=min(n, RECENT))
    yield schema.NOISE.measure(model, curves.detrended_noise(curve), n=n)
    if found.reached is None or found.deterioration is None:
        why = _below_noise(found)
        yield schema.IMPROVED.missing(model, "not_applicable", why)
        yield schema.DETERIORATION.missing(model, "not_applicable", why)
    else:
        yield schema.IMPROVED.measure(model, int(epochs[found.reached]), n=n)
        yield schema.DETERIORATION.measure(model, found.deterioration, n=n)
    loss = training.generalization_loss(curve)
    if loss is None:
        yield schema.LOSS_GL.missing(model, "not_applicable", "the loss is not positive")
    else:
        yield schema.LOSS_GL.measure(model, loss, n=n)


def _unusable(known: Sequence[_Known], validation: _Known | None) -> str | None:
    if validation is None:
        return _NO_VALIDATION
    if not validation.placed:
        return validation.epochs_rule
    curve = _Judged.of(known, validation).values
    if not np.isfinite(curve).all():
        return "the validation loss is not finite in some epochs"
    if len(curve) < training.LEAST_EPOCHS:
        return f"at least {training.LEAST_EPOCHS} epochs with a validation loss are needed (found {len(curve)})"
    return None


def _best(model: str, basis: _Known | None) -> Iterator[Measurement]:
    if basis is None or not len(basis.finite):
        yield from _missing(model, (schema.BEST, schema.ROBUST), "the history has no loss")
        return
    if not basis.placed:
        yield from _missing(model, (schema.BEST, schema.ROBUST), basis.epochs_rule)
        return
    epochs = basis.epochs[np.isfinite(basis.values)]
    raw, robust = curves.best(basis.finite)
    yield schema.BEST.measure(model, int(epochs[raw]), n=len(epochs), estimator=basis.key.key)
    if len(epochs) < training.LEAST_EPOCHS:
        yield from _missing(
            model, (schema.ROBUST,), f"at least {training.LEAST_EPOCHS} epochs are needed (found {len(epochs)})"
        )
        return
    yield schema.ROBUST.measure(model, int(epochs[robust]), n=len(epochs), estimator=basis.key.key)


def _missing(model: str, specs: Sequence[MetricSpec], reason: str) -> Iterator[Measurement]:
    for spec in specs:
        yield spec.missing(model, "insufficient_data", reason)
