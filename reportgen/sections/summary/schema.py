"""Options and result of the summary section."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Metric
from reportgen.contract.result import SectionResult


class SummaryOptions(Strict):
    """Options of the summary section."""

    max_models: int = Field(default=10, ge=1)
    """Maximum number of rows in the performance table: those that rank first by the first column whose differences are tested."""


class SummaryCell(Strict):
    """A cell of the performance table."""

    metric: Metric
    best: bool
    """Whether it is the best of its column, or of its head; only where its difference from every other model was tested."""
    tied: bool
    """Whether it is not distinguishable from the best: paired differences of all pairs of models, Holm, 5 %."""


class SummaryColumn(Strict):
    """A column of the performance table."""

    address: str
    title: str
    compared: bool
    """Whether the differences of the best model from the others were tested."""

    @property
    def section(self) -> str:
        """Id of the section that measures it."""
        return self.address.partition(".")[0]

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return self.address.partition(".")[2]


class SummaryRow(Strict):
    """A model, or one of its heads."""

    model: str
    subject: str | None
    cells: tuple[SummaryCell, ...]


class SummaryResult(SectionResult):
    """Result of the summary section: the performance table of page one."""

    columns: tuple[SummaryColumn, ...]
    rows: tuple[SummaryRow, ...]
    """In the order of the spec; best first where there are more than the table shows."""
    ranked_by: str | None
    """Title of the column that the rows are ranked by; null in the order of the spec."""
    max_models: int
