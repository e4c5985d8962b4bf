"""Weights: oracles of numpy and scipy, closed forms, bounds, and what must not depend on the scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracle import close, load, oracle

from reportgen.metrics import rank, spectrum, weights

ARRAYS = load("weights")
GAUSSIAN = np.random.default_rng(0).normal(size=(64, 128))
MATRICES = [name for name in ARRAYS if ARRAYS[name].ndim == 2]


@pytest.mark.parametrize("name", MATRICES)
def test_spectra_are_those_of_the_svd(name: str) -> None:
    """Norms and ranks agree with numpy's SVD; singular values below 1e-7 of the largest are lost in the Gram matrix."""
    found = spectrum.spectrum(ARRAYS[name])
    expected = oracle(f"weights/{name}/spectral_fro_nuclear")
    assert found.eigenvalues is not None
    assert np.allclose([found.spectral_norm, np.sqrt(found.total)], expected[:2], rtol=1e-9)
    assert close(found.stable_rank, f"weights/{name}/stable_rank")
    assert close(found.participation_ratio, f"weights/{name}/participation_ratio")
    assert close(rank.effective_rank(found.eigenvalues), f"weights/{name}/erank_roy_vetterli", 5e-6)


@pytest.mark.parametrize("name", MATRICES)
def test_moments_are_those_of_scipy(name: str) -> None:
    """Mean, standard deviation, skewness and excess kurtosis of the population."""
    found = weights.moments(ARRAYS[name])
    expected = oracle(f"weights/{name}/moments")
    assert np.allclose([found.mean, found.std, found.skewness, found.excess_kurtosis], expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["conv_3x3x16x32", "conv_5x5x3x8"])
def test_the_norm_of_a_convolution_lies_in_its_bracket(name: str) -> None:
    """The dense Jacobian's norm is between the bounds; the reshaped kernel's norm is not the answer."""
    low, high = spectrum.operator_norm_bounds(ARRAYS[name])
    jacobian = oracle(f"weights/{name}/zero_pad_dense_operator_norm_n8/torch")
    reshapes = oracle(f"weights/{name}/reshape_kh_x_kwcico_all4_spectral")
    assert low <= jacobian <= high
    assert low == pytest.approx(max(reshapes[:2]))
    assert high == pytest.approx(np.sqrt(np.prod(ARRAYS[name].shape[:2])) * min(reshapes), rel=2e-4)
    matrix = spectrum.as_matrix(ARRAYS[name], (0, 1, 2), (3,))
    assert close(spectrum.spectrum(matrix).spectral_norm, f"weights/{name}/reshape_khkwci_x_co_spectral")


def test_a_pointwise_convolution_has_an_exact_norm() -> None:
    """Both bounds are the norm of the matrix."""
    low, high = spectrum.operator_norm_bounds(ARRAYS["conv_1x1x64x128"])
    assert low == pytest.approx(oracle("weights/conv_1x1x64x128/reshape_khkwci_x_co_spectral"))
    assert high == low


def test_a_stride_leaves_one_lower_bound() -> None:
    """What one output sees holds for a strided convolution, what one input reaches for its transpose."""
    kernel = ARRAYS["conv_3x3x16x32"]
    seen, reached = oracle("weights/conv_3x3x16x32/reshape_kh_x_kwcico_all4_spectral")[:2]
    assert spectrum.operator_norm_bounds(kernel, strided=True)[0] == pytest.approx(seen)
    assert spectrum.operator_norm_bounds(kernel, strided=True, transposed=True)[0] == pytest.approx(reached)


def test_filters_of_a_depthwise_convolution() -> None:
    """A filter with one entry passes its channel with just that factor."""
    filters = np.zeros((3, 3, 2))
    filters[1, 1] = [2.0, -5.0]
    assert spectrum.filter_bounds(filters) == pytest.approx((5.0, 15.0))


