"""Declares metrics of slices."""

from __future__ import annotations

from reportgen.contract.numbers import MetricSpec

HALL = "mean; Hall (1992) for the interval"
DELTA = "delta method; Wilson (1927), by the variance between rows"
SKILL = "Wilks (2011); ratio of means, Hall (1992) for the interval"


def of_slice(
    name: str,
    title: str,
    unit: str,
    higher_is_better: bool | None,  # noqa: FBT001 as of MetricSpec
    definition: str,
    source: str,
    difference: str | None = None,
) -> MetricSpec:
    """Declare a metric of a slice."""
    return MetricSpec(name, title, unit, higher_is_better, definition, source, "slice", difference)


def with_adjusted(name: str, title: str, definition: str, source: str) -> tuple[MetricSpec, MetricSpec]:
    """Declare a p-value, and the same as it is adjusted for the number of slices."""
    p = of_slice(name, title, "p-value", None, definition, source)
    words = f"{title} adjusted for the number of slices of the model, over all outputs."
    return p, of_slice(f"{name}_holm", f"{title} (Holm)", "p-value", None, words, "Holm (1979)")


def paired(
    name: str,
    of: str,
    unit: str,
    *,
    higher_is_better: bool,
    source: str = "paired mean; Hall (1992) for the interval",
) -> MetricSpec:
    """Declare a difference from the baseline; ``of`` is the title of the metric."""
    points = ", in points" if unit == "signed fraction" else ""
    words = f"{of} of the candidate minus that of its baseline on the same rows of a slice{points}."
    return of_slice(f"{name}_difference", f"{of} difference", unit, higher_is_better, words, source)
