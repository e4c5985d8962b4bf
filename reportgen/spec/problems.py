"""Errors as data: what is wrong, and in which part of the spec."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import category

if TYPE_CHECKING:
    from collections.abc import Iterable


Location = tuple[str | int, ...]
"""Keys and indices that lead to a part of the data: ``("sections", 2, "bins")``."""


_BARE = re.compile(r"[A-Za-z0-9_-]+")


_CLOSE = 0.7
_SHORTEST = 3
"""Letters from which on the beginning of a word stands for it. Convention."""


@dataclass(frozen=True)
class Mark:
    """A position in a text: line and column, both starting at 1; columns count characters.

    ``length`` is its number of characters, 1 if it does not end on the same line; two marks are equal
    if they start at the same position.
    """

    line: int
    column: int
    length: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Problem:
    """One error.

    Attributes
    ----------
    location
        Keys and indices that lead to it; empty for the whole file.
    message
        What is wrong, in lower case, without a period.
    found
        The value that was found instead.
    hint
        A similar name, or other help.
    at_key
        Whether the caret points to the key instead of the value.
    mark
        The position, if it is known without a location.
    failure
        Whether code that the spec names failed, and the spec may be right.
    """

    location: Location
    message: str
    found: str | None = None
    hint: str | None = None
    at_key: bool = False
    mark: Mark | None = None
    failure: bool = False


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """Return "did you mean ...?" for the most similar candidate; None if none is similar.

    >>> suggest("calibraton", ["summary", "calibration"])
    "did you mean 'calibration'?"
    >>> suggest("tets", ["text", "test"])  # letters in another order are what is mistyped most
    "did you mean 'test'?"
    >>> suggest("val", ["value_names", "validation"])  # of several longer words the shortest
    "did you mean 'validation'?"
    """
    folded = {_folded(candidate): candidate for candidate in candidates}
    exchanged = [candidate for candidate in folded if sorted(candidate) == sorted(_folded(word))]
    begun = [candidate for candidate in folded if len(word) >= _SHORTEST and candidate.startswith(_folded(word))]
    close = exchanged or difflib.get_close_matches(_folded(word), folded, n=1, cutoff=_CLOSE) or sorted(begun, key=len)
    return f"did you mean '{folded[close[0]]}'?" if close else None


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_")


def dotted(location: Location) -> str:
    """Return a location as text; keys with special characters are quoted.

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
    r"""Escape terminal control characters; spaces of any width are none.

    >>> printable("a\x1b[31m")
    'a\\x1b[31m'
    """
    return "".join(
        letter if letter.isprintable() or category(letter) == "Zs" else ascii(letter)[1:-1] for letter in text
    )
