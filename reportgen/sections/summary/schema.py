"""Options and result of the summary section."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Metric
from reportgen.contract.result import SectionResult


class SummaryOptions(Strict):
    """Options of the summary section."""

    max_models: int = Field(default=10, ge=1)
    """Rows of the performance table; of more, those that are best in the first column that has a direction."""


class SummaryCell(Strict):
    """A number in the performance table."""

    metric: Metric
    best: bool
    """It is the best of its column."""
    tied: bool
    """The data cannot tell it from the best: their paired interval includes 0."""


class SummaryColumn(Strict):
    """A column of the performance table."""

    address: str
    title: str
    compared: bool
    """Whether differences in this number were tested."""


class SummaryRow(Strict):
    """A model, or one of its heads."""

    model: str
    subject: str | None
    cells: tuple[SummaryCell, ...]


class SummaryResult(SectionResult):
    """Result of the summary section: the performance table of page one."""

    columns: tuple[SummaryColumn, ...]
    rows: tuple[SummaryRow, ...]
    """In the order of the spec; where there are more than the table shows, the best first."""
    ranked_by: str | None
    """Title of the column that they are ranked by, where they are."""
    max_models: int
