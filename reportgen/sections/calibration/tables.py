"""Tables of the calibration section."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.positions import POSITIONS, UNITS
from reportgen.contract.subjects import Subject, about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.distributions import tables as distributions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.places import Place
    from reportgen.contract.tables import Cell
    from reportgen.sections.calibration.schema import CalibrationResult, HeadCalibration, PositionsCalibration
    from reportgen.sections.calibration.titles import WithClasses


_VERDICT = (schema.GAP, schema.ECE, schema.ECE_NULL, schema.CALIBRATION_P, schema.TEMPERATURE_GAIN)
_FURTHER = (schema.ECE_P, *schema.FURTHER_ERRORS)
_CONFIDENCE = (schema.GAP_P, schema.POSITIVE_BIAS, *schema.UNCERTAINTY)
_RESCALED = (schema.TEMPERATURE, schema.TEMPERATURE_ECE, schema.TEMPERATURE_ECE_NULL)
_OF_LABELS = (*schema.MULTILABEL, schema.BRIER, schema.CALIBRATION_P)
_OF_POSITIONS = (schema.GAP, schema.ECE, schema.ECE_NULL, schema.CALIBRATION_P)
_FURTHER_POSITIONS = tuple(spec for spec in schema.POSITIONS if spec not in _OF_POSITIONS)
_MOST_ROWS = 6
"""Rows of the table in the body of the document. Convention."""


def tables(result: CalibrationResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables: the numbers that decide, and the others; files of older versions lack some of them."""
    if not result.heads:
        return (*_of_labels(result, view), *_of_positions(result, view), *distributions.tables(result, view))
    verdict = metrics_by_head(result, view, "verdict", "Calibration", _VERDICT)
    found = (
        replace(verdict, place="body" if len(verdict.rows) <= _MOST_ROWS else "appendix"),
        *_of_labels(result, view),
        *_of_positions(result, view),
        metrics_by_head(result, view, "further-errors", "Other calibration errors", _FURTHER),
        metrics_by_head(result, view, "uncertainty", "Confidence and uncertainty", _CONFIDENCE),
        metrics_by_head(result, view, "refusing", "What refusing unsure rows brings", schema.REFUSING),
        metrics_by_head(result, view, "temperature", "After rescaling (temperature scaling)", _RESCALED),
        *distributions.tables(result, view),
    )
    return tuple(table for table in found if table.columns[1:])


def _of_labels(result: CalibrationResult, view: View) -> tuple[Table, ...]:
    """Return a table of the multilabel heads, and one of the classes of each that is shown."""
    if not result.multilabel:
        return ()
    whole = metrics_by_head(result, view, "multilabel", "Calibration over the classes", _OF_LABELS)
    shown = view.shown(result.multilabel)
    place: Place = "body" if len(whole.rows) <= _MOST_ROWS else "appendix"
    return (
        replace(whole, place=place),
        *(replace(classes(result, head, schema.OF_LABELS), place="full") for head in shown),
    )


def _of_positions(result: CalibrationResult, view: View) -> tuple[Table, ...]:
    """Return the tables of segmentation and sequence labeling heads, which other heads are in too where they have these numbers."""
    if not result.positions:
        return ()
    at = {(head.model, head.subject) for head in result.positions}
    own = result.model_copy(
        update={"measurements": tuple(one for one in result.measurements if (one.model, one.subject) in at)}
    )
    tasks = dict.fromkeys(head.task for head in result.positions)
    what, units = (" and ".join(f"{words[task]}s" for task in tasks) for words in (POSITIONS, UNITS))
    verdict = metrics_by_head(own, view, "positions", f"Calibration of {what}", _OF_POSITIONS)
    others = metrics_by_head(own, view, "further-positions", f"Confidence of {what}: other numbers", _FURTHER_POSITIONS)
    note = (
        f"{verdict.note} Intervals, and what is expected of calibrated models, rest on {units}, not on single {what}."
    )
    place: Place = "body" if len(verdict.rows) <= _MOST_ROWS else "appendix"
    return replace(verdict, place=place, note=note.strip()), others


def expected_errors(head: HeadCalibration) -> Table:
    """Return a head's errors by confidence, with those that the confidence implies."""
    columns = (
        Column("Confidence from", unit="fraction"),
        Column("to", unit="fraction"),
        Column("n", unit="count"),
        Column("Errors", unit="count"),
        Column("Expected"),
        Column("If calibrated from"),
        Column("to"),
    )
    rows = tuple(
        (band.low, band.high, band.n, band.errors, band.expected, band.range_low, band.range_high)
        for band in head.bands
    )
    slug = "-".join(part for part in ("expected-errors", head.model, head.subject) if part)
    title = f"Errors by confidence: {about(head.model, head.subject)}"
    return Table(slug, title, columns, rows, place="full")


def curve(head: HeadCalibration | PositionsCalibration) -> Table:
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


def classes(result: CalibrationResult, head: WithClasses, specs: Sequence[MetricSpec] = schema.PER_CLASS) -> Table:
    """Return the per-class metrics of a head."""
    rows: list[tuple[Cell, ...]] = []
    for name in head.class_names:
        subject = Subject.of("class", name, within=head.subject)
        rows.append((name, *(result.find(spec.name, head.model, subject) for spec in specs)))
    columns = (Column("Class", numeric=False), *(Column(spec.title) for spec in specs))
    slug = "-".join(part for part in ("classes", head.model, head.subject) if part)
    return Table(slug, f"Calibration by class: {about(head.model, head.subject)}", columns, tuple(rows))
