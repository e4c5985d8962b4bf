"""Tables of predicted distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.places import by_size
from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table
from reportgen.sections.calibration.distributions import schema
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.calibration.distributions.schema import DistributionCalibration, DistributionsResult


def tables(result: DistributionsResult, view: View) -> Iterator[Table]:
    """Yield the numbers of every head; those of the levels stand behind the figure of coverage."""
    if not result.distributions:
        return
    shown = view.shown(result.distributions)
    specs = [
        spec for spec in schema.WHOLE if any(one.metric.status != "not_applicable" for one in result.named(spec.name))
    ]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (about(one.model, one.subject), *(result.find(spec.name, one.model, one.subject) for spec in specs))
        for one in shown
    )
    columns = (Column("Model", numeric=False), *(Column(spec.title) for spec in specs))
    rest = view.rest(result.distributions, shown).strip()
    yield Table("distributions", "Predicted distributions", columns, rows, rest, place=by_size(len(rows)))


def intervals(result: DistributionsResult, one: DistributionCalibration) -> Table:
    """Return the coverage and width of the central intervals of a head."""
    return _by_level(result, one, "Interval", one.intervals, schema.OF_INTERVALS)


def quantiles(result: DistributionsResult, one: DistributionCalibration) -> Table:
    """Return the share of labels at or below each quantile of a head."""
    return _by_level(result, one, "Quantile", one.quantiles, schema.OF_QUANTILES)


def _by_level(
    result: DistributionsResult,
    one: DistributionCalibration,
    kind: str,
    levels: Sequence[float],
    specs: Sequence[MetricSpec],
) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (formatting.percent(level), *(result.find(spec.name, one.model, one.at(level)) for spec in specs))
        for level in levels
    ]
    columns = (Column(kind, numeric=False), *(Column(spec.title) for spec in specs))
    slug = "-".join(part for part in (f"{kind.lower()}s", one.model, one.subject) if part)
    return Table(slug, f"{kind}s of {about(one.model, one.subject)}", columns, tuple(rows), place="appendix")


def bars(one: DistributionCalibration) -> Table:
    """Return the histogram of the probability integral transform."""
    columns = tuple(Column(title, unit="fraction") for title in ("From", "to", "Share", "If calibrated from", "to"))
    rows = tuple((bar.low, bar.high, bar.share, bar.range_low, bar.range_high) for bar in one.bars)
    slug = "-".join(part for part in ("pit", one.model, one.subject) if part)
    return Table(slug, f"Labels in the distributions of {about(one.model, one.subject)}", columns, rows, place="full")
