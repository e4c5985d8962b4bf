"""Where the keys and values of a TOML text stand, by its syntax tree (tree-sitter)."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from reportgen.diagnostics import Mark
from reportgen.source import Places

if TYPE_CHECKING:
    from reportgen.diagnostics import Location

_TABLES = {"table", "table_array_element"}
_KEYS = {"bare_key", "quoted_key", "dotted_key"}


def places(text: str) -> Places:
    """Return the position of every key and value of a TOML text that parses."""
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    index = _Index(text)
    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    index.document(tree.root_node)
    return Places(index.keys, index.values)


class _Index:
    def __init__(self, text: str) -> None:
        self.lines = text.encode().split(b"\n")
        self.keys: dict[Location, Mark] = {}
        self.values: dict[Location, Mark] = {}
        self._counts: dict[Location, int] = {}

    def document(self, root: Any) -> None:  # noqa: ANN401
        for node in root.named_children:
            if node.type == "pair":
                self._pair(node, ())
            elif node.type in _TABLES:
                self._table(node)

    def _table(self, node: Any) -> None:  # noqa: ANN401
        head, *body = [child for child in node.named_children if child.type != "comment"]
        location = self._resolved(self._parts(head))
        if node.type == "table_array_element":
            index = self._counts[location] = self._counts.get(location, -1) + 1
            location = (*location, index)
        self.keys[location] = self.values[location] = self._mark(head)
        self.keys.setdefault(location[:1], self._mark(head))
        for pair in body:
            self._pair(pair, location)

    def _resolved(self, parts: list[str]) -> Location:
        """Turn a header's keys into a location: a key of an array of tables means its last element."""
        location: Location = ()
        for position, part in enumerate(parts):
            location = (*location, part)
            if position < len(parts) - 1 and location in self._counts:
                location = (*location, self._counts[location])
        return location

    def _pair(self, node: Any, base: Location) -> None:  # noqa: ANN401
        head, value = [child for child in node.named_children if child.type != "comment"]
        location = base
        for part in self._parts(head):
            location = (*location, part)
            self.keys.setdefault(location, self._mark(head))
        self._value(value, location)

    def _value(self, node: Any, location: Location) -> None:  # noqa: ANN401
        self.values[location] = self._mark(node)
        children = [child for child in node.named_children if child.type != "comment"]
        if node.type == "array":
            for index, child in enumerate(children):
                self._value(child, (*location, index))
        elif node.type == "inline_table":
            for child in children:
                self._pair(child, location)

    def _parts(self, node: Any) -> list[str]:  # noqa: ANN401
        if node.type == "dotted_key":
            return [part for child in node.named_children if child.type in _KEYS for part in self._parts(child)]
        text = node.text.decode()
        return [text if node.type == "bare_key" else next(iter(tomllib.loads(f"{text} = 0")))]

    def _mark(self, node: Any) -> Mark:  # noqa: ANN401
        row, column = node.start_point
        return Mark(row + 1, len(self.lines[row][:column].decode("utf-8", "replace")) + 1)
