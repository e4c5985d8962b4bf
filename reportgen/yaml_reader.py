"""YAML 1.2 as plain data with the place of every key and value; what a spec does not need is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.diagnostics import Mark
from reportgen.source import Places, syntax_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.diagnostics import Location

_TAG = "tag:yaml.org,2002:"
_SCALARS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}
_COLLECTIONS = {f"{_TAG}map", f"{_TAG}seq"}


class _RefusedError(Exception):
    """Something that a spec does not need; holds the message and where it stands."""

    def __init__(self, message: str, mark: Any) -> None:  # noqa: ANN401
        super().__init__(message)
        self.message = message
        self.mark = Mark(mark.line + 1, mark.column + 1)


def read(text: str, name: str) -> tuple[dict[str, Any], Places]:
    """Return the data of a YAML text and its places.

    Raises
    ------
    SpecError
        A syntax error; a duplicate or non-text key, an anchor, alias, merge key, foreign tag or second document.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    places = Places({}, {})
    try:
        _refuse_references(text)
        root = YAML(typ="rt", pure=True).compose(text)
        if root is None or root.tag != f"{_TAG}map":
            message = "a spec is a table of keys" if root is not None else "the spec is empty"
            raise syntax_error(text, name, "yaml", message, Mark(1, 1))
        data = _data(root, (), places)
    except _RefusedError as error:
        raise syntax_error(text, name, "yaml", error.message, error.mark) from None
    except MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
        raise syntax_error(text, name, "yaml", f"is not YAML: {error.problem or error.context}", mark) from error
    except YAMLError as error:
        message = f"is not YAML: {str(error).splitlines()[0]}"
        raise syntax_error(text, name, "yaml", message, Mark(1, 1)) from error
    return data, places


def _refuse_references(text: str) -> None:
    from ruamel.yaml import YAML

    started = 0
    for event in YAML(typ="rt", pure=True).parse(text):
        kind = type(event).__name__
        started += kind == "DocumentStartEvent"
        if started > 1:
            message = "a spec is a single YAML document"
            raise _RefusedError(message, event.start_mark)
        if kind == "AliasEvent" or getattr(event, "anchor", None) is not None:
            message = "anchors and aliases are not allowed in a spec"
            raise _RefusedError(message, event.start_mark)


def _data(node: Any, location: Location, places: Places) -> Any:  # noqa: ANN401
    mark = Mark(node.start_mark.line + 1, node.start_mark.column + 1)
    places.values[location] = mark
    tag = str(node.tag)
    if tag not in _SCALARS | _COLLECTIONS:
        message = f"the tag {tag.removeprefix(_TAG)} is not allowed in a spec"
        raise _RefusedError(message, node.start_mark)
    if tag == f"{_TAG}map":
        return dict(_items(node, location, places))
    if tag == f"{_TAG}seq":
        return [_data(child, (*location, index), places) for index, child in enumerate(node.value)]
    return _scalar(node, tag)


def _items(node: Any, location: Location, places: Places) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    seen = set()
    for key_node, value_node in node.value:
        if str(key_node.tag) == f"{_TAG}merge":
            message = "merge keys are not allowed in a spec"
            raise _RefusedError(message, key_node.start_mark)
        if str(key_node.tag) not in _SCALARS:
            message = "a key must be text"
            raise _RefusedError(message, key_node.start_mark)
        key = str(key_node.value)
        if key in seen:
            message = f"the key {key!r} stands twice"
            raise _RefusedError(message, key_node.start_mark)
        seen.add(key)
        places.keys[(*location, key)] = Mark(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        yield key, _data(value_node, (*location, key), places)


def _scalar(node: Any, tag: str) -> Any:  # noqa: ANN401
    """Construct a scalar as YAML 1.2 defines it."""
    from ruamel.yaml.constructor import SafeConstructor

    if tag == f"{_TAG}str":
        return str(node.value)
    return SafeConstructor().construct_object(node, deep=True)
