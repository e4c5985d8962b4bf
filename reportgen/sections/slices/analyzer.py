"""Measures every model on every slice, and tests the slices against the other rows and the candidate against its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.needs import Need
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.dense import DenseOutputs
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.contract.section import BaseAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, slices
from reportgen.sections.slices import discovery, parts, schema
from reportgen.sections.slices.classes import Classes
from reportgen.sections.slices.labels import Labels
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
from reportgen.sections.slices.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.slices.parts import Part

    Head = Classes | Values | Labels | Positions
    Tests = dict[tuple[str, Subject], float | str]
    """The p-value of each slice of a model, or why it has none, by the name of the test and the slice within the head."""


@dataclass(frozen=True)
class _Measured:
    """A head with the numbers of its slices, and their p-values before they are adjusted for each other."""

    head: Head
    shown: HeadSlices
    measurements: tuple[Measurement, ...]
    tests: Tests


class SlicesAnalyzer(BaseAnalyzer[SlicesOptions, SlicesResult]):
    """Measures every model on parts of the rows."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.PREDICTIONS, Need.LABELS, Need.SLICES})

    def analyze(self, evaluation: Evaluation) -> SlicesResult:
        """Compute the numbers of every slice of every head, then adjust the tests of each model for their number."""
        data = evaluation.data
        if data is None:
            message = "slices need data"
            raise ValueError(message)
        heads: list[Head] = [Classes(*one, data, self.options.bins) for one in evaluation.heads(ClassificationOutputs)]
        heads += [Values(*one, data) for one in evaluation.heads(RegressionOutputs)]
        heads += [Labels(*one, data) for one in evaluation.heads(MultilabelOutputs)]
        heads += [Positions.of(*one, data) for one in evaluation.heads(DenseOutputs)]
        pair = evaluation.decision.pair
        fixed = tuple(parts.of_spec(data))
        searches = self._searches(heads, data, evaluation.decision.candidate)
        measured = []
        for head in heads:
            found = searches.get(head.subject())
            kept = np.isin(data.rows, head.data.rows)
            own = [one.take(kept) for one in (*fixed, *(found[1] if found else ()))]
            measured.append(self._measured(head, own, _baseline(head, heads, pair)))
        return SlicesResult(
            measurements=tuple(one for item in measured for one in (*item.measurements, *_tested(item, measured))),
            split=data.split,
            n=data.n,
            definitions=tuple(Definition(name=one.name, n=int(one.rows.sum()), missing=one.missing) for one in fixed),
            heads=tuple(item.shown for item in measured),
            searches=tuple(search for search, _ in searches.values()),
            pair=pair,
            options=self.options,
        )

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
                searched=int((half & known).sum()),
                judged=int((~half & known).sum()),
                found=tuple(one.name for one in found),
            )
            searches[name] = search, found
        return searches

    def _measured(self, head: Head, own: Sequence[Part], baseline: Head | None) -> _Measured:
        entries, measurements = [], []
        tests: Tests = {}
        for one in own:
            rows = one.rows
            subject = Subject.of("slice", one.name)
            n = int(rows.sum())
            reason = self._unmeasured(head, rows, n)
            measurements.append(head.measure(schema.ROWS, n, subject, n=n))
            if reason is None:
                measurements += self._slice(head, one, subject, baseline, tests)
            else:
                measurements += (head.insufficient(spec, reason, subject) for spec in _specs(head, baseline))
            within = subject.within(head.subject())
            entries.append(
                SliceEntry(name=one.name, subject=within, n=n, tested=reason is None, found=one.judged is not None)
            )
        other: Any = baseline
        shown = HeadSlices(
            model=head.model.name,
            subject=head.subject(),
            score=head.score.spec.name,
            overall=_whole(head, head.estimate),
            difference=None if other is None else _whole(head, head.difference(other)),
            n=head.n,
            slices=tuple(entries),
        )
        return _Measured(head, shown, tuple(measurements), tests)

    def _slice(
        self, head: Head, one: Part, subject: Subject, baseline: Head | None, tests: Tests
    ) -> Iterator[Measurement]:
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
            tests["rest_p", subject] = head.design.too_few if p_value is None else p_value
        if head.score.confidence:
            p_value = own.confidence_p()
            tests["calibration_gap_p", subject] = head.design.too_few if p_value is None else p_value
        if baseline is not None:
            other: Any = baseline.take(rows)
            yield from own.paired(other, subject)
            p_value = own.paired_p(other)
            tests["difference_p", subject] = own.no_paired_p(other) if p_value is None else p_value

    def _unmeasured(self, head: Head, rows: NDArray[np.bool_], n: int) -> str | None:
        """Return why a slice has no numbers; None if it has."""
        if n < self.options.minimum:
            return f"{n:,} {head.score.rows}, fewer than {self.options.minimum:,}: too few to tell"
        if isinstance(head, Labels) and head.take(rows).estimate is None:
            return head.nothing
        return None


