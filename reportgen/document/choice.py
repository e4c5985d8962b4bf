"""What a decision is about: the model that a comparison recommends, and the findings that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.document.order import most_severe_first
from reportgen.document.tree import LocatedFinding, LocatedStatement

if TYPE_CHECKING:
    from reportgen.analysis.results import Results


def choice(results: Results) -> LocatedStatement | None:
    """Return the statement of a comparison that says which model to take; None without one, and for a partial run."""
    if results.left_out or results.decision.candidate is not None:
        return None
    offered = (LocatedStatement(record.id, one) for record in results.sections for one in record.statements)
    return next((one for one in offered if one.statement.topic == "choice" and one.statement.model is not None), None)


def recommended(results: Results) -> str | None:
    """Return the model that it names."""
    found = choice(results)
    return None if found is None else found.statement.model


def subjects(results: Results) -> tuple[str, ...]:
    """Return the models of a comparison that page one has findings about: the recommended one, or the leading ones of many; empty for all."""
    found = recommended(results)
    if found is not None:
        return (found,)
    return results.focus.models if results.compares_many and results.focus else ()


def trailing(results: Results) -> frozenset[str]:
    """Return the models of a comparison that are neither recommended nor among the leading ones; empty where all are shown individually."""
    if results.focus is None:
        return frozenset()
    return frozenset(model.name for model in results.models) - {recommended(results), *results.focus.models}


def severe(results: Results) -> tuple[LocatedFinding, ...]:
    """Return the findings that count for the decision, the most serious first; of a comparison those about the recommended model, or of many about the leading ones, and about the data."""
    leading = subjects(results)
    others = {model.name for model in results.models if leading and model.name not in leading}
    located = (LocatedFinding(section, finding) for section, finding in results.findings())
    return most_severe_first(
        (
            item
            for item in located
            if item.finding.severity != "note" and results.concerns(item.finding) and item.finding.model not in others
        ),
        lambda item: item.finding,
    )
