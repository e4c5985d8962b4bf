"""Tables of predicted values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import Metric
from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.performance import pairs as by_pair, regression_schema as schema
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.performance.regression_schema import (
        LabelBand,
        RegressionResult,
        ResidualBin,
        ValuePerformance,
    )

_SHOWN_QUANTILES = 9
"""Quantiles in the table behind the figure of quantiles. Convention."""


def tables(result: RegressionResult, view: View) -> tuple[Table, ...]:
    """Return the metrics by model."""
    return (
        metrics_by_head(result, view, "regression", "Errors of predicted values", schema.ERRORS),
        metrics_by_head(result, view, "regression-skill", "Skill over constants", schema.SKILL),
        metrics_by_head(result, view, "regression-intervals", "Intervals for new rows", schema.INTERVALS),
        metrics_by_head(result, view, "distributions", "Scores of predicted distributions", _with_values(result)),
    )


def _with_values(result: RegressionResult) -> tuple[MetricSpec, ...]:
    """Return the scores of distributions that some model has: all of one report are often of one kind."""
    return tuple(
        spec
        for spec in schema.DISTRIBUTIONS
        if any(one.metric.status != "not_applicable" for one in result.named(spec.name))
    )


def pairs(result: RegressionResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once: in errors, then in the scores of distributions."""
    for name, title, specs in (
        ("value-pairs", "Differences between models", schema.PAIRWISE),
        *(
            (f"{specs[0].name.removesuffix('_difference')}-pairs", f"{specs[0].title} between models", specs)
            for specs in schema.OF_DISTRIBUTIONS
        ),
    ):
        yield from by_pair.table(result, view, name, title, specs, specs[-1])


def bins(one: ValuePerformance) -> Table:
    """Return the errors by prediction."""
    titles = ("Rows", "Mean error", "10 %", "Median", "90 %")
    columns = (Column("Predicted", numeric=False), Column(titles[0], unit="count"), *map(Column, titles[1:]))
    rows: list[tuple[Cell, ...]] = [
        (
            span(found.low, found.high),
            found.n,
            _number(found.bias, found),
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
    )
    rows: list[tuple[Cell, ...]] = [
        (span(found.low, found.high), found.n, _number(found.difference, found)) for found in one.bands
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


def _number(value: float, of: ResidualBin | LabelBand) -> Metric:
    """Return a number of some rows with its interval, which fixes how many digits are shown."""
    known = of.ci_low is not None and of.ci_high is not None
    return Metric(
        value=value, unit="", n=of.n, ci_low=of.ci_low, ci_high=of.ci_high, ci_method="mean" if known else None
    )


def _slug(name: str, one: ValuePerformance) -> str:
    return "-".join(part for part in (name, one.model, one.subject) if part)
