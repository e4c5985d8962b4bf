"""Tables and checks as text cells: formatted numbers, with reasons and caveats as footnotes.

HTML and Markdown use the same cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import TYPE_CHECKING

from reportgen.contract.numbers import Metric
from reportgen.text import formatting, outcomes
from reportgen.text.formatting import MINUS, FormattedMetric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.contract.subjects import Subject
    from reportgen.contract.tables import Cell, Column, Table
    from reportgen.document.tree import CheckGrid, CheckLine, CheckRow

_DIGEST = re.compile("[0-9a-f]{64}")
_LONG_WORD = 20
_OF_THE_CASE = re.compile(r" \([^()]*\)$")
_NUMBER = re.compile(rf"(?<![\w.]){MINUS}?\d+(?:,\d{{3}})*(?:\.\d+)?(?!\w)")


@dataclass(frozen=True)
class ShownColumn:
    """The head of a column; ``unit`` is a word after the title, or empty."""

    title: str
    numeric: bool
    unit: str


@dataclass(frozen=True)
class ShownCell:
    """The content of a cell; ``mark`` is ``best``, ``tie`` or empty, ``footnote`` is a letter or empty.

    ``long_word`` means that it contains a word that may have to be broken, ``digest`` that it is one of fixed length.
    """

    text: str
    interval: str
    mark: str
    footnote: str
    missing: bool
    long_word: bool
    digest: bool


@dataclass(frozen=True)
class ShownTable:
    """A table as text.

    ``footnotes`` are (letter, text); ``left_out`` is the number of rows not shown.
    """

    title: str
    columns: tuple[ShownColumn, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    footnotes: tuple[tuple[str, str], ...]
    note: str
    left_out: int
    anchors: tuple[str, ...] = ()
    """Of each row its name as a target of links, or nothing."""


@dataclass(frozen=True)
class ShownCheck:
    """A cell of the grid of checks as text; ``about`` is the part that is worst, ``standing`` is empty without a value."""

    state: str
    about: str
    value: ShownCell
    standing: str


@dataclass(frozen=True)
class ShownCheckRow:
    """A row of the grid of checks; a cell is None where the model was not checked."""

    title: str
    condition: str
    cells: tuple[ShownCheck | None, ...]
    rest: str


@dataclass
class _Footnotes:
    """Assigns a letter to every distinct remark, in the order of first use.

    Remarks that differ only in the numbers in parentheses at their end, which are those of a single case, are one: with their ranges.
    """

    cases: dict[str, list[str]] = field(default_factory=dict)

    def letter(self, remark: str) -> str:
        if not remark:
            return ""
        key = _OF_THE_CASE.sub(lambda found: _NUMBER.sub("#", found[0]), remark)
        self.cases.setdefault(key, []).append(remark)
        return _letter(list(self.cases).index(key))

    def listed(self) -> tuple[tuple[str, str], ...]:
        return tuple((_letter(index), _together(remarks)) for index, remarks in enumerate(self.cases.values()))


def _together(remarks: list[str]) -> str:
    """Return remarks that differ only in the numbers in parentheses at their end as one.

    >>> _together(["too few rows (found 7)", "too few rows (found 12)"])
    'too few rows (found 7 to 12)'
    """
    found = _OF_THE_CASE.search(remarks[0])
    if found is None:
        return remarks[0]
    numbers = iter(zip(*(_NUMBER.findall(one[found.start() :]) for one in remarks), strict=True))
    return remarks[0][: found.start()] + _NUMBER.sub(lambda _: _range(next(numbers)), found[0])


def _range(numbers: tuple[str, ...]) -> str:
    low, high = (end(numbers, key=lambda one: float(one.replace(",", "").replace(MINUS, "-"))) for end in (min, max))
    return low if low == high else f"{low} to {high}"


def show(table: Table, limit: int | None = None, anchors: Mapping[int, str] | None = None) -> ShownTable:
    """Return a table as text, cut after ``limit`` rows; ``anchors`` are names of rows by their identity."""
    footnotes = _Footnotes()
    columns = tuple(_column(table, index, column) for index, column in enumerate(table.columns))
    rows = tuple(
        tuple(
            _cell(_formatted(value, table.columns[x].unit, unit=not columns[x].unit), footnotes, _mark(table, y, x))
            for x, value in enumerate(row)
        )
        for y, row in enumerate(table.rows[:limit])
    )
    named = tuple((anchors or {}).get(id(row), "") for row in table.rows[:limit])
    left_out = len(table.rows) - len(rows)
    return ShownTable(table.title, columns, rows, footnotes.listed(), table.note, left_out, named)


def show_grid(grid: CheckGrid) -> tuple[tuple[ShownCheckRow, ...], tuple[tuple[str, str], ...]]:
    """Return the grid of checks as text, and its footnotes."""
    footnotes = _Footnotes()
    rows = []
    for row in grid.rows:
        part = _only_part(row)
        made = ShownCheckRow(
            title=f"{row.example.title} of {part.words}" if part else row.example.title,
            condition=outcomes.condition(row.example),
            cells=tuple(None if line is None else _check(line, footnotes, part) for line in row.cells),
            rest=row.rest,
        )
        rows.append(made)
    return tuple(rows), footnotes.listed()


def _only_part(row: CheckRow) -> Subject | None:
    """Return the part that a check of a single one is about; None for one of several parts."""
    lines = [line for line in row.cells if line is not None]
    parts = {line.outcome.subject for line in lines}
    return next(iter(parts)) if len(parts) == 1 and not any(line.others for line in lines) else None


def _check(line: CheckLine, footnotes: _Footnotes, part: Subject | None) -> ShownCheck:
    check = line.outcome
    about = [check.subject.words] if check.subject and check.subject != part else []
    if line.others:
        about.append(f"worst of {line.others + 1}")
    return ShownCheck(
        state=check.state,
        about=", ".join(about),
        value=_cell(outcomes.shown(check), footnotes),
        standing=outcomes.standing(check),
    )


def _column(table: Table, index: int, column: Column) -> ShownColumn:
    """Put a unit that is a word into the head if all numbers of the column share it."""
    cells = [row[index] for row in table.rows]
    units = {cell.unit if isinstance(cell, Metric) else column.unit for cell in cells if cell is not None}
    return ShownColumn(column.title, column.numeric, formatting.word(*units) if len(units) == 1 else "")


def _mark(table: Table, y: int, x: int) -> str:
    if (y, x) in table.emphasis:
        return "best"
    return "tie" if (y, x) in table.ties else ""


def _formatted(value: Cell, unit_of_bare: str, *, unit: bool) -> FormattedMetric:
    if isinstance(value, Metric):
        return formatting.metric(value, unit=unit)
    if value is None or (isinstance(value, str) and not value.strip()):
        return FormattedMetric(formatting.MISSING, "", "")
    return FormattedMetric(value if isinstance(value, str) else formatting.number(value, unit_of_bare), "", "")


def _cell(shown: FormattedMetric, footnotes: _Footnotes, mark: str = "") -> ShownCell:
    return ShownCell(
        text=shown.text,
        interval=shown.interval,
        mark=mark,
        footnote=footnotes.letter(shown.note),
        missing=shown.text == formatting.MISSING,
        long_word=any(len(word) > _LONG_WORD for word in shown.text.split()),
        digest=_DIGEST.fullmatch(shown.text) is not None,
    )


def _letter(index: int) -> str:
    """Return a, b, ..., z, aa, ab, ..."""
    head, last = divmod(index, len(ascii_lowercase))
    return (_letter(head - 1) if head else "") + ascii_lowercase[last]
