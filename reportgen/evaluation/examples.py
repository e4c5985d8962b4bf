"""Chooses the errors to show once all models are evaluated, and reads these rows once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.heads import ClassifiedHead, MultilabelHead
from reportgen.contract.positions import DenseHead
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.dense import DenseOutputs
from reportgen.contract.records.examples import Example, Examples, OutlyingValue, PictureScale
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.evaluation.thumbnails import like_a_picture, thumbnail
from reportgen.inputs.dataset import read
from reportgen.metrics import outlying
from reportgen.metrics.confidence import SURE
from reportgen.metrics.errors import IN_ALL, Wrong, choose, in_turn, largest, most_wrong

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from reportgen.contract.heads import Target
    from reportgen.contract.records.architecture import TensorSummary
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import ModelEvaluation
    from reportgen.contract.records.heads import HeadOutputs
    from reportgen.inputs.dataset import Batch, Dataset
    from reportgen.spec.tables.data import DataSpec

    FloatArray = NDArray[np.float64]

LONGEST_TEXT = 280
"""Characters of a text that are kept. Convention."""
MOST_VALUES = 5
"""Columns of a row that are kept. Convention."""
_REFERENCE_VALUES, _REFERENCE_ROWS = 10_000_000, 2**15
_FEWEST_REFERENCE_ROWS = 100
"""The scales and medians are from at most so many rows that they hold this many values, at most from so many rows, and at least from so many."""
_ROWS_AT_ONCE = 256


class Errors:
    """The errors of all models, kept until the rows to show are chosen: no other predictions are.

    Parameters
    ----------
    each
        Number of errors to show per model; 0 for none.
    """

    def __init__(self, each: int) -> None:
        self.each = each
        self._heads: dict[Target, list[Wrong]] = {}
        self._ranked: dict[tuple[str | None, type[HeadOutputs]], list[NDArray[np.int64]]] = {}

    def add(self, model: ModelEvaluation, data: DataEvaluation | None) -> None:
        """Keep the errors of the classification heads of a model, and where those of its other heads are largest."""
        if data is None or not self.each:
            return
        for head in model.heads:
            outputs = head.outputs
            if isinstance(outputs, ClassificationOutputs):
                target = ClassifiedHead(model, head, outputs, data).target
                wrong = Wrong.of(outputs.predictions, outputs.labels, outputs.confidence)
                self._heads.setdefault(target, []).append(wrong)
            elif isinstance(outputs, RegressionOutputs):
                self._rank((model.subject(head), type(outputs)), largest(outputs.errors, self.each))
            elif isinstance(outputs, MultilabelOutputs):
                wrong_labels = MultilabelHead(model, head, outputs, data).counts.wrong.numerators
                self._rank((model.subject(head), type(outputs)), most_wrong(wrong_labels, outputs.nll, self.each))
            elif isinstance(outputs, DenseOutputs):
                one = DenseHead.of(model, head, outputs, data)
                self._rank((model.subject(head), type(outputs)), one.lowest(self.each))

    def _rank(self, head: tuple[str | None, type[HeadOutputs]], rows: NDArray[np.int64]) -> None:
        self._ranked.setdefault(head, []).append(rows)

    def examples(self, dataset: Dataset | None, spec: DataSpec | None, data: DataEvaluation | None) -> Examples | None:
        """Read the rows to show; None if none were asked for."""
        if not self.each or dataset is None or spec is None or data is None:
            return None
        chosen = [choose(models, self.each, SURE) for models in self._heads.values()]
        rows = [part for one in chosen for part in (one.suspects, one.others)]
        rows += [in_turn(models, IN_ALL * self.each) for models in self._ranked.values()]
        places = np.unique(np.concatenate([np.empty(0, np.int64), *rows]))
        axes = 0 if any(kind is DenseOutputs for _, kind in self._ranked) else 1
        columns = [one for one in dataset.inputs if len(one.shape or ()) <= axes] if dataset.texts is None else []
        return _read(dataset, spec, data, self.each, places, columns)


def _read(
    dataset: Dataset,
    spec: DataSpec,
    data: DataEvaluation,
    each: int,
    places: NDArray[np.int64],
    columns: list[TensorSummary],
) -> Examples:
    """Read the rows at some places; ``columns`` are the inputs whose values are columns: those of positions, such as tokens, are not."""
    if not len(places):
        return Examples(each, ())
    pictures = [one for one in dataset.inputs if like_a_picture(one.shape or ())]
    names = [name for one in columns for name in _column_names(spec, one)]
    reference = _reference_rows(dataset, data)
    scales, values = _scales_and_values(dataset, reference, pictures, columns)
    median, spread = outlying.centers(values) if columns else (np.empty(0), np.empty(0))
    rows: list[Example] = []
    for found, batch in read(dataset, data.rows[places], _ROWS_AT_ONCE):
        numbers = _columns(batch, columns) if columns else np.empty((len(found), 0))
        for index, place in enumerate(places[found].tolist()):
            thumbnails = tuple(thumbnail(batch[scale.input][index], scale) for scale in scales)
            far = outlying.farthest(numbers[index], median, spread, MOST_VALUES).tolist()
            outliers = tuple(OutlyingValue(names[at], float(numbers[index, at]), float(median[at])) for at in far)
            text = None if dataset.texts is None else _cut(str(dataset.texts[data.rows[place]]))
            rows.append(Example(place, thumbnails, outliers, text))
    return Examples(each, tuple(rows), scales, len(reference))


def _reference_rows(dataset: Dataset, data: DataEvaluation) -> NDArray[np.int64]:
    """Return the evaluated rows, or a seeded sample of them if they are large."""
    size = sum(int(np.prod([side or 1 for side in one.shape or ()])) for one in dataset.inputs)
    most = max(min(_REFERENCE_VALUES // max(size, 1), _REFERENCE_ROWS), _FEWEST_REFERENCE_ROWS)
    if data.n <= most:
        return data.rows
    return np.sort(np.random.default_rng(data.seed).choice(data.rows, most, replace=False))


def _scales_and_values(
    dataset: Dataset, rows: NDArray[np.int64], pictures: Iterable[TensorSummary], columns: list[TensorSummary]
) -> tuple[tuple[PictureScale, ...], FloatArray]:
    """Return the ranges of the inputs that are pictures, and the values of those that are columns."""
    ends: dict[str, list[float]] = {one.name: [] for one in pictures}
    parts = []
    for _, batch in read(dataset, rows, _ROWS_AT_ONCE):
        for name, found in ends.items():
            found += [float(batch[name].min()), float(batch[name].max())]
        if columns:
            parts.append(_columns(batch, columns))
    scales = tuple(PictureScale(name, min(found), max(found)) for name, found in ends.items())
    return scales, np.concatenate(parts) if parts else np.empty((0, 0))


def _columns(batch: Batch, columns: Iterable[TensorSummary]) -> FloatArray:
    """Return the inputs that are columns as one matrix."""
    parts: list[NDArray[Any]] = [batch[one.name].reshape(len(batch[one.name]), -1) for one in columns]
    return np.concatenate(parts, axis=1).astype(np.float64)


def _column_names(spec: DataSpec, one: TensorSummary) -> tuple[str, ...]:
    """Return the names of an input's columns: as in the spec, or numbered from 0."""
    named = spec.x.get(one.name) if isinstance(spec.x, dict) else spec.x
    if isinstance(named, tuple):
        return named
    if not one.shape:
        return (one.name if isinstance(spec.x, dict) else str(named),)
    return tuple(f"{one.name}[{index}]" for index in range(one.shape[0] or 0))


def _cut(text: str) -> str:
    """Return a text on one line, with "…" for what is beyond its length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1].rstrip() + "…"
