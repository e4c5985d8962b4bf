"""Rules of the performance section: thresholds, messages, sources."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import excludes_zero, required
from reportgen.metrics import simultaneous
from reportgen.metrics.confidence import SURE
from reportgen.sections.performance.by_class import of_class, ranked, support
from reportgen.sections.performance.dense import findings as dense
from reportgen.sections.performance.dense_schema import KINDS
from reportgen.sections.performance.judgments import (
    LOW_RECALL,
    SIGNIFICANT,
    Gain,
    missed,
    never_predicted,
    no_better,
    not_shown_better,
    rare,
)
from reportgen.sections.performance.multilabel import findings as multilabel
from reportgen.sections.performance.regression import findings as regression
from reportgen.sections.performance.regression_schema import RMSE
from reportgen.sections.performance.schema import ACCURACY, OVER_SEEDS
from reportgen.sections.performance.scoring import CLASSES, LABELS, MOST_LEADING, POSITIONS
from reportgen.sections.performance.tiers import told_apart
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance
    from reportgen.sections.performance.schema import HeadPerformance, PerformanceResult
    from reportgen.sections.performance.scoring import ClassesT, ClassFamily
    from reportgen.sections.performance.tiers import Tier

TESTED = " (paired differences, corrected for all pairs of models)"
"""How models were told apart."""
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


def _gains(result: PerformanceResult) -> Iterator[Gain]:
    """Yield by how much each head is more accurate than always predicting the most frequent class."""
    for head in result.heads:
        gain, majority = (
            result.find(name, head.model, head.subject) for name in ("accuracy_gain", "majority_accuracy")
        )
        if majority.value is None or majority.value >= 1:
            continue
        base = formatting.fraction(majority.value)
        same = f"It predicts {head.majority_class} on all {head.n:,} rows, which is right on {base} of them: do not ship it."
        yield Gain(
            head,
            gain,
            least=1 / head.n,
            same=same if head.only_majority else None,
            worse=f"Its accuracy minus the {base} of always predicting {head.majority_class} is {formatting.with_interval(gain)}: do not ship it.",
            undecided=f"{head.n:,} rows are too few to tell its accuracy from the {base} of always predicting {head.majority_class}: the difference "
            f"is {formatting.with_interval(gain)}. Evaluate it on more rows before you decide.",
        )


def worse_than_majority(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models that are less accurate than always predicting the most frequent class, or do just that."""
    return no_better(_gains(result))


