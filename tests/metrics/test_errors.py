"""Which errors are shown: by trying all rows; and how far values lie out, against scipy."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import median_abs_deviation

from reportgen.metrics import errors, outlying, spans
from reportgen.metrics.errors import Wrong

LIMIT = 0.99
ANSWERS = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.4, 0.7, 0.95, 0.99, 1.0])), min_size=3, max_size=3),
    min_size=1,
    max_size=40,
)


def models(rows: list[list[tuple[int, float]]]) -> list[Wrong]:
    """Make the errors of three models on rows of class 0."""
    labels = np.zeros(len(rows), np.int32)
    by_model = list(zip(*rows, strict=True))
    return [
        Wrong.of(np.array([c for c, _ in one], np.int32), labels, np.array([p for _, p in one])) for one in by_model
    ]


@given(ANSWERS)
def test_suspects_are_those_of_the_definition(rows: list[list[tuple[int, float]]]) -> None:
    """All models agree on another class, or one is sure of another class; the former come first."""
    found = errors.suspects(models(rows), LIMIT).tolist()
    agreed = {place for place, row in enumerate(rows) if len({c for c, _ in row}) == 1 and row[0][0]}
    sure = {place for place, row in enumerate(rows) if any(c and p >= LIMIT for c, p in row)}
    assert set(errors.agreed(models(rows)).tolist()) == agreed
    assert sorted(found) == sorted(agreed | sure)
    assert set(found[: len(agreed)]) == agreed


@given(ANSWERS)
def test_rows_of_one_model_are_counted_by_the_definition(rows: list[list[tuple[int, float]]]) -> None:
    """Its suspects are those that all models agree on and those of which it is sure; what it fixes are errors of another that it does not make."""
    every = models(rows)
    agreed = {place for place, row in enumerate(rows) if len({c for c, _ in row}) == 1 and row[0][0]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "AT_ONCE", 7)
        for index in range(3):
            sure = {place for place, row in enumerate(rows) if row[index][0] and row[index][1] >= LIMIT}
            assert errors.n_suspects_of(every, index, LIMIT) == len(agreed | sure)
        fixed = sum(not row[0][0] and bool(row[1][0]) for row in rows)
        assert errors.n_fixed(every[0], every[1]) == fixed


@given(ANSWERS, st.integers(1, 4))
def test_every_model_has_its_most_confident_errors(rows: list[list[tuple[int, float]]], each: int) -> None:
    """At most four times ``each``, none twice, only errors, ordered by confidence; the first of every model among them."""
    every = models(rows)
    chosen = errors.choose(every, each, LIMIT)
    shown = [*chosen.suspects.tolist(), *chosen.others.tolist()]
    assert len(shown) <= errors.IN_ALL * each
    assert max(Counter(shown).values(), default=1) == 1
    assert len(chosen.suspects) <= each
    highest = [max((p for c, p in rows[place] if c), default=None) for place in chosen.others]
    assert None not in highest
    assert highest == sorted(highest, reverse=True)
    for one in every:
        if len(one.places):
            best = one.confidence.max()
            assert any(one.confidence_at(np.array(shown)) == best)


@given(ANSWERS, st.integers(1, 4))
def test_parts_of_the_rows_do_not_matter(rows: list[list[tuple[int, float]]], most: int) -> None:
    """Numbers and first suspects of all rows, found in those of seven rows at a time."""
    every = models(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "AT_ONCE", 7)
        counts, first = errors.counts(every, LIMIT), errors.first_suspects(every, LIMIT, most)
    suspects, once = errors.suspects(every, LIMIT), errors.once(every)
    assert first.tolist() == suspects[:most].tolist()
    assert counts.suspects == len(suspects)
    assert (counts.shared, counts.agreed) == (len(errors.shared(every)), len(errors.agreed(every)))
    assert counts.wrong == len(errors.any_of(every))
    assert counts.alone == tuple(len(set(one.places) & set(once)) for one in every)


def test_a_single_model_agrees_with_nobody() -> None:
    """Its errors are suspects only where it is sure."""
    one = Wrong.of(np.array([1, 1]), np.array([0, 0]), np.array([0.6, 0.995]))
    assert errors.agreed([one]).tolist() == []
    assert errors.suspects([one], LIMIT).tolist() == [1]


def test_no_errors_at_all() -> None:
    """Nothing to show."""
    perfect = Wrong.of(np.zeros(5, np.int32), np.zeros(5, np.int32), np.ones(5))
    chosen = errors.choose([perfect, perfect], 3, LIMIT)
    assert (len(chosen.suspects), len(chosen.others)) == (0, 0)


def test_the_spread_is_that_of_scipy() -> None:
    """The median absolute deviation of a normal column is its standard deviation."""
    values = np.random.default_rng(0).normal(5, 3, size=(2000, 2))
    median, spread = outlying.centers(values)
    assert spread == pytest.approx(median_abs_deviation(values, scale="normal"))
    assert (median, spread) == (pytest.approx([5, 5], abs=0.2), pytest.approx([3, 3], abs=0.2))


def test_a_column_of_mostly_one_value_has_a_spread_too() -> None:
    """The mean absolute deviation where the median one is 0; a constant column has none, and what differs from it is farthest."""
    values = np.array([[0.0, 1.0, 7.0]] * 9 + [[10.0, 3.0, 7.0]])
    median, spread = outlying.centers(values)
    assert spread == pytest.approx([np.sqrt(np.pi / 2), 0.2 * np.sqrt(np.pi / 2), 0])
    assert outlying.farthest(np.array([0.0, 1.0, 7.0]), median, spread, 5).tolist() == []
    assert outlying.farthest(np.array([5.0, 1.0, 8.0]), median, spread, 5).tolist() == [2, 0]
    assert outlying.farthest(np.array([5.0, 1.0, 8.0]), median, spread, 1).tolist() == [2]


@given(st.floats(0.001, 1000), st.floats(-100, 100))
def test_units_do_not_matter(factor: float, shift: float) -> None:
    """A column in other units lies as far out."""
    values = np.random.default_rng(1).normal(size=(50, 4))
    row = np.array([3.0, -1.0, 0.5, 5.0])
    plain = outlying.farthest(row, *outlying.centers(values), 4)
    changed = outlying.farthest(row * factor + shift, *outlying.centers(values * factor + shift), 4)
    assert plain.tolist() == changed.tolist() == [3, 0, 1, 2]
