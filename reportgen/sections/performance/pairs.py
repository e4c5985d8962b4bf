"""Tables of model pairs: each pair once, though it is measured both ways round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table
from reportgen.sections.performance.rivals import MOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.result import SectionResult
    from reportgen.contract.tables import Cell


def table(
    result: SectionResult,
    view: View,
    name: str,
    title: str,
    specs: Sequence[MetricSpec],
    p: MetricSpec,
    test: str = "",
    instead: str = "",
) -> Iterator[Table]:
    """Yield the table of these metrics of all pairs, if there are any.

    ``p`` has the test; ``test`` says which it is and ``instead`` what it is in place of, where the rows have groups or weights.
    """
    rows, rest = _rows(result, view, specs)
    if not rows:
        return
    how = next((one.metric.estimator for one in result.named(p.name) if one.metric.estimator is not None), None)
    said = test if how is None else f" The p-value is by {how}{instead}."
    many = len({one.model for one in result.named(specs[0].name)}) > MOST
    few = (
        f" Of more than {MOST} models, each is compared with the best, the candidate and its baseline." if many else ""
    )
    note = f"Each difference is the first model minus the second.{said} Holm adjusts the p-value for the number of model pairs.{few}{rest}"
    yield Table(name, title, (Column("Models", numeric=False), *(Column(spec.title) for spec in specs)), rows, note)


def _rows(result: SectionResult, view: View, specs: Sequence[MetricSpec]) -> tuple[tuple[tuple[Cell, ...], ...], str]:
    """Return a row for each pair of the shown models, the candidate's first, and the sentence on omitted models."""
    found: list[tuple[Cell, ...]] = []
    seen: set[frozenset[str | None]] = set()
    candidate = view.decision.candidate
    every = tuple(sorted(result.named(specs[0].name), key=lambda one: one.model != candidate))
    shown = {one.model for one in view.shown(every)}
    for one in every:
        if not {one.model, (one.subject or "").rpartition("vs ")[2]} <= shown:
            continue
        pair = frozenset({one.model, (one.subject or "").rpartition("vs ")[2], _head_of(one.subject)})
        if pair not in seen:
            seen.add(pair)
            cells = (result.find(spec.name, one.model, one.subject) for spec in specs)
            found.append((about(one.model, one.subject), *cells))
    return tuple(found), view.rest(every, view.shown(every))


def _head_of(subject: str | None) -> str | None:
    return subject.rpartition("/")[0] if subject and "/" in subject else None