def not_shown_better_than_majority(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models whose accuracy cannot be told from that of always predicting the most frequent class."""
    return not_shown_better(_gains(result))


def _counts(metric: Metric) -> str:
    """Return the counts behind a rate, where they say more than the rate: below 1,000 examples that weigh the same."""
    if metric.value is None or metric.n is None or metric.n >= MANY:
        return ""
    hits = round(metric.value * metric.n)
    return f" ({hits} of {metric.n})" if abs(hits - metric.value * metric.n) < _WHOLE else ""


def low_recall(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes whose recall is below one half even at the upper end of its interval."""
    where = (
        (result.heads, "The confusion matrix shows what they are predicted as."),
        (result.multilabel, "Its average precision tells whether a lower threshold would find them."),
    )
    for heads, look in where:
        for head in heads:
            yield from missed(result, head, partial(_missed, look))


def worse_on_a_class(result: PerformanceResult) -> Iterator[Hit]:
    """Yield candidates whose score of a class is measurably below that of their baseline, with the largest loss."""
    yield from _worse(result, CLASSES)
    yield from _worse(result, LABELS)
    yield from _worse(result, POSITIONS)


def _worse(result: PerformanceResult, family: ClassFamily[ClassesT]) -> Iterator[Hit]:
    """Yield the losses of heads of a family; the effect is the largest one as a multiple of its interval's reach."""
    for one in family.heads(result):
        scoring = family.scoring(one)
        differences = ranked(result, one, scoring.class_difference)
        told = told_apart(differences)
        lost = [name for name, metric in differences.items() if name in told and required(metric.value) < 0]
        if not lost:
            continue
        most = differences[lost[0]]
        others = f", also worse on {formatting.listed(lost[1:])}" if lost[1:] else ""
        yield Hit(
            one.model,
            f"{scoring.of_class.title} of class {lost[0]} differs from that of the baseline by {formatting.with_interval(most)}, beyond chance{others}: weigh what these "
            "errors cost before replacing it.",
            one.subject,
            effect=simultaneous.times_its_reach(required(most.value), most.ci_low, most.ci_high),
            n=most.n,
        )


def _missed(look: str, recall: Metric) -> str:
    return (
        f"Recall is {formatting.metric(recall).text} {formatting.interval(recall)}{_counts(recall)}: most examples of this class are missed. "
        f"{look}"
    )


def _with_classes(result: PerformanceResult) -> tuple[HeadPerformance | MultilabelPerformance, ...]:
    """Return all heads whose rows have classes."""
    return (*result.heads, *result.multilabel)


def class_never_predicted(result: PerformanceResult) -> Iterator[Hit]:
    """Yield classes that are never predicted although a recall of one half would have found an example of them."""
    for head in _with_classes(result):
        groups = head.class_groups or (None,) * len(head.class_names)
        examples = support(result, head)
        for (name, count), of_groups in zip(examples.items(), groups, strict=True):
            part = of_class(head, name)
            if count and result.find("precision", head.model, part).value is None:
                yield from never_predicted(head, part, count, of_groups, partial(_never, count))


def _never(examples: int, chance: float, among: str) -> str:
    return (
        f"None of its {examples:,} examples{among} is found: the model never predicts this class, and a model with a recall of "
        f"{formatting.fraction(LOW_RECALL)} would miss them all with a chance of {_chance(chance)}. Do not use it where this class matters."
    )


def _chance(value: float) -> str:
    return formatting.fraction(value) if value >= LEAST_CHANCE else f"less than {formatting.fraction(LEAST_CHANCE)}"


def few_examples(result: PerformanceResult) -> Iterator[Hit]:
    """Yield, once for each head, the classes with too few examples to judge; one of which no label is known has none."""
    for head in _with_classes(result):
        counts = [count or 0 for count in support(result, head).values()]
        consequence = "so their recall is a rough estimate: do not compare models by it"
        yield from rare(head, counts, ("has", "have"), "examples", consequence)


def confident_errors(result: PerformanceResult) -> Iterator[Hit]:
    """Yield models that make more errors with almost full confidence than a calibrated model would."""
    judged = [
        (head, head.sure, head.sure.p_value)
        for head in result.heads
        if head.sure is not None and head.sure.p_value is not None
    ]
    for head, sure, p_value in judged:
        if p_value <= SIGNIFICANT / len(judged):
            mean = formatting.fraction(1 - sure.expected / sure.rows)
            yield Hit(
                head.model,
                f"It is at least {100 * SURE:g}{formatting.THIN}% sure on {sure.rows:,} rows, {mean} on average, and wrong on {sure.errors:,} of them; a "
                f"calibrated model would be wrong on {formatting.expected(sure.expected)}: do not use its confidence to skip review.",
                head.subject,
                effect=sure.errors / sure.rows / (1 - SURE),
                n=sure.rows,
            )


def indistinguishable(result: PerformanceResult) -> Iterator[Hit]:
    """Yield the most accurate model where others are as accurate or not distinguishable from it; the effect is their number."""
    judged = [("accuracy", "highest", tier) for tier in result.tiers]
    judged += [("micro F1", "highest", tier) for tier in result.multilabel_tiers]
    judged += [("MAE", "lowest", tier) for tier in result.value_tiers]
    judged += [(_main_score(result, tier), "highest", tier) for tier in result.dense_tiers]
    for score, end, tier in judged:
        if tier.tied or tier.equal:
            shared = formatting.joined(tier.equal, MOST_LEADING)
            best = f"Its {score} and that of {shared} are the {end}" if tier.equal else f"Its {score} is the {end}"
            yield Hit(
                tier.best,
                f"{best}{_tied(tier)} on these {result.n:,} rows{TESTED if tier.tied else ''}: choose by other criteria, or evaluate on more rows.",
                tier.subject,
                effect=len(tier.tied) + len(tier.equal),
                n=result.n,
            )


def _tied(tier: Tier) -> str:
    """Return which models cannot be told from the best; of several best ones without another, that they are equal."""
    if not tier.tied:
        return " and equal"
    verb, them = "is" if len(tier.tied) == 1 else "are", "them" if tier.equal else "it"
    return f", but {formatting.listed(tier.tied)} {verb} not distinguishable from {them}"


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
            by = formatting.with_interval(found)
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
    Rule(
        "PRF201",
        "problem",
        "Class never predicted",
        "binomial bound, Bonferroni over the classes",
        class_never_predicted,
    ),
    Rule("PRF202", "warning", "Low class recall", CONVENTION, low_recall),
    Rule("PRF203", "warning", "Class worse than in the baseline", "Newcombe (1998); Holm (1979)", worse_on_a_class),
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
