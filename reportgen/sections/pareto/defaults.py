"""The objectives of a spec that names none: how good the models are at their task, against their number of parameters."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reportgen.sections.pareto.schema import PARAMETERS, QUALITY, Objective

if TYPE_CHECKING:
    from reportgen.contract.metric_table import MetricTable
    from reportgen.contract.subjects import Subject

MOST_OUTPUTS = 3
"""Outputs that are objectives by default. Convention."""
COST = Objective(metric=PARAMETERS, direction="min")
RULE = (
    "by default: the first key number of the performance section for each output, at most three, that most models have; "
    "and the number of parameters"
)


def objectives(table: MetricTable) -> tuple[Objective, ...]:
    """Return the quality of each output and the number of parameters.

    The quality is the headline of the performance section that most models have, the first one in a tie, such as accuracy, mean IoU or
    MAE. Of outputs that fewer models have than others there is none. Where no model has any it is accuracy, which then is missing with its reason.
    """
    counts: dict[Subject | None, Counter[str]] = {}
    performance = QUALITY.partition(".")[0]
    for line in table.headlines:
        if line.section == performance and line.spec.higher_is_better is not None:
            for one in table.find(line.section, line.spec.name):
                if one.metric.value is not None:
                    counts.setdefault(one.subject, Counter())[f"{performance}.{line.spec.name}"] += 1
    best = {subject: found.most_common(1)[0] for subject, found in counts.items()}
    most = max((count for _, count in best.values()), default=0)
    chosen = [
        Objective(metric=address, subject=None if subject is None else str(subject))
        for subject, (address, count) in best.items()
        if count == most
    ]
    return (*(chosen[:MOST_OUTPUTS] or [Objective(metric=QUALITY)]), COST)
