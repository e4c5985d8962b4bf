"""What plain data may be, in a spec or a results file: nested to a limit, whole numbers of 64 bits, and text that every output can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.spec.problems import Location

DEPTH = 50
"""How deeply tables and lists may be nested."""
_SHOWN = 4
_BITS = 64


def refusal(data: Any) -> tuple[Location, str] | None:
    """Return the first value that plain data must not contain, with the reason; None if there is none."""
    return None if _is_plain(data) else _find([((), data)])


def _is_plain(data: Any) -> bool:
    """Return whether there is nothing to refuse: one level after the other, without the way to each value."""
    level = [data]
    for _ in range(DEPTH + 1):
        if any(map(_wrong, level)):
            return False
        level = [inner for value in level if isinstance(value, dict | list) for _, inner in _parts(value)]
    return not level


def _find(waiting: list[tuple[Location, Any]]) -> tuple[Location, str] | None:
    while waiting:
        location, value = waiting.pop()
        wrong = "is nested too deeply" if len(location) > DEPTH else _wrong(value)
        if wrong is not None:
            return location[:_SHOWN] if len(location) > DEPTH else location, wrong
        waiting += [((*location, part), inner) for part, inner in reversed(_parts(value))]
    return None


def _parts(value: Any) -> list[tuple[str | int, Any]]:
    """Return what a table or a list contains; a key that is wrong stands for its value."""
    if isinstance(value, dict):
        return [(key, inner if _wrong(key) is None else key) for key, inner in value.items()]
    return list(enumerate(value)) if isinstance(value, list) else []


def _wrong(value: Any) -> str | None:
    """Return what makes a value unusable; None if nothing does."""
    if isinstance(value, str):
        if "\0" in value:
            return "must not contain the character NUL"
        return None if is_unicode(value) else "must be UTF-8"
    return "is too large a number" if isinstance(value, int) and value.bit_length() > _BITS else None


def is_unicode(text: str) -> bool:
    """Return whether a text can be written as UTF-8: not so a file name that is not UTF-8 itself."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
