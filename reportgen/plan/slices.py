"""Slices in a spec: the columns that they name become columns of the data; what of them cannot be."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from reportgen.contract.needs import Need
from reportgen.spec.problems import Problem, suggest
from reportgen.text.matching import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location


def with_columns(spec: ReportSpec) -> tuple[ReportSpec, dict[str, Location]]:
    """Add the columns that slices name to those of the data; also return, for each that was added, the place that names it.

    A name that ``[data] columns`` does not have is that of an array, or of a column of a table. A slice that searches without
    naming columns searches those of ``[data] columns``.
    """
    if spec.data is None or not spec.slices:
        return spec, {}
    declared = spec.data.columns
    slices = tuple(
        one.model_copy(update={"columns": tuple(declared)}) if one.discover and one.columns is None else one
        for one in spec.slices
    )
    named: dict[str, Location] = {
        name: ("slices", index, key)
        for index, one in reversed(list(enumerate(slices)))
        for key, name in one.named_columns
        if name not in declared
    }
    columns = {**declared, **{name: name for name in named}}
    data = spec.data.model_copy(update={"columns": columns})
    return spec.model_copy(update={"data": data, "slices": slices}), named


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
