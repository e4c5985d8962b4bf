"""The one pass over the data per model: batches in, frozen records out. Keras lives here and nowhere after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import InputError
from reportgen.evaluation.accumulate import ClassificationAccumulator, OutputsError
from reportgen.evaluation.logits import output_ends
from reportgen.evaluation.records import Decision, HeadEvaluation
from reportgen.evaluation.tasks import (
    ContradictionError,
    HeadEvidence,
    UndecidedError,
    resolve_outputs,
    resolve_task,
)
from reportgen.inputs.labels import encode, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from reportgen.inputs.datasets import Dataset
    from reportgen.inputs.models import LoadedModel
    from reportgen.spec import DataSpec, ModelSpec

    Progress = Callable[[int, int], None]

_NONE = Decision("none", "not looked at")


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
    progress: Progress,
) -> tuple[HeadEvaluation, ...]:
    """Evaluate every head of a model in one pass over the chosen rows.

    Parameters
    ----------
    loaded, spec
        The model and what the spec says of it.
    dataset, data
        The data and what the spec says of them.
    rows
        (N,) positions of the rows to evaluate.
    progress
        Told the rows done and the rows in all after every batch.

    Raises
    ------
    InputError
        The data do not fit the model, or the outputs contradict what they were declared to be.
    """
    return _Pass(loaded, spec, dataset, data, rows).run(progress)


class _Pass:
    def __init__(
        self, loaded: LoadedModel, spec: ModelSpec, dataset: Dataset, data: DataSpec, rows: NDArray[np.int64]
    ) -> None:
        self.loaded, self.spec, self.dataset, self.data, self.rows = loaded, spec, dataset, data, rows
        self.location = ("models", loaded.name, "path")

    def run(self, progress: Progress) -> tuple[HeadEvaluation, ...]:
        self._check_inputs()
        names, shapes, activations, forward, stripped = self._open()
        heads = [
            self._head(index, name, shapes[index], activations[index], stripped=stripped[index])
            for index, name in enumerate(names)
        ]
        wanted = [index for index, head in enumerate(heads) if head.accumulator is not None]
        if wanted:
            self._feed(heads, wanted, forward, names, progress)
        return tuple(self._finish(head) for head in heads)

    # ------------------------------------------------------------------------------------------ the model

    def _open(self) -> tuple[list[str], list[tuple[Any, ...]], list[str | None], Any, list[bool]]:
        """Return names, shapes (without batch) and activations of the outputs, the model to run, and what it strips."""
        import keras

        model = self.loaded.model
        ends = output_ends(model)
        if ends is not None:
            forward = keras.Model(model.inputs, [end.tensor for end in ends])
            shapes = [tuple(end.tensor.shape[1:]) for end in ends]
            names = getattr(model, "output_names", None) or [model.layers[-1].name]
            return list(names), shapes, [e.activation for e in ends], forward, [e.stripped for e in ends]
        outputs = self._call(model, self.rows[:1])
        names = list(outputs) if isinstance(outputs, dict) else [f"output_{i}" for i in range(len(_listed(outputs)))]
        shapes = [array.shape[1:] for array in _listed(outputs)]
        return names, shapes, [None] * len(names), model, [False] * len(names)

    def _check_inputs(self) -> None:
        """Compare what the model takes with what the data give, where the model says what it takes."""
        x, model = self.dataset.x, self.loaded.model
        takes = getattr(model, "inputs", None)
        if not takes:
            return
        names = [tensor.name for tensor in takes]
        if isinstance(x, dict):
            if set(x) != set(names):
                message = f"takes inputs named {', '.join(names)}, but data.x gives {', '.join(x)}"
                raise InputError(self.location, self.spec.path, message)
            pairs = [(f"data.x.{name}", x[name], tensor) for name, tensor in zip(names, takes, strict=True)]
        elif len(takes) > 1:
            message = f"takes {len(takes)} inputs ({', '.join(names)}): name an array for each in data.x"
            raise InputError(self.location, self.spec.path, message)
        else:
            pairs = [("data.x", x, takes[0])]
        for key, array, tensor in pairs:
            wanted = tuple(tensor.shape[1:])
            if len(wanted) != array.ndim - 1 or any(
                size not in (None, have) for size, have in zip(wanted, array.shape[1:], strict=True)
            ):
                message = f"takes rows of shape {wanted}, but {key} has rows of shape {array.shape[1:]}"
                raise InputError(self.location, self.spec.path, message)

    def _call(self, forward: Any, rows: NDArray[np.int64]) -> Any:
        import tensorflow as tf

        x = self.dataset.x
        batch = {key: value[rows] for key, value in x.items()} if isinstance(x, dict) else x[rows]
        try:
            return forward.predict_on_batch(batch)
        except (ValueError, TypeError, tf.errors.OpError) as error:
            message = f"cannot be run on data.x ({next(iter(str(error).strip().splitlines()), type(error).__name__)})"
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
        reason = _not_measured(task.value, shape, y is not None)
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
        y = self.dataset.y
        if isinstance(y, dict):
            return y.get(head)
        return y

    # ------------------------------------------------------------------------------------------ the pass

    def _feed(
        self,
        heads: list[_Head],
        wanted: list[int],
        forward: Any,
        names: list[str],
        progress: Progress,
    ) -> None:
        size = self.data.batch_size
        for start in range(0, len(self.rows), size):
            outputs = self._call(forward, self.rows[start : start + size])
            arrays = [outputs[name] for name in names] if isinstance(outputs, dict) else _listed(outputs)
            for index in wanted:
                head = heads[index]
                batch = np.asarray(arrays[index])
                self._add(head, batch.reshape(len(batch), -1))
            progress(min(start + size, len(self.rows)), len(self.rows))

    def _add(self, head: _Head, batch: NDArray[Any]) -> None:
        try:
            head.accumulator.add(batch)  # type: ignore[union-attr]
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


def _listed(outputs: Any) -> list[NDArray[Any]]:
    if isinstance(outputs, dict):
        return [np.asarray(value) for value in outputs.values()]
    return [np.asarray(value) for value in outputs] if isinstance(outputs, list | tuple) else [np.asarray(outputs)]


def _declared(value: str | Mapping[str, str], head: str) -> str:
    return value if isinstance(value, str) else value.get(head, "auto")


def _without_numbers(record: HeadEvaluation, reason: str) -> _Head:
    return _Head(replace(record, status="not_applicable", reason=reason), None)


def _not_measured(task: str, shape: tuple[Any, ...], labelled: bool) -> str | None:  # noqa: FBT001
    if task not in {"multiclass", "binary"}:
        return f"{task} heads are not measured by this version of reportgen"
    if len(shape) > 1:
        return f"outputs of shape {shape} (sequences, segmentation) are not measured by this version of reportgen"
    if task == "multiclass" and shape and shape[-1] == 1:
        return "a single output cannot tell classes apart"
    return None if labelled else "the data have no labels for this head"
