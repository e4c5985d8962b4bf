"""The order of findings: severity, then effect size, then n; never the order of the models in the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reportgen.contract.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reportgen.contract.findings import Finding

ItemT = TypeVar("ItemT")


def most_severe_first(items: Iterable[ItemT], finding: Callable[[ItemT], Finding]) -> tuple[ItemT, ...]:
    """Return items in the order of their findings.

    The most severe first; within a severity by effect, on the scale of each rule, then by n; those without an effect
    last. What is left is in the order of the rules, then of the names of models and parts.
    """
    items = tuple(items)
    rules = list(dict.fromkeys(finding(item).code for item in items))

    def key(item: ItemT) -> tuple[object, ...]:
        one = finding(item)
        effect, n = (-float("inf") if number is None else number for number in (one.effect, one.n))
        return -SEVERITIES.index(one.severity), -effect, -n, rules.index(one.code), one.model, one.subject or ""

    return tuple(sorted(items, key=key))
