"""TOML: the data of a text, and the positions in it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from reportgen.spec.places import Places, RefusedError
from reportgen.spec.problems import Mark

if TYPE_CHECKING:
    from reportgen.spec.problems import Location

_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}\.[ \t]*+){{200}}")


def has_long_key(text: str) -> bool:
    """Return whether a key has hundreds of parts: tomllib's time grows with the square of their number."""
    return _LONG_KEY.search(text) is not None


def read(text: str) -> dict[str, Any]:
    """Return the data of a TOML text.

    Raises
    ------
    RefusedError
        It is not TOML, or nested too deeply.
    """
    if has_long_key(text):
        raise RefusedError("is nested too deeply")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refusal(str(error), text) from None
    except RecursionError:
        raise RefusedError("is nested too deeply") from None
    except ValueError:  # limit of the interpreter
        raise RefusedError("is not TOML: a number has too many digits") from None


def _refusal(message: str, text: str) -> RefusedError:
    """Split tomllib's message into error and position."""
    what, _, where = message.rpartition(" (at ")
    lines = text.split("\n")
    numbers = [int(number) for number in re.findall(r"\d+", where)]
    line, column = numbers or (len(lines), len(lines[-1]) + 1)
    if what.startswith("Cannot "):  # tomllib reports the end of the line
        quoted = lines[line - 1]
        return RefusedError("is defined twice", Mark(line, len(quoted) - len(quoted.lstrip()) + 1, len(quoted.strip())))
    return RefusedError(f"is not TOML: {what[:1].lower()}{what[1:]}", Mark(line, column))


def places(text: str) -> Places:
    """Return the positions in a TOML text that can be parsed."""
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    index = _Index(text)
    index.walk(tree.root_node)
    return index.places


class _Index:
    """Collects the positions in a syntax tree; parts that could not be parsed are omitted."""

    def __init__(self, text: str) -> None:
        self.places = Places()
        self._lines = text.encode().split(b"\n")
        self._counts: dict[Location, int] = {}

    def walk(self, root: Any) -> None:
        for node in _children(root):
            if node.type == "pair":
                self._pair(node, ())
            else:
                self._table(node)

    def _table(self, node: Any) -> None:
        head, *pairs = _children(node)
        location = self._key(head, ())
        if node.type == "table_array_element":
            self._counts[location] = self._counts.get(location, -1) + 1
            location = (*location, self._counts[location])
        self.places.keys[location] = self.places.values[location] = self._mark(head)
        for pair in pairs:
            self._pair(pair, location)

    def _pair(self, node: Any, base: Location) -> None:
        head, value = _children(node)
        self._value(value, self._key(head, base))

    def _key(self, head: Any, location: Location) -> Location:
        """Record the parts of a dotted key; an array of tables stands for its last table."""
        for part in _key_parts(head):
            if location in self._counts:
                location = (*location, self._counts[location])
            text = part.text.decode()
            location = (*location, text if part.type == "bare_key" else next(iter(tomllib.loads(f"{text} = 0"))))
            self.places.keys.setdefault(location, self._mark(part))
        return location

    def _value(self, node: Any, location: Location) -> None:
        self.places.values[location] = self._mark(node)
        for number, child in enumerate(_children(node)):
            if node.type == "array":
                self._value(child, (*location, number))
            elif node.type == "inline_table":
                self._pair(child, location)

    def _mark(self, node: Any) -> Mark:
        (row, start), (last_row, end) = node.start_point, node.end_point
        line = self._lines[row]
        length = len(line[start:end].decode()) if row == last_row else 1
        return Mark(row + 1, len(line[:start].decode()) + 1, length)


def _children(node: Any) -> list[Any]:
    return [child for child in node.named_children if child.type not in {"comment", "ERROR"}]


def _key_parts(head: Any) -> list[Any]:
    return [part for child in _children(head) for part in _key_parts(child)] if head.type == "dotted_key" else [head]
