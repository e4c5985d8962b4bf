"""From a spec to a plan: finds sections and validates options, addresses and files, without computing anything.

All errors are collected and raised at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from reportgen.contract.params import NO_PARAMS
from reportgen.plan import (
    addresses,
    conditions,
    entries,
    files,
    heads,
    names,
    needs,
    params,
    presets,
    readings,
    releases,
    requests,
    sections,
    slices,
    splits,
)
from reportgen.plan.plan import Plan
from reportgen.plan.registry import Registry
from reportgen.spec import patterns
from reportgen.spec.model import ReportSpec
from reportgen.spec.validation import from_validation_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reportgen.spec.problems import Location, Problem
    from reportgen.spec.source import Source


def make(
    source: Source,
    folder: Path,
    overrides: Sequence[str] = (),
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    *,
    in_memory: bool = False,
) -> Plan:
    """Validate a spec in two phases: as a whole, then each section against its options.

    With ``in_memory``, models and data are objects in memory, and the paths of the spec are not checked.

    Raises
    ------
    SpecError
        Lists all errors.
    """
    source, of_presets = presets.expand(source)
    source = releases.with_section(source)
    spec, problems = _validated(source)
    trend: tuple[str, ...] = ()
    trained = NO_PARAMS
    problems += of_presets
    found, more = sections.find(source.data, Registry(folder))
    problems += more
    planned, more = sections.validate(source.data, found)
    problems += more
    producers = sections.producers(source.data, found)
    problems += entries.nulls(source.data, "checks")
    problems += addresses.unknown(source.data, producers)
    problems += names.selection(planned, only, skip)
    if spec is not None:
        if not in_memory:
            models, of_patterns, more = patterns.expand(spec.models, folder)
            problems += more
            written, spec = spec, spec.model_copy(update={"models": models})
            spec, source, more = splits.resolved(spec, source)
            problems += more
            spec, of_slices = slices.with_columns(spec, planned)
            source = source.with_entries(of_patterns).with_columns(of_slices)
            problems += [*files.missing(spec, folder), *heads.unknown(spec, folder)]
            trained, more = params.gathered(written, spec, folder)
            problems += more
        else:
            spec, _ = slices.with_columns(spec, planned)
        trend, more = ((), []) if in_memory else releases.of_trend(spec, folder)
        problems += more
        problems += [*names.unknown(spec, planned), *names.seeds(spec), *conditions.impossible(spec, planned)]
        problems += [*slices.problems(spec, planned), *splits.problems(spec, planned)]
        planned, more = needs.judge(spec, planned, source.split)
        problems += [*more, *requests.conflicts(planned)]
    planned, more = readings.judge(planned, producers)
    problems += more
    if problems or spec is None:
        raise source.error(problems)
    chosen = {item.address for item in planned.values() if not only or item.address in only} - set(skip)
    kept = tuple(item for item in planned.values() if item.address in chosen)
    left_out = tuple(item for item in planned.values() if item.address not in chosen)
    return Plan(
        source,
        spec,
        folder,
        tuple(overrides),
        kept,
        requests.request(kept, spec),
        left_out,
        trend,
        trained,
    )


def files_of(source: Source, folder: Path) -> Iterator[tuple[Location, str]]:
    """Yield every file that a spec names, patterns opened, with its place, before any is opened; none if :func:`make` refuses the spec."""
    spec, _ = _validated(presets.expand(source)[0])
    if spec is not None:
        models, _, _ = patterns.expand(spec.models, folder)
        yield from files.named_files(spec.model_copy(update={"models": models}))
        yield from ((("trend", "results"), file) for file in releases.of_trend(spec, folder)[0])


def _validated(source: Source) -> tuple[ReportSpec | None, list[Problem]]:
    try:
        return ReportSpec.model_validate(source.data), []
    except ValidationError as error:
        return None, from_validation_error(error, ReportSpec)
