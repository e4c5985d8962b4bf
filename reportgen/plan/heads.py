"""Finds names of outputs in a spec that no model has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.inputs.archive import outputs_of
from reportgen.spec.problems import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location


def unknown(spec: ReportSpec, folder: Path) -> Iterator[Problem]:
    """Yield outputs that a model, or for the data all models, certainly do not have: a class of its own may have any."""
    tables = {
        ("models", name, key): value
        for name, model in spec.models.items()
        for key, value in (("outputs", model.outputs), ("quantiles", model.quantiles), ("task", model.task))
        if isinstance(value, dict)
    }
    keys = () if spec.data is None else ("y", "class_names", "value_names", "mask", "ignore_label")
    of_data = {key: getattr(spec.data, key) for key in keys}
    shared = {("data", key): value for key, value in of_data.items() if isinstance(value, dict)}
    named = spec.models if shared else dict.fromkeys(str(location[1]) for location in tables)
    paths = {name: spec.models[name].path for name in named}
    known = {name: None if path is None else outputs_of(folder / path, spec.limits) for name, path in paths.items()}
    for location, heads in tables.items():
        yield from _missing(location, heads, known[location[1]], "the model has no output of this name")
    every = None if None in known.values() else [one for names in known.values() for one in names or ()]
    for place, table in shared.items():
        yield from _missing(place, table, every, "no model has an output of this name")


def _missing(location: Location, named: Iterable[str], heads: Sequence[str] | None, message: str) -> Iterator[Problem]:
    for head in named if heads is not None else ():
        if head not in (heads or ()):
            hint = suggest(head, heads or ()) or f"available: {', '.join(dict.fromkeys(heads or ()))}"
            yield Problem((*location, head), message, hint=hint, at_key=True)
