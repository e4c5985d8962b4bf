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


def pictures(result: ErrorsResult, rows: Sequence[Row]) -> str:
    """Return how pictures are scaled; empty without any."""
    if not any(row.pictures for row in rows):
        return ""
    scales = sorted({(one.black, one.white) for one in result.scales})
    ends = "; ".join(
        f"black is {formatting.amount(black)}, white {formatting.amount(white)}" for black, white in scales
    )
    return f"Pictures: {ends}, the ends of the range {_of_rows(result)}."


def content(result: ErrorsResult, rows: Sequence[Row]) -> str:
    """Return how values are to be read, or that rows cannot be shown."""
    if any(row.values for row in rows):
        return (
            f" Values: the columns farthest from the median {_of_rows(result)}, in robust standard deviations, with the median in "
            "parentheses."
        )
    if result.reference_rows and not any(row.pictures or row.text for row in rows):
        return " The inputs are neither pictures nor columns, so only the row numbers are shown."
    return ""


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


def _of_rows(result: ErrorsResult) -> str:
    return f"of {result.reference_rows:,} evaluated rows"
