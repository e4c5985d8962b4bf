"""Addresses that a spec names, held against what its sections declare: before anything is computed."""

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
    """The sections of a spec by their address; ``complete`` where the kinds of all of them are known."""

    sections: Mapping[str, Section[Any, Any]]
    complete: bool

    def find(self, address: str) -> MetricSpec | None:
        """Return the declaration of a metric; None where no section produces it."""
        section, _, name = address.partition(".")
        known = self.sections[section].metrics if section in self.sections else ()
        return next((spec for spec in known if spec.name == name), None)

    def lacks(self, address: str) -> bool:
        """Tell whether for sure no section produces a metric: where a kind is unknown, it may."""
        return self.find(address) is None and (self.complete or address.partition(".")[0] in self.sections)

    def missing(self, address: str, location: Location) -> Problem:
        """Say that no section produces a metric."""
        known = [f"{section}.{spec.name}" for section, found in self.sections.items() for spec in found.metrics]
        message = "no section of this spec produces it"
        return Problem(location, message, found=repr(address), hint=suggest(address, known))

    def unmet(self, reading: Reading, skipped: Mapping[str, str]) -> str | None:
        """Say why a run has no such metric although nothing may be wrong with its name; None where it has.

        Parameters
        ----------
        reading
            What a comparing section reads.
        skipped
            Sections that are skipped, with the reason.
        """
        section = reading.address.partition(".")[0]
        if section not in self.sections:
            return f"reads {reading.address}, which no section of this spec produces" if self.complete else None
        if section in skipped:
            return f"reads {reading.address}, and the section {section} {skipped[section]}"
        return None

    def problems(self, readings: Iterable[Reading], section: Location, skipped: Mapping[str, str]) -> Iterator[Problem]:
        """Yield what is wrong with the metrics that a comparing section reads.

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

    def _problem(self, reading: Reading, location: Location, skipped: Mapping[str, str]) -> Problem | None:
        """Return what is wrong with a metric that is read; None where nothing is."""
        spec = self.find(reading.address)
        if self.lacks(reading.address):
            lacking = self.missing(reading.address, location)
            if reading.option:
                return lacking
            hint = f"add a section {reading.address.partition('.')[0]}, or say optional = true"
            return replace(lacking, message="reads by default what no section of this spec produces", hint=hint)
        if reason := self.unmet(reading, skipped):
            return Problem(location, reason, hint="say optional = true to leave the section out then")
        message = None if spec is None else self._mistake(reading, spec)
        return None if message is None else Problem(location, message, found=repr(reading.address))

    def _mistake(self, reading: Reading, spec: MetricSpec) -> str | None:
        """Say why a metric that there is cannot be read as the spec wants."""
        if not issubclass(self.sections[reading.address.partition(".")[0]].analyzer, BaseAnalyzer):
            return "comes from a section that compares itself, too late to be read"
        if spec.per != "model" and reading.subject is None:
            return f"has one number for each {spec.per}: say which in subject"
        if spec.direction_by_model:
            return None
        if spec.higher_is_better is None:
            undeclared = reading.directed and reading.direction is None
            return 'neither end of it is better by definition: say direction = "max" or "min"' if undeclared else None
        better = "max" if spec.higher_is_better else "min"
        if reading.direction not in (None, better):
            return f'the {better}imum is best by its definition: direction = "{reading.direction}" contradicts that'
        return None


def unknown(data: dict[str, Any], producers: Producers) -> Iterator[Problem]:
    """Yield checks of numbers that no section can produce."""
    for index, entry in entries(data, "checks"):
        metric = entry.get("metric")
        if isinstance(metric, str) and producers.lacks(metric):
            yield producers.missing(metric, ("checks", index, "metric"))
