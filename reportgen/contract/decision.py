"""The roles of the models in the decision: which one is to be released, and which one it would replace."""

from __future__ import annotations

from reportgen.contract.base import Strict


class Baseline(Strict):
    """What the candidate would replace."""

    model: str
    """A model of this report."""


class Decision(Strict):
    """The decision that a report is for: whether to release the candidate, or a comparison without a candidate."""

    candidate: str | None = None
    """The model that is to be released; null in a comparison."""
    baseline: Baseline | None = None
    """What it would replace, if declared."""

    def concerns(self, model: str) -> bool:
        """Return whether a model is the candidate; in a comparison every model counts."""
        return self.candidate in (None, model)

    @property
    def pair(self) -> tuple[str, str] | None:
        """The candidate and the model that it would replace; None without a baseline."""
        return None if self.candidate is None or self.baseline is None else (self.candidate, self.baseline.model)

    @property
    def models(self) -> tuple[str, ...]:
        """The candidate, then the model that it would replace."""
        return self.pair or (() if self.candidate is None else (self.candidate,))


COMPARISON = Decision()
"""No model has a role."""
