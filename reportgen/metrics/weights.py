"""Numbers of a single weight tensor: moments, sparsity, dead units, and screening for pathologies."""

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
"""Weights below this share of the root mean square count as near zero."""
GAUSSIAN_NEAR_ZERO = math.erf(NEAR_ZERO / math.sqrt(2))
"""Share of a Gaussian sample that is near zero: 0.80 %."""
DEAD = 1e-3
"""A row or column is dead below this share of the median norm."""


@dataclass(frozen=True)
class Moments:
    """Distribution of the numbers in a tensor.

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
        Share below ``NEAR_ZERO`` times the rms, zeros included; None where all are zero.
    peak
        Largest absolute value over the rms; None where all are zero.
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
    """Compute the moments of a finite tensor that is not empty, in float64 and independent of its scale.

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
"""Numbers that are taken at a time: they fit the processor's cache."""


def _sums(flat: NDArray[np.generic], scale: float, terms: Callable[[FloatArray], tuple[Any, ...]]) -> list[float]:
    """Add up some terms of a tensor, part by part, in float64 and in units of its largest number."""
    parts = (flat[start : start + _PART].astype(np.float64) / (scale or 1.0) for start in range(0, flat.size, _PART))
    return [math.fsum(column) for column in zip(*(terms(part) for part in parts), strict=True)]


def _powers(centred: FloatArray) -> tuple[float, float, float]:
    squares = centred * centred
    return float(squares.sum()), float(squares @ centred), float(squares @ squares)


def _quantiles(flat: NDArray[np.generic]) -> tuple[float, ...]:
    """Interpolate between the two nearest numbers, in float64 whatever the tensor's precision."""
    places = np.array(QUANTILES) * (flat.size - 1)
    below, above = np.floor(places).astype(int), np.ceil(places).astype(int)
    ordered = np.partition(flat, np.unique([below, above]))
    low, high = ordered[below].astype(np.float64), ordered[above].astype(np.float64)
    return tuple(map(float, low * (1 - (places - below)) + high * (places - below)))


def dead_lines(matrix: FloatArray, blocks: int = 1) -> tuple[int, int]:
    """Count rows and columns whose norm is below ``DEAD`` times the median norm of their kind.

    Parameters
    ----------
    matrix
        (rows, columns) float64.
    blocks
        The columns fall into so many equal parts that are blocks of a diagonal: each has rows of its own.

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
    """Where each component of the health score begins to fall; the conventions of the score, in one place."""

    dead_share: float = 0.5
    """Share of dead rows, or of dead columns, at which ``live_units`` is 0."""
    near_zero_excess: float = 1.0
    """Excess of near-zero weights over a Gaussian's at which ``non_sparse`` is 0."""
    rank_share: float = 0.25
    """Participation ratio relative to a random matrix below which ``rank_use`` falls."""
    top_energy: float = 0.5
    """Share of the squared singular values in the first one above which ``spike`` falls."""
    peak_ratio: float = 3.0
    """Largest weight, relative to that of a Gaussian sample of the size, above which ``outlier`` falls."""
    scale_factor: float = 10.0
    """Factor between rms and initial rms above which ``scale`` falls; 0 at its square."""

    def loosened(self, factor: float) -> HealthLimits:
        """Return the limits made ``factor`` times as lenient; below 1 stricter."""
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
"""Smaller side below which a first singular value is large by necessity."""
SMALL = 64
"""Numbers below which a share of near-zero weights or a largest weight says nothing."""


def health_components(
    found: Moments | None,
    dead_share: float | None,
    spectrum: Spectrum | None,
    rms_ratio: float | None,
    size: int,
    limits: HealthLimits,
) -> dict[str, float | None]:
    """Score a tensor on each component, 1 without objection, 0 at worst, None where it does not apply.

    Parameters
    ----------
    found
        Its moments; None where it holds numbers that are not finite.
    dead_share
        Share of its rows, or of its columns, that are dead, the larger of the two; None where it is no matrix.
    spectrum
        Of its matrix; None where there is none.
    rms_ratio
        Its rms over that of its initialiser; None where unknown.
    size
        How many numbers it holds; 0 for biases and scales, of which sparsity and outliers say nothing.
    limits
        Where the scores fall.
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
    """Say why a component of :func:`health_components` is None for a tensor."""
    if found is None:
        return "the tensor holds NaN or infinite numbers"
    if name == "scale":
        return "all weights are zero" if found.peak is None else "what the initialiser gives is unknown or zero"
    if name == "live_units" or (name in {"rank_use", "spike"} and spectrum is None):
        return "the tensor is no matrix"
    if name in {"rank_use", "spike"} and spectrum is not None and min(spectrum.shape) < NARROW:
        return f"the matrix is narrower than {NARROW}"
    if size == 0:
        return "sparsity and outliers say nothing of biases and scales"
    return "all weights are zero" if found.peak is None else f"the tensor has fewer than {SMALL} numbers"


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
    """Return 1 within the factor of the initialiser, falling with the logarithm to 0 at the factor's square."""
    distance = abs(math.log(ratio)) / math.log(limits.scale_factor)
    return min(1.0, max(0.0, 2 - distance))


def weighted_quantile(values: Sequence[float], weights: Sequence[float], q: float) -> float:
    """Return the smallest value at which the weights up to it reach the share ``q`` of all.

    >>> weighted_quantile([0.2, 0.9, 1.0], [1, 10, 89], 0.05)
    0.9
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(np.asarray(weights, np.float64)[order])
    place = int(np.searchsorted(reached, q * reached[-1]))
    return float(values[order[min(place, len(order) - 1)]])
