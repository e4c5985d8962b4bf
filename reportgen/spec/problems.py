"""Mistakes as data: what is wrong, and which part of the spec it concerns."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


Location = tuple[str | int, ...]
"""Keys and indices that lead to a part of the data: ``("sections", 2, "bins")``."""


_BARE = re.compile(r"[A-Za-z0-9_-]+")


_CLOSE = 0.7


@dataclass(frozen=True)
class Mark:
    """A place in a text: line and column, both from 1; columns count characters.

    ``length`` is how many characters belong to it, 1 where it does not end on its line; two marks are equal
    where they begin at the same place.
    """

    line: int
    column: int
    length: int = field(default=1, compare=False)


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
    close = difflib.get_close_matches(_folded(word), folded, n=1, cutoff=_CLOSE)
    return f"did you mean '{folded[close[0]]}'?" if close else None


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_")


def dotted(location: Location) -> str:
    """Return a location as it is shown; keys that are not bare are quoted.

    >>> dotted(("models", "my cnn", "outputs", 0))
    'models."my cnn".outputs[0]'
    """
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False))
    return text


def printable(text: str) -> str:
    r"""Escape what would control a terminal.

    >>> printable("a\x1b[31m")
    'a\\x1b[31m'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
