"""Measures every model on every slice, and tests the slices against the other rows and the candidate against its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.base import Strict
from reportgen.contract.needs import Need
from reportgen.contract.numbers import Measurement
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.dense import DenseOutputs
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.contract.section import PerModelAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, slices
from reportgen.metrics.mapped import filled, zeros
from reportgen.metrics.spans import each, number, spans
from reportgen.sections.slices import discovery, parts, schema
from reportgen.sections.slices.classes import Classes
from reportgen.sections.slices.labels import Labels
from reportgen.sections.slices.parts import Tested
from reportgen.sections.slices.positions import Positions
from reportgen.sections.slices.schema import (
    Definition,
    HeadSlices,
    Search,
    SliceEntry,
    SlicesOptions,
    SlicesResult,
    Whole,
)
from reportgen.sections.slices.scores import ADJUSTED, MEASURED
from reportgen.sections.slices.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.slices.parts import Part
    from reportgen.sections.slices.scores import Measured

    Head = Classes | Values | Labels | Positions


class Test(Strict):
    """The p-value of a slice before it is adjusted for the others of its model, or why it has none."""

    name: str
    subject: Subject
    """The slice within the head."""
    p: float | None
    reason: str | None
    n: int
    """Rows that it is of."""
    how: str | None
    """How it was computed, where there is more than one way."""
    fits: bool = True
    """Whether it is a test of heads like this one."""


class MeasuredSlice(Strict):
    """What was found of a slice of a head: its numbers and tests."""

    entry: SliceEntry
    reason: str | None
    """Why it has no numbers; null if it has."""
    measurements: tuple[Measurement, ...]
    tests: tuple[Test, ...] = ()


class SlicedModel(Strict):
    """What was found of the slices that the spec names, of each head of a model; differences from another model are not among it."""

    heads: tuple[tuple[MeasuredSlice, ...], ...]


@dataclass(frozen=True)
class _MeasuredHead:
    """A head with its slices."""

    head: Head
    shown: HeadSlices
    slices: tuple[MeasuredSlice, ...]

    @property
    def tests(self) -> list[Test]:
        """The tests of all slices."""
        return [test for one in self.slices for test in one.tests]


class SlicesAnalyzer(PerModelAnalyzer[SlicesOptions, SlicesResult, SlicedModel]):
    """Measures every model on parts of the rows."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS, Need.SLICES})
    part = SlicedModel

    def of_model(self, evaluation: Evaluation) -> SlicedModel:
        """Compute the numbers of every slice that the spec names, for every head."""
        heads, data = self._heads(evaluation)
        fixed = tuple(parts.of_spec(data))
        return SlicedModel(
            heads=tuple(tuple(self._measured(head, one) for one in _taken(fixed, head, data)) for head in heads)
        )

    def joined(self, evaluation: Evaluation, parts_: Sequence[SlicedModel]) -> SlicesResult:
        """Search slices, add the differences from the baseline, then adjust the tests of each model for their number."""
        heads, data = self._heads(evaluation)
        pair = evaluation.decision.pair
        fixed = tuple(parts.of_spec(data))
        known = {model.name: iter(one.heads) for model, one in zip(evaluation.models, parts_, strict=True)}
        searches = self._searches(heads, data, evaluation.decision.candidate)
        measured = []
        for head in heads:
            found = searches[head.subject()][1] if head.subject() in searches else ()
            own = [*next(known[head.model.name]), *(self._measured(head, one) for one in _taken(found, head, data))]
            baseline = _baseline(head, heads, pair)
            if baseline is not None:
                rows = (one.rows for one in _taken((*fixed, *found), head, data))
                own = [_against(head, baseline, *one) for one in zip(own, rows, strict=True)]
            measured.append(_MeasuredHead(head, _shown(head, baseline, own), tuple(own)))
        return SlicesResult(
            measurements=tuple(
                one
                for item in measured
                for one in (*(one for of in item.slices for one in of.measurements), *_tested(item, measured))
            ),
            split=data.split,
            n=data.n,
            definitions=tuple(Definition(name=one.name, n=number(one.rows), missing=one.missing) for one in fixed),
            heads=tuple(item.shown for item in measured),
            searches=tuple(search for search, _ in searches.values()),
            pair=pair,
            options=self.options,
        )

    def _heads(self, evaluation: Evaluation) -> tuple[list[Head], DataEvaluation]:
        """Return the heads that are measured, by kind in the order of the models, and the rows."""
        data = evaluation.data
        if data is None:
            message = "slices need data"
            raise ValueError(message)
        heads: list[Head] = [Classes(*one, data, self.options.bins) for one in evaluation.heads(ClassificationOutputs)]
        heads += [Values(*one, data) for one in evaluation.heads(RegressionOutputs)]
        heads += [Labels(*one, data, self.options.bins) for one in evaluation.heads(MultilabelOutputs)]
        heads += [Positions.of(*one, data) for one in evaluation.heads(DenseOutputs)]
        return heads, data

    def _searches(
        self, heads: Sequence[Head], data: DataEvaluation, candidate: str | None
    ) -> Mapping[Subject | None, tuple[Search, tuple[Part, ...]]]:
        """Search slices for the heads of each name, by the errors of the candidate, in a comparison by the mean over the models."""
        if not data.searched:
            return {}
        half = discovery.halves(data)
        searches = {}
        for name in dict.fromkeys(head.subject() for head in heads):
            same = [head for head in heads if head.subject() == name]
            chosen = [head for head in same if head.model.name == candidate] or same
            known, losses = _losses(chosen, data)
            options = self.options
            found = discovery.discover(data.searched, losses, half, known, options.depth, options.minimum, data.seed)
            search = Search(
                subject=name,
                columns=tuple(one.name for one in data.searched),
                model=chosen[0].model.name if len(chosen) == 1 else None,
                searched=min(number(each(np.logical_and, known, half)), discovery.MOST_ROWS),
                judged=number(each(np.greater, known, half)),
                found=tuple(one.name for one in found),
            )
            searches[name] = search, found
        return searches

    def _measured(self, head: Head, one: Part) -> MeasuredSlice:
        subject = Subject.of("slice", one.name)
        n = number(one.rows)
        reason = self._unmeasured(head, one.rows, n)
        tests: list[Test] = []
        if reason is None:
            numbers = tuple(_slice(head, one, subject, tests))
        else:
            numbers = tuple(head.insufficient(spec, reason, subject) for spec in _specs(head))
        within = subject.within(head.subject())
        entry = SliceEntry(name=one.name, subject=within, n=n, tested=reason is None, found=one.judged is not None)
        counted = head.measure(schema.ROWS, n, subject, n=n)
        return MeasuredSlice(entry=entry, reason=reason, measurements=(counted, *numbers), tests=tuple(tests))

    def _unmeasured(self, head: Head, rows: NDArray[np.bool_], n: int) -> str | None:
        """Return why a slice has no numbers; None if it has."""
        if n < self.options.minimum:
            return f"{n:,} {head.score.rows}, fewer than {self.options.minimum:,}: too few to tell"
        if isinstance(head, Labels) and head.take(rows).estimate is None:
            return head.nothing
        return None


