"""A head during the evaluation: its task and type, the rules that decided them, and its accumulator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from reportgen.contract.numbers import required
from reportgen.contract.records.heads import Decision, HeadEvaluation
from reportgen.errors import InputError
from reportgen.evaluation.tasks.base import (
    ContradictionError,
    HeadEvidence,
    HeadRows,
    OutputsError,
    Positions,
    Several,
    UndecidedError,
)
from reportgen.evaluation.tasks.dense import DenseAccumulator
from reportgen.evaluation.tasks.distributional import QUANTILES
from reportgen.evaluation.tasks.resolve import resolve_outputs, resolve_task, task_of
from reportgen.inputs.labels import kind_of
from reportgen.metrics import scores
from reportgen.metrics.mapped import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from reportgen.evaluation.tasks.base import Accumulator
    from reportgen.inputs.models import LoadedModel
    from reportgen.spec.tables.data import DataSpec
    from reportgen.spec.tables.models import ModelSpec

ValueT = TypeVar("ValueT")
_NONE = Decision("none", "not examined")


@dataclass(frozen=True)
class Output:
    """An output of a model: its name, its shape without the batch axis, its last activation if it is visible.

    ``stripped`` is whether the activation was removed: the outputs are then logits. ``axis`` is that of a softmax over another axis than
    the last one; None for any other activation.
    """

    name: str
    shape: tuple[Any, ...]
    activation: str | None = None
    stripped: bool = False
    axis: int | None = None


@dataclass(frozen=True)
class Reader:
    """The context of the heads of a model: the model, its entry in the spec, and the evaluated rows."""

    loaded: LoadedModel
    spec: ModelSpec
    data: DataSpec
    rows: NDArray[np.int64]
    threshold: float

    def open(
        self,
        index: int,
        output: Output,
        labels: NDArray[Any] | None,
        unlabeled: str | None,
        mask: NDArray[Any] | None = None,
    ) -> Head:
        """Decide the task and type of a head, and how it is collected.

        Parameters
        ----------
        index, output
            The output and its position among all outputs.
        labels
            Labels of all rows of the data; None without labels for this head.
        unlabeled
            Why there are no labels.
        mask
            Which positions of all rows of the data count, for this head; None if the data does not say.

        Raises
        ------
        InputError
            Declarations, model and data contradict each other.
        """
        unknown = Decision("unknown", "no rule matches")
        record = HeadEvaluation(output.name, unknown, _NONE, _NONE, (), len(self.rows), None)
        if output.shape and output.shape[-1] is None:
            return Head(_without_numbers(record, "the size of its last axis is not fixed"))
        evidence = self._evidence(index, output, labels)
        try:
            task = resolve_task(evidence)
            output_type = resolve_outputs(evidence, task.value)
        except UndecidedError as undecided:
            return Head(_without_numbers(record, str(undecided)))
        except ContradictionError as contradiction:
            raise self._error("outputs", contradiction) from None
        record = replace(record, task=task, output_type=output_type)
        reason = task_of(task.value).not_measured(task.value, output.shape)
        if reason is not None:
            return Head(_without_numbers(record, reason))
        link = task_of(task.value).link(evidence.n_outputs)
        restore = output.activation if output.stripped and output.activation != link else None
        if output.stripped and restore is None:
            rule = f"{output_type.rule}; logits taken before the final {output.activation}"
            record = replace(record, output_type=Decision(output_type.value, rule))
        before = output.stripped and restore is None
        positions = self._positions(index, output.name, mask)
        rows = self._rows(record, evidence, labels, logits=before)
        try:
            gathering = task_of(task.value).gather(task.value, replace(rows, shape=output.shape, positions=positions))
        except ContradictionError as contradiction:
            raise self._error("task", contradiction) from None
        record = replace(
            record, labels=gathering.labels, class_names=gathering.class_names, positions=gathering.positions
        )
        if labels is None:
            record = _without_numbers(record, unlabeled or "the data has no labels")
        return Head(record, gathering.accumulator, restore, gathering.at_once)

    def _evidence(self, index: int, output: Output, labels: NDArray[Any] | None) -> HeadEvidence:
        loss = self.loaded.loss_of(index, output.name)
        levels = _of_head(self.spec.quantiles, output.name) or ()
        return HeadEvidence(
            declared_task=_declared(self.spec.task, output.name),
            declared_outputs=QUANTILES if levels else _declared(self.spec.outputs, output.name),
            loss=loss.name if loss else None,
            from_logits=loss.from_logits if loss else None,
            activation=output.activation,
            n_outputs=int(output.shape[-1]) if output.shape else 1,
            axes=max(len(output.shape) - 1, 0),
            labels=None if labels is None else kind_of(labels),
            levels=levels,
            axis=output.axis,
        )

    def _rows(
        self, record: HeadEvaluation, evidence: HeadEvidence, labels: NDArray[Any] | None, *, logits: bool
    ) -> HeadRows:
        y = self.data.y
        columns = _of_head(self.data.label_columns, record.name)
        if columns is not None and (evidence.axes or len(columns) != evidence.n_outputs):
            columns = None  # they are positions, or the labels contradict the outputs, which is told of them
        return HeadRows(
            n=len(self.rows),
            n_outputs=evidence.n_outputs,
            output_type="logits" if logits else record.output_type.value,
            labels=None if labels is None else self._chosen(labels),
            class_names=_of_head(self.data.class_names, record.name) or columns,
            value_names=_of_head(self.data.value_names, record.name) or columns,
            threshold=self.threshold,
            seed=self.data.seed,
            location=("data", "y", record.name) if isinstance(y, dict) else ("data", "y"),
            file=self.data.origin or str(y),
            levels=evidence.levels,
            numbers=self.rows,
        )

    def _chosen(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the evaluated rows of an array; it is not copied if these are all."""
        return chosen(array, self.rows)

    def _positions(self, index: int, head: str, mask: NDArray[Any] | None) -> Positions:
        """Return which positions count: as the spec says, otherwise as the compiled loss does."""
        data, loss = self.data, self.loaded.loss_of(index, head)
        declared = _of_head(data.ignore_label, head)
        ignored = declared if declared is not None or loss is None else loss.ignore_class
        rules = [] if mask is None else ["data.mask"]
        if declared is not None:
            rules.append(f"data.ignore_label = {declared}")
        elif ignored is not None and loss is not None:
            rules.append(f"compiled loss {loss.name} with ignore_class={ignored}")
        key = "mask" if mask is not None else "ignore_label" if declared is not None else "y"
        named = isinstance(getattr(data, key), dict)
        file = data.origin or str(_of_head(data.mask, head) if mask is not None else data.y)
        place = ("data", key, head) if named else ("data", key)
        return Positions(None if mask is None else self._chosen(mask), ignored, " and ".join(rules), place, file)

    def add(
        self, head: Head, outputs: NDArray[Any], places: NDArray[np.int64], mask: NDArray[np.bool_] | None = None
    ) -> None:
        """Pass the outputs (batch, ..., n_outputs) of some rows to a head; ``mask`` (batch, ...) is that of the model's layers for the positions of a row.

        Raises
        ------
        InputError
            The outputs contradict their type.
        """
        if head.accumulator is None:
            return
        try:
            if isinstance(head.accumulator, DenseAccumulator):
                head.accumulator.add(_restored(outputs, head.restore), places, mask)
            else:
                head.accumulator.add(_restored(outputs.reshape(len(outputs), -1), head.restore), places)
        except OutputsError as error:
            record = head.record
            message = (
                f"the outputs of {record.name!r} should be {error.wanted} ({record.output_type.rule}), but "
                f"{error}: {error.remedy}"
            )
            raise InputError(("models", self.loaded.name, "outputs"), self.spec.origin, message) from None

    def finish(self, head: Head, *, alone: bool) -> tuple[HeadEvaluation, ...]:
        """Return the record with its outputs, or one for each value of the head; failed if any were NaN or infinite.

        ``alone`` is whether the model has no other output: then values have their own names, otherwise ``output/value``.
        """
        if head.accumulator is None:
            return (head.record,)
        gathered = head.accumulator.gathered
        if gathered.not_finite:
            first = int(self.rows[required(gathered.first_not_finite)])
            reason = (
                f"the model's outputs are NaN or infinite for {gathered.not_finite:,} of {len(self.rows):,} rows "
                f"(the first is row {first})"
            )
            return (replace(head.record, status="failed", reason=reason),)
        outputs = head.accumulator.result()
        if not isinstance(outputs, Several):
            return (replace(head.record, outputs=outputs),)
        return tuple(
            replace(head.record, name=name if alone else f"{head.record.name}/{name}", outputs=part)
            for name, part in outputs.parts.items()
        )

    def _error(self, key: str, contradiction: ContradictionError) -> InputError:
        location = ("models", self.loaded.name, contradiction.key or key)
        return InputError(location, self.spec.origin, str(contradiction))


