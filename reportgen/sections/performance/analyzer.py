"""Computes the metrics of the performance section for every head and every pair of models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.heads import ClassifiedHead, MeasuredHead, comparable
from reportgen.contract.needs import Need
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.contract.section import BaseAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import classification, comparison, intervals, ranking
from reportgen.sections.performance import schema
from reportgen.sections.performance.schema import (
    ConfidentError,
    ConfusedPairEntry,
    HeadPerformance,
    PerformanceOptions,
    PerformanceResult,
    Tier,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.evaluation import Evaluation


@dataclass(frozen=True)
class _Head(ClassifiedHead):
    """A head, its predictions at the threshold, and its confusion matrix."""

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        return classification.confusion_matrix(self.outputs.labels, self.outputs.predictions, self.outputs.n_classes)

    @cached_property
    def frequencies(self) -> NDArray[np.float64]:
        """Class frequencies of the evaluated labels."""
        if self.outputs.soft_labels is not None:
            return self.outputs.soft_labels.mean(axis=0)
        return self.confusion.sum(axis=1) / self.n


class PerformanceAnalyzer(BaseAnalyzer[PerformanceOptions, PerformanceResult]):
    """Measures accuracy and probabilistic scores, and tests the differences between models."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS})

    def threshold(self) -> float:
        """Request the threshold of the options."""
        return self.options.threshold

    def analyze(self, evaluation: Evaluation) -> PerformanceResult:
        """Compute the metrics of every head, then compare the models head by head."""
        data = evaluation.data
        if data is None:
            message = "performance needs data"
            raise ValueError(message)
        subjects = [_Head(*one, data) for one in evaluation.heads(ClassificationOutputs)]
        measurements: list[Measurement] = []
        for subject in subjects:
            measurements += [*_whole(subject), *_per_class(subject)]
        for one in evaluation.heads(RegressionOutputs):
            measurements += _regression(MeasuredHead(*one, data))
        pairwise, tiers = _compare(subjects)
        return PerformanceResult(
            measurements=(*measurements, *pairwise),
            split=data.split,
            n=data.n,
            heads=tuple(self._shown(subject) for subject in subjects),
            tiers=tuple(tiers),
            options=self.options,
        )

    def _shown(self, subject: _Head) -> HeadPerformance:
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
            majority_class=names[int(subject.confusion.sum(axis=1).argmax())],
        )


def _confident_errors(subject: _Head, limit: int) -> tuple[ConfidentError, ...]:
    names, outputs = subject.head.class_names, subject.outputs
    wrong = np.flatnonzero(~outputs.correct)
    order = wrong[np.argsort(-outputs.confidence[wrong], kind="stable")][:limit]
    return tuple(
        ConfidentError(
            row=int(subject.data.rows[index]),
            true=names[outputs.labels[index]],
            predicted=names[outputs.predictions[index]],
            confidence=float(outputs.confidence[index]),
        )
        for index in order
    )


# ------------------------------------------------------------------------------------------------ of one head


def _whole(subject: _Head) -> Iterator[Measurement]:
    outputs, n = subject.outputs, len(subject.outputs.labels)
    accuracy = intervals.wilson(int(outputs.correct.sum()), n)
    nll, brier = intervals.mean(outputs.nll), intervals.mean(subject.brier)
    if accuracy is None or nll is None or brier is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    soft = "soft labels: compared with the most probable class" if outputs.soft_labels is not None else None
    yield subject.estimated(schema.ACCURACY, accuracy, caveat=soft)
    yield _bootstrapped(subject, schema.BALANCED_ACCURACY, classification.balanced_accuracy)
    yield _bootstrapped(subject, schema.MACRO_F1, classification.macro_f1)
    yield _top_k(subject)
    yield subject.estimated(schema.NLL, nll, caveat=_clipping(outputs))
    yield subject.estimated(schema.BRIER, brier, estimator=subject.brier_convention)
    yield from _ranking(subject)
    yield from _skills(subject, accuracy.value, nll.value, brier.value)


def _regression(one: MeasuredHead[RegressionOutputs]) -> Iterator[Measurement]:
    errors = one.outputs.errors
    for spec, estimate in (
        (schema.BIAS, intervals.mean(errors)),
        (schema.MAE, intervals.mean(np.abs(errors))),
        (schema.RMSE, intervals.root_mean_square(errors)),
    ):
        if estimate is not None:
            yield one.estimated(spec, estimate)