def _taken(some: Sequence[Part], head: Head, data: DataEvaluation) -> Iterator[Part]:
    """Yield slices of the rows of a head."""
    if head.data is data:
        return iter(some)
    kept = _kept(head, data)
    return (one.take(kept) for one in some)


def _kept(head: Head, data: DataEvaluation) -> NDArray[np.bool_]:
    """Return the rows (N,) that a head is measured on."""
    return filled(data.n, np.bool_, lambda span: np.isin(data.rows[span], head.data.rows))


def _slice(head: Head, one: Part, subject: Subject, tests: list[Test]) -> Iterator[Measurement]:
    """Yield the numbers of a slice, and add its tests to some."""
    rows = one.rows
    own = head.take(rows)
    yield from own.measured(subject)
    whole, inside = (head, rows) if one.judged is None else (head.take(one.judged), rows[one.judged])
    values = "every row is in the slice" if inside.all() else whole.against(inside)
    if isinstance(values, str):
        for spec in (head.score.from_rest, schema.REST_P, schema.REST_P_HOLM):
            yield head.insufficient(spec, values, subject)
    elif (difference := slices.from_rest(values, inside, whole.design)) is not None:
        yield whole.estimated(head.score.from_rest, difference, subject)
        p_value = slices.from_rest_p(values, inside, whole.design)
        how = head.design.test("the difference")
        tests.append(_test(Tested(schema.REST_P, p_value, head.design.too_few, how), subject, whole.n))
    tests += [_test(one, subject, own.n) for one in own.tests()]


def _test(one: Tested, subject: Subject, n: int) -> Test:
    reason = one.reason if one.p_value is None else None
    return Test(name=one.spec.name, subject=subject, p=one.p_value, reason=reason, n=n, how=one.how, fits=one.fits)


