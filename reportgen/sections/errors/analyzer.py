"""Counts the errors of every head, and collects the rows that the gallery shows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from reportgen.contract.heads import ClassifiedHead, MeasuredHead, MultilabelHead
from reportgen.contract.needs import Need
from reportgen.contract.positions import DenseHead
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.dense import DenseOutputs
from reportgen.contract.records.examples import Examples
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.contract.section import BaseAnalyzer
from reportgen.metrics import errors
from reportgen.metrics.confidence import SURE
from reportgen.metrics.errors import Wrong
from reportgen.sections.errors import labels, positions, schema, values
from reportgen.sections.errors.content import content
from reportgen.sections.errors.schema import (
    Answer,
    ErrorRow,
    ErrorsOptions,
    ErrorsResult,
    HeadErrors,
    Scale,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.decision import Decision
    from reportgen.contract.galleries import Mark
    from reportgen.contract.heads import Target
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.examples import Example

_SEVERAL = 2


class _Head(ClassifiedHead):
    """A head and its errors."""

    @cached_property
    def wrong(self) -> Wrong:
        outputs = self.outputs
        return Wrong.of(outputs.predictions, outputs.labels, outputs.confidence)


class ErrorsAnalyzer(BaseAnalyzer[ErrorsOptions, ErrorsResult]):
    """Compares the errors of the models with the same head and labels."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS, Need.EXAMPLES})

    def analyze(self, evaluation: Evaluation) -> ErrorsResult:
        """Count the errors, and describe the rows to show."""
        data = evaluation.data
        if data is None:
            message = "errors needs data"
            raise ValueError(message)
        groups: dict[Target, list[_Head]] = {}
        for one in evaluation.heads(ClassificationOutputs):
            head = _Head(*one, data)
            groups.setdefault(head.target, []).append(head)
        examples = evaluation.examples or Examples(0, ())
        rows = {example.place: example for example in examples.rows}
        predicted = [MeasuredHead(*one, data) for one in evaluation.heads(RegressionOutputs)]
        units = [DenseHead.of(*one, data) for one in evaluation.heads(DenseOutputs)]
        several = [MultilabelHead(*one, data) for one in evaluation.heads(MultilabelOutputs)]
        return ErrorsResult(
            measurements=(
                *(measured for group in groups.values() for measured in _measured(group)),
                *(measured for one in predicted for measured in values.measured(one)),
                *(measured for one in several for measured in labels.measured(one)),
                *(measured for one in units for measured in positions.measured(one)),
            ),
            split=data.split,
            n=data.n,
            heads=tuple(_shown(group, examples.each, rows, evaluation.decision) for group in groups.values()),
            values=values.shown(predicted, examples.each, rows) if examples.each else (),
            multilabel=labels.shown(several, examples.each, rows) if examples.each else (),
            units=positions.shown(units, examples.each, rows) if examples.each else (),
            scales=tuple(Scale(input=one.input, black=one.black, white=one.white) for one in examples.scales),
            reference_rows=examples.reference_rows,
            options=self.options,
        )


def _measured(group: Sequence[_Head]) -> Iterator[Measurement]:
    counts = errors.counts([one.wrong for one in group], SURE)
    compared = (schema.SHARED_ERRORS, counts.shared), (schema.AGREED_ERRORS, counts.agreed)
    for one, own in zip(group, counts.alone, strict=True):
        yield one.measure(schema.ERRORS, one.n_errors)
        for spec, count in ((schema.OWN_ERRORS, own), *compared):
            yield one.measure(spec, count) if len(group) >= _SEVERAL else _alone(one, spec)
        sure = one.confident_errors()
        yield one.measure(schema.SURE_ERRORS, sure.errors, n=sure.rows)
        yield one.measure(schema.SURE_EXPECTED, sure.expected, n=sure.rows)
        yield one.tested(schema.SURE_P, sure.p_value, n=sure.rows, estimator=one.design.test("the excess of errors"))


def _alone(one: _Head, spec: MetricSpec) -> Measurement:
    reason = "no other model has this output and these labels"
    return spec.missing(one.model.name, "not_applicable", reason, subject=one.subject())


# ------------------------------------------------------------------------------------------------ rows


def _shown(group: Sequence[_Head], each: int, rows: dict[int, Example], decision: Decision) -> HeadErrors:
    wrong = [one.wrong for one in group]
    by_name = {one.model.name: index for index, one in enumerate(group)}
    candidate = by_name.get(decision.candidate or "")
    baseline = None if decision.pair is None else by_name.get(decision.pair[1])
    counts = errors.counts(wrong, SURE)
    chosen = errors.choose(wrong, each or schema.LISTED_WITHOUT_GALLERY, SURE)
    others = chosen.others if each else chosen.others[:0]
    return HeadErrors(
        subject=group[0].subject(),
        models=tuple(one.model.name for one in group),
        n_wrong=counts.wrong,
        n_agreed=counts.agreed,
        n_suspects=counts.suspects,
        n_candidate_suspects=None if candidate is None else errors.n_suspects_of(wrong, candidate, SURE),
        n_fixed=None if candidate is None or baseline is None else errors.n_fixed(wrong[candidate], wrong[baseline]),
        suspects=tuple(_row(group, place, rows.get(place)) for place in chosen.suspects.tolist()),
        errors=tuple(_row(group, place, rows.get(place)) for place in others.tolist()),
    )


def _row(group: Sequence[_Head], place: int, example: Example | None) -> ErrorRow:
    first = group[0]
    right = [bool(one.outputs.correct[place]) for one in group]
    answers = tuple(
        Answer(
            model=one.model.name,
            predicted=one.head.class_names[one.outputs.predictions[place]],
            confidence=min(float(one.outputs.confidence[place]), 1.0),
            mark=_mark(right, index),
        )
        for index, one in enumerate(group)
    )
    row = ErrorRow(
        row=int(first.data.rows[place]),
        label=first.head.class_names[first.outputs.labels[place]],
        answers=answers,
    )
    return row.model_copy(update=content(example))


def _mark(right: Sequence[bool], index: int) -> Mark:
    """Return how an answer compares with those of the other models."""
    others = [one for place, one in enumerate(right) if place != index]
    if right[index]:
        return "fixed" if others and not any(others) else "right"
    if not others:
        return "wrong"
    return "new" if all(others) else "wrong" if any(others) else "shared"
