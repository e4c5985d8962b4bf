"""The guide's ModelAnalyzer: the same pipeline as a spec, with models, data and histories in memory."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from reportgen.analysis import analyze as analysis
from reportgen.contract.records.evaluation import Evaluation
from reportgen.errors import ArgumentError, InputError, ReportgenError
from reportgen.interface import arguments
from reportgen.interface.config import IN_MEMORY, TRAINING_IN_MEMORY, AnalysisConfig, DataInput
from reportgen.interface.sheets import SHEETS, sheet
from reportgen.pipeline import drawings, files
from reportgen.pipeline.progress import progress
from reportgen.pipeline.run import now
from reportgen.plan.make import make
from reportgen.spec.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure as Canvas

    from reportgen.analysis.results import Results
    from reportgen.evaluation.collect import Collection
    from reportgen.inputs.dataset import Dataset
    from reportgen.plan.plan import Plan
    from reportgen.spec.tables.sections import SliceSpec

_LOG = logging.getLogger("reportgen")
RESULTS = "analysis_results.json"
"""The file of all metrics, in the format of ``results.json``."""


class ModelAnalyzer:
    """Analyzes models in memory.

    Parameters
    ----------
    models
        Keras models, or paths of ``.keras`` files, by name.
    config
        What to analyze, and how.
    training_history
        ``History``, its dict, or a path (JSON or CSV), by model name.
    output_dir
        Folder for the figures and ``analysis_results.json``; created if it does not exist.
    """

    def __init__(
        self,
        models: Mapping[str, Any],
        config: AnalysisConfig | None = None,
        training_history: Mapping[str, Any] | None = None,
        output_dir: str | Path = "analysis_results",
    ) -> None:
        histories = {} if training_history is None else training_history
        _require_names(models, histories)
        if not isinstance(config, AnalysisConfig | None):
            raise ArgumentError(f"config must be an AnalysisConfig (found {type(config).__name__})")
        self.models = dict(models)
        self.config = config or AnalysisConfig()
        self.training_history = {name: one for name, one in histories.items() if one is not None}
        self.output_dir = arguments.path("output_dir", output_dir)
        self.results: Results | None = None

    def analyze(self, data: DataInput | tuple[Any, Any] | None = None) -> Results:
        """Analyze the models, write metrics and figures, and return the results.

        Parameters
        ----------
        data
            Inputs and labels; None runs only the analyses that need no data.

        Raises
        ------
        ArgumentError
            The data is neither a :class:`DataInput` nor a tuple (x, y).
        InputError
            The data is not arrays of numbers of equal length, or a history is invalid.
        ReportgenError
            No model could be analyzed.
        """
        from reportgen.evaluation.collect import collect
        from reportgen.inputs.given import Objects

        created = now()
        wanted = data if data is None or isinstance(data, DataInput) else DataInput.from_tuple(data)
        given = None if wanted is None else _dataset(wanted)
        training = None if wanted is None or wanted.train is None else _training(wanted.train)
        planned = self._plan(given, training)
        for item in planned.sections:
            if item.skip is not None:
                _LOG.log(
                    logging.WARNING if self.config.verbose else logging.DEBUG,
                    "%s skipped: it %s",
                    item.address,
                    item.skip,
                )
        inputs = Objects(self.models, given, self.training_history, training)
        with progress(quiet=not self.config.verbose) as tell:
            found = collect(planned.spec, inputs, planned.request, tell)
            evaluation = self._evaluated(found)
            tell("analyzing", 0, 1)
            self.results = analysis.analyze(planned, evaluation, created, keep_going=True)
        for section in self.results.sections:
            if section.status == "failed":
                _LOG.warning("%s failed: %s", section.id, section.reason)
        made = {RESULTS: self.results.to_json().encode(), **self._figures()}
        outdated = [name for sheet_name in SHEETS if (name := f"{sheet_name}.{self.config.save_format}") not in made]
        files.write(made, self.output_dir, outdated)
        return self.results

    def create_pareto_analysis(self, *, save_plot: bool = True) -> Canvas:
        """Return the Pareto analysis as a matplotlib figure, and save it as ``pareto_analysis``.

        Raises
        ------
        ReportgenError
            Nothing has been analyzed yet, or the section was skipped; the message gives the reason.
        """
        from reportgen.figures import svg

        if self.results is None:
            raise ReportgenError("no results yet: call analyze before create_pareto_analysis")
        theme = drawings.theme_of(self.results)
        figure = sheet(self.results, theme, "pareto_analysis")
        if figure is None:
            found = [(one.reason, one.result) for one in self.results.sections if one.id == "pareto"]
            reason = next((reason or getattr(result, "reason", None) for reason, result in found), None)
            raise ReportgenError(f"no Pareto analysis: {reason or 'training dynamics were not analyzed'}")
        if save_plot:
            content = svg.to_bytes(figure, theme, self.config.save_format, self.config.dpi)
            files.write({f"pareto_analysis.{self.config.save_format}": content}, self.output_dir)
        return svg.draw(figure, theme, figure.name)

    # ------------------------------------------------------------------------------------------ the flow

    def _plan(self, data: Dataset | None, training: Dataset | None) -> Plan:
        """Return the options as a spec."""
        spec: dict[str, Any] = {
            "schema_version": 1,
            "report": {"title": "Model analysis"},
            "models": {
                name: {"path": IN_MEMORY}
                | ({"history": IN_MEMORY} if name in self.training_history else {})
                | ({"allow_legacy": True} if self.config.allow_legacy and isinstance(model, str | Path) else {})
                for name, model in self.models.items()
            },
            "sections": self.config.sections(),
            "output": {"style": self.config.plot_style},
        }
        if self.config.slices:
            spec["slices"] = [one.model_dump(mode="json", exclude_defaults=True) for one in self.config.slices]
        if data is not None:
            _require_columns(self.config.slices, data.columns)
            spec["data"] = {
                "columns": {name: name for name in data.columns},
                "path": IN_MEMORY,
                "y": _labels_in_words(data.heads),
                "max_samples": self.config.n_samples,
                "split": "given",
            } | _of_rows(data)
            if training is not None:
                labels = {"y": _labels_in_words(training.heads), **_of_rows(training)} if training.heads else {}
                spec["data"]["train"] = {"path": TRAINING_IN_MEMORY, **labels}
        text = json.dumps(spec, indent=1)
        return make(Source("AnalysisConfig", text, "yaml", spec), Path(), in_memory=True)

    def _evaluated(self, found: Collection) -> Evaluation:
        """Evaluate one model after the other; a model that cannot process the data is evaluated without it."""
        models, unusable = [], []
        for name in found.models:
            model, failure = found.evaluate(name)
            models.append(model)
            if failure is not None and model.architecture is None:
                unusable.append(str(failure))
                _LOG.warning("%s skipped: %s", name, failure)
            elif failure is not None:
                _LOG.warning("%s excluded from the analyses that need data: %s", name, failure)
        if len(unusable) == len(models):
            raise ReportgenError(f"no model could be analyzed: {'; '.join(unusable)}")
        return Evaluation(
            tuple(models),
            found.data,
            found.versions,
            examples=found.examples(),
            splits=found.splits,
            split_examples=found.split_examples(),
        )

    def _figures(self) -> dict[str, bytes]:
        from reportgen.figures import svg

        if not self.config.save_plots or self.results is None:
            return {}
        theme = drawings.theme_of(self.results)
        sheets = {name: sheet(self.results, theme, name) for name in SHEETS}
        form = self.config.save_format
        return {
            f"{name}.{form}": svg.to_bytes(figure, theme, form, self.config.dpi)
            for name, figure in sheets.items()
            if figure is not None
        }


def _require_names(models: Any, histories: Any) -> None:
    """Reject anything but dicts keyed by model name, and histories of unknown models."""
    for option, given in (("models", models), ("training_history", histories)):
        if not isinstance(given, Mapping):
            raise ArgumentError(f"{option} must be a dict keyed by model name (found {type(given).__name__})")
    if not models:
        raise ArgumentError("models must contain at least one model")
    wrong = [name for name in models if not isinstance(name, str) or not name.strip()]
    if wrong:
        raise ArgumentError(f"model names must be strings (found {wrong[0]!r})")
    unknown = [str(name) for name in histories if name not in models]
    if unknown:
        raise ArgumentError(f"training_history names unknown models: {', '.join(unknown)}")


def _require_columns(slices: Sequence[SliceSpec], columns: Mapping[str, Any]) -> None:
    """Reject slices of columns that the data does not have."""
    for index, one in enumerate(slices):
        for key, name in one.named_columns:
            if name not in columns:
                there = ", ".join(columns) or "none"
                raise ArgumentError(f"slices[{index}].{key}: the data has no column {name!r} (its columns: {there})")


def _dataset(data: DataInput) -> Dataset:
    """Return the arrays as the pipeline expects them."""
    from reportgen.inputs.sources.memory import Memory

    x, y = data.x_data, data.y_data
    inputs = [arguments.array("x_data", one) for one in x] if _several(x) else arguments.arrays("x_data", x)
    if _several(y) and len(y) != _rows(inputs) == len(y[0]):
        message = f"is a list of {len(y)} arrays: pass the labels of several outputs as a dict by output name"
        raise InputError(("y_data",), "", message)
    labels = None if y is None else arguments.arrays("y_data", y)
    groups = None if data.groups is None else arguments.array("groups", data.groups)
    weights = None if data.weights is None else arguments.array("weights", data.weights)
    columns = None if data.columns is None else _columns(data.columns)
    return Memory(inputs, labels, groups, weights, columns).open()


def _columns(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ArgumentError(f"columns must be a dict keyed by column name (found {type(given).__name__})")
    return arguments.arrays("columns", given) if given else {}


def _training(data: DataInput) -> Dataset:
    """Return the training data; errors name it."""
    if not isinstance(data, DataInput):
        raise ArgumentError(f"train must be a DataInput (found {type(data).__name__})")
    if data.train is not None:
        raise ArgumentError("train must be the training data itself: leave out its train")
    if data.columns is not None:
        raise ArgumentError("train has columns: slices of the training data are not measured")
    if data.y_data is None and (data.groups is not None or data.weights is not None):
        raise ArgumentError("train has groups or weights but no y_data: without labels no model is evaluated on it")
    try:
        return _dataset(data)
    except InputError as error:
        raise InputError(("train", *error.location), error.file, error.message) from error


def _of_rows(data: Dataset) -> dict[str, str]:
    """Return the keys of groups and weights, as a spec has them."""
    return {key: key for key, array in (("group", data.groups), ("weight", data.weights)) if array is not None}


def _labels_in_words(heads: tuple[str | None, ...]) -> str | dict[str, str] | None:
    """Return the labeled heads as a spec does."""
    named = {head: head for head in heads if head is not None}
    return named or ("y" if heads else None)


def _several(given: Any) -> TypeGuard[list[Any]]:
    """Return whether arrays were passed in a list."""
    return isinstance(given, list | tuple) and len(given) > 0 and all(len(getattr(one, "shape", ())) for one in given)


def _rows(inputs: Any) -> int:
    arrays = list(inputs.values()) if isinstance(inputs, dict) else inputs if isinstance(inputs, list) else [inputs]
    return len(arrays[0]) if np.ndim(arrays[0]) else 0
