"""Rules of the overview section: what a reviewer should know about models and data first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.forms import NOTES
from reportgen.contract.subjects import Subject
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.sections.overview.schema import OverviewResult

DATA = "data"
"""Takes the place of the model name in findings about the data."""
MANY_DUPLICATES = 0.01
"""Share of duplicate rows worth a warning. Convention; no literature value."""
IMBALANCE = 10
"""Ratio of the most to the least frequent class worth a note. Convention; no literature value."""
UNEVEN = 2
"""Ratio of the most to the least frequent class from which classes are called uneven, and drawn. Convention."""


def uneven(counts: Sequence[int]) -> bool:
    """Return whether the most frequent class has at least twice the rows of the least frequent one."""
    return max(counts, default=0) >= UNEVEN * min(counts, default=0) and len(counts) > 1


def conflicting_labels(result: OverviewResult) -> Iterator[Hit]:
    """Yield data with equal inputs but different labels; the effect is on the scale of duplicate rows."""
    data = result.data
    if data is not None and data.conflicting:
        yield Hit(
            DATA,
            f"{data.conflicting:,} of {data.n:,} rows have the same inputs as an earlier row but a different label: no model "
            "can get both right. Check these labels, and whether the inputs can separate the classes.",
            effect=data.conflicting / data.n / MANY_DUPLICATES,
            n=data.n,
        )


def repeated_rows(result: OverviewResult) -> Iterator[Hit]:
    """Yield data with many duplicate rows."""
    data = result.data
    if data is not None and data.duplicates > MANY_DUPLICATES * data.n:
        share = formatting.fraction(data.duplicates / data.n)
        assumed = "all intervals in this report assume independent rows and are too narrow"
        if data.group_sizes is not None:
            assumed = "copies in different groups make the intervals in this report too narrow"
        yield Hit(
            DATA,
            f"{data.duplicates:,} of {data.n:,} rows ({share}) have the same inputs as an earlier row: {assumed}. "
            "Remove the duplicates.",
            effect=data.duplicates / data.n / MANY_DUPLICATES,
            n=data.n,
        )


def few_repeated_rows(result: OverviewResult) -> Iterator[Hit]:
    """Yield data with a few duplicate rows; the effect is at most 1, that of many."""
    data = result.data
    if data is not None and 0 < data.duplicates <= MANY_DUPLICATES * data.n:
        yield Hit(
            DATA,
            f"{data.duplicates:,} of {data.n:,} rows have the same inputs as an earlier row. Remove them if they are not intended.",
            effect=data.duplicates / data.n / MANY_DUPLICATES,
            n=data.n,
        )


def leaked_rows(result: OverviewResult) -> Iterator[Hit]:
    """Yield data with rows that are also in the training data; the effect is on the scale of duplicate rows."""
    data = result.data
    if data is not None and data.training is not None and data.training.leaked:
        leaked = data.training.leaked
        have = "has" if leaked == 1 else "have"
        yield Hit(
            DATA,
            f"{leaked:,} of {data.n:,} rows ({formatting.fraction(leaked / data.n)}) {have} the same inputs as a row of the training "
            "data: a model can answer them from memory, so numbers that count them can be optimistic. Judge by the scores on unseen "
            "rows, and remove these rows from one of the two.",
            effect=leaked / data.n / MANY_DUPLICATES,
            n=data.n,
        )


def near_duplicates(result: OverviewResult) -> Iterator[Hit]:
    """Yield data with near duplicates in the training data; the effect is on the scale of duplicate rows."""
    data = result.data
    near = data.training.near if data is not None and data.training is not None else None
    if data is not None and near is not None and near.rows:
        are = "is" if near.rows == 1 else "are"
        own = ""
        if near.own and data.training is not None:
            expected = formatting.amount(near.own * data.training.n / data.n)
            rows = "evaluated row is" if near.own == 1 else "evaluated rows are"
            own = f" {near.own:,} {rows} as close to another evaluated row: about {expected} would be without any copy."
        yield Hit(
            DATA,
            f"{near.rows:,} of {data.n:,} rows ({formatting.fraction(near.rows / data.n)}) {are} nearly equal to a row of the training data, so a "
            f"model may answer them from memory.{own} Look at the pairs in the overview: if they are copies, judge by the deduplicated scores.",
            effect=near.rows / data.n / MANY_DUPLICATES,
            n=data.n,
        )


def imbalance(result: OverviewResult) -> Iterator[Hit]:
    """Yield labels with very unequal class frequencies; for the effect an absent class counts as one row."""
    for one in result.data.balance if result.data is not None else ():
        most, least = max(one.counts), min(one.counts)
        if most >= IMBALANCE * least:
            rare, common = one.classes[one.counts.index(least)], one.classes[one.counts.index(most)]
            yield Hit(
                DATA,
                f"Class {common} has {most:,} rows, class {rare} only {least:,}: accuracy is dominated by the frequent "
                "classes. Judge by balanced accuracy and macro F1.",
                None if one.head is None else Subject.of("head", one.head),
                effect=most / max(least, 1) / IMBALANCE,
                n=sum(one.counts),
            )


def not_compiled(result: OverviewResult) -> Iterator[Hit]:
    """Yield models whose file has no compiled loss: it has one or not, so no effect."""
    for model in result.models:
        if model.loss is None and model.form != "saved_model":
            yield Hit(
                model.model,
                "The model has no compiled loss, so its output type was inferred from the last activation and the labels unless "
                "the spec declares it. Set outputs in the spec to be sure.",
            )


def legacy_file(result: OverviewResult) -> Iterator[Hit]:
    """Yield models from legacy HDF5 files: a file is one or not, so no effect."""
    for model in result.models:
        if model.form == "hdf5":
            yield Hit(
                model.model,
                f"The model was {NOTES['hdf5']}, a form that Keras has replaced. Save it again as a .keras file before it is released.",
            )


def predictions_only(result: OverviewResult) -> Iterator[Hit]:
    """Yield SavedModels: nothing inside of them was measured; no effect."""
    for model in result.models:
        if model.form == "saved_model":
            yield Hit(
                model.model,
                f"The model was {NOTES['saved_model']}. Review the .keras file that it was exported from as well.",
            )


CONVENTION = "convention"

RULES: tuple[Rule[OverviewResult], ...] = (
    Rule("OVW101", "warning", "Equal inputs with different labels", "definition", conflicting_labels),
    Rule("OVW102", "warning", "Many duplicate rows", CONVENTION, repeated_rows),
    Rule("OVW103", "note", "Some duplicate rows", "definition", few_repeated_rows),
    Rule("OVW104", "problem", "Rows of the training data", "definition", leaked_rows),
    Rule("OVW105", "warning", "Near duplicates of training rows", CONVENTION, near_duplicates),
    Rule("OVW201", "note", "Imbalanced classes", CONVENTION, imbalance),
    Rule("OVW301", "note", "Not compiled", "definition", not_compiled),
    Rule("OVW302", "note", "Legacy HDF5 file", "definition", legacy_file),
    Rule("OVW303", "warning", "Predictions only", "definition", predictions_only),
)
