"""Validates the metrics that comparing sections read against those that the other sections produce."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.plan.addresses import Producers
    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.problems import Problem


def judge(sections: dict[int, PlannedSection], producers: Producers) -> tuple[dict[int, PlannedSection], list[Problem]]:
    """Validate the metrics that comparing sections read: an optional section is skipped if one is missing."""
    planned: dict[int, PlannedSection] = {}
    problems: list[Problem] = []
    skipped = {item.address: item.skip for item in sections.values() if item.skip is not None}
    for index, item in sections.items():
        readings = item.readings
        unmet = next((reason for one in readings if (reason := producers.unmet(one, skipped))), None)
        skip = unmet if item.spec.optional else None
        planned[index] = replace(item, skip=item.skip or skip)
        if skip is None:
            problems += producers.problems(readings, ("sections", index), skipped)
    return planned, problems
