"""The text of a spec, the plain data in it, and the place of every key and value, for TOML and for YAML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from reportgen.diagnostics import Mark, Problem
from reportgen.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.diagnostics import Location

Syntax = Literal["toml", "yaml"]

_SUFFIXES: dict[str, Syntax] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


@dataclass(frozen=True)
class Places:
    """Where keys and values begin: location in the data to mark."""

    keys: dict[Location, Mark]
    values: dict[Location, Mark]


@dataclass(frozen=True)
class Source:
    """A spec as text and as plain data.

    Attributes
    ----------
    name
        The file as the user typed it.
    text, syntax
        What was read.
    data
        Plain dicts, lists, strings, numbers, booleans and dates.
    overridden
        Locations that ``--set`` changed: they have no place in the text.
    """

    name: str
    text: str
    syntax: Syntax
    data: dict[str, Any]
    overridden: tuple[Location, ...] = ()

    @cached_property
    def places(self) -> Places:
        """The positions; computed when they are first asked for."""
        if self.syntax == "toml":
            from reportgen.toml_places import places

            return places(self.text)
        from reportgen.yaml_reader import read

        return read(self.text, self.name)[1]

    def locate(self, location: Location, *, key: bool = False) -> Mark | None:
        """Return the place of a value, or of its key; of the nearest part above where it has none.

        None where ``--set`` put the value there.
        """
        if any(location[: len(changed)] == changed for changed in self.overridden):
            return None
        if key and location in self.places.keys:
            return self.places.keys[location]
        for length in range(len(location), 0, -1):
            part = location[:length]
            mark = self.places.values.get(part) if length == len(location) else self.places.keys.get(part)
            mark = mark or self.places.values.get(part)
            if mark is not None:
                return mark
        return Mark(1, 1)

    def with_override(self, assignment: str) -> Source:
        """Return the source with ``models.cnn.path=x.keras`` put into its data.

        The value is read as TOML, or else taken as a string; a number in the path is the index of a list.

        Raises
        ------
        SpecError
            The assignment cannot be read, or leads through something that is no table.
        """
        left, equals, right = assignment.partition("=")
        try:
            path = _key_path(left)
        except tomllib.TOMLDecodeError:
            path = ()
        if not equals or not path:
            raise self._bad(assignment, "must be KEY=VALUE, e.g. models.cnn.path=new.keras")
        data, location = _assigned(self.data, path, _value(right))
        if data is None:
            raise self._bad(assignment, f"leads through {_dotted(location)}, which is not a table")
        return replace(self, data=data, overridden=(*self.overridden, location))

    def _bad(self, assignment: str, message: str) -> SpecError:
        return SpecError([Problem((), f"--set {assignment}: {message}")], None, self.name)


def read(path: Path, name: str) -> Source:
    """Read a spec file.

    Raises
    ------
    SpecError
        No such file, no TOML or YAML by its suffix, not UTF-8, or a syntax error.
    """
    syntax = _SUFFIXES.get(path.suffix.lower())
    if syntax is None:
        raise _refused(name, "a spec is a .toml, .yaml or .yml file")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _refused(name, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _refused(name, f"is not UTF-8 (byte {error.start})") from error
    return parse(text.replace("\r\n", "\n"), name, syntax)


def parse(text: str, name: str, syntax: Syntax) -> Source:
    """Read a spec from its text.

    Raises
    ------
    SpecError
        With the place of the syntax error.
    """
    if syntax == "yaml":
        from reportgen.yaml_reader import read as read_yaml

        return Source(name, text, syntax, read_yaml(text, name)[0])
    try:
        return Source(name, text, syntax, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise syntax_error(text, name, "toml", *_toml_message(error, text)) from error


def syntax_error(text: str, name: str, syntax: Syntax, message: str, mark: Mark) -> SpecError:
    """Return the error for a text that cannot be read as data."""
    return SpecError([Problem((), message, mark=mark)], Source(name, text, syntax, {}), name)


def _refused(name: str, message: str) -> SpecError:
    return SpecError([Problem((), message)], None, name)


def _toml_message(error: tomllib.TOMLDecodeError, text: str) -> tuple[str, Mark]:
    """Split tomllib's message into what is wrong and where."""
    import re

    match = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error), re.DOTALL)
    if match is None:
        return f"is not TOML: {error}", Mark(1, 1)
    lines = text.split("\n")
    line, column = (int(match[2]), int(match[3])) if match[2] else (len(lines), len(lines[-1]) + 1)
    return f"is not TOML: {match[1][0].lower()}{match[1][1:]}", Mark(line, column)


# ------------------------------------------------------------------------------------------------ overrides


def _key_path(text: str) -> tuple[str, ...]:
    """Read a dotted key, whose parts may be quoted, with the rules of TOML."""
    table: Any = tomllib.loads(f"{text.strip()} = 0")
    path = []
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        path.append(key)
    return tuple(path)


def _value(text: str) -> Any:  # noqa: ANN401
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _assigned(
    node: Any,  # noqa: ANN401
    path: tuple[str, ...],
    value: Any,  # noqa: ANN401
    here: Location = (),
) -> tuple[Any, Location]:
    """Return a copy of the data with a value put in, and its location; None and the obstacle where it cannot be."""
    if not path:
        return value, here
    head, rest = path[0], path[1:]
    if isinstance(node, list) and head.isdecimal() and int(head) < len(node):
        index = int(head)
        inner, location = _assigned(node[index], rest, value, (*here, index))
        return (None if inner is None else [*node[:index], inner, *node[index + 1 :]]), location
    if not isinstance(node, dict):
        return None, here
    inner, location = _assigned(node.get(head, {} if rest else None), rest, value, (*here, head))
    return (None if inner is None else {**node, head: inner}), location


def _dotted(location: Location) -> str:
    return ".".join(map(str, location))
