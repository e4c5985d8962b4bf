"""Metrics of a single weight tensor: moments, sparsity, dead units, and screening for pathologies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.spectrum import Spectrum

    FloatArray = NDArray[np.float64]

QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
NEAR_ZERO = 0.01
"""Weights below this share of the RMS count as near zero."""
GAUSSIAN_NEAR_ZERO = math.erf(NEAR_ZERO / math.sqrt(2))
"""Share of a Gaussian sample that is near zero: 0.80 %."""
DEAD = 1e-3
"""A row or column is dead if its norm is below this share of the median norm."""


@dataclass(frozen=True)
class Moments:
    """Distribution of the values in a tensor.

    Attributes
    ----------
    l1, l2
        Sum of absolute values, root of the sum of squares.
    rms
        Root mean square.
    mean, std, skewness, excess_kurtosis
        Population moments; the last two are None for a constant tensor.
    minimum, maximum
        Range.
    quantiles
        At ``QUANTILES``, linearly interpolated.
    zero_fraction
        Share of exact zeros.
    near_zero_fraction
        Share below ``NEAR_ZERO`` times the RMS, including zeros; None where all are zero.
    peak
        Largest absolute value over the RMS; None where all are zero.
    """

    l1: float
    l2: float
    rms: float
    mean: float
    std: float
    skewness: float | None
    excess_kurtosis: float | None
    minimum: float
    maximum: float
    quantiles: tuple[float, ...]
    zero_fraction: float
    near_zero_fraction: float | None
    peak: float | None


def moments(values: NDArray[np.generic]) -> Moments:
    """Compute the moments of a finite, nonempty tensor, in float64 and independent of its scale.

    >>> found = moments(np.array([1.0, -1.0, 1.0, -1.0]))
    >>> found.l1, found.l2, found.rms, found.mean, found.std, found.skewness, found.excess_kurtosis
    (4.0, 2.0, 1.0, 0.0, 1.0, 0.0, -2.0)
    """
    flat = np.asarray(values).reshape(-1)
    minimum, maximum = float(flat.min()), float(flat.max())
    scale = max(maximum, -minimum)
    absolute, mean, mean_square = _sums(flat, scale, lambda unit: (np.abs(unit).sum(), unit.sum(), unit @ unit))
    mean, mean_square, rms = mean / flat.size, mean_square / flat.size, math.sqrt(mean_square / flat.size)
    near, *powers = _sums(
        flat, scale, lambda unit: (np.count_nonzero(np.abs(unit) < NEAR_ZERO * rms), *_powers(unit - mean))
    )
    variance, third, fourth = (power / flat.size for power in powers)
    constant = variance <= (8 * np.finfo(np.float64).eps * abs(mean)) ** 2
    return Moments(
        l1=absolute * scale,
        l2=rms * math.sqrt(flat.size) * scale,
        rms=rms * scale,
        mean=mean * scale,
        std=0.0 if constant else math.sqrt(variance) * scale,
        skewness=None if constant else third / variance**1.5,
        excess_kurtosis=None if constant else fourth / variance**2 - 3,
        minimum=minimum,
        maximum=maximum,
        quantiles=_quantiles(flat),
        zero_fraction=1 - np.count_nonzero(flat) / flat.size,
        near_zero_fraction=near / flat.size if scale > 0 else None,
        peak=1.0 / rms if scale > 0 else None,
    )


_PART = 1 << 16
"""Number of values processed at a time, to fit the processor cache."""


def _sums(flat: NDArray[np.generic], scale: float, terms: Callable[[FloatArray], tuple[Any, ...]]) -> list[float]:
    """Sum terms over a tensor, part by part, in float64 and in units of its largest value."""
    parts = (flat[start : start + _PART].astype(np.float64) / (scale or 1.0) for start in range(0, flat.size, _PART))
    return [math.fsum(column) for column in zip(*(terms(part) for part in parts), strict=True)]


def _powers(centered: FloatArray) -> tuple[float, float, float]:
    squares = centered * centered
    return float(squares.sum()), float(squares @ centered), float(squares @ squares)


def _quantiles(flat: NDArray[np.generic]) -> tuple[float, ...]:
    """Interpolate between the two nearest values, in float64 whatever the precision of the tensor."""
    places = np.array(QUANTILES) * (flat.size - 1)
    below, above = np.floor(places).astype(int), np.ceil(places).astype(int)
    ordered = np.partition(flat, np.unique([below, above]))
    low, high = ordered[below].astype(np.float64), ordered[above].astype(np.float64)
    return tuple(map(float, low * (1 - (places - below)) + high * (places - below)))


def dead_lines(matrix: FloatArray, blocks: int = 1) -> tuple[int, int]:
    """Count rows and columns whose norm is below ``DEAD`` times the median norm of rows or of columns.

    Parameters
    ----------
    matrix
        (rows, columns) float64.
    blocks
        Number of equal column parts that are blocks of a diagonal: each has separate rows.

    >>> dead_lines(np.array([[1.0, 0.0, 2.0], [1.0, 0.0, 1.0]]))
    (0, 1)
    >>> dead_lines(np.array([[0.0, 0.0, 2.0, 1.0], [1.0, 1.0, 2.0, 1.0]]), 2)
    (1, 0)
    """
    rows = np.concatenate([np.einsum("ij,ij->i", part, part) for part in np.split(matrix, blocks, axis=1)])
    return dead_norms(np.sqrt(rows)), dead_norms(np.sqrt(np.einsum("ij,ij->j", matrix, matrix)))


def dead_norms(norms: FloatArray) -> int:
    """Count the norms below ``DEAD`` times their median; all of them where all are zero.

    >>> dead_norms(np.array([1.0, 1.0, 0.0])), dead_norms(np.zeros(2))
    (1, 2)
    """
    return int((norms <= DEAD * float(np.median(norms))).sum()) if norms.any() else len(norms)


# ------------------------------------------------------------------------------------------------ health


@dataclass(frozen=True)
class HealthLimits:
    """Where each component of the health score starts to fall: all conventions of the score."""

    dead_share: float = 0.5
    """Share of dead rows, or of dead columns, at which ``live_units`` is 0."""
    near_zero_excess: float = 1.0
    """Excess of near-zero weights over a Gaussian tensor at which ``non_sparse`` is 0."""
    rank_share: float = 0.25
    """Participation ratio relative to a random matrix below which ``rank_use`` falls."""
    top_energy: float = 0.5
    """Share of the squared singular values in the largest one above which ``spike`` falls."""
    peak_ratio: float = 3.0
    """Largest weight, relative to that of a Gaussian sample of the same size, above which ``outlier`` falls."""
    scale_factor: float = 10.0
    """Factor between RMS and initial RMS above which ``scale`` falls, to 0 at its square."""

    def loosened(self, factor: float) -> HealthLimits:
        """Return limits that are ``factor`` times as lenient; stricter below 1."""
        return HealthLimits(
            self.dead_share * factor,
            self.near_zero_excess * factor,
            self.rank_share / factor,
            min(self.top_energy * factor, 1.0),
            self.peak_ratio * factor,
            self.scale_factor * factor,
        )


COMPONENTS = ("finite", "live_units", "non_sparse", "rank_use", "spike", "outlier", "scale")
NARROW = 8
"""Smaller side below which the largest singular value is necessarily dominant."""
SMALL = 64
"""Minimum number of values for a meaningful share of near-zero weights or largest weight."""


def health_components(
    found: Moments | None,
    dead_share: float | None,
    spectrum: Spectrum | None,
    rms_ratio: float | None,
    size: int,
    limits: HealthLimits,
) -> dict[str, float | None]:
    """Score a tensor on each component: 1 is healthy, 0 is worst, None is not applicable.

    Parameters
    ----------
    found
        Its moments; None where some values are not finite.
    dead_share
        Share of dead rows or of dead columns, whichever is larger; None where it is not a matrix.
    spectrum
        Spectrum of its matrix; None where it is not a matrix.
    rms_ratio
        Its RMS over that of its initializer; None where unknown.
    size
        Number of values; 0 for biases and scales, where sparsity and outliers are meaningless.
    limits
        Where the scores start to fall.
    """
    if found is None:
        return {name: 0.0 if name == "finite" else None for name in COMPONENTS}
    wide = spectrum is not None and min(spectrum.shape) >= NARROW
    return {
        "finite": 1.0,
        "live_units": None if dead_share is None else max(0.0, 1 - dead_share / limits.dead_share),
        "non_sparse": _non_sparse(found, limits) if size >= SMALL else None,
        "rank_use": _rank_use(spectrum, limits) if wide else None,
        "spike": _spike(spectrum, limits) if wide else None,
        "outlier": _outlier(found, size, limits) if size >= SMALL else None,
        "scale": None if not rms_ratio else _scale(rms_ratio, limits),
    }


def why_not_scored(name: str, found: Moments | None, spectrum: Spectrum | None, size: int) -> str:
    """Return why a component of :func:`health_components` is None for a tensor."""
    if found is None:
        return "the tensor has NaN or infinite values"
    if name == "scale":
        return "all weights are zero" if found.peak is None else "the initial RMS is unknown or zero"
    if name == "live_units" or (name in {"rank_use", "spike"} and spectrum is None):
        return "the tensor is not a matrix"
    if name in {"rank_use", "spike"} and spectrum is not None and min(spectrum.shape) < NARROW:
        return f"the matrix is narrower than {NARROW}"
    if size == 0:
        return "sparsity and outliers are meaningless for biases and scales"
    return "all weights are zero" if found.peak is None else f"the tensor has fewer than {SMALL} values"


def _non_sparse(found: Moments, limits: HealthLimits) -> float:
    share = 1.0 if found.near_zero_fraction is None else found.near_zero_fraction
    return max(0.0, 1 - max(0.0, share - GAUSSIAN_NEAR_ZERO) / limits.near_zero_excess)


def _rank_use(spectrum: Spectrum | None, limits: HealthLimits) -> float | None:
    relative = None if spectrum is None else spectrum.relative_participation
    return None if relative is None else min(1.0, relative / limits.rank_share)


def _spike(spectrum: Spectrum | None, limits: HealthLimits) -> float | None:
    if spectrum is None or spectrum.total <= 0:
        return None
    return min(1.0, limits.top_energy / (spectrum.largest / spectrum.total))


def _outlier(found: Moments, size: int, limits: HealthLimits) -> float | None:
    if found.peak is None:
        return None
    return min(1.0, limits.peak_ratio * math.sqrt(2 * math.log(size)) / found.peak)


def _scale(ratio: float, limits: HealthLimits) -> float:
    """Return 1 within the factor of the initializer, falling with the logarithm to 0 at the square of the factor."""
    distance = abs(math.log(ratio)) / math.log(limits.scale_factor)
    return min(1.0, max(0.0, 2 - distance))


def weighted_quantile(values: Sequence[float], weights: Sequence[float], q: float) -> float:
    """Return the smallest value at which the cumulative weight reaches the share ``q`` of the total.

    >>> weighted_quantile([0.2, 0.9, 1.0], [1, 10, 89], 0.05)
    0.9
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(np.asarray(weights, np.float64)[order])
    place = int(np.searchsorted(reached, q * reached[-1]))
    return float(values[order[min(place, len(order) - 1)]])


def poisson_quantile(mean: float, q: float) -> int:
    """Return the smallest count with a probability of at least ``q`` (below 1) for it or fewer, for a Poisson distribution with a mean of 0 or more.

    Summed up from 0 without SciPy, whose import takes longer than the rest of a report that is rendered again.

    Examples
    --------
    >>> poisson_quantile(3.0, 0.9)
    5
    """
    count, reached = 0, math.exp(-mean)
    while reached < q:
        count += 1
        reached += math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    return count
