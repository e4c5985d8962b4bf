"""Assignments of the command line to keys of a spec: ``--set KEY=VALUE``."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from reportgen.spec.plain import refusal
from reportgen.spec.problems import dotted
from reportgen.spec.toml import has_long_key

if TYPE_CHECKING:
    from reportgen.spec.problems import Location

_SHOWN = 100
"""Maximum number of characters of an assignment in a message."""


def parsed(text: str) -> tuple[tuple[str, ...], Any]:
    """Split ``KEY=VALUE`` at the first equals sign outside a quoted key; ValueError if there is none."""
    for equals in re.finditer("=", text):
        path = _key_path(text[: equals.start()])
        if path:
            return path, _value(text[equals.end() :])
    raise ValueError("must be KEY=VALUE, e.g. models.cnn.path=new.keras")


def _key_path(text: str) -> tuple[str, ...]:
    """Parse a dotted key by the rules of TOML; empty if it is invalid."""
    if has_long_key(text):
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


def require_plain(data: dict[str, Any]) -> None:
    """Raise ValueError where data is not what a spec may be."""
    refused = refusal(data)
    if refused is not None:
        raise ValueError(f"{dotted(refused[0])}: {refused[1]}")


def cut(assignment: str) -> str:
    """Return an assignment as messages show it."""
    return assignment if len(assignment) <= _SHOWN else f"{assignment[:_SHOWN]}…"


def _value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text.strip()}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if len(table) == 1 else text


def assigned(node: Any, path: tuple[str, ...], value: Any, here: Location = ()) -> tuple[Any, Location]:
    """Return a copy of the data with a value set, and the location of the value; ValueError if the path leads into something other than a table."""
    if not path:
        return value, here
    head, rest = path[0], path[1:]
    if isinstance(node, list):
        if not head.isdecimal() or int(head) >= len(node):
            raise ValueError(f"{dotted(here)} is a list of {len(node)}: use an index, starting at 0")
        index = int(head)
        inner, location = assigned(node[index], rest, value, (*here, index))
        return [*node[:index], inner, *node[index + 1 :]], location
    if node is not None and not isinstance(node, dict):
        raise ValueError(f"cannot be set: {dotted(here)} is not a table")
    table = node or {}
    inner, location = assigned(table.get(head), rest, value, (*here, head))
    return {**table, head: inner}, location
