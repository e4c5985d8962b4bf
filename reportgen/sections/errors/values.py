"""The largest errors of predicted values: how large, how many rows make most of them, and which rows the gallery shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.metrics import errors, regression
from reportgen.metrics.spans import largest
from reportgen.sections.errors import schema
from reportgen.sections.errors.content import content
from reportgen.sections.errors.schema import ValueAnswer, ValueErrors, ValueRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.contract.heads import MeasuredHead
    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.examples import Example
    from reportgen.contract.records.regression import RegressionOutputs

    Value = MeasuredHead[RegressionOutputs]


def measured(one: Value) -> Iterator[Measurement]:
    """Yield the largest error of a value, and the share of the rows that makes half of its squared error."""
    found = one.outputs.errors
    yield one.measure(schema.LARGEST_ERROR, largest(found))
    rows = regression.rows_for_half(found)
    if rows:
        yield one.measure(schema.HALF_ERROR_ROWS, rows / one.n)
    else:
        yield one.insufficient(schema.HALF_ERROR_ROWS, "no row has an error")


def shown(heads: Sequence[Value], each: int, content_of: Mapping[int, Example]) -> tuple[ValueErrors, ...]:
    """Return the rows with the largest errors of each model in turn, value by value."""
    groups: dict[str | None, list[Value]] = {}
    for one in heads:
        groups.setdefault(one.subject(), []).append(one)
    return tuple(_shown(group, each, content_of) for group in groups.values())


def _shown(group: Sequence[Value], each: int, content_of: Mapping[int, Example]) -> ValueErrors:
    places = errors.in_turn([errors.largest(one.outputs.errors, each) for one in group], errors.IN_ALL * each)
    return ValueErrors(
        subject=group[0].subject(),
        models=tuple(one.model.name for one in group),
        each=each,
        rows=tuple(_row(group, place, content_of.get(place)) for place in places.tolist()),
    )


def _row(group: Sequence[Value], place: int, example: Example | None) -> ValueRow:
    answers = tuple(
        ValueAnswer(
            model=one.model.name,
            predicted=float(one.outputs.predictions[place]),
            error=float(one.outputs.errors[place]),
        )
        for one in group
    )
    first = group[0]
    row = ValueRow(row=int(first.data.rows[place]), label=float(first.outputs.labels[place]), answers=answers)
    return row.model_copy(update=content(example))
