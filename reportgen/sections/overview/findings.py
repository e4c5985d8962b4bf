"""Rules of the overview section: what about models and data a reviewer should know before the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.subjects import Subject
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.overview.schema import OverviewResult

DATA = "data"
"""In place of a model's name, where a finding is about the data."""
MANY_DUPLICATES = 0.01
"""Share of repeated rows worth a warning. Convention; no literature value."""
IMBALANCE = 10
"""Ratio of the most to the least frequent class worth a note. Convention; no literature value."""


def conflicting_labels(result: OverviewResult) -> Iterator[Hit]:
    """Yield data with equal inputs under different labels."""
    data = result.data
    if data is not None and data.conflicting:
        yield Hit(
            DATA,
            f"{data.conflicting:,} of {data.n:,} rows have the inputs of an earlier row but another label: no model can be "
            "right on both, and at least one of the labels is wrong or the inputs do not tell the classes apart.",
        )


def repeated_rows(result: OverviewResult) -> Iterator[Hit]:
    """Yield data in which many rows stand twice."""
    data = result.data
    if data is not None and data.duplicates > MANY_DUPLICATES * data.n:
        share = formatting.number(data.duplicates / data.n, "fraction")
        yield Hit(
            DATA,
            f"{data.duplicates:,} of {data.n:,} rows ({share}) repeat the inputs of an earlier row: the intervals of this "
            "report take all rows for independent and are narrower than they should be.",
        )


def few_repeated_rows(result: OverviewResult) -> Iterator[Hit]:
    """Yield data in which some rows stand twice."""
    data = result.data
    if data is not None and 0 < data.duplicates <= MANY_DUPLICATES * data.n:
        yield Hit(DATA, f"{data.duplicates:,} of {data.n:,} rows repeat the inputs of an earlier row.")


def imbalance(result: OverviewResult) -> Iterator[Hit]:
    """Yield labels whose classes differ much in frequency."""
    for one in result.data.balance if result.data is not None else ():
        most, least = max(one.counts), min(one.counts)
        if most >= IMBALANCE * least:
            rare, common = one.classes[one.counts.index(least)], one.classes[one.counts.index(most)]
            yield Hit(
                DATA,
                f"Class {common} has {most:,} rows and class {rare} {least:,}: accuracy is ruled by the frequent classes; "
                "balanced accuracy and macro F1 are not.",
                None if one.head is None else Subject.of("head", one.head),
            )


def not_compiled(result: OverviewResult) -> Iterator[Hit]:
    """Yield models whose file says nothing of how they were trained."""
    for model in result.models:
        if model.loss is None:
            yield Hit(
                model.model,
                "Its file holds no compiled loss: what it puts out was read from its last activation and the labels, "
                "unless the spec declares it.",
            )


CONVENTION = "convention"

RULES: tuple[Rule[OverviewResult], ...] = (
    Rule("OVW101", "warning", "Equal inputs under different labels", "definition", conflicting_labels),
    Rule("OVW102", "warning", "Many rows stand twice", CONVENTION, repeated_rows),
    Rule("OVW103", "note", "Some rows stand twice", "definition", few_repeated_rows),
    Rule("OVW201", "note", "Classes of very different size", CONVENTION, imbalance),
    Rule("OVW301", "note", "Not compiled", "definition", not_compiled),
)