def _clipping(outputs: ClassificationOutputs) -> str | None:
    if not outputs.clipped_fraction:
        return None
    return f"from clipped probabilities: {outputs.clipped_fraction:.2%} of the labels had probability 0, so the true value is higher"


def _bootstrapped(subject: _Head, spec: MetricSpec, statistic: Any) -> Measurement:
    low, high = classification.bootstrap(statistic, subject.confusion, subject.data.seed)
    details: dict[str, Any] = {"ci_low": low, "ci_high": high, "ci_method": "bootstrap over examples, 1,000 draws"}
    return subject.measure(spec, float(statistic(subject.confusion)), n=len(subject.outputs.labels), **details)


def _top_k(subject: _Head) -> Measurement:
    n_classes = subject.outputs.n_classes
    k = schema.default_top_k(n_classes)
    if k >= n_classes:
        reason = f"with {n_classes} classes, the top {k} always contain the label"
        return schema.TOP_K_ACCURACY.missing(subject.model.name, "not_applicable", reason, subject=subject.subject())
    hits = intervals.wilson(int((subject.outputs.rank < k).sum()), len(subject.outputs.rank))
    if hits is None:
        return subject.insufficient(schema.TOP_K_ACCURACY, "no row was evaluated")
    return subject.estimated(schema.TOP_K_ACCURACY, hits, estimator=f"k = {k}")


def _ranking(subject: _Head) -> Iterator[Measurement]:
    if subject.binary:
        yield from _binary_ranking(subject)
    else:
        yield from _macro_ranking(subject)


def _binary_ranking(subject: _Head) -> Iterator[Measurement]:
    points = subject.outputs.one_vs_rest(1)
    counted = (points.scores, points.positives, points.negatives)
    estimator = "positive class" if points.exact else "positive class, from histograms with 2,048 bins"
    auc, precision = ranking.roc_auc(*counted), ranking.average_precision(*counted)
    if auc is None:
        reason = "the evaluated data contain only one class"
        yield subject.insufficient(schema.ROC_AUC, reason)
    else:
        yield subject.estimated(schema.ROC_AUC, auc, estimator=estimator)
    if precision is None:
        yield subject.insufficient(schema.AVERAGE_PRECISION, "the evaluated data contain no positive examples")
    else:
        low, high = ranking.average_precision_interval(*counted, subject.data.seed)
        details: dict[str, Any] = {
            "ci_low": low,
            "ci_high": high,
            "ci_method": "bootstrap over bins with equal numbers of positives, 1,000 draws",
        }
        n = len(subject.outputs.labels)
        yield subject.measure(schema.AVERAGE_PRECISION, precision, n=n, estimator=estimator, **details)


def _macro_ranking(subject: _Head) -> Iterator[Measurement]:
    outputs, n = subject.outputs, len(subject.outputs.labels)
    support = np.bincount(outputs.labels, minlength=outputs.n_classes)
    usable = np.flatnonzero((support > 0) & (support < n))
    if len(usable) == 0:
        yield subject.insufficient(schema.ROC_AUC, "the evaluated data contain only one class")
        yield subject.insufficient(schema.AVERAGE_PRECISION, "the evaluated data contain only one class")
        return
    left_out = outputs.n_classes - len(usable)
    caveat = f"{left_out} of {outputs.n_classes} classes have no examples and are left out" if left_out else None
    macro = "macro one-vs-rest"
    points = [outputs.one_vs_rest(int(index)) for index in usable] if outputs.logits is None else None
    if points is None:
        auc = ranking.macro_roc_auc(outputs.probability, outputs.labels, [int(index) for index in usable])
        precisions = [_exact_precision(outputs, int(index)) for index in usable]
        if auc is not None:
            yield subject.estimated(schema.ROC_AUC, auc, estimator=macro, caveat=caveat)
    else:
        macro = "macro one-vs-rest, from histograms with 2,048 bins"
        areas = [ranking.roc_auc(one.scores, one.positives, one.negatives) for one in points]
        value = float(np.mean([area.value for area in areas if area is not None]))
        yield subject.measure(schema.ROC_AUC, value, n=n, estimator=macro, caveat=caveat)
        precisions = [ranking.average_precision(one.scores, one.positives, one.negatives) for one in points]
    value = float(np.mean([precision for precision in precisions if precision is not None]))
    yield subject.measure(schema.AVERAGE_PRECISION, value, n=n, estimator=macro, caveat=caveat)


