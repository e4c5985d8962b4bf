"""The one pass over the data per model: batches in, frozen records out. Keras lives here and nowhere after."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.activations import Activations
from reportgen.contract.records.heads import Decision, HeadEvaluation
from reportgen.errors import InputError, summary
from reportgen.evaluation.accumulate import ClassificationAccumulator, OutputsError
from reportgen.evaluation.feeding import feed
from reportgen.evaluation.logits import output_ends
from reportgen.evaluation.probing import ROWS_AT_ONCE, Probing, UnwatchableError, in_order
from reportgen.evaluation.structure import output_names, walk
from reportgen.evaluation.tasks.resolve import (
    ContradictionError,
    HeadEvidence,
    UndecidedError,
    resolve_outputs,
    resolve_task,
)
from reportgen.inputs.dataset import read
from reportgen.inputs.labels import encode, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from reportgen.evaluation.units import Selection
    from reportgen.inputs.dataset import Batch, Dataset
    from reportgen.inputs.models import LoadedModel
    from reportgen.spec.model import DataSpec, ModelSpec

    Progress = Callable[[int, int], None]
    Take = Callable[[Any, NDArray[np.int64]], None]

_NONE = Decision("none", "not looked at")


@dataclass(frozen=True)
class ProbedRows:
    """Which of the evaluated rows are probed (sorted places among them), how they were chosen, and which layers."""

    places: NDArray[np.int64]
    sampling: str
    layers: Selection


@dataclass
class _Head:
    """A head while it is evaluated: the record without predictions, and what gathers them."""

    record: HeadEvaluation
    accumulator: ClassificationAccumulator | None


def evaluate(
    loaded: LoadedModel,
    spec: ModelSpec,
    dataset: Dataset,
    data: DataSpec,
    rows: NDArray[np.int64],
    probe: ProbedRows | None,
    progress: Progress,
) -> tuple[tuple[HeadEvaluation, ...], Activations | None]:
    """Evaluate every head of a model, and its layers on the probed rows, in one pass over the chosen rows.

    Parameters
    ----------
    loaded, spec
        The model and what the spec says of it.
    dataset, data
        The data and what the spec says of them.
    rows
        (N,) positions of the rows to evaluate.
    probe
        Which of them are probed, and which layers; None for no probing.
    progress
        Told the rows done and the rows in all after every batch.

    Raises
    ------
    InputError
        The data do not fit the model, or the outputs contradict what they were declared to be.
    """
    return _Pass(loaded, spec, dataset, data, rows).run(probe, progress)


class _Pass:
    def __init__(
        self, loaded: LoadedModel, spec: ModelSpec, dataset: Dataset, data: DataSpec, rows: NDArray[np.int64]
    ) -> None:
        self.loaded, self.spec, self.dataset, self.data, self.rows = loaded, spec, dataset, data, rows
        self.location = ("models", loaded.name, "path")
        self.feed = feed(loaded.model, dataset)
        self.copies: tuple[tuple[Any, Any], ...] = ()

    def run(
        self, probe: ProbedRows | None, progress: Progress
    ) -> tuple[tuple[HeadEvaluation, ...], Activations | None]:
        self.feed.check(self.location, self.spec.path)
        names, shapes, activations, forward, stripped = self._open()
        self._require_named_labels(names)
        heads = [
            self._head(index, name, shapes[index], activations[index], stripped=stripped[index])
            for index, name in enumerate(names)
        ]
        wanted = [index for index, head in enumerate(heads) if head.accumulator is not None]

        def take(outputs: Any, places: NDArray[np.int64]) -> None:
            arrays = [outputs[name] for name in names] if isinstance(outputs, dict) else _listed(outputs)
            for index in wanted:
                batch = np.asarray(arrays[index])
                self._add(heads[index], batch.reshape(len(batch), -1), places)

        batches = _Batches(self.dataset, self.rows, self.data.batch_size, probe, evaluated=bool(wanted))
        watched = None if probe is None else self._probing(forward, probe)
        activations_of = self._feed(forward, watched, batches, take, progress)
        return tuple(self._finish(head) for head in heads), activations_of

    # ------------------------------------------------------------------------------------------ the model

    def _open(self) -> tuple[list[str], list[tuple[Any, ...]], list[str | None], Any, list[bool]]:
        """Return names, shapes (without batch) and activations of the outputs, the model to run, and what it strips."""
        import keras

        model = self.loaded.model
        ends = output_ends(model)
        if ends is not None:
            forward = keras.Model(model.inputs, [end.tensor for end in ends])
            self.copies = tuple(pair for end in ends for pair in end.copies)
            shapes = [tuple(end.tensor.shape[1:]) for end in ends]
            return output_names(model), shapes, [e.activation for e in ends], forward, [e.stripped for e in ends]
        _, first = next(read(self.dataset, self.rows[:1], 1))
        outputs = self._call(model, first)
        names = list(outputs) if isinstance(outputs, dict) else [f"output_{i}" for i in range(len(_listed(outputs)))]
        shapes = [array.shape[1:] for array in _listed(outputs)]
        return names, shapes, [None] * len(names), model, [False] * len(names)

    def _call(self, forward: Any, batch: Batch) -> Any:
        import tensorflow as tf

        try:
            return forward.predict_on_batch(self.feed.batch(batch))
        except (ValueError, TypeError, tf.errors.OpError) as error:
            message = f"cannot be run on data.x ({summary(error)})"
            raise InputError(self.location, self.spec.path, message) from error

    # ------------------------------------------------------------------------------------------ the heads

    def _head(self, index: int, name: str, shape: tuple[Any, ...], activation: str | None, *, stripped: bool) -> _Head:
        y = self._labels_of(name)
        loss = self.loaded.loss_of(index, name)
        evidence = HeadEvidence(
            declared_task=_declared(self.spec.task, name),
            declared_outputs=_declared(self.spec.outputs, name),
            loss=loss.name if loss else None,
            from_logits=loss.from_logits if loss else None,
            activation=activation,
            n_outputs=int(shape[-1] or 0) if shape else 1,
            labels=None if y is None else kind_of(y),
        )
        blank = HeadEvaluation(name, Decision("unknown", "no rule matches"), _NONE, _NONE, (), len(self.rows), None)
        try:
            task = resolve_task(evidence)
            outputs = resolve_outputs(evidence, task.value)
        except UndecidedError as undecided:
            return _without_numbers(blank, str(undecided))
        except ContradictionError as contradiction:
            raise InputError(("models", self.loaded.name, "outputs"), self.spec.path, str(contradiction)) from None
        record = replace(blank, task=task, outputs=outputs)
        reason = _not_measured(task.value, shape) or self._why_unlabelled(name)
        if reason is not None or y is None:
            return _without_numbers(record, reason or "")
        return self._classifier(record, y, evidence, stripped=stripped)

    def _classifier(self, record: HeadEvaluation, y: NDArray[Any], evidence: HeadEvidence, *, stripped: bool) -> _Head:
        n_classes = max(evidence.n_outputs, 2)
        if record.task.value == "binary" and n_classes > 2:  # noqa: PLR2004
            message = f"the task is binary, but the head has {n_classes} outputs"
            raise InputError(("models", self.loaded.name, "task"), self.spec.path, message)
        location: tuple[str | int, ...] = ("data", "y")
        if isinstance(self.data.y, dict):
            location = (*location, record.name)
        names = self.data.class_names
        labels = encode(
            y[self.rows],
            n_classes,
            names.get(record.name) if isinstance(names, dict) else names,
            location,
            self.data.path or str(self.data.y),
        )
        kind = "logits" if stripped else record.outputs.value
        rule = record.outputs.rule + (f"; logits taken before the final {evidence.activation}" if stripped else "")
        accumulator = ClassificationAccumulator(labels, n_classes, kind, self.data.seed)
        record = replace(
            record,
            outputs=Decision(record.outputs.value, rule),
            labels=labels.encoding,
            class_names=labels.class_names,
        )
        return _Head(record, accumulator)

    def _labels_of(self, head: str) -> NDArray[Any] | None:
        return self.dataset.labels(head)

    def _require_named_labels(self, heads: list[str]) -> None:
        """Refuse one array of labels for a model with several heads: it cannot be that of each."""
        if self.dataset.heads != (None,) or len(heads) == 1:
            return
        tables = ", ".join(f'{json.dumps(head, ensure_ascii=False)} = "..."' for head in heads)
        message = (
            f"is one array, but the model {self.loaded.name} has {len(heads)} output heads ({', '.join(heads)}): "
            f"name an array for each, y = {{ {tables} }}"
        )
        raise InputError(("data", "y"), self.data.path or str(self.data.y), message)

    def _why_unlabelled(self, head: str) -> str | None:
        if self._labels_of(head) is not None:
            return None
        named = [one for one in self.dataset.heads if one is not None]
        others = f" (there are labels for {', '.join(named)})" if named else ""
        return f"the data have no labels for this head{others}"

    # ------------------------------------------------------------------------------------------ the pass

    def _probing(self, forward: Any, probe: ProbedRows) -> Probing:
        places = walk(self.loaded.model)
        names = {id(place.layer): place.name for place in reversed(places)}
        names |= {id(copy): names.get(id(original), original.name) for copy, original in self.copies}
        return Probing(forward, names, probe.layers, probe.places, probe.sampling, self.data.seed)

    def _feed(
        self, forward: Any, probing: Probing | None, batches: _Batches, take: Take, progress: Progress
    ) -> Activations | None:
        """Run the probed rows watched, then the others; where watching fails, the rest unwatched."""
        done, activations = 0, None
        if probing is not None:
            try:
                for start, places, batch in batches.probed():
                    take(probing.predict(self.feed.batch(batch), start), places)
                    done += len(places)
                    progress(done, batches.total)
                activations = probing.result()
            except UnwatchableError as error:
                reason = f"the model cannot be run with its layers watched ({error})"
                activations = Activations(probing.places, probing.sampling, (), reason=reason)
        for places, batch in batches.others(done):
            take(self._call(forward, batch), places)
            done += len(places)
            progress(done, batches.total)
        return activations

    def _add(self, head: _Head, batch: NDArray[Any], places: NDArray[np.int64]) -> None:
        try:
            head.accumulator.add(batch, places)  # type: ignore[union-attr]
        except OutputsError as error:
            message = (
                f"the outputs of {head.record.name!r} are taken as probabilities ({head.record.outputs.rule}), but "
                f'{error}: if they are logits, say outputs = "logits"'
            )
            raise InputError(("models", self.loaded.name, "outputs"), self.spec.path, message) from None

    def _finish(self, head: _Head) -> HeadEvaluation:
        gathered = head.accumulator
        if gathered is None:
            return head.record
        if gathered.not_finite:
            first = int(self.rows[gathered.first_not_finite or 0])
            reason = (
                f"the model's outputs are NaN or infinite for {gathered.not_finite:,} of {len(self.rows):,} rows "
                f"(the first is row {first})"
            )
            return replace(head.record, status="failed", reason=reason)
        return replace(head.record, classification=gathered.result())


class _Batches:
    """The order in which rows go through the model: the probed ones first, then the others."""

    def __init__(
        self, dataset: Dataset, rows: NDArray[np.int64], size: int, probe: ProbedRows | None, *, evaluated: bool
    ) -> None:
        self._dataset, self._rows, self._size = dataset, rows, size
        self._probed = np.empty(0, np.int64) if probe is None else probe.places
        self._all = np.arange(len(rows)) if evaluated else self._probed
        self.total = len(self._all)

    def probed(self) -> Iterator[tuple[int, NDArray[np.int64], Batch]]:
        """Yield batches of probed places, each with its start among them and its inputs."""
        size = min(self._size, ROWS_AT_ONCE)
        for places, batch in read(self._dataset, self._rows[self._probed], size):
            yield int(places[0]), self._probed[places], batch

    def others(self, done: int) -> Iterator[tuple[NDArray[np.int64], Batch]]:
        """Yield batches of the places that are left, of all but the first ``done`` probed ones, with their inputs."""
        left = np.setdiff1d(self._all, self._probed[:done], assume_unique=True)
        for places, batch in read(self._dataset, self._rows[left], self._size):
            yield left[places], batch


def _listed(outputs: Any) -> list[NDArray[Any]]:
    return [np.asarray(value) for value in in_order(outputs)]


def _declared(value: str | Mapping[str, str], head: str) -> str:
    return value if isinstance(value, str) else value.get(head, "auto")


def _without_numbers(record: HeadEvaluation, reason: str) -> _Head:
    return _Head(replace(record, status="not_applicable", reason=reason), None)


def _not_measured(task: str, shape: tuple[Any, ...]) -> str | None:
    if task not in {"multiclass", "binary"}:
        return f"{task} heads are not measured by this version of reportgen"
    if len(shape) > 1:
        return f"outputs of shape {shape} (sequences, segmentation) are not measured by this version of reportgen"
    if task == "multiclass" and shape and shape[-1] == 1:
        return "a single output cannot tell classes apart"
    return None