def test_groups_are_blocks_of_a_diagonal() -> None:
    """The spectrum of a grouped kernel is that of the block-diagonal matrix."""
    generator = np.random.default_rng(0)
    left, right = generator.normal(size=(6, 4)), 3 * generator.normal(size=(6, 4))
    whole = np.block([[left, np.zeros((6, 4))], [np.zeros((6, 4)), right]])
    found = spectrum.spectrum(np.concatenate([left, right], axis=1), 2)
    assert found.eigenvalues is not None
    assert np.allclose(np.sqrt(found.eigenvalues), np.linalg.svd(whole, compute_uv=False))
    assert found.participation_ratio == pytest.approx(rank.participation_ratio(np.linalg.svd(whole)[1] ** 2))


def test_large_matrices_have_a_norm_without_a_spectrum() -> None:
    """Lanczos and the Gram matrix give what a closed form says."""
    found = spectrum.spectrum(np.diag(np.arange(1.0, 2102.0)))
    squares = np.arange(1.0, 2102.0) ** 2
    assert found.eigenvalues is None
    assert found.spikes is None
    assert found.spectral_norm == pytest.approx(2101)
    assert found.participation_ratio == pytest.approx(squares.sum() ** 2 / (squares**2).sum())


def test_a_random_matrix_is_its_own_reference() -> None:
    """Its participation ratio is about 1 of what is expected, and in 99 % of cases nothing is above the edge."""
    found = [spectrum.spectrum(np.random.default_rng(seed).normal(size=(96, 64))) for seed in range(200)]
    assert np.mean([one.relative_participation or 0 for one in found]) == pytest.approx(1, abs=0.01)
    assert sum(len(one.spikes) > 0 for one in found if one.spikes is not None) <= 8


def test_a_spike_is_seen() -> None:
    """A rank-one part above the edge is one spike."""
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(100, 50))
    outer = np.outer(generator.normal(size=100), generator.normal(size=50))
    spikes = spectrum.spectrum(noise + outer).spikes
    assert spikes is not None
    assert len(spikes) == 1


def test_zeros_and_constants() -> None:
    """They have norms but neither ranks nor shapes of a distribution."""
    zeros = weights.moments(np.zeros((4, 4)))
    assert (zeros.l2, zeros.zero_fraction, zeros.near_zero_fraction, zeros.peak, zeros.skewness) == (
        0,
        1,
        None,
        None,
        None,
    )
    found = spectrum.spectrum(np.zeros((4, 4)))
    assert (found.spectral_norm, found.stable_rank, found.relative_participation) == (0, None, None)
    constant = weights.moments(np.full((3, 3), 0.1))
    assert (constant.std, constant.skewness, constant.excess_kurtosis) == (0, None, None)


def test_gaussian_weights_are_not_sparse() -> None:
    """0.8 % of them are near zero, at any scale."""
    values = np.random.default_rng(0).normal(size=200_000)
    assert weights.moments(values).near_zero_fraction == pytest.approx(weights.GAUSSIAN_NEAR_ZERO, abs=1e-3)
    assert weights.moments(values * 1e-8).near_zero_fraction == weights.moments(values).near_zero_fraction


@given(st.integers(-8, 8), st.integers(0, 2**32 - 1))
def test_shape_numbers_do_not_depend_on_the_scale(power: int, seed: int) -> None:
    """Ranks, skewness and health are the same at 1e-8 and 1e8; norms scale with it."""
    matrix = np.random.default_rng(seed).normal(size=(12, 9))
    factor = 10.0**power
    one, other = spectrum.spectrum(matrix), spectrum.spectrum(matrix * factor)
    assert other.spectral_norm == pytest.approx(one.spectral_norm * factor)
    assert other.relative_participation == pytest.approx(one.relative_participation)
    few, many = weights.moments(matrix), weights.moments(matrix * factor)
    assert many.skewness == pytest.approx(few.skewness)
    assert many.l1 == pytest.approx(few.l1 * factor)
    assert weights.dead_lines(matrix * factor) == weights.dead_lines(matrix)


@given(st.integers(1, 40))
def test_the_identity_uses_every_dimension(size: int) -> None:
    """Every rank of I_n is n."""
    ones = np.ones(size)
    for formula in (rank.effective_rank, rank.entropy_rank, rank.participation_ratio, rank.stable_rank):
        assert formula(ones) == pytest.approx(size)


