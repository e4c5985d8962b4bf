"""Statements about multilabel heads: is the candidate better, how many rows are right, and where is it weak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement, counted
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison
from reportgen.sections.performance.multilabel import titles
from reportgen.sections.performance.multilabel.titles import of_class
from reportgen.sections.performance.tiers import excludes_zero, not_told_from_the_best
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance, MultilabelResult
    from reportgen.sections.performance.tiers import Tier

LEVEL = 0.05
"""Of the test of a difference. Convention."""


def statements(result: MultilabelResult, view: View) -> Iterator[Statement]:
    """Yield the statements about every head: of the candidate, or in a comparison of all models."""
    candidate = view.decision.candidate
    if candidate is None:
        yield from (_ranking(result, tier) for tier in result.multilabel_tiers)
        return
    pair = view.decision.pair
    for one in result.multilabel:
        if one.model != candidate:
            continue
        baseline = None
        if pair is not None:
            versus = Subject.of("vs", pair[1], within=one.subject)
            compared = result.find_or_none("micro_f1_difference", one.model, versus)
            baseline = pair[1] if compared is not None and compared.value is not None else None
        yield _alone(result, one) if baseline is None else _against(result, one, baseline)
        yield from _weakest(result, one, baseline)


def _alone(result: MultilabelResult, one: MultilabelPerformance) -> Statement:
    """Say on how many rows every class is right, and the micro F1."""
    exact, micro = (result.find(name, one.model, one.subject) for name in ("exact_match", "micro_f1"))
    parts: list[Quantity | str] = [*_opening(one), "All classes right on ", *_rows(one, exact)]
    if micro.value is not None:
        parts += ["; micro F1 ", _quantity("micro_f1", one, micro, interval=True)]
    return Statement(topic="difference", parts=(*parts, "."), test=exact.ci_method, n=exact.n)


def _against(result: MultilabelResult, one: MultilabelPerformance, baseline: str) -> Statement:
    """Say the micro F1 of both models, the difference, whether it could be luck, and on how many rows every class is right."""
    own, other = (result.find("micro_f1", model, one.subject) for model in (one.model, baseline))
    versus = Subject.of("vs", baseline, within=one.subject)
    difference, test = (result.find(name, one.model, versus) for name in ("micro_f1_difference", "micro_f1_p"))
    sure = test.value is not None and test.value < LEVEL
    end: tuple[Quantity | str, ...] = (f"; not tested: {test.reason}",)
    if test.value is not None:
        words = ", unlikely to be luck" if sure else f": too few to tell them apart{_needed(difference)}"
        chance = f"p {formatting.p_value(test.value)}"
        end = (f"{words} (", Quantity(text=chance, metric="micro_f1_p", model=one.model, subject=versus), ")")
    exact, others = (result.find("exact_match", model, one.subject) for model in (one.model, baseline))
    parts = (
        *_opening(one),
        "Micro F1 ",
        _quantity("micro_f1", one, own),
        " against ",
        Quantity(text=formatting.metric(other).text, metric="micro_f1", model=baseline, subject=_subject(one)),
        ": ",
        Quantity(text=formatting.points(difference), metric="micro_f1_difference", model=one.model, subject=versus),
        *end,
        "; all classes right on ",
        _count(one.model, one, exact),
        " against ",
        _count(baseline, one, others),
        f"{_of(exact)}.",
    )
    named = test.estimator or "Student's t of the paired difference, corrected for skewness: Hall (1992)"
    return Statement(topic="difference", parts=parts, settled=sure, test=named, p_value=test.value, n=difference.n)


def _needed(difference: Metric) -> str:
    """Return how many rows would settle a difference."""
    value, low, high, n = difference.value, difference.ci_low, difference.ci_high, difference.n
    if value is None or low is None or high is None or not n:
        return ""
    rows = comparison.n_to_settle(value, value - low if value > 0 else high - value, n)
    return ", and so would 10 times as many be" if rows is None else f", about {rows:,} rows would"


def _weakest(result: MultilabelResult, one: MultilabelPerformance, baseline: str | None) -> Iterator[Statement]:
    """Name the class with the lowest F1, how often it is found, and whether the baseline differs there."""
    scores = titles.scores_of_examples(result, one)
    if len(scores) < 2:  # noqa: PLR2004 the weakest of one says nothing
        return
    name, own = next(iter(scores.items()))
    part = of_class(one, name)
    parts: list[Quantity | str] = [
        *_opening(one),
        f"Weakest class {name}: F1 ",
        _quantity("f1", one, own, part, interval=True),
    ]
    recall = result.find("recall", one.model, part)
    parts += [", ", _count(one.model, one, recall, "recall", part), f"{_of(recall)} found"]
    settled = True
    difference = result.find_or_none("f1_difference", one.model, part)
    if baseline is not None and difference is not None:
        settled = excludes_zero(difference)
        said = Quantity(text=formatting.points(difference), metric="f1_difference", model=one.model, subject=part)
        parts += [f"; against {baseline} "]
        parts += [said] if settled else ["too few to tell them apart"]
    yield Statement(topic="weakness", parts=(*parts, "."), settled=settled, test=own.ci_method, n=own.n)


def _ranking(result: MultilabelResult, tier: Tier) -> Statement:
    """Name the model with the highest micro F1, and those that are not told from it."""
    best = next(one for one in result.multilabel if (one.model, one.subject) == (tier.best, tier.subject))
    micro = result.find("micro_f1", tier.best, tier.subject)
    others = sum(one.subject == tier.subject for one in result.multilabel) - 1
    parts = (
        *_opening(best),
        f"{tier.best} has the highest micro F1: ",
        _quantity("micro_f1", best, micro, interval=True),
        f"; {not_told_from_the_best(tier, others)}.",
    )
    return Statement(
        topic="difference",
        parts=parts,
        settled=not (tier.tied or tier.untested),
        test="Hall (1992), paired over rows; Holm (1979)",
        n=micro.n,
    )


def _opening(one: MultilabelPerformance) -> tuple[str, ...]:
    """Return the beginning of a sentence about one of several outputs."""
    return () if one.subject is None else (f"Output {Subject(one.subject).name}: ",)


def _subject(one: MultilabelPerformance) -> Subject | None:
    return None if one.subject is None else Subject(one.subject)


def _quantity(
    name: str, one: MultilabelPerformance, metric: Metric, part: Subject | None = None, *, interval: bool = False
) -> Quantity:
    shown = formatting.metric(metric)
    text = f"{shown.text} {shown.interval}".rstrip() if interval else shown.text
    return Quantity(text=text, metric=name, model=one.model, subject=part or _subject(one))


def _rows(one: MultilabelPerformance, exact: Metric) -> tuple[Quantity | str, ...]:
    """Return a share of rows as a count, with the share and its interval."""
    shown = formatting.metric(exact)
    rest = f" ({shown.text} {shown.interval})" if counted(exact) is not None else f" {shown.interval}"
    return _count(one.model, one, exact), f"{_of(exact)}{rest}".rstrip()


def _count(
    model: str, one: MultilabelPerformance, metric: Metric, name: str = "exact_match", part: Subject | None = None
) -> Quantity:
    """Return a share as a count where it is one."""
    of = counted(metric)
    text = formatting.metric(metric).text if of is None else f"{of[0]:,}"
    return Quantity(text=text, metric=name, model=model, subject=part or _subject(one))


def _of(metric: Metric) -> str:
    """Return what follows a count."""
    of = counted(metric)
    return "" if of is None else f" of {of[1]:,} rows"
