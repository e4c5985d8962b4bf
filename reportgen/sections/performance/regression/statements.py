"""Statements about predicted values: is the candidate better, how far off is it, is it biased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject
from reportgen.sections.performance import regression_schema as schema, sentences
from reportgen.sections.performance.regression.findings import biased_bins, side
from reportgen.sections.performance.regression.tables import span
from reportgen.sections.performance.scoring import VALUES
from reportgen.sections.performance.sentences import first, opening, quantity
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.sections.performance.pair_schema import PairSpecs
    from reportgen.sections.performance.regression_schema import ValuePerformance
    from reportgen.sections.performance.schema import PerformanceResult
    from reportgen.sections.performance.sentences import Parts

_SCORES = (
    (schema.MAE, schema.MAE_PAIRS),
    *((one.score, one.pairs) for one in (schema.CRPS_SCORES, schema.PINBALL_SCORES)),
)
"""The scores that a candidate is compared with its baseline in, and the differences of them."""
_NAMED = 3
"""Maximum number of values that a sentence names."""


def statements(result: PerformanceResult, view: View) -> Iterator[Statement]:
    """Yield the statements about every value: of the candidate, or in a comparison of all models."""
    yield from sentences.of_heads(result, view, VALUES, _about)
    own = [one for one in result.values if one.model == view.decision.candidate]
    if own:
        yield _weakness(result, max(own, key=lambda one: _farthest_off(result, one)))
    if len(own) == 1:
        yield from _reach(result, own[0])
    else:
        yield from _reaches(result, own)


def _farthest_off(result: PerformanceResult, one: ValuePerformance) -> float:
    """Return the largest measurable bias in a range of predictions as a multiple of the RMSE; 0 without any."""
    rmse = result.find("rmse", one.model, one.subject).value
    return max((abs(found.bias) / required(rmse) for found in biased_bins(one)), default=0.0)


def _about(result: PerformanceResult, one: ValuePerformance, baseline: str | None) -> Iterator[Statement]:
    if baseline is None:
        yield _alone(result, one)
        return
    for score, specs in _SCORES:
        if sentences.compared(result, one, specs, baseline):
            yield _against(result, one, baseline, score, specs)


def _alone(result: PerformanceResult, one: ValuePerformance) -> Statement:
    """Say how large the errors are, and how much better than a constant the predictions."""
    mae, skill = (result.find(name, one.model, one.subject) for name in ("mae", "mae_skill"))
    parts: Parts = (*opening(one), "MAE ", quantity("mae", one, mae, interval=True))
    if skill.value is not None:
        less = skill.value >= 0
        share = quantity("mae_skill", one, skill.model_copy(update={"value": abs(skill.value)}))
        parts += (", ", share, f" {'less' if less else 'more'} than always predicting the median")
    return Statement(topic="difference", parts=(*parts, "."), test=mae.ci_method, n=mae.n)


def _against(
    result: PerformanceResult, one: ValuePerformance, baseline: str, score: MetricSpec, specs: PairSpecs
) -> Statement:
    """Say how large the errors of both models are, or their scores, and the difference."""
    own, other = (result.find(score.name, model, one.subject) for model in (one.model, baseline))
    scores: Parts = (
        f"{score.title if score.title.isupper() else first(one, score.title)} ",
        quantity(score.name, one, own),
        " against ",
        quantity(score.name, one, other, model=baseline),
    )
    return sentences.against(result, one, specs, baseline, scores)


def _weakness(result: PerformanceResult, one: ValuePerformance) -> Statement:
    """Say where the predictions are too high or too low: in the range that is farthest off, or altogether."""
    bias = result.find("bias", one.model, one.subject)
    known = bias.ci_low is not None and bias.ci_high is not None
    worst = max(biased_bins(one), key=lambda found: abs(found.bias), default=None)
    if worst is not None:
        size = formatting.number(abs(worst.bias), "")
        where = f"{first(one, 'Predictions')} of {span(worst.low, worst.high)} are too {side(worst.bias)} by {size} on average"
        words, rest = f"{where}; bias on all rows ", ""
    elif known and not required(bias.ci_low) <= 0 <= required(bias.ci_high):
        words, rest = f"{first(one, 'Predictions')} are too {side(required(bias.value))} on average: bias ", ""
    else:
        words, rest = f"{first(one, 'No')} measurable bias: ", ", nor in any range of predictions" if one.bins else ""
    parts = (*opening(one), words, quantity("bias", one, bias, interval=True), f"{rest}.")
    return Statement(topic="weakness", parts=parts, settled=known, test=bias.ci_method, n=bias.n)


def _reach(result: PerformanceResult, one: ValuePerformance) -> Iterator[Statement]:
    """Yield how wide an interval around a prediction must be, and how many other rows it covers."""
    width, covered = (result.find(name, one.model, one.subject) for name in ("half_width_90", "coverage_90"))
    if width.value is None or covered.value is None:
        return
    parts = (
        *opening(one),
        "Prediction ± ",
        quantity("half_width_90", one, width),
        f" should hold 90{formatting.THIN}% of new rows; it holds ",
        quantity("coverage_90", one, covered, interval=True),
        f" of {covered.n:,} rows that it was not made from.",
    )
    yield Statement(topic="confidence", parts=parts, test=covered.ci_method, n=covered.n)


def _reaches(result: PerformanceResult, own: Sequence[ValuePerformance]) -> Iterator[Statement]:
    """Yield how wide the intervals around several values must be."""
    widths = [(one, result.find("half_width_90", one.model, one.subject)) for one in own]
    known = [(one, width) for one, width in widths if width.value is not None]
    if not known:
        return
    parts: list[Quantity | str] = [f"Intervals that should hold 90{formatting.THIN}% of new rows: "]
    for one, width in known[:_NAMED]:
        parts += [f"{Subject(one.subject or '').name} ± ", quantity("half_width_90", one, width), ", "]
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    yield Statement(topic="confidence", parts=(*parts[:-1], f"{more}."), test=known[0][1].ci_method, n=known[0][1].n)
