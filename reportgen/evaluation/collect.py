"""From a spec to an evaluation: load the data, then load, evaluate and drop one model after the other."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from reportgen.evaluation.records import DataEvaluation, Evaluation, History, ModelEvaluation
from reportgen.evaluation.run import evaluate
from reportgen.evaluation.sampling import choose_rows
from reportgen.inputs import datasets, histories, models
from reportgen.inputs.labels import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from reportgen.inputs.datasets import Dataset
    from reportgen.spec import DataSpec, ModelSpec, ReportSpec

    Report = Callable[[str, int, int], None]

_PACKAGES = ("keras", "tensorflow", "numpy")


def collect(spec: ReportSpec, folder: Path, report: Report) -> Evaluation:
    """Evaluate every model of a spec.

    Parameters
    ----------
    spec, folder
        The spec and the folder that its paths are relative to.
    report
        Told (what is being done, steps done, steps in all).

    Raises
    ------
    InputError
        An input cannot be used.
    """
    dataset = data = rows = None
    if spec.data is not None:
        report("reading the data", 0, 1)
        dataset = datasets.load(spec.data, folder)
        rows, sampling = choose_rows(dataset.n, spec.data.max_samples, _strata(dataset), spec.data.seed)
        data = DataEvaluation(dataset.files, spec.data.split, dataset.n, rows, spec.data.seed, sampling)
    read = {
        name: histories.load(("models", name, "history"), model.history, folder) if model.history else None
        for name, model in spec.models.items()
    }
    evaluated = tuple(
        _model(name, model, spec.data, dataset, rows, read[name], folder, report) for name, model in spec.models.items()
    )
    versions = {"python": platform.python_version()} | {package: version(package) for package in _PACKAGES}
    return Evaluation(evaluated, data, versions)


def _model(
    name: str,
    spec: ModelSpec,
    data: DataSpec | None,
    dataset: Dataset | None,
    rows: NDArray[np.int64] | None,
    history: History | None,
    folder: Path,
    report: Report,
) -> ModelEvaluation:
    report(f"loading {name}", 0, 1)
    loaded = models.load(name, spec, folder)
    heads: tuple[Any, ...] = ()
    if data is not None and dataset is not None and rows is not None:
        heads = evaluate(
            loaded, spec, dataset, data, rows, lambda done, total: report(f"evaluating {name}", done, total)
        )
    return ModelEvaluation(name, loaded.file, loaded.sha256, loaded.size_bytes, heads, history)


def _strata(dataset: Dataset) -> NDArray[Any] | None:
    """Return class labels to stratify a sample by; None where there are none."""
    y = dataset.y
    if y is None or isinstance(y, dict) or kind_of(y) == "floats":
        return None
    return y.argmax(axis=1) if kind_of(y) == "rows" else y.reshape(len(y), -1)[:, 0]
