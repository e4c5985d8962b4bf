"""Computes the metrics of the performance section for every head and every pair of models."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.constants import PERFECT
from reportgen.contract.heads import comparable
from reportgen.contract.needs import Need
from reportgen.contract.section import PerModelAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import classification, comparison, intervals, ranking
from reportgen.metrics.mapped import filled, taken
from reportgen.metrics.spans import Derived, most, number, total
from reportgen.sections.performance import gap, ordinal, recipes, schema, unseen
from reportgen.sections.performance.classified import Classified, class_groups, per_class
from reportgen.sections.performance.dense import analyzer as dense
from reportgen.sections.performance.measured import Heads, MeasuredModel, ShownHeads
from reportgen.sections.performance.multilabel import analyzer as multilabel
from reportgen.sections.performance.regression import analyzer as regression, distributions
from reportgen.sections.performance.rivals import Comparison, compare
from reportgen.sections.performance.schema import (
    ConfidentError,
    ConfidentRows,
    ConfusedPairEntry,
    HeadPerformance,
    PerformanceOptions,
    PerformanceResult,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.classification import ClassificationOutputs
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.comparison import Discordance
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.performance.tiers import Tier


class PerformanceAnalyzer(PerModelAnalyzer[PerformanceOptions, PerformanceResult, MeasuredModel]):
    """Measures accuracy and probabilistic scores, and tests the differences between models."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS})
    part = MeasuredModel

    def threshold(self) -> float:
        """Request the threshold of the options."""
        return self.options.threshold

    def of_model(self, evaluation: Evaluation) -> MeasuredModel:
        """Compute the metrics of every head of a model."""
        heads = Heads.of(evaluation)
        return MeasuredModel(
            classes=tuple(one for head in heads.classified for one in (*_whole(head), *per_class(head))),
            ordinal=tuple(one for head in heads.classified for one in ordinal.whole(head)),
            gap=tuple(gap.measured(evaluation)),
            values=tuple(one for head in heads.values for one in regression.whole(head)),
            distributions=tuple(one for head in heads.distributions for one in distributions.whole(head)),
            multilabel=tuple(one for head in heads.multilabel for one in multilabel.measured(head)),
            dense=tuple(one for head in heads.dense for one in dense.measured(head)),
            shown=ShownHeads(
                heads=tuple(map(self._shown, heads.classified)),
                values=tuple(map(regression.shown, heads.values)),
                multilabel=tuple(map(multilabel.shown, heads.multilabel)),
                dense=tuple(map(dense.shown, heads.dense)),
            ),
        )

    def joined(self, evaluation: Evaluation, parts: Sequence[MeasuredModel]) -> PerformanceResult:
        """Compare the models head by head."""
        heads, decision = Heads.of(evaluation), evaluation.decision
        pairwise, tiers = _compare(heads.classified, decision)
        of_values, value_tiers = regression.paired(heads.values, decision)
        of_labels, multilabel_tiers = multilabel.paired(heads.multilabel, decision)
        of_positions, dense_tiers = dense.paired(heads.dense, decision)
        seeds, entries = recipes.measured(
            [
                *(recipes.classified(one) for one in heads.classified if one.model.recipe is not None),
                *(recipes.regressed(one) for one in heads.values if one.model.recipe is not None),
                *(recipes.multilabeled(one) for one in heads.multilabel if one.model.recipe is not None),
            ]
        )
        values = zip((one for part in parts for one in part.shown.values), heads.values, strict=True)
        return PerformanceResult(
            measurements=(
                *(one for part in parts for one in part.classes),
                *unseen.of_classes(heads.classified, decision),
                *unseen.of_values(heads.values, decision),
                *unseen.of_distributions(heads.distributions, decision),
                *unseen.of_labels(heads.multilabel, decision),
                *unseen.of_positions(heads.dense, decision),
                *(one for part in parts for one in part.gap),
                *(one for part in parts for one in part.values),
                *of_values,
                *(one for part in parts for one in part.distributions),
                *distributions.paired(heads.distributions, decision),
                *(one for part in parts for one in part.ordinal),
                *ordinal.paired(heads.classified, decision),
                *(one for part in parts for one in part.multilabel),
                *of_labels,
                *(one for part in parts for one in part.dense),
                *of_positions,
                *pairwise,
                *seeds,
            ),
            split=heads.data.split,
            n=heads.data.n,
            heads=tuple(one for part in parts for one in part.shown.heads),
            tiers=tuple(tiers),
            values=tuple(regression.by_label(shown, one, heads.values, decision) for shown, one in values),
            value_tiers=tuple(value_tiers),
            multilabel=tuple(one for part in parts for one in part.shown.multilabel),
            multilabel_tiers=tuple(multilabel_tiers),
            dense=tuple(one for part in parts for one in part.shown.dense),
            dense_tiers=tuple(dense_tiers),
            recipes=entries,
            options=self.options,
        )

    def _shown(self, subject: Classified) -> HeadPerformance:
        names = subject.head.class_names
        pairs = classification.most_confused(subject.confusion, self.options.confused_pairs)
        return HeadPerformance(
            model=subject.model.name,
            subject=subject.subject(),
            task=subject.head.task.value,
            class_names=names,
            n=len(subject.outputs.labels),
            confusion=tuple(tuple(int(count) for count in row) for row in subject.confusion),
            pairs=tuple(
                ConfusedPairEntry(
                    true=names[pair.true], predicted=names[pair.predicted], count=pair.count, share=pair.share
                )
                for pair in pairs
            ),
            errors=_confident_errors(subject, self.options.confident_errors),
            sure=_confident_rows(subject),
            class_groups=class_groups(subject),
            majority_class=names[subject.constants.majority],
            only_majority=bool(subject.confusion[:, subject.constants.majority].sum() == subject.n),
        )


