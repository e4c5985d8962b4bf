"""What the figures of predicted values say: titles and alt texts, computed from the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import excludes_zero, required
from reportgen.contract.subjects import about
from reportgen.sections.performance.regression.findings import biased_bins, side
from reportgen.sections.performance.regression.tables import span
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.regression_schema import LabelBand, RegressionResult, ValuePerformance


def name(one: ValuePerformance) -> str:
    """Return the model, and which of its outputs."""
    return about(one.model, one.subject)


def number(metric: Metric) -> str:
    """Return a value without its interval."""
    return formatting.metric(metric).text


def bands_apart(one: ValuePerformance, told: Sequence[LabelBand]) -> str:
    """Return the end of a title: on which labels the errors are smaller than those of the baseline, and where larger."""
    named = [
        f"{word} on labels {formatting.listed([span(band.low, band.high) for band in found])}"
        for word, found in (
            ("closer", [band for band in told if band.difference < 0]),
            ("farther off", [band for band in told if band.difference > 0]),
        )
        if found
    ]
    if len({band.difference > 0 for band in told}) == 1 and len(told) == len(one.bands) > 1:
        return ", in every quarter of the labels"
    if named:
        return f"; {' and '.join(named)}"
    return "; no quarter of the labels differs measurably" if one.bands else ""


def observed(result: RegressionResult, one: ValuePerformance) -> str:
    """Return how much of the labels the predictions explain, and how close half of them are."""
    skill, half = (result.find(metric, one.model, one.subject) for metric in ("r_squared", "median_absolute_error"))
    close = f"half of its predictions are within {number(half)} of the label"
    if skill.value is None or skill.value <= 0:
        return f"{name(one)}: {close}"
    return f"{name(one)} explains {formatting.fraction(skill.value)} of the variance of the labels; {close}"


def observed_alt(result: RegressionResult, one: ValuePerformance) -> str:
    """Return the range of labels and predictions."""
    skill = result.find("r_squared", one.model, one.subject)
    explained = "" if skill.value is None else f"; R² {number(skill)}"
    ends = (span(min(found), max(found)) for found in (one.labels, one.predictions))
    return f"{name(one)}: labels {next(ends)}, predictions {next(ends)}{explained}."


def residuals(result: RegressionResult, one: ValuePerformance) -> str:
    """Return where the predictions are biased, and whether the errors grow with them."""
    worst = max(biased_bins(one), key=lambda found: abs(found.bias), default=None)
    if worst is None:
        first = f"No range of the predictions of {name(one)} is measurably biased"
    else:
        first = f"{name(one)} is too {side(worst.bias)} where it predicts {span(worst.low, worst.high)}"
    growth = result.find("error_growth", one.model, one.subject)
    if not excludes_zero(growth):
        return first
    return f"{first}; its errors {'grow' if required(growth.value) > 0 else 'shrink'} with the prediction"


def residuals_alt(one: ValuePerformance) -> str:
    """Return the mean errors of the first and the last bin."""
    if not one.bins:
        return f"{name(one)} has too few rows for bins."
    ends = " to ".join(
        f"{found.bias:.3g} at predictions {span(found.low, found.high)}" for found in (one.bins[0], one.bins[-1])
    )
    return (
        f"{name(one)}: mean error from {ends}; {len(biased_bins(one))} of {len(one.bins)} bins are measurably biased."
    )


def quantiles(one: ValuePerformance) -> str:
    """Return how far nearly all errors reach, against normal ones."""
    inner = slice(1, -1) if len(one.normal) > 2 else slice(None)  # noqa: PLR2004 without the ends
    seen, normal = ((found[inner][0], found[inner][-1]) for found in (one.standardized, one.normal))
    reach = " to ".join(f"{end:.1f}".replace("-", formatting.MINUS) for end in seen)
    expected = " to ".join(f"{end:.1f}".replace("-", formatting.MINUS) for end in normal)
    return f"Nearly all errors of {name(one)} are within {reach} standard deviations; normal ones within {expected}"
