"""What the plain data of a spec may be: nested to a limit, whole numbers of 64 bits, and text that every output can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.spec.problems import Location

DEPTH = 50
"""How deeply tables and lists may be nested."""
_BRIEF = 4
_BITS = 63


def refusal(data: Any) -> tuple[Location, str] | None:
    """Return the first value that a spec must not contain, with the reason; None if there is none."""
    waiting: list[tuple[Location, Any]] = [((), data)]
    while waiting:
        location, value = waiting.pop()
        if len(location) > DEPTH:
            return location[:_BRIEF], "is nested too deeply"
        wrong = _wrong(value)
        if wrong is not None:
            return location, wrong
        waiting += [((*location, part), inner) for part, inner in _parts(value)]
    return None


def _parts(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [(key, key)] if _wrong(key) else [(key, inner)]
    elif isinstance(value, list):
        yield from enumerate(value)


def _wrong(value: Any) -> str | None:
    """Return what makes a value unusable; None if nothing does."""
    if isinstance(value, int):
        return None if -(2**_BITS) <= value < 2**_BITS else "is too large a number"
    if not isinstance(value, str):
        return None
    if "\0" in value:
        return "must not contain the character NUL"
    return None if is_unicode(value) else "must be UTF-8"


def is_unicode(text: str) -> bool:
    """Return whether a text can be written as UTF-8: not so a file name that is not UTF-8 itself."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