def _losses(heads: Sequence[Head], data: DataEvaluation) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return the rows (N,) that all of some heads are measured on, and the mean of their losses (N,) there."""
    known, total = np.ones(data.n, np.bool_), np.zeros(data.n)
    for head in heads:
        kept = np.isin(data.rows, head.data.rows)
        known &= kept
        total[kept] += head.losses / len(heads)
    return known, total


def _whole(head: Head, estimate: Estimate | None) -> Whole | None:
    if estimate is None:
        return None
    found = head.design.estimate(estimate)
    return Whole(value=found.value, ci_low=found.low, ci_high=found.high)


def _specs(head: Head, baseline: Head | None) -> Iterator[MetricSpec]:
    """Yield the metrics that a slice of a head has beside the number of rows."""
    score = head.score
    yield from (*score.measured, score.from_rest, schema.REST_P, schema.REST_P_HOLM)
    if score.confidence:
        yield from (schema.GAP_P, schema.GAP_P_HOLM)
    if baseline is not None:
        yield from (score.difference, *score.paired, schema.DIFFERENCE_P, schema.DIFFERENCE_P_HOLM)


def _baseline(head: Head, heads: Sequence[Head], pair: tuple[str, str] | None) -> Head | None:
    """Return the same head of the baseline, if this is the candidate's."""
    if pair is None or head.model.name != pair[0]:
        return None
    same = (one for one in heads if one.model.name == pair[1] and one.subject() == head.subject())
    found = next(same, None)
    if found is None or type(found) is not type(head) or not np.array_equal(found.data.rows, head.data.rows):
        return None
    classes = [getattr(one.outputs, "n_classes", None) for one in (found, head)]
    return found if classes[0] == classes[1] and found.score is head.score else None


def _tested(item: _Measured, every: Sequence[_Measured]) -> Iterator[Measurement]:
    """Yield the p-values of the slices of a head, and those adjusted for all slices of its model, over all outputs (Holm)."""
    for spec, adjusted in schema.ADJUSTED:
        of_model = [one for one in every if one.head.model.name == item.head.model.name]
        family = {
            (id(one), subject): p
            for one in of_model
            for (name, subject), p in one.tests.items()
            if name == spec.name and not isinstance(p, str)
        }
        holm = dict(zip(family, comparison.holm(list(family.values())), strict=True))
        for (name, subject), p in item.tests.items():
            if name != spec.name:
                continue
            if isinstance(p, str):
                yield from (item.head.insufficient(one, p, subject) for one in (spec, adjusted))
                continue
            how = item.head.design.test("the difference")
            yield item.head.measure(spec, p, subject, estimator=how)
            yield item.head.measure(adjusted, holm[id(item), subject], subject, estimator=_family(family))


def _family(family: Mapping[Any, float]) -> str:
    count = len(family)
    return f"Holm, {count:,} {'slice' if count == 1 else 'slices'}"
