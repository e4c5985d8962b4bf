"""The statement of the similarity section for page one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement, counted
from reportgen.contract.subjects import Subject
from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric
    from reportgen.sections.similarity.schema import HeadAgreement, SimilarityResult

_MOST = 2
"""Maximum number of outputs with a statement. Convention."""


def statements(result: SimilarityResult, view: View) -> tuple[Statement, ...]:
    """Return which errors of the baseline the candidate fixes, and how many it adds; nothing in a comparison."""
    pair = view.decision.pair
    if pair is None:
        return ()
    found = [_flips(result, head, pair) for head in result.heads if {*pair} <= {*head.models}]
    return tuple(one for one in found if one is not None)[:_MOST]


def _flips(result: SimilarityResult, head: HeadAgreement, pair: tuple[str, str]) -> Statement | None:
    candidate, baseline = pair
    subject = Subject.of("vs", baseline, within=head.subject)
    fixed, new, shared = (
        result.find(name, candidate, subject) for name in ("positive_flips", "negative_flips", "shared_errors")
    )
    if fixed.value is None or new.value is None:
        return None

    def number(text: str, name: str) -> Quantity:
        return Quantity(text=text, metric=name, model=candidate, subject=subject)

    start = "" if head.subject is None else f"{Subject(head.subject).words}: "
    counts = _counts(fixed, new, shared)
    parts: tuple[Quantity | str, ...]
    if counts is None:  # shares of weighted rows
        won, lost = (formatting.metric(one).text for one in (fixed, new))
        fixes, makes = number(won, "positive_flips"), number(lost, "negative_flips")
        parts = (f"{start}Against {baseline}: errors fixed on ", fixes, " of the rows, new ones on ", makes, ".")
        return Statement(topic="errors", parts=parts, n=fixed.n)
    gained, added, errors = counts
    words = {0: "no new ones", 1: "1 new one"}.get(added, f"{added} new ones")
    makes = number(words, "negative_flips")
    if errors == 0:
        parts = (f"{start}{baseline} has no errors; the candidate makes ", makes, ".")
    elif errors == 1:
        fixes = number("Fixes" if gained else "Does not fix", "positive_flips")
        parts = (start, fixes, f" {baseline}'s only error, makes ", makes, ".")
    else:
        fixes = number(f"Fixes {gained or 'none'}", "positive_flips")
        parts = (start, fixes, f" of {baseline}'s {errors} errors, makes ", makes, ".")
    return Statement(topic="errors", parts=tuple(part for part in parts if part), n=fixed.n)


def _counts(fixed: Metric, new: Metric, shared: Metric) -> tuple[int, int, int] | None:
    """Return the numbers of errors that are fixed, new, and of the baseline; None where shares are not of whole rows."""
    found = [counted(one) for one in (fixed, new, shared)]
    if any(one is None for one in found):
        return None
    won, lost, both = (one[0] for one in found if one is not None)
    return won, lost, won + both
