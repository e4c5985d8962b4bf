"""Footnotes of tables: one for each reason, however many cells have it."""

from __future__ import annotations

import pytest

from reportgen.contract.numbers import Metric
from reportgen.contract.tables import Column, Table
from reportgen.render import tables


def footnotes(*reasons: str) -> tuple[list[str], list[str]]:
    """Return the letters of cells with these reasons, and the notes below their table."""
    cells = [Metric(value=None, unit="", status="insufficient_data", reason=reason) for reason in reasons]
    shown = tables.show(Table("t", "T", (Column("x"),), tuple((cell,) for cell in cells)))
    return [cell.footnote for (cell,) in shown.rows], [text for _, text in shown.footnotes]


def test_reasons_that_differ_in_the_numbers_of_a_case_are_one() -> None:
    """With the range of each number, by size and not by the alphabet."""
    letters, notes = footnotes("it is too long (9 of 1,200 rows)", "other", "it is too long (12 of 300 rows)")
    assert letters == ["a", "b", "a"]
    assert notes == ["it is too long (9 to 12 of 300 to 1,200 rows)", "other"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("level 1 is missing", "level 2 is missing"),
        ("too few (3 rows)", "too few (3 groups)"),
        ("too few (model2)", "too few (model3)"),
        ("class 1 has none (3 rows)", "class 2 has none (3 rows)"),
    ],
)
def test_reasons_that_differ_otherwise_stay_apart(first: str, second: str) -> None:
    """A number outside of the parentheses, a word or a name can say what it is about."""
    assert footnotes(first, second) == (["a", "b"], [first, second])


def test_negative_numbers_are_ordered() -> None:
    """By their value."""
    assert footnotes("it is low (−3.5 points)", "it is low (−12 points)", "it is low (2 points)")[1] == [
        "it is low (−12 to 2 points)"
    ]
