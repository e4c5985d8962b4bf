"""Rows of a table of model pairs: each pair once, though it is measured both ways round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.result import SectionResult
    from reportgen.contract.tables import Cell


def columns(specs: Sequence[MetricSpec]) -> tuple[Column, ...]:
    """Return a column for the pair, and one for each metric."""
    return (Column("Models", numeric=False), *(Column(spec.title) for spec in specs))


def rows(result: SectionResult, view: View, specs: Sequence[MetricSpec]) -> tuple[tuple[tuple[Cell, ...], ...], str]:
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
