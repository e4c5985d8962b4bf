"""Statements about multilabel heads: is the candidate better, how many rows are right, and where is it weak."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.statements import Statement
from reportgen.sections.performance import sentences
from reportgen.sections.performance.scoring import LABELS
from reportgen.sections.performance.sentences import count, out_of, quantity, rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.contract.subjects import Subject
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance
    from reportgen.sections.performance.schema import PerformanceResult
    from reportgen.sections.performance.sentences import Parts

_TEST = ("", "Student's t of the paired difference, corrected for skewness: Hall (1992)")


def statements(result: PerformanceResult, view: View) -> Iterator[Statement]:
    """Yield the statements about every head: of the candidate, or in a comparison of all models."""
    return sentences.of_heads(result, view, LABELS, _about)


def _about(result: PerformanceResult, one: MultilabelPerformance, baseline: str | None) -> Iterator[Statement]:
    yield _alone(result, one) if baseline is None else _against(result, one, baseline)
    yield from sentences.weakest(result, one, LABELS, baseline, partial(_found, result, one))


def _alone(result: PerformanceResult, one: MultilabelPerformance) -> Statement:
    """Say on how many rows every class is right, and the micro F1."""
    exact, micro = (result.find(name, one.model, one.subject) for name in ("exact_match", "micro_f1"))
    parts: Parts = (
        *sentences.opening(one),
        "All classes right on ",
        count("exact_match", one, exact),
        f"{out_of(exact, 'rows')}{rate(exact)}",
    )
    if micro.value is not None:
        parts += ("; micro F1 ", quantity("micro_f1", one, micro, interval=True))
    return Statement(topic="difference", parts=(*parts, "."), test=exact.ci_method, n=exact.n)


def _against(result: PerformanceResult, one: MultilabelPerformance, baseline: str) -> Statement:
    """Say the micro F1 of both models, the difference, and on how many rows every class is right."""
    own, other = (result.find("micro_f1", model, one.subject) for model in (one.model, baseline))
    exact, others = (result.find("exact_match", model, one.subject) for model in (one.model, baseline))
    return sentences.against(
        result,
        one,
        LABELS.scoring(one).pair,
        baseline,
        ("Micro F1 ", quantity("micro_f1", one, own), " against ", quantity("micro_f1", one, other, model=baseline)),
        (
            "; all classes right on ",
            count("exact_match", one, exact),
            " against ",
            count("exact_match", one, others, model=baseline),
            out_of(exact, "rows"),
        ),
        test=_TEST,
    )


def _found(result: PerformanceResult, one: MultilabelPerformance, own: Metric, part: Subject) -> Parts:
    """Say the F1 of a class, and how often it is found."""
    recall = result.find("recall", one.model, part)
    found = (count("recall", one, recall, part), f"{out_of(recall, 'rows')} found")
    return "F1 ", quantity("f1", one, own, part, interval=True), ", ", *found
