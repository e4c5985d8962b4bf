"""Classes in an order: by how many the predictions are off, in numbers, tables and statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.heads import comparable
from reportgen.contract.statements import Statement
from reportgen.contract.subjects import Subject
from reportgen.contract.tables import metrics_by_head
from reportgen.sections.performance import ordinal_schema as schema, pairs as by_pair
from reportgen.sections.performance.pairwise import by_loss
from reportgen.sections.performance.rivals import compare
from reportgen.sections.performance.sentences import against, compared, first, opening, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.decision import Decision
    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Measurement, Metric
    from reportgen.contract.result import SectionResult
    from reportgen.contract.tables import Table
    from reportgen.sections.performance.classified import Classified
    from reportgen.sections.performance.sentences import Parts

TASK = "ordinal"
_ONE_CLASS = "all labels and predictions are the same class"


# ------------------------------------------------------------------------------------------------ numbers


def paired(heads: Sequence[Classified], decision: Decision) -> Iterator[Measurement]:
    """Yield the paired differences of models whose classes have an order."""
    own = [one for one in heads if one.head.task.value == TASK]
    yield from compare(
        comparable(own), by_loss(lambda one: one.distances, schema.CLASS_MAE_PAIRS, _kappa_difference), decision
    )[0]


def whole(one: Classified) -> Iterator[Measurement]:
    """Yield the scores of a head; nothing if its classes have no order."""
    if one.head.task.value != TASK:
        return
    yield one.if_any(schema.CLASS_MAE, one.class_mae, "no row was evaluated")
    yield one.if_any(schema.KAPPA, one.kappa, _ONE_CLASS)


def _kappa_difference(first: Classified, second: Classified) -> Iterator[Measurement]:
    part = Subject.of("vs", second.model.name)
    yield first.if_any(schema.KAPPA_DIFFERENCE, first.kappa_apart(second), _ONE_CLASS, part)


# ------------------------------------------------------------------------------------------------ tables


def tables(result: SectionResult, view: View) -> Iterator[Table]:
    """Yield the scores by head."""
    if any(True for _ in result.named(schema.CLASS_MAE.name)):
        yield metrics_by_head(result, view, "ordinal", "Distance in classes", schema.OWN)


def pairs(result: SectionResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once."""
    specs, p = schema.PAIRWISE, schema.CLASS_MAE_PAIRS.p
    yield from by_pair.table(result, view, "ordinal-pairs", "Distance in classes between models", specs, p)


# ------------------------------------------------------------------------------------------------ statements


def statements(result: SectionResult, view: View) -> Iterator[Statement]:
    """Yield by how many classes the candidate is off, against its baseline where there is one."""
    candidate, pair = view.decision.candidate, view.decision.pair
    for one in result.named(schema.CLASS_MAE.name, candidate) if candidate is not None else ():
        kappa = result.find_or_none(schema.KAPPA.name, one.model, one.subject)
        if one.metric.value is None or kappa is None:
            continue
        if pair is not None and compared(result, one, schema.CLASS_MAE_PAIRS, pair[1]):
            yield _against(result, one, kappa, pair[1])
        else:
            yield _alone(one, kappa)


def _alone(one: Measurement, kappa: Metric) -> Statement:
    """Say by how many classes the predictions are off."""
    distance = quantity(one.name, one, one.metric, interval=True)
    parts = (*opening(one), f"{first(one, 'Off')} by ", distance, " classes on average", *_kappa(one, kappa), ".")
    return Statement(topic="difference", parts=parts, test=one.metric.ci_method, n=one.metric.n)


def _against(result: SectionResult, one: Measurement, kappa: Metric, baseline: str) -> Statement:
    """Say by how many classes both models are off, and the difference."""
    scores = (
        f"{first(one, 'Off')} by ",
        quantity(one.name, one, one.metric),
        " classes on average against ",
        quantity(one.name, one, result.find(one.name, baseline, one.subject), model=baseline),
    )
    return against(result, one, schema.CLASS_MAE_PAIRS, baseline, scores, _kappa(one, kappa))


def _kappa(one: Measurement, kappa: Metric) -> Parts:
    return () if kappa.value is None else ("; quadratic kappa ", quantity(schema.KAPPA.name, one, kappa))
