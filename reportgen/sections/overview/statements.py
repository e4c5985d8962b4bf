"""The statements of the overview section for page one: what stands out in the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Statement
from reportgen.sections.overview.findings import uneven
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.sections.overview.schema import DataOverview, OverviewResult

_MOST = 2
"""Maximum number of statements. Convention."""


def statements(result: OverviewResult, _view: View) -> tuple[Statement, ...]:
    """Return what a reviewer should know about the data: rows of the training data, conflicting labels, duplicate rows, uneven classes; else nothing."""
    data = result.data
    found = () if data is None else tuple(_words(data))
    return tuple(Statement(topic="data", parts=(words,), n=result.data.n) for words in found[:_MOST] if result.data)


def _words(data: DataOverview) -> Iterator[str]:
    if data.training is not None:
        if data.training.leaked:
            are = "is" if data.training.leaked == 1 else "are"
            yield f"{data.training.leaked:,} of {data.n:,} rows {are} also in the training data."
        near = data.training.near
        if near is not None and near.rows:
            are = "is" if near.rows == 1 else "are"
            yield f"{near.rows:,} of {data.n:,} rows {are} nearly equal to a row of the training data."
    if data.conflicting:
        repeat = "repeats" if data.conflicting == 1 else "repeat"
        yield f"{data.conflicting:,} of {data.n:,} rows {repeat} the inputs of another row with a different label."
    elif data.duplicates:
        repeat = "repeats" if data.duplicates == 1 else "repeat"
        yield f"{data.duplicates:,} of {data.n:,} rows {repeat} the inputs of another row."
    for one in data.balance:
        if uneven(one.counts):
            most, least = max(one.counts), min(one.counts)
            rare, common = one.classes[one.counts.index(least)], one.classes[one.counts.index(most)]
            of = "" if one.head is None else f" of {one.head}"
            yield f"Uneven classes{of}: {most:,} rows of {naming.text(common)}, {least:,} of {naming.text(rare)}."
