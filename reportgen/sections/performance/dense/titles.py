"""What the figures of segmentation and sequence labeling say: titles and alt texts, computed from the numbers; and names of their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import excludes_zero, required
from reportgen.contract.subjects import Subject, about
from reportgen.sections.performance.dense_schema import KINDS
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.contract.numbers import Metric, MetricSpec
    from reportgen.sections.performance.dense_schema import DensePerformance, DenseResult, Kind
    from reportgen.sections.performance.tiers import Tier


def kind(one: DensePerformance) -> Kind:
    """Return the nouns and the metrics of its task."""
    return KINDS[one.task]


def called(spec: MetricSpec) -> str:
    """Return the title of a metric within a sentence; an abbreviation keeps its capitals."""
    return naming.in_a_sentence(spec.title)


def name(one: DensePerformance) -> str:
    """Return the model, and which of its outputs."""
    return about(one.model, one.subject)


def of_class(one: DensePerformance, label: str) -> Subject:
    """Return the subject of a class."""
    return Subject.of("class", label, within=one.subject)


def score(one: DensePerformance) -> str:
    """Return the name of the score of a class."""
    return "IoU" if kind(one).of_class == "iou" else "F1"


def by_class(result: DenseResult, one: DensePerformance, metric: str) -> dict[str, Metric]:
    """Return a metric of every class that has examples and a value, the lowest first."""
    units = dict(zip(one.class_names, one.class_units, strict=True))
    found = {label: result.find_or_none(metric, one.model, of_class(one, label)) for label in units if units[label]}
    known = {label: metric for label, metric in found.items() if metric is not None and metric.value is not None}
    return dict(sorted(known.items(), key=lambda item: required(item[1].value)))


def forest(one: DensePerformance, whole: Metric, baseline: str, better: Sequence[str], worse: Sequence[str]) -> str:
    """Return whose positions are better, over all classes and by class."""
    if not excludes_zero(whole):
        first = f"{name(one)} and {baseline} cannot be told apart by {called(kind(one).main)}"
    else:
        higher = "higher" if required(whole.value) > 0 else "lower"
        first = f"{name(one)} has a {higher} {called(kind(one).main)} than {baseline}"
    named = [f"{word} on {formatting.listed(found)}" for word, found in (("better", better), ("worse", worse)) if found]
    return f"{first}; {' and '.join(named)}" if named else f"{first}; no single class differs measurably"


def ranked(tier: Tier, main: MetricSpec) -> str:
    """Return which model is best, and which cannot be told from it."""
    part = "" if tier.subject is None else f" ({Subject(tier.subject).words})"
    rest = f", not distinguishable from {formatting.listed(tier.tied)}" if tier.tied else ""
    return f"{tier.best} has the highest {called(main)}{part}{rest}"


def classes(one: DensePerformance, scores: Mapping[str, Metric]) -> str:
    """Return the class with the lowest score."""
    lowest, metric = next(iter(scores.items()))
    return f"{name(one)} predicts {lowest} worst: {score(one)} {formatting.fraction(required(metric.value))}"


def classes_alt(one: DensePerformance, scores: Mapping[str, Metric]) -> str:
    """Return the range of the scores."""
    ends = list(scores.items())
    if not ends:
        return f"{name(one)} has no {score(one)} of a class."
    listed = " to ".join(
        f"{formatting.fraction(required(metric.value))} for {label}"
        for label, metric in dict([ends[0], ends[-1]]).items()
    )
    return f"{score(one)} by class of {name(one)}: from {listed}."


def confused(one: DensePerformance) -> tuple[str, str, float] | None:
    """Return the two classes with the largest share of a class's positions that are predicted as another, and this share; None without errors."""
    found = [
        (count / sum(row), true, called)
        for true, row in zip(one.class_names, one.confusion, strict=True)
        for called, count in zip(one.class_names, row, strict=True)
        if called != true and count
    ]
    if not found:
        return None
    share, true, predicted = max(found)
    return true, predicted, share


def confusion(heads: Sequence[DensePerformance]) -> str:
    """Return which classes the first model that has errors confuses most often."""
    pairs = [(pair, one) for one in heads if (pair := confused(one)) is not None]
    if not pairs:
        return "No class is predicted as another"
    (true, predicted, share), one = pairs[0]
    return f"{name(one)} predicts {formatting.fraction(share)} of the {kind(one).positions} of {true} as {predicted}"


def confusion_alt(one: DensePerformance) -> str:
    """Return the share of right positions, and the most frequent confusion."""
    right = sum(row[index] for index, row in enumerate(one.confusion))
    text = f"{name(one)}: {formatting.fraction(right / one.positions)} of {one.positions:,} {kind(one).positions} are on the diagonal"
    pair = confused(one)
    if pair is None:
        return f"{text}."
    return f"{text}; {formatting.fraction(pair[2])} of {pair[0]} are predicted as {pair[1]}."
