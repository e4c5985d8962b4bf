"""Rules about predicted values: thresholds, messages, sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit
from reportgen.contract.numbers import excludes_zero, required
from reportgen.sections.performance.judgments import Gain, no_better, not_shown_better
from reportgen.sections.performance.regression_schema import told
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.regression_schema import RegressionResult, ResidualBin, ValuePerformance

LARGE_BIAS = 0.25
"""Of the RMSE: without such a bias the RMSE would be 3 % smaller. Convention; no literature value."""
STRONG_GROWTH = 0.3
"""Convention; no literature value."""


def _gains(result: RegressionResult) -> Iterator[Gain]:
    """Yield the skill of each value over a constant."""
    for one in result.values:
        constant, skill = _skill(result, one)
        if skill.value is None:
            continue
        always, size = (
            f"always predicting the {constant} of the labels",
            f"{formatting.metric(skill).text} {formatting.interval(skill)}",
        )
        yield Gain(
            one,
            skill,
            least=1 / one.n,
            same=f"It predicts the same value on all {one.n:,} rows: do not ship it." if one.constant else None,
            worse=f"Its skill over {always} is {size}: the constant is closer. Do not ship it.",
            undecided=f"{one.n:,} rows are too few to tell its errors from those of {always}: the skill is {size}. Evaluate it on more rows before "
            "you decide.",
        )


def no_better_than_a_constant(result: RegressionResult) -> Iterator[Hit]:
    """Yield values that a constant predicts better, or that the model predicts as a constant."""
    return no_better(_gains(result))


def not_shown_better_than_a_constant(result: RegressionResult) -> Iterator[Hit]:
    """Yield values whose predictions cannot be told from a constant."""
    return not_shown_better(_gains(result))


def _skill(result: RegressionResult, one: ValuePerformance) -> tuple[str, Metric]:
    """Return a constant and the skill over it: by squared errors, or by absolute ones where those have no interval."""
    squared = result.find("r_squared", one.model, one.subject)
    if squared.ci_low is not None:
        return "mean", squared
    return "median", result.find("mae_skill", one.model, one.subject)


def large_bias(result: RegressionResult) -> Iterator[Hit]:
    """Yield values whose bias is distinguishable from 0 and at least a quarter of the RMSE; the effect is how many times that."""
    for one in result.values:
        bias, rmse = (result.find(name, one.model, one.subject) for name in ("bias", "rmse"))
        if not excludes_zero(bias):
            continue
        size, total = abs(required(bias.value)), required(rmse.value)
        if size >= LARGE_BIAS * total:
            without = formatting.number(math.sqrt(max(total**2 - size**2, 0.0)), "")
            yield Hit(
                one.model,
                f"Its predictions are too {side(required(bias.value))} by {formatting.number(size, '')} {_sizes(bias)} on average; without this bias its RMSE of "
                f"{formatting.metric(rmse).text} would be {without}. Shift the predictions, or find out why these rows differ from the training data.",
                one.subject,
                effect=size / (LARGE_BIAS * total),
                n=bias.n,
            )


def side(bias: float) -> str:
    """Return to which side predictions with this bias are off."""
    return "high" if bias > 0 else "low"


def _sizes(bias: Metric) -> str:
    """Return the interval of the size of a bias."""
    low, high = sorted((abs(required(bias.ci_low)), abs(required(bias.ci_high))))
    return formatting.interval(
        bias.model_copy(update={"value": abs(required(bias.value)), "ci_low": low, "ci_high": high})
    )


def biased_bins(one: ValuePerformance) -> tuple[ResidualBin, ...]:
    """Return the ranges of predictions whose bias is told from 0, corrected for the number of ranges."""
    return told(one.bins)


def biased_range(result: RegressionResult) -> Iterator[Hit]:
    """Yield, once for each value, the range of predictions with the largest bias, if it is told from 0 and a quarter of the RMSE.

    Not where the bias of all rows is as large. The effect is how many times a quarter of the RMSE.
    """
    large = {(hit.model, hit.subject) for hit in large_bias(result)}
    for one in result.values:
        total = required(result.find("rmse", one.model, one.subject).value)
        worst = max(biased_bins(one), key=lambda found: abs(found.bias), default=None)
        if worst is None or (one.model, one.subject) in large or abs(worst.bias) < LARGE_BIAS * total:
            continue
        yield Hit(
            one.model,
            f"Where it predicts {formatting.number(worst.low, '')} to {formatting.number(worst.high, '')}, it is too {side(worst.bias)} by "
            f"{formatting.number(abs(worst.bias), '')} on average ({worst.n:,} rows): do not take these predictions as they are.",
            one.subject,
            effect=abs(worst.bias) / (LARGE_BIAS * total),
            n=worst.n,
        )


def errors_grow(result: RegressionResult) -> Iterator[Hit]:
    """Yield values whose errors grow or shrink with the prediction; the effect is the correlation as a multiple of 0.3."""
    for one in result.values:
        found = result.find("error_growth", one.model, one.subject)
        if found.value is None or not excludes_zero(found):
            continue
        if abs(found.value) >= STRONG_GROWTH:
            grow, narrow = ("grow", "large") if found.value > 0 else ("shrink", "small")
            yield Hit(
                one.model,
                f"Its errors {grow} with the prediction (rank correlation {formatting.metric(found).text} {formatting.interval(found)}): one ± for all rows is "
                f"too narrow for {narrow} predictions. State the error by size of the prediction.",
                one.subject,
                effect=abs(found.value) / STRONG_GROWTH,
                n=found.n,
            )
