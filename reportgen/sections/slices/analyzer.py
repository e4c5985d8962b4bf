"""Measures every model on every slice, and tests the slices against the other rows and the candidate against its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.needs import Need
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.contract.section import BaseAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, slices
from reportgen.sections.slices import discovery, parts, schema
from reportgen.sections.slices.classes import Classes
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

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.slices.parts import Part

    Head = Classes | Values
    Tests = dict[tuple[str, Subject], float | None]
    """The p-value of each slice of a model, by the name of the test and the slice within the head."""


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
        pair = evaluation.decision.pair
        fixed = tuple(parts.of_spec(data))
        searches = self._searches(heads, data, evaluation.decision.candidate)
        measured = []
        for head in heads:
            found = searches.get(head.subject())
            own = (*fixed, *(found[1] if found else ()))
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
            losses = np.mean([head.losses for head in chosen], axis=0)
            options = self.options
            found = discovery.discover(data.searched, losses, half, options.depth, options.minimum, data.seed)
            search = Search(
                subject=name,
                columns=tuple(one.name for one in data.searched),
                model=chosen[0].model.name if len(chosen) == 1 else None,
                searched=int(half.sum()),
                judged=int((~half).sum()),
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
            tested = n >= self.options.minimum
            measurements.append(head.measure(schema.ROWS, n, subject, n=n))
            if tested:
                measurements += self._slice(head, one, subject, baseline, tests)
            else:
                measurements += self._too_few(head, subject, n, baseline)
            within = subject.within(head.subject())
            entries.append(SliceEntry(name=one.name, subject=within, n=n, tested=tested, found=one.judged is not None))
        shown = HeadSlices(
            model=head.model.name,
            subject=head.subject(),
            score=head.score,
            overall=_whole(head, head.estimate),
            difference=None if baseline is None else _whole(head, head.difference(baseline)),  # type: ignore[arg-type]
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
        difference = slices.from_rest(whole.values, inside, whole.design)
        spec = schema.FROM_REST[head.score]
        if difference is None:
            yield head.insufficient(spec, "every row is in the slice", subject)
            yield head.insufficient(schema.REST_P, "every row is in the slice", subject)
            yield head.insufficient(schema.REST_P_HOLM, "every row is in the slice", subject)
        else:
            yield whole.estimated(spec, difference, subject)
            tests["rest_p", subject] = slices.from_rest_p(whole.values, inside, whole.design)
        if head.score == "accuracy":
            tests["calibration_gap_p", subject] = own.confidence_p()
        if baseline is not None:
            other = baseline.take(rows)
            yield from own.paired(other, subject)  # type: ignore[arg-type]
            tests["difference_p", subject] = own.paired_p(other)  # type: ignore[arg-type]

    def _too_few(self, head: Head, subject: Subject, n: int, baseline: Head | None) -> Iterator[Measurement]:
        reason = f"{n:,} rows, fewer than {self.options.minimum:,}: too few to tell"
        for spec in _specs(head, baseline):
            yield head.insufficient(spec, reason, subject)


def _whole(head: Head, estimate: Estimate | None) -> Whole:
    if estimate is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    found = head.design.estimate(estimate)
    return Whole(value=found.value, ci_low=found.low, ci_high=found.high)


def _specs(head: Head, baseline: Head | None) -> Iterator[MetricSpec]:
    """Yield the metrics that a slice of a head has beside the number of rows."""
    classes = head.score == "accuracy"
    yield from schema.CLASSIFICATION if classes else schema.REGRESSION
    yield schema.FROM_REST[head.score]
    yield from (schema.REST_P, schema.REST_P_HOLM)
    if classes:
        yield from (schema.GAP_P, schema.GAP_P_HOLM)
    if baseline is not None:
        yield schema.DIFFERENCES[head.score]
        yield from (schema.NLL_DIFFERENCE,) if classes else ()
        yield from (schema.DIFFERENCE_P, schema.DIFFERENCE_P_HOLM)


def _baseline(head: Head, heads: Sequence[Head], pair: tuple[str, str] | None) -> Head | None:
    """Return the same head of the baseline, if this is the candidate's."""
    if pair is None or head.model.name != pair[0]:
        return None
    same = (one for one in heads if one.model.name == pair[1] and one.subject() == head.subject())
    found = next(same, None)
    comparable = found is not None and type(found) is type(head) and found.n == head.n
    if comparable and isinstance(found, Classes) and isinstance(head, Classes):
        comparable = found.outputs.n_classes == head.outputs.n_classes
    return found if comparable else None


def _tested(item: _Measured, every: Sequence[_Measured]) -> Iterator[Measurement]:
    """Yield the p-values of the slices of a head, and those adjusted for all slices of its model, over all outputs (Holm)."""
    for spec, adjusted in schema.ADJUSTED:
        of_model = [one for one in every if one.head.model.name == item.head.model.name]
        family = {
            (id(one), subject): p
            for one in of_model
            for (name, subject), p in one.tests.items()
            if name == spec.name and p is not None
        }
        holm = dict(zip(family, comparison.holm(list(family.values())), strict=True))
        for (name, subject), p in item.tests.items():
            if name == spec.name:
                how = item.head.design.test("the difference")
                yield item.head.tested(spec, p, subject, estimator=how)
                yield item.head.tested(adjusted, holm.get((id(item), subject)), subject, estimator=_family(family))


def _family(family: Mapping[Any, float]) -> str:
    count = len(family)
    return f"Holm, {count:,} {'slice' if count == 1 else 'slices'}"
