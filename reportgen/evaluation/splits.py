"""The splits of the data as they are evaluated: their rows are read, chosen and described once for all models."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.needs import SplitRequest
from reportgen.contract.records.data import TRAIN, DataEvaluation
from reportgen.errors import InputError, Mistakes
from reportgen.evaluation.leakage import training_rows
from reportgen.evaluation.population import describe_data
from reportgen.evaluation.run import ProbedRows
from reportgen.evaluation.sampling import choose_rows
from reportgen.evaluation.seldom import Seldom
from reportgen.evaluation.slices import searched, slicings
from reportgen.inputs.dataset import count
from reportgen.inputs.labels import kind_of
from reportgen.metrics.design import of_mean_1
from reportgen.metrics.mapped import chosen, coded, filled, places
from reportgen.metrics.spans import each, extent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from reportgen.contract.needs import Request
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.inputs.dataset import Dataset
    from reportgen.inputs.given import Inputs
    from reportgen.inputs.sources.source import Tell
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.data import DataSpec

    Location = tuple[str | int, ...]

SAMPLE_OF_TRAINING = 4
"""How many times the evaluated rows the sample of the training data has: the interval of a gap is at most 12 % wider than with all of them."""
FEWEST_OF_TRAINING = 10_000
"""Rows of the training data that are evaluated in any case, if there are so many. Convention."""
_FOR_EQUAL_ROWS = "looking for equal rows in"


@dataclass(frozen=True)
class Split:
    """A split with its table in the spec, its rows, and what sections ask of it.

    ``place`` says where the spec names what is wrong with a further split; None for the default one.
    """

    spec: DataSpec
    dataset: Dataset
    data: DataEvaluation
    asked: SplitRequest
    place: Callable[[Location], Location] | None = None

    @property
    def probed(self) -> ProbedRows | None:
        """The rows on which layers are probed; None for no probing."""
        probe = self.asked.probe
        if probe is None:
            return None
        strata = _strata(self.dataset)
        labels = None if strata is None else chosen(strata, self.data.rows)
        places, sampling = choose_rows(self.data.n, probe.samples, labels, self.data.seed)
        return ProbedRows(places, sampling, probe.layers or "units")

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Place errors with the data where the spec says what the split is; others name the split."""
        if self.place is None:
            yield
            return
        try:
            with _placed(self.place, self.spec):
                yield
        except InputError as error:
            if error.location[:1] == ("data",):
                raise
            message = f"{error.message} (on the {self.spec.split} split)"
            raise InputError(error.location, error.file, message) from error


def read_splits(
    spec: ReportSpec, inputs: Inputs, request: Request, report: ProgressCallback
) -> tuple[Split | None, dict[str, Split]]:
    """Read the split that is evaluated by default, None without data, and the further ones that sections ask for, by name.

    Raises
    ------
    InputError
        The data cannot be used.
    """
    table = spec.data
    if table is None:
        return None, {}
    describe = request.describe
    dataset, others = _opened(table, inputs, request, report)
    asked = SplitRequest(probe=request.probe, examples=request.examples, slices=request.slices)
    described = _described(table, dataset, asked, Seldom(report, " the data"), describe=describe)
    own = _sliced(described, spec, describe=describe)
    further: dict[str, Split] = {}
    for name, asked in request.splits.items():
        place, other = partial(table.place_in, name), table.further[name]
        with _placed(place, other):
            if name == TRAIN and other.max_samples is None:
                most = max(SAMPLE_OF_TRAINING * own.data.n, FEWEST_OF_TRAINING)
                other = other.model_copy(update={"max_samples": most})
            tell = Seldom(report, f" the {name} split")
            further[name] = replace(_described(other, others[name], asked, tell, describe=describe), place=place)
        further[name] = _sliced(further[name], spec, describe=describe)
    if describe and table.training is not None:
        pictures = spec.output.gallery is not None
        own = replace(own, data=_with_training(table, table.training, own, others[TRAIN], report, pictures=pictures))
    return own, further


def _opened(
    table: DataSpec, inputs: Inputs, request: Request, report: ProgressCallback
) -> tuple[Dataset, dict[str, Dataset]]:
    """Read the default split, the further ones that are asked for, and the training data where rows are described.

    Raises
    ------
    InputError
        Some cannot be used: what is wrong with each of them.
    """
    own, found, mistakes = [], {}, Mistakes()
    report("reading the data", 0, 1)
    with mistakes.noted():
        own.append(inputs.dataset(table, Seldom(report, " the data")))
    others = {name: table.further[name] for name in request.splits}
    if request.describe and table.training is not None:
        others[TRAIN] = table.training
    for name, other in others.items():
        report(f"reading the {name} split", 0, 1)
        with mistakes.noted(), _placed(partial(table.place_in, name), other):
            found[name] = inputs.dataset(other, Seldom(report, f" the {name} split"))
    mistakes.require_none()
    return own[0], found


