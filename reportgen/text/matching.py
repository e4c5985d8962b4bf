"""Name patterns: a ``*`` matches anything, every other character only itself."""

from __future__ import annotations

import re
from functools import cache

STAR = "*"


def matches(name: str, pattern: str) -> bool:
    """Return whether a pattern matches a whole name.

    >>> matches("cnn[1]", "cnn[1]"), matches("cnn1", "cnn[1]"), matches("cnn[1]", "cnn*")
    (True, False, True)
    """
    return expression(pattern).fullmatch(name) is not None


@cache
def expression(pattern: str, star: str = ".*") -> re.Pattern[str]:
    """Return a pattern as a regular expression, with ``star`` for each ``*``."""
    return re.compile(star.join(map(re.escape, pattern.split(STAR))), re.DOTALL)
