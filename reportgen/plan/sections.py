"""From section entries of a spec to planned sections: finds them by kind and validates their options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reportgen.contract.foreign import ForeignError, foreign
from reportgen.plan.addresses import Producers
from reportgen.plan.entries import entries
from reportgen.plan.plan import PlannedSection
from reportgen.plan.registry import PluginError, PluginFailedError, UnknownSectionError, folder_of
from reportgen.spec.problems import Problem, suggest
from reportgen.spec.tables.sections import SectionSpec
from reportgen.spec.validation import from_validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.contract.section import Section
    from reportgen.plan.registry import Registry
    from reportgen.spec.problems import Location

    Found = Mapping[int, tuple[Section[Any, Any], str | None]]


def find(data: dict[str, Any], registry: Registry) -> tuple[Found, list[Problem]]:
    """Find the section of every entry, with the digest of its file if it is in one, by index of the entry."""
    found: dict[int, tuple[Section[Any, Any], str | None]] = {}
    problems: list[Problem] = []
    for index, entry in entries(data, "sections"):
        kind = entry.get("kind")
        if not isinstance(kind, str):
            continue
        location: Location = ("sections", index, "kind")
        try:
            found[index] = registry.find(kind), registry.sha256(kind)
        except PluginError as error:
            problems.append(Problem(location, str(error), failure=isinstance(error, PluginFailedError)))
        except UnknownSectionError:
            hint = suggest(kind, registry.names) or f"available: {', '.join(registry.names)}"
            problems.append(Problem(location, "no such section", found=repr(kind), hint=hint))
    return found, problems


def validate(data: dict[str, Any], found: Found) -> tuple[dict[int, PlannedSection], list[Problem]]:
    """Validate the options of every section that was found, even if the spec itself is invalid."""
    planned: dict[int, PlannedSection] = {}
    problems: list[Problem] = []
    for index, entry in entries(data, "sections"):
        if index not in found:
            continue
        (section, sha256), location = found[index], ("sections", index)
        own = {key: value for key, value in entry.items() if key not in SectionSpec.model_fields}
        try:
            with foreign(f"the section {section.name!r}", folder_of(section), passes=(ValidationError,)):
                options = section.options.model_validate(own)
        except ValidationError as error:
            problems += from_validation_error(error, section.options, location, SectionSpec.model_fields)
            continue
        except ForeignError as error:
            message = f"the section {section.name!r} cannot validate its options: {error}"
            problems.append(Problem(location, message, failure=True))
            continue
        try:
            planned[index] = PlannedSection(SectionSpec.model_validate(entry), section, options, sha256=sha256)
        except ValidationError:
            continue  # reported by the schema of the spec
        problems += _unknown_codes(planned[index], location)
    return planned, problems + _twice(data, planned)


def producers(data: dict[str, Any], found: Found) -> Producers:
    """Return the sections of a spec with known kinds, by address."""
    every = list(entries(data, "sections"))
    known = {str(entry.get("id") or found[index][0].name): found[index][0] for index, entry in every if index in found}
    return Producers(known, complete=len(found) == len(every))


def _unknown_codes(planned: PlannedSection, location: Location) -> list[Problem]:
    codes = [rule.code for rule in planned.section.rules]
    return [
        Problem((*location, "ignore", i), "no such rule in this section", repr(code), suggest(code, codes))
        for i, code in enumerate(planned.spec.ignore)
        if code not in codes
    ]


def _twice(data: dict[str, Any], planned: dict[int, PlannedSection]) -> list[Problem]:
    """Find sections with a duplicate address."""
    seen: set[str] = set()
    problems = []
    for index, entry in entries(data, "sections"):
        key = "id" if "id" in entry else "kind"
        address = planned[index].address if index in planned else str(entry.get(key))
        if address in seen:
            message = "duplicate section: set a unique id for each of them"
            problems.append(Problem(("sections", index, key), message, found=repr(address)))
        seen.add(address)
    return problems
