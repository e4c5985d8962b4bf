"""The errors of segmentation and sequence labeling heads: images and sequences with the lowest scores, never single pixels or tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import errors, regression
from reportgen.sections.errors import schema
from reportgen.sections.errors.content import content
from reportgen.sections.errors.schema import UnitAnswer, UnitErrors, UnitRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.positions import DenseHead
    from reportgen.contract.records.examples import Example


def measured(one: DenseHead) -> Iterator[Measurement]:
    """Yield how many units have an error, the lowest score of one, and the share of them that makes half of the errors."""
    yield one.measure(schema.WRONG_UNITS, one.n_wrong)
    yield one.measure(schema.LOWEST_SCORE, float(one.by_unit.min()), estimator=one.unit_score)
    rows = regression.rows_for_half(np.sqrt(one.outputs.counted - one.outputs.right))
    if rows:
        yield one.measure(schema.HALF_WRONG_UNITS, rows / one.n)
    else:
        yield one.insufficient(schema.HALF_WRONG_UNITS, f"no {one.position} is wrong")


def shown(heads: Sequence[DenseHead], each: int, content_of: Mapping[int, Example]) -> tuple[UnitErrors, ...]:
    """Return the units with the lowest scores of each model in turn, head by head."""
    groups: dict[tuple[str | None, str, tuple[str, ...]], list[DenseHead]] = {}
    for one in heads:
        groups.setdefault((one.subject(), one.head.task.value, one.head.class_names), []).append(one)
    return tuple(_shown(group, each, content_of) for group in groups.values())


def _shown(group: Sequence[DenseHead], each: int, content_of: Mapping[int, Example]) -> UnitErrors:
    first = group[0]
    places = errors.in_turn([one.lowest(each) for one in group], errors.IN_ALL * each)
    return UnitErrors(
        subject=first.subject(),
        models=tuple(one.model.name for one in group),
        task=first.head.task.value,
        each=each,
        rows=tuple(_row(group, place, content_of.get(place)) for place in places.tolist()),
    )


def _row(group: Sequence[DenseHead], place: int, example: Example | None) -> UnitRow:
    found = [(one, one.at(place)) for one in group]
    first, at = next((one, index) for one, index in found if index is not None)
    row = UnitRow(
        row=int(first.data.rows[at]),
        labels=tuple(first.head.class_names[index] for index in np.flatnonzero(first.outputs.actual[at])),
        answers=tuple(
            UnitAnswer(
                model=one.model.name,
                score=float(one.by_unit[index]),
                right=int(one.outputs.right[index]),
                positions=int(one.outputs.counted[index]),
            )
            for one, index in found
            if index is not None
        ),
    )
    return row.model_copy(update=content(example))
