"""The text of a spec, its plain data, and the position of every key and value, for TOML and YAML."""

from __future__ import annotations

import hashlib
import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from reportgen.spec.diagnostics import Placed, draw
from reportgen.spec.errors import SpecError
from reportgen.spec.files import FileError, read_bytes, unusable
from reportgen.spec.plain import refusal
from reportgen.spec.problems import Location, Mark, Problem, dotted, printable
from reportgen.spec.tables.splits import SplitSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Location", "Mark", "Source", "Syntax", "parse", "read"]

Syntax = Literal["toml", "yaml"]

_MEGABYTES = 1
_SHOWN = 100
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{_PART}\.[ \t]*+){{200}}")
_SUFFIXES: dict[str, Syntax] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


@dataclass(frozen=True)
class Places:
    """The positions of keys and values, by location in the data."""

    keys: dict[Location, Mark] = field(default_factory=dict)
    values: dict[Location, Mark] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    r"""A spec as text and as plain data.

    Attributes
    ----------
    name
        The file name as the user typed it.
    text, syntax
        The text, with line ends ``\n`` and without a byte order mark, and its format.
    data
        Plain dicts, lists, strings, numbers, booleans and dates (for YAML also None).
    overrides
        The locations that ``--set`` changed, with the argument.
    entries
        For each model of a pattern, the key of its entry.
    checks
        For each check, the index of its entry.
    columns
        For the place of each column that only slices name, the place where one does.
    split
        The table of the split that is evaluated by default; None if ``[data]`` itself names its rows.
    """

    name: str
    text: str
    syntax: Syntax
    data: dict[str, Any]
    overrides: tuple[tuple[Location, str], ...] = ()
    entries: Mapping[str, str] = field(default_factory=dict)
    checks: Sequence[int] = ()
    columns: Mapping[Location, Location] = field(default_factory=dict)
    split: str | None = None

    @cached_property
    def places(self) -> Places:
        """The positions; computed on first use."""
        return _toml_places(self.text) if self.syntax == "toml" else _read_yaml(self.text)[1]

    def locate(self, location: Location, *, key: bool = False) -> Mark | None:
        """Return the position of a value or its key; if it has none, that of the nearest parent.

        None if no parent has a position (a table missing from the file) or if ``--set`` set the value.
        """
        if not location or self.override_at(location) is not None:
            return None
        keys, values = self.places.keys, self.places.values
        for part in (location[:length] for length in range(len(location), 0, -1)):
            at_key = key or len(part) < len(location)
            mark = (keys.get(part) or values.get(part)) if at_key else (values.get(part) or keys.get(part))
            if mark is not None:
                return mark
        return None

    def override_at(self, location: Location) -> str | None:
        """Return the ``--set`` argument that set a value."""
        found = (text for changed, text in reversed(self.overrides) if location[: len(changed)] == changed)
        return next(found, None)

    def draw(self, problems: Sequence[Problem]) -> str:
        """Return the problems as text, each with its line."""
        return draw(self.text, [self._placed(self._written(problem)) for problem in problems])

    def error(self, problems: Sequence[Problem]) -> SpecError:
        """Return the error for a spec with these problems."""
        return SpecError([self._written(problem) for problem in problems], self.draw(problems))

    def with_entries(self, entries: Mapping[str, str]) -> Source:
        """Return the source with the entry of each model: problems with a model are shown at its entry."""
        return replace(self, entries=entries)

    def with_checks(self, checks: Sequence[Any], entries: Sequence[int]) -> Source:
        """Return the source with other checks, and for each the index of its entry, where its problems are shown."""
        return replace(self, data={**self.data, "checks": list(checks)}, checks=tuple(entries))

    @property
    def sha256(self) -> str:
        """Digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def with_section(self, entry: dict[str, Any]) -> Source:
        """Return the source with another section at the end."""
        return replace(self, data={**self.data, "sections": [*self.data["sections"], entry]})

    def with_columns(self, columns: Mapping[Location, Location]) -> Source:
        """Return the source with the place in a slice that names each column which a split lacks: problems with the column are shown there."""
        return replace(self, columns=columns)

    def with_split(self, split: str) -> Source:
        """Return the source with the table of the split that is evaluated: problems with the data are shown there, unless `[data]` has the key."""
        return replace(self, split=split)

    def _placed(self, problem: Problem) -> Placed:
        mark = problem.mark or self.locate(problem.location, key=problem.at_key)
        return Placed(self._where(problem.location), mark, problem)

    def _written(self, problem: Problem) -> Problem:
        """Move a problem to the entry in the text: a model of a pattern has no separate entry."""
        match problem.location:
            case ("models", str(name), *rest) if name in self.entries and name not in self.data["models"]:
                return replace(problem, location=("models", self.entries[name], *rest))
            case ("checks", int(index), *rest) if index < len(self.checks):
                return replace(problem, location=("checks", self.checks[index], *rest))
            case location if location in self.columns:
                return replace(problem, location=self.columns[location])
            case ("data", str(key), *rest) if (
                self.split and key in SplitSpec.model_fields and key not in self.data["data"]
            ):
                return replace(problem, location=("data", self.split, key, *rest))
        return problem

    def _where(self, location: Location) -> str:
        override = self.override_at(location)
        return self.name if override is None else f"--set {_cut(override)}"

    def with_override(self, assignment: str) -> Source:
        """Return the source with an assignment such as ``models.cnn.path=x.keras`` applied to its data.

        The value is parsed as TOML, otherwise it is a string; a number in the path is the index of a list.

        Raises
        ------
        SpecError
            The assignment cannot be parsed, or its path contains something other than a table.
        """
        try:
            path, value = _assignment(assignment)
            data, location = _assigned(self.data, path, value)
            _require_plain(data)
        except ValueError as error:
            message = printable(f"--set {_cut(assignment)}: {error}")
            raise SpecError([Problem((), message)], f"{self.name}: {message}") from None
        return replace(self, data=data, overrides=(*self.overrides, (location, assignment)))


class _RefusedError(Exception):
    """A text that is not a spec: a message and its position."""

    def __init__(self, message: str, mark: Mark | None = None) -> None:
        super().__init__(message)
        self.message, self.mark = message, mark


def read(path: Path, name: str) -> Source:
    """Read a spec file; in its name, which reports show, what cannot be printed is escaped.

    Raises
    ------
    SpecError
        The file does not exist, is not TOML or YAML by its suffix, is not UTF-8, or :func:`parse` rejects it.
    """
    name = printable(name)
    try:
        text, syntax = _file(path)
    except _RefusedError as error:
        raise SpecError([Problem((), error.message)], f"{name}: {error.message}") from None
    return parse(text, name, syntax)


def _file(path: Path) -> tuple[str, Syntax]:
    syntax = _SUFFIXES.get(path.suffix.lower())
    if syntax is None:
        raise _RefusedError(unusable(path) or "a spec must be a .toml, .yaml or .yml file")
    try:
        return read_bytes(path, _MEGABYTES).decode(), syntax
    except FileError as error:
        raise _RefusedError(str(error)) from None
    except UnicodeDecodeError as error:
        raise _RefusedError(f"is not UTF-8 (byte {error.start})") from None


def parse(text: str, name: str, syntax: Syntax) -> Source:
    """Parse the text of a spec.

    Raises
    ------
    SpecError
        A syntax error, with its position; an empty spec; for YAML also features that a spec must not use: duplicate or
        non-text keys, anchors, aliases, merge keys, custom tags, directives, several documents.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        data = _read_toml(text) if syntax == "toml" else _read_yaml(text)[0]
        if not data:
            raise _RefusedError("the spec is empty")  # noqa: TRY301
        refused = refusal(data)
    except _RefusedError as error:
        raise _syntax_error(text, name, syntax, error.message, error.mark) from None
    if refused is not None:
        raise Source(name, text, syntax, data).error([Problem(*refused)])
    return Source(name, text, syntax, data)


