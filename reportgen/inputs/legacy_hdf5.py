"""Reads what a legacy HDF5 file says about its model, without building it: in the form of a ``.keras`` archive's ``config.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reportgen.errors import InputError, summary
from reportgen.inputs.archive import malformed, objects_in

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.spec.problems import Location

_WEIGHTS = "model_weights"
_DAMAGES = (OSError, ValueError, KeyError, RuntimeError, TypeError, OverflowError, MemoryError)


def config_of(path: Path, location: Location, file: str) -> dict[str, Any]:
    """Return the architecture of a file, and its arguments of ``compile`` as ``compile_config``.

    A class has no module in such a file: one that is registered under a package (``my>Layer``) gets ``my`` as its module, so that it is
    judged as in an archive.

    Raises
    ------
    InputError
        It is not a readable HDF5 file with a model, or parts of it are in other files.
    """
    try:
        architecture, training = _attributes(path)
        config: Any = json.loads(architecture)
        compiled: Any = json.loads(training) if training is not None else {}
        if isinstance(config, dict):
            config = config | {"compile_config": _compile_config(compiled)}
        reason = malformed(config, "model_config")
    except RecursionError as error:
        raise InputError(location, file, "cannot be read as a legacy HDF5 model (it is nested too deeply)") from error
    except _DAMAGES as error:
        raise InputError(location, file, f"cannot be read as a legacy HDF5 model ({summary(error)})") from error
    if reason is not None:
        raise InputError(location, file, f"cannot be read as a legacy HDF5 model ({reason})")
    for item in objects_in(config):
        package, registered, _ = item["class_name"].rpartition(">")
        if registered and "module" not in item:
            item["module"] = package
    found: dict[str, Any] = config
    return found


def _attributes(path: Path) -> tuple[str, str | None]:
    """Return the text of ``model_config`` and ``training_config``, the second None without one."""
    import h5py

    with h5py.File(path, "r") as file:
        architecture, training = (_text(file.attrs.get(name)) for name in ("model_config", "training_config"))
        if architecture is None:
            message = "it has no model_config: a file of weights alone is no model"
            raise ValueError(message)
        if _WEIGHTS not in file:
            raise ValueError(f"it has no {_WEIGHTS}")
        _require_own(file[_WEIGHTS])
    return architecture, training


def _text(value: Any) -> str | None:
    return value.decode("utf-8") if isinstance(value, bytes) else None if value is None else str(value)


def _require_own(group: Any) -> None:
    """Reject weights that are in other files."""
    import h5py

    for name in group:
        outside = isinstance(group.get(name, getlink=True), h5py.ExternalLink)
        item = None if outside else group[name]
        if isinstance(item, h5py.Group):
            _require_own(item)
        elif item is None or item.is_virtual or item.external:
            raise ValueError(f"the values of {name} are in another file, which is not read")


def _compile_config(training: Any) -> Any:
    """Return the arguments of ``compile`` under the names of an archive."""
    if not isinstance(training, dict):
        return training
    return {
        "loss": training.get("loss"),
        "metrics": training.get("metrics"),
        "optimizer": training.get("optimizer_config"),
    }
