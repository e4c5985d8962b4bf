"""A spec as text and as plain data: what is read, what other data it stands for, and where its problems are shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from reportgen.spec import toml, yaml
from reportgen.spec.diagnostics import Placed, draw
from reportgen.spec.errors import SpecError
from reportgen.spec.files import FileError, read_bytes, unusable
from reportgen.spec.overrides import assigned, cut, parsed, require_plain
from reportgen.spec.places import RefusedError
from reportgen.spec.plain import refusal
from reportgen.spec.problems import Location, Mark, Problem, dotted, printable
from reportgen.spec.tables.splits import SplitSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reportgen.spec.places import Places

__all__ = ["Location", "Mark", "Source", "Syntax", "parse", "read"]

Syntax = Literal["toml", "yaml"]

_MEGABYTES = 1
_SUFFIXES: dict[str, Syntax] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


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
        return toml.places(self.text) if self.syntax == "toml" else yaml.read(self.text)[1]

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

    def told(self, problem: Problem) -> str:
        """Return a problem in one line: its key as the text has it, and the message."""
        written = self._written(problem)
        return f"{dotted(written.location)}: {written.message}"

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
                return replace(problem, location=self.columns[location], message=self._of_column(problem))
            case ("data", str(key), *rest) if (
                self.split and key in SplitSpec.model_fields and key not in self.data["data"]
            ):
                return replace(problem, location=("data", self.split, key, *rest))
        return problem

    def _of_column(self, problem: Problem) -> str:
        """Return the message of a problem with a column, which its name begins where nothing else names it."""
        return problem.message if problem.found is not None else f"{problem.location[-1]!r}: {problem.message}"

    def _where(self, location: Location) -> str:
        override = self.override_at(location)
        return self.name if override is None else f"--set {cut(override)}"

    def with_override(self, assignment: str) -> Source:
        """Return the source with an assignment such as ``models.cnn.path=x.keras`` applied to its data.

        The value is parsed as TOML, otherwise it is a string; a number in the path is the index of a list.

        Raises
        ------
        SpecError
            The assignment cannot be parsed, or its path contains something other than a table.
        """
        try:
            path, value = parsed(assignment)
            data, location = assigned(self.data, path, value)
            require_plain(data)
        except ValueError as error:
            message = printable(f"--set {cut(assignment)}: {error}")
            raise SpecError([Problem((), message)], f"{self.name}: {message}") from None
        return replace(self, data=data, overrides=(*self.overrides, (location, assignment)))


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
    except RefusedError as error:
        raise SpecError([Problem((), error.message)], f"{name}: {error.message}") from None
    return parse(text, name, syntax)


def _file(path: Path) -> tuple[str, Syntax]:
    syntax = _SUFFIXES.get(path.suffix.lower())
    if syntax is None:
        raise RefusedError(unusable(path) or "a spec must be a .toml, .yaml or .yml file")
    try:
        return read_bytes(path, _MEGABYTES).decode(), syntax
    except FileError as error:
        raise RefusedError(str(error)) from None
    except UnicodeDecodeError as error:
        raise RefusedError(f"is not UTF-8 (byte {error.start})") from None


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
        data = toml.read(text) if syntax == "toml" else yaml.read(text)[0]
        if not data:
            raise RefusedError("the spec is empty")  # noqa: TRY301
        refused = refusal(data)
    except RefusedError as error:
        raise _syntax_error(text, name, syntax, error.message, error.mark) from None
    if refused is not None:
        raise Source(name, text, syntax, data).error([Problem(*refused)])
    return Source(name, text, syntax, data)


def _syntax_error(text: str, name: str, syntax: Syntax, message: str, mark: Mark | None) -> SpecError:
    """Return the error for a text that cannot be parsed."""
    return Source(name, text, syntax, {}).error([Problem((), message, mark=mark)])
