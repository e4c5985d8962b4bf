"""Training histories: ``history.history`` as JSON, the CSV of a logger, or TensorBoard's event files."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from reportgen.contract.records.history import History
from reportgen.errors import InputError
from reportgen.inputs import events
from reportgen.inputs.code import model_code
from reportgen.inputs.curves import EPOCH, mapped
from reportgen.spec.files import FileError, read_bytes
from reportgen.spec.plain import refusal
from reportgen.spec.tables.output import NO_LIMITS_NAMED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.inputs.curves import Columns
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.output import LimitsSpec

_MISSING = frozenset({"", "na", "n/a", "none", "null"})
_NUMPY = re.compile(r"np\.\w+\(([^()]*)\)")
_SEPARATORS = (",", ";", "\t")


def load(
    location: Location,
    file: str,
    folder: Path,
    names: Mapping[str, str] | None = None,
    limits: LimitsSpec = NO_LIMITS_NAMED,
) -> History:
    """Read a history.

    JSON is ``history.history``, plain or as written by pandas, or a ``History`` with its ``history`` and ``epoch``. Null,
    ``NA`` and empty cells are missing; numbers can be text, as ``json.dumps(..., default=str)`` writes them. A folder, or a file
    with ``tfevents`` in its name, is TensorBoard's.

    Parameters
    ----------
    names
        The columns to take, by the keys of the history; None for all, of event files for those of Keras' callback.
    limits
        Those of the spec.

    Raises
    ------
    InputError
        Not JSON, CSV or event files, not one sequence of numbers per key, or no such column.
    """
    path = folder / file
    if events.is_log(path):
        return _from_events(location, file, path, names)
    try:
        content = read_bytes(path, limits.history_size, "limits.history_size")
        text = content.decode("utf-8-sig")
    except FileError as error:
        raise InputError(location, file, str(error)) from error
    except UnicodeDecodeError as error:
        raise InputError(location, file, f"is not UTF-8 (byte {error.start})") from error
    columns_of = _from_json if path.suffix.lower() == ".json" else _from_csv
    return _history(location, file, hashlib.sha256(content).hexdigest(), lambda: _named(columns_of(text), names))


def _from_events(location: Location, file: str, path: Path, names: Mapping[str, str] | None) -> History:
    def columns() -> Columns:
        found = events.columns_of(path)
        return _named(found, names or events.keras_names(found))

    with model_code(location, file, "cannot be read as TensorBoard's event files"):
        read = _history(location, file, "", columns)
        named, digest = events.digest_of(path, file)
        return replace(read, file=named, sha256=digest)


def _named(columns: Columns, names: Mapping[str, str] | None) -> Columns:
    return columns if names is None else mapped(columns, names, _is_missing)


def _is_missing(value: Any) -> bool:
    """Return whether a cell has no value; one that is no number is refused later, with its column."""
    try:
        number = _number(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return bool(number != number)  # noqa: PLR0124


def in_memory(location: Location, given: Any) -> History:
    """Return the history of a ``History`` returned by ``fit``, or of its dict, with numbers and arrays of any library.

    Raises
    ------
    InputError
        Neither, or not one sequence of numbers per key.
    """
    curves = getattr(given, "history", given)
    if not isinstance(curves, Mapping):
        message = f"must be a History, its dict, or a path (found {type(given).__name__})"
        raise InputError(location, "", message)
    try:
        text = json.dumps({"history": curves, EPOCH: getattr(given, "epoch", None) or None}, default=_plain)
    except (TypeError, ValueError) as error:
        raise InputError(location, "", f"is not a training history ({error})") from error
    return _history(location, "(in memory)", hashlib.sha256(text.encode()).hexdigest(), lambda: _from_json(text))


def _plain(value: Any) -> Any:
    """Convert numbers and arrays to Python objects."""
    return np.asarray(value).tolist()


def _history(location: Location, file: str, digest: str, read: Callable[[], Columns]) -> History:
    try:
        columns = read()
        refused = refusal(list(columns))
        if refused is not None:
            _refuse(f"the name of a metric {refused[1]}")
        epochs = _epochs(columns.pop(EPOCH, None))
        curves = {key: _curve(key, values) for key, values in columns.items()}
    except RecursionError as error:
        raise InputError(location, file, "is not a training history (it is nested too deeply)") from error
    except (ValueError, csv.Error) as error:
        raise InputError(location, file, f"is not a training history ({error})") from error
    if not curves:
        raise InputError(location, file, "is not a training history (it has no metrics)")
    return History(file, digest, curves, epochs)


# ------------------------------------------------------------------------------------------------ the two formats


def _from_json(text: str) -> Columns:
    raw = json.loads(text)
    if isinstance(raw, dict) and isinstance(raw.get("history"), dict):
        raw = {**raw["history"], EPOCH: raw.get(EPOCH)}
    if not isinstance(raw, dict):
        _refuse("expected an object with one list per metric")
    return {key: _listed(key, values) for key, values in raw.items() if key != EPOCH or values is not None}


def _listed(key: str, values: Any) -> list[Any]:
    """Return a column; pandas writes it as an object from row number to value."""
    if isinstance(values, dict) and all(row.isdecimal() for row in values):
        return [values[row] for row in sorted(values, key=int)]
    if not isinstance(values, list):
        _refuse(f"{key!r} is not a list of numbers")
    return values


def _from_csv(text: str) -> Columns:
    lines = text.splitlines()
    header = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=max(_SEPARATORS, key=header.count))
    keys = [key for key in reader.fieldnames or () if key]
    rows = [row for row in reader if row[keys[0]] != keys[0]] if keys else []
    if any(None in row for row in rows):
        _refuse("a line has more cells than the first one")
    return {key: [row[key] for row in rows] for key in keys} if rows else {}


# ------------------------------------------------------------------------------------------------ numbers


def _epochs(values: list[Any] | None) -> tuple[int, ...] | None:
    if not values:
        return None
    numbers = _curve(EPOCH, values)
    if numbers.ndim != 1 or not np.isfinite(numbers).all() or (numbers != numbers.round()).any():
        _refuse(f"{EPOCH!r} is not a list of whole numbers")
    return tuple(int(number) for number in numbers)


def _curve(key: str, values: list[Any]) -> NDArray[np.float64]:
    """Return (n_values,) numbers, or (n_values, n_components) for a vector; missing rows are NaN."""
    try:
        numbers = [_number(value) for value in values]
        size = next((len(one) for one in numbers if isinstance(one, list)), None)
        if size is not None:
            numbers = [one if isinstance(one, list) or one == one else [one] * size for one in numbers]  # noqa: PLR0124
        curve = np.array(numbers, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        _refuse(f"{key!r} is not a list of numbers")
    if curve.ndim > 2:  # noqa: PLR2004
        return curve.reshape(len(curve), -1)
    return curve


def _number(value: Any) -> Any:
    """Return a float, or the list of a vector's components; NaN for missing values."""
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, list):
        return [_number(one) for one in value]
    if isinstance(value, str):
        return _from_text(value)
    return np.nan if value is None else float(value)


def _from_text(text: str) -> Any:
    """Parse ``0.5``, ``nan``, ``np.float32(0.5)``, or a vector as CSVLogger and numpy write it: ``[0.1, 0.2]``, ``[0.1 0.2]``."""
    bare = _NUMPY.sub(r"\1", text).strip().strip('"').strip()
    if bare.startswith("[") and bare.endswith("]"):
        return [_from_text(one) for one in re.split(r"[,\s]+", bare.strip("[] \n")) if one]
    return np.nan if bare.lower() in _MISSING else float(bare)


def _refuse(message: str) -> NoReturn:
    raise ValueError(message)
