"""The models under review, as written."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.contract.params import Value
from reportgen.spec.tables.types import Flag, Name, Names, names_a_function, require_object

TaskName = Literal[
    "auto",
    "multiclass",
    "binary",
    "ordinal",
    "multilabel",
    "regression",
    "distributional",
    "segmentation",
    "sequence_labeling",
]
OutputsName = Literal[
    "auto", "probabilities", "logits", "values", "mean_and_sd", "mean_and_variance", "mean_and_log_variance"
]
MEDIAN = 0.5
Level = Annotated[float, Field(strict=True, gt=0, lt=1)]
Levels = Annotated[tuple[Level, ...], Field(min_length=2, max_length=999)]
_OF_VALUES = {
    "values": ("values are for regression", ("regression",)),
    **dict.fromkeys(
        ("mean_and_sd", "mean_and_variance", "mean_and_log_variance", "quantiles"),
        ('a distribution of values has task = "distributional"', ("distributional",)),
    ),
}
"""By the declared outputs: what they are for, and the tasks that they can have."""


class ParamsFromSpec(Strict):
    """A table with the training parameters of the models, one row per model."""

    path: Name
    """A CSV file, relative to the spec; or KerasTuner's `trial.json` of each model."""
    model: Name | None = None
    """Column with the names of the models, or with their paths as in the spec; by default `model`, in an export of Optuna `number`."""
    columns: Names | None = None
    """Columns that are parameters. Required for a CSV file, unless it is an export of Optuna: then by default all columns `params_…`."""


