"""Validates the addresses in a spec against the declarations of its sections, before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reportgen.contract.section import BaseAnalyzer
from reportgen.plan.entries import entries
from reportgen.spec.problems import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reportgen.contract.metric_table import Reading
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.section import Section
    from reportgen.spec.problems import Location


@dataclass(frozen=True)
class Producers:
    """The sections of a spec by address; ``complete`` if all of their kinds are known."""

    sections: Mapping[str, Section[Any, Any]]
    complete: bool

    def find(self, address: str) -> MetricSpec | None:
        """Return the declaration of a metric; None if no section produces it."""
        section, _, name = address.partition(".")
        known = self.sections[section].metrics if section in self.sections else ()
        return next((spec for spec in known if spec.name == name), None)

    def lacks(self, address: str) -> bool:
        """Return whether certainly no section produces a metric: an unknown kind could."""
        return self.find(address) is None and (self.complete or address.partition(".")[0] in self.sections)

    def missing(self, address: str, location: Location) -> Problem:
        """Return the problem that no section produces a metric."""
        known = [f"{section}.{spec.name}" for section, found in self.sections.items() for spec in found.metrics]
        message = "no section of this spec produces this metric"
        return Problem(location, message, found=repr(address), hint=suggest(address, known))

    def unmet(self, reading: Reading, skipped: Mapping[str, str]) -> str | None:
        """Return why a run lacks a metric although its name is valid; None if it has it.

        Parameters
        ----------
        reading
            What a comparing section reads.
        skipped
            Sections that are skipped, with the reason.
        """
        section = self._chosen(reading, skipped).partition(".")[0]
        if section not in self.sections:
            return f"reads {reading.address}, which no section of this spec produces" if self.complete else None
        if section in skipped:
            return f"reads {reading.address}, and the section {section} {skipped[section]}"
        return None

    def problems(self, readings: Iterable[Reading], section: Location, skipped: Mapping[str, str]) -> Iterator[Problem]:
        """Yield the problems with the metrics that a comparing section reads.

        Parameters
        ----------
        readings
            What it reads.
        section
            Location of its entry.
        skipped
            Sections that are skipped, with the reason.
        """
        told: set[str] = set()
        for reading in readings:
            producer = reading.address.partition(".")[0]
            if not reading.option and producer in told:
                continue
            told.add(producer)
            problem = self._problem(reading, (*section, *(reading.option or ("kind",))), skipped)
            if problem is not None:
                yield problem

    def _chosen(self, reading: Reading, skipped: Mapping[str, str]) -> str:
        """Return the first address of those that are enough that the run has; the first of all if it has none."""
        for address in (reading.address, *reading.instead):
            if not self.lacks(address) and address.partition(".")[0] not in skipped:
                return address
        return reading.address

    def _problem(self, reading: Reading, location: Location, skipped: Mapping[str, str]) -> Problem | None:
        """Return the problem with a metric that is read; None if there is none."""
        reading = replace(reading, address=self._chosen(reading, skipped))
        spec = self.find(reading.address)
        if self.lacks(reading.address):
            lacking = self.missing(reading.address, location)
            if reading.option:
                return lacking
            hint = f"add a section {reading.address.partition('.')[0]}, or set optional = true"
            return replace(
                lacking, message="reads by default a metric that no section of this spec produces", hint=hint
            )
        if reason := self.unmet(reading, skipped):
            return Problem(location, reason, hint="set optional = true to skip the section in this case")
        message = None if spec is None else self._mistake(reading, spec)
        return None if message is None else Problem(location, message, found=repr(reading.address))

    def _mistake(self, reading: Reading, spec: MetricSpec) -> str | None:
        """Return why an existing metric cannot be read as the spec requests."""
        if not issubclass(self.sections[reading.address.partition(".")[0]].analyzer, BaseAnalyzer):
            return "comes from another comparing section, which cannot be read"
        if spec.per != "model" and reading.subject is None:
            return f"has one value per {spec.per}: choose one with subject"
        if spec.direction_by_model:
            return None
        if spec.higher_is_better is None:
            undeclared = reading.directed and reading.direction is None
            return 'has no preferred direction: set direction = "max" or "min"' if undeclared else None
        better = "max" if spec.higher_is_better else "min"
        if reading.direction not in (None, better):
            return f'has the preferred direction "{better}" by definition, which contradicts direction = "{reading.direction}"'
        return None


def unknown(data: dict[str, Any], producers: Producers) -> Iterator[Problem]:
    """Yield checks on metrics that no section can produce."""
    for index, entry in entries(data, "checks"):
        metric = entry.get("metric")
        if isinstance(metric, str) and producers.lacks(metric):
            yield producers.missing(metric, ("checks", index, "metric"))
