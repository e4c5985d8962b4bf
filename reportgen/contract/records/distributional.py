"""Distributions that a head predicts: a mean with a spread, or quantiles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from reportgen.contract.records.regression import RegressionOutputs
from reportgen.metrics.mapped import taken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class DistributionalOutputs(RegressionOutputs):
    """A predicted distribution for every row; ``predictions`` (N,) are its means or medians."""


@dataclass(frozen=True)
class NormalOutputs(DistributionalOutputs):
    """Normal distributions: ``predictions`` (N,) are their means, ``deviations`` (N,) float64 > 0 their standard deviations."""

    deviations: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the outputs of some of the rows, given by a mask (N,)."""
        return replace(super().take(rows), deviations=taken(self.deviations, rows))


@dataclass(frozen=True)
class QuantileOutputs(DistributionalOutputs):
    """Quantiles of distributions: ``predictions`` (N,) are their medians.

    Attributes
    ----------
    quantiles
        (N, n_levels) float64, as the model returned them: those of a row may decrease.
    levels
        Of the quantiles: increasing, between 0 and 1, 0.5 among them.
    """

    quantiles: NDArray[np.float64]
    levels: tuple[float, ...]

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the outputs of some of the rows, given by a mask (N,)."""
        return replace(super().take(rows), quantiles=taken(self.quantiles, rows))
