"""Rules of the performance section: thresholds, messages, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.schema import PerformanceResult

LOW_RECALL = 0.5
"""Convention; no literature value."""
FEW_EXAMPLES = 20
"""Convention; no literature value."""
SURE = 0.99
"""Convention; no literature value."""
MANY = 1000
"""Examples from which on a rate is given without its counts. Convention."""


def _fraction(value: float) -> str:
    return formatting.number(value, "fraction")


def not_measured(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models whose outputs could not be evaluated because they failed."""
    for one in result.named("accuracy"):
        if one.metric.status == "failed":
            yield Hit(
                one.model,
                f"No metric could be computed: {one.metric.reason}. Fix the outputs before judging it.",
                one.subject,
            )


def worse_than_majority(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models whose accuracy is not above that of always predicting the most frequent class."""
    for one in result.named("accuracy"):
        if one.metric.value is None or one.metric.ci_low is None:
            continue
        base = result.find("majority_accuracy", one.model, one.subject).value
        if base is not None and one.metric.ci_low <= base < 1:
            shown = formatting.metric(one.metric)
            yield Hit(
                one.model,
                f"Accuracy {shown.text} {shown.interval} is not shown to exceed the {_fraction(base)} of always predicting the "
                "most frequent class: do not ship it on this evidence.",
                one.subject,
            )


def _counts(metric: Metric) -> str:
    """Return the counts behind a rate, where they say more than the rate: below 1,000 examples."""
    if metric.value is None or metric.n is None or metric.n >= MANY:
        return ""
    return f" ({round(metric.value * metric.n)} of {metric.n})"


def low_recall(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes whose recall is below one half even at the upper end of its interval."""
    for one in result.named("recall"):
        if one.metric.value is not None and one.metric.ci_high is not None and one.metric.ci_high < LOW_RECALL:
            yield Hit(
                one.model,
                f"Recall is {formatting.metric(one.metric).text} {formatting.interval(one.metric)}{_counts(one.metric)}: most "
                "examples of this class are missed. The confusion matrix shows what they are predicted as.",
                one.subject,
            )


def never_predicted(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes that have examples and are never predicted."""
    for one in result.named("precision"):
        support = result.find("support", one.model, one.subject).value
        if one.metric.value is None and support:
            yield Hit(
                one.model,
                f"None of its {support:,} examples is found: the model never predicts this class. Do not use it where this class matters.",
                one.subject,
            )


def few_examples(result: PerformanceResult) -> Iterator[Hit]:
    """Yield, once for each model, the classes with too few examples to judge."""
    for head in result.heads:
        counts = [sum(row) for row in head.confusion]
        few = [name for name, count in zip(head.class_names, counts, strict=True) if count < FEW_EXAMPLES]
        if few:
            listed = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")  # noqa: PLR2004
            yield Hit(
                head.model,
                f"{len(few)} of {len(head.class_names)} classes have fewer than {FEW_EXAMPLES} examples ({listed}), so their "
                "recall is a rough estimate: do not compare models by it.",
                head.subject,
            )


def confident_errors(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models that make errors with almost full confidence."""
    for head in result.heads:
        sure = [error for error in head.errors if error.confidence >= SURE]
        if sure:
            worst = sure[0]
            total = head.n - sum(row[index] for index, row in enumerate(head.confusion))
            least = "at least " if len(sure) == len(head.errors) < total else ""
            yield Hit(
                head.model,
                f"Its confidence is at least {100 * SURE:g}{formatting.THIN}% on {least}{len(sure)} of its {total:,} errors (row {worst.row}: "
                f"predicted {worst.predicted} at {_fraction(worst.confidence)}, labeled {worst.true}): do not use its "
                "confidence to skip review.",
                head.subject,
            )


def indistinguishable(result: PerformanceResult) -> Iterator[Hit]:
    """Yield the most accurate model where others are not distinguishable from it."""
    for tier in result.tiers:
        if tier.tied:
            names = formatting.listed(tier.tied)
            yield Hit(
                tier.best,
                f"Its accuracy is the highest, but {names} {'is' if len(tier.tied) == 1 else 'are'} not distinguishable from it "
                f"on these {result.n:,} rows (the paired 95 % interval of the difference includes 0): choose by other criteria, "
                "or evaluate on more rows.",
                tier.subject,
            )


CONVENTION = "convention"

RULES: tuple[Rule[PerformanceResult], ...] = (
    Rule("PRF001", "problem", "Outputs not evaluated", "definition", not_measured),
    Rule(
        "PRF101",
        "problem",
        "No better than the majority class",
        "Wilks (2011), skill against a baseline",
        worse_than_majority,
    ),
    Rule("PRF201", "problem", "Class never predicted", "definition", never_predicted),
    Rule("PRF202", "warning", "Low class recall", CONVENTION, low_recall),
    Rule("PRF301", "warning", "Confident errors", CONVENTION, confident_errors),
    Rule(
        "PRF401",
        "note",
        "Best model not statistically distinguishable",
        "Newcombe (1998); Dror et al. (2018)",
        indistinguishable,
    ),
    Rule("PRF501", "note", "Classes with few examples", CONVENTION, few_examples),
)
