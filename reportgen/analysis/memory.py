"""What an analysis remembers of earlier runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.contract.result import SectionResult
    from reportgen.contract.section import PartT
    from reportgen.plan.plan import PlannedSection


class Memory:
    """What is remembered of earlier runs: nothing."""

    def result(self, _item: PlannedSection, compute: Callable[[], SectionResult]) -> SectionResult:
        """Return the result of a section: what was computed before, otherwise what ``compute`` returns."""
        return compute()

    def part(self, _item: PlannedSection, _model: str, _kind: type[PartT], compute: Callable[[], PartT]) -> PartT:
        """Return what a section finds of a model by itself, of some type, likewise."""
        return compute()
