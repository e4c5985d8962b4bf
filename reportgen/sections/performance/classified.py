"""A classification head in the performance section, and what is measured of each of its classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.constants import OfClasses
from reportgen.contract.heads import ClassifiedHead
from reportgen.contract.subjects import Subject
from reportgen.metrics import classification, intervals
from reportgen.metrics.mapped import distinct, filled
from reportgen.metrics.spans import counts, each, number
from reportgen.sections.performance import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.heads import MeasuredHead
    from reportgen.contract.numbers import Measurement
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.spans import Derived

    Flags = NDArray[np.bool_] | Derived


@dataclass(frozen=True)
class Classified(ClassifiedHead):
    """A head, and the constants that it is compared with."""

    @cached_property
    def constants(self) -> OfClasses:
        """The constants that it is compared with."""
        return OfClasses(self)


def per_class(subject: Classified) -> Iterator[Measurement]:
    """Yield precision, recall, F1 and support of every class."""
    for index, name in enumerate(subject.head.class_names):
        yield from of_class(subject, index, name)


def of_class(subject: Classified, index: int, name: str) -> Iterator[Measurement]:
    """Yield precision, recall, F1 and support of a class, under a name."""
    confusion, outputs = subject.weighted, subject.outputs
    own, called = (each(partial(np.equal, index), one) for one in (outputs.labels, outputs.predictions))
    sums = confusion[index, index], confusion[index].sum(), confusion[:, index].sum()
    yield from of_rows(subject, Subject.of("class", name), (own, called), sums)


def of_rows(
    subject: MeasuredHead[Any], part: Subject, rows: tuple[Flags, Flags], sums: tuple[float, float, float]
) -> Iterator[Measurement]:
    """Yield precision, recall, F1 and support of a class.

    Parameters
    ----------
    subject, part
        The head and its class.
    rows
        (N,) bool each, those that have the class, and those that are predicted as it.
    sums
        The weights of the rows that are both, and of either.
    """
    (own, called), (hits, support, predicted) = rows, sums
    precision = _share(subject, own, called, (hits, predicted))
    recall = _share(subject, called, own, (hits, support))
    if precision is None:
        yield subject.insufficient(schema.PRECISION, "the class was never predicted", part)
    else:
        yield subject.estimated(schema.PRECISION, precision, part)
    if recall is None:
        yield subject.insufficient(schema.RECALL, "the class has no examples", part)
    else:
        yield subject.estimated(schema.RECALL, recall, part)
    f1 = _f1(subject, own, called, classification.f1_estimate(hits, support - hits, predicted - hits))
    if f1 is None:
        yield subject.insufficient(schema.F1, "the class has no examples and was never predicted", part)
    else:
        yield subject.estimated(schema.F1, f1, part)
    examples = number(own)
    yield subject.measure(schema.SUPPORT, examples, part, n=examples)


def _share(subject: MeasuredHead[Any], hits: Flags, among: Flags, counts: tuple[float, float]) -> Estimate | None:
    """Return the share of hits among some rows, from their weighted counts; the masks (N,) are for its interval."""
    found = intervals.wilson(*counts)
    if found is None:
        return None
    found = found.of_rows(lambda: intervals.of_share(hits, each(np.multiply, among, subject.design.weight)))
    return found if subject.design.weights is None else replace(found, n=number(among))


def _f1(subject: MeasuredHead[Any], own: Flags, called: Flags, found: Estimate | None) -> Estimate | None:
    """Return the F1 of a class with the rows that it rests on: those that have the class or are predicted as it."""
    if found is None:
        return None
    among = each(lambda one, other, weight: (one | other) * weight, own, called, subject.design.weight)
    found = found.of_rows(lambda: intervals.of_share(each(np.logical_and, own, called), among))
    return found if subject.design.weights is None else replace(found, n=number(own))


def class_groups(subject: ClassifiedHead) -> tuple[int, ...] | None:
    """Return how many groups have examples of each class; None without groups."""
    groups = subject.design.groups
    if groups is None:
        return None
    labels, size = subject.outputs.labels, subject.outputs.n_classes
    pairs = distinct(filled(len(labels), np.int64, lambda span: groups[span] * size + labels[span]))
    return tuple(counts(each(lambda pair: pair % size, pairs), size).astype(np.int64).tolist())
