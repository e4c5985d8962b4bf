"""Rules of the errors section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import required
from reportgen.metrics.confidence import SURE
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.errors.schema import ErrorsResult, HeadErrors

_NAMED = 3
"""Maximum number of rows that a finding names."""
SIGNIFICANT = 0.05
"""Chance that a report calls the errors of a calibrated model too many. Convention."""


def labels_to_check(result: ErrorsResult) -> Iterator[Hit]:
    """Yield models that are sure of another class than the label, with the number that a calibrated model would have.

    The p-values are adjusted for all models (Bonferroni).
    """
    tests = sum(one.metric.value is not None for one in result.named("sure_errors_p"))
    for head in result.heads:
        for model in head.models:
            found = result.find("sure_errors", model, head.subject)
            if not found.value:
                continue
            single = result.find("sure_errors_p", model, head.subject).value
            p = None if single is None else min(tests * float(single), 1.0)
            expected = required(result.find("sure_errors_expected", model, head.subject).value)
            rows = "row" if found.value == 1 else "rows"
            yield Hit(
                model,
                f"It is at least {100 * SURE:g}{formatting.THIN}% sure of another class than the label on {found.value:,} {rows}"
                f"{_which(head, model, found.value)}, where a calibrated model would be on {formatting.expected(expected)}{_tested(p)}: {_advice(p)}.",
                head.subject,
                n=found.n,
            )


def _which(head: HeadErrors, model: str, total: float) -> str:
    """Return the numbers of the first rows among those that the gallery lists, and how many there are beside them."""
    rows = [
        str(one.row)
        for one in head.suspects
        for answer in one.answers
        if answer.model == model and answer.predicted != one.label and answer.confidence >= SURE
    ]
    shown = rows[:_NAMED]
    more = f" and {total - len(shown):,} more" if total > len(shown) else ""
    return f" ({', '.join(shown)}{more})" if shown else ""


def _tested(p: float | None) -> str:
    return "" if p is None else f" (adjusted p {formatting.p_value(p)})"


def _advice(p: float | None) -> str:
    if p is None:
        return "not tested, but each is a label to check"
    if p < SIGNIFICANT:
        return "either labels are wrong or its confidence is too high, so check these labels first"
    return "no more than chance explains, but each is a label to check before it counts as an error"


FEW_ROWS = 0.02
"""Share of the rows that makes half of the squared error of a value; 12 % of normal errors do. Convention; no literature value."""


def few_rows(result: ErrorsResult) -> Iterator[Hit]:
    """Yield values with half of their squared error on at most 2 % of the rows; the effect is how many times fewer."""
    for one in result.named("half_error_rows"):
        share, n = one.metric.value, one.metric.n
        if share is None or not n or share > FEW_ROWS:
            continue
        count = round(share * n)
        largest = result.find("largest_error", one.model, one.subject)
        yield Hit(
            one.model,
            f"{count:,} of {n:,} rows {'makes' if count == 1 else 'make'} half of its squared error (the largest error is "
            f"{formatting.metric(largest).text}): its RMSE and R² describe {'that row' if count == 1 else 'those rows'}, not the others. Look at "
            f"{'it' if count == 1 else 'them'} first, and judge the rest by the MAE.",
            one.subject,
            effect=FEW_ROWS / share,
            n=n,
        )


RULES: tuple[Rule[ErrorsResult], ...] = (
    Rule("ERR101", "note", "Labels to check", "Northcutt et al. (2021); Hoeffding (1956)", labels_to_check),
    Rule("ERR201", "warning", "Few rows make most of the squared error", "convention", few_rows),
)
