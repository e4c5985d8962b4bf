"""Tables with the training parameters of models: CSV files, exports of Optuna, and the trial files of KerasTuner."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from reportgen.errors import ReportgenError
from reportgen.spec.files import FileError, read_bytes
from reportgen.spec.plain import refusal
from reportgen.spec.values import is_finite, is_nan, typed
from reportgen.text.formatting import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.contract.params import Value
    from reportgen.spec.tables.models import ParamsFromSpec

ANY = ""
"""The model of a file that is about one model."""
_MODEL, _NUMBER, _STATE, _PREFIX = "model", "number", "state", "params_"
"""Columns: of the models by default; of an export of Optuna, and the beginning of those with its parameters."""
Ended = Literal["failed", "pruned"]
"""How a trial ended without a result, as its tuner says."""
_OF_OPTUNA: dict[str, Ended] = {"FAIL": "failed", "PRUNED": "pruned"}
_OF_KERAS_TUNER: dict[str, Ended] = {"FAILED": "failed", "INVALID": "failed"}
"""By the tuner's own word. The other ones, of trials that wait, run or are complete, say nothing of how they ended without a model."""
_OF_THE_TUNER = "tuner/"
"""Beginning of values that KerasTuner's Hyperband keeps beside the parameters."""
_LARGEST = 64.0
"""Megabytes of a table."""
_SEPARATORS = (",", ";", "\t")


class TrialsError(ReportgenError):
    """A table of parameters cannot be used; the message says why, without its name."""


@dataclass(frozen=True)
class Trials:
    """The rows of a table.

    Attributes
    ----------
    rows
        The parameters by model, as the table names it: :data:`ANY` in a file that is about one model. A parameter that
        is not set for a model is left out.
    sha256
        Digest of the file.
    reading
        How it was read.
    ended
        The rows of trials that failed or were stopped early, as the tuner says.
    numbers
        The numbers of trials by row, of an export of Optuna.
    """

    rows: dict[str, dict[str, Value]]
    sha256: str
    reading: str
    ended: dict[str, Ended] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)


def read(path: Path, named: ParamsFromSpec) -> Trials:
    """Read a table; ``named`` says which columns.

    Raises
    ------
    TrialsError
        Not such a table, or two rows are about the same model.
    """
    try:
        content = read_bytes(path, _LARGEST)
        text = content.decode("utf-8-sig")
    except FileError as error:
        raise TrialsError(str(error)) from error
    except UnicodeDecodeError as error:
        raise TrialsError(f"is not UTF-8 (byte {error.start})") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if path.suffix.lower() == ".json":
        if named.model is not None or named.columns is not None:
            raise TrialsError("is the trial of one model, without columns: leave out model and columns")
        return _of_keras_tuner(text, sha256)
    return _of_csv(text, sha256, named)


def _of_keras_tuner(text: str, sha256: str) -> Trials:
    try:
        trial: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TrialsError("is not valid JSON") from error
    found = trial.get("hyperparameters") if isinstance(trial, dict) else None
    values = found.get("values") if isinstance(found, dict) else None
    if not isinstance(values, dict):
        raise TrialsError("is not a trial of KerasTuner: it has no hyperparameters with values")
    if (wrong := refusal(values)) is not None:
        raise TrialsError(f"cannot be used: {wrong[1]}")
    own = {name: value for name, value in values.items() if not name.startswith(_OF_THE_TUNER) and value is not None}
    for name, value in own.items():
        if not isinstance(value, bool | int | float | str) or not is_finite(str(value)):
            raise TrialsError(f"gives the parameter {name} no finite number and no text (found {json.dumps(value)})")
    status = trial.get("status")
    ended = _OF_KERAS_TUNER.get(status) if isinstance(status, str) else None
    return Trials({ANY: own}, sha256, "KerasTuner's trial of each model", {} if ended is None else {ANY: ended})


def _of_csv(text: str, sha256: str, named: ParamsFromSpec) -> Trials:
    header, lines = _cells(text)
    of_optuna = {_NUMBER, _STATE} <= set(header) and any(name.startswith(_PREFIX) for name in header)
    key = named.model or (_NUMBER if of_optuna else _MODEL)
    columns = _columns(header, named, of_optuna=of_optuna)
    for name in (key, *columns):
        if name not in header:
            raise TrialsError(f"has no column {name!r}: it has {listed([one for one in header if one], 8)}")
    if key in columns:
        raise TrialsError(f"names models and a parameter by one column, {key!r}")
    names = {column: column.removeprefix(_PREFIX) if of_optuna else column for column in columns}
    rows: dict[str, dict[str, Value]] = {}
    seen: dict[str, int] = {}
    ended: dict[str, Ended] = {}
    numbers: dict[str, str] = {}
    for number, line in lines:
        cells = {name: cell.strip() for name, cell in zip(header, line, strict=True)}
        model = cells[key]
        if of_optuna:
            model = model if _is_set(model) else f"trial {cells[_NUMBER]}"
            numbers[model] = cells[_NUMBER]
            if cells[_STATE] in _OF_OPTUNA:
                ended[model] = _OF_OPTUNA[cells[_STATE]]
        if model in seen:
            raise TrialsError(f"has two rows for {model!r}, in lines {seen[model]} and {number}")
        seen[model] = number
        rows[model] = {names[name]: _value(cells[name], name, number) for name in columns if _is_set(cells[name])}
    kind = "export of Optuna, " if of_optuna else ""
    return Trials(rows, sha256, f"{kind}models by the column {key}", ended, numbers)


def _cells(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and the cells of every row that is not blank with the number of its line."""
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        found = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise TrialsError(f"is not valid CSV ({error})") from error
    if len(found) <= 1:
        raise TrialsError("has no rows" if found else "is empty")
    header = [name.strip() for name in found[0][1]]
    twice = [name for name in dict.fromkeys(header) if name and header.count(name) > 1]
    if twice:
        raise TrialsError(f"has the column {twice[0]!r} twice")
    for number, line in found[1:]:
        if len(line) != len(header):
            raise TrialsError(f"has {len(line)} cells in line {number}, and {len(header)} columns")
    return header, found[1:]


def _columns(header: Sequence[str], named: ParamsFromSpec, *, of_optuna: bool) -> tuple[str, ...]:
    """Return the columns of the parameters: those that the spec names, or those of Optuna."""
    if named.columns is not None:
        if not of_optuna:
            return named.columns
        return tuple(name if name in header else f"{_PREFIX}{name}" for name in named.columns)
    if not of_optuna:
        there = listed([name for name in header if name], 8)
        raise TrialsError(f"does not say which of its columns are parameters: set columns (it has {there})")
    return tuple(name for name in header if name.startswith(_PREFIX))


def _is_set(cell: str) -> bool:
    """Return whether a cell has a value: pandas writes a missing one as an empty cell, or as nan."""
    return bool(cell) and not is_nan(cell)


def _value(cell: str, name: str, number: int) -> Value:
    if not is_finite(cell):
        raise TrialsError(f"gives {name} in line {number} no finite number (found {cell!r})")
    return typed(cell)
