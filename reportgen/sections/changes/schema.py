"""Options and result of the changes section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.changes import Changes, Delta, TrendLine
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class ChangesOptions(Strict):
    """Options of the changes section."""

    max_layers: int = Field(default=20, ge=1)
    """Maximum number of rows in the tables of layers and of checks; the report says how many are left out."""


class ChangesResult(SectionResult):
    """Result of the changes section."""

    changes: Changes | None
    """Null without an earlier release as the baseline."""
    trend: tuple[TrendLine, ...]
    """Empty without `[trend]`."""
    headlines: tuple[str, ...]
    """Addresses of the metrics of page one."""
    titles: dict[str, str]
    """Titles of the metrics, by address."""
    options: ChangesOptions

    def title(self, delta: Delta) -> str:
        """Return the title of a metric, with the part of the model that it is about."""
        title = self.titles.get(delta.address, delta.address)
        return title if delta.subject is None else f"{title}, {delta.subject.words}"

    def first(self, changes: Changes) -> tuple[Delta, ...]:
        """Return the differences of the headlines of whole models and outputs."""
        return tuple(
            one
            for address in self.headlines
            for one in changes.deltas
            if one.address == address and (one.subject is None or one.subject.whole)
        )


DIFFERENCE = MetricSpec(
    "difference",
    "Difference from the last release",
    "",
    None,
    "A metric of the candidate minus the same of the earlier release; the subject is its address. Paired, row by row, where the answers on "
    "the same rows are stored and give the metric; otherwise from the two intervals, as of independent rows.",
    "Newcombe (1998), Hall (1992) and Zou (2007), paired; Zou & Donner (2008), unpaired",
)
FIXED = MetricSpec(
    "errors_fixed",
    "Errors fixed",
    "fraction",
    True,
    "Share of the rows that the candidate gets right and the earlier release does not.",
    "positive flips in Yan et al. (2021); Wilson (1927) for the interval",
)
NEW = MetricSpec(
    "errors_new",
    "Errors new",
    "fraction",
    False,
    "Share of the rows that the earlier release gets right and the candidate does not.",
    "negative flips in Yan et al. (2021); Wilson (1927) for the interval",
)
CHURN = MetricSpec(
    "churn",
    "Other answers",
    "fraction",
    None,
    "Share of the rows on which the two predict different classes.",
    "Milani Fard et al. (2016); Wilson (1927) for the interval",
)

METRICS = (DIFFERENCE, FIXED, NEW, CHURN)
