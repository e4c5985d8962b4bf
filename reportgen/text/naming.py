"""External names as labels: one line, no invisible characters, short and distinct."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 32
"""Maximum length of a label. Convention."""
_NOT_IN_XML = frozenset({"Cc", "Cs"})
_JOINERS = "\u200c\u200d"
_PERSONS = frozenset({"Brier", "Cohen", "Jensen-Shannon", "McNemar", "Wilson"})
_PARTED = re.compile("[-_/ ]")
"""A name can be split after these."""
_ENOUGH = 20
"""Maximum length up to which parts before the differing one are kept. Convention."""


def text(words: str, limit: int = LIMIT) -> str:
    r"""Return a name as a label: one line, no control characters, truncated in the middle if it is too long.

    Examples
    --------
    >>> text("a\tb" + chr(7))
    'a b'
    >>> text("convolutional_block_17", limit=11)
    'convo…ck_17'
    """
    clean = _clean(words)
    if len(clean) <= limit:
        return clean
    tail = (limit - 1) // 2
    return f"{clean[: limit - 1 - tail].rstrip()}…{clean[len(clean) - tail :].lstrip()}"


def in_a_sentence(title: str) -> str:
    """Return a title for use within a sentence: abbreviations, symbols and names of persons keep their capitals.

    >>> [in_a_sentence(title) for title in ("Debiased error", "NLL", "Brier score", "smECE", "R²")]
    ['debiased error', 'NLL', 'Brier score', 'smECE', 'R²']
    """
    first = title.partition(" ")[0]
    named = first in _PERSONS or any(letter.isupper() or letter.isdigit() for letter in first[1:])
    return title if named else title[:1].lower() + title[1:]


def labels(names: Sequence[str], limit: int = LIMIT) -> tuple[str, ...]:
    """Return names as distinct labels: if truncating would make them equal, the part that differs is kept.

    If that part is too long, or no visible character differs, the labels are numbered.

    Examples
    --------
    >>> labels(["mlp", "sweep-of-monday-mlp-a-on-digits", "sweep-of-monday-cnn-a-on-digits"], limit=16)
    ('mlp', '…of-monday-mlp…', '…of-monday-cnn…')
    """
    cut = [text(name, limit) for name in names]
    for label in _repeated(cut):
        places = [place for place, one in enumerate(cut) if one == label]
        parts = [
            text(part, limit)
            for part in _differing([_clean(names[place]) for place in places], min(limit, _ENOUGH) - 2)
        ]
        if len(set(parts)) == len(parts) and not set(parts) & set(cut):
            for place, part in zip(places, parts, strict=True):
                cut[place] = part
    return _numbered(cut, limit)


def numbered(name: str, index: int) -> str:
    """Return the name of one of several that are alike, counted from 0.

    >>> numbered("recall", 0), numbered("recall", 1)
    ('recall', 'recall-2')
    """
    return f"{name}-{index + 1}" if index else name


def _differing(names: Sequence[str], room: int) -> list[str]:
    """Remove the parts that all names start and end with, keeping those before the difference that fit."""
    starts = _places(_beginning(names))
    end = _places(_beginning([name[starts[-1] :][::-1] for name in names]))[-1]
    longest = max(map(len, names)) - end
    start = next((place for place in starts if longest - place <= room), starts[-1])
    return [("…" if start else "") + name[start : len(name) - end] + ("…" if end else "") for name in names]


def _places(beginning: str) -> list[int]:
    """Return the positions where it can be split, the start first."""
    return [0, *(match.end() for match in _PARTED.finditer(beginning))]


def _beginning(names: Sequence[str]) -> str:
    """Return the common prefix of all names: that of the first and the last in sorted order."""
    first, last = min(names), max(names)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))


def _numbered(labels: list[str], limit: int) -> tuple[str, ...]:
    """Add a number to labels that are still equal."""
    total, seen = Counter(labels), Counter[str]()
    taken = {label for label in labels if total[label] == 1}
    done = []
    for label in labels:
        one = label
        while total[label] > 1 and (one == label or one in taken):
            seen[label] += 1
            number = f" ({seen[label]})"
            one = text(label, limit - len(number)) + number
        taken.add(one)
        done.append(one)
    return tuple(done)


def _repeated(labels: Sequence[str]) -> list[str]:
    return [label for label, count in Counter(labels).items() if count > 1]


def _clean(words: str) -> str:
    return " ".join("".join(filter(_printable, _spaced(words))).split())


def _spaced(words: str) -> str:
    return "".join(" " if character.isspace() else character for character in words)


def _printable(character: str) -> bool:
    """Return whether a character is valid in XML and does not change the text direction."""
    category = unicodedata.category(character)
    if category == "Cf":
        return character in _JOINERS
    return category not in _NOT_IN_XML and ord(character) & 0xFFFE != 0xFFFE  # noqa: PLR2004 Unicode's noncharacters
