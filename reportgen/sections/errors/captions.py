"""What galleries say of the content of rows: pictures, values, text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.galleries import Picture
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportgen.contract.focus import OfModelT, View
    from reportgen.sections.errors.schema import ErrorRow, ErrorsResult, LabelsRow, UnitRow, ValueRow

    Row = ErrorRow | LabelsRow | UnitRow | ValueRow


class Notes:
    """How to read the galleries of a chapter: each sentence is said under the first gallery that needs it."""

    def __init__(self, result: ErrorsResult) -> None:
        self._result = result
        self._said: set[str] = set()

    def pictures(self, rows: Sequence[Row]) -> str:
        """Return how pictures are scaled; empty without any."""
        if not any(row.pictures for row in rows):
            return ""
        scales = sorted({(one.black, one.white) for one in self._result.scales})
        ends = "; ".join(
            f"black is {formatting.amount(black)}, white {formatting.amount(white)}" for black, white in scales
        )
        return self._once(f"Pictures: {ends}, the ends of the range of {self._rows}.")

    def content(self, rows: Sequence[Row]) -> str:
        """Return how values are to be read, or that rows cannot be shown; begins with a space."""
        if any(row.values for row in rows):
            columns = _columns([len(row.values) for row in rows])
            return self._once(f" {columns} median (in robust standard deviations): value (median of {self._rows}).")
        if self._result.reference_rows and not any(row.pictures or row.text for row in rows):
            return self._once(" The inputs are neither pictures nor columns, so only the row numbers are shown.")
        return ""

    @property
    def _rows(self) -> str:
        return f"{self._result.reference_rows:,} evaluated rows"

    def _once(self, sentence: str) -> str:
        new = sentence not in self._said
        self._said.add(sentence)
        return sentence if new else ""


def counted(shown: int, total: int | None, row: str, rows: str) -> str:
    """Return how many of the rows that a caption describes are shown; without a total only their number.

    >>> counted(5, 5, "error", "errors"), counted(8, 9, "error", "errors"), counted(1, 1, "error", "errors")
    ('All 5 errors', '8 of the 9 errors', 'The only error')
    >>> counted(2, 2, "error", "errors"), counted(1, None, "error", "errors"), counted(2, None, "error", "errors")
    ('Both errors', '1 error', '2 errors')
    """
    if total is None:
        return f"{shown:,} {row if shown == 1 else rows}"
    if shown < total:
        return f"{shown:,} of the {total:,} {rows}"
    return {1: f"The only {row}", 2: f"Both {rows}"}.get(shown, f"All {shown:,} {rows}")


def thumbnails(row: Row) -> tuple[Picture, ...]:
    """Return the pictures of a row."""
    return tuple(Picture(one.input, one.png, one.width, one.height) for one in row.pictures)


def values(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the values that stand out, with their medians."""
    return tuple((one.name, f"{formatting.amount(one.value)} ({formatting.amount(one.median)})") for one in row.values)


def ordered(answers: Iterable[OfModelT], view: View) -> tuple[OfModelT, ...]:
    """Return the answers of the shown models, the candidate's first, then its baseline's."""
    roles = view.decision.models
    return tuple(
        sorted(view.shown(answers), key=lambda one: roles.index(one.model) if one.model in roles else len(roles))
    )


def _columns(numbers: Sequence[int]) -> str:
    """Return which columns of every row are shown, by their number in each row, up to the word "median"."""
    if max(numbers) == 1:
        return "The column farthest from its"
    words = {2: "two", 3: "three", 4: "four", 5: "five"}
    most = words.get(max(numbers), str(max(numbers)))
    return f"{'The' if min(numbers) == max(numbers) else 'Up to'} {most} columns farthest from their"
