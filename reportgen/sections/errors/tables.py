"""Tables of the errors section."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        metrics_by_head(result, view, "position-errors", "Errors of images and sequences", schema.ERRORS_OF_UNITS),
        metrics_by_head(result, view, "value-errors", "Errors of predicted values", schema.ERRORS_OF_VALUES),
    )
    return tuple(table for table in found if table.rows)
