"""Loads models safely: ``.keras`` files, legacy forms where they are allowed, and what functions return."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs import archive, legacy_hdf5, saved_model
from reportgen.inputs.archive import objects_in
from reportgen.inputs.code import digests_of, imported, load_libraries, model_code
from reportgen.inputs.digest import of_path, size_of
from reportgen.inputs.forms import form_of, refused
from reportgen.spec.tables.output import NO_LIMITS_NAMED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import keras

    from reportgen.contract.forms import Form
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.models import ModelSpec
    from reportgen.spec.tables.output import LimitsSpec

_ABBREVIATIONS = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
    "bce": "binary_crossentropy",
}


@dataclass(frozen=True)
class Loss:
    """Name of a compiled loss, its ``from_logits`` and its ``ignore_class`` (None if it has no such option)."""

    name: str
    from_logits: bool | None
    ignore_class: int | None = None


@dataclass(frozen=True)
class LoadedModel:
    """A model with the compile configuration of its file.

    ``losses`` is a single loss, one per output (in order, or by name), or None without a compiled loss. ``compiled``
    contains the saved arguments of ``compile``, empty without any; ``size_bytes`` is None for a model without a file.
    ``code`` are the files and packages of its custom objects, or of the function that made it, with their digests.
    """

    name: str
    model: keras.Model
    file: str
    sha256: str
    size_bytes: int | None
    losses: Loss | list[Loss | None] | dict[str, Loss | None] | None
    compiled: dict[str, Any]
    code: tuple[tuple[str, str], ...] = ()
    form: Form = "keras"

    def loss_of(self, index: int, output: str) -> Loss | None:
        """Return the compiled loss of one output."""
        if isinstance(self.losses, list):
            return self.losses[index] if index < len(self.losses) else None
        if isinstance(self.losses, dict):
            return self.losses.get(output)
        return self.losses


def load(name: str, spec: ModelSpec, folder: Path, limits: LimitsSpec = NO_LIMITS_NAMED) -> LoadedModel:
    """Load a model with ``safe_mode=True`` and ``compile=False``, or call the function that makes it.

    Raises
    ------
    InputError
        Not a model in an allowed form, a Lambda layer, an unknown custom object, damaged or incompatible content; or the function
        failed.
    """
    location, form = spec.location(name), form_of(spec, folder)
    if spec.path is None:
        return _made(name, spec, folder)
    path = folder / spec.path
    reason = refused(spec, folder)
    if reason is None and form == "keras" and path.suffix != ".keras":
        reason = "must be a .keras file (save the model with model.save('name.keras'))"
    if reason is not None:
        raise InputError(location, spec.path, reason)
    compiled: dict[str, Any] = {}
    if form == "saved_model":
        model = saved_model.model_of(path, location, spec.path)
    else:
        read = legacy_hdf5.config_of if form == "hdf5" else partial(archive.config_of, limits=limits)
        model, compiled = _read(name, spec, folder, read)
    return LoadedModel(
        name=name,
        model=model,
        file=f"{spec.path.rstrip('/')}/" if form == "saved_model" else spec.path,
        sha256=of_path(path),
        size_bytes=size_of(path),
        losses=_losses(compiled.get("loss")),
        compiled=compiled,
        code=tuple(digests_of(spec.custom_objects, folder)),
        form=form,
    )


def _read(
    name: str, spec: ModelSpec, folder: Path, config_of: Callable[[Path, Location, str], dict[str, Any]]
) -> tuple[keras.Model, dict[str, Any]]:
    """Return the model in a file, and its saved arguments of ``compile``."""
    location, file = spec.location(name), spec.origin
    config = config_of(folder / file, location, file)
    objects = _custom_objects(spec.custom_objects, folder, ("models", name, "custom_objects"))
    _refuse_foreign(config, objects, location, file)
    load_libraries()
    with model_code(location, file, "Keras cannot load it"):
        import keras

        model = keras.saving.load_model(folder / file, custom_objects=objects, compile=False, safe_mode=True)
    if not isinstance(model, keras.Model):
        raise InputError(location, file, f"is not a model (found {type(model).__name__})")
    return model, config.get("compile_config") or {}


def _made(name: str, spec: ModelSpec, folder: Path) -> LoadedModel:
    """Return the model that a function returns, which is called once, without arguments."""
    location, file = spec.location(name), spec.origin
    load_libraries()
    with model_code(location, file, "cannot be imported"):
        function = imported(file, folder)
    with model_code(location, file, "cannot be used"):
        returned = function()
    code = tuple(digests_of((file,), folder))
    return replace(in_memory(name, returned, location, file), file=file, code=code, form="function")


def in_memory(name: str, model: keras.Model, location: Location | None = None, file: str = "") -> LoadedModel:
    """Return a model in memory; its digest covers its architecture and its weights. ``location`` and ``file`` are for errors.

    Raises
    ------
    InputError
        It is not a Keras model, or has no weights yet.
    """
    import keras

    location = location or ("models", name)
    if not isinstance(model, keras.Model):
        wanted = "must return a Keras model" if file else "must be a Keras model or a path"
        raise InputError(location, file, f"{wanted} (found {type(model).__name__})")
    if not model.built:
        raise InputError(location, file, "has no weights yet: call it on data once, or build it")
    digest = hashlib.sha256(type(model).__name__.encode())
    for variable in model.variables:
        digest.update(variable.path.encode())
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable)).tobytes())
    compiled = (model.get_compile_config() or {}) if model.compiled else {}
    return LoadedModel(
        name=name,
        model=model,
        file="(in memory)",
        sha256=digest.hexdigest(),
        size_bytes=None,
        losses=_losses(compiled.get("loss")),
        compiled=compiled,
        form="memory",
    )


def _refuse_foreign(config: dict[str, Any], objects: dict[str, Any], location: Location, file: str) -> None:
    architecture = {key: value for key, value in config.items() if key != "compile_config"}
    missing = set()
    for item in objects_in(architecture):
        if item["class_name"].rpartition(">")[2] in {"Lambda", "__lambda__"}:
            name = (item.get("config") or {}).get("name") if isinstance(item.get("config"), dict) else None
            message = f"contains a Lambda layer ({name or 'unnamed'}), which would run code from the file"
            raise InputError(
                location, file, f"{message}: replace it with a layer class and name the class in custom_objects"
            )
        if str(item.get("module") or "keras").split(".")[0] in {"keras", "builtins"}:
            continue
        registered = str(item.get("registered_name") or item["class_name"])
        class_name = registered.rpartition(">")[2]
        if class_name in objects:
            objects.setdefault(registered, objects[class_name])
        else:
            missing.add(class_name)
    if missing:
        names = ", ".join(sorted(missing))
        message = (
            f"needs {names}, which is not part of Keras: name it in custom_objects, e.g. './layers.py:{min(missing)}'"
        )
        raise InputError(location, file, message)


def _custom_objects(names: tuple[str, ...], folder: Path, location: Location) -> dict[str, Any]:
    objects = {}
    if names:
        load_libraries()
    for index, item in enumerate(names):
        with model_code((*location, index), item, "cannot be imported"):
            objects[item.rpartition(":")[2]] = imported(item, folder)
    return objects


def canonical_loss(name: str) -> str:
    """Return the snake-case name of a loss: ``SparseCategoricalCrossentropy`` and its alias are one.

    >>> canonical_loss("SparseCategoricalCrossentropy"), canonical_loss("mse")
    ('sparse_categorical_crossentropy', 'mean_squared_error')
    """
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
    return _ABBREVIATIONS.get(snake, snake)


def _losses(raw: Any) -> Loss | list[Loss | None] | dict[str, Loss | None] | None:
    if isinstance(raw, list):
        return [_loss(item) for item in raw]
    if isinstance(raw, dict) and "class_name" not in raw:
        return {key: _loss(item) for key, item in raw.items()}
    return _loss(raw)


def _loss(raw: Any) -> Loss | None:
    """Parse a serialized loss; a loss named as a string expects probabilities, as Keras' functions do."""
    if isinstance(raw, str):
        name = canonical_loss(raw)
        return Loss(name, from_logits=False if name.endswith("crossentropy") else None)
    if not isinstance(raw, dict):
        return None
    config = raw.get("config")
    if raw.get("class_name") == "function" and isinstance(config, str):
        return _loss(config)
    if not isinstance(config, dict):
        return Loss(canonical_loss(str(raw.get("class_name"))), None)
    return Loss(canonical_loss(str(raw.get("class_name"))), config.get("from_logits"), config.get("ignore_class"))
