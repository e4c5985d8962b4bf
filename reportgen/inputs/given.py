"""The origin of models, data and histories: files named in a spec, or objects in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from reportgen.contract.records.data import TRAIN
from reportgen.inputs import histories, models
from reportgen.inputs.archive import is_read
from reportgen.inputs.digest import digest_and_size
from reportgen.inputs.sources.registry import source_of
from reportgen.spec.tables.output import NO_LIMITS_NAMED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.contract.records.history import History
    from reportgen.inputs.dataset import Dataset
    from reportgen.inputs.models import LoadedModel
    from reportgen.inputs.sources.source import Tell
    from reportgen.spec.tables.data import DataSpec
    from reportgen.spec.tables.models import ModelSpec
    from reportgen.spec.tables.output import LimitsSpec


class Inputs(Protocol):
    """Provides the inputs of an evaluation; a method raises InputError if an input cannot be used."""

    def dataset(self, spec: DataSpec, tell: Tell) -> Dataset:
        """Return the data; ``tell`` is called with what is done, and with how many of its rows."""

    def model(self, name: str, spec: ModelSpec) -> LoadedModel:
        """Return a model, loaded."""

    def identity(self, name: str, spec: ModelSpec) -> tuple[str, str | None, int | None]:
        """Return the file, digest and size of a model that cannot be loaded; None for those that are unknown."""

    def history(self, name: str, spec: ModelSpec) -> History | None:
        """Return a model's training history; None if it has none."""


@dataclass(frozen=True)
class Files:
    """The files that a spec names, relative to a folder, and their limits."""

    folder: Path
    limits: LimitsSpec = NO_LIMITS_NAMED

    def dataset(self, spec: DataSpec, tell: Tell) -> Dataset:
        """Read the data."""
        return source_of(spec, self.folder, self.limits, tell).open()

    def model(self, name: str, spec: ModelSpec) -> LoadedModel:
        """Load a model."""
        return models.load(name, spec, self.folder, self.limits)

    def identity(self, _name: str, spec: ModelSpec) -> tuple[str, str | None, int | None]:
        """Read the file or folder as bytes, unless it is large and no model."""
        path = None if spec.path is None else self.folder / spec.path
        return spec.origin, *((None, None) if path is None or not is_read(path, self.limits) else digest_and_size(path))

    def history(self, name: str, spec: ModelSpec) -> History | None:
        """Read a history."""
        if spec.history is None:
            return None
        location = ("models", name, "history")
        return histories.load(location, spec.history, self.folder, spec.history_columns, self.limits)


@dataclass(frozen=True)
class Objects:
    """Objects in memory; models and histories can also be paths.

    Parameters
    ----------
    models
        Keras models, or paths of ``.keras`` files, by name.
    data
        The data; None if no section needs any.
    training
        The training data; None if it is unknown.
    histories
        ``History``, its dict, or a path, by model name.
    """

    models: Mapping[str, Any]
    data: Dataset | None = None
    histories: Mapping[str, Any] = field(default_factory=dict)
    training: Dataset | None = None

    def dataset(self, spec: DataSpec, tell: Tell) -> Dataset:  # noqa: ARG002 nothing is read
        """Return the data, or the training data."""
        found = self.training if spec.split == TRAIN else self.data
        if found is None:
            message = "no data was provided"
            raise ValueError(message)
        return found

    def model(self, name: str, spec: ModelSpec) -> LoadedModel:
        """Return a model that is in memory, or load it."""
        given = self.models[name]
        if isinstance(given, str | Path):
            return models.load(name, spec.model_copy(update={"path": str(given)}), Path())
        return models.in_memory(name, given)

    def identity(self, name: str, spec: ModelSpec) -> tuple[str, str | None, int | None]:
        """Return the file, and its digest and size if it is a path."""
        given = self.models[name]
        return (
            (str(given), *digest_and_size(Path(given))) if isinstance(given, str | Path) else (spec.origin, None, None)
        )

    def history(self, name: str, _spec: ModelSpec) -> History | None:
        """Return a history that is in memory, or read it."""
        given = self.histories.get(name)
        if given is None:
            return None
        location = ("training_history", name)
        if isinstance(given, str | Path):
            return histories.load(location, str(given), Path())
        return histories.in_memory(location, given)
