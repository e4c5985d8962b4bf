"""Loads ``.keras`` models safely, and reads the metadata of their archives."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import InputError, summary
from reportgen.inputs.digest import of_module, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import keras

    from reportgen.spec.model import ModelSpec
    from reportgen.spec.problems import Location

_ABBREVIATIONS = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
    "bce": "binary_crossentropy",
}
_CONFIG_LIMIT = 64 * 2**20
_LOAD_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OSError,
    ImportError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Loss:
    """Name of a compiled loss and its ``from_logits`` (None if it has no such option)."""

    name: str
    from_logits: bool | None


@dataclass(frozen=True)
class LoadedModel:
    """A model with the compile configuration of its archive.

    ``losses`` is a single loss, one per output (in order, or by name), or None without a compiled loss. ``compiled``
    contains the saved arguments of ``compile``, empty without any; ``size_bytes`` is None for a model in memory.
    ``code`` are the files and packages of its custom objects with their digests.
    """

    name: str
    model: keras.Model
    file: str
    sha256: str
    size_bytes: int | None
    losses: Loss | list[Loss | None] | dict[str, Loss | None] | None
    compiled: dict[str, Any]
    code: tuple[tuple[str, str], ...] = ()

    def loss_of(self, index: int, output: str) -> Loss | None:
        """Return the compiled loss of one output."""
        if isinstance(self.losses, list):
            return self.losses[index] if index < len(self.losses) else None
        if isinstance(self.losses, dict):
            return self.losses.get(output)
        return self.losses


def load(name: str, spec: ModelSpec, folder: Path) -> LoadedModel:
    """Load a model with ``safe_mode=True`` and ``compile=False``.

    Raises
    ------
    InputError
        Not a Keras archive, a Lambda layer, an unknown custom object, damaged or incompatible content.
    """
    location = ("models", name, "path")
    path = folder / spec.path
    config = _config(path, location, spec.path)
    objects = _custom_objects(spec.custom_objects, folder, ("models", name, "custom_objects"))
    _refuse_foreign(config, objects, location, spec.path)

    import keras

    try:
        model = keras.saving.load_model(path, custom_objects=objects, compile=False, safe_mode=True)
    except _LOAD_ERRORS as error:
        raise InputError(location, spec.path, f"Keras cannot load it: {summary(error)}") from error
    compiled = config.get("compile_config") or {}
    return LoadedModel(
        name=name,
        model=model,
        file=spec.path,
        sha256=sha256(path),
        size_bytes=path.stat().st_size,
        losses=_losses(compiled.get("loss")),
        compiled=compiled,
        code=tuple(_code(spec.custom_objects, folder)),
    )


def in_memory(name: str, model: keras.Model) -> LoadedModel:
    """Return a model in memory; its digest covers its architecture and its weights.

    Raises
    ------
    InputError
        It is not a Keras model, or has no weights yet.
    """
    import keras

    location = ("models", name)
    if not isinstance(model, keras.Model):
        raise InputError(location, "", f"must be a Keras model or a path (found {type(model).__name__})")
    if not model.built:
        raise InputError(location, "", "has no weights yet: call it on data once, or build it")
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
    )


def _config(path: Path, location: Location, file: str) -> dict[str, Any]:
    """Read the architecture from the archive without building the model."""
    if path.suffix != ".keras":
        raise InputError(location, file, "must be a .keras file (save the model with model.save('name.keras'))")
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > _CONFIG_LIMIT:
                raise InputError(location, file, "has a config.json of more than 64 MB: this is not a Keras model")
            if "model.weights.h5" not in archive.namelist():
                raise InputError(location, file, "is an incomplete Keras archive (model.weights.h5 is missing)")
            damaged = archive.testzip()
            if damaged is not None:
                raise InputError(location, file, f"is corrupt (the checksum of {damaged} does not match)")
            config = json.loads(archive.read("config.json"))
    except FileNotFoundError as error:
        raise InputError(location, file, "no such file") from error
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise InputError(location, file, f"is not a readable Keras archive ({summary(error)})") from error
    if not isinstance(config, dict):
        raise InputError(location, file, "is not a readable Keras archive (config.json is not an object)")
    return config


def _objects_in(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every serialized object of an architecture."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        for value in config.values():
            yield from _objects_in(value)
    elif isinstance(config, list):
        for value in config:
            yield from _objects_in(value)


def _refuse_foreign(config: dict[str, Any], objects: dict[str, Any], location: Location, file: str) -> None:
    architecture = {key: value for key, value in config.items() if key != "compile_config"}
    missing = set()
    for item in _objects_in(architecture):
        if item["class_name"] in {"Lambda", "__lambda__"}:
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
    for index, item in enumerate(names):
        module_name, _, name = item.rpartition(":")
        try:
            module = _module_of(module_name, folder)
            objects[name] = getattr(module, name)
        except (*_LOAD_ERRORS, SyntaxError) as error:
            raise InputError((*location, index), item, f"cannot be imported ({summary(error)})") from error
    return objects


def _code(names: tuple[str, ...], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files and packages that custom objects were imported from, with their digests."""
    for module in dict.fromkeys(item.rpartition(":")[0] for item in names):
        found = (module, sha256(folder / module)) if module.endswith(".py") else of_module(module)
        if found is not None:
            yield found


def _module_of(name: str, folder: Path) -> Any:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = (folder / name).resolve()
    spec = importlib.util.spec_from_file_location(f"reportgen_custom_{path.stem}", path)
    if spec is None or spec.loader is None:
        message = "no such file"
        raise ImportError(message)
    if spec.name in sys.modules and getattr(sys.modules[spec.name], "__file__", None) == str(path):
        return sys.modules[spec.name]
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


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
    return Loss(canonical_loss(str(raw.get("class_name"))), config.get("from_logits"))