def components(**changes: object) -> dict[str, float | None]:
    """Score a healthy tensor with some changes."""
    matrix = np.random.default_rng(0).normal(size=(64, 32))
    sound = {
        "found": weights.moments(matrix),
        "dead_share": 0.0,
        "spectrum": spectrum.spectrum(matrix),
        "rms_ratio": 1.0,
        "size": matrix.size,
        "limits": weights.HealthLimits(),
    }
    return weights.health_components(**(sound | changes))  # type: ignore[arg-type]


def test_a_healthy_tensor_has_no_objection() -> None:
    """Gaussian weights at the scale of their initialiser score 1 or nearly so."""
    assert all(score is not None and score > 0.99 for score in components().values())


def test_each_component_falls_for_its_own_reason() -> None:
    """Dead units, sparsity, one direction, an outlier and a wrong scale are told apart."""
    matrix = np.random.default_rng(0).normal(size=(64, 32))
    assert components(dead_share=0.25)["live_units"] == 0.5
    pruned = np.where(np.random.default_rng(1).random(matrix.shape) < 0.9, 0, matrix)
    assert (components(found=weights.moments(pruned))["non_sparse"] or 0) == pytest.approx(0.1, abs=0.03)
    line = spectrum.spectrum(np.outer(np.ones(64), np.ones(32)))
    assert components(spectrum=line)["spike"] == pytest.approx(0.5)
    assert (components(spectrum=line)["rank_use"] or 0) < 0.2
    peaked = matrix.copy()
    peaked[0, 0] = 1000
    assert (components(found=weights.moments(peaked))["outlier"] or 0) < 0.3
    assert components(rms_ratio=100.0)["scale"] == 0
    assert components(rms_ratio=10.0)["scale"] == 1
    assert components(found=None) == dict.fromkeys(weights.COMPONENTS) | {"finite": 0.0}


def test_what_does_not_apply_is_no_score() -> None:
    """A narrow matrix has a large first singular value by necessity, a small tensor no share of near-zero weights."""
    narrow = spectrum.spectrum(np.ones((9, 2)))
    assert components(spectrum=narrow)["spike"] is None
    assert components(size=10)["non_sparse"] is None
    assert components(rms_ratio=None)["scale"] is None


def test_groups_have_rows_of_their_own() -> None:
    """An input channel that one group does not read is dead, whatever the other group reads of its own."""
    left, right = np.ones((6, 4)), np.ones((6, 4))
    left[2] = 0
    right[:, 1] = 1e-6
    assert weights.dead_lines(np.concatenate([left, right], axis=1), 2) == (1, 1)


def test_a_kernel_without_a_field_has_no_bracket() -> None:
    """The bounds of a pointwise convolution are equal, and cost nothing where the norm is known."""
    kernel = ARRAYS["conv_1x1x64x128"]
    low, high = spectrum.operator_norm_bounds(kernel)
    assert low == high
    assert spectrum.operator_norm_bounds(kernel, seen=low) == (low, low)


def test_a_known_norm_changes_no_bound() -> None:
    """Handing over the norm of the matrix saves its computation and nothing else."""
    kernel = ARRAYS["conv_3x3x16x32"]
    seen = oracle("weights/conv_3x3x16x32/reshape_khkwci_x_co_spectral")
    assert spectrum.operator_norm_bounds(kernel, seen=seen) == pytest.approx(spectrum.operator_norm_bounds(kernel))


