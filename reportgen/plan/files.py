"""Finds missing files, folders and arrays of a spec."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.inputs.sources.registry import unknown_names, unusable_data
from reportgen.inputs.sources.source import code_files, files
from reportgen.spec import files as spec_files
from reportgen.spec.problems import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location


def missing(spec: ReportSpec, folder: Path) -> Iterator[Problem]:
    """Yield missing files, and arrays that a file does not have."""
    unusable = [(*one, reason) for one in _outside_data(spec) if (reason := spec_files.unusable(folder / one[1]))]
    if spec.data is not None:
        unusable += unusable_data(spec.data, folder)
    for location, file, reason in unusable:
        yield Problem(location, reason, repr(file), suggest(Path(file).name, _siblings(folder / file)))
    templates = spec.output.templates
    if templates is not None and not os.path.isdir(folder / templates):  # noqa: PTH112 a name that is too long is none
        yield Problem(("output", "templates"), "no such folder", repr(templates))
    if spec.data is not None:
        for location, name, there in unknown_names(spec.data, folder):
            hint = suggest(name, there) or f"it has {', '.join(there)}"
            yield Problem(location, f"{spec.data.origin} has no such array or column", repr(name), hint)


def _siblings(path: Path) -> list[str]:
    """Return the names of the files beside a file that does not exist."""
    try:
        return [] if path.exists() else os.listdir(path.parent)  # noqa: PTH208 names only
    except OSError:
        return []


def named_files(spec: ReportSpec) -> Iterator[tuple[Location, str]]:
    """Yield every file that a spec names, with its place."""
    yield from _outside_data(spec)
    if spec.data is not None:
        yield from files(spec.data)


def _outside_data(spec: ReportSpec) -> Iterator[tuple[Location, str]]:
    for name, model in spec.models.items():
        yield ("models", name, "path"), model.path
        if model.history is not None:
            yield ("models", name, "history"), model.history
        for index, item in enumerate(model.custom_objects):
            module = item.rpartition(":")[0]
            if module.endswith(".py"):
                yield ("models", name, "custom_objects", index), module
    if spec.data is not None:
        yield from code_files(spec.data)
