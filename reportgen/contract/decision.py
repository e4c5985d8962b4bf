"""The roles of the models in the decision: which one is to be released, and which one it would replace."""

from __future__ import annotations

from reportgen.contract.base import Strict


class Earlier(Strict):
    """An earlier release, as its results file describes it."""

    file: str
    """The results file, as named in the spec."""
    sha256: str
    """Of its bytes."""
    title: str
    version: str | None
    created: str
    """UTC, ISO 8601."""

    @property
    def name(self) -> str:
        """The version with the day; without a version the title.

        >>> Earlier(file="r.json", sha256="0", title="Digits", version="1.0", created="2026-01-31T12:00:00+00:00").name
        '1.0 (2026-01-31)'
        """
        return f"{self.version or self.title} ({self.created[:10]})"


class Baseline(Strict):
    """What the candidate would replace."""

    model: str
    """A model of this report, or of the earlier release."""
    release: Earlier | None = None
    """The earlier release that it is in; null for a model of this report."""


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
        """The candidate and the model of this report that it would replace; None without one."""
        if self.candidate is None or self.baseline is None or self.baseline.release is not None:
            return None
        return self.candidate, self.baseline.model

    @property
    def models(self) -> tuple[str, ...]:
        """The candidate, then the model of this report that it would replace."""
        return self.pair or (() if self.candidate is None else (self.candidate,))


COMPARISON = Decision()
"""No model has a role."""
