"""The table of metrics: every metric of a run by its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Direction, Measurement, MetricSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.contract.changes import Changes, Delta, TrendLine
    from reportgen.contract.subjects import Subject


class TableRow(Strict):
    """One row of the table of metrics: a measurement and its section."""

    section: str
    """The section's id."""
    measurement: Measurement
    """The number at its address."""


@dataclass(frozen=True)
class Headline:
    """A metric that a section offers for page one."""

    section: str
    spec: MetricSpec


@dataclass(frozen=True)
class MetricTable:
    """All metrics of the first stage: the only input of comparing sections and checks.

    Attributes
    ----------
    models
        Model names in the order of the spec.
    rows
        Every measurement of every section.
    headlines
        The metrics that sections offer for page one, in the order of the spec.
    specs
        The declaration of every metric that the sections of this run can produce, by its address.
    reasons
        Why a model was not evaluated, by model name.
    changes, deltas
        What has changed since the earlier release that the spec names; and the differences of all metrics of the candidate, those of
        layers included, by address and subject.
    trend
        The headlines over several earlier releases.
    """

    models: tuple[str, ...]
    rows: tuple[TableRow, ...]
    headlines: tuple[Headline, ...]
    specs: Mapping[str, MetricSpec]
    reasons: Mapping[str, str] = field(default_factory=dict)
    changes: Changes | None = None
    deltas: Mapping[tuple[str, Subject | None], Delta] = field(default_factory=dict)
    trend: tuple[TrendLine, ...] = ()

    def find(self, section: str, name: str) -> tuple[Measurement, ...]:
        """Return the measurements at ``<section>.<name>``."""
        return tuple(self._named.get((section, name), ()))

    @cached_property
    def _named(self) -> dict[tuple[str, str], list[Measurement]]:
        named: dict[tuple[str, str], list[Measurement]] = {}
        for row in self.rows:
            named.setdefault((row.section, row.measurement.name), []).append(row.measurement)
        return named


@dataclass(frozen=True)
class Reading:
    """A metric that a comparing section reads.

    Attributes
    ----------
    address
        ``<section>.<metric>``.
    option
        Keys that lead to it in the section's entry in the spec; empty for a default.
    subject
        The part of the models that is read; None for whole models.
    direction
        The preferred direction, if the spec declares one.
    directed
        Whether a preferred direction is required.
    instead
        Addresses of which any one is enough, where no section of the run produces the first.
    """

    address: str
    option: tuple[str | int, ...] = ()
    subject: str | None = None
    direction: Direction | None = None
    directed: bool = False
    instead: tuple[str, ...] = ()
