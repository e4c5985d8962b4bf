"""The plan: every section found, every option validated, every address and file checked; nothing computed.

All mistakes are gathered and raised at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reportgen.contract.needs import Need, Probe, Request
from reportgen.contract.section import BaseAnalyzer, BaseComparer, Section
from reportgen.inputs.sources.registry import unknown_names
from reportgen.inputs.sources.source import files
from reportgen.plan import registry
from reportgen.plan.addresses import Producers
from reportgen.spec import patterns
from reportgen.spec.model import ReportSpec, SectionSpec
from reportgen.spec.problems import Problem, suggest
from reportgen.spec.validation import from_validation_error
from reportgen.text.matching import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from reportgen.contract.base import Strict
    from reportgen.spec.model import CheckSpec
    from reportgen.spec.problems import Location
    from reportgen.spec.source import Source


@dataclass(frozen=True)
class PlannedSection:
    """A section of the report with its options; ``skip`` is the reason where an optional one cannot run."""

    spec: SectionSpec
    section: Section[Any, Any]
    options: Strict
    skip: str | None = None

    @property
    def address(self) -> str:
        """The id under which its numbers are found."""
        return self.spec.id or self.section.name


@dataclass(frozen=True)
class Plan:
    """What is going to be done.

    ``spec`` has the models that patterns stand for; ``entries`` gives the key of each model's entry in the source.
    ``left_out`` are the ids of sections that the call left out by ``--only`` or ``--skip``.
    """

    source: Source
    spec: ReportSpec
    folder: Path
    overrides: tuple[str, ...]
    sections: tuple[PlannedSection, ...]
    entries: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def written(self, location: Location) -> Location:
        """Return where something about a model stands in the source, whose entry may be a pattern."""
        return _written(self.entries, location)

    @property
    def request(self) -> Request:
        """What its sections need of the evaluation."""
        running = [item for item in self.sections if item.skip is None]
        needs = frozenset[Need]().union(*(item.section.analyzer.needs for item in running))
        return Request(needs=needs, probe=_merged([probe for item in running if (probe := _probe(item))]))


def make(
    source: Source,
    folder: Path,
    overrides: Sequence[str] = (),
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    *,
    in_memory: bool = False,
) -> Plan:
    """Validate a spec in two phases: as a whole, then each section against its own options.

    With ``in_memory`` models and data are objects of a program: the paths of the spec name nothing.

    Raises
    ------
    SpecError
        With every mistake.
    """
    spec, problems = _validated(source)
    entries: dict[str, str] = {}
    sections, more = _sections(source.data, folder)
    problems += more
    producers = _producers(source.data, folder)
    problems += _addresses(source.data, producers)
    problems += _selection(sections, only, skip)
    if spec is not None:
        if not in_memory:
            models, entries, more = patterns.expand(spec.models, folder)
            problems += more
            spec = spec.model_copy(update={"models": models})
        found = [*_models(spec), *_focus(spec), *_named_models(spec, sections)]
        found += () if in_memory else _files(spec, folder)
        problems += [replace(problem, location=_written(entries, problem.location)) for problem in found]
        sections, more = _needs(spec, sections)
        problems += more
    sections, more = _readings(sections, producers)
    problems += more
    if problems or spec is None:
        raise source.error(problems)
    kept = tuple(item for item in sections.values() if (not only or item.address in only) and item.address not in skip)
    left_out = tuple(address for address in _ids(sections) if address not in {item.address for item in kept})
    return Plan(source, spec, folder, tuple(overrides), kept, entries, left_out)


def _validated(source: Source) -> tuple[ReportSpec | None, list[Problem]]:
    try:
        return ReportSpec.model_validate(source.data), []
    except ValidationError as error:
        return None, from_validation_error(error, ReportSpec)


def _entries(data: dict[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the tables of an array of tables, whatever else may be wrong with the spec."""
    values = data.get(key)
    return ((i, value) for i, value in enumerate(values if isinstance(values, list) else []) if isinstance(value, dict))


def _sections(data: dict[str, Any], folder: Path) -> tuple[dict[int, PlannedSection], list[Problem]]:
    """Find the sections and validate their options, also in a spec that fails its own schema."""
    found: dict[int, PlannedSection] = {}
    problems: list[Problem] = []
    for index, entry in _entries(data, "sections"):
        kind = entry.get("kind")
        if not isinstance(kind, str):
            continue
        location: Location = ("sections", index)
        try:
            section = registry.find(kind, folder)
        except registry.PluginError as error:
            problems.append(Problem((*location, "kind"), str(error)))
            continue
        except registry.UnknownSectionError:
            hint = suggest(kind, registry.names()) or f"there are {', '.join(registry.names())}"
            problems.append(Problem((*location, "kind"), "there is no such section", found=repr(kind), hint=hint))
            continue
        own = {key: value for key, value in entry.items() if key not in SectionSpec.model_fields}
        try:
            options = section.options.model_validate(own)
        except ValidationError as error:
            problems += from_validation_error(error, section.options, location, SectionSpec.model_fields)
            continue
        try:
            found[index] = PlannedSection(SectionSpec.model_validate(entry), section, options)
        except ValidationError:
            continue  # told by the spec's own schema
        problems += _unknown_codes(found[index], location)
    return found, problems + _twice(data, found)