def test_a_convolution_of_signals_lies_in_its_bracket() -> None:
    """The norm of the dense map of a one-dimensional convolution is between the bounds."""
    kernel = np.random.default_rng(0).normal(size=(5, 12, 16))
    size, length = len(kernel), 20
    dense = np.zeros((length, kernel.shape[1], length, kernel.shape[2]))
    for place in range(length):
        for tap in range(size):
            if 0 <= place + tap - size // 2 < length:
                dense[place + tap - size // 2, :, place] += kernel[tap]
    low, high = spectrum.operator_norm_bounds(kernel)
    assert low <= np.linalg.norm(dense.reshape(length * kernel.shape[1], -1), 2) <= high


def test_long_matrices_are_taken_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts change no number, of a tall or a wide matrix, nor of its moments."""
    matrix = GAUSSIAN
    whole, moments = spectrum.spectrum(matrix), weights.moments(matrix)
    monkeypatch.setattr(spectrum, "_PART", 1000)
    monkeypatch.setattr(weights, "_PART", 1000)
    assert whole.eigenvalues is not None
    for turned in (matrix, matrix.T):
        found = spectrum.spectrum(turned).eigenvalues
        assert found is not None
        assert np.allclose(found, whole.eigenvalues, rtol=1e-9)
    assert weights.moments(matrix).excess_kurtosis == pytest.approx(moments.excess_kurtosis)
    assert weights.moments(matrix).near_zero_fraction == moments.near_zero_fraction


@given(st.integers(1, 60), st.sampled_from([np.float16, np.float32, np.float64]), st.integers(0, 2**32 - 1))
def test_quantiles_are_numpys(size: int, dtype: type, seed: int) -> None:
    """They are interpolated in float64, however few the numbers and however coarse their format."""
    values = np.random.default_rng(seed).normal(size=size).astype(dtype)
    expected = np.quantile(values.astype(float), weights.QUANTILES)
    assert np.allclose(weights.moments(values).quantiles, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("factor", [1e-100, 1e100])
def test_weights_of_any_size_overflow_nothing(factor: float) -> None:
    """The fourth powers of the weights need not be numbers."""
    matrix = GAUSSIAN
    one, other = spectrum.spectrum(matrix), spectrum.spectrum(matrix * factor)
    assert other.spectral_norm == pytest.approx(one.spectral_norm * factor)
    assert other.participation_ratio == pytest.approx(one.participation_ratio)


@pytest.mark.parametrize("name", ["zeros", "narrow", "few", "nan", "vector", "sound"])
def test_what_has_no_score_has_a_reason(name: str) -> None:
    """Each component without a score says why, and none with one."""
    tensor = {
        "zeros": np.zeros((16, 16)),
        "narrow": np.ones((64, 3)),
        "few": np.ones((4, 4)),
        "nan": None,
        "vector": np.arange(100.0),
        "sound": GAUSSIAN,
    }[name]
    found = None if tensor is None else weights.moments(tensor)
    matrix = spectrum.spectrum(tensor) if tensor is not None and tensor.ndim == 2 else None
    dead = None if matrix is None else 0.0
    size = 1 if tensor is None else tensor.size
    scored = weights.health_components(found, dead, matrix, None, size, weights.HealthLimits())
    reasons = {one: weights.why_not_scored(one, found, matrix, size) for one, score in scored.items() if score is None}
    expected = {
        "zeros": {"rank_use": "zero", "spike": "zero", "outlier": "zero", "scale": "zero"},
        "narrow": {"rank_use": "narrower", "spike": "narrower", "scale": "initial RMS"},
        "few": {
            "non_sparse": "fewer",
            "rank_use": "narrower",
            "spike": "narrower",
            "outlier": "fewer",
            "scale": "init",
        },
        "nan": dict.fromkeys(weights.COMPONENTS[1:], "NaN"),
        "vector": {
            "live_units": "not a matrix",
            "rank_use": "not a matrix",
            "spike": "not a matrix",
            "scale": "initial RMS",
        },
        "sound": {"scale": "initial RMS"},
    }[name]
    assert reasons.keys() == expected.keys()
    assert all(word in reasons[one] for one, word in expected.items())


@given(mean=st.floats(0, 2_000), q=st.floats(0.01, 0.999))
def test_quantiles_of_the_poisson_distribution_are_those_of_scipy(mean: float, q: float) -> None:
    """Also of means whose probability of 0 is no float."""
    from scipy.special import pdtr

    found = weights.poisson_quantile(mean, q)
    assert pdtr(found, mean) >= q - 1e-9
    assert found == 0 or pdtr(found - 1, mean) < q + 1e-9