def _confident_errors(subject: Classified, limit: int) -> tuple[ConfidentError, ...]:
    names, outputs = subject.head.class_names, subject.outputs
    correct, confidence = outputs.correct, outputs.confidence
    sure = Derived(len(correct), lambda span: np.where(correct[span], -1.0, confidence[span]))
    order = [index for index in most(sure, limit) if not correct[index]]
    return tuple(
        ConfidentError(
            row=int(subject.data.rows[index]),
            true=names[outputs.labels[index]],
            predicted=names[outputs.predictions[index]],
            confidence=float(outputs.confidence[index]),
        )
        for index in order
    )


def _confident_rows(subject: Classified) -> ConfidentRows:
    found = subject.confident_errors()
    return ConfidentRows(rows=found.rows, errors=found.errors, expected=found.expected, p_value=found.p_value)


# ------------------------------------------------------------------------------------------------ of one head


def _whole(subject: Classified) -> Iterator[Measurement]:
    outputs = subject.outputs
    accuracy = intervals.proportion(outputs.correct, subject.design.weights)
    nll, brier = subject.mean_loss(outputs.nll), subject.mean_loss(subject.brier, subject.largest_brier)
    if accuracy is None or nll is None or brier is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    soft = "soft labels: compared with the most probable class" if outputs.soft_labels is not None else None
    yield subject.estimated(schema.ACCURACY, accuracy, caveat=soft)
    yield subject.estimated(schema.BALANCED_ACCURACY, subject.balanced_accuracy)
    yield subject.estimated(schema.MACRO_F1, subject.macro_f1)
    yield _top_k(subject)
    yield subject.estimated(schema.NLL, nll, caveat=_clipping(outputs))
    yield subject.estimated(schema.BRIER, brier, estimator=subject.brier_convention)
    yield from _ranking(subject)
    yield from _skills(subject)


def _clipping(outputs: ClassificationOutputs) -> str | None:
    if not outputs.clipped_fraction:
        return None
    return f"from clipped probabilities: {outputs.clipped_fraction:.2%} of the labels had probability 0, so the true value is higher"


