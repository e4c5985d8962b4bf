"""The metrics of a pair of models that the performance section declares for every score by which models are compared."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.contract.numbers import MetricSpec


@dataclass(frozen=True)
class PairSpecs:
    """The difference of a score, its p-value, and that adjusted for all pairs of the report."""

    difference: MetricSpec
    p: MetricSpec
    p_holm: MetricSpec

    @classmethod
    def of(cls, difference: MetricSpec, name: str, title: str, definition: str, source: str) -> PairSpecs:
        """Declare the p-values of a difference; ``name`` and ``title`` are those of the score."""
        p = MetricSpec(f"{name}_p", f"{title} p", "p-value", None, definition, source, "pair")
        return cls(difference, p, adjusted(p))


def adjusted(p: MetricSpec) -> MetricSpec:
    """Declare a p-value as it is adjusted for the number of pairs."""
    return MetricSpec(
        f"{p.name}_holm",
        f"{p.title} (Holm)",
        "p-value",
        None,
        f"{p.title} adjusted for the number of model pairs in the report, over all outputs.",
        "Holm (1979)",
        "pair",
    )
