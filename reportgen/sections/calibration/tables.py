"""Tables of the calibration section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import Subject, about
from reportgen.contract.tables import Column, Table
from reportgen.sections.calibration import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.calibration.schema import CalibrationResult, HeadCalibration


def tables(result: CalibrationResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    return (
        _whole(result, view, "errors", "Expected calibration error", schema.ERRORS),
        _whole(result, view, "further-errors", "Other calibration errors", schema.FURTHER_ERRORS),
        _whole(result, view, "direction", "Over- or under-confidence", schema.DIRECTION),
        _whole(result, view, "uncertainty", "Confidence and uncertainty", schema.UNCERTAINTY),
        _whole(result, view, "temperature", "Would rescaling help (temperature scaling)", schema.RESCALING),
    )


def _whole(result: CalibrationResult, view: View, name: str, title: str, specs: Sequence[MetricSpec]) -> Table:
    every = tuple(result.named("ece"))
    specs = [spec for spec in specs if any(result.named(spec.name))]  # files of 0.1.0 lack some
    rows: list[tuple[Cell, ...]] = [
        (about(one.model, one.subject), *(result.find(spec.name, one.model, one.subject) for spec in specs))
        for one in view.listed(every)
    ]
    columns = (Column("Model", numeric=False), *(Column(spec.title) for spec in specs))
    return Table(name, title, columns, tuple(rows), view.rest(every, view.listed(every)).strip())


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
