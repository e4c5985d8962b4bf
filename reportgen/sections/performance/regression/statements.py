"""Statements about predicted values: is the candidate better, how far off is it, is it biased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison
from reportgen.sections.performance.regression import titles
from reportgen.sections.performance.regression.findings import biased_bins, side
from reportgen.sections.performance.regression.tables import span
from reportgen.sections.performance.tiers import not_told_from_the_best
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.regression.schema import RegressionResult, ValuePerformance
    from reportgen.sections.performance.tiers import Tier

LEVEL = 0.05
"""Of the test of a difference. Convention."""
_SCORES = (("mae", "MAE"), ("crps", "CRPS"), ("pinball_loss", "Pinball loss"))
"""The scores that a candidate is compared with its baseline in, and their names in a sentence."""
_NAMED = 3
"""Maximum number of models that a sentence names."""


def statements(result: RegressionResult, view: View) -> Iterator[Statement]:
    """Yield the statements about every value: of the candidate, or in a comparison of all models."""
    candidate = view.decision.candidate
    if candidate is None:
        yield from (_ranking(result, tier) for tier in result.value_tiers)
        return
    own = [one for one in result.values if one.model == candidate]
    pair = view.decision.pair
    for one in own:
        against = (
            []
            if pair is None
            else [_against(result, one, pair[1], *score) for score in _SCORES if _compared(result, one, pair[1], score)]
        )
        yield from against or [_alone(result, one)]
    if own:
        yield _weakness(result, max(own, key=lambda one: _farthest_off(result, one)))
    if len(own) == 1:
        yield from _reach(result, own[0])
    else:
        yield from _reaches(result, own)


def _farthest_off(result: RegressionResult, one: ValuePerformance) -> float:
    """Return the largest measurable bias in a range of predictions as a multiple of the RMSE; 0 without any."""
    rmse = result.find("rmse", one.model, one.subject).value
    return max((abs(found.bias) / required(rmse) for found in biased_bins(one)), default=0.0)


def _alone(result: RegressionResult, one: ValuePerformance) -> Statement:
    """Say how large the errors are, and how much better than a constant the predictions."""
    mae, skill = (result.find(name, one.model, one.subject) for name in ("mae", "mae_skill"))
    parts: list[Quantity | str] = [*_opening(one), "MAE ", _quantity("mae", one, mae, interval=True)]
    if skill.value is not None:
        less = skill.value >= 0
        share = _quantity("mae_skill", one, skill.model_copy(update={"value": abs(skill.value)}))
        parts += [", ", share, f" {'less' if less else 'more'} than always predicting the median"]
    return Statement(topic="difference", parts=(*parts, "."), test=mae.ci_method, n=mae.n)


def _compared(result: RegressionResult, one: ValuePerformance, baseline: str, score: tuple[str, str]) -> bool:
    """Return whether the difference in a score from the baseline was measured."""
    versus = Subject.of("vs", baseline, within=one.subject)
    return any(found.subject == versus for found in result.named(f"{_stem(score[0])}_difference", one.model))


def _stem(score: str) -> str:
    """Return the beginning of the names of the metrics of a pair."""
    return score.removesuffix("_loss")


def _against(result: RegressionResult, one: ValuePerformance, baseline: str, score: str, title: str) -> Statement:
    """Say how large the errors of both models are, or their scores, the difference, and whether it could be luck."""
    own, other = (result.find(score, model, one.subject) for model in (one.model, baseline))
    versus = Subject.of("vs", baseline, within=one.subject)
    of_difference, of_test = f"{_stem(score)}_difference", f"{_stem(score)}_p"
    difference, test = (result.find(name, one.model, versus) for name in (of_difference, of_test))
    sure = test.value is not None and test.value < LEVEL
    said = Quantity(text=titles.signed(difference), metric=of_difference, model=one.model, subject=versus)
    end: tuple[Quantity | str, ...] = (f"; not tested: {test.reason}.",)
    if difference.value == 0 and test.value == 1:
        end = (", the same on every row.",)
    elif test.value is not None:
        words = ", unlikely to be luck" if sure else f": too few to tell them apart{needed(difference)}"
        chance = Quantity(text=f"p {formatting.p_value(test.value)}", metric=of_test, model=one.model, subject=versus)
        end = (f"{words} (", chance, ").")
    parts = (
        *_opening(one),
        f"{title if title.isupper() else _first(one, title)} ",
        _quantity(score, one, own),
        " against ",
        Quantity(text=formatting.metric(other).text, metric=score, model=baseline, subject=_subject(one)),
        ": ",
        said,
        *end,
    )
    named = test.estimator or "Student's t, paired, corrected for skewness: Hall (1992)"
    return Statement(topic="difference", parts=parts, settled=sure, test=named, p_value=test.value, n=difference.n)


def needed(difference: Metric) -> str:
    """Return how many rows would settle a difference."""
    value, low, high, n = difference.value, difference.ci_low, difference.ci_high, difference.n
    if value is None or low is None or high is None or not n:
        return ""
    rows = comparison.n_to_settle(value, value - low if value > 0 else high - value, n)
    return ", and so would 10 times as many be" if rows is None else f", about {rows:,} rows would"


def _weakness(result: RegressionResult, one: ValuePerformance) -> Statement:
    """Say where the predictions are too high or too low: in the range that is farthest off, or altogether."""
    bias = result.find("bias", one.model, one.subject)
    known = bias.ci_low is not None and bias.ci_high is not None
    worst = max(biased_bins(one), key=lambda found: abs(found.bias), default=None)
    if worst is not None:
        size = formatting.number(abs(worst.bias), "")
        where = f"{_first(one, 'Predictions')} of {span(worst.low, worst.high)} are too {side(worst.bias)} by {size} on average"
        words, rest = f"{where}; bias on all rows ", ""
    elif known and not required(bias.ci_low) <= 0 <= required(bias.ci_high):
        words, rest = f"{_first(one, 'Predictions')} are too {side(required(bias.value))} on average: bias ", ""
    else:
        words, rest = f"{_first(one, 'No')} measurable bias: ", ", nor in any range of predictions" if one.bins else ""
    parts = (*_opening(one), words, _quantity("bias", one, bias, interval=True), f"{rest}.")
    return Statement(topic="weakness", parts=parts, settled=known, test=bias.ci_method, n=bias.n)


def _reach(result: RegressionResult, one: ValuePerformance) -> Iterator[Statement]:
    """Yield how wide an interval around a prediction must be, and how many other rows it covers."""
    width, covered = (result.find(name, one.model, one.subject) for name in ("half_width_90", "coverage_90"))
    if width.value is None or covered.value is None:
        return
    parts = (
        *_opening(one),
        "Prediction ± ",
        _quantity("half_width_90", one, width),
        f" should hold 90{formatting.THIN}% of new rows; it holds ",
        _quantity("coverage_90", one, covered, interval=True),
        f" of {covered.n:,} rows that it was not made from.",
    )
    yield Statement(topic="confidence", parts=parts, test=covered.ci_method, n=covered.n)


def _reaches(result: RegressionResult, own: Sequence[ValuePerformance]) -> Iterator[Statement]:
    """Yield how wide the intervals around several values must be."""
    widths = [(one, result.find("half_width_90", one.model, one.subject)) for one in own]
    known = [(one, width) for one, width in widths if width.value is not None]
    if not known:
        return
    parts: list[Quantity | str] = [f"Intervals that should hold 90{formatting.THIN}% of new rows: "]
    for one, width in known[:_NAMED]:
        parts += [f"{Subject(one.subject or '').name} ± ", _quantity("half_width_90", one, width), ", "]
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    yield Statement(topic="confidence", parts=(*parts[:-1], f"{more}."), test=known[0][1].ci_method, n=known[0][1].n)


def _ranking(result: RegressionResult, tier: Tier) -> Statement:
    """Name the model with the lowest MAE, and those that are not told from it."""
    best = next(one for one in result.values if (one.model, one.subject) == (tier.best, tier.subject))
    mae = result.find("mae", tier.best, tier.subject)
    others = sum(one.subject == tier.subject for one in result.values) - 1
    parts = (
        *_opening(best),
        f"{tier.best} has the lowest MAE: ",
        _quantity("mae", best, mae, interval=True),
        f"; {not_told_from_the_best(tier, others)}.",
    )
    return Statement(
        topic="difference",
        parts=parts,
        settled=not (tier.tied or tier.untested),
        test="Hall (1992), paired; Holm (1979)",
        n=mae.n,
    )


def _first(one: ValuePerformance, word: str) -> str:
    """Return the first word of a sentence, which may follow the name of an output."""
    return word if one.subject is None else word.lower()


def _opening(one: ValuePerformance) -> tuple[str, ...]:
    """Return the beginning of a sentence about one of several values."""
    return () if one.subject is None else (f"Output {Subject(one.subject).name}: ",)


def _subject(one: ValuePerformance) -> Subject | None:
    return None if one.subject is None else Subject(one.subject)


def _quantity(name: str, one: ValuePerformance, metric: Metric, *, interval: bool = False) -> Quantity:
    shown = formatting.metric(metric)
    text = f"{shown.text} {shown.interval}".rstrip() if interval else shown.text
    return Quantity(text=text, metric=name, model=one.model, subject=_subject(one))
