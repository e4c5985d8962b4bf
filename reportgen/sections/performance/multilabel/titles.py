"""What the figures of multilabel heads say: titles and alt texts, computed from the numbers; and names of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.subjects import Subject, about
from reportgen.sections.performance.tiers import excludes_zero
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance, MultilabelResult


def name(one: MultilabelPerformance) -> str:
    """Return the model, and which of its outputs."""
    return about(one.model, one.subject)


def of_class(one: MultilabelPerformance, label: str) -> Subject:
    """Return the subject of a class."""
    return Subject.of("class", label, within=one.subject)


def by_class(result: MultilabelResult, one: MultilabelPerformance, metric: str) -> dict[str, Metric]:
    """Return a metric of every class that has a value, the lowest first."""
    found = {label: result.find_or_none(metric, one.model, of_class(one, label)) for label in one.class_names}
    known = {label: metric for label, metric in found.items() if metric is not None and metric.value is not None}
    return dict(sorted(known.items(), key=lambda item: required(item[1].value)))


def scores_of_examples(result: MultilabelResult, one: MultilabelPerformance) -> dict[str, Metric]:
    """Return the F1 of every class that has examples, the lowest first: that of another one only says that it was predicted."""
    found = by_class(result, one, "f1")
    return {
        label: metric
        for label, metric in found.items()
        if result.find("support", one.model, of_class(one, label)).value
    }


def forest(
    one: MultilabelPerformance, whole: Metric, baseline: str, better: Sequence[str], worse: Sequence[str]
) -> str:
    """Return whose labels are better, on all classes and by class."""
    if not excludes_zero(whole):
        first = f"{name(one)} and {baseline} cannot be told apart over all classes"
    else:
        first = f"{name(one)} has a {'higher' if required(whole.value) > 0 else 'lower'} micro F1 than {baseline}"
    named = [f"{word} on {formatting.listed(found)}" for word, found in (("better", better), ("worse", worse)) if found]
    return f"{first}; {' and '.join(named)}" if named else f"{first}; no single class differs measurably"


def ranked(result: MultilabelResult, subject: str | None) -> str:
    """Return which model is best, and which cannot be told from it."""
    tier = next(one for one in result.multilabel_tiers if one.subject == subject)
    part = "" if subject is None else f" ({Subject(subject).words})"
    rest = f", not distinguishable from {formatting.listed(tier.tied)}" if tier.tied else ""
    return f"{tier.best} has the highest micro F1{part}{rest}"


def classes(one: MultilabelPerformance, scores: Mapping[str, Metric]) -> str:
    """Return the class with the lowest F1."""
    lowest, metric = next(iter(scores.items()))
    return f"{name(one)} predicts {lowest} worst: F1 {formatting.fraction(required(metric.value))}"


def classes_alt(one: MultilabelPerformance, scores: Mapping[str, Metric]) -> str:
    """Return the range of F1."""
    if not scores:
        return f"{name(one)} has no F1 of a class."
    ends = list(scores.items())
    listed = " to ".join(
        f"{formatting.fraction(required(metric.value))} for {label}"
        for label, metric in dict([ends[0], ends[-1]]).items()
    )
    return f"F1 by class of {name(one)}: from {listed}."