def _top_k(subject: Classified) -> Measurement:
    k, n_classes = subject.top_k, subject.outputs.n_classes
    if k >= n_classes:
        reason = f"with {n_classes} classes, the top {k} always contain the label"
        return subject.not_applicable(schema.TOP_K_ACCURACY, reason)
    return subject.if_any(schema.TOP_K_ACCURACY, subject.top_k_accuracy, "no row was evaluated", estimator=f"k = {k}")


def _ranking(subject: Classified) -> Iterator[Measurement]:
    if subject.outputs.histogram is not None and subject.design.weights is not None:
        reason = "the rows are weighted, and of so many logits only counts in histograms are kept"
        for spec in (schema.ROC_AUC, schema.AVERAGE_PRECISION):
            yield subject.not_applicable(spec, reason)
    elif subject.binary:
        yield from _binary_ranking(subject)
    else:
        yield from _macro_ranking(subject)


def _binary_ranking(subject: Classified) -> Iterator[Measurement]:
    points = subject.outputs.one_vs_rest(1)
    weight = subject.design.weight if points.exact else 1.0
    counted = (points.scores, weight * points.positives, weight * points.negatives)
    auc, precision = ranking.roc_auc(*counted), ranking.average_precision(*counted)
    if auc is None or precision is None:
        yield from _one_class(subject)
        return
    bound = None
    if not points.exact:
        bound = ranking.area_bound(points.positives, points.negatives)
        auc, precision = (replace(one, contributions=None) for one in (auc, precision))
    yield from _curves(subject, "positive class", (auc, precision), bound)


def _one_class(subject: Classified) -> Iterator[Measurement]:
    for spec in (schema.ROC_AUC, schema.AVERAGE_PRECISION):
        yield subject.insufficient(spec, "the evaluated data contain only one class")


def _curves(
    subject: Classified, kind: str, found: tuple[Estimate, Estimate], bound: float | None, caveat: str | None = None
) -> Iterator[Measurement]:
    """Yield AUC and average precision; ``bound`` is the largest error of an AUC from histograms."""
    cells = "" if bound is None else ", from histograms with 2,048 cells"
    exact = "" if bound is None else f" (AUC exact within {bound:.2g})"
    for spec, estimate, note in zip(
        (schema.ROC_AUC, schema.AVERAGE_PRECISION), found, (cells + exact, cells), strict=True
    ):
        yield subject.estimated(spec, subject.approximated(estimate), estimator=kind + note, caveat=caveat)


def _macro_ranking(subject: Classified) -> Iterator[Measurement]:
    outputs = subject.outputs
    support = subject.confusion.sum(axis=1)
    usable = [int(index) for index in np.flatnonzero((support > 0) & (support < len(outputs.labels)))]
    left_out = outputs.n_classes - len(usable)
    caveat = f"{left_out} of {outputs.n_classes} classes have no examples and are left out" if left_out else None
    bound = None
    if outputs.logits is not None:
        rows = (outputs.probability, outputs.labels, usable, subject.design.weights)
        auc, precision = ranking.macro_roc_auc(*rows), ranking.macro_average_precision(*rows)
    else:
        auc, precision, bound = _from_histograms(outputs, usable)
    if auc is None or precision is None:
        yield from _one_class(subject)
    else:
        yield from _curves(subject, "macro one-vs-rest", (auc, precision), bound, caveat)


def _from_histograms(
    outputs: ClassificationOutputs, usable: list[int]
) -> tuple[Estimate | None, Estimate | None, float | None]:
    """Return macro AUC and average precision of all rows, with the intervals of the sampled ones, and the error bound of the AUC."""
    points = [outputs.one_vs_rest(index) for index in usable]
    if not points:
        return None, None, None
    rows, n = outputs.logit_sample_rows, len(outputs.labels)
    labels = outputs.labels[rows]

    def column(index: int) -> NDArray[np.float64]:
        sampled = outputs.logit_sample[:, index].astype(np.float64) - outputs.log_normalizer[rows]
        return np.exp(sampled)

    found = []
    for single, macro in (
        (ranking.roc_auc, ranking.macro_roc_auc),
        (ranking.average_precision, ranking.macro_average_precision),
    ):
        areas = [single(one.scores, one.positives, one.negatives) for one in points]
        value = float(np.mean([area.value for area in areas if area is not None]))
        found.append(ranking.rescaled(value, macro(column, labels, usable), n))
    bound = float(np.mean([ranking.area_bound(one.positives, one.negatives) for one in points]))
    return found[0], found[1], bound


