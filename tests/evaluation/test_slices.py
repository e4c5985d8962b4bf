"""The rows of slices: values, ranges, pairs, missing values, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reportgen.errors import InputError
from reportgen.evaluation.slices import searched, slicings
from reportgen.metrics import mapped, spans
from reportgen.spec.tables.sections import SliceSpec

COLUMNS = {
    "region": np.array(["north", "south", "", "north", "east", "south"]),
    "sex": np.array(["f", "m", "f", "m", "f", "f"]),
    "age": np.array([10.0, 18.0, 30.0, np.nan, 65.0, 64.5]),
    "grade": np.array([1, 2, 2, 3, 1, 1]),
    "new": np.array([True, False, True, True, False, False]),
    "id": np.arange(6) / 7,
    "word": np.array([f"w{place}" for place in range(6)]),
}
ALL = np.arange(6)


def members(rows: Any = ALL, **spec: Any) -> dict[str, list[int]]:
    """Return the rows of each slice of an entry, as positions among the evaluated ones."""
    (found,) = slicings([SliceSpec(**spec)], COLUMNS, rows)
    assert found.codes.dtype == np.int16
    return {name: np.flatnonzero(found.codes == place).tolist() for place, name in enumerate(found.names)}


def test_values() -> None:
    """A slice for each value that occurs among the evaluated rows; a row without a value is in none."""
    assert members(by="region") == {"region = east": [4], "region = north": [0, 3], "region = south": [1, 5]}
    assert members(by="grade") == {"grade = 1": [0, 4, 5], "grade = 2": [1, 2], "grade = 3": [3]}
    assert members(by="new") == {"new = false": [1, 4, 5], "new = true": [0, 2, 3]}
    assert members(by="region", rows=np.array([5, 0])) == {"region = north": [1], "region = south": [0]}


def test_ranges() -> None:
    """A value on an edge belongs to the range above it; edges of whole numbers are written without a point."""
    found = members(by="age", edges=[18, 65])
    assert found == {"age < 18": [0], "18 <= age < 65": [1, 2, 5], "age >= 65": [4]}
    assert list(members(by="age", edges=[0.5, 20])) == ["0.5 <= age < 20", "age >= 20"]


def test_pairs() -> None:
    """Every pair that occurs."""
    assert members(by=["region", "sex"]) == {
        "region = east, sex = f": [4],
        "region = north, sex = f": [0],
        "region = north, sex = m": [3],
        "region = south, sex = f": [5],
        "region = south, sex = m": [1],
    }


def test_pairs_with_ranges() -> None:
    """Each column by its values or in its ranges; an entry may cut both."""
    assert members(by=["sex", "age"], edges={"age": [18, 65]}) == {
        "sex = f, age < 18": [0],
        "sex = f, 18 <= age < 65": [2, 5],
        "sex = f, age >= 65": [4],
        "sex = m, 18 <= age < 65": [1],
    }
    found = members(by=["age", "grade"], edges={"age": [18], "grade": [1.5]})
    assert found["age < 18, grade < 1.5"] == [0]
    assert members(by="age", edges={"age": [18, 65]}) == members(by="age", edges=[18, 65])


@pytest.mark.parametrize(
    "spec",
    [
        {"by": "region"},
        {"by": ["sex", "age"], "edges": {"age": [18, 65]}},
        {"by": ["region", "grade"]},
        {"by": "age", "edges": [18, 65]},
        {"where": "age >= 18 and not region == 'north' or grade in [1, 3]"},
    ],
)
def test_spans_of_the_rows_do_not_matter(spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows at a time, on the disk, are those of all at once."""
    expected = members(**spec)
    monkeypatch.setattr(spans, "AT_ONCE", 2)
    monkeypatch.setattr(mapped, "MAPPED", 1)
    assert members(**spec) == expected


def test_missing_values() -> None:
    """A row without a value in a column that a condition names is not in it, whatever the condition; they are counted."""
    assert members(where='region != "north"') == {'region != "north"': [1, 4, 5]}
    assert members(where="not age < 20", name="older") == {"older": [2, 4, 5]}
    (found,) = slicings([SliceSpec(where='age > 0 or region == "north"')], COLUMNS, ALL)
    assert (found.missing, np.flatnonzero(found.codes == 0).tolist()) == (2, [0, 1, 4, 5])


def test_no_row() -> None:
    """A condition that holds nowhere is a slice without rows; a column without a value has no slices."""
    assert members(where="age > 99") == {"age > 99": []}
    (found,) = slicings([SliceSpec(by="x")], {"x": np.full(3, np.nan)}, np.arange(3))
    assert (found.names, found.codes.tolist(), found.missing) == ((), [-1, -1, -1], 3)


def test_searched_columns() -> None:
    """Numbers as they are, texts as codes, missing values as NaN."""
    spec = SliceSpec(discover=True, columns=["region", "age", "new"])
    region, age, new = searched([spec], COLUMNS, np.array([0, 2, 4]))
    assert (region.texts, age.texts) == (("east", "north"), None)
    np.testing.assert_array_equal(region.values, [1, np.nan, 0])
    np.testing.assert_array_equal(age.values, [10, 30, 65])
    np.testing.assert_array_equal(new.values, [1, 1, 0])
    assert slicings([spec], COLUMNS, ALL) == ()


MANY = {"id": np.arange(51) / 7, "word": np.array([f"w{place}" for place in range(51)])}


@pytest.mark.parametrize(
    ("specs", "columns", "location", "message"),
    [
        ([{"where": "region == 1"}], COLUMNS, "where", "compares 'region', a column of text, with the number 1"),
        ([{"where": "age in ['a']"}], COLUMNS, "where", "compares 'age', a column of numbers, with the text 'a'"),
        ([{"by": "id"}], MANY, "by", "'id' has 51 different values; at most 50 have a slice each: cut it into ranges with edges"),
        ([{"by": "word"}], MANY, "by", "'word' has 51 different values; at most 50 have a slice each"),
        ([{"by": "region", "edges": [1]}], COLUMNS, "edges", "are for numbers, but 'region' is a column of text"),
        ([{"by": "sex"}, {"by": "sex"}], COLUMNS, None, "has slices that another entry has too: sex = f, sex = m"),
    ],
)  # fmt: skip
def test_what_is_refused(specs: list[Any], columns: Any, location: str | None, message: str) -> None:
    """In one sentence, at the key."""
    rows = np.arange(len(next(iter(columns.values()))))
    with pytest.raises(InputError) as caught:
        slicings([SliceSpec(**one) for one in specs], columns, rows)
    assert caught.value.message == message
    assert caught.value.location == ("slices", len(specs) - 1, *([location] if location else []))


def test_too_many_texts_to_search() -> None:
    """A tree could split them any way."""
    with pytest.raises(InputError) as caught:
        searched([SliceSpec(discover=True, columns=["word"])], MANY, np.arange(51))
    assert caught.value.message == "'word' has 51 different texts; at most 50 are searched"
    assert caught.value.location == ("slices", 0, "columns")
