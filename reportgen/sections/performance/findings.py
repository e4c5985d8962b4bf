"""Rules of the performance section: thresholds, messages, sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import excludes_zero, required
from reportgen.contract.subjects import Subject
from reportgen.metrics import simultaneous
from reportgen.metrics.confidence import SURE
from reportgen.sections.performance.dense import findings as dense
from reportgen.sections.performance.dense_schema import KINDS
from reportgen.sections.performance.multilabel import findings as multilabel
from reportgen.sections.performance.regression import findings as regression
from reportgen.sections.performance.regression.schema import RMSE
from reportgen.sections.performance.schema import ACCURACY, OVER_SEEDS
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance
    from reportgen.sections.performance.schema import HeadPerformance, PerformanceResult
    from reportgen.sections.performance.tiers import Tier

LOW_RECALL = 0.5
"""Convention; no literature value."""
FEW_EXAMPLES = 20
"""Convention; no literature value."""
SIGNIFICANT = 0.05
"""Chance of a false alarm in a report: of confident errors, and of a class that is never predicted. Convention."""
LEAST_CHANCE = 0.001
"""Smallest chance that is written as a number."""
_WHOLE = 1e-6
"""How close a rate times n is to a count if it is one; that of weighted examples is not."""
MANY = 1000
"""Examples from which on a rate is given without its counts. Convention."""


def not_measured(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models whose outputs could not be evaluated because they failed: no number, so no effect."""
    for name in ("accuracy", "hamming_loss", "mae", *(kind.main.name for kind in KINDS.values())):
        for one in result.named(name):
            if one.metric.status == "failed":
                yield Hit(
                    one.model,
                    f"No metric could be computed: {one.metric.reason}. Fix the outputs before judging it.",
                    one.subject,
                )


