"""Finds missing files, folders and arrays of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.inputs.sources.registry import unknown_names
from reportgen.inputs.sources.source import files
from reportgen.spec.problems import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location


def missing(spec: ReportSpec, folder: Path) -> Iterator[Problem]:
    """Yield missing files, and arrays that a file does not have."""
    for location, file in named_files(spec):
        path = folder / file
        if not path.exists():
            siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
            yield Problem(location, "no such file", repr(file), suggest(path.name, siblings))
        elif not path.is_file():
            yield Problem(location, "is not a file", repr(file))
    templates = spec.output.templates
    if templates is not None and not (folder / templates).is_dir():
        yield Problem(("output", "templates"), "no such folder", repr(templates))
    if spec.data is not None:
        for location, name, there in unknown_names(spec.data, folder):
            hint = suggest(name, there) or f"it has {', '.join(there)}"
            yield Problem(location, f"{spec.data.path} has no such array or column", repr(name), hint)


def named_files(spec: ReportSpec) -> Iterator[tuple[Location, str]]:
    """Yield every file that a spec names, with its place."""
    for name, model in spec.models.items():
        yield ("models", name, "path"), model.path
        if model.history is not None:
            yield ("models", name, "history"), model.history
        for index, item in enumerate(model.custom_objects):
            module = item.rpartition(":")[0]
            if module.endswith(".py"):
                yield ("models", name, "custom_objects", index), module
    if spec.data is not None:
        yield from files(spec.data)
