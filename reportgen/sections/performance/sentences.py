"""Sentences about heads of all tasks: the difference from the baseline, the weakest class, the best of several models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import excludes_zero, required
from reportgen.contract.statements import Quantity, Statement, counted
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison
from reportgen.sections.performance.by_class import of_class, ranked
from reportgen.sections.performance.tiers import not_told_from_the_best, told_apart
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.heads import OfHead
    from reportgen.contract.numbers import Metric
    from reportgen.contract.result import SectionResult
    from reportgen.sections.performance.by_class import Scored
    from reportgen.sections.performance.pair_schema import PairSpecs
    from reportgen.sections.performance.schema import PerformanceResult
    from reportgen.sections.performance.scoring import ClassesT, ClassFamily, ClassScoring, Family, ScoredT
    from reportgen.sections.performance.tiers import Tier

    Parts = tuple[Quantity | str, ...]

LEVEL = 0.05
"""Of the test of a difference. Convention."""
_SEVERAL = 2
"""Number of classes from which on there is a weakest one."""


# ------------------------------------------------------------------------------------------------ parts of a sentence


def opening(one: OfHead) -> tuple[str, ...]:
    """Return the beginning of a sentence about one of several outputs."""
    return () if one.subject is None else (f"Output {Subject(one.subject).name}: ",)


def first(one: OfHead, word: str) -> str:
    """Return the first word of a sentence, which may follow the name of an output."""
    return word if one.subject is None else word.lower()


def quantity(
    name: str,
    one: OfHead,
    metric: Metric,
    part: Subject | None = None,
    *,
    model: str | None = None,
    interval: bool = False,
) -> Quantity:
    """Return a number of a head, or of a part of it; ``model`` is another one that has the head."""
    shown = formatting.metric(metric)
    text = f"{shown.text} {shown.interval}".rstrip() if interval else shown.text
    return _at(name, one, text, part, model)


def count(name: str, one: OfHead, metric: Metric, part: Subject | None = None, *, model: str | None = None) -> Quantity:
    """Return a share as a count where it is one."""
    found = counted(metric)
    return _at(name, one, formatting.metric(metric).text if found is None else f"{found[0]:,}", part, model)


def _at(name: str, one: OfHead, text: str, part: Subject | None, model: str | None) -> Quantity:
    whole = None if one.subject is None else Subject(one.subject)
    return Quantity(text=text, metric=name, model=model or one.model, subject=part or whole)


def out_of(metric: Metric, units: str = "") -> str:
    """Return what follows a count: of how many."""
    found = counted(metric)
    return "" if found is None else f" of {found[1]:,} {units}".rstrip()


def rate(metric: Metric) -> str:
    """Return what follows a count: the share with its interval; after a share only the interval."""
    shown = formatting.metric(metric)
    if counted(metric) is None:
        return f" {shown.interval}".rstrip()
    return f" ({shown.text} {shown.interval})".replace(" )", ")")


def signed(metric: Metric) -> str:
    """Return a difference with its sign and interval; of shares in points."""
    plus = "+" if metric.unit != "signed fraction" and (metric.value or 0) > 0 else ""
    return f"{plus}{formatting.with_interval(metric)}"


# ------------------------------------------------------------------------------------------------ statements


def of_heads(
    result: PerformanceResult,
    view: View,
    family: Family[ScoredT],
    about: Callable[[PerformanceResult, ScoredT, str | None], Iterator[Statement]],
) -> Iterator[Statement]:
    """Yield the statements ``about`` each head of the candidate, with its baseline if they were compared; in a comparison the best models."""
    candidate, pair = view.decision.candidate, view.decision.pair
    if candidate is None:
        yield from (_ranking(result, tier, family) for tier in family.tiers(result))
        return
    for one in family.heads(result):
        if one.model == candidate:
            specs = family.scoring(one).pair
            yield from about(result, one, pair[1] if pair and compared(result, one, specs, pair[1]) else None)


def compared(result: SectionResult, one: OfHead, specs: PairSpecs, baseline: str) -> bool:
    """Return whether the difference from the baseline was measured."""
    difference = result.find_or_none(specs.difference.name, one.model, _versus(one, baseline))
    return difference is not None and difference.value is not None


def _versus(one: OfHead, baseline: str) -> Subject:
    return Subject.of("vs", baseline, within=one.subject)


def against(
    result: SectionResult,
    one: OfHead,
    specs: PairSpecs,
    baseline: str,
    scores: Parts,
    further: Parts = (),
    *,
    units: str = "rows",
    test: tuple[str, str] = ("", "Student's t, paired, corrected for skewness: Hall (1992)"),
) -> Statement:
    """Return the ``scores`` of both models, the difference, whether it could be luck, and what follows.

    ``test`` is its name before the p-value, and in full, where the measured p-value names none.
    """
    versus = _versus(one, baseline)
    difference, p_value = (result.find(spec.name, one.model, versus) for spec in (specs.difference, specs.p))
    sure = p_value.value is not None and p_value.value < LEVEL
    end: Parts = (f"; not tested: {p_value.reason}",)
    if difference.value == 0 and difference.ci_low is None and p_value.value == 1:
        end = (f", the same on every {units.removesuffix('s')}",)
    elif p_value.value is not None:
        few = "too few" if units == "rows" else f"too few {units}"
        words = ", unlikely to be luck" if sure else f": {few} to tell them apart"
        chance = f"p {formatting.p_value(p_value.value)}"
        named = test[0] if p_value.estimator is None else ""
        p = Quantity(text=chance, metric=specs.p.name, model=one.model, subject=versus)
        end = (f"{words} ({named}", p, f"){'' if sure else _needed(difference, units)}")
    said = Quantity(text=signed(difference), metric=specs.difference.name, model=one.model, subject=versus)
    return Statement(
        topic="difference",
        parts=(*opening(one), *scores, ": ", said, *end, *further, "."),
        settled=sure,
        test=p_value.estimator or test[1],
        p_value=p_value.value,
        n=difference.n,
    )


def _needed(difference: Metric, units: str) -> str:
    """Return how many rows would settle a difference."""
    value, low, high, n = difference.value, difference.ci_low, difference.ci_high, difference.n
    if value is None or low is None or high is None or not n:
        return ""
    rows = comparison.n_to_settle(value, value - low if value > 0 else high - value, n)
    return (
        ", and so would 10 times as many be"
        if rows is None
        else f", {formatting.estimate(rows)} {units} in all would do"
    )


def weakest(
    result: PerformanceResult,
    one: ClassesT,
    family: ClassFamily[ClassesT],
    baseline: str | None,
    found: Callable[[Metric, Subject], Parts],
    further: Callable[[Subject], Parts] = lambda _: (),
) -> Iterator[Statement]:
    """Name the class with the lowest score, ``found`` of it, the score of the baseline, whether they differ there, and what ``further`` is known."""
    scoring = family.scoring(one)
    scores = ranked(result, one, scoring.of_class)
    if len(scores) < _SEVERAL:
        return
    name, own = next(iter(scores.items()))
    part = of_class(one, name)
    parts: list[Quantity | str] = [*opening(one), f"Weakest class: {name}, ", *found(own, part)]
    settled = True
    difference = result.find_or_none(scoring.class_difference.name, one.model, part)
    if baseline is not None and difference is not None:
        settled = excludes_zero(difference)
        theirs = _beside(result, one, scoring, baseline, part)
        said = _difference(one, scoring, difference, part) if settled else "too few to tell"
        parts += [*theirs, said]
    parts += [*further(part), "."]
    yield Statement(topic="weakness", parts=tuple(parts), settled=settled, test=own.ci_method, n=own.n)
    if baseline is not None:
        yield from _worse(result, one, scoring, baseline, found, name)


def _worse(
    result: PerformanceResult,
    one: ClassesT,
    scoring: ClassScoring,
    baseline: str,
    found: Callable[[Metric, Subject], Parts],
    weakest_class: str,
) -> Iterator[Statement]:
    """Name the class on which the baseline is better by most, of those where it measurably is; not the weakest one, of which it is said."""
    differences = ranked(result, one, scoring.class_difference)
    told = told_apart(differences)
    lost = [name for name, metric in differences.items() if name in told and required(metric.value) < 0]
    others = [name for name in lost if name != weakest_class]
    if not others:
        return
    name, part = others[0], of_class(one, others[0])
    own = result.find(scoring.of_class.name, one.model, part)
    more = f"; also worse on {formatting.listed(others[1:])}" if others[1:] else ""
    parts = (
        *opening(one),
        f"{first(one, 'Worse')} than {baseline} on {name}: ",
        *found(own, part),
        *_beside(result, one, scoring, baseline, part),
        _difference(one, scoring, differences[name], part),
        f"{more}.",
    )
    yield Statement(topic="weakness", parts=parts, test=scoring.test, n=own.n)


def _beside(result: PerformanceResult, one: ClassesT, scoring: ClassScoring, baseline: str, part: Subject) -> Parts:
    """Return the score of the baseline on a class."""
    other = result.find(scoring.of_class.name, baseline, part)
    named = f", {baseline} " if scoring.counts else f", {baseline} {scoring.of_class.title} "
    return named, (count if scoring.counts else quantity)(scoring.of_class.name, one, other, part, model=baseline), ": "


def _difference(one: OfHead, scoring: ClassScoring, difference: Metric, part: Subject) -> Quantity:
    return Quantity(text=signed(difference), metric=scoring.class_difference.name, model=one.model, subject=part)


def _ranking(result: PerformanceResult, tier: Tier, family: Family[ScoredT]) -> Statement:
    """Name the best model, or all that have the best value, and those that are not told from them."""
    best = next(one for one in family.heads(result) if (one.model, one.subject) == (tier.best, tier.subject))
    scoring = family.scoring(best)
    main = result.find(scoring.main.name, tier.best, tier.subject)
    alike = sum((one.subject, family.scoring(one)) == (tier.subject, scoring) for one in family.heads(result))
    return Statement(
        topic="difference",
        parts=(
            *opening(best),
            f"{scoring.leads(tier.leaders)}: ",
            *score(scoring.main.name, best, main, counts=scoring.counts, each=bool(tier.equal)),
            f"{not_told_from_the_best(tier, alike - len(tier.leaders))}.",
        ),
        settled=tier.settled,
        test=scoring.test,
        n=main.n,
    )


def score(
    name: str, one: Scored, metric: Metric, part: Subject | None = None, *, counts: bool, each: bool = False
) -> Parts:
    """Return a score with its interval; as a count with the share where it ``counts`` rows.

    Of ``each`` of several models with the same score, whose intervals may differ, without it unless it counts.
    """
    word = " each" if each else ""
    if counts:
        return count(name, one, metric, part), f"{out_of(metric)}{word}{rate(metric)}"
    return quantity(name, one, metric, part, interval=not each), word
