"""The statement of the cost section for page one: what the candidate costs, beside the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement
from reportgen.sections.cost.words import counted

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.sections.cost.schema import CostResult

_SHOWN = (("multiply_adds", "multiply-adds per example"), ("parameters", "parameters"))


def statements(result: CostResult, view: View) -> tuple[Statement, ...]:
    """Return multiply-adds and parameters of the candidate and the baseline, as far as both have them."""
    pair = view.decision.pair
    if pair is None:
        return ()
    parts: list[Quantity | str] = []
    for name, words in _SHOWN:
        found = [_quantity(result, name, model) for model in pair]
        if None not in found:
            own, other = found
            parts += [" and " if parts else "Costs ", own, f" {words} ({pair[1]} ", other, ")"]  # type: ignore[list-item]
    return (Statement(topic="difference", parts=(*parts, ".")),) if parts else ()


def _quantity(result: CostResult, name: str, model: str) -> Quantity | None:
    found = result.find_or_none(name, model)
    if found is None or found.value is None:
        return None
    return Quantity(text=counted(found.value), metric=name, model=model)