def worse_than_majority(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models that are less accurate than always predicting the most frequent class, or do just that.

    The effect is the difference as a multiple of its interval's reach; a model that does just that has no difference, so no
    effect.
    """
    for head in result.heads:
        gain = result.find("accuracy_gain", head.model, head.subject)
        base = result.find("majority_accuracy", head.model, head.subject).value
        if base is None or base >= 1:
            continue
        if head.only_majority:
            yield Hit(
                head.model,
                f"It predicts {head.majority_class} on all {head.n:,} rows, which is right on {formatting.fraction(base)} of them: do not "
                "ship it.",
                head.subject,
                n=head.n,
            )
        elif gain.ci_high is not None and gain.ci_high < 0:
            yield Hit(
                head.model,
                f"Its accuracy minus the {formatting.fraction(base)} of always predicting {head.majority_class} is "
                f"{formatting.points(gain)}: do not ship it.",
                head.subject,
                effect=simultaneous.times_its_reach(gain.value, gain.ci_low, gain.ci_high),
                n=gain.n,
            )


def not_shown_better_than_majority(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models whose accuracy cannot be told from that of always predicting the most frequent class.

    The effect is the reach of the interval as a multiple of the difference, or of one row where that is smaller: how far the
    rows are from being enough.
    """
    for head in result.heads:
        gain = result.find("accuracy_gain", head.model, head.subject)
        base = result.find("majority_accuracy", head.model, head.subject).value
        if base is None or base >= 1 or head.only_majority or gain.ci_low is None or gain.ci_high is None:
            continue
        if gain.ci_low <= 0 <= gain.ci_high:
            value = required(gain.value)
            reach = value - gain.ci_low if value > 0 else gain.ci_high - value
            yield Hit(
                head.model,
                f"{head.n:,} rows are too few to tell its accuracy from the {formatting.fraction(base)} of always predicting "
                f"{head.majority_class}: the difference is {formatting.points(gain)}. Evaluate "
                "it on more rows before you decide.",
                head.subject,
                effect=reach / max(abs(value), 1 / head.n),
                n=gain.n,
            )


def _counts(metric: Metric) -> str:
    """Return the counts behind a rate, where they say more than the rate: below 1,000 examples that weigh the same."""
    if metric.value is None or metric.n is None or metric.n >= MANY:
        return ""
    hits = round(metric.value * metric.n)
    return f" ({hits} of {metric.n})" if abs(hits - metric.value * metric.n) < _WHOLE else ""


def low_recall(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes whose recall is below one half even at the upper end of its interval."""
    of_positions = {(head.model, head.subject) for head in result.dense}
    for one in result.named("recall"):
        if (one.model, None if one.subject is None else one.subject.outer) in of_positions:
            continue
        if one.metric.value is not None and one.metric.ci_high is not None and one.metric.ci_high < LOW_RECALL:
            yield Hit(
                one.model,
                f"Recall is {formatting.metric(one.metric).text} {formatting.interval(one.metric)}{_counts(one.metric)}: most "
                f"examples of this class are missed. {_where_to_look(result, one)}",
                one.subject,
                effect=(1 - one.metric.value) / (1 - LOW_RECALL),
                n=one.metric.n,
            )


def _where_to_look(result: PerformanceResult, one: Measurement) -> str:
    """Return what shows more about a class that is missed."""
    head = None if one.subject is None else one.subject.outer
    if any((found.model, found.subject) == (one.model, head) for found in result.multilabel):
        return "Its average precision tells whether a lower threshold would find them."
    return "The confusion matrix shows what they are predicted as."


def _with_classes(result: PerformanceResult) -> tuple[HeadPerformance | MultilabelPerformance, ...]:
    """Return all heads that have classes."""
    return (*result.heads, *result.multilabel)


def never_predicted(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes that are never predicted although a recall of one half would have found an example of them.

    With that recall all of n examples are missed with a chance of at most 0.5^n; over the classes of a head 5 %. The examples of a
    group may all be missed together: then n are the groups. The effect is n as a multiple of those that this needs.
    """
    heads = _with_classes(result)
    classes = {(head.model, head.subject): len(head.class_names) for head in heads}
    grouped = {
        (head.model, str(Subject.of("class", name, within=head.subject))): groups
        for head in heads
        for name, groups in zip(head.class_names, head.class_groups or (), strict=head.class_groups is not None)
    }
    for one in result.named("precision"):
        support = result.find("support", one.model, one.subject).value
        head = one.subject.rpartition("/")[0] or None if one.subject else None
        if one.metric.value is not None or not support or (one.model, head) not in classes:
            continue
        groups = grouped.get((one.model, str(one.subject)))
        count = support if groups is None else groups
        chance = (1 - LOW_RECALL) ** count
        needed = math.log(SIGNIFICANT / classes[one.model, head]) / math.log(1 - LOW_RECALL)
        if count >= needed:
            yield Hit(
                one.model,
                f"None of its {support:,} examples{_in_groups(groups)} is found: the model never predicts this class, and a model with a recall of "
                f"{formatting.fraction(LOW_RECALL)} would miss them all with a chance of {_chance(chance)}. Do not use it where this class matters.",
                one.subject,
                effect=support / needed,
                n=int(support),
            )


def _in_groups(groups: int | None) -> str:
    return "" if groups is None else f" in {groups:,} groups"


def _chance(value: float) -> str:
    return formatting.fraction(value) if value >= LEAST_CHANCE else f"less than {formatting.fraction(LEAST_CHANCE)}"


def few_examples(result: PerformanceResult) -> Iterator[Hit]:
    """Yield, once for each model, the classes with too few examples to judge.

    The effect is how many times the examples of the rarest class would be enough, counting at least one.
    """
    for head in _with_classes(result):
        counts = [_support(result, head, name) for name in head.class_names]
        few = [name for name, count in zip(head.class_names, counts, strict=True) if count < FEW_EXAMPLES]
        if few:
            listed = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")  # noqa: PLR2004
            yield Hit(
                head.model,
                f"{len(few)} of {len(head.class_names)} classes have fewer than {FEW_EXAMPLES} examples ({listed}), so their "
                "recall is a rough estimate: do not compare models by it.",
                head.subject,
                effect=FEW_EXAMPLES / max(min(counts), 1),
                n=head.n,
            )


def _support(result: PerformanceResult, head: HeadPerformance | MultilabelPerformance, name: str) -> int:
    """Return the number of examples of a class; 0 where no label of it is known."""
    found = result.find("support", head.model, Subject.of("class", name, within=head.subject)).value
    return 0 if found is None else int(found)


def confident_errors(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models that make more errors with almost full confidence than a calibrated model would."""
    judged = [
        (head, head.sure, head.sure.p_value)
        for head in result.heads
        if head.sure is not None and head.sure.p_value is not None
    ]
    for head, sure, p_value in judged:
        if p_value <= SIGNIFICANT / len(judged):
            yield Hit(
                head.model,
                f"It is at least {100 * SURE:g}{formatting.THIN}% sure on {sure.rows:,} rows and wrong on {sure.errors:,} of them; a "
                f"calibrated model would be wrong on {sure.expected:.1f}: do not use its confidence to skip review.",
                head.subject,
                effect=sure.errors / sure.rows / (1 - SURE),
                n=sure.rows,
            )


def indistinguishable(result: PerformanceResult) -> Iterator[Hit]:
    """Yield the most accurate model where others are not distinguishable from it; the effect is their number."""
    judged = [("accuracy is the highest", tier) for tier in result.tiers]
    judged += [("micro F1 is the highest", tier) for tier in result.multilabel_tiers]
    judged += [("MAE is the lowest", tier) for tier in result.value_tiers]
    judged += [(f"{_main_score(result, tier)} is the highest", tier) for tier in result.dense_tiers]
    for best, tier in judged:
        if tier.tied:
            names = formatting.listed(tier.tied)
            yield Hit(
                tier.best,
                f"Its {best}, but {names} {'is' if len(tier.tied) == 1 else 'are'} not distinguishable from it "
                f"on these {result.n:,} rows (paired differences, corrected for all pairs of models): choose by other criteria, "
                "or evaluate on more rows.",
                tier.subject,
                effect=len(tier.tied),
                n=result.n,
            )


def _main_score(result: PerformanceResult, tier: Tier) -> str:
    """Return the score by which segmentation or sequence labeling heads are compared."""
    task = next(one.task for one in result.dense if (one.model, one.subject) == (tier.best, tier.subject))
    return naming.in_a_sentence(KINDS[task].main.title)


def recipes_differ(result: PerformanceResult) -> Iterator[Hit]:
    """Yield pairs of recipes whose accuracy or RMSE differs by more than the seeds and the rows explain.

    The effect is the difference as a multiple of its interval's reach.
    """
    for over in OVER_SEEDS:
        if over.score not in {ACCURACY, RMSE}:
            continue
        for one in result.named(over.difference.name):
            found = one.metric
            if found.value is None or not excludes_zero(found):
                continue
            by = formatting.points(found) if over.score is ACCURACY else formatting.metric(found).text
            yield Hit(
                one.model,
                f"The {naming.in_a_sentence(over.score.title)} of the first recipe minus that of the second is {by} over {found.estimator}: more than "
                "training noise and the choice of rows explain.",
                one.subject,
                effect=simultaneous.times_its_reach(found.value, found.ci_low, found.ci_high),
                n=found.n,
            )


CONVENTION = "convention"

RULES: tuple[Rule[PerformanceResult], ...] = (
    Rule("PRF001", "problem", "Outputs not evaluated", "definition", not_measured),
    Rule(
        "PRF101",
        "problem",
        "No better than the majority class",
        "Newcombe (1998), paired with the baseline",
        worse_than_majority,
    ),
    Rule(
        "PRF102",
        "note",
        "Not shown to be better than the majority class",
        "Newcombe (1998), paired with the baseline",
        not_shown_better_than_majority,
    ),
    Rule("PRF201", "problem", "Class never predicted", "binomial bound, Bonferroni over the classes", never_predicted),
    Rule("PRF202", "warning", "Low class recall", CONVENTION, low_recall),
    Rule("PRF301", "warning", "Confident errors", "Hoeffding (1956), Bonferroni over the models", confident_errors),
    Rule(
        "PRF401",
        "note",
        "Best model not statistically distinguishable",
        "Newcombe (1998); Holm (1979); Dror et al. (2018)",
        indistinguishable,
    ),
    Rule(
        "PRF402",
        "note",
        "Recipes differ",
        "Cornfield & Tukey (1956); Bonferroni over the pairs",
        recipes_differ,
    ),
    Rule("PRF501", "note", "Classes with few examples", CONVENTION, few_examples),
    Rule(
        "PRF111",
        "problem",
        "No better than a constant",
        "Wilks (2011); Hall (1992)",
        regression.no_better_than_a_constant,
    ),
    Rule(
        "PRF112",
        "note",
        "Not shown to be better than a constant",
        "Wilks (2011); Hall (1992)",
        regression.not_shown_better_than_a_constant,
    ),
    Rule(
        "PRF121",
        "problem",
        "No better than a constant answer",
        "Wilks (2011); Hall (1992)",
        multilabel.no_better_than_a_constant,
    ),
    Rule(
        "PRF122",
        "note",
        "Not shown to be better than a constant answer",
        "Wilks (2011); Hall (1992)",
        multilabel.not_shown_better_than_a_constant,
    ),
    Rule("PRF221", "warning", "Too many or too few classes predicted", CONVENTION, multilabel.wrong_number_of_classes),
    Rule(
        "PRF131",
        "problem",
        "No better than the majority class at every position",
        "delta method, paired with the baseline; Hall (1992)",
        dense.worse_than_majority,
    ),
    Rule(
        "PRF132",
        "note",
        "Not shown to be better than the majority class at every position",
        "delta method, paired with the baseline; Hall (1992)",
        dense.not_shown_better_than_majority,
    ),
    Rule(
        "PRF231",
        "problem",
        "Class never predicted at any position",
        "binomial bound over images or sequences, Bonferroni over the classes",
        dense.class_never_predicted,
    ),
    Rule("PRF232", "warning", "Class mostly missed", CONVENTION, dense.class_missed),
    Rule("PRF531", "note", "Classes in few images or sequences", CONVENTION, dense.class_in_few_units),
    Rule("PRF211", "warning", "Large bias", CONVENTION, regression.large_bias),
    Rule(
        "PRF212",
        "warning",
        "Biased in a range of predictions",
        "Hall (1992); Holm (1979); convention for the size",
        regression.biased_range,
    ),
    Rule(
        "PRF213",
        "note",
        "Errors grow with the prediction",
        "Bonett & Wright (2000); convention for the size",
        regression.errors_grow,
    ),
)
