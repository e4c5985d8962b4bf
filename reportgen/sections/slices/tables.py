"""Tables of the slices section."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table
from reportgen.sections.slices import schema, words
from reportgen.sections.slices.scores import SCORES
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.places import Place
    from reportgen.contract.tables import Cell
    from reportgen.sections.slices.schema import HeadSlices, SliceEntry, SlicesResult


def tables(result: SlicesResult, view: View) -> tuple[Table, ...]:
    """Return the slices of every head with their differences, their other scores, and how far their confidence can be trusted."""
    found: list[Table] = []
    for head in view.shown(result.heads):
        if not head.slices:
            continue
        found.append(_against(result, head))
        found += _alone(result, head, "appendix" if _leads(result, view, head) else "full")
        if words.compared(result, head) is not None:
            found += _paired(result, head)
    return tuple(found)


def _leads(result: SlicesResult, view: View, head: HeadSlices) -> bool:
    """Return whether all tables of a head are shown: those of the candidate, or of the only model."""
    chosen = view.decision.candidate
    return head.model == chosen or (chosen is None and len({one.model for one in result.heads}) == 1)


def _alone(result: SlicesResult, head: HeadSlices, further: Place) -> Iterator[Table]:
    """Yield the tables of the numbers of slices by themselves; further ones stand where it is said."""
    for group in SCORES[head.score].groups:
        specs = [spec for spec in group.specs if _is_measured(result, head, spec)]
        if specs:
            title = f"{group.title}, {about(head.model, head.subject)}"
            place = further if group.further else "appendix"
            yield _numbers(result, head, group.name, title, specs, place, _told(result, head, group.told))


def _paired(result: SlicesResult, head: HeadSlices) -> Iterator[Table]:
    """Yield the table of the further differences from the baseline."""
    specs = [spec for spec in SCORES[head.score].paired if _is_measured(result, head, spec)]
    title = (
        f"Further differences by slice, {about(head.model, head.subject)} minus {result.pair[1]}" if result.pair else ""
    )
    if specs:
        yield _numbers(result, head, "differences", title, specs, "appendix", "")


def _told(result: SlicesResult, head: HeadSlices, spec: MetricSpec | None) -> str:
    """Return how a column was computed, the same for all slices; nothing without one."""
    if spec is None:
        return ""
    found = (result.find_or_none(spec.name, head.model, one.subject) for one in head.slices)
    how = next((one.estimator for one in found if one is not None and one.estimator is not None), None)
    return "" if how is None else f"{spec.title}: {how}."


def _is_measured(result: SlicesResult, head: HeadSlices, spec: MetricSpec) -> bool:
    """Return whether a metric applies to a slice of a head; earlier versions did not have all of them."""
    found = (result.find_or_none(spec.name, head.model, one.subject) for one in head.slices)
    return any(one is not None and one.status != "not_applicable" for one in found)


def _against(result: SlicesResult, head: HeadSlices) -> Table:
    """Return the table of the differences from the rest, and from the baseline where there is one."""
    baseline = words.compared(result, head)
    of = SCORES[head.score]
    own: tuple[MetricSpec, ...] = (of.spec, of.from_rest, schema.REST_P_HOLM)
    columns = [Column("Slice", numeric=False), _rows(head), *(Column(spec.title) for spec in own)]
    paired = (of.difference, schema.DIFFERENCE_P_HOLM)
    if baseline is not None:
        columns += [
            Column(f"{of.spec.title} of {baseline.model}"),
            *(Column(f"Minus {baseline.model}"), Column("p (Holm)")),
        ]
    rows = []
    for one in _sorted(result, head):
        cells: list[Cell] = [words.name(one), one.n, *(_cell(result, spec, head.model, one) for spec in own)]
        if baseline is not None:
            cells.append(_cell(result, of.spec, baseline.model, one))
            cells += [_cell(result, spec, head.model, one) for spec in paired]
        rows.append(tuple(cells))
    title = f"Slices of {about(head.model, head.subject)}"
    return Table(
        _slug("slices", head), title, tuple(columns), tuple(rows), _note(result, head), place=_place(result, head)
    )


def _rows(head: HeadSlices) -> Column:
    return Column(SCORES[head.score].rows.capitalize(), unit="count")


def _place(result: SlicesResult, head: HeadSlices) -> Place:
    return "body" if result.pair is None or head.model == result.pair[0] else "appendix"


def _numbers(
    result: SlicesResult, head: HeadSlices, name: str, title: str, specs: Sequence[MetricSpec], place: Place, note: str
) -> Table:
    columns = (Column("Slice", numeric=False), _rows(head), *(Column(spec.title) for spec in specs))
    rows = tuple(
        (words.name(one), one.n, *(_cell(result, spec, head.model, one) for spec in specs))
        for one in _sorted(result, head)
    )
    return Table(_slug(f"slices-{name}", head), title, columns, rows, note, place=place)


def _sorted(result: SlicesResult, head: HeadSlices) -> list[SliceEntry]:
    """Return the slices, the worst score first, then those with too few rows."""
    return [*words.ranked(result, head), *(one for one in head.slices if not one.tested)]


def _cell(result: SlicesResult, spec: MetricSpec, model: str, one: SliceEntry) -> Cell:
    return result.find_or_none(spec.name, model, one.subject)


def _note(result: SlicesResult, head: HeadSlices) -> str:
    return " ".join(_sentences(result, head))


def _sentences(result: SlicesResult, head: HeadSlices) -> Iterator[str]:
    of, count = SCORES[head.score], len(words.tested(head))
    if head.overall is not None:
        yield f"On all {head.n:,} {of.rows}: {formatting.number(head.overall.value, of.spec.unit)}."
    yield f"p-values are adjusted for {words.slices(count)} (Holm)."
    if any(one.n < result.options.minimum for one in head.slices):
        yield f"Slices with fewer than {result.options.minimum:,} {of.rows} are too few to tell."
    missing = {one.missing for one in result.definitions if one.missing}
    if missing:
        yield f"Up to {max(missing):,} rows have no value in a column, and are in no slice of it."
    for search in result.searches:
        if search.subject == head.subject:
            yield searched(search)


def searched(search: schema.Search) -> str:
    """Return how slices were discovered, and how many."""
    by = f"the errors of {search.model}" if search.model else "the mean errors of all models"
    found = words.slices(len(search.found)) if search.found else "no slice"
    return (
        f"A tree on {formatting.listed(list(search.columns), 6)} found {found} with more than the mean of {by} in {search.searched:,} rows; "
        f"discovered slices are judged on {search.judged:,} other rows only."
    )


def _slug(name: str, head: HeadSlices) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", f"{name}-{about(head.model, head.subject)}").strip("-")
