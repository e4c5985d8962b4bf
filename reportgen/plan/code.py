"""The code of the user that a spec names, told from its plain data before anything is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.inputs.forms import HDF5
from reportgen.plan.entries import entries
from reportgen.plan.registry import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.spec.problems import Location
    from reportgen.spec.source import Source

_KEYS = ("function", "preprocess", "templates")
"""Keys of models, data, its splits and output that name code, whichever of these tables has them."""


def named(source: Source) -> Iterator[tuple[Location, str]]:
    """Yield every section file, custom object, SavedModel, function of models and data and folder of templates that a spec names, with its place.

    Whatever else is in these places is a mistake, at which planning ends before any of it runs.
    """
    for index, entry in entries(source.data, "sections"):
        if is_file(kind := str(entry.get("kind"))):
            yield ("sections", index, "kind"), kind
    for name, model in _table(source.data, "models").items():
        objects = model.get("custom_objects") if isinstance(model, dict) else None
        for index, item in enumerate(objects if isinstance(objects, list) else ()):
            yield ("models", name, "custom_objects", index), str(item)
    for name, model in _table(source.data, "models").items():
        if isinstance(model, dict) and model.get("allow_legacy") and not str(model.get("path")).endswith(HDF5):
            yield ("models", name, "allow_legacy"), str(model.get("path"))  # a SavedModel is a program
    splits = (("data", split) for split in ("test", "validation", "train"))
    places = [*(("models", name) for name in _table(source.data, "models")), ("data",), *splits, ("output",)]
    for place in places:
        found = _table(source.data, *place)
        yield from (((*place, key), str(found[key])) for key in _KEYS if found.get(key) is not None)


def _table(data: Any, *place: str) -> Mapping[str, Any]:
    """Return the table at a place; an empty one where there is none."""
    for key in place:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
