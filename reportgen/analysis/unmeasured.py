"""Missing metrics of heads that a section does not measure, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.contract.needs import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Measurement, MetricSpec, Status
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.contract.section import Section


def unmeasured(section: Section[Any, Any], evaluation: Evaluation) -> Iterator[Measurement]:
    """Yield the metrics that a section does not have, head by head."""
    first: tuple[MetricSpec, ...] = next(iter(section.tasks.values()), ())
    for model in evaluation.models:
        for head in model.heads:
            missing = _why(section, head)
            if missing is not None:
                for spec in section.tasks.get(head.task.value, first):
                    yield spec.missing(model.name, *missing, subject=model.subject(head))


def _why(section: Section[Any, Any], head: HeadEvaluation) -> tuple[Status, str] | None:
    """Return why a section does not measure a head; None if it does."""
    if head.outputs is None or (Need.LABELS in section.analyzer.needs and not head.outputs.labeled):
        return head.status, head.reason or ""
    if head.task.value not in section.tasks:
        return "not_applicable", f"section {section.name} does not support {head.task.value} outputs"
    return None
