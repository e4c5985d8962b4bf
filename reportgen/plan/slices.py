"""Slices in a spec: the columns that they name become columns of the data; what of them cannot be."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from reportgen.contract.needs import Need
from reportgen.spec.problems import Problem, suggest
from reportgen.text.matching import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.sections import SliceSpec


def with_columns(
    spec: ReportSpec, sections: Mapping[int, PlannedSection]
) -> tuple[ReportSpec, dict[Location, Location]]:
    """Add the columns that slices name to those of the splits that slices are measured on.

    Also return, for each that was added, where it would be and the place that names it. A name that the `columns` of a split do not have is
    that of an array, or of a column of a table. A slice that searches without naming columns searches those of the default split.
    """
    if spec.data is None or not spec.slices:
        return spec, {}
    data, declared = spec.data, spec.data.columns
    slices = tuple(
        one.model_copy(update={"columns": tuple(declared)}) if one.discover and one.columns is None else one
        for one in spec.slices
    )
    measured = {item.spec.split for item in sections.values() if Need.SLICES in item.section.analyzer.needs}
    further = data.validation if "validation" in measured and "validation" in data.further else None
    added: dict[Location, Location] = {}
    if further is not None:
        columns = _with_columns(further.columns, slices, ("data", "validation"), added)
        data = data.model_copy(update={"validation": further.model_copy(update={"columns": columns})})
    if measured != {"validation"} or further is None:
        data = data.model_copy(update={"columns": _with_columns(declared, slices, ("data",), added)})
    return spec.model_copy(update={"data": data, "slices": slices}), added


def _with_columns(
    declared: Mapping[str, str], slices: Sequence[SliceSpec], table: Location, added: dict[Location, Location]
) -> dict[str, str]:
    """Return the columns of a table with those that slices name."""
    columns = dict(declared)
    for index, one in enumerate(slices):
        for key, name in one.named_columns:
            if name not in columns:
                columns[name] = name
                added[*table, "columns", name] = ("slices", index, key)
    return columns


def problems(spec: ReportSpec, sections: Mapping[int, PlannedSection]) -> Iterator[Problem]:
    """Yield slices that nothing measures, names that are given twice, searches without columns, and checks of slices that have none."""
    if spec.slices and not any(Need.SLICES in item.section.analyzer.needs for item in sections.values()):
        yield Problem(("slices",), "no section measures them", hint='add [[sections]] kind = "slices"', at_key=True)
    seen: set[str] = set()
    for index, one in enumerate(spec.slices):
        name = one.name or one.where
        if name is not None and name in seen:
            yield Problem(("slices", index, "name" if one.name else "where"), "duplicate name of a slice", repr(name))
        seen |= {name} if name else set()
        if one.discover and not one.columns and not (spec.data and spec.data.columns):
            message = "has no columns to search"
            yield Problem(("slices", index, "discover"), message, hint="set columns, or [data] columns")
        if one.discover and importlib.util.find_spec("sklearn") is None:
            message = "needs scikit-learn, which is not installed"
            yield Problem(("slices", index, "discover"), message, hint="pip install 'reportgen[discovery]'")
    yield from _checked(spec, sections)


def _checked(spec: ReportSpec, sections: Mapping[int, PlannedSection]) -> Iterator[Problem]:
    """Yield checks that name slices of a metric without slices, or slices that certainly do not exist."""
    per = {f"{item.address}.{one.name}": one.per for item in sections.values() for one in item.section.metrics}
    names = [one.name or one.where or "" for one in spec.slices]
    for index, check in enumerate(spec.checks):
        if check.slices is None or check.metric not in per:
            continue
        if per[check.metric] != "slice":
            sliced = [address for address, what in per.items() if what == "slice"]
            hint = suggest(f"slices.{check.metric.partition('.')[2]}", sliced)
            yield Problem(("checks", index, "slices"), "the metric has no values for slices", repr(check.metric), hint)
        elif all(names):
            for place, pattern in enumerate(check.slices):
                if not any(matches(name, pattern) for name in names):
                    location = ("checks", index, "slices", place)
                    yield Problem(location, "no such slice", repr(pattern), suggest(pattern, names))
