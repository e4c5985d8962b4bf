"""The code of the user that a spec names, told from its plain data before anything is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.plan.entries import entries
from reportgen.plan.registry import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.spec.problems import Location
    from reportgen.spec.source import Source


def named(source: Source) -> Iterator[tuple[Location, str]]:
    """Yield every section file, custom object, function of the data and folder of templates that a spec names, with its place.

    Whatever else is in these places is a mistake, at which planning ends before any of it runs.
    """
    for index, entry in entries(source.data, "sections"):
        if is_file(kind := str(entry.get("kind"))):
            yield ("sections", index, "kind"), kind
    models = source.data.get("models")
    for name, model in models.items() if isinstance(models, dict) else ():
        objects = model.get("custom_objects") if isinstance(model, dict) else None
        for index, item in enumerate(objects if isinstance(objects, list) else ()):
            yield ("models", name, "custom_objects", index), str(item)
    for table, keys in (("data", ("function", "preprocess")), ("output", ("templates",))):
        given = source.data.get(table)
        found = given if isinstance(given, dict) else {}
        yield from (((table, key), str(found[key])) for key in keys if found.get(key) is not None)
