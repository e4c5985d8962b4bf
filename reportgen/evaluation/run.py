"""The pass over the data for one model: batches in, frozen records out. No Keras after this."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.activations import Activations
from reportgen.contract.records.evaluation import SplitOutputs
from reportgen.contract.records.pieces import RowsPiece
from reportgen.errors import InputError
from reportgen.evaluation.feeding import feed
from reportgen.evaluation.heads import Output, Reader
from reportgen.evaluation.layer_masks import LayerMasks
from reportgen.evaluation.logits import output_ends
from reportgen.evaluation.parts import WHOLE
from reportgen.evaluation.predictor import Predictor
from reportgen.evaluation.probing import ROWS_AT_ONCE, Probing, UnwatchableError, in_order
from reportgen.evaluation.structure import output_names, walk
from reportgen.inputs.dataset import read
from reportgen.metrics.mapped import chosen, zeros
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.evaluation.heads import Head
    from reportgen.evaluation.parts import RowsPart
    from reportgen.evaluation.units import Selection
    from reportgen.inputs.dataset import Batch, Dataset
    from reportgen.inputs.models import LoadedModel
    from reportgen.spec.tables.data import DataSpec
    from reportgen.spec.tables.models import ModelSpec

    Progress = Callable[[int, int], None]
    Take = Callable[[Any, NDArray[np.int64], Batch], None]


@dataclass(frozen=True)
class ProbedRows:
    """The probed rows (sorted positions among the evaluated ones), how they were chosen, and which layers."""

    places: NDArray[np.int64]
    sampling: str
    layers: Selection


class Pass:
    """The pass of one model over the chosen rows.

    Parameters
    ----------
    loaded, spec
        The model and its entry in the spec.
    dataset, data
        The data and its entry in the spec.
    rows
        (N,) positions of the rows to evaluate.
    probe
        The rows and layers to probe; None for no probing.
    threshold
        Probability above which the positive class of a binary head is predicted.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        spec: ModelSpec,
        dataset: Dataset,
        data: DataSpec,
        rows: NDArray[np.int64],
        probe: ProbedRows | None,
        threshold: float = 0.5,
    ) -> None:
        self.loaded, self.spec, self.dataset, self.data, self.rows = loaded, spec, dataset, data, rows
        self.location = spec.location(loaded.name)
        self.probe = probe
        self.feed = feed(loaded.model, dataset)
        self.reader = Reader(loaded, spec, data, rows, threshold)
        self.copies: tuple[tuple[Any, Any], ...] = ()

    def run(self, progress: Progress) -> SplitOutputs:
        """Evaluate every head of the model, and its layers on the probed rows, in one pass.

        Parameters
        ----------
        progress
            Called with the number of rows done and in total after every batch.

        Raises
        ------
        InputError
            The data does not fit the model, or the outputs contradict their declared type.
        """
        heads, activations, _ = self._run(progress, None)
        return SplitOutputs(self._finished(heads), activations)

    def run_part(self, progress: Progress, part: RowsPart) -> RowsPiece:
        """Evaluate some of the rows, as :meth:`run` does all."""
        heads, activations, own = self._run(progress, part)
        gathered = [None if head.accumulator is None else head.accumulator.gathered.piece() for head in heads]
        return RowsPiece(own, tuple(gathered), activations)

    def joined(self, pieces: Sequence[RowsPiece]) -> SplitOutputs:
        """Return what :meth:`run` returns, from the pieces of all parts in their order."""
        heads, _, _ = self._opened()
        for piece in pieces:
            for head, gathered in zip(heads, piece.heads, strict=True):
                if head.accumulator is not None and gathered is not None:
                    head.accumulator.gathered.merge(gathered, piece.places)
        return SplitOutputs(self._finished(heads), pieces[0].activations)

    def _run(
        self, progress: Progress, part: RowsPart | None
    ) -> tuple[list[Head], Activations | None, NDArray[np.int64]]:
        """Return the heads with what was gathered, the activations, and the positions of the rows; without these for all of them."""
        heads, masks, forward = self._opened()
        size = min([self.data.batch_size, *(head.at_once for head in heads if head.at_once is not None)])
        evaluated = any(head.accumulator is not None for head in heads)
        batches = _Batches(self.dataset, self.rows, size, self.probe, part or WHOLE, evaluated=evaluated)
        own = np.empty(0, np.int64) if part is None else batches.own
        names = [head.record.name for head in heads]
        gathered = {i: head.accumulator.gathered for i, head in enumerate(heads) if head.accumulator is not None}

        def take(outputs: Any, places: NDArray[np.int64], given: Batch) -> None:
            arrays = [outputs[name] for name in names] if isinstance(outputs, dict) else _listed(outputs)
            masked = masks.read(self.feed.batch(given))
            for index in gathered:
                batch = np.asarray(arrays[index])
                self._require_numbers(names[index], batch, len(places))
                self.reader.add(heads[index], batch, places, masked.get(index))

        def end_block() -> None:
            for one in gathered.values():
                one.end_block()

        if part is not None:
            for one in gathered.values():
                one.only(own)
        return heads, self._feed(forward, batches, take, end_block, progress), own

    def _opened(self) -> tuple[list[Head], LayerMasks, Any]:
        """Return the heads, the masks of layers, and the model to run."""
        self.feed.check(self.location, self.spec.origin)
        outputs, forward = self._open()
        names = [output.name for output in outputs]
        self._require_declared(names)
        self._require_named_labels(names)
        heads = [
            self.reader.open(
                index,
                output,
                self.dataset.labels(output.name),
                self._why_unlabeled(output.name),
                self.dataset.mask(output.name),
            )
            for index, output in enumerate(outputs)
        ]
        self._require_positions(heads)
        masks = self._layer_masks(forward, heads, names)
        for index in masks.outputs:
            heads[index] = heads[index].masked_by_layers()
        return heads, masks, forward

    def _finished(self, heads: list[Head]) -> tuple[HeadEvaluation, ...]:
        return tuple(one for head in heads for one in self.reader.finish(head, alone=len(heads) == 1))

    # ------------------------------------------------------------------------------------------ the model

    def _open(self) -> tuple[list[Output], Any]:
        """Return the outputs and the model to run, without its last activations if possible."""
        import keras

        model = self.loaded.model
        ends = output_ends(model)
        if ends is not None:
            self.copies = tuple(pair for end in ends for pair in end.copies)
            named = zip(output_names(model), ends, strict=True)
            outputs = [
                Output(name, tuple(end.tensor.shape[1:]), end.activation, end.stripped, end.axis) for name, end in named
            ]
            return outputs, keras.Model(model.inputs, [end.tensor for end in ends])
        _, first = next(read(self.dataset, self.rows[:1], 1))
        made = Predictor(model)(self.feed.batch(first))
        names = list(made) if isinstance(made, dict) else [f"output_{i}" for i in range(len(_listed(made)))]
        return [Output(name, one.shape[1:]) for name, one in zip(names, _listed(made), strict=True)], model

    # ------------------------------------------------------------------------------------------ the heads

    def _require_numbers(self, head: str, outputs: NDArray[Any], rows: int) -> None:
        """Reject outputs that are not real numbers for every row."""
        if outputs.dtype.kind not in "fiub" and outputs.dtype.name != "bfloat16":
            wrong = f"are {outputs.dtype.name}, not real numbers"
        elif outputs.ndim == 0 or len(outputs) != rows or outputs.size == 0:
            wrong = f"have shape {outputs.shape} for {rows} rows"
        else:
            return
        raise InputError(self.location, self.spec.origin, f"cannot be evaluated: the outputs of {head!r} {wrong}")

    def _require_declared(self, heads: list[str]) -> None:
        """Reject the type or the task of an output that the model does not have."""
        for key, table in (("outputs", self.spec.outputs), ("task", self.spec.task)):
            for head in table if isinstance(table, dict) else ():
                if head not in heads:
                    message = f"the model has no output of this name (it has {', '.join(heads)})"
                    raise InputError(("models", self.loaded.name, key, head), self.spec.origin, message)

    def _require_named_labels(self, heads: list[str]) -> None:
        """Reject a single array of labels for a model with several heads."""
        if self.dataset.heads != (None,) or len(heads) == 1:
            return
        tables = ", ".join(f'{json.dumps(head, ensure_ascii=False)} = "..."' for head in heads)
        message = (
            f"is one array, but the model {self.loaded.name} has {len(heads)} outputs ({', '.join(heads)}): "
            f"name an array for each, y = {{ {tables} }}"
        )
        raise InputError(("data", "y"), self.data.origin or str(self.data.y), message)

    def _layer_masks(self, forward: Any, heads: list[Head], names: list[str]) -> LayerMasks:
        """Find the masks that the model's layers pass on to outputs with positions, for which the data has no mask."""
        unmasked = [name for head, name in zip(heads, names, strict=True) if head.record.positions is not None]
        unmasked = [name for name in unmasked if self.dataset.mask(name) is None]
        if not unmasked:
            return LayerMasks(forward, names, ())
        _, first = next(read(self.dataset, self.rows[:1], 1))
        return LayerMasks.among(forward, names, unmasked, self.feed.batch(first))

    def _require_positions(self, heads: list[Head]) -> None:
        """Reject a mask, or an ignored label, for a model whose heads all have one answer per row."""
        answers = [head.record for head in heads if head.accumulator is not None]
        if not answers or any(head.positions is not None for head in answers) or self.dataset.heads == ():
            return
        for key in ("mask", "ignore_label"):
            if getattr(self.data, key) is not None:
                tasks = ", ".join(f"{head.name} is {head.task.value}" for head in answers)
                message = f"is for segmentation and sequence labeling, but the model {self.loaded.name} has no such output ({tasks})"
                raise InputError(("data", key), "", message)

    def _why_unlabeled(self, head: str) -> str | None:
        if self.dataset.labels(head) is not None:
            return None
        named = [one for one in self.dataset.heads if one is not None]
        others = f" (there are labels for {', '.join(named)})" if named else ""
        return f"the data has no labels for this output{others}"

    # ------------------------------------------------------------------------------------------ the pass

    def _probing(self, forward: Any, probe: ProbedRows) -> Probing:
        places = walk(self.loaded.model)
        names = {id(place.layer): place.name for place in reversed(places)}
        names |= {id(copy): names.get(id(original), original.name) for copy, original in self.copies}
        return Probing(forward, names, probe.layers, probe.places, probe.sampling, self.data.seed)

    def _feed(
        self, forward: Any, batches: _Batches, take: Take, end_block: Callable[[], None], progress: Progress
    ) -> Activations | None:
        """Run the probed rows with tracing, without it from where it fails, then the others."""
        done, activations, predict = 0, None, Predictor(forward)

        def run(outputs: Any, places: NDArray[np.int64], batch: Batch) -> None:
            nonlocal done
            take(outputs, places, batch)
            done += len(places)
            progress(done, batches.total)

        if self.probe is not None and batches.probes:
            probing = self._probing(forward, self.probe)
            try:
                for start, places, batch in batches.probed():
                    run(probing.predict(self.feed.batch(batch), start), places, batch)
                activations = probing.result()
            except UnwatchableError as error:
                reason = f"the model cannot be run with its layers traced ({error})"
                activations = Activations(probing.places, probing.sampling, (), reason=reason)
                for _, places, batch in batches.probed(done):
                    run(predict(self.feed.batch(batch)), places, batch)
            end_block()
        for block in batches.blocks():
            for places, batch in block:
                run(predict(self.feed.batch(batch)), places, batch)
            end_block()
        return activations


