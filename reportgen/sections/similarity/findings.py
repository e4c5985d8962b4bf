"""Rules of the similarity section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import required
from reportgen.contract.subjects import Subject, about
from reportgen.sections.similarity.schema import DRIVEN
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Metric
    from reportgen.sections.similarity.schema import SimilarityResult

ROWS_LOST = 0.01
"""Share of rows with new errors relative to the reference worth a note. Convention; no literature value."""


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
    """Yield models with new errors relative to the reference, although they are no less accurate."""
    for model, head, subject in _against_reference(result):
        lost, won = (result.find(name, model, subject) for name in ("negative_flips", "positive_flips"))
        if lost.value is None or won.value is None or lost.ci_low is None:
            continue
        if won.value >= lost.value and lost.ci_low > ROWS_LOST:
            yield Hit(
                model,
                f"It is no less accurate than {result.reference}, yet has new errors on {_share(lost)} "
                f"{formatting.interval(lost)} of the rows, and fixes {_share(won)}. Review the new errors before it replaces "
                f"{result.reference}: users who relied on those predictions will notice.",
                head,
                effect=required(lost.value) / ROWS_LOST,
                n=lost.n,
            )


def same_predictions(result: SimilarityResult) -> Iterator[Hit]:
    """Yield pairs of models that predict the same class for every row: they do or not, so no effect."""
    for head in result.heads:
        for i, first in enumerate(head.models):
            same = [other for j, other in enumerate(head.models) if j > i and head.churn[i][j] == 0]
            if same:
                names = formatting.listed([about(name, None) for name in same])
                yield Hit(
                    first,
                    f"It predicts the same class as {names} on all {result.n:,} rows: choose between them by other criteria.",
                    head.subject,
                    n=result.n,
                )


def few_rows_decide(result: SimilarityResult) -> Iterator[Hit]:
    """Yield models whose CKA with the reference is driven by few rows."""
    for one in result.named("cka_trimmed"):
        if one.subject != Subject.of("vs", result.reference) or one.metric.value is None:
            continue
        whole = result.find("cka", one.model, one.subject)
        change = abs(required(whole.value) - one.metric.value)
        if change > DRIVEN:
            yield Hit(
                one.model,
                f"CKA with {result.reference} ({whole.estimator}) is {formatting.number(required(whole.value), '')}, but {one.metric.value:.2f} "
                "without the 1 % of rows farthest from the mean. Do not read it as the similarity of all rows.",
                effect=change / DRIVEN,
                n=whole.n,
            )


CONVENTION = "convention"

RULES: tuple[Rule[SimilarityResult], ...] = (
    Rule("SIM101", "note", "New errors at no loss of accuracy", f"{CONVENTION}; Yan et al. (2021)", rows_lost),
    Rule("SIM102", "note", "Identical predictions", "definition", same_predictions),
    Rule("SIM201", "note", "CKA driven by few rows", f"{CONVENTION}; Davari et al. (2023)", few_rows_decide),
)
