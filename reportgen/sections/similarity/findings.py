"""Rules of the similarity section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.subjects import Subject, about
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.sections.similarity.schema import SimilarityResult

ROWS_LOST = 0.01
"""Share of rows that a model loses against the reference worth a note. Convention; no literature value."""


def _share(metric: Metric) -> str:
    return formatting.metric(metric).text


def _against_reference(result: SimilarityResult) -> Iterator[tuple[str, str | None, str]]:
    """Yield model, head and subject of every comparison with the reference."""
    for head in result.heads:
        if result.reference in head.models:
            for model in head.models:
                if model != result.reference:
                    subject = Subject.of("vs", result.reference, within=head.subject)
                    yield model, head.subject, subject


def rows_lost(result: SimilarityResult) -> Iterator[Hit]:
    """Yield models that lose rows which the reference gets right, although they are no worse on the whole."""
    for model, head, subject in _against_reference(result):
        lost, won = (result.find(name, model, subject) for name in ("negative_flips", "positive_flips"))
        if lost.value is None or won.value is None or lost.ci_low is None:
            continue
        if won.value >= lost.value and lost.ci_low > ROWS_LOST:
            yield Hit(
                model,
                f"It is no less accurate than {result.reference}, yet gets {_share(lost)} of the rows wrong that "
                f"{result.reference} gets right (and {_share(won)} the other way round): who relied on those will notice.",
                head,
            )


def same_predictions(result: SimilarityResult) -> Iterator[Hit]:
    """Yield pairs of models that predict the same class for every row."""
    for head in result.heads:
        for i, first in enumerate(head.models):
            same = [other for j, other in enumerate(head.models) if j > i and head.churn[i][j] == 0]
            if same:
                names = formatting.listed([about(name, None) for name in same])
                yield Hit(first, f"It predicts the same class as {names} for all {result.n:,} rows.", head.subject)


def few_rows_decide(result: SimilarityResult) -> Iterator[Hit]:
    """Yield models whose alignment with the reference rests on few rows."""
    for one in result.named("cka"):
        if one.subject == Subject.of("vs", result.reference) and one.metric.caveat is not None:
            yield Hit(
                one.model,
                f"The CKA of {one.metric.estimator} with {result.reference}, {formatting.number(one.metric.value or 0.0, '')}, is "
                f"{one.metric.caveat}.",
            )


CONVENTION = "convention"

RULES: tuple[Rule[SimilarityResult], ...] = (
    Rule("SIM101", "note", "Rows lost without being worse", f"{CONVENTION}; Yan et al. (2021)", rows_lost),
    Rule("SIM102", "note", "Two models, one decision", "definition", same_predictions),
    Rule("SIM201", "note", "Few rows decide", f"{CONVENTION}; Davari et al. (2023)", few_rows_decide),
)
