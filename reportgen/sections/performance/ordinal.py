"""Classes in an order: by how many the predictions are off, in numbers, tables and statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.heads import comparable
from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject
from reportgen.contract.tables import Table, metrics_by_head
from reportgen.metrics import intervals, ordinal
from reportgen.sections.performance import ordinal_schema as schema, pairs as by_pair
from reportgen.sections.performance.pairwise import by_loss
from reportgen.sections.performance.regression.statements import needed
from reportgen.sections.performance.rivals import compare
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.contract.result import SectionResult
    from reportgen.sections.performance.classified import Classified

TASK = "ordinal"
LEVEL = 0.05
"""Of the test of a difference. Convention."""


# ------------------------------------------------------------------------------------------------ numbers


def measured(heads: Sequence[Classified], decision: Decision) -> Iterator[Measurement]:
    """Yield the scores of every head whose classes have an order, and the paired differences of models."""
    own = [one for one in heads if one.head.task.value == TASK]
    for one in own:
        yield from _whole(one)
    yield from compare(comparable(own), by_loss(_distances, schema.CLASS_MAE_PAIRS, _kappa_difference), decision)[0]


def _distances(one: Classified) -> NDArray[np.float64]:
    return ordinal.distances(one.outputs.labels, one.outputs.predictions)


def _whole(one: Classified) -> Iterator[Measurement]:
    found, weights = one.outputs, one.design.weights
    distance = one.mean_loss(_distances(one), found.n_classes - 1)
    if distance is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    yield one.estimated(schema.CLASS_MAE, distance)
    kappa = ordinal.quadratic_kappa(found.labels, found.predictions, weights)
    if kappa is None:
        yield one.insufficient(schema.KAPPA, "all labels and predictions are the same class")
    else:
        yield one.estimated(schema.KAPPA, one.approximated(kappa))


def _kappa_difference(first: Classified, second: Classified) -> Iterator[Measurement]:
    part = Subject.of("vs", second.model.name)
    rows = first.outputs.labels, first.outputs.predictions, second.outputs.predictions
    found = ordinal.quadratic_kappa_difference(*rows, first.design.weights)
    if found is None:
        yield first.insufficient(schema.KAPPA_DIFFERENCE, "all labels and predictions are the same class", part)
        return
    wrong = int((~first.outputs.correct | ~second.outputs.correct).sum())
    supported = found.supported(wrong, intervals.FEWEST_PAIRED, "rows with an error of either model")
    yield first.estimated(schema.KAPPA_DIFFERENCE, supported, part)


# ------------------------------------------------------------------------------------------------ tables


def tables(result: SectionResult, view: View) -> Iterator[Table]:
    """Yield the scores by head."""
    if any(True for _ in result.named(schema.CLASS_MAE.name)):
        yield metrics_by_head(result, view, "ordinal", "Distance in classes", schema.OWN)


def pairs(result: SectionResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once."""
    rows, rest = by_pair.rows(result, view, schema.PAIRWISE)
    if rows:
        tests = (one.metric.estimator for one in result.named(schema.CLASS_MAE_PAIRS.p.name))
        how = next((found for found in tests if found is not None), None)
        test = "" if how is None else f" The p-value is by {how}."
        note = f"Each difference is the first model minus the second.{test} Holm adjusts it for the number of model pairs.{rest}"
        yield Table("ordinal-pairs", "Distance in classes between models", by_pair.columns(schema.PAIRWISE), rows, note)


# ------------------------------------------------------------------------------------------------ statements


def statements(result: SectionResult, view: View) -> Iterator[Statement]:
    """Yield by how many classes the candidate is off, against its baseline where there is one."""
    candidate = view.decision.candidate
    for one in result.named(schema.CLASS_MAE.name, candidate) if candidate is not None else ():
        kappa = result.find_or_none(schema.KAPPA.name, one.model, one.subject)
        if one.metric.value is None or kappa is None:
            continue
        baseline = None if view.decision.pair is None else view.decision.pair[1]
        versus = None if baseline is None else Subject.of("vs", baseline, within=one.subject)
        difference = None
        if versus is not None:
            difference = result.find_or_none(schema.CLASS_MAE_PAIRS.difference.name, one.model, versus)
        if baseline is None or versus is None or difference is None:
            yield _alone(one, kappa)
        else:
            yield _against(result, one, kappa, baseline, versus)


def _alone(one: Measurement, kappa: Metric) -> Statement:
    """Say by how many classes the predictions are off."""
    parts = (*_opening(one), "off by ", _distance(one, interval=True), " classes on average", *_kappa(one, kappa), ".")
    return Statement(topic="difference", parts=_capitalized(parts), test=one.metric.ci_method, n=one.metric.n)


def _against(result: SectionResult, one: Measurement, kappa: Metric, baseline: str, versus: Subject) -> Statement:
    """Say by how many classes both models are off, the difference, and whether it could be luck."""
    specs = schema.CLASS_MAE_PAIRS
    difference, test = (result.find(spec.name, one.model, versus) for spec in (specs.difference, specs.p))
    other = result.find(schema.CLASS_MAE.name, baseline, one.subject)
    sure = test.value is not None and test.value < LEVEL
    end: tuple[Quantity | str, ...] = (f"; not tested: {test.reason}",)
    if difference.value == 0 and test.value == 1:
        end = (", the same on every row",)
    elif test.value is not None:
        chance = Quantity(
            text=f"p {formatting.p_value(test.value)}", metric=specs.p.name, model=one.model, subject=versus
        )
        words = ", unlikely to be luck" if sure else f": too few to tell them apart{needed(difference)}"
        end = (f"{words} (", chance, ")")
    parts = (
        *_opening(one),
        "off by ",
        _distance(one),
        " classes on average against ",
        Quantity(text=formatting.metric(other).text, metric=schema.CLASS_MAE.name, model=baseline, subject=one.subject),
        ": ",
        Quantity(text=_signed(difference), metric=specs.difference.name, model=one.model, subject=versus),
        *end,
        *_kappa(one, kappa),
        ".",
    )
    named = test.estimator or "Student's t, paired, corrected for skewness: Hall (1992)"
    return Statement(
        topic="difference",
        parts=_capitalized(parts),
        settled=sure,
        test=named,
        p_value=test.value,
        n=difference.n,
    )


def _opening(one: Measurement) -> tuple[str, ...]:
    return () if one.subject is None else (f"output {one.subject.name}: ",)


def _capitalized(parts: tuple[Quantity | str, ...]) -> tuple[Quantity | str, ...]:
    first, *rest = parts
    return (first[:1].upper() + first[1:] if isinstance(first, str) else first, *rest)


def _distance(one: Measurement, *, interval: bool = False) -> Quantity:
    shown = formatting.metric(one.metric)
    text = f"{shown.text} {shown.interval}".rstrip() if interval else shown.text
    return Quantity(text=text, metric=one.name, model=one.model, subject=one.subject)


def _kappa(one: Measurement, kappa: Metric) -> tuple[Quantity | str, ...]:
    if kappa.value is None:
        return ()
    text = formatting.metric(kappa).text
    return ("; quadratic kappa ", Quantity(text=text, metric=schema.KAPPA.name, model=one.model, subject=one.subject))


def _signed(metric: Metric) -> str:
    shown = formatting.metric(metric)
    plus = "+" if metric.value is not None and metric.value > 0 else ""
    return f"{plus}{shown.text} {shown.interval}".rstrip()
