"""The errors of multilabel heads: how many labels are wrong, and which rows the gallery shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import errors
from reportgen.metrics.spans import largest, total
from reportgen.sections.errors import schema
from reportgen.sections.errors.content import content
from reportgen.sections.errors.schema import LabelsAnswer, LabelsErrors, LabelsRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.heads import MultilabelHead
    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.examples import Example


def measured(one: MultilabelHead) -> Iterator[Measurement]:
    """Yield the numbers of wrong rows and of wrong labels of a head."""
    counts = one.counts
    yield one.measure(schema.WRONG_ROWS, one.n_wrong)
    yield one.measure(schema.MISSED_LABELS, int(total(counts.misses)))
    yield one.measure(schema.ADDED_LABELS, int(total(counts.false_alarms)))
    yield one.measure(schema.MOST_WRONG, int(largest(counts.wrong.numerators)))


def shown(heads: Sequence[MultilabelHead], each: int, content_of: Mapping[int, Example]) -> tuple[LabelsErrors, ...]:
    """Return the rows with the most wrong labels of each model in turn, head by head."""
    groups: dict[tuple[str | None, tuple[str, ...]], list[MultilabelHead]] = {}
    for one in heads:
        groups.setdefault((one.subject(), one.head.class_names), []).append(one)
    return tuple(_shown(group, each, content_of) for group in groups.values())


def _shown(group: Sequence[MultilabelHead], each: int, content_of: Mapping[int, Example]) -> LabelsErrors:
    ranked = [errors.most_wrong(one.counts.wrong.numerators, one.outputs.nll, each) for one in group]
    return LabelsErrors(
        subject=group[0].subject(),
        models=tuple(one.model.name for one in group),
        n_classes=group[0].outputs.n_classes,
        each=each,
        rows=tuple(
            _row(group, place, content_of.get(place)) for place in errors.in_turn(ranked, errors.IN_ALL * each).tolist()
        ),
    )


def _row(group: Sequence[MultilabelHead], place: int, example: Example | None) -> LabelsRow:
    first = group[0]
    answers = tuple(
        LabelsAnswer(
            model=one.model.name,
            missed=_named(one, one.outputs.wrong[place] & one.outputs.labels[place]),
            added=_named(one, one.outputs.wrong[place] & ~one.outputs.labels[place]),
        )
        for one in group
    )
    labels = _named(first, first.outputs.labels[place])
    return LabelsRow(row=int(first.data.rows[place]), labels=labels, answers=answers).model_copy(
        update=content(example)
    )


def _named(one: MultilabelHead, classes: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(one.head.class_names[index] for index in np.flatnonzero(classes))
