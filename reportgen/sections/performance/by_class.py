"""The classes of a head: their numbers in order, and their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reportgen.contract.heads import OfHead
from reportgen.contract.numbers import required
from reportgen.contract.subjects import Subject, about
from reportgen.contract.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.contract.numbers import Metric, MetricSpec
    from reportgen.contract.result import SectionResult
    from reportgen.contract.tables import Cell


class Scored(OfHead, Protocol):
    """A head that was measured."""

    @property
    def n(self) -> int:
        """Number of rows."""


class WithClasses(Scored, Protocol):
    """A head that has classes."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the outputs."""


def of_class(one: WithClasses, name: str) -> Subject:
    """Return the subject of a class."""
    return Subject.of("class", name, within=one.subject)


def ranked(result: SectionResult, one: WithClasses, spec: MetricSpec) -> dict[str, Metric]:
    """Return a metric of every class that has examples and a value, the lowest first.

    The score of a class without examples only says whether it was predicted.
    """
    with_examples = [name for name, count in support(result, one).items() if count]
    found = {name: result.find_or_none(spec.name, one.model, of_class(one, name)) for name in with_examples}
    known = {name: metric for name, metric in found.items() if metric is not None and metric.value is not None}
    return dict(sorted(known.items(), key=lambda item: required(item[1].value)))


def support(result: SectionResult, one: WithClasses) -> dict[str, int | None]:
    """Return the number of examples of every class; None where no label of it is known."""
    found = {name: result.find("support", one.model, of_class(one, name)).value for name in one.class_names}
    return {name: None if value is None else int(value) for name, value in found.items()}


def per_class(
    result: SectionResult,
    one: WithClasses,
    columns: Mapping[str, MetricSpec],
    slug: str,
    note: str = "",
    counts: tuple[str, Sequence[int]] | None = None,
) -> Table:
    """Return the metrics of every class of a head, by the titles of their columns; ``counts`` is a column before them, one for each class."""
    rows: list[tuple[Cell, ...]] = []
    for place, name in enumerate(one.class_names):
        count = () if counts is None else (counts[1][place],)
        rows.append(
            (name, *count, *(result.find(spec.name, one.model, of_class(one, name)) for spec in columns.values()))
        )
    first = () if counts is None else (Column(counts[0], unit="count"),)
    return Table(
        "-".join(part for part in (slug, one.model, one.subject) if part),
        f"Metrics by class: {about(one.model, one.subject)}",
        (Column("Class", numeric=False), *first, *map(Column, columns)),
        tuple(rows),
        note,
        place="full",
    )
