"""The objectives of a spec that names none: how good the models are at their task, against what they cost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reportgen.contract.metric_table import Reading
from reportgen.sections.pareto.schema import COUNTED, MULTIPLY_ADDS, PARAMETERS, QUALITY, Objective

if TYPE_CHECKING:
    from reportgen.contract.metric_table import MetricTable
    from reportgen.contract.subjects import Subject

READ = (
    Reading(QUALITY, directed=True),
    Reading(PARAMETERS, direction="min", directed=True, instead=(MULTIPLY_ADDS,)),
)
"""What is read of the other sections."""
MOST_OUTPUTS = 3
"""Outputs that are objectives by default. Convention."""
_QUALITY = "by default: the first key number of the performance section for each output, at most three, that most models have; "


def objectives(table: MetricTable) -> tuple[tuple[Objective, ...], str]:
    """Return the quality of each output and the cost, and by which rule they were chosen.

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
    cost, rule = _cost(table)
    best_of = chosen[:MOST_OUTPUTS] or [Objective(metric=QUALITY)]
    return (*best_of, Objective(metric=cost, direction="min")), f"{_QUALITY}and {rule}"


def _cost(table: MetricTable) -> tuple[str, str]:
    """Return the address of the cost, and the rule that chose it."""
    if MULTIPLY_ADDS not in table.specs:
        return PARAMETERS, "the number of parameters, because the report has no section cost"
    counted, known = (
        {one.model for one in table.find(*address.split(".")) if one.metric.value is not None}
        for address in (MULTIPLY_ADDS, COUNTED)
    )
    if counted >= known:
        return MULTIPLY_ADDS, "the multiply-adds of one example"
    return COUNTED, "the number of parameters, because the multiply-adds of some models are not known"
