"""The answer of every model on every row: ``predictions.parquet`` beside ``results.json``.

About 30 bytes for each row of classes or values; of labels, pixels and tokens a count for each class. Nothing per pixel or token is stored.
"""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import dataclass
from itertools import count, takewhile
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.formats import ANSWERS_MARK
from reportgen.contract.heads import ClassifiedHead
from reportgen.contract.positions import DenseHead
from reportgen.contract.records.classification import ClassificationOutputs, ClassPredictions
from reportgen.contract.records.dense import DenseOutputs, DensePredictions
from reportgen.contract.records.multilabel import MultilabelOutputs, MultilabelPredictions
from reportgen.contract.records.regression import RegressionOutputs, ValuePredictions
from reportgen.errors import ResultsError, temporary_files
from reportgen.metrics import mapped
from reportgen.metrics.spans import each, spans
from reportgen.resources import __version__
from reportgen.spec.files import MEGABYTE, FileError, read_bytes, unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.metrics.spans import Derived

    Columns = Mapping[str, NDArray[Any]]

_MEGABYTES = 2048
_TYPES: dict[str, str] = {
    "row": "int64",
    "group": "int64",
    "weight": "float64",
    "prediction": "int32",
    "label": "int32",
    "confidence": "float32",
    "nll": "float32",
    "brier": "float32",
    "value": "float64",
    "target": "float64",
    "counted": "int32",
}
"""The type of each column: those of rows, of classes, of predicted values, and of counts."""
_OF_CLASSES = ("predicted", "actual", "hits", "boundary_predicted", "boundary_actual", "boundary_hits")
"""Counts by class, int32; the columns of class k end in ``/k``."""
MOST_COUNTS = 20_000_000
"""Rows times classes of an output above which nothing of it is stored."""
_COUNT = "int32"
_OF_ROWS = ("row", "group", "weight")
_OVERHEAD = 2**20
"""Bytes that a column may have beyond its numbers."""


@dataclass(frozen=True)
class Predictions:
    """The answers of models on the evaluated rows.

    Attributes
    ----------
    rows
        ``row`` (N,) int64, the position in the data set; ``group`` (N,) int64 and ``weight`` (N,) float64 where the data has them.
    heads
        By model and head: ``prediction`` and ``label`` (N,) int32, ``confidence``, ``nll`` and ``brier`` (N,) float32 of classes, or ``value``
        and ``target`` (N,) float64. Of several labels in a row, pixels or tokens: ``predicted``, ``actual`` and ``hits`` (N, K) int32, how many
        are predicted as each class, have it, and both; the same in the bands along boundaries; ``counted`` (N,) int32, how many are known or count,
        and ``nll`` and ``brier`` (N,) float32, summed over these. Without labels only the answers.
    """

    rows: Columns
    heads: Mapping[tuple[str, str], Columns]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows["row"])


def of_evaluation(evaluation: Evaluation) -> Predictions | None:
    """Return the answers of an evaluation; None without data or measured outputs."""
    data = evaluation.data
    if data is None:
        return None
    rows: dict[str, NDArray[Any]] = {"row": mapped.as_type(data.rows, np.int64)}
    rows |= {} if data.groups is None else {"group": data.groups}
    rows |= {} if data.weights is None else {"weight": data.weights}
    found = {
        (model.name, head.name): columns
        for model in evaluation.models
        for head in model.heads
        if (columns := _columns(model, head, evaluation))
    }
    return Predictions(rows, found) if found else None


def _columns(model: ModelEvaluation, head: HeadEvaluation, evaluation: Evaluation) -> Columns:
    outputs, data = head.outputs, evaluation.data
    found: dict[str, NDArray[Any] | Derived] = {}
    if isinstance(outputs, MultilabelPredictions | DensePredictions):
        found = _counts(outputs) if head.n * outputs.n_classes <= MOST_COUNTS else {}
    if isinstance(outputs, DenseOutputs) and found and data is not None:
        found["brier"] = DenseHead(model, head, outputs, data).mean_brier.numerators
    if isinstance(outputs, ClassPredictions):
        found = {"prediction": outputs.predictions, "confidence": outputs.confidence}
    if isinstance(outputs, ClassificationOutputs) and data is not None:
        brier = ClassifiedHead(model, head, outputs, data).brier
        found |= {"label": outputs.labels, "nll": outputs.nll, "brier": brier}
    if isinstance(outputs, ValuePredictions):
        found = {"value": outputs.predictions}
    if isinstance(outputs, RegressionOutputs):
        found |= {"target": outputs.labels}
    return {name: _kept(array, _TYPES.get(name, _COUNT)) for name, array in found.items()}


def _kept(values: NDArray[Any] | Derived, dtype: str) -> NDArray[Any]:
    """Return values of rows as a type; many are on the disk."""
    return mapped.filled(len(values), dtype, lambda span: values[span], values[:0].shape[1:])


def _counts(outputs: MultilabelPredictions | DensePredictions) -> dict[str, NDArray[Any] | Derived]:
    """Return the counts of every row, those of known labels or positions that count where there are labels."""
    if isinstance(outputs, MultilabelOutputs):
        predicted = each(np.logical_and, outputs.predicted, outputs.known)
        return {
            "predicted": predicted,
            "actual": outputs.labels,
            "hits": each(np.logical_and, predicted, outputs.labels),
            "counted": each(lambda known: known.sum(axis=1), outputs.known),
            "nll": outputs.nll,
            "brier": outputs.brier,
        }
    if isinstance(outputs, DenseOutputs):
        bands = {name: getattr(outputs, name) for name in _OF_CLASSES if getattr(outputs, name) is not None}
        return {**bands, "counted": outputs.counted, "nll": outputs.nll}
    return {"predicted": outputs.predicted}


