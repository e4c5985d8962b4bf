"""From a spec to an evaluation: load the data, then load, evaluate and release one model after the other."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.forms import NO_LAYERS
from reportgen.contract.needs import Need
from reportgen.contract.records.activations import Activations
from reportgen.contract.records.data import DataEvaluation
from reportgen.contract.records.evaluation import ModelEvaluation
from reportgen.errors import InputError
from reportgen.evaluation.architecture import describe
from reportgen.evaluation.attempts import Attempts
from reportgen.evaluation.cost import cost, unknown
from reportgen.evaluation.examples import Errors
from reportgen.evaluation.leakage import training_rows
from reportgen.evaluation.population import describe_data
from reportgen.evaluation.run import ProbedRows, evaluate
from reportgen.evaluation.sampling import choose_rows
from reportgen.evaluation.slices import searched, slicings
from reportgen.evaluation.times import times
from reportgen.evaluation.weights import weight_tensors
from reportgen.inputs.code import versions
from reportgen.inputs.dataset import count
from reportgen.inputs.labels import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reportgen.contract.needs import Request, Timing
    from reportgen.contract.records.cost import Times
    from reportgen.contract.records.data import TrainingRows
    from reportgen.contract.records.examples import Examples
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.records.history import History
    from reportgen.inputs.dataset import Dataset
    from reportgen.inputs.given import Inputs
    from reportgen.inputs.models import LoadedModel
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.data import DataSpec
    from reportgen.spec.tables.models import ModelSpec

    ProgressCallback = Callable[[str, int, int], None]

_OF_THE_PASS = frozenset({Need.PREDICTIONS, Need.LABELS, Need.ACTIVATIONS})


@dataclass(frozen=True)
class Collection:
    """An evaluation with lazy models: each is loaded, evaluated and released on request.

    ``evaluate`` takes the name of a model and returns it without the parts that failed, together with the first error.
    ``take`` counts in one that was evaluated in an earlier run. ``examples`` returns the errors to show of all models that were evaluated before; None if no section needs them.
    """

    data: DataEvaluation | None
    versions: dict[str, str]
    models: tuple[str, ...]
    evaluate: Callable[[str], tuple[ModelEvaluation, InputError | None]]
    take: Callable[[ModelEvaluation], None]
    examples: Callable[[], Examples | None]


def collect(spec: ReportSpec, inputs: Inputs, request: Request, report: ProgressCallback) -> Collection:
    """Read the data and histories of a spec, and evaluate its models one by one.

    Parameters
    ----------
    spec, inputs
        The spec, and the origin of models, data and histories.
    request
        What the sections need; nothing else is computed.
    report
        Called with (current step, number done, total number).

    Raises
    ------
    InputError
        The data or a history cannot be used.
    """
    dataset = data = None
    if spec.data is not None:
        report("reading the data", 0, 1)
        dataset = inputs.dataset(spec.data)
        n_total = count(dataset)
        rows, sampling = _rows(dataset, n_total, spec.data)
        data = DataEvaluation(
            dataset.files,
            spec.data.split,
            n_total,
            rows,
            spec.data.seed,
            sampling,
            describe_data(dataset, rows, spec.data.class_names),
            spec.data.used_for,
            *_groups(dataset, rows, spec.data),
            _weights(dataset, rows),
            code=dataset.code,
            reading=dataset.reading,
        )
        if (training := spec.data.training) is not None:
            pictures = spec.output.gallery is not None
            data = replace(
                data, training=_training(spec.data, training, inputs, dataset, rows, report, pictures=pictures)
            )
        if Need.SLICES in request.needs:
            parts = (spec.slices, dataset.columns, rows)
            data = replace(data, slicings=slicings(*parts), searched=searched(*parts))
    read = {name: inputs.history(name, model) for name, model in spec.models.items()}
    collector = _Collector(spec.data, dataset, data, request, report)
    errors = Errors(request.examples)

    def evaluate(name: str) -> tuple[ModelEvaluation, InputError | None]:
        report(f"loading {name}", 0, 1)
        model, failure = collector.model(name, spec.models[name], inputs, read[name])
        errors.add(model, data)
        return model, failure

    used = {"python": platform.python_version()} | versions() | {"numpy": np.__version__}
    return Collection(
        data,
        used,
        tuple(spec.models),
        evaluate,
        lambda model: errors.add(model, data),
        lambda: errors.examples(dataset, spec.data, data),
    )


@dataclass(frozen=True)
class _Collector:
    """The shared state of all models."""

    spec: DataSpec | None
    dataset: Dataset | None
    data: DataEvaluation | None
    request: Request
    report: ProgressCallback

    def model(
        self, name: str, spec: ModelSpec, inputs: Inputs, history: History | None
    ) -> tuple[ModelEvaluation, InputError | None]:
        """Evaluate a model as far as possible; also return the first error."""
        attempts = Attempts(name, spec)
        loaded = attempts.attempt(lambda: inputs.model(name, spec))
        if loaded is None:
            file, sha256, size = inputs.identity(name, spec)
            found = ModelEvaluation(name, file, sha256, size, (), history, series=spec.series, recipe=spec.recipe)
        else:
            found = self._loaded(spec, loaded, history, attempts)
        failure = attempts.failure
        if failure is not None:
            found = replace(found, heads=(), activations=None, reason=failure.message)
        return found, failure

    def _loaded(
        self, spec: ModelSpec, loaded: LoadedModel, history: History | None, attempts: Attempts
    ) -> ModelEvaluation:
        layered = loaded.form != "saved_model"
        heads, activations = attempts.attempt(lambda: self._pass(loaded.name, spec, loaded)) or ((), None)
        wants_weights, wants_cost = (need in self.request.needs for need in (Need.WEIGHTS, Need.COST))
        timing = self.request.timing
        return ModelEvaluation(
            name=loaded.name,
            file=loaded.file,
            sha256=loaded.sha256,
            size_bytes=loaded.size_bytes,
            heads=heads,
            history=history,
            architecture=attempts.attempt(lambda: describe(loaded)),
            weights=attempts.attempt(lambda: weight_tensors(loaded.model)) if wants_weights and layered else None,
            activations=activations,
            cost=None if not wants_cost else cost(loaded) if layered else unknown(NO_LAYERS),
            times=None if timing is None else self._times(loaded, timing),
            series=spec.series,
            recipe=spec.recipe,
            code=loaded.code,
            form=loaded.form,
        )

    def _times(self, loaded: LoadedModel, timing: Timing) -> Times:
        self.report(f"timing {loaded.name}", 0, 1)
        return times(loaded, timing)

    def _pass(
        self, name: str, spec: ModelSpec, loaded: LoadedModel
    ) -> tuple[tuple[HeadEvaluation, ...], Activations | None]:
        if self.spec is None or self.dataset is None or self.data is None or not self.request.needs & _OF_THE_PASS:
            return (), None
        probed = self._probed()
        layered = loaded.form != "saved_model"
        heads, activations = evaluate(
            loaded,
            spec,
            self.dataset,
            self.spec,
            self.data.rows,
            probed if layered else None,
            lambda done, total: self.report(f"evaluating {name}", done, total),
            self.request.threshold,
        )
        if probed is not None and not layered:
            activations = Activations(probed.places, probed.sampling, (), reason=NO_LAYERS)
        return heads, activations

    def _probed(self) -> ProbedRows | None:
        probe = self.request.probe
        if probe is None or self.data is None or self.dataset is None:
            return None
        strata = _strata(self.dataset)
        labels = None if strata is None else strata[self.data.rows]
        places, sampling = choose_rows(self.data.n, probe.samples, labels, self.data.seed)
        return ProbedRows(places, sampling, probe.layers or "units")


def _rows(dataset: Dataset, n_total: int, spec: DataSpec) -> tuple[NDArray[np.int64], str]:
    """Choose the rows to evaluate among those whose weight is not 0."""
    strata, weights = _strata(dataset), dataset.weights
    if weights is None or weights.all():
        return choose_rows(n_total, spec.max_samples, strata, spec.seed)
    counted = np.flatnonzero(weights)
    labels = None if strata is None else strata[counted]
    chosen, sampling = choose_rows(len(counted), spec.max_samples, labels, spec.seed)
    return counted[chosen], f"{sampling}, after leaving out {n_total - len(counted):,} rows with weight 0"


def _training(
    spec: DataSpec,
    training: DataSpec,
    inputs: Inputs,
    dataset: Dataset,
    rows: NDArray[np.int64],
    report: ProgressCallback,
    *,
    pictures: bool,
) -> TrainingRows:
    """Read the training data and look for the evaluated rows in it; errors are placed where the spec names what they are about."""
    step = "comparing with the training data"
    report(step, 0, 1)
    try:
        found = inputs.dataset(training)
        return training_rows(dataset, rows, found, lambda done: report(step, done, found.n or done), pictures=pictures)
    except InputError as error:
        location = spec.place_in_training(error.location)
        raise InputError(location, error.file or training.origin or str(training.x), error.message) from error


def _groups(dataset: Dataset, rows: NDArray[np.int64], spec: DataSpec) -> tuple[str | None, NDArray[np.int64] | None]:
    """Return what the rows are grouped by, and the group of each, from 0."""
    groups = dataset.groups
    if groups is None or spec.group is None:
        return None, None
    by = spec.group if spec.origin is not None else PurePath(spec.group).stem
    return by, np.unique(groups[rows], return_inverse=True)[1].astype(np.int64)


def _weights(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the weights of the rows, of mean 1; None where they are equal."""
    if dataset.weights is None:
        return None
    found = dataset.weights[rows]
    return None if (found == found[0]).all() else found / found.mean()


def _of_positions(y: NDArray[Any]) -> bool:
    """Return whether a row has a label for each of several positions: a matrix of more than 0 and 1, or more axes."""
    axes = len([size for size in y.shape[1:] if size > 1])
    return axes > 1 or (axes == 1 and y.dtype.kind in "iu" and bool((y > 1).any()))


def _strata(dataset: Dataset) -> NDArray[Any] | None:
    """Return class labels to stratify a sample by; None if there are none."""
    y = dataset.labels(None)
    if y is None or _of_positions(y) or kind_of(y) == "floats":
        return None
    return y.argmax(axis=1) if kind_of(y) == "rows" else y.reshape(len(y), -1)[:, 0]
