"""The model that a comparison recommends, and the ones that its findings are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.analysis.results import Results
    from reportgen.contract.statements import Statement


def choice(results: Results) -> Statement | None:
    """Return the statement of a comparison that says which model to take; None without one, and for a partial run."""
    if results.left_out or results.decision.candidate is not None:
        return None
    offered = (one for record in results.sections for one in record.statements)
    return next((one for one in offered if one.topic == "choice" and one.model is not None), None)


def subjects(results: Results) -> tuple[str, ...]:
    """Return the models of a comparison that page one has findings about: the recommended one, or the leading ones of many; empty for all."""
    found = choice(results)
    if found is not None and found.model is not None:
        return (found.model,)
    return results.focus.models if results.compares_many and results.focus else ()