def _against(head: Head, baseline: Head, found: MeasuredSlice, rows: NDArray[np.bool_]) -> MeasuredSlice:
    """Return what was found of a slice with the differences from the baseline."""
    subject = Subject.of("slice", found.entry.name)
    if found.reason is not None:
        paired = (head.score.difference, *_kind(head).paired)
        specs = (*paired, schema.DIFFERENCE_P, schema.DIFFERENCE_P_HOLM)
        numbers = tuple(head.insufficient(spec, found.reason, subject) for spec in specs)
        return found.model_copy(update={"measurements": (*found.measurements, *numbers)})
    own = head.take(rows)
    other: Any = baseline.take(rows)
    numbers = tuple(own.paired(other, subject))
    p_value = own.paired_p(other)
    reason = own.no_paired_p(other) if p_value is None else ""
    test = _test(Tested(schema.DIFFERENCE_P, p_value, reason, head.design.test("the difference")), subject, own.n)
    return found.model_copy(update={"measurements": (*found.measurements, *numbers), "tests": (*found.tests, test)})


def _shown(head: Head, baseline: Head | None, own: Sequence[MeasuredSlice]) -> HeadSlices:
    other: Any = baseline
    return HeadSlices(
        model=head.model.name,
        subject=head.subject(),
        score=head.score.spec.name,
        overall=_whole(head, head.estimate),
        difference=None if other is None else _whole(head, head.difference(other)),
        n=head.n,
        slices=tuple(one.entry for one in own),
    )


def _losses(heads: Sequence[Head], data: DataEvaluation) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return the rows (N,) that all of some heads are measured on, and the mean of their losses (N,) there."""
    known, total = (
        filled(data.n, np.bool_, lambda span: np.ones(span.stop - span.start, np.bool_)),
        zeros((data.n,), np.float64),
    )
    for head in heads:
        kept, losses, end = _kept(head, data), head.losses, 0
        for span in spans(data.n):
            own = kept[span]
            start, end = end, end + int(own.sum())
            known[span] &= own
            total[span][own] += losses[start:end] / len(heads)
    return known, total


def _whole(head: Head, estimate: Estimate | None) -> Whole | None:
    if estimate is None:
        return None
    found = head.design.estimate(estimate)
    return Whole(value=found.value, ci_low=found.low, ci_high=found.high)


def _specs(head: Head) -> Iterator[MetricSpec]:
    """Yield the metrics that a slice of a head has beside the number of rows and the differences from the baseline."""
    kind, adjusted = _kind(head), dict(ADJUSTED)
    yield from (*kind.alone, head.score.from_rest)
    for spec in (schema.REST_P, *kind.tests):
        yield from (spec, adjusted[spec])


def _kind(head: Head) -> Measured:
    """Return what is measured of the slices of a head."""
    return MEASURED[head.head.task.value]


def _baseline(head: Head, heads: Sequence[Head], pair: tuple[str, str] | None) -> Head | None:
    """Return the same head of the baseline, if this is the candidate's."""
    if pair is None or head.model.name != pair[0]:
        return None
    same = (one for one in heads if one.model.name == pair[1] and one.subject() == head.subject())
    found = next(same, None)
    if found is None or type(found) is not type(head) or not _same(found.data.rows, head.data.rows):
        return None
    classes = [getattr(one.outputs, "n_classes", None) for one in (found, head)]
    return found if classes[0] == classes[1] and found.score is head.score else None


def _same(first: NDArray[np.int64], second: NDArray[np.int64]) -> bool:
    return len(first) == len(second) and number(each(np.not_equal, first, second)) == 0


def _tested(item: _MeasuredHead, every: Sequence[_MeasuredHead]) -> Iterator[Measurement]:
    """Yield the p-values of the slices of a head, and those adjusted for all slices of its model, over all outputs (Holm)."""
    of_model = [one for one in every if one.head.model.name == item.head.model.name]
    for spec, adjusted in ADJUSTED:
        family = {
            (id(one), test.subject): test.p
            for one in of_model
            for test in one.tests
            if test.name == spec.name and test.p is not None
        }
        holm = dict(zip(family, comparison.holm(list(family.values())), strict=True))
        for test in item.tests:
            if test.name != spec.name:
                continue
            if test.p is None:
                missing = item.head.insufficient if test.fits else item.head.not_applicable
                yield from (missing(one, test.reason or "", test.subject) for one in (spec, adjusted))
                continue
            yield item.head.measure(spec, test.p, test.subject, n=test.n, estimator=test.how)
            p_value = holm[id(item), test.subject]
            yield item.head.measure(adjusted, p_value, test.subject, n=test.n, estimator=_family(family))


def _family(family: Mapping[Any, float]) -> str:
    count = len(family)
    return f"Holm, {count:,} {'slice' if count == 1 else 'slices'}"
