"""Rules of the cost section: what a candidate costs more, and which numbers are missing or unsteady."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.sections.cost.words import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.cost.schema import CostResult

MORE = 2.0
"""Ratio of the candidate's multiply-adds to the baseline's above which it is called more costly. Convention."""
UNSTEADY = 0.25
"""Ratio of the interquartile range of times to their median above which they are called unsteady. Convention."""


def more_costly(result: CostResult) -> Iterator[Hit]:
    """Yield a candidate with many more multiply-adds than the baseline; the effect is the ratio over its threshold."""
    if result.pair is None:
        return
    candidate, baseline = result.pair
    own, other = (result.find("multiply_adds", model).value for model in result.pair)
    if own and other and own > MORE * other:
        yield Hit(
            candidate,
            f"{own / other:.3g} times the multiply-adds of {baseline} ({counted(own)} against {counted(other)} per example): "
            "predictions need more time or hardware. Check that the gain in quality is worth it.",
            effect=own / other / MORE,
        )


def not_counted(result: CostResult) -> Iterator[Hit]:
    """Yield models that were described, but whose multiply-adds have no total."""
    for one in result.models:
        found = result.find("multiply_adds", one.model)
        if found.value is None:
            known = sum(layer.multiply_adds for layer in one.layers)
            at_least = f" The other layers have {counted(known)}." if known else ""
            yield Hit(
                one.model,
                f"The multiply-adds have no total ({found.reason}).{at_least} Compare this model by measured times.",
            )


def unsteady(result: CostResult) -> Iterator[Hit]:
    """Yield models whose times vary a lot for a batch size, the worst one of each."""
    if result.measured is None:
        return
    n = result.measured.repetitions
    for one in result.measured.models:
        worst = max(one.batches, key=lambda batch: (batch.high - batch.low) / batch.median, default=None)
        if worst is not None and worst.high - worst.low > UNSTEADY * worst.median:
            yield Hit(
                one.model,
                f"At batch size {worst.batch_size}, the middle half of {n} predictions took {duration(worst.low)} to "
                f"{duration(worst.high)} (median {duration(worst.median)}): the machine was busy or changed its clock. Measure again on "
                "an idle machine.",
                effect=(worst.high - worst.low) / worst.median / UNSTEADY,
                n=n,
            )


CONVENTION = "convention"

RULES: tuple[Rule[CostResult], ...] = (
    Rule("CST101", "note", "More multiply-adds than the baseline", CONVENTION, more_costly),
    Rule("CST201", "note", "Multiply-adds not counted", "definition", not_counted),
    Rule("CST301", "note", "Unsteady times", CONVENTION, unsteady),
)
