"""Mistakes in a spec as text: place, key, sentence, the quoted line and a caret."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel, ValidationError

    from reportgen.source import Source

Location = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 110
_FOUND_WIDTH = 60


@dataclass(frozen=True)
class Mark:
    """A place in a text: line and column, both from 1; columns count characters."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """One mistake.

    Attributes
    ----------
    location
        Keys and indices that lead to it; empty for the file as a whole.
    message
        What is wrong, lower case, without a full stop.
    found
        What stands there instead.
    hint
        A name that may have been meant, or other help.
    at_key
        The caret points to the key instead of the value.
    mark
        The place, where it is known without a location.
    """

    location: Location
    message: str
    found: str | None = None
    hint: str | None = None
    at_key: bool = False
    mark: Mark | None = None


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """Return "did you mean ...?" for the candidate that is most like a word; None where none is.

    >>> suggest("calibraton", ["summary", "calibration"])
    "did you mean 'calibration'?"
    """
    folded = {_folded(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(_folded(word), folded, n=1, cutoff=0.6)
    return f"did you mean '{folded[close[0]]}'?" if close else None


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")


# ------------------------------------------------------------------------------------------------ pydantic's errors


def from_validation_error(
    error: ValidationError, model: type[BaseModel], base: Location = (), more: Iterable[str] = ()
) -> list[Problem]:
    """Turn pydantic's errors into problems, one for each location.

    Parameters
    ----------
    error, model
        The error and the model that was validated.
    base
        Location of the validated part.
    more
        Further key names that are allowed at ``base``, for did-you-mean.
    """
    problems: dict[Location, Problem] = {}
    for item in error.errors(include_url=False):
        location = _without_branches(item["loc"], error, model)
        names = [*_names_at(model, location[:-1]), *(more if len(location) <= 1 else ())]
        problem = _problem(item, (*base, *location), names)
        earlier = problems.get(problem.location)
        problems[problem.location] = problem if earlier is None else _folded_union(earlier, problem)
    return list(problems.values())


def _without_branches(loc: Location, error: ValidationError, model: type[BaseModel]) -> Location:
    """Cut pydantic's names of union branches out of a location: what is left leads through the data."""
    node: Any = model
    kept: list[str | int] = []
    for part in loc:
        if isinstance(part, str) and not _leads_on(node, part):
            continue
        kept.append(part)
        node = _inside(node, part)
    return tuple(kept)


def _leads_on(annotation: Any, part: str) -> bool:  # noqa: ANN401
    """Tell a key of the data from a branch of a union."""
    if _fields(annotation) is not None:
        return True
    return _is_mapping(annotation) and not re.search(r"^(dict|tuple|list|literal|union)\[|^(str|int|float|bool)$", part)


def _fields(annotation: Any) -> Mapping[str, Any] | None:  # noqa: ANN401
    fields: Mapping[str, Any] | None = getattr(annotation, "model_fields", None)
    if fields is None:
        for argument in get_args(annotation):
            fields = getattr(argument, "model_fields", None)
            if fields is not None and getattr(annotation, "__origin__", None) is not dict:
                return fields
    return fields


def _is_mapping(annotation: Any) -> bool:  # noqa: ANN401
    origin = getattr(annotation, "__origin__", None)
    return origin is dict or any(getattr(argument, "__origin__", None) is dict for argument in get_args(annotation))


def _inside(annotation: Any, part: str | int) -> Any:  # noqa: ANN401
    """Return the annotation of a part of an annotated value."""
    fields = getattr(annotation, "model_fields", None)
    if fields is not None:
        return fields[part].annotation if part in fields else None
    for option in (annotation, *get_args(annotation)):
        fields = getattr(option, "model_fields", None)
        origin, arguments = getattr(option, "__origin__", None), get_args(option)
        if fields is not None and part in fields:
            return fields[part].annotation
        if origin is dict and isinstance(part, str):
            return arguments[1]
        if origin in (list, tuple) and isinstance(part, int):
            return arguments[0]
    return None