def _sliced(split: Split, spec: ReportSpec, *, describe: bool) -> Split:
    """Find the slices of a spec in the rows of a split, if a section asks for them."""
    if not describe or not split.asked.slices:
        return split
    parts = (spec.slices, split.dataset.columns, split.data.rows)
    with split.placed():
        return replace(split, data=replace(split.data, slicings=slicings(*parts), searched=searched(*parts)))


def _described(table: DataSpec, dataset: Dataset, asked: SplitRequest, tell: Tell, *, describe: bool) -> Split:
    n_total = count(dataset)
    rows, sampling = _rows(dataset, n_total, table)
    data = DataEvaluation(
        dataset.files,
        table.split,
        n_total,
        rows,
        table.seed,
        sampling,
        describe_data(dataset, rows, table.class_names or table.label_columns, partial(tell, _FOR_EQUAL_ROWS))
        if describe
        else None,
        table.used_for,
        *_groups(dataset, rows, table),
        _weights(dataset, rows),
        code=dataset.code,
        reading=dataset.reading,
    )
    return Split(table, dataset, data, asked)


@contextmanager
def _placed(place: Callable[[Location], Location], table: DataSpec) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError.of(_placed_one(one, place, table) for one in error.every) from error


def _placed_one(error: InputError, place: Callable[[Location], Location], table: DataSpec) -> InputError:
    if error.location[:1] != ("data",):
        return error
    at = place(error.location)
    shared = "" if at != error.location else f" (on the {table.split} split)"
    return InputError(at, error.file or table.origin or str(table.x), f"{error.message}{shared}")


def _with_training(
    table: DataSpec, training: DataSpec, own: Split, found: Dataset, report: ProgressCallback, *, pictures: bool
) -> DataEvaluation:
    """Look for the evaluated rows in the training data."""
    report("comparing with the training data", 0, 1)
    with _placed(partial(table.place_in, TRAIN), training):
        leaks = training_rows(own.dataset, own.data.rows, found, Seldom(report), pictures=pictures)
    return replace(own.data, training=leaks)


def _rows(dataset: Dataset, n_total: int, spec: DataSpec) -> tuple[NDArray[np.int64], str]:
    """Choose the rows to evaluate among those whose weight is not 0."""
    strata, weights = _strata(dataset), dataset.weights
    if weights is None or weights.all():
        return choose_rows(n_total, spec.max_samples, strata, spec.seed)
    counted = places(each(lambda weight: weight > 0, weights))
    labels = None if strata is None else chosen(strata, counted)
    own, sampling = choose_rows(len(counted), spec.max_samples, labels, spec.seed)
    return chosen(counted, own), f"{sampling}, after leaving out {n_total - len(counted):,} rows with weight 0"


def _groups(dataset: Dataset, rows: NDArray[np.int64], spec: DataSpec) -> tuple[str | None, NDArray[np.int64] | None]:
    """Return what the rows are grouped by, and the group of each, from 0."""
    groups = dataset.groups
    if groups is None or spec.group is None:
        return None, None
    by = spec.group if spec.origin is not None else PurePath(spec.group).stem
    return by, coded(chosen(groups, rows))


def _weights(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the weights of the rows, of mean 1; None where they are equal."""
    if dataset.weights is None:
        return None
    found = chosen(dataset.weights, rows)
    low, high = extent(found)
    return None if low == high else of_mean_1(found)


def _of_positions(y: NDArray[Any]) -> bool:
    """Return whether a row has a label for each of several positions: a matrix of more than 0 and 1, or more axes."""
    axes = len([size for size in y.shape[1:] if size > 1])
    return axes > 1 or (axes == 1 and y.dtype.kind in "iu" and bool((y > 1).any()))


def _strata(dataset: Dataset) -> NDArray[Any] | None:
    """Return class labels to stratify a sample by; None if there are none."""
    y = dataset.labels(None)
    if y is None or _of_positions(y) or kind_of(y) == "floats":
        return None
    if kind_of(y) == "rows":
        return filled(len(y), np.int64, lambda span: y[span].argmax(axis=1))
    return y.reshape(len(y), -1)[:, 0]