def _exact_precision(outputs: ClassificationOutputs, index: int) -> float | None:
    points = outputs.one_vs_rest(index)
    return ranking.average_precision(points.scores, points.positives, points.negatives)


def _skills(subject: _Head, accuracy: float, nll: float, brier: float) -> Iterator[Measurement]:
    frequencies, n = subject.frequencies, len(subject.outputs.labels)
    majority = float(subject.confusion.sum(axis=1).max() / n)
    occurring = frequencies[frequencies > 0]
    prior_nll = float(-(occurring * np.log(occurring)).sum())
    prior_brier = float(1 - (frequencies**2).sum())
    if subject.outputs.soft_labels is not None:
        prior_brier = float(((subject.outputs.soft_labels - frequencies) ** 2).sum(axis=1).mean())
    prior_brier = prior_brier / 2 if subject.binary else prior_brier
    yield subject.measure(schema.BASELINE, majority, n=n)
    for spec, value, reference, perfect in (
        (schema.ACCURACY_SKILL, accuracy, majority, 1.0),
        (schema.NLL_SKILL, nll, prior_nll, 0.0),
        (schema.BRIER_SKILL, brier, prior_brier, 0.0),
    ):
        skill = classification.skill(value, reference, perfect)
        if skill is None:
            yield subject.insufficient(spec, "there is only one class, so the baseline is perfect")
        else:
            yield subject.measure(spec, skill, n=n)


def _per_class(subject: _Head) -> Iterator[Measurement]:
    confusion = subject.confusion
    f1 = classification.f1(confusion)
    for index, name in enumerate(subject.head.class_names):
        part = Subject.of("class", name)
        hits = int(confusion[index, index])
        support, predicted = int(confusion[index].sum()), int(confusion[:, index].sum())
        precision, recall = intervals.wilson(hits, predicted), intervals.wilson(hits, support)
        if precision is None:
            yield subject.insufficient(schema.PRECISION, "the class was never predicted", part)
        else:
            yield subject.estimated(schema.PRECISION, precision, part)
        if recall is None:
            yield subject.insufficient(schema.RECALL, "the class has no examples", part)
        else:
            yield subject.estimated(schema.RECALL, recall, part)
        if np.isnan(f1[index]):
            yield subject.insufficient(schema.F1, "the class has no examples and was never predicted", part)
        else:
            yield subject.measure(schema.F1, float(f1[index]), part, n=support)
        yield subject.measure(schema.SUPPORT, support, part, n=support)


# ------------------------------------------------------------------------------------------------ of two models


def _compare(subjects: list[_Head]) -> tuple[list[Measurement], list[Tier]]:
    """Compare models that share a head, for every ordered pair."""
    measurements: list[Measurement] = []
    tiers = []
    for group in comparable(subjects):
        measurements += _pairs(group)
        tiers.append(_tier(group))
    return measurements, tiers


def _pairs(group: list[_Head]) -> Iterator[Measurement]:
    tables = {
        (first.model.name, second.model.name): comparison.discordance(first.outputs.correct, second.outputs.correct)
        for first, second in permutations(group, 2)
    }
    once = {frozenset(pair): comparison.mcnemar(table) for pair, table in tables.items()}
    adjusted = dict(zip(once, comparison.holm(list(once.values())), strict=True))
    for first, second in permutations(group, 2):
        pair = (first.model.name, second.model.name)
        part = Subject.of("vs", second.model.name)
        yield first.estimated(schema.ACCURACY_DIFFERENCE, comparison.accuracy_difference(tables[pair]), part)
        for spec, one, other in (
            (schema.NLL_DIFFERENCE, first.outputs.nll, second.outputs.nll),
            (schema.BRIER_DIFFERENCE, first.brier, second.brier),
        ):
            difference = comparison.mean_difference(one, other)
            if difference is not None:
                yield first.estimated(spec, difference, part)
        n = tables[pair].n
        yield first.measure(schema.MCNEMAR, once[frozenset(pair)], part, n=n)
        yield first.measure(schema.MCNEMAR_HOLM, adjusted[frozenset(pair)], part, n=n)


def _tier(group: list[_Head]) -> Tier:
    best = max(group, key=lambda subject: int(subject.outputs.correct.sum()))
    tied = []
    for other in group:
        difference = comparison.accuracy_difference(comparison.discordance(other.outputs.correct, best.outputs.correct))
        if other is not best and difference.high is not None and difference.high >= 0:
            tied.append(other.model.name)
    return Tier(subject=best.subject(), best=best.model.name, tied=tuple(tied))