def _skills(subject: Classified) -> Iterator[Measurement]:
    constants = subject.constants
    yield subject.measure(schema.BASELINE, constants.accuracy)
    yield subject.estimated(schema.ACCURACY_GAIN, constants.gain)
    skills = {spec.name: spec for spec in schema.SKILL}
    for name, found in constants.skills():
        yield subject.if_any(skills[name], found, PERFECT)


# ------------------------------------------------------------------------------------------------ of two models


def _compare(subjects: Sequence[Classified], decision: Decision) -> tuple[list[Measurement], list[Tier]]:
    """Compare models that share a head."""
    groups = comparable(subjects)
    how = Comparison(
        goodness=lambda one: total(one.outputs.correct, one.design.weights),
        difference=lambda first, second: comparison.accuracy_difference(_table(first, second)),
        p_value=_mcnemar,
        pair=_pair,
    )
    measurements, tiers = compare(groups, how, decision)
    return [*(one for group in groups for one in _by_role(group, decision)), *measurements], tiers


def _table(first: Classified, second: Classified) -> Discordance:
    return comparison.discordance(first.outputs.correct, second.outputs.correct, first.design.weights)


def _mcnemar(first: Classified, second: Classified) -> float | None:
    """Return the p-value of equal accuracies; None where there are too few groups for a test."""
    differences = comparison.apart(first.outputs.correct, second.outputs.correct)
    return first.design.p_value(differences, comparison.mcnemar(_table(first, second)))


def _pair(
    first: Classified, second: Classified, p_value: float | None, adjusted: float | None
) -> Iterator[Measurement]:
    """Yield the differences of two models; the p-values are the same both ways."""
    part = Subject.of("vs", second.model.name)
    table = _table(first, second)
    yield first.estimated(schema.ACCURACY_DIFFERENCE, comparison.accuracy_difference(table), part)
    wrong = first.wrong_of_either(second)
    for spec, one, other, largest in (
        (schema.NLL_DIFFERENCE, first.outputs.nll, second.outputs.nll, math.inf),
        (schema.BRIER_DIFFERENCE, first.brier, second.brier, first.largest_brier),
    ):
        difference = first.loss_apart(one, other, wrong, largest)
        if difference is not None:
            yield first.estimated(spec, difference, part)
    how = first.design.test("the paired difference")
    yield first.tested(schema.MCNEMAR, p_value, part, estimator=how)
    yield first.tested(schema.MCNEMAR_HOLM, adjusted, part, estimator=how)


def _by_role(group: list[Classified], decision: Decision) -> Iterator[Measurement]:
    """Yield the differences in recall between the candidate and its baseline, class by class."""
    of = {subject.model.name: subject for subject in group}
    if decision.pair is None or not of.keys() >= set(decision.pair):
        return
    candidate, baseline = (of[name] for name in decision.pair)
    for index, name in enumerate(candidate.head.class_names):
        labels = candidate.outputs.labels
        rows = filled(len(labels), np.bool_, lambda span, labels=labels, index=index: labels[span] == index)  # type: ignore[misc]
        if number(rows):
            design = candidate.design.take(rows)
            right, other = (taken(one.outputs.correct, rows) for one in (candidate, baseline))
            difference = comparison.accuracy_difference(comparison.discordance(right, other, design.weights))
            yield candidate.estimated(schema.RECALL_DIFFERENCE, difference, Subject.of("class", name), design)
