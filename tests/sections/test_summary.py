"""The summary section: stars only where a difference was tested, ties of all pairs together, the note."""

from __future__ import annotations

from itertools import permutations

import pytest

from reportgen.contract.focus import View
from reportgen.contract.metric_table import Headline, MetricTable, TableRow
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.subjects import Subject
from reportgen.sections.summary import SECTION
from reportgen.sections.summary.analyzer import SummaryAnalyzer
from reportgen.sections.summary.schema import SummaryOptions, SummaryResult

GOOD = MetricSpec("good", "Good", "fraction", True, "More.", "test", difference="apart")
APART = MetricSpec("apart", "Difference", "fraction", True, "Apart.", "test", "pair")
BAD = MetricSpec("bad", "Bad", "", False, "Less.", "test")
SIZE = MetricSpec("size", "Size", "count", None, "How large.", "test")


def compare(
    values: dict[str, float], half: float, *, untested: str = "", heads: tuple[str | None, ...] = (None,)
) -> SummaryResult:
    """Compare models by a tested and two untested metrics; the difference of each pair has an interval of a half width."""
    rows = []
    for head in heads:
        subject = None if head is None else Subject.of("head", head)
        for place, (model, value) in enumerate(values.items()):
            rows.append(GOOD.measure(model, value, subject=subject))
            rows.append(BAD.measure(model, value, subject=subject))
            rows.append(SIZE.measure(model, place, subject=subject))
        for one, other in permutations(values, 2):
            if untested not in {one, other}:
                gap = values[one] - values[other]
                ends = {"ci_low": gap - half, "ci_high": gap + half, "ci_method": "made"}
                rows.append(APART.measure(one, gap, subject=Subject.of("vs", other, within=subject), **ends))
    table = MetricTable(
        tuple(values),
        tuple(TableRow(section="s", measurement=one) for one in rows),
        tuple(Headline("s", spec) for spec in (SIZE, BAD, GOOD)),
        {},
    )
    return SummaryAnalyzer(SummaryOptions(max_models=4)).compare(table)


def marks(result: SummaryResult, column: int = 2) -> str:
    """Return the marks of a column, a letter for each row."""
    return "".join("b" if row.cells[column].best else "t" if row.cells[column].tied else "-" for row in result.rows)


def test_what_was_not_tested_has_no_star() -> None:
    """Neither the metric without a test nor the one without a direction; the note names the first."""
    result = compare({"a": 0.9, "b": 0.5}, 0.1)
    assert [marks(result, column) for column in range(3)] == ["--", "--", "b-"]
    assert [one.compared for one in result.columns] == [False, False, True]
    (table,) = SECTION.tables(result, View())
    assert table.note == "★ best value. Not ranked, because differences were not tested: Bad."


def test_one_pair_that_was_not_tested_costs_the_star() -> None:
    """The best of three is not known if one was not compared with it."""
    result = compare({"a": 0.9, "b": 0.5, "c": 0.4}, 0.1, untested="c")
    assert marks(result) == "---"
    assert not result.columns[2].compared


@pytest.mark.parametrize(("count", "expected"), [(2, "b-"), (6, "bttttt")])
def test_ties_are_corrected_for_the_number_of_models(count: int, expected: str) -> None:
    """A difference that one test shows at 5 % is no difference among fifteen."""
    values = {"a": 0.9} | dict.fromkeys("bcdef"[: count - 1], 0.8)
    result = compare(values, 0.095)
    assert marks(result) == expected
    note = SECTION.tables(result, View())[0].note
    assert ("corrected for all pairs of models: Holm, 5 %" in note) == (count == 6)


def test_equal_values_are_all_the_best() -> None:
    """Each has the star; another model is behind if it is told from one of them."""
    assert marks(compare({"a": 0.9, "b": 0.9, "c": 0.85, "d": 0.5}, 0.1)) == "bbt-"


def test_every_head_has_its_own_best() -> None:
    """Heads are not compared with each other."""
    assert marks(compare({"a": 0.9, "b": 0.5}, 0.1, heads=("x", "y"))) == "bb--"


def test_many_models_are_ranked_by_a_tested_metric() -> None:
    """Not by the first one with a direction, which was not tested."""
    result = compare({"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}, 0.01)
    assert (result.ranked_by, [row.model for row in result.rows]) == ("Good", list("edcba"))
