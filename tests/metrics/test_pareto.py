"""Dominance, ranks, hypervolume and knee against independent libraries and by their properties."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from reportgen.metrics import pareto
from tests.oracle import close, load, oracle

PARETO = load("pareto")
REFERENCES = {2: np.array([1.1, 1.1]), 3: np.array([1.1, 1.1, 1.1])}
POINTS = st.tuples(st.integers(0, 9), st.integers(1, 4)).flatmap(
    lambda shape: arrays.arrays(np.float64, shape, elements=st.integers(0, 5).map(float))
)
PLANE = st.integers(1, 9).flatmap(lambda n: arrays.arrays(np.float64, (n, 2), elements=st.integers(0, 5).map(float)))


def dominates(one: np.ndarray, other: np.ndarray) -> bool:
    """Say it in words."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and any(a < b for a, b in zip(one, other, strict=True))


def test_fronts_as_paretoset_finds_them() -> None:
    """Two and three objectives; equal points are kept."""
    assert np.flatnonzero(pareto.front(PARETO["P2"])).tolist() == oracle("pareto/P2_min_min_front_idx/paretoset")
    assert np.flatnonzero(pareto.front(PARETO["P3"])).tolist() == oracle("pareto/P3_front_idx/paretoset")


def test_ranks_as_pymoo_peels_them() -> None:
    """Counted from 1 here, from 0 there."""
    assert (pareto.ranks(PARETO["P2"]) - 1).tolist() == oracle("pareto/P2_ranks/pymoo")


@pytest.mark.parametrize("key", ["P2_hv_ref11/moocore", "P2_hv_ref11/pymoo", "P3_hv_ref11/moocore"])
def test_hypervolume_as_two_libraries_have_it(key: str) -> None:
    """The sweep and the slices."""
    values = PARETO[key[:2]]
    assert close(pareto.hypervolume(values, REFERENCES[values.shape[1]]), f"pareto/{key}")


def test_knee_as_kneed_finds_it() -> None:
    """On a convex falling curve."""
    place = pareto.knee(PARETO["knee"])
    assert place is not None
    assert close(PARETO["knee"][place, 0], "pareto/knee_x/kneed")


def test_where_there_is_no_knee() -> None:
    """Two different points, a straight front, one that bulges, one objective that does not vary."""
    for front in (
        [[0, 1], [1, 0], [1, 0]],
        [[0, 2], [1, 1], [2, 0]],
        [[0, 3], [2, 2], [3, 0]],
        [[0, 1], [1, 1], [2, 1]],
    ):
        assert pareto.knee(np.array(front, float)) is None


@given(POINTS)
def test_dominance_is_what_the_words_say(values: np.ndarray) -> None:
    """By brute force."""
    expected = [[dominates(one, other) for other in values] for one in values]
    assert pareto.dominance(values).tolist() == expected
    assert pareto.front(values).tolist() == [not any(column) for column in zip(*expected, strict=True)]


@given(POINTS)
def test_a_rank_follows_from_those_above(values: np.ndarray) -> None:
    """Every point is dominated by one of the rank before it, and by none of its own."""
    ranks, dominated = pareto.ranks(values), pareto.dominance(values)
    for place, rank in enumerate(ranks):
        by = set(ranks[dominated[:, place]].tolist())
        assert by == set() if rank == 1 else max(by) == rank - 1


@given(POINTS, st.integers(0, 2**32 - 1))
def test_what_is_proven_is_so_by_value_too(values: np.ndarray, seed: int) -> None:
    """Whatever was tested, a point of the front is never dominated; with every difference sure it is dominance by value."""
    better = np.stack([column[:, None] < column[None, :] for column in values.T])
    some = better & (np.random.default_rng(seed).random(better.shape) < 0.5)
    found = pareto.proven(values, some)
    assert not (found & ~pareto.dominance(values)).any()
    assert not (found & found.T).any()
    assert not found[:, pareto.front(values)].any()
    assert not pareto.proven(values, np.zeros_like(better)).any()
    assert np.array_equal(pareto.proven(values, better), pareto.dominance(values))


@given(POINTS, st.randoms(use_true_random=False))
def test_ranks_do_not_depend_on_the_order(values: np.ndarray, random: object) -> None:
    """Nor on a second copy of the points, nor on a monotone scale."""
    order = np.arange(len(values))
    random.shuffle(order)  # type: ignore[attr-defined]
    ranks = pareto.ranks(values)
    assert pareto.ranks(values[order]).tolist() == ranks[order].tolist()
    assert pareto.ranks(np.vstack((values, values))).tolist() == [*ranks, *ranks]
    assert pareto.ranks(np.exp(values) - 7).tolist() == ranks.tolist()


@given(POINTS)
def test_hypervolume_counts_the_cells(values: np.ndarray) -> None:
    """On a grid of whole numbers: the unit cells that a point dominates, up to a reference that some do not reach."""
    reference = np.full(values.shape[1], 4.0)
    cells = product(range(5), repeat=values.shape[1])
    inside = [c for c in cells if max(c) < 4 and any((point <= c).all() for point in values)]
    assert pareto.hypervolume(values, reference) == pytest.approx(len(inside))


@given(PLANE, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_knee_does_not_depend_on_the_scale(values: np.ndarray, factor: float, shift: float) -> None:
    """It is a point of the front, the same in other units."""
    front = values[pareto.front(values)]
    found, scaled = pareto.knee(front), pareto.knee(front * (factor, 1.0) + (shift, 0.0))
    assert (found is None) == (scaled is None)
    if found is not None and scaled is not None:
        low, high = front.min(axis=0), front.max(axis=0)
        depth = 1 - ((front - low) / (high - low)).sum(axis=1)
        assert depth[scaled] == pytest.approx(depth[found])
