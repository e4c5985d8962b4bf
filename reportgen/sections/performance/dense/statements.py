"""Statements about segmentation and sequence labeling: is the candidate better, how much is right, and where is it weak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import excludes_zero
from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison
from reportgen.sections.performance.dense import titles
from reportgen.sections.performance.dense.titles import of_class
from reportgen.sections.performance.tiers import not_told_from_the_best
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.dense_schema import DensePerformance, DenseResult
    from reportgen.sections.performance.tiers import Tier

LEVEL = 0.05
"""Of the test of a difference. Convention."""


def statements(result: DenseResult, view: View) -> Iterator[Statement]:
    """Yield the statements about every head: of the candidate, or in a comparison of all models."""
    candidate = view.decision.candidate
    if candidate is None:
        yield from (_ranking(result, tier) for tier in result.dense_tiers)
        return
    pair = view.decision.pair
    for one in result.dense:
        if one.model != candidate:
            continue
        baseline = None
        if pair is not None:
            versus = Subject.of("vs", pair[1], within=one.subject)
            compared = result.find_or_none(titles.kind(one).difference.name, one.model, versus)
            baseline = pair[1] if compared is not None and compared.value is not None else None
        yield _alone(result, one) if baseline is None else _against(result, one, baseline)
        yield from _weakest(result, one, baseline)


def _alone(result: DenseResult, one: DensePerformance) -> Statement:
    """Say the main score, the other one, and how many positions would be right without looking."""
    kind = titles.kind(one)
    main = result.find(kind.main.name, one.model, one.subject)
    parts = (
        *_opening(one),
        f"{kind.main.title} ",
        _quantity(kind.main.name, one, main, interval=True),
        *_second(result, one),
        f"; always answering {one.majority_class} would be right for ",
        _quantity("majority_accuracy", one, result.find("majority_accuracy", one.model, one.subject)),
        f" of the {kind.positions}.",
    )
    return Statement(topic="difference", parts=parts, test=main.ci_method, n=main.n)


def _second(result: DenseResult, one: DensePerformance, baseline: str | None = None) -> tuple[Quantity | str, ...]:
    """Say the second score, and that of the baseline."""
    name = titles.kind(one).second
    words = "pixel accuracy" if name == "pixel_accuracy" else "macro F1"
    found = result.find(name, one.model, one.subject)
    if found.value is None:
        return ()
    own = _quantity(name, one, found)
    if baseline is None:
        return (f"; {words} ", own)
    other = result.find(name, baseline, one.subject)
    return (f"; {words} ", own, " against ", _quantity(name, one, other, model=baseline))


def _against(result: DenseResult, one: DensePerformance, baseline: str) -> Statement:
    """Say the main score of both models, the difference, whether it could be luck, and the second score."""
    kind = titles.kind(one)
    own, other = (result.find(kind.main.name, model, one.subject) for model in (one.model, baseline))
    versus = Subject.of("vs", baseline, within=one.subject)
    difference, test = (result.find(spec.name, one.model, versus) for spec in (kind.difference, kind.p))
    sure = test.value is not None and test.value < LEVEL
    end: tuple[Quantity | str, ...] = (f"; not tested: {test.reason}",)
    if test.value is not None:
        few = f": too few {kind.units} to tell them apart{_needed(difference, kind.units)}"
        chance = Quantity(
            text=f"p {formatting.p_value(test.value)}", metric=kind.p.name, model=one.model, subject=versus
        )
        end = (f"{', unlikely to be luck' if sure else few} (", chance, ")")
    parts = (
        *_opening(one),
        f"{kind.main.title} ",
        _quantity(kind.main.name, one, own),
        " against ",
        _quantity(kind.main.name, one, other, model=baseline),
        ": ",
        Quantity(text=formatting.points(difference), metric=kind.difference.name, model=one.model, subject=versus),
        *end,
        *_second(result, one, baseline),
        ".",
    )
    return Statement(
        topic="difference", parts=parts, settled=sure, test=test.estimator, p_value=test.value, n=difference.n
    )


def _needed(difference: Metric, units: str) -> str:
    """Return how many units would settle a difference."""
    value, low, high, n = difference.value, difference.ci_low, difference.ci_high, difference.n
    if value is None or low is None or high is None or not n:
        return ""
    rows = comparison.n_to_settle(value, value - low if value > 0 else high - value, n)
    return ", and so would 10 times as many be" if rows is None else f", about {rows:,} {units} would"


def _weakest(result: DenseResult, one: DensePerformance, baseline: str | None) -> Iterator[Statement]:
    """Name the class with the lowest score, how much of it is found, and whether the baseline differs there."""
    kind = titles.kind(one)
    scores = titles.by_class(result, one, kind.of_class)
    if len(scores) < 2:  # noqa: PLR2004 the weakest of one says nothing
        return
    name, own = next(iter(scores.items()))
    part = of_class(one, name)
    parts: list[Quantity | str] = [
        *_opening(one),
        f"Weakest class {name}: {titles.score(one)} ",
        _quantity(kind.of_class, one, own, part, interval=True),
    ]
    recall = result.find("recall", one.model, part)
    if recall.value is not None:
        parts += [", ", _quantity("recall", one, recall, part), f" of its {kind.positions} found"]
    settled = True
    difference = result.find_or_none(kind.class_difference.name, one.model, part)
    if baseline is not None and difference is not None:
        settled = excludes_zero(difference)
        said = Quantity(
            text=formatting.points(difference), metric=kind.class_difference.name, model=one.model, subject=part
        )
        parts += [f"; against {baseline} ", *([said] if settled else ["too few to tell them apart"])]
    yield Statement(topic="weakness", parts=(*parts, "."), settled=settled, test=own.ci_method, n=own.n)


def _ranking(result: DenseResult, tier: Tier) -> Statement:
    """Name the model with the highest score, and those that are not told from it."""
    best = next(one for one in result.dense if (one.model, one.subject) == (tier.best, tier.subject))
    kind = titles.kind(best)
    main = result.find(kind.main.name, tier.best, tier.subject)
    others = sum((one.subject, one.task) == (tier.subject, best.task) for one in result.dense) - 1
    parts = (
        *_opening(best),
        f"{tier.best} has the highest {titles.called(kind.main)}: ",
        _quantity(kind.main.name, best, main, interval=True),
        f"; {not_told_from_the_best(tier, others)}.",
    )
    return Statement(
        topic="difference",
        parts=parts,
        settled=not (tier.tied or tier.untested),
        test=f"delta method, paired over {kind.units}; Holm (1979)",
        n=main.n,
    )


def _opening(one: DensePerformance) -> tuple[str, ...]:
    """Return the beginning of a sentence about one of several outputs."""
    return () if one.subject is None else (f"Output {Subject(one.subject).name}: ",)


def _quantity(
    name: str,
    one: DensePerformance,
    metric: Metric,
    part: Subject | None = None,
    *,
    model: str | None = None,
    interval: bool = False,
) -> Quantity:
    shown = formatting.metric(metric)
    text = f"{shown.text} {shown.interval}".rstrip() if interval else shown.text
    whole = None if one.subject is None else Subject(one.subject)
    return Quantity(text=text, metric=name, model=model or one.model, subject=part or whole)
