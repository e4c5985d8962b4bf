"""Where figures and tables stand in a document."""

from __future__ import annotations

from typing import Literal

Place = Literal["front", "body", "finding", "appendix", "full"]
"""On page one if no earlier chapter offers a figure for it, otherwise in the body; in the body; in the body if its chapter has
a finding that needs action, otherwise in the appendix; in the appendix; only in the full report."""

_SMALL = 6
"""Maximum number of rows of a table in the body. Convention."""


def by_size(rows: int) -> Place:
    """Return where a table of the numbers that a reviewer needs stands: in the body if it is small.

    >>> by_size(3), by_size(30)
    ('body', 'appendix')
    """
    return "body" if rows <= _SMALL else "appendix"
