"""Problems as text: position, key, message, the quoted line and a caret."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.spec.problems import dotted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.spec.problems import Mark, Problem

_LINE_WIDTH = 110
_MOST = 100


@dataclass(frozen=True)
class Placed:
    """A problem and its position: the file or argument that it is in, and the mark there, if any."""

    where: str
    mark: Mark | None
    problem: Problem


def draw(text: str, placed: Sequence[Placed]) -> str:
    """Format all problems in text order; those of the whole file and of ``--set`` come first, and at most 100 are shown."""
    ordered = sorted(placed, key=lambda one: (one.mark.line, one.mark.column) if one.mark else (0, 0))
    more = [f"and {len(ordered) - _MOST:,} more errors"] if len(ordered) > _MOST else []
    return "\n".join([*(_drawn(text, one) for one in ordered[:_MOST]), *more])


def _drawn(text: str, placed: Placed) -> str:
    problem, mark = placed.problem, placed.mark
    place = f":{mark.line}:{mark.column}" if mark else ""
    path = f"{dotted(problem.location)}: " if problem.location else ""
    found = f" (found {problem.found})" if problem.found is not None else ""
    hint = f"; {problem.hint}" if problem.hint else ""
    head = printable(f"{placed.where}{place}: {path}{problem.message}{found}{hint}")
    return f"{head}\n{_quoted(text, mark)}" if mark else head


def _quoted(text: str, mark: Mark) -> str:
    """Return the line of a mark with carets below it; a long line is cut around them."""
    line = "".join(text.split("\n")[mark.line - 1 : mark.line])
    at = mark.column - 1
    start = max(0, at - _LINE_WIDTH // 2) if len(line) > _LINE_WIDTH else 0
    end = start + _LINE_WIDTH
    before = ("…" if start else "") + _shown(line[start:at])
    marked, after = _shown(line[at : min(end, at + mark.length)]), _shown(line[at + mark.length : end])
    number = f"{mark.line:>5} | "
    quoted = f"{number}{before}{marked}{after}{'…' if len(line) > end else ''}".rstrip()
    return f"{quoted}\n{' ' * (len(number) - 2)}| {' ' * _columns(before)}{'^' * max(1, _columns(marked))}"


def _shown(text: str) -> str:
    return printable(text.replace("\t", " "))


def _columns(text: str) -> int:
    """Return the width of a text on a terminal."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