def _syntax_error(text: str, name: str, syntax: Syntax, message: str, mark: Mark | None) -> SpecError:
    """Return the error for a text that cannot be parsed."""
    return Source(name, text, syntax, {}).error([Problem((), message, mark=mark)])


# ------------------------------------------------------------------------------------------------ overrides


def _assignment(text: str) -> tuple[tuple[str, ...], Any]:
    """Split ``KEY=VALUE`` at the first equals sign outside a quoted key."""
    for equals in re.finditer("=", text):
        path = _key_path(text[: equals.start()])
        if path:
            return path, _value(text[equals.end() :])
    raise ValueError("must be KEY=VALUE, e.g. models.cnn.path=new.keras")


def _key_path(text: str) -> tuple[str, ...]:
    """Parse a dotted key by the rules of TOML; empty if it is invalid."""
    if _LONG_KEY.search(text):
        raise ValueError("is nested too deeply")
    try:
        table: Any = {} if "\n" in text else tomllib.loads(f"{text} = 0")
    except (ValueError, RecursionError):
        return ()
    path: tuple[str, ...] = ()
    while isinstance(table, dict) and table:
        ((key, table),) = table.items()
        path = (*path, key)
    return path


def _require_plain(data: dict[str, Any]) -> None:
    refused = refusal(data)
    if refused is not None:
        raise ValueError(f"{dotted(refused[0])}: {refused[1]}")


def _cut(assignment: str) -> str:
    return assignment if len(assignment) <= _SHOWN else f"{assignment[:_SHOWN]}…"


def _value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text.strip()}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if len(table) == 1 else text


