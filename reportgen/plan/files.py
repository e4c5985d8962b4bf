"""Finds missing files, folders and arrays of a spec."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.inputs import logo
from reportgen.inputs.forms import refused
from reportgen.inputs.sources.arrays import shown
from reportgen.inputs.sources.registry import unknown_names, unusable_data
from reportgen.inputs.sources.source import code_files, files
from reportgen.spec import files as spec_files
from reportgen.spec.files import is_folder
from reportgen.spec.problems import Problem, suggest
from reportgen.spec.tables.release import BaselineSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.data import DataSpec


def missing(spec: ReportSpec, folder: Path) -> Iterator[Problem]:
    """Yield missing files, and arrays that a file does not have."""
    outside = [one for one in _beside(spec) if not (_may_be_folder(one[0]) and is_folder(folder / one[1]))]
    unusable = [(*one, reason) for one in outside if (reason := spec_files.unusable(folder / one[1]))]
    paths = [(model.location(name), model) for name, model in spec.models.items()]
    unusable += [(at, one.origin, reason) for at, one in paths if (reason := refused(one, folder))]
    for data, place in _tables(spec):
        unusable += [(place(location), file, reason) for location, file, reason in unusable_data(data, folder)]
    if spec.output.theme.logo is not None and (reason := logo.unusable(spec.output.theme.logo, folder)):
        unusable.append((logo.LOCATION, spec.output.theme.logo, reason))
    for location, file, reason in unusable:
        yield Problem(location, reason, repr(file), suggest(Path(file).name, _siblings(folder / file)))
    templates = spec.output.templates
    if templates is not None and not os.path.isdir(folder / templates):  # noqa: PTH112 a name that is too long is none
        yield Problem(("output", "templates"), "no such folder", repr(templates))
    for data, place in _tables(spec):
        for location, name, there in unknown_names(data, folder):
            hint = suggest(name, there) or f"it has {shown(there)}"
            yield Problem(place(location), f"{data.origin} has no such array or column", repr(name), hint)


def _tables(spec: ReportSpec) -> Iterator[tuple[DataSpec, Callable[[Location], Location]]]:
    """Yield the table of the data and those of its other splits, each with where the spec says what it has at a location."""
    if spec.data is not None:
        yield spec.data, lambda location: location
        others = spec.data.further | ({} if spec.data.training is None else {"train": spec.data.training})
        yield from ((table, partial(spec.data.place_in, split)) for split, table in others.items())


def _may_be_folder(location: Location) -> bool:
    """Return whether a place in the spec names a history, which may be a folder of event files."""
    return location[0] == "models" and location[-1] == "history"


def unchecked(spec: ReportSpec, folder: Path) -> Iterator[str]:
    """Yield what only the build can check, as sentences: code is not run before, and TensorFlow not loaded."""
    yield from (f"what {one.function} returns" for one in spec.models.values() if one.function is not None)
    for data, _ in _tables(spec):
        if data.function is not None:
            yield f"what {data.function} returns"
        elif data.path is not None and data.images is None and data.features is None and is_folder(folder / data.path):
            yield f"what the elements of {data.path} are"
    if spec.data is not None and spec.data.preprocess is not None:
        yield f"what {spec.data.preprocess} returns"


def _siblings(path: Path) -> list[str]:
    """Return the names of the files beside a file that does not exist, or is a link that leads nowhere."""
    try:
        return [] if path.exists() else [name for name in os.listdir(path.parent) if name != path.name]  # noqa: PTH208 names only
    except OSError:
        return []


def named_files(spec: ReportSpec) -> Iterator[tuple[Location, str]]:
    """Yield every file that a spec names, with its place."""
    yield from ((("models", name, "path"), one.path) for name, one in spec.models.items() if one.path is not None)
    yield from _beside(spec)
    if spec.output.theme.logo is not None:
        yield logo.LOCATION, spec.output.theme.logo
    for data, place in _tables(spec):
        yield from ((place(location), file) for location, file in files(data))


def _beside(spec: ReportSpec) -> Iterator[tuple[Location, str]]:
    """Yield the files that are neither models nor data: histories, code, results."""
    tables: set[str] = set()
    for name, model in spec.models.items():
        made_by = (model.function or "").rpartition(":")[0]
        if made_by.endswith(".py"):
            yield ("models", name, "function"), made_by
        if model.history is not None:
            yield ("models", name, "history"), model.history
        if model.params_from is not None:
            table = model.params_from if isinstance(model.params_from, str) else model.params_from.path
            if table not in tables:
                tables.add(table)
                yield ("models", name, "params_from"), table
        for index, item in enumerate(model.custom_objects):
            module = item.rpartition(":")[0]
            if module.endswith(".py"):
                yield ("models", name, "custom_objects", index), module
    if isinstance(spec.decision.baseline, BaselineSpec):
        yield ("decision", "baseline", "results"), spec.decision.baseline.results
    for data, place in _tables(spec):
        yield from ((place(location), file) for location, file in code_files(data))
