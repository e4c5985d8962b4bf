"""Pydantic errors as problems: one message per error, also for unions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union, get_args, get_origin

from reportgen.spec.problems import Problem, dotted, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import BaseModel, ValidationError

    from reportgen.spec.problems import Location


_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


_FOUND_WIDTH = 60


_TABLE, _LIST, _WHOLE, _NUMBER = "must be a table", "must be a list", "must be a whole number", "must be a number"
_MESSAGES = {
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type", "dataclass_type"), _TABLE),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), "must be a date"),
    "string_type": "must be text",
    "none_required": "must be left out",
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "must match {pattern}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
}


_SIZES = {  # bound, its key in pydantic's context, what is counted
    "too_short": ("at least", "min_length", ("entry", "entries")),
    "too_long": ("at most", "max_length", ("entry", "entries")),
    "string_too_short": ("at least", "min_length", ("character", "characters")),
    "string_too_long": ("at most", "max_length", ("character", "characters")),
}


class _Mistake(NamedTuple):
    """A pydantic error; ``branches`` are the unions on its path: their location and the branch that was tried."""

    kind: str
    problem: Problem
    branches: tuple[tuple[Location, str | int], ...]


def from_validation_error(
    error: ValidationError, model: type[BaseModel], base: Location = (), more: Iterable[str] = ()
) -> list[Problem]:
    """Convert pydantic errors to problems, one message per error, also for unions.

    Parameters
    ----------
    error, model
        The error and the model that was validated; its fields are the candidates for "did you mean".
    base
        Location of the validated part.
    more
        Additional keys that are allowed at ``base``.
    """
    extra = tuple(more)
    mistakes = [_mistake(item, model, extra) for item in error.errors(include_url=False)]
    problems = list(_without_branches(_without_echoes(mistakes), 0))
    return [replace(problem, location=(*base, *problem.location)) for problem in problems]


def _without_echoes(mistakes: list[_Mistake]) -> list[_Mistake]:
    """Drop "too short" errors that only follow from invalid entries."""
    places = [item.problem.location for item in mistakes]

    def echoes(item: _Mistake) -> bool:
        place = item.problem.location
        return item.kind == "too_short" and any(
            other[: len(place)] == place and len(other) > len(place) for other in places
        )

    return [item for item in mistakes if not echoes(item)]


def _without_branches(mistakes: list[_Mistake], depth: int) -> Iterator[Problem]:
    """Yield one problem per union instead of one per branch.

    A branch with errors inside the data matches better than one that rejects it as a whole.
    """
    unions: dict[Location | int, dict[str | int, list[_Mistake]]] = {}
    for number, item in enumerate(mistakes):
        place, branch = item.branches[depth] if len(item.branches) > depth else (number, 0)
        unions.setdefault(place, {}).setdefault(branch, []).append(item)
    for place, branches in unions.items():
        if isinstance(place, int):
            yield branches[0][0].problem
            continue
        tried = [list(_without_branches(items, depth + 1)) for items in branches.values()]
        inside = [problems for problems in tried if all(len(p.location) > len(place) for p in problems)]
        yield from min(inside, key=len) if inside else [_joined([p for problems in tried for p in problems])]


def _joined(problems: list[Problem]) -> Problem:
    """Combine the requirements of the branches of a union: "must be text, a list or a table"."""
    special = [problem for problem in problems if not problem.message.startswith("must be ")]
    if special:
        return special[0]
    wanted = list(dict.fromkeys(problem.message.removeprefix("must be ") for problem in problems))
    simple = not any(" or " in text for text in wanted)
    hint = next((problem.hint for problem in problems if problem.hint), None)
    return replace(problems[0], message=f"must be {_either(wanted) if simple else ', or '.join(wanted)}", hint=hint)


def _either(options: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(options[:-1]), options[-1]) if part)


def _mistake(item: Any, model: type[BaseModel], more: tuple[str, ...]) -> _Mistake:
    loc, about_key = item["loc"], item["loc"][-1:] == ("[key]",)
    location, branches, names, above = _route(loc[:-1] if about_key else loc, model)
    names = [*names, *(more if len(location) == 1 else ())]
    problem = _problem(item, location, names)
    if item["type"] == "extra_forbidden" and len(location) > 2 and location[-1] in above:  # noqa: PLR2004 a table in a table
        problem = replace(problem, hint=f"it is a key of [{dotted(location[:-2])}]")
    return _Mistake(item["type"], replace(problem, at_key=about_key or _at_key(item)), branches)


def _at_key(item: Any) -> bool:
    return item["type"] in {"missing", "extra_forbidden"}


def _problem(item: Any, location: Location, names: list[str]) -> Problem:
    kind, context, value = item["type"], item.get("ctx", {}), item["input"]
    if kind == "missing":
        return Problem(location, "is required")
    if kind == "extra_forbidden":
        return Problem(location, "unknown key", hint=suggest(str(location[-1]), names))
    if kind in {"value_error", "assertion_error"}:
        return Problem(location, str(context.get("error", "")) or _lowered(item["msg"]))
    if kind in {"literal_error", "enum"}:
        choices = str(context.get("expected", ""))
        hint = suggest(value, _QUOTED.findall(choices)) if isinstance(value, str) else None
        several = " or " in choices
        return Problem(location, f"must be {'one of ' if several else ''}{choices}", _found(value), hint)
    if kind in _SIZES:
        return Problem(location, _size(kind, context), _found(value))
    message = _MESSAGES[kind].format(**context) if kind in _MESSAGES else _lowered(item["msg"])
    return Problem(location, message, _found(value))


def _size(kind: str, context: dict[str, Any]) -> str:
    bound, key, (one, many) = _SIZES[kind]
    number = context[key]
    if bound == "at least" and number == 1:
        return "must not be empty"
    return f"must have {bound} {number} {one if number == 1 else many}"


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _found(value: Any) -> str:
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    text = {"True": "true", "False": "false", "None": "null"}.get(repr(value), repr(value))
    return text if len(text) <= _FOUND_WIDTH else f"{text[: _FOUND_WIDTH - 1]}…"


def _route(
    loc: Location, model: type[BaseModel]
) -> tuple[Location, tuple[tuple[Location, str | int], ...], list[str], list[str]]:
    """Split pydantic's location into the path through the data and the branches of unions on it.

    Pydantic adds the name of the branch to the location of every union with more than one branch besides None. The
    third value is the list of keys that the model allows next to the last one, the fourth that of the table around it.
    """
    types: list[Any] = [model]
    names: list[str] = []
    above: list[str] = []
    chosen = False
    location: Location = ()
    branches: list[tuple[Location, str | int]] = []
    for part in loc:
        if len(types) > 1 and not chosen:
            branches.append((location, part))
            chosen = True
            continue
        above, names = names, [name for option in types for name in getattr(option, "model_fields", ())]
        types, chosen = [inner for option in types for inner in _inside(option, part)], False
        location = (*location, part)
    return location, tuple(branches), names, above


def _options(annotation: Any) -> list[Any]:
    """Return the branches of a union without None; any other type is a single branch."""
    import types

    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [option for argument in get_args(annotation) for option in _options(argument)]
    return [] if annotation is type(None) else [annotation]


def _inside(annotation: Any, part: str | int) -> list[Any]:
    """Return the possible types of an entry of a value."""
    fields = getattr(annotation, "model_fields", None)
    if fields is not None:
        return _options(fields[part].annotation) if part in fields else []
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return _options(arguments[1])
    if isinstance(part, int) and arguments:
        fixed = Ellipsis not in arguments and part < len(arguments)
        return _options(arguments[part] if fixed else arguments[0])
    return []