@dataclass(frozen=True)
class Head:
    """A head during the evaluation: its record without outputs, and its accumulator, or None.

    ``restore`` is an activation that was removed from the model although the outputs of the task are not its logits. ``at_once`` is the
    number of rows in a batch that its outputs allow, None for any.
    """

    record: HeadEvaluation
    accumulator: Accumulator | None = None
    restore: str | None = None
    at_once: int | None = None

    def masked_by_layers(self) -> Head:
        """Return the head as one whose positions the layers of the model mask."""
        known = self.record.positions or Decision("all", "")
        value, rule = "where the mask of the model's layers is 1", "no data.mask; the layers pass on a mask"
        if known.value != "all":
            value, rule = f"{value} and {known.value}", f"{rule}; {known.rule}"
        return replace(self, record=replace(self.record, positions=Decision(value, rule)))


def _restored(outputs: NDArray[Any], activation: str | None) -> NDArray[Any]:
    """Apply a removed softmax or sigmoid to outputs (batch, n_outputs)."""
    if activation is None:
        return outputs
    found = scores.log_softmax(outputs) if activation == "softmax" else scores.log_sigmoid(outputs)
    return np.asarray(np.exp(found))


def _declared(value: str | Mapping[str, str], head: str) -> str:
    return value if isinstance(value, str) else value.get(head, "auto")


def _of_head(value: ValueT | dict[str, ValueT] | None, head: str) -> ValueT | None:
    """Return what a key of the data says of a head: a value for any, or a table by head."""
    return value.get(head) if isinstance(value, dict) else value


def _without_numbers(record: HeadEvaluation, reason: str) -> HeadEvaluation:
    return replace(record, status="not_applicable", reason=reason)
