"""Trials of tuners that left no model: those that the tuner marks as failed count as failed, the others are counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportgen.contract.params import FailedTrial
from reportgen.inputs import trials
from reportgen.inputs.trials import TrialsError
from reportgen.spec import patterns
from reportgen.spec.problems import Problem
from reportgen.spec.tables.models import ParamsFromSpec
from reportgen.spec.wildcards import AmbiguousError, Wildcards

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reportgen.contract.params import Params, Value
    from reportgen.inputs.trials import Trials
    from reportgen.spec.tables.models import ModelSpec


@dataclass(frozen=True)
class _Trial:
    """A row of a table of parameters that is about no model of the spec."""

    failed: FailedTrial
    """As a failed trial, which it is if the tuner says so."""
    ended: trials.Ended | None


def table_of(named: str | ParamsFromSpec) -> ParamsFromSpec:
    """Return a table of parameters as the long form of the spec names it."""
    return ParamsFromSpec(path=named) if isinstance(named, str) else named


def of_table(found: Params, file: str, read: Trials, used: set[str], entries: Iterable[ModelSpec]) -> Params:
    """Return the parameters with what a table says of trials without a model.

    ``entries`` are those of the spec that name the table: what all of them set for their models is that of every row.
    """
    shared = _shared(entries)
    rows = [
        _Trial(
            FailedTrial(f"{file}, trial {read.numbers.get(key, key)}", {**shared, **row}, file, read.sha256),
            read.ended.get(key),
        )
        for key, row in read.rows.items()
        if key not in used
    ]
    return _with(found, file, rows)


def of_files(
    found: Params, written: Mapping[str, ModelSpec], folder: Path, used: set[str]
) -> tuple[Params, list[Problem]]:
    """Return the parameters with what files of KerasTuner say that are those of no model, and the errors; ``used`` are the files of models."""
    problems: list[Problem] = []
    seen = set(used)
    for name, entry in written.items():
        pattern = None if entry.params_from is None else table_of(entry.params_from).path
        if pattern is None or not Wildcards.of(pattern).names or not pattern.lower().endswith(".json"):
            continue
        rows: list[_Trial] = []
        try:
            for file, fields in patterns.files_with_fields(pattern, folder):
                if file not in seen:
                    seen.add(file)
                    rows.append(_of_file(file, {**(entry.params or {}), **fields}, folder))
        except (AmbiguousError, OSError, TrialsError) as error:
            problems.append(Problem(("models", name, "params_from"), _told(error), repr(pattern)))
        found = _with(found, pattern, rows)
    return found, problems


def _of_file(file: str, known: Mapping[str, Value], folder: Path) -> _Trial:
    try:
        read = trials.read(folder / file, ParamsFromSpec(path=file))
    except TrialsError as error:
        raise TrialsError(f"matches {file}, which is the trial of no model and {error}") from error
    params = {**known, **read.rows[trials.ANY]}
    return _Trial(FailedTrial(file, params, file, read.sha256), read.ended.get(trials.ANY))


def _told(error: Exception) -> str:
    return f"cannot be searched ({error.strerror})" if isinstance(error, OSError) else str(error)


def _shared(entries: Iterable[ModelSpec]) -> dict[str, Value]:
    """Return the parameters that several entries all set to the same value."""
    first, *others = (entry.params or {} for entry in entries)
    return {name: value for name, value in first.items() if all(_is(other.get(name), value) for other in others)}


def _is(one: Value | None, other: Value) -> bool:
    return type(one) is type(other) and one == other


def _with(found: Params, file: str, rows: list[_Trial]) -> Params:
    """Return the parameters with the trials of a table or pattern that left no model."""
    failed = tuple(row.failed for row in rows if row.ended == "failed")
    pruned = sum(row.ended == "pruned" for row in rows)
    left = len(rows) - len(failed)
    return replace(
        found,
        failed=(*found.failed, *failed),
        unused=(*found.unused, *([(file, left)] if left else [])),
        pruned=(*found.pruned, *([(file, pruned)] if pruned else [])),
    )
