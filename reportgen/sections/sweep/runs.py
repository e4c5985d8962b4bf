"""The runs of a sweep: the models with parameters, what each row adds to their scores, and which of them failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.heads import MeasuredHead, MultilabelHead
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.metrics import comparison, density
from reportgen.metrics.spans import counts, each, number
from reportgen.sections.sweep import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.contract.params import Value
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.sections.sweep.schema import Score, SweepOptions


@dataclass(frozen=True)
class Run:
    """A model of the sweep.

    Attributes
    ----------
    head
        None for a model that was not evaluated.
    rows
        (N,) what each row adds to the score, which is their mean; None without a finite score.
    failed
        Why it counts as failed; None if it does not.
    """

    model: ModelEvaluation
    params: Mapping[str, Value]
    head: MeasuredHead[Any] | None = None
    rows: Values | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Group:
    """One output of all models of the sweep."""

    subject: str | None
    score: Score
    runs: tuple[Run, ...]


def swept(evaluation: Evaluation) -> tuple[list[ModelEvaluation], list[str]]:
    """Return the models with parameters, and the names of those that are earlier checkpoints of another: they are no runs."""
    named = [model for model in evaluation.models if evaluation.params.values.get(model.name)]
    last = {model.series: model.name for model in named if model.series is not None}
    own = [model for model in named if model.series is None or last[model.series] == model.name]
    return own, [model.name for model in named if model not in own]


def groups(
    evaluation: Evaluation, data: DataEvaluation, models: Sequence[ModelEvaluation], options: SweepOptions
) -> list[Group]:
    """Return every output of some models, with a score of all rows that is a mean over them."""
    params = evaluation.params.values
    found: dict[tuple[str | None, str], dict[str, Run]] = {}
    for model in models:
        for head in model.heads:
            run, score = _run(model, params[model.name], head, data, options)
            if score is not None:
                found.setdefault((model.subject(head), score.name), {})[model.name] = run
    return [
        Group(subject, schema.SCORES[name], tuple(_all(models, params, runs)))
        for (subject, name), runs in found.items()
    ]


def _all(
    models: Sequence[ModelEvaluation], params: Mapping[str, Mapping[str, Value]], runs: Mapping[str, Run]
) -> Iterator[Run]:
    """Yield a run for every model: those without the output failed."""
    for model in models:
        reason = f"not evaluated: {model.reason}" if model.reason is not None else _why_without(model)
        yield runs.get(model.name) or Run(model, params[model.name], failed=reason)


def _why_without(model: ModelEvaluation) -> str:
    return next((head.reason for head in model.heads if head.reason is not None), "it lacks this output")


def _run(
    model: ModelEvaluation,
    params: Mapping[str, Value],
    head: HeadEvaluation,
    data: DataEvaluation,
    options: SweepOptions,
) -> tuple[Run, Score | None]:
    outputs = head.outputs
    if isinstance(outputs, ClassificationOutputs):
        measured: MeasuredHead[Any] = MeasuredHead(model, head, outputs, data)
        score = schema.NLL if options.score == "nll" else schema.ACCURACY
        hits = each(lambda right: right.astype(np.float64), outputs.correct)
        rows: Values = outputs.nll if options.score == "nll" else hits
        run = Run(model, params, measured, rows)
        return _judged(run, _over_trivial(outputs, data), f"always predicting {_usual(head, outputs)}"), score
    if isinstance(outputs, MultilabelOutputs):
        labels = MultilabelHead(model, head, outputs, data)
        return Run(model, params, labels, labels.exact.astype(np.float64)), schema.EXACT
    if isinstance(outputs, RegressionOutputs):
        sizes = each(np.abs, outputs.errors)
        run = Run(model, params, MeasuredHead(model, head, outputs, data), sizes)
        median = density.quantiles(outputs.labels, [0.5])[0]
        usual = each(lambda label: np.abs(median - label), outputs.labels)
        gain = comparison.mean_difference(usual, sizes, weights=data.design.weights)
        return _judged(run, [gain], "always predicting the median"), schema.MAE
    return Run(model, params), None


def _usual(head: HeadEvaluation, outputs: ClassificationOutputs) -> str:
    return head.class_names[int(counts(outputs.labels, outputs.n_classes).argmax())]


def _over_trivial(outputs: ClassificationOutputs, data: DataEvaluation) -> list[Estimate | None]:
    """Return the gains in accuracy over the most frequent class, and in NLL over the class frequencies.

    Either is enough: where one class is frequent a good model need not be right more often, and a right one can be over-confident.
    """
    found = counts(outputs.labels, outputs.n_classes)
    usual = found.argmax()
    always = each(lambda label: label == usual, outputs.labels)
    table = comparison.discordance(outputs.correct, always, data.design.weights)
    prior = each(lambda label: -np.log(found[label] / found.sum()), outputs.labels)
    nll = comparison.mean_difference(prior, outputs.nll, weights=data.design.weights)
    return [comparison.accuracy_difference(table), nll]


def _judged(run: Run, gains: Sequence[Estimate | None], trivial: str) -> Run:
    """Return a run that failed if it has no finite score, or none of its gains over a trivial answer is measurable."""
    if run.rows is None or run.head is None or number(each(np.isfinite, run.rows)) < len(run.rows):
        return Run(run.model, run.params, run.head, failed="its score is not finite")
    design = run.head.design
    found = [design.estimate(gain) for gain in gains if gain is not None and np.isfinite(gain.value)]
    if not found or any(_is_gain(one) for one in found):
        return run
    return Run(run.model, run.params, run.head, run.rows, f"not measurably better than {trivial}")


def _is_gain(found: Estimate) -> bool:
    return found.value > 0 if found.low is None else found.low > 0
