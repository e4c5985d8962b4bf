"""Tables of the errors section."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.positions import UNITS
from reportgen.contract.tables import Table, metrics_by_head
from reportgen.sections.errors import schema

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.sections.errors.schema import ErrorsResult


def tables(result: ErrorsResult, view: View) -> tuple[Table, ...]:
    """Return the numbers of errors by model."""
    found = (
        metrics_by_head(result, view, "errors", "Errors by model", schema.ERRORS_BY_MODEL),
        metrics_by_head(result, view, "label-errors", "Wrong labels", schema.ERRORS_OF_LABELS),
        _of_units(result, view),
        metrics_by_head(result, view, "value-errors", "Errors of predicted values", schema.ERRORS_OF_VALUES),
    )
    return tuple(table for table in found if table.rows)


def _of_units(result: ErrorsResult, view: View) -> Table:
    """Return the errors of images or of sequences, called so where those of one kind are shown."""
    table = metrics_by_head(result, view, "position-errors", "Errors of images and sequences", schema.ERRORS_OF_UNITS)
    kinds = {UNITS[one.task] for one in result.units}
    if len(kinds) != 1:
        return table
    (unit,) = kinds
    titles = {schema.WRONG_UNITS.title: f"{unit.capitalize()}s with an error"}
    columns = tuple(replace(column, title=titles.get(column.title, column.title)) for column in table.columns)
    return replace(table, title=f"Errors of {unit}s", columns=columns)
