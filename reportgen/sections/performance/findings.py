"""Rules of the performance section: thresholds, sentences, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.performance.schema import PerformanceResult

LOW_RECALL = 0.5
"""Convention; no literature value."""
FEW_EXAMPLES = 20
"""Convention; no literature value."""
SURE = 0.99
"""Convention; no literature value."""


def _fraction(value: float) -> str:
    return formatting.number(value, "fraction")


def not_measured(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models whose outputs could not be evaluated because they failed."""
    for one in result.named("accuracy"):
        if one.metric.status == "failed":
            yield Hit(one.model, f"No number of this model could be computed: {one.metric.reason}.", one.subject)


def worse_than_majority(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models whose accuracy is not above that of always saying the most frequent class."""
    for one in result.named("accuracy"):
        if one.metric.value is None or one.metric.ci_low is None:
            continue
        base = result.find("majority_accuracy", one.model, one.subject).value
        if base is not None and one.metric.ci_low <= base < 1:
            shown = formatting.metric(one.metric)
            yield Hit(
                one.model,
                f"Accuracy {shown.text} {shown.interval} is not distinguishable from, or below, the "
                f"{_fraction(base)} of always saying the most frequent class.",
                one.subject,
            )


def low_recall(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes of which, at the upper end of the interval, less than half are found."""
    for one in result.named("recall"):
        if one.metric.value is not None and one.metric.ci_high is not None and one.metric.ci_high < LOW_RECALL:
            yield Hit(
                one.model,
                f"Only {formatting.metric(one.metric).text} {formatting.interval(one.metric)} of the {one.metric.n:,} examples "
                "of this class are found: less than half.",
                one.subject,
            )


def never_predicted(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes that have examples and are never predicted."""
    for one in result.named("precision"):
        support = result.find("support", one.model, one.subject).value
        if one.metric.value is None and support:
            yield Hit(one.model, f"This class has {support:,} examples and is never predicted.", one.subject)


def few_examples(result: PerformanceResult) -> Iterator[Hit]:
    """Yield, once for each model, the classes with too few examples to judge."""
    for head in result.heads:
        counts = [sum(row) for row in head.confusion]
        few = [name for name, count in zip(head.class_names, counts, strict=True) if count < FEW_EXAMPLES]
        if few:
            listed = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")  # noqa: PLR2004
            yield Hit(
                head.model,
                f"{len(few)} of {len(head.class_names)} classes have fewer than {FEW_EXAMPLES} examples ({listed}): "
                "their recall is known only roughly.",
                head.subject,
            )


def confident_errors(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models with errors that they are almost certain of."""
    for head in result.heads:
        sure = [error for error in head.errors if error.confidence >= SURE]
        if sure:
            worst = sure[0]
            yield Hit(
                head.model,
                f"Among the most confident errors, {len(sure)} have a confidence of at least {_fraction(SURE)}; row "
                f"{worst.row} is called {worst.predicted} with {_fraction(worst.confidence)} but is {worst.true}.",
                head.subject,
            )


def indistinguishable(result: PerformanceResult) -> Iterator[Hit]:
    """Yield the best model when the data cannot tell others from it."""
    for tier in result.tiers:
        if tier.tied:
            names = formatting.listed(tier.tied)
            yield Hit(
                tier.best,
                f"It has the highest accuracy, but on these {result.n:,} rows {names} cannot be told from it: the paired "
                "95 % interval of the difference includes 0.",
                tier.subject,
            )


CONVENTION = "convention"

RULES: tuple[Rule[PerformanceResult], ...] = (
    Rule("PRF001", "problem", "Outputs could not be evaluated", "definition", not_measured),
    Rule(
        "PRF101",
        "problem",
        "No better than the majority class",
        "Wilks (2011), skill against a baseline",
        worse_than_majority,
    ),
    Rule("PRF201", "problem", "A class is never predicted", "definition", never_predicted),
    Rule("PRF202", "warning", "A class is mostly missed", CONVENTION, low_recall),
    Rule("PRF301", "warning", "Confident errors", CONVENTION, confident_errors),
    Rule("PRF401", "note", "The best model is not alone", "Newcombe (1998); Dror et al. (2018)", indistinguishable),
    Rule("PRF501", "note", "Classes with few examples", CONVENTION, few_examples),
)
