"""Training histories: ``history.history`` as JSON, or the CSV that Keras' CSVLogger writes."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import InputError
from reportgen.evaluation.records import History
from reportgen.inputs.digest import sha256

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.inputs.datasets import Location


def load(location: Location, file: str, folder: Path) -> History:
    """Read a history.

    Raises
    ------
    InputError
        Not JSON or CSV, or not one sequence of numbers per key.
    """
    path = folder / file
    try:
        text = path.read_text("utf-8-sig")
        curves = _from_csv(text) if path.suffix == ".csv" else _from_json(text)
    except OSError as error:
        raise InputError(location, file, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(location, file, f"is not a training history ({error})") from error
    if not curves:
        raise InputError(location, file, "is not a training history (it has no curve)")
    return History(file, sha256(path), curves)


def _from_json(text: str) -> dict[str, NDArray[np.float64]]:
    raw = json.loads(text)
    if not isinstance(raw, dict):
        message = "it must be an object with one list per metric"
        raise ValueError(message)  # noqa: TRY004
    return {key: _curve(key, values) for key, values in raw.items()}


def _from_csv(text: str) -> dict[str, NDArray[np.float64]]:
    rows = list(csv.DictReader(text.splitlines()))
    keys = [key for key in (rows[0] if rows else {}) if key != "epoch"]
    return {key: _curve(key, [_number(row[key]) for row in rows]) for key in keys}


def _number(text: str | None) -> float | None:
    return None if text in (None, "", "NA", "None") else float(text)


def _curve(key: str, values: Any) -> NDArray[np.float64]:
    if not isinstance(values, list):
        message = f"{key!r} is not a list of numbers"
        raise ValueError(message)  # noqa: TRY004
    try:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    except (TypeError, ValueError):
        message = f"{key!r} is not a list of numbers"
        raise ValueError(message) from None
