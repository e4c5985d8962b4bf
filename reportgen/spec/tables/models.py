"""The models under review, as written."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.spec.tables.types import Flag, Name, names_a_function, require_object

TaskName = Literal["auto", "multiclass", "binary", "multilabel", "regression", "segmentation", "sequence_labeling"]
OutputsName = Literal["auto", "probabilities", "logits", "values"]
_CLASSIFICATION = frozenset({"multiclass", "binary", "multilabel", "segmentation", "sequence_labeling"})


class ModelSpec(Strict):
    """A model under review."""

    path: Name | None = None
    """The `.keras` file, relative to the spec; with `allow_legacy` also an `.h5` file or a SavedModel folder. With a `*` (`runs/*/model.keras`), the entry covers every file that matches."""
    function: str | None = None
    """Function that returns the model, in place of a path: `package.module:name` or `./models.py:make`. It is imported and run."""
    allow_legacy: Flag = False
    """Whether the path may be an `.h5` file, or a SavedModel folder, of which only the predictions are measured; the report says so."""
    name: Name | None = None
    """Names of the models of a pattern, with the same `*`: `*-best`; by default the text that the `*` matches."""
    history: str | None = None
    """Training history: `history.history` as JSON, the CSV of a logger, or TensorBoard's event file or folder of them; for a pattern with the same `*`: `runs/*/history.json`."""
    history_columns: Annotated[dict[Name, Name], Field(min_length=1)] | None = None
    """Columns of the history that are not named as Keras names them, by key: `{ loss = "train_loss", val_loss = "valid_loss" }`; `epoch` names the column with the epochs. Of several rows of an epoch the last value counts."""
    series: Name | None = None
    """Name of the training run if the model is a checkpoint: models with the same `series` are compared in order."""
    recipe: Name | None = None
    """Name of the training recipe: models with the same `recipe` differ only in their seed. For a pattern it applies to every file that matches."""
    outputs: OutputsName | Annotated[dict[str, OutputsName], Field(min_length=1)] = "auto"
    """Output type; `auto` infers it when possible, from the compiled loss, then the last activation, then the label type. For several outputs, a table with one value per output."""
    task: TaskName | Annotated[dict[str, TaskName], Field(min_length=1)] = "auto"
    """Task; `auto` infers it when possible, from the compiled loss, then the last activation, then the labels. For several outputs, a table with one value per output."""
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

    @field_validator("task")
    @classmethod
    def _fits_the_outputs(cls, value: Any, info: ValidationInfo) -> Any:
        """Reject a classification task for a head whose outputs are values; tables are by output."""
        outputs = info.data.get("outputs", "auto")
        heads = {head for given in (value, outputs) if isinstance(given, dict) for head in given}
        for head in sorted(heads) or [""]:
            task, kind = (one.get(head, "auto") if isinstance(one, dict) else one for one in (value, outputs))
            if kind == "values" and task in _CLASSIFICATION:
                where = f" of the head {head!r}" if head else ""
                message = f'contradicts outputs = "values"{where}: values are for regression (found {task!r})'
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
