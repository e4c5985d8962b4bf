"""The training parameters of the models: from the spec, from the fields of paths, and from tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.params import Params
from reportgen.inputs import trials
from reportgen.inputs.trials import ANY, Trials, TrialsError
from reportgen.plan import trials as left
from reportgen.spec.files import unusable
from reportgen.spec.problems import Problem
from reportgen.spec.wildcards import Wildcards
from reportgen.text.formatting import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reportgen.contract.params import Value
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.models import ModelSpec, ParamsFromSpec

_NAMED = 3


def gathered(written: ReportSpec, spec: ReportSpec, folder: Path) -> tuple[Params, list[Problem]]:
    """Return the parameters of all models, and the errors.

    Parameters
    ----------
    written
        The spec as written: an entry with a pattern stands for all its models.
    spec
        The spec with the models that the patterns match; their fields are in their ``params``.
    folder
        The folder that paths are relative to. Files that cannot be opened are left out: they are reported elsewhere.
    """
    tables: dict[ParamsFromSpec, dict[str, ModelSpec]] = {}
    for name, model in spec.models.items():
        if model.params_from is not None:
            tables.setdefault(left.table_of(model.params_from), {})[name] = model
    values = {name: dict(model.params) for name, model in spec.models.items() if model.params is not None}
    found = Params(values, {}, tuple(_of_the_spec(written)))
    problems: list[Problem] = []
    for table, models in tables.items():
        if unusable(folder / table.path) is None:
            place = ("models", next(iter(models)), "params_from")
            try:
                read = trials.read(folder / table.path, table)
            except TrialsError as error:
                problems.append(Problem(place, str(error), repr(table.path)))
                continue
            problems += [Problem(place, message, repr(table.path)) for message in _mistakes(read, models)]
            found = _with(found, table, read, models)
            if ANY not in read.rows:
                used = {_row(read, name, model) or ANY for name, model in models.items()}
                found = left.of_table(found, table.path, read, used, _entries(written, table))
    found, more = left.of_files(found, written.models, folder, {table.path for table in tables})
    return replace(found, readings=tuple(dict.fromkeys(found.readings))), problems + more


def _entries(written: ReportSpec, table: ParamsFromSpec) -> list[ModelSpec]:
    """Return the entries of a spec that name a table: all its models where a pattern stands for the table."""
    named = [one for one in written.models.values() if one.params_from is not None]
    return [one for one in named if one.params_from is not None and left.table_of(one.params_from) == table] or named


def _row(read: Trials, name: str, model: ModelSpec) -> str | None:
    """Return which row is about a model: named by its name or its path; None without one."""
    return next((key for key in (ANY, name, model.origin) if key in read.rows), None)


def _mistakes(read: Trials, models: Mapping[str, ModelSpec]) -> Iterator[str]:
    """Yield what is wrong with a table, as the table of some models."""
    missing = [name for name, model in models.items() if _row(read, name, model) is None]
    if missing:
        there = listed([repr(key) for key in read.rows], _NAMED)
        yield f"has no row for {listed(missing, _NAMED)}: its rows are {there}"
    unset = [name for name, model in models.items() if read.rows.get(_row(read, name, model) or ANY) == {}]
    if unset:
        yield f"sets no parameter for {listed(unset, _NAMED)}"
    for name, model in models.items():
        both = read.rows.keys() & {name, model.origin}
        if len(both) > 1:
            yield f"has two rows for {name}, one by its name and one by its path"
            return
    own = {param for model in models.values() for param in model.params or {}}
    given = {param for row in read.rows.values() for param in row}
    twice = sorted(own & given)
    if twice:
        yield f"gives the parameter {twice[0]}, which params or a field of path gives too: leave out one of them"


def _with(found: Params, table: ParamsFromSpec, read: Trials, models: Mapping[str, ModelSpec]) -> Params:
    """Return the parameters with those of a table."""
    values: dict[str, dict[str, Value]] = {name: dict(row) for name, row in found.values.items()}
    files = dict(found.files)
    used: set[str] = set()
    for name, model in models.items():
        key = _row(read, name, model)
        if key is not None:
            used.add(key)
            values.setdefault(name, {}).update(read.rows[key])
            files[name] = (table.path, read.sha256)
    names = listed(list(dict.fromkeys(param for key in read.rows if key in used for param in read.rows[key])), 8)
    of_each = ANY in read.rows
    reading = f"{names} from {read.reading}" if of_each else f"{names} from {table.path} ({read.reading})"
    ordered = {name: values[name] for name in (*found.values, *values)}
    return replace(found, values=ordered, files=files, readings=(*found.readings, reading))


def _of_the_spec(written: ReportSpec) -> Iterator[str]:
    """Yield where the parameters of the entries come from, but for tables."""
    for model in written.models.values():
        fields = Wildcards.of(model.path or "").fields
        if fields:
            yield f"{listed(list(fields), 8)} from {model.path}"
        if model.params:
            yield f"{listed(list(model.params), 8)} from params of the spec"
