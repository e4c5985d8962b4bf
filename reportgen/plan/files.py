"""Finds missing files, folders and arrays of a spec."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.inputs.sources.registry import unknown_names
from reportgen.inputs.sources.source import files
from reportgen.spec.files import unusable
from reportgen.spec.model import BaselineSpec
from reportgen.spec.problems import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location


def missing(spec: ReportSpec, folder: Path) -> Iterator[Problem]:
    """Yield missing files, and arrays that a file does not have."""
    for location, file in named_files(spec):
        reason = unusable(folder / file)
        if reason is not None:
            yield Problem(location, reason, repr(file), suggest(Path(file).name, _siblings(folder / file)))
    templates = spec.output.templates
    if templates is not None and not os.path.isdir(folder / templates):  # noqa: PTH112 a name that is too long is none
        yield Problem(("output", "templates"), "no such folder", repr(templates))
    if spec.data is not None:
        for location, name, there in unknown_names(spec.data, folder):
            hint = suggest(name, there) or f"it has {', '.join(there)}"
            yield Problem(location, f"{spec.data.path} has no such array or column", repr(name), hint)


def _siblings(path: Path) -> list[str]:
    """Return the names of the files beside a file that does not exist."""
    try:
        return [] if path.exists() else os.listdir(path.parent)  # noqa: PTH208 names only
    except OSError:
        return []


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
    if isinstance(spec.decision.baseline, BaselineSpec):
        yield ("decision", "baseline", "results"), spec.decision.baseline.results
    if spec.data is not None:
        yield from files(spec.data)
