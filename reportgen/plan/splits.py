"""Splits in a spec: which rows are evaluated by default, and on which a section is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from reportgen.contract.needs import Need
from reportgen.spec.problems import Problem, suggest
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.splits import SplitSpec
from reportgen.spec.validation import from_validation_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.source import Source

OF_ROWS = frozenset({Need.PREDICTIONS, Need.LABELS, Need.ACTIVATIONS, Need.EXAMPLES, Need.SLICES})
"""Needs that rows of the data meet."""
_NAMED = ("test", "validation")


def resolved(spec: ReportSpec, source: Source) -> tuple[ReportSpec, Source, list[Problem]]:
    """Return the spec whose ``data`` is the table of the default split, and the source that knows where its keys are written.

    Rows are named either in ``[data]`` or in tables of named splits, never in both.
    """
    data = spec.data
    splits = [name for name in _NAMED if data is not None and getattr(data, name) is not None]
    if data is None or not splits:
        return spec, source, []
    tables = " and ".join(f"[data.{name}]" for name in splits)
    message = f"says which rows are evaluated, and so does {tables}: leave out one of the two"
    both = [key for key in (*SplitSpec.model_fields, "split") if key in data.model_fields_set]
    found = [Problem(("data", key), message, at_key=True) for key in both]
    evaluated = data.evaluated
    if not data.names_rows:
        source = source.with_split(evaluated.split)
    if len(splits) > 1 and not both and data.further["validation"].rows == evaluated.rows:
        found.append(Problem(("data", "validation"), "names the same rows as [data.test]", at_key=True))
    try:
        DataSpec.model_validate(evaluated.model_dump())
    except ValidationError as error:
        found += from_validation_error(error, DataSpec, ("data",))
    return spec.model_copy(update={"data": evaluated}), source, found


def problems(spec: ReportSpec, sections: Mapping[int, PlannedSection]) -> Iterator[Problem]:
    """Yield sections that name a split that the data does not have, or that need none."""
    data = spec.data
    for index, item in sections.items():
        name, needs = item.spec.split, item.section.analyzer.needs
        if name is None:
            continue
        place = ("sections", index, "split")
        if not needs & OF_ROWS:
            yield Problem(place, "the section is not measured on rows: leave out split", repr(name))
        elif data is not None and name not in (known := [data.split, *data.further]):
            if name == "train" and data.train is not None:
                yield Problem(place, "needs labels of the training data", repr(name), "set data.train.y")
            else:
                yield Problem(
                    place, "no such split", repr(name), suggest(name, known) or f"available: {', '.join(known)}"
                )
        elif data is not None and Need.SLICES in needs and name == "train" != data.split:
            yield Problem(place, "slices of the training data are not measured: name another split", repr(name))


def split_of(item: PlannedSection, spec: ReportSpec) -> str | None:
    """Return the split that a section is measured on; None for the default one, and for a section that needs no rows."""
    named = item.spec.split
    return None if spec.data is None or named == spec.data.split else named
