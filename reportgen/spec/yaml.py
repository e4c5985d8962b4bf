"""YAML: the data of a text, and the positions in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from reportgen.spec.places import Places, RefusedError
from reportgen.spec.problems import Mark

if TYPE_CHECKING:
    from reportgen.spec.problems import Location

_TAG = "tag:yaml.org,2002:"
_TAGS = {
    "mapping": {f"{_TAG}map"},
    "sequence": {f"{_TAG}seq"},
    "scalar": {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")},
}
_SIGNS = {f"{_TAG}merge", f"{_TAG}value"}  # how ruamel reads << and =, which are text when used as values
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(?=%(?!YAML 1\.2\s))")


def read(text: str) -> tuple[dict[str, Any], Places]:
    """Return the data of a YAML 1.2 text and its positions.

    Raises
    ------
    RefusedError
        It is not YAML, or has features that a spec must not use.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = _Reader(text)
    directive = _DIRECTIVE.match(text)
    if directive:
        raise RefusedError("a spec must be YAML 1.2 without directives", reader.mark(directive.end(), directive.end()))
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is None:
            return {}, reader.places
        if root.id != "mapping":
            raise RefusedError("the top level must be a table of keys", reader.mark_of(root))
        return reader.data(root, ()), reader.places
    except RecursionError:
        raise RefusedError("is nested too deeply") from None
    except MarkedYAMLError as error:
        if error.problem == "but found another document":
            raise RefusedError("a spec must be a single YAML document", reader.mark_of_error(error)) from None
        raise RefusedError(f"is not YAML: {error.problem or error.context}", reader.mark_of_error(error)) from None
    except (YAMLError, ValueError, OverflowError) as error:
        at = getattr(error, "position", 0)
        raise RefusedError(f"is not YAML: {str(error).splitlines()[0]}", reader.mark(at, at)) from None


class _Reader:
    """Converts composed nodes to plain data and collects their positions."""

    def __init__(self, text: str) -> None:
        from ruamel.yaml import YAML

        self.places = Places()
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._constructor = YAML(typ="safe", pure=True).constructor

    def data(self, node: Any, location: Location) -> Any:
        mark = self.places.values[location] = self.mark_of(node)
        if node.anchor is not None:
            raise RefusedError("anchors and aliases are not allowed in a spec", mark)
        if str(node.tag) not in _TAGS[node.id]:
            raise RefusedError(f"the tag {str(node.tag).replace(_TAG, '!!')} is not allowed in a spec", mark)
        if node.id == "mapping":
            return self._table(node, location)
        if node.id == "sequence":
            return [self.data(child, (*location, number)) for number, child in enumerate(node.value)]
        return self._scalar(node, mark)

    def _table(self, node: Any, location: Location) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key, value in node.value:
            mark = self.mark_of(key)
            if str(key.tag) == f"{_TAG}merge":
                raise RefusedError("merge keys are not allowed in a spec", mark)
            if str(key.tag) != f"{_TAG}str" or key.id != "scalar":
                raise RefusedError("a key must be text: put it in quotes", mark)
            if key.anchor is not None:
                raise RefusedError("anchors and aliases are not allowed in a spec", mark)
            if key.value in table:
                raise RefusedError(f"duplicate key {key.value!r}", mark)
            self.places.keys[(*location, key.value)] = mark
            table[key.value] = self.data(value, (*location, key.value))
        return table

    def _scalar(self, node: Any, mark: Mark) -> Any:
        if str(node.tag) in _SIGNS:
            return node.value
        try:
            return self._constructor.construct_object(node)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
            raise RefusedError(f"is not a valid {str(node.tag).removeprefix(_TAG)}", mark) from None

    def mark_of(self, node: Any) -> Mark:
        return self.mark(node.start_mark.index, node.end_mark.index)

    def mark_of_error(self, error: Any) -> Mark:
        at = error.problem_mark or error.context_mark
        return self.mark(at.index, at.index) if at else Mark(1, 1)

    def mark(self, start: int, end: int) -> Mark:
        """Return the position of an index; ruamel recognizes more line separators than editors do."""
        line = bisect_right(self._starts, start)
        text = self._text[start:end].rstrip(" \t\n")
        return Mark(line, start - self._starts[line - 1] + 1, 1 if "\n" in text else max(1, len(text)))
