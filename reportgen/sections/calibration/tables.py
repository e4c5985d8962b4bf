"""Tables of the calibration section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import Subject, about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.calibration import schema

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.contract.tables import Cell
    from reportgen.sections.calibration.schema import CalibrationResult, HeadCalibration


def tables(result: CalibrationResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables; files of older versions lack some of them."""
    found = (
        metrics_by_head(result, view, "errors", "Expected calibration error", schema.ERRORS),
        metrics_by_head(result, view, "further-errors", "Other calibration errors", schema.FURTHER_ERRORS),
        metrics_by_head(result, view, "direction", "Over- or under-confidence", schema.DIRECTION),
        metrics_by_head(result, view, "uncertainty", "Confidence and uncertainty", schema.UNCERTAINTY),
        metrics_by_head(result, view, "refusing", "What refusing unsure rows brings", schema.REFUSING),
        metrics_by_head(result, view, "temperature", "Would rescaling help (temperature scaling)", schema.RESCALING),
    )
    return tuple(table for table in found if table.columns[1:])


def curve(head: HeadCalibration) -> Table:
    """Return the points of a head's reliability diagram."""
    columns = (
        Column("n", unit="count"),
        Column("Mean forecast", unit="fraction"),
        Column("Observed frequency", unit="fraction"),
        Column("95 % interval from", unit="fraction"),
        Column("to", unit="fraction"),
        Column("If calibrated from", unit="fraction"),
        Column("to", unit="fraction"),
    )
    rows = tuple(
        (point.n, point.forecast, point.frequency, point.low, point.high, point.band_low, point.band_high)
        for point in head.curve
    )
    slug = "-".join(part for part in ("curve", head.model, head.subject) if part)
    return Table(slug, f"Reliability diagram of {about(head.model, head.subject)}", columns, rows)


def classes(result: CalibrationResult, head: HeadCalibration) -> Table:
    """Return the per-class metrics of a head."""
    rows: list[tuple[Cell, ...]] = []
    for name in head.class_names:
        subject = Subject.of("class", name, within=head.subject)
        rows.append((name, *(result.find(spec.name, head.model, subject) for spec in schema.PER_CLASS)))
    columns = (Column("Class", numeric=False), *(Column(spec.title) for spec in schema.PER_CLASS))
    slug = "-".join(part for part in ("classes", head.model, head.subject) if part)
    return Table(slug, f"Calibration by class: {about(head.model, head.subject)}", columns, tuple(rows))
