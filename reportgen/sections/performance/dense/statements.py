"""Statements about segmentation and sequence labeling: is the candidate better, how much is right, and where is it weak."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.statements import Statement
from reportgen.sections.performance import sentences
from reportgen.sections.performance.dense_schema import KINDS
from reportgen.sections.performance.scoring import POSITIONS
from reportgen.sections.performance.sentences import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.contract.subjects import Subject
    from reportgen.sections.performance.dense_schema import DensePerformance
    from reportgen.sections.performance.schema import PerformanceResult
    from reportgen.sections.performance.sentences import Parts

_TEST = ("", "Student's t of the paired difference")


def statements(result: PerformanceResult, view: View) -> Iterator[Statement]:
    """Yield the statements about every head: of the candidate, or in a comparison of all models."""
    return sentences.of_heads(result, view, POSITIONS, _about)


def _about(result: PerformanceResult, one: DensePerformance, baseline: str | None) -> Iterator[Statement]:
    yield _alone(result, one) if baseline is None else _against(result, one, baseline)
    yield from sentences.weakest(result, one, POSITIONS, baseline, partial(_found, result, one))


def _alone(result: PerformanceResult, one: DensePerformance) -> Statement:
    """Say the main score, the other one, and how many positions would be right without looking."""
    kind = KINDS[one.task]
    main, trivial = (result.find(name, one.model, one.subject) for name in (kind.main.name, "majority_accuracy"))
    parts = (
        *sentences.opening(one),
        f"{kind.main.title} ",
        quantity(kind.main.name, one, main, interval=True),
        *_second(result, one),
        f"; always predicting {one.majority_class} would be right for ",
        quantity("majority_accuracy", one, trivial),
        f" of the {kind.positions}.",
    )
    return Statement(topic="difference", parts=parts, test=main.ci_method, n=main.n)


def _second(result: PerformanceResult, one: DensePerformance, baseline: str | None = None) -> Parts:
    """Say the second score, and that of the baseline."""
    name = KINDS[one.task].second
    words = "pixel accuracy" if name == "pixel_accuracy" else "macro F1"
    found = result.find(name, one.model, one.subject)
    if found.value is None:
        return ()
    own = quantity(name, one, found)
    if baseline is None:
        return f"; {words} ", own
    other = result.find(name, baseline, one.subject)
    return f"; {words} ", own, " against ", quantity(name, one, other, model=baseline)


def _against(result: PerformanceResult, one: DensePerformance, baseline: str) -> Statement:
    """Say the main score of both models, the difference, and the second score."""
    scoring, main = POSITIONS.scoring(one), KINDS[one.task].main
    own, other = (result.find(main.name, model, one.subject) for model in (one.model, baseline))
    scores: Parts = (
        f"{main.title} ",
        quantity(main.name, one, own),
        " against ",
        quantity(main.name, one, other, model=baseline),
    )
    further = _second(result, one, baseline)
    return sentences.against(result, one, scoring.pair, baseline, scores, further, units=scoring.units, test=_TEST)


def _found(result: PerformanceResult, one: DensePerformance, own: Metric, part: Subject) -> Parts:
    """Say the score of a class, and how much of it is found."""
    kind, spec = KINDS[one.task], POSITIONS.scoring(one).of_class
    recall = result.find("recall", one.model, part)
    score = (f"{spec.title} ", quantity(spec.name, one, own, part, interval=True))
    if recall.value is None:
        return score
    return *score, ", ", quantity("recall", one, recall, part), f" of its {kind.positions} found"