def _unknown_codes(planned: PlannedSection, location: Location) -> list[Problem]:
    codes = [rule.code for rule in planned.section.rules]
    return [
        Problem((*location, "ignore", i), "there is no such rule in this section", repr(code), suggest(code, codes))
        for i, code in enumerate(planned.spec.ignore)
        if code not in codes
    ]


def _ids(sections: dict[int, PlannedSection]) -> list[str]:
    return [item.address for item in sections.values()]


def _twice(data: dict[str, Any], found: dict[int, PlannedSection]) -> list[Problem]:
    """Find sections whose address another one has taken."""
    seen: set[str] = set()
    problems = []
    for index, entry in _entries(data, "sections"):
        key = "id" if "id" in entry else "kind"
        address = found[index].address if index in found else str(entry.get(key))
        if address in seen:
            message = "stands twice: give each of them an id of its own"
            problems.append(Problem(("sections", index, key), message, found=repr(address)))
        seen.add(address)
    return problems


def _producers(data: dict[str, Any], folder: Path) -> Producers:
    """Return the sections of a spec by their address, as far as their kinds are known."""
    known: dict[str, Section[Any, Any]] = {}
    complete = True
    for _, entry in _entries(data, "sections"):
        try:
            section = registry.find(str(entry.get("kind")), folder)
        except (registry.UnknownSectionError, registry.PluginError):
            complete = False
        else:
            known[str(entry.get("id") or section.name)] = section
    return Producers(known, complete)


def _addresses(data: dict[str, Any], producers: Producers) -> Iterator[Problem]:
    """Yield checks of numbers that no section can produce."""
    for index, entry in _entries(data, "checks"):
        metric = entry.get("metric")
        if isinstance(metric, str) and producers.lacks(metric):
            yield producers.missing(metric, ("checks", index, "metric"))


def _readings(
    sections: dict[int, PlannedSection], producers: Producers
) -> tuple[dict[int, PlannedSection], list[Problem]]:
    """Judge what comparing sections read: an optional one is skipped where no section produces it."""
    planned: dict[int, PlannedSection] = {}
    problems: list[Problem] = []
    skipped = {item.address: item.skip for item in sections.values() if item.skip is not None}
    for index, item in sections.items():
        analyzer = item.section.analyzer(item.options)
        readings = analyzer.reads() if isinstance(analyzer, BaseComparer) and item.skip is None else ()
        unmet = next((reason for one in readings if (reason := producers.unmet(one, skipped))), None)
        skip = unmet if item.spec.optional else None
        planned[index] = replace(item, skip=item.skip or skip)
        if skip is None:
            problems += producers.problems(readings, ("sections", index), skipped)
    return planned, problems


def _selection(sections: dict[int, PlannedSection], only: Iterable[str], skip: Iterable[str]) -> list[Problem]:
    ids = _ids(sections)
    return [
        Problem((), f"{flag} {name}: there is no such section in this spec", hint=suggest(name, ids))
        for flag, names in (("--only", only), ("--skip", skip))
        for name in names
        if name not in ids
    ]


def _written(entries: Mapping[str, str], location: Location) -> Location:
    if len(location) > 1 and location[0] == "models":
        return ("models", entries.get(str(location[1]), location[1]), *location[2:])
    return location


def _models(spec: ReportSpec) -> Iterator[Problem]:
    """Yield checks that name no model."""
    for index, check in enumerate(spec.checks):
        for position, pattern in enumerate(check.models or ()):
            if not any(matches(name, pattern) for name in spec.models):
                location = ("checks", index, "models", position)
                yield Problem(location, "there is no such model", repr(pattern), suggest(pattern, spec.models))


def _focus(spec: ReportSpec) -> Iterator[Problem]:
    """Yield names of models to show that no model has."""
    for index, name in enumerate(spec.output.focus if isinstance(spec.output.focus, tuple) else ()):
        if name not in spec.models:
            yield Problem(("output", "focus", index), "there is no such model", repr(name), suggest(name, spec.models))