def _assigned(node: Any, path: tuple[str, ...], value: Any, here: Location = ()) -> tuple[Any, Location]:
    """Return a copy of the data with a value set, and the location of the value."""
    if not path:
        return value, here
    head, rest = path[0], path[1:]
    if isinstance(node, list):
        if not head.isdecimal() or int(head) >= len(node):
            raise ValueError(f"{dotted(here)} is a list of {len(node)}: use an index, starting at 0")
        index = int(head)
        inner, location = _assigned(node[index], rest, value, (*here, index))
        return [*node[:index], inner, *node[index + 1 :]], location
    if node is not None and not isinstance(node, dict):
        raise ValueError(f"cannot be set: {dotted(here)} is not a table")
    table = node or {}
    inner, location = _assigned(table.get(head), rest, value, (*here, head))
    return {**table, head: inner}, location


# ------------------------------------------------------------------------------------------------ TOML


def _read_toml(text: str) -> dict[str, Any]:
    """Return the data of a TOML text; tomllib's time grows with the square of the parts of a key."""
    if _LONG_KEY.search(text):
        raise _RefusedError("is nested too deeply")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _toml_refusal(str(error), text) from None
    except RecursionError:
        raise _RefusedError("is nested too deeply") from None
    except ValueError:  # limit of the interpreter
        raise _RefusedError("is not TOML: a number has too many digits") from None


def _toml_refusal(message: str, text: str) -> _RefusedError:
    """Split tomllib's message into error and position."""
    what, _, where = message.rpartition(" (at ")
    lines = text.split("\n")
    numbers = [int(number) for number in re.findall(r"\d+", where)]
    line, column = numbers or (len(lines), len(lines[-1]) + 1)
    if what.startswith("Cannot "):  # tomllib reports the end of the line
        quoted = lines[line - 1]
        return _RefusedError(
            "is defined twice", Mark(line, len(quoted) - len(quoted.lstrip()) + 1, len(quoted.strip()))
        )
    return _RefusedError(f"is not TOML: {what[:1].lower()}{what[1:]}", Mark(line, column))


def _toml_places(text: str) -> Places:
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
    index = _TomlIndex(text)
    index.walk(tree.root_node)
    return index.places


class _TomlIndex:
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


# ------------------------------------------------------------------------------------------------ YAML

_TAG = "tag:yaml.org,2002:"
_TAGS = {
    "mapping": {f"{_TAG}map"},
    "sequence": {f"{_TAG}seq"},
    "scalar": {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")},
}
_SIGNS = {f"{_TAG}merge", f"{_TAG}value"}  # how ruamel reads << and =, which are text when used as values
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(?=%(?!YAML 1\.2\s))")


def _read_yaml(text: str) -> tuple[dict[str, Any], Places]:
    """Return the data of a YAML 1.2 text and its positions; features that a spec must not use are rejected."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = _YamlReader(text)
    directive = _DIRECTIVE.match(text)
    if directive:
        raise _RefusedError("a spec must be YAML 1.2 without directives", reader.mark(directive.end(), directive.end()))
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is None:
            return {}, reader.places
        if root.id != "mapping":
            raise _RefusedError("the top level must be a table of keys", reader.mark_of(root))
        return reader.data(root, ()), reader.places
    except RecursionError:
        raise _RefusedError("is nested too deeply") from None
    except MarkedYAMLError as error:
        if error.problem == "but found another document":
            raise _RefusedError("a spec must be a single YAML document", reader.mark_of_error(error)) from None
        raise _RefusedError(f"is not YAML: {error.problem or error.context}", reader.mark_of_error(error)) from None
    except (YAMLError, ValueError, OverflowError) as error:
        at = getattr(error, "position", 0)
        raise _RefusedError(f"is not YAML: {str(error).splitlines()[0]}", reader.mark(at, at)) from None


class _YamlReader:
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
            raise _RefusedError("anchors and aliases are not allowed in a spec", mark)
        if str(node.tag) not in _TAGS[node.id]:
            raise _RefusedError(f"the tag {str(node.tag).replace(_TAG, '!!')} is not allowed in a spec", mark)
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
                raise _RefusedError("merge keys are not allowed in a spec", mark)
            if str(key.tag) != f"{_TAG}str" or key.id != "scalar":
                raise _RefusedError("a key must be text: put it in quotes", mark)
            if key.anchor is not None:
                raise _RefusedError("anchors and aliases are not allowed in a spec", mark)
            if key.value in table:
                raise _RefusedError(f"duplicate key {key.value!r}", mark)
            self.places.keys[(*location, key.value)] = mark
            table[key.value] = self.data(value, (*location, key.value))
        return table

    def _scalar(self, node: Any, mark: Mark) -> Any:
        if str(node.tag) in _SIGNS:
            return node.value
        try:
            return self._constructor.construct_object(node)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
            raise _RefusedError(f"is not a valid {str(node.tag).removeprefix(_TAG)}", mark) from None

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
