"""The headlines of each model on the evaluation data, for the machine-readable forms of a model card."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.analysis.results import HeadRecord, ModelRecord, Results, SectionRecord
    from reportgen.contract.numbers import Metric, MetricSpec

Headlines = list[tuple["MetricSpec", "Metric"]]


def headlines(results: Results) -> Mapping[str, Sequence[tuple[HeadRecord, Headlines]]]:
    """Return for each model its outputs with their headlines on the default split; what says nothing about predictions is left out."""
    measured: dict[tuple[str, str | None], Headlines] = {}
    for record in results.sections:
        if record.split is not None:
            continue
        specs = _of_predictions(record)
        for one in () if record.result is None else record.result.measurements:
            whole = one.subject is None or one.subject.whole
            if one.name in specs and whole and one.metric.value is not None:
                head = None if one.subject is None else one.subject.name
                measured.setdefault((one.model, head), []).append((specs[one.name], one.metric))
    return {
        model.name: [(head, measured.get((model.name, _key(head, model)), [])) for head in model.heads]
        for model in results.models
    }


def _of_predictions(record: SectionRecord) -> Mapping[str, MetricSpec]:
    """Return the headlines of a section that it measures on the outputs of models."""
    section = record.manifest
    return {spec.name: spec for specs in section.tasks.values() for spec in specs if spec.name in section.headlines}


def _key(head: HeadRecord, model: ModelRecord) -> str | None:
    """Return how measurements name an output: not at all if it is the only one."""
    return head.name if len(model.heads) > 1 else None
