"""Statements of the performance section: is the candidate better, and where is it weak."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import Statement, counted
from reportgen.sections.performance import ordinal, sentences, training_statements as training
from reportgen.sections.performance.dense import statements as dense
from reportgen.sections.performance.multilabel import statements as multilabel
from reportgen.sections.performance.regression import statements as regression
from reportgen.sections.performance.scoring import CLASSES
from reportgen.sections.performance.sentences import count, opening, out_of, quantity, rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.contract.subjects import Subject
    from reportgen.sections.performance.schema import HeadPerformance, PerformanceResult
    from reportgen.sections.performance.sentences import Parts

_TEST = ("McNemar ", "McNemar (1947), exact")
_MOST = 0.5
"""Share of the most frequent class above which a sentence says what always giving it would score. Convention."""
_TWO = 2
"""Number of classes of a head whose weakest class is described by its false alarms too."""


def statements(result: PerformanceResult, view: View) -> tuple[Statement, ...]:
    """Return the statements of every head: about the candidate, or in a comparison about all models."""
    of_tasks = (_of_classes, ordinal.statements, multilabel.statements, regression.statements, dense.statements)
    found = [one for statements_of in of_tasks for one in statements_of(result, view)]
    candidate = view.decision.candidate
    if candidate is not None:
        found += [*training.without_leaked(result, candidate), *training.of_gap(result, candidate)]
    return tuple(found)


def _of_classes(result: PerformanceResult, view: View) -> Iterator[Statement]:
    """Yield the statements about heads whose classes exclude each other."""
    return sentences.of_heads(result, view, CLASSES, _about)


def _about(result: PerformanceResult, head: HeadPerformance, baseline: str | None) -> Iterator[Statement]:
    if baseline is None:
        yield _alone(result, head)
    else:
        yield _against(result, head, baseline)
        yield from _no_better_than_trivial(result, head)
    yield from sentences.weakest(
        result, head, CLASSES, baseline, partial(_found, head), partial(_false_alarms, result, head)
    )


def _alone(result: PerformanceResult, head: HeadPerformance) -> Statement:
    """Say how many rows are right, and how many would be without looking."""
    accuracy, trivial = (result.find(name, head.model, head.subject) for name in ("accuracy", "majority_accuracy"))
    parts = (
        *opening(head),
        count("accuracy", head, accuracy),
        f"{out_of(accuracy)} right{rate(accuracy)}; always predicting {head.majority_class} would be right on ",
        count("majority_accuracy", head, trivial),
        ".",
    )
    return Statement(topic="difference", parts=parts, test=accuracy.ci_method, n=accuracy.n)


def _against(result: PerformanceResult, head: HeadPerformance, baseline: str) -> Statement:
    """Say how many rows each model gets right, and the difference."""
    own, other = (result.find("accuracy", model, head.subject) for model in (head.model, baseline))
    scores = (
        count("accuracy", head, own),
        f"{out_of(own)} right, {baseline} ",
        count("accuracy", head, other, model=baseline),
    )
    specs = CLASSES.scoring(head).pair
    return sentences.against(result, head, specs, baseline, scores, _mostly(result, head), test=_TEST)


def _mostly(result: PerformanceResult, head: HeadPerformance) -> Parts:
    """Say how many rows a model that always gives the same class gets right, where most rows are of one class."""
    trivial = result.find("majority_accuracy", head.model, head.subject)
    if required(trivial.value) <= _MOST:
        return ()
    number = count("majority_accuracy", head, trivial)
    return f"; always predicting {head.majority_class} would be right on ", number


def _found(head: HeadPerformance, own: Metric, part: Subject) -> Parts:
    """Say how many rows of a class are found."""
    return count("recall", head, own, part), f"{out_of(own)} found{rate(own)}"


def _false_alarms(result: PerformanceResult, head: HeadPerformance, part: Subject) -> Parts:
    """Say how many predictions of a class are wrong; only where there are two classes, where recall alone is not the weakness."""
    precision = result.find("precision", head.model, part)
    predicted = counted(precision)
    if len(head.class_names) > _TWO or predicted is None:
        return ()
    right, given = predicted
    verb = "is" if given - right == 1 else "are"
    start = f". Of {given:,} predictions of {part.name}, {given - right:,} {verb} wrong (precision "
    return start, quantity("precision", head, precision, part), ")"


def _no_better_than_trivial(result: PerformanceResult, head: HeadPerformance) -> Iterator[Statement]:
    """Say so where a model that always gives the most frequent class is right about as often: then accuracy shows nothing."""
    gain = result.find("accuracy_gain", head.model, head.subject)
    if gain.ci_low is None or gain.ci_low > 0:
        return
    trivial = result.find("majority_accuracy", head.model, head.subject)
    words = "worse" if required(gain.ci_high) < 0 else "not measurably better"
    parts = (
        *opening(head),
        f"Always predicting {head.majority_class} would be right on ",
        count("majority_accuracy", head, trivial),
        f"{out_of(trivial)}: ",
        quantity("accuracy_gain", head, gain).model_copy(update={"text": f"{head.model} is {words}"}),
        ".",
    )
    yield Statement(topic="weakness", parts=parts, settled=words == "worse", test=gain.ci_method, n=gain.n)
