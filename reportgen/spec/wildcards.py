"""Wildcards of a path: ``*`` matches any part of a file or folder name; ``{lr}`` does too, and names what it matches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from reportgen.text.matching import STAR, gaps

_WILD = re.compile(r"\*|\{([^{}*/]*)\}")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class AmbiguousError(Exception):
    """A path can be split among the fields of a pattern in more than one way; says two of them."""

    def __init__(self, path: str, *ways: tuple[str, ...]) -> None:
        first, second = (", ".join(map(repr, way)) for way in ways)
        super().__init__(f"matches {path} in more than one way: {first}; or {second}")


@dataclass(frozen=True)
class Wildcards:
    """A text with wildcards.

    Attributes
    ----------
    literals
        The text before, between and after the wildcards: one more than there are wildcards.
    names
        Of each wildcard the name of its field; None for a ``*``.

    Examples
    --------
    >>> pattern = Wildcards.of("runs/w{width}-lr{lr}/*.keras")
    >>> pattern.names, pattern.starred
    (('width', 'lr', None), 'runs/w*-lr*/*.keras')
    >>> pattern.match("runs/w24-lr0.003/best.keras")
    ('24', '0.003', 'best')
    """

    literals: tuple[str, ...]
    names: tuple[str | None, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the wildcards of a text; braces around anything but a word in a file name are plain characters."""
        pieces = _WILD.split(text)
        return cls(tuple(pieces[::2]), tuple(pieces[1::2]))

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its fields, in order."""
        return tuple(name for name in self.names if name is not None)

    @property
    def stars(self) -> int:
        """Number of ``*``."""
        return self.names.count(None)

    @property
    def starred(self) -> str:
        """The text with a ``*`` for each wildcard."""
        return STAR.join(self.literals)

    @property
    def mistake(self) -> str | None:
        """What is wrong with its fields; None if nothing is."""
        for name in self.fields:
            if not _NAME.fullmatch(name):
                return f"{{{name}}} is not the name of a field: use letters, digits and _, as in {{lr}}"
            if self.fields.count(name) > 1:
                return f"has the field {{{name}}} twice"
        for between, before, after in zip(self.literals[1:], self.names, self.names[1:], strict=False):
            if not between and (before is not None or after is not None):
                return f"needs text between {_shown(before)} and {_shown(after)}, to tell where one ends"
        return None

    def match(self, path: str) -> tuple[str, ...] | None:
        """Return the text that each wildcard matches in a whole path; None if it does not match.

        Raises
        ------
        AmbiguousError
            The text of a field could end in more than one place. A ``*`` takes as much as it can, as it always did.
        """
        if path.count("/") != self.starred.count("/"):  # no wildcard matches one
            return None
        least = [0 if name is None else 1 for name in self.names]
        greedy = gaps(path, self.literals, least)
        if greedy is None or not self.fields:
            return greedy
        turned = gaps(path[::-1], [one[::-1] for one in reversed(self.literals)], least[::-1])
        lazy = tuple(text[::-1] for text in reversed(turned or ()))
        if greedy != lazy:
            raise AmbiguousError(path, lazy, greedy)
        return greedy

    def filled(self, texts: tuple[str, ...], pattern: Wildcards) -> str:
        """Return this text with the texts that the wildcards of a pattern matched: fields by name, each ``*`` in order."""
        named = {name: text for name, text in zip(pattern.names, texts, strict=True) if name is not None}
        stars = iter([text for name, text in zip(pattern.names, texts, strict=True) if name is None])
        found = [next(stars) if name is None else named[name] for name in self.names]
        return "".join(f"{literal}{text}" for literal, text in zip(self.literals, (*found, ""), strict=True))


def _shown(name: str | None) -> str:
    return STAR if name is None else f"{{{name}}}"
