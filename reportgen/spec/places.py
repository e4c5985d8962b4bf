"""Positions in the text of a spec, and texts that are refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.spec.problems import Location, Mark


@dataclass(frozen=True)
class Places:
    """The positions of keys and values, by location in the data."""

    keys: dict[Location, Mark] = field(default_factory=dict)
    values: dict[Location, Mark] = field(default_factory=dict)


class RefusedError(Exception):
    """A text that is not a spec: a message and its position."""

    def __init__(self, message: str, mark: Mark | None = None) -> None:
        super().__init__(message)
        self.message, self.mark = message, mark