class ModelSpec(Strict):
    """A model under review."""

    path: Name | None = None
    """The `.keras` file, relative to the spec; with `allow_legacy` also an `.h5` file or a SavedModel folder. With a `*` (`runs/*/model.keras`), the entry covers every file that matches; with fields (`runs/w{width}-lr{lr}.keras`) too, and each field is a parameter in `params`."""
    function: str | None = None
    """Function that returns the model, in place of a path: `package.module:name` or `./models.py:make`. It is imported and run."""
    allow_legacy: Flag = False
    """Whether the path may be an `.h5` file, or a SavedModel folder, of which only the predictions are measured; the report says so."""
    name: Name | None = None
    """Names of the models of a pattern, with the same `*`: `*-best`; by default the text that the `*` matches. A path with fields: with some of them (`{kind}-{width}`), by default the matching file and folder names."""
    history: Name | None = None
    """Training history: `history.history` as JSON, the CSV of a logger, or TensorBoard's event file or folder of them; for a pattern with the same `*` or fields: `runs/*/history.json`."""
    history_columns: Annotated[dict[Name, Name], Field(min_length=1)] | None = None
    """Columns of the history that are not named as Keras names them, by key: `{ loss = "train_loss", val_loss = "valid_loss" }`; `epoch` names the column with the epochs. Of several rows of an epoch the last value counts."""
    series: Name | None = None
    """Name of the training run if the model is a checkpoint: models with the same `series` are compared in order."""
    recipe: Name | None = None
    """Name of the training recipe: models with the same `recipe` differ only in their seed. For a pattern it applies to every file that matches; it can have fields of the path: `w{width}-lr{lr}`."""
    params: Annotated[dict[Name, Value], Field(min_length=1)] | None = None
    """Training parameters, for the section `sweep`: `{ lr = 0.01, width = 24 }`. For a pattern they apply to every file that matches."""
    params_from: Name | ParamsFromSpec | None = None
    """More training parameters: KerasTuner's `trial.json`, for a pattern with the same `*` or fields (`tuner/trial_*/trial.json`); Optuna's `study.trials_dataframe().to_csv(…)`; or a table that names a CSV file and its columns."""
    outputs: OutputsName | Annotated[dict[str, OutputsName], Field(min_length=1)] = "auto"
    """Output type; `auto` infers it when possible, from the compiled loss, then the last activation, then the label type. `mean_and_sd`, `mean_and_variance` and `mean_and_log_variance` are never inferred: the model predicts a normal distribution, first the means of all values, then the standard deviations, variances or natural logarithms of variances. For several outputs, a table with one value per output."""
    quantiles: Levels | Annotated[dict[str, Levels], Field(min_length=1)] | None = None
    """Levels of the quantiles that the model predicts, increasing, with the median: `[0.05, 0.5, 0.95]`; the quantiles of all values at the first level come first. For several outputs, a table with the levels of each that predicts quantiles."""
    task: TaskName | Annotated[dict[str, TaskName], Field(min_length=1)] = "auto"
    """Task; `auto` infers it when possible, from the compiled loss, then the last activation, then the labels. `ordinal` is never inferred: classes in the order of the model's outputs, of which exactly one applies. For several outputs, a table with one value per output."""
    role: str | None = None
    """What the model is in this report, a few words: `human baseline`, `1.0 in production`; shown beside its name."""
    note: str | None = None
    """Author's note on the model, Markdown."""
    custom_objects: tuple[str, ...] = ()
    """Custom layers and functions: `package.module:Name` or `./layers.py:Name`. They are imported and run."""

    _is_a_function = field_validator("function")(names_a_function)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.path is None) == (self.function is None):
            found = "neither" if self.path is None else "both"
            message = f"needs a path or a function (found {found})"
            raise ValueError(message)
        if self.function is not None and (self.custom_objects or self.allow_legacy):
            message = "custom_objects and allow_legacy are for a path: the function makes the model itself"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _columns_of_a_history(self) -> Self:
        if self.history_columns is not None and self.history is None:
            message = "history_columns are columns of a history: set history"
            raise ValueError(message)
        if set(self.history_columns or ()) == {"epoch"}:
            message = "history_columns names no curve, only the epochs"
            raise ValueError(message)
        return self

    @field_validator("quantiles")
    @classmethod
    def _are_levels(cls, value: Any, info: ValidationInfo) -> Any:
        """Reject levels that do not increase or lack the median, and outputs that are declared as something else."""
        outputs = info.data.get("outputs", "auto")
        heads = {head for given in (value, outputs) if isinstance(given, dict) for head in given}
        for head in sorted(heads) or [""]:
            levels, kind = _of(value, head, None), _of(outputs, head)
            where = f" of the head {head!r}" if head else ""
            if levels is None:
                continue
            if any(low >= high for low, high in pairwise(levels)):
                message = f"must increase (found {list(levels)}{where})"
                raise ValueError(message)
            if MEDIAN not in levels:
                message = f"must contain {MEDIAN}: errors are those of the median (found {list(levels)}{where})"
                raise ValueError(message)
            if kind != "auto":
                message = f'contradicts outputs = "{kind}"{where}: leave out one of them'
                raise ValueError(message)
        return value

    @field_validator("task")
    @classmethod
    def _fits_the_outputs(cls, value: Any, info: ValidationInfo) -> Any:
        """Reject a task that the declared outputs of a head cannot have, and distributions that are not declared; tables are by output."""
        outputs, quantiles = info.data.get("outputs", "auto"), info.data.get("quantiles")
        heads = {head for given in (value, outputs, quantiles) if isinstance(given, dict) for head in given}
        for head in sorted(heads) or [""]:
            where = f" of the head {head!r}" if head else ""
            task = _of(value, head)
            kind = _of(outputs, head) if _of(quantiles, head, None) is None else "quantiles"
            purpose, tasks = _OF_VALUES.get(kind, ("", (task,)))
            if task != "auto" and task not in tasks:
                said = "quantiles" if kind == "quantiles" else f'outputs = "{kind}"'
                message = f"contradicts {said}{where}: {purpose} (found {task!r})"
                raise ValueError(message)
            if task == "distributional" and kind not in _OF_VALUES:
                message = (
                    f'needs outputs = "mean_and_sd", "mean_and_variance" or "mean_and_log_variance", or quantiles{where} '
                    f"(found {task!r})"
                )
                raise ValueError(message)
        return value

    @property
    def origin(self) -> str:
        """The path or the function."""
        return self.path or self.function or ""

    def location(self, name: str) -> tuple[str, str, str]:
        """Return where the spec says what the model is."""
        return ("models", name, "path" if self.function is None else "function")

    @field_validator("custom_objects")
    @classmethod
    def _names_an_object(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            require_object(item)
        return value


def _of(given: Any, head: str, default: str | None = "auto") -> Any:
    """Return what is declared of a head: by a table with a value per output, or by one value for all."""
    return given.get(head, default) if isinstance(given, dict) else given
