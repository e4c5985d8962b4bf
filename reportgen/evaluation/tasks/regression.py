"""Regression heads: recognized, not measured yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import Task

if TYPE_CHECKING:
    from reportgen.evaluation.tasks.base import HeadEvidence

_LOSSES = frozenset(
    {
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "huber",
        "log_cosh",
        "poisson",
        "cosine_similarity",
    }
)


class Regression(Task):
    """Values."""

    names = ("regression",)

    def of_loss(self, evidence: HeadEvidence) -> Decision | None:
        """Match a loss between values."""
        return Decision("regression", f"compiled loss {evidence.loss}") if evidence.loss in _LOSSES else None

    def of_labels(self, evidence: HeadEvidence) -> Decision | None:
        """Match fractional labels, or outputs that are declared as values."""
        if evidence.declared_outputs == "values":
            return Decision("regression", "outputs declared as values")
        return Decision("regression", "fractional labels") if evidence.labels == "floats" else None

    def output_type(self, _evidence: HeadEvidence) -> Decision:
        """Return values."""
        return Decision("values", "a regression head has values")
