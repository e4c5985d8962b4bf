"""Name patterns: a ``*`` matches anything, every other character only itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

STAR = "*"


def matches(name: str, pattern: str) -> bool:
    """Return whether a pattern matches a whole name.

    >>> matches("cnn[1]", "cnn[1]"), matches("cnn1", "cnn[1]"), matches("cnn[1]", "cnn*")
    (True, False, True)
    """
    return texts(name, pattern) is not None


def texts(name: str, pattern: str) -> tuple[str, ...] | None:
    """Return the text that each ``*`` of a pattern matches, the first ones as long as possible; None if it does not match the name.

    >>> texts("a-b-c", "*-*"), texts("abc", "abc"), texts("abc", "b*")
    (('a-b', 'c'), (), None)
    """
    literals = pattern.split(STAR)
    return gaps(name, literals, [0] * (len(literals) - 1))


def gaps(text: str, literals: Sequence[str], least: Sequence[int]) -> tuple[str, ...] | None:
    """Return what is between literals in a text that begins and ends with one; None if they are not in it in this order.

    They are looked for from the end, each once, so that the first gaps are as long as possible, and nothing takes long, as a regular
    expression can. ``least`` has the length that each gap must have.

    >>> gaps("w24-lr0.1", ["w", "-lr", ""], [1, 1]), gaps("w-lr0.1", ["w", "-lr", ""], [1, 1])
    (('24', '0.1'), None)
    """
    first, *pieces = literals
    if not pieces:
        return () if text == first else None
    if not text.startswith(first) or not text.endswith(pieces[-1]):
        return None
    end = len(text) - len(pieces[-1])
    found: list[str] = []
    for piece, length in zip(reversed(pieces[:-1]), reversed(least), strict=False):
        start = -1 if end - length < len(first) else text.rfind(piece, len(first), end - length)
        if start < 0:
            return None
        found.append(text[start + len(piece) : end])
        end = start
    return None if end - len(first) < least[0] else (text[len(first) : end], *reversed(found))
