"""Tables of predicted values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.performance import pairs as by_pair
from reportgen.sections.performance.regression import schema
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.tables import Cell
    from reportgen.sections.performance.regression.schema import RegressionResult, ValuePerformance

_SHOWN_QUANTILES = 9
"""Quantiles in the table behind the figure of quantiles. Convention."""


def tables(result: RegressionResult, view: View) -> tuple[Table, ...]:
    """Return the metrics by model."""
    return (
        metrics_by_head(result, view, "regression", "Errors of predicted values", schema.ERRORS),
        metrics_by_head(result, view, "regression-skill", "Skill over constants", schema.SKILL),
        metrics_by_head(result, view, "regression-intervals", "Intervals for new rows", schema.INTERVALS),
    )


def pairs(result: RegressionResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once."""
    rows, rest = by_pair.rows(result, view, schema.PAIRWISE)
    if rows:
        how = next((one.metric.estimator for one in result.named("mae_p") if one.metric.estimator is not None), None)
        test = "" if how is None else f" The p-value is by {how}."
        note = f"Each difference is the first model minus the second.{test} Holm adjusts it for the number of model pairs.{rest}"
        yield Table("value-pairs", "Differences between models", by_pair.columns(schema.PAIRWISE), rows, note)


def bins(one: ValuePerformance) -> Table:
    """Return the errors by prediction."""
    titles = ("Rows", "Mean error", "95 % interval", "10 %", "Median", "90 %")
    columns = (Column("Predicted", numeric=False), Column(titles[0], unit="count"), *map(Column, titles[1:]))
    rows: list[tuple[Cell, ...]] = [
        (
            span(found.low, found.high),
            found.n,
            found.bias,
            _interval(found.ci_low, found.ci_high),
            found.lower,
            found.median,
            found.upper,
        )
        for found in one.bins
    ]
    title = f"Errors by prediction: {about(one.model, one.subject)}"
    return Table(
        _slug("bins", one),
        title,
        columns,
        tuple(rows),
        "An error is prediction minus label; 10 %, median and 90 % are its quantiles.",
    )


def bands(one: ValuePerformance, baseline: str) -> Table:
    """Return the differences in MAE by label."""
    columns = (
        Column("Label", numeric=False),
        Column("Rows", unit="count"),
        Column("MAE difference"),
        Column("95 % interval"),
    )
    rows: list[tuple[Cell, ...]] = [
        (span(found.low, found.high), found.n, found.difference, _interval(found.ci_low, found.ci_high))
        for found in one.bands
    ]
    title = f"MAE by label: {about(one.model, one.subject)} minus {baseline}"
    return Table(_slug("bands", one), title, columns, tuple(rows))


def quantiles(one: ValuePerformance) -> Table:
    """Return some quantiles of the standardized errors beside those of a normal distribution."""
    step = max((len(one.normal) - 1) // (_SHOWN_QUANTILES - 1), 1)
    rows = tuple(zip(one.normal[::step], one.standardized[::step], strict=True))
    title = f"Quantiles of the errors: {about(one.model, one.subject)}"
    return Table(_slug("quantiles", one), title, (Column("Normal"), Column("Standardized errors")), rows)


def span(low: float, high: float) -> str:
    """Return a range of values."""
    return f"{formatting.amount(low)} to {formatting.amount(high)}"


def _interval(low: float | None, high: float | None) -> str:
    return (
        formatting.MISSING
        if low is None or high is None
        else f"[{formatting.number(low, '')}, {formatting.number(high, '')}]"
    )


def _slug(name: str, one: ValuePerformance) -> str:
    return "-".join(part for part in (name, one.model, one.subject) if part)