# ------------------------------------------------------------------------------------------------ the file


def to_bytes(predictions: Predictions) -> memoryview:
    """Return the content of the file, which is on the disk: a column for each array, those of heads named ``MODEL/HEAD/COLUMN``, by class ``MODEL/HEAD/COLUMN/0`` and so on.

    Raises
    ------
    ReportgenError
        There is no room on the disk.
    """
    import pyarrow as pa
    from pyarrow import parquet

    arrays = dict(predictions.rows)
    for key, columns in predictions.heads.items():
        for name, array in columns.items():
            whole = "/".join((*key, name))
            arrays |= {whole: array} if array.ndim == 1 else {f"{whole}/{k}": one for k, one in enumerate(array.T)}
    schema = pa.schema([(name, pa.from_numpy_dtype(array.dtype)) for name, array in arrays.items()])
    with temporary_files(), TemporaryFile() as file:
        with parquet.ParquetWriter(file, schema, compression="zstd", use_dictionary=False, store_schema=False) as to:
            for span in spans(predictions.n):
                to.write_table(pa.table({name: array[span] for name, array in arrays.items()}, schema=schema))
            to.add_key_value_metadata({ANSWERS_MARK: __version__})
        file.flush()
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def read(path: Path, sha256: str, n: int, wanted: Iterable[tuple[str, str]]) -> Predictions | None:
    """Read the answers of some models and heads; None if there is no such file.

    Parameters
    ----------
    path
        The file.
    sha256, n
        The digest and the number of rows that the results beside it say.
    wanted
        Names of models and heads; those that the file does not have are left out.

    Raises
    ------
    ResultsError
        It is another file than the results say, or not one of predictions.
    """
    if unusable(path) == "no such file":
        return None
    try:
        content = read_bytes(path, _MEGABYTES)
    except FileError as error:
        raise ResultsError(f"{path}: {error}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ResultsError(f"{path}: is not the file that the results beside it were written with (its digest differs)")
    return _parsed(path, content, n, wanted)


def _parsed(path: Path, content: bytes, n: int, wanted: Iterable[tuple[str, str]]) -> Predictions:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        _require_sound(file, path, n)
        there = set(file.schema_arrow.names)
        names = {key: found for key in wanted if (found := _stored(key, there))}
        of_rows = [name for name in _OF_ROWS if name in there]
        table = file.read(
            columns=[*of_rows, *(one for found in names.values() for parts in found.values() for one in parts)]
        )
        rows = {name: _array(table, name, _TYPES[name], path) for name in of_rows}
        heads = {
            key: {name: _together(table, name, parts, path) for name, parts in found.items()}
            for key, found in names.items()
        }
    except (pa.ArrowException, OSError, ValueError, LookupError, TypeError) as error:
        raise ResultsError(f"{path}: cannot be read as parquet ({str(error).splitlines()[0]})") from error
    if "row" not in rows:
        raise ResultsError(f"{path}: has no column 'row'")
    _require_rows(rows["row"], rows.get("weight"), path)
    return Predictions(rows, heads)


def _stored(key: tuple[str, str], there: set[str]) -> dict[str, list[str]]:
    """Return the names of the columns of a head that are there, by array: one, or one for each class."""
    found = {name: ["/".join((*key, name))] for name in _TYPES}
    found |= {name: list(_by_class("/".join((*key, name)), there)) for name in _OF_CLASSES}
    return {name: parts for name, parts in found.items() if parts and parts[0] in there}


def _by_class(name: str, there: set[str]) -> Iterator[str]:
    return takewhile(there.__contains__, (f"{name}/{k}" for k in count()))


def _together(table: Any, name: str, parts: Sequence[str], path: Path) -> NDArray[Any]:
    """Return the array of a head, (N,) or (N, K)."""
    arrays = [_array(table, one, _TYPES.get(name, _COUNT), path) for one in parts]
    return np.stack(arrays, axis=1) if name in _OF_CLASSES else arrays[0]


def _require_sound(file: Any, path: Path, n: int) -> None:
    """Raise an error where a file would hold more than its rows say; nothing is unpacked before that."""
    metadata = file.metadata
    if metadata.num_rows != n:
        raise ResultsError(f"{path}: has {metadata.num_rows:,} rows, but the results beside it say {n:,}")
    size = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    if size > metadata.num_columns * (8 * n + _OVERHEAD) or size > _MEGABYTES * MEGABYTE:
        raise ResultsError(f"{path}: is larger than its rows")


def _require_rows(rows: NDArray[Any], weights: NDArray[Any] | None, path: Path) -> None:
    """Raise an error where rows are no positions, each once, or weights cannot be those of rows."""
    if (rows < 0).any() or len(np.unique(rows)) != len(rows):
        raise ResultsError(f"{path}: the column 'row' must have positions, each once")
    with np.errstate(over="ignore"):
        total = 1.0 if weights is None else weights.sum()
    if weights is not None and ((weights < 0).any() or not 0 < total < np.inf):
        raise ResultsError(f"{path}: the column 'weight' must not be negative, with a finite sum above 0")


def _array(table: Any, name: str, wanted: str, path: Path) -> NDArray[Any]:
    column = table.column(name)
    kind = {"float32": "float", "float64": "double"}.get(wanted, wanted)
    if str(column.type) != kind or column.null_count:
        raise ResultsError(f"{path}: the column {name!r} must be {wanted} without gaps (found {column.type})")
    chunk = column.combine_chunks()
    array = np.frombuffer(chunk.buffers()[1], wanted, len(chunk), chunk.offset * np.dtype(wanted).itemsize)
    if not np.isfinite(array).all():
        raise ResultsError(f"{path}: the column {name!r} has numbers that are not finite")
    return array
