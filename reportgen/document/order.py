"""The order of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.contract.findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable


def most_severe_first(items: Any, severity: Callable[[Any], str]) -> tuple[Any, ...]:
    """Return items with a severity, the most severe first."""
    order = list(reversed(SEVERITIES))
    return tuple(sorted(items, key=lambda item: order.index(severity(item))))  # type: ignore[arg-type]
