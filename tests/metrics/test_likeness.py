"""Perceptual hashes, correlations and distances against scipy and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.fft import dctn

from reportgen.metrics.likeness import (
    averaged,
    differing_bits,
    farthest_apart,
    perceptual_hashes,
    standardized,
)


@given(st.integers(0, 2**32 - 1), st.integers(8, 40), st.integers(8, 40))
def test_hashes_are_those_of_scipy(seed: int, height: int, width: int) -> None:
    """Bits of the low frequencies of scipy's orthonormal transform, above their median, the first in the lowest bit."""
    pictures = np.random.default_rng(seed).normal(size=(3, height, width))
    low = dctn(pictures, axes=(1, 2), norm="ortho")[:, :8, :8].reshape(3, 64)[:, 1:]
    bits = low > np.median(low, axis=1, keepdims=True)
    told = [sum(1 << place for place, bit in enumerate(row) if bit) for row in bits.tolist()]
    assert perceptual_hashes(pictures).tolist() == told
    assert all(one.bit_count() == 31 for one in told)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_differing_bits(first: int, second: int) -> None:
    """Are counted."""
    found = differing_bits(np.array([first], np.uint64), np.array([second], np.uint64))
    assert found.tolist() == [(first ^ second).bit_count()]


@given(st.integers(0, 2**32 - 1), st.integers(2, 50))
def test_products_are_correlations(seed: int, k: int) -> None:
    """Those of numpy; a constant row correlates with nothing."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(4, k)) * 100
    found = standardized(rows) @ standardized(rows).T
    assert found == pytest.approx(np.corrcoef(rows), abs=1e-9)
    assert not standardized(np.full((2, k), 3.25)).any()


def test_distances() -> None:
    """The largest, in units of the spread; a column without spread must be equal."""
    first = np.array([[1.0, 2.0, 5.0], [1.0, 2.0, 5.0], [1.0, 2.0, 5.0]])
    second = np.array([[1.5, 2.0, 5.0], [1.0, 2.0, 5.0], [1.0, 2.0, 5.1]])
    found = farthest_apart(first, second, np.array([0.25, 1.0, 0.0]))
    assert found.tolist() == [2.0, 0.0, np.inf]


@given(st.integers(1, 30), st.data())
def test_averages_keep_the_range(length: int, data: st.DataObject) -> None:
    """And are the values themselves where nothing is reduced."""
    size = data.draw(st.integers(1, length))
    values = np.array(data.draw(st.lists(st.floats(-10, 10), min_size=length, max_size=length)))
    found = averaged(values, size, 0)
    assert len(found) == size
    assert values.min() - 1e-9 <= found.min() <= found.max() <= values.max() + 1e-9
    assert averaged(values, length, 0) == pytest.approx(values)