def _names_at(model: type[BaseModel], location: Location) -> list[str]:
    node: Any = model
    for part in location:
        node = _inside(node, part)
    return list(_fields(node) or ())


def _problem(item: Any, location: Location, names: list[str]) -> Problem:  # noqa: ANN401
    kind, context = item["type"], item.get("ctx", {})
    if kind == "missing":
        return Problem(location, "is required", at_key=True)
    if kind == "extra_forbidden":
        return Problem(location, "unknown key", hint=suggest(str(location[-1]), names), at_key=True)
    message = _MESSAGES.get(kind, item["msg"][:1].lower() + item["msg"][1:])
    if kind in {"literal_error", "enum"}:
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", ""))) or [str(context.get("expected", ""))]
        hint = suggest(item["input"], allowed) if isinstance(item["input"], str) else None
        return Problem(location, f"must be {_either(allowed)}", _found(item["input"]), hint)
    if kind == "value_error":
        text = str(context.get("error", item["msg"]))
        return Problem(location, text)
    return Problem(location, message.format(**context), _found(item["input"]))


_MESSAGES = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must match {pattern}",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}


def _folded_union(first: Problem, second: Problem) -> Problem:
    """Join the messages of two branches of a union into one sentence."""
    if not (first.message.startswith("must be ") and second.message.startswith("must be ")):
        return first
    addition = second.message.removeprefix("must be ")
    if addition in first.message:
        return first
    return replace(first, message=f"{first.message} or {addition}", hint=first.hint or second.hint)


def _either(options: Sequence[str]) -> str:
    quoted = [f"'{option}'" for option in options]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _found(value: Any) -> str:  # noqa: ANN401
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
    if text is None:
        text = "a table" if isinstance(value, dict) else repr(value)
    return text if len(text) <= _FOUND_WIDTH else f"{text[: _FOUND_WIDTH - 1]}…"


# ------------------------------------------------------------------------------------------------ drawing


def render(source: Source, problems: Sequence[Problem]) -> str:
    """Draw every problem, in the order of the text."""
    marked = [(problem.mark or source.locate(problem.location, key=problem.at_key), problem) for problem in problems]
    marked.sort(key=lambda item: (item[0].line, item[0].column) if item[0] else (0, 0))
    return "\n".join(_drawn(source, mark if problem.location or problem.mark else None, problem) for mark, problem in marked)


def _drawn(source: Source, mark: Mark | None, problem: Problem) -> str:
    where = source.name if mark is None else f"{source.name}:{mark.line}:{mark.column}"
    path = f"{dotted(problem.location)}: " if problem.location else ""
    found = f" (found {problem.found})" if problem.found is not None else ""
    hint = f"; {problem.hint}" if problem.hint else ""
    head = _printable(f"{where}: {path}{problem.message}{found}{hint}")
    if mark is None:
        return head
    lines = source.text.split("\n")
    return f"{head}\n{_quoted(lines[mark.line - 1] if mark.line <= len(lines) else '', mark)}"


def dotted(location: Location) -> str:
    """Return a location as it is written: ``sections[2].bins``; keys that are not bare are quoted."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else f'"{part}"')
    return text


def _quoted(line: str, mark: Mark) -> str:
    start = max(0, mark.column - 1 - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = _printable(line[start : start + _WIDTH].replace("\t", " "))
    before = _printable(line[start : mark.column - 1].replace("\t", " "))
    length = max(1, min(_token_length(line[mark.column - 1 :]), len(shown) - len(before)))
    carets = "^" * _columns(_printable(line[mark.column - 1 : mark.column - 1 + length]) or " ")
    number = f"{mark.line:>5} | "
    return f"{number}{shown}\n{' ' * (len(number) - 2)}| {' ' * _columns(before)}{carets}"


def _token_length(rest: str) -> int:
    """Return how long the key or value at the start of a text is."""
    match = re.match(r"""\[\[?[^\]]*\]?\]?|\{[^}]*\}?|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,\]}#=:]+""", rest)
    return len(match[0]) if match else 1


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _printable(text: str) -> str:
    """Escape what would control a terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )
