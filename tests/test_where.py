"""The language of ``where``: what it means, and one sentence for everything else."""

from __future__ import annotations

import contextlib
import string

import numpy as np
import pytest
from hypothesis import given, strategies as st

from reportgen.evaluation.slices import slicings
from reportgen.spec.tables.sections import SliceSpec
from reportgen.spec.where import DEEPEST, Comparison, Joined, Member, Not, WhereError, columns, parse

N = 40
PLACES = np.arange(N)
COLUMNS = {
    "age": (PLACES * 7 % 30).astype(np.float64),
    "count": PLACES % 5,
    "region": np.array(["north", "south", "it's"])[PLACES % 3],
    "new one": PLACES % 2 == 0,
}


def rows(text: str) -> list[int]:
    """Return the rows of a condition."""
    (found,) = slicings([SliceSpec(where=text)], COLUMNS, PLACES)
    return np.flatnonzero(found.codes == 0).tolist()


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ('region == "north"', "region == 'north'"),
        ('region != "north" and age >= 10', "region != 'north' and age >= 10"),
        ("10 <= age < 20", "10 <= age < 20"),
        ("20 > age", "20 > age"),
        ("10 < age", "10 < age"),
        ("not (age < 10 or count == 1) and count < 4", "not (age < 10 or count == 1) and count < 4"),
        ("age < 5 or age > 20 and count in [1, 2]", "age < 5 or age > 20 and count in [1, 2]"),
        ("region not in ['north', \"it's\"]", "region not in ['north', \"it's\"]"),
        ("`new one` == true", "new == True"),
        ("`new one` != true and age >= 1e1", "new != True and age >= 10"),
        ("age > -.5", "age > -.5"),
        ('region < "o"', "region < 'o'"),
    ],
)
def test_it_means_what_python_means(text: str, python: str) -> None:
    """Row by row, with the precedence of Python."""
    table = [{name.split()[0]: array[place] for name, array in COLUMNS.items()} for place in PLACES]
    assert rows(text) == [place for place in PLACES if eval(python, {}, table[place])]  # noqa: S307 the oracle


COMPARISONS = st.one_of(
    st.builds(
        lambda name, sign, value: (f"{name} {sign} {value}", f"{name} {sign} {value}"),
        st.sampled_from(["age", "count"]),
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
        st.integers(-3, 33),
    ),
    st.builds(
        lambda text, no: (f"region {no}in ['{text}']",) * 2,
        st.sampled_from(["north", "south", "west"]),
        st.sampled_from(["", "not "]),
    ),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda parts: st.one_of(
        st.builds(lambda a, how, b: (f"({a[0]} {how} {b[0]})",) * 2, parts, st.sampled_from(["and", "or"]), parts),
        st.builds(lambda a: (f"not {a[0]}",) * 2, parts),
    ),
    max_leaves=6,
)


@given(CONDITIONS)
def test_any_condition_means_what_python_means(condition: tuple[str, str]) -> None:
    """However it is nested."""
    text, python = condition
    table = [{name.split()[0]: array[place] for name, array in COLUMNS.items()} for place in PLACES]
    assert rows(text) == [place for place in PLACES if eval(python, {}, table[place])]  # noqa: S307 the oracle


@given(st.text(alphabet=string.printable + "äé≤`", max_size=60))
def test_any_text_is_a_condition_or_one_sentence(text: str) -> None:
    """Never another exception."""
    found = None
    with contextlib.suppress(WhereError):
        found = parse(text)
    assert found is None or columns(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age = 1", "'=' at character 5 is not part of a condition: equal is written =="),
        (
            "region == north",
            "the comparison at character 8 is of two columns, region and north: text must be in quotes",
        ),
        ('"age" == 1', "the comparison at character 7 has no column: names of columns are not in quotes"),
        ("age ==", "expected a column or a value, found the end"),
        ("age in north", 'expected "[", found north at character 8'),
        ("region in [north]", "a list contains numbers, text in quotes, true and false, found the name north"),
        ("(age == 1", 'expected "and", "or" or ")", found the end'),
        ("age == 1 count == 2", 'expected "and", "or" or the end, found count at character 10'),
        ("1 < 2 < age", 'the comparison at character 3 is of too many values: join comparisons with "and"'),
        ('region == "north', 'the " at character 11 is not closed'),
        ('__import__("os")', "expected ==, !=, <, <=, >, >= or in, found ( at character 11"),
        ("age.real == 1", "'.' at character 4 is not part of a condition"),
        ("age", "expected ==, !=, <, <=, >, >= or in, found the end"),
        ("(" * 21 + "age == 1" + ")" * 21, f"more than {DEEPEST} parentheses or negations are nested"),
        ("not " * 21 + "age == 1", f"more than {DEEPEST} parentheses or negations are nested"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    """Each is one clause that says where."""
    with pytest.raises(WhereError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_the_tree() -> None:
    """A column on the right is turned to the left; names with other characters stand in backticks."""
    assert parse("18 <= age") == Comparison("age", ">=", 18.0)
    assert parse("not `a b` in ['x'] or c == false") == Joined(
        "or", (Not(Member("a b", ("x",))), Comparison("c", "==", 0.0))
    )