def _named_models(spec: ReportSpec, sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield sections whose options name no model."""
    for index, item in sections.items():
        analyzer = item.section.analyzer(item.options)
        named = analyzer.names() if isinstance(analyzer, BaseAnalyzer) else {}
        for option, name in named.items():
            if name not in spec.models:
                location = ("sections", index, option)
                yield Problem(location, "there is no such model", repr(name), suggest(name, spec.models))


# ------------------------------------------------------------------------------------------------ files


def _named_files(spec: ReportSpec) -> Iterator[tuple[Location, str]]:
    for name, model in spec.models.items():
        yield ("models", name, "path"), model.path
        if model.history is not None:
            yield ("models", name, "history"), model.history
        for index, item in enumerate(model.custom_objects):
            module = item.rpartition(":")[0]
            if module.endswith(".py"):
                yield ("models", name, "custom_objects", index), module
    if spec.data is not None:
        yield from files(spec.data)


def _files(spec: ReportSpec, folder: Path) -> Iterator[Problem]:
    """Yield files that are not there and arrays that a file does not have."""
    for location, file in _named_files(spec):
        path = folder / file
        if not path.exists():
            siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
            yield Problem(location, "there is no such file", repr(file), suggest(path.name, siblings))
        elif not path.is_file():
            yield Problem(location, "is not a file", repr(file))
    templates = spec.output.templates
    if templates is not None and not (folder / templates).is_dir():
        yield Problem(("output", "templates"), "there is no such folder", repr(templates))
    if spec.data is not None:
        for location, name, there in unknown_names(spec.data, folder):
            hint = suggest(name, there) or f"it has {', '.join(there)}"
            yield Problem(location, f"{spec.data.path} has no such array or column", repr(name), hint)


# ------------------------------------------------------------------------------------------------ needs


def _needs(spec: ReportSpec, sections: dict[int, PlannedSection]) -> tuple[dict[int, PlannedSection], list[Problem]]:
    """Find the sections whose needs the spec does not meet: skipped where optional, else a mistake."""
    planned: dict[int, PlannedSection] = {}
    problems = []
    for index, item in sections.items():
        reason, remedy = _unmet(spec, item.section.analyzer.needs) or (None, "")
        if reason is not None and not item.spec.optional:
            hint = f"{remedy}, or say optional = true"
            problems.append(Problem(("sections", index, "kind"), reason, repr(item.spec.kind), hint))
        planned[index] = PlannedSection(item.spec, item.section, item.options, reason)
    return planned, [*problems, *_probes(planned)]


def _probe(item: PlannedSection) -> Probe | None:
    analyzer = item.section.analyzer(item.options)
    return analyzer.probe() if isinstance(analyzer, BaseAnalyzer) else None


def _merged(probes: Sequence[Probe]) -> Probe | None:
    """Return the one probe that serves all sections: the most rows, the layers that were asked for."""
    if not probes:
        return None
    asked = (probe.layers for probe in probes if probe.layers is not None)
    return Probe(samples=max(probe.samples for probe in probes), layers=next(asked, "units"))


def _probes(sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield sections that ask for other layers than one before them."""
    first: tuple[str, str] | None = None
    for index, item in sections.items():
        probe = _probe(item) if item.skip is None else None
        if probe is None or probe.layers is None:
            continue
        if first is not None and probe.layers != first[1]:
            message = f"must ask for the same layers as section {first[0]}: one pass serves both"
            yield Problem(("sections", index), message, repr(probe.layers))
        first = first or (item.address, probe.layers)


def _unmet(spec: ReportSpec, needs: frozenset[Need]) -> tuple[str, str] | None:
    """Return which need the spec does not meet, and what would meet it; None where it meets all."""
    if needs & {Need.PREDICTIONS, Need.LABELS, Need.ACTIVATIONS} and spec.data is None:
        return "needs data", "add a [data] table"
    if Need.LABELS in needs and spec.data is not None and spec.data.y is None:
        return "needs labels", "name them in data.y"
    if Need.HISTORY in needs and not any(model.history for model in spec.models.values()):
        return "needs a training history", "name one in a model's history"
    if Need.SEVERAL_MODELS in needs and len(spec.models) == 1:
        return "compares models, and there is only one", "add a model"
    if Need.SERIES in needs and not _has_series(spec):
        return "needs checkpoints of a run", "give two models or more the same series"
    return None


def _has_series(spec: ReportSpec) -> bool:
    series = [model.series for model in spec.models.values() if model.series is not None]
    return len(set(series)) < len(series)


def check_matches(check: CheckSpec, model: str) -> bool:
    """Tell whether a check holds for a model."""
    return check.models is None or any(matches(model, pattern) for pattern in check.models)