class _Batches:
    """The order of the rows in the pass: the probed ones first, then the others in blocks of batches.

    Parameters
    ----------
    dataset, rows
        The data, and the positions of the evaluated rows.
    size
        Rows of a batch.
    probe
        Which of them are probed.
    part
        The part that is run.
    evaluated
        Whether anything is gathered of the rows that are not probed.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: NDArray[np.int64],
        size: int,
        probe: ProbedRows | None,
        part: RowsPart,
        *,
        evaluated: bool,
    ) -> None:
        self._dataset, self._rows, self._size = dataset, rows, size
        probed = np.empty(0, np.int64) if probe is None else probe.places
        self._blocks = part.blocks(len(rows) - len(probed) if evaluated else 0, size)
        self._all_probed = probed
        self.probes = part.index == 0
        self._probed = probed if self.probes else probed[:0]
        self.total = len(self._probed) + sum(map(len, self._blocks))

    @property
    def own(self) -> NDArray[np.int64]:
        """The positions of the rows of this part, sorted."""
        found = zeros((self.total,), np.int64)
        found[: len(self._probed)] = self._probed
        found[len(self._probed) :] = self._left
        found.sort()
        return found

    def probed(self, done: int = 0) -> Iterator[tuple[int, NDArray[np.int64], Batch]]:
        """Yield batches of probed positions but the first ``done``, each with its start among them and its inputs."""
        size = min(self._size, ROWS_AT_ONCE)
        for places, batch in read(self._dataset, self._rows[self._probed[done:]], size):
            yield int(places[0]) + done, self._probed[places + done], batch

    def blocks(self) -> Iterator[Iterator[tuple[NDArray[np.int64], Batch]]]:
        """Yield the blocks of the other positions, each as batches with their inputs."""
        left = self._left
        batches = read(self._dataset, chosen(self._rows, left), self._size)
        for block in self._blocks:
            yield ((left[places], batch) for places, batch in islice(batches, -(-len(block) // self._size)))

    @cached_property
    def _left(self) -> NDArray[np.int64]:
        """The positions of the rows of this part that are not probed."""
        if not self._blocks:
            return np.empty(0, np.int64)
        first, end = self._blocks[0].start, self._blocks[-1].stop
        before = self._all_probed - np.arange(len(self._all_probed))
        found = zeros((end - first,), np.int64)
        for span in spans(len(found)):
            places = np.arange(first + span.start, first + span.stop)
            found[span] = places + np.searchsorted(before, places, side="right")
        return found


def _listed(outputs: Any) -> list[NDArray[Any]]:
    return [np.asarray(value) for value in in_order(outputs)]
