"""Rules of the checkpoints section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.metrics import simultaneous
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.checkpoints.schema import CheckpointsResult, LayerMovement, Series


def _frozen(series: Series, *, trainable: bool) -> list[str]:
    """Return the layers whose weights never changed."""
    return [
        one.name
        for one in series.layers
        if one.trainable == trainable and all(change == 0 for change in one.since_first)
    ]


def never_moved(result: CheckpointsResult) -> Iterator[Hit]:
    """Yield runs with trainable layers that did not change, while others did: bit-identical or not, so no effect."""
    for series in result.series:
        names = _frozen(series, trainable=True)
        if names and len(names) < len(series.layers):
            yield Hit(
                series.models[-1],
                f"{formatting.listed(names)}: trainable, but bit-identical since {series.models[0]}. Check that gradients reach "
                "these weights and that the optimizer updates them.",
            )


def frozen(result: CheckpointsResult) -> Iterator[Hit]:
    """Yield runs with layers that were frozen and did not change: bit-identical or not, so no effect."""
    for series in result.series:
        names = _frozen(series, trainable=False)
        if names:
            yield Hit(
                series.models[-1],
                f"{formatting.listed(names)}: frozen, and bit-identical since {series.models[0]}, as expected.",
            )


def same_checkpoints(result: CheckpointsResult) -> Iterator[Hit]:
    """Yield checkpoints whose weights equal those of the previous one: bit-identical or not, so no effect."""
    for series in result.series:
        for step, (before, after) in enumerate(zip(series.models, series.models[1:], strict=False)):
            if series.layers and all(_still(one, step) for one in series.layers):
                yield Hit(
                    after,
                    f"Its weights are bit-identical to those of {before}: one file was saved twice, or no training happened in between.",
                )


def _still(one: LayerMovement, step: int) -> bool:
    return one.change[step] == 0


def worse(result: CheckpointsResult) -> Iterator[Hit]:
    """Yield checkpoints that are less accurate than the previous one, tested for all steps of all runs together."""
    steps = {
        (one.model, one.subject): (one.metric, (one.metric.value, one.metric.ci_low, one.metric.ci_high))
        for one in result.named("accuracy_gain")
        if one.metric.value is not None and one.metric.ci_low is not None and one.metric.ci_high is not None
    }
    tested = simultaneous.adjusted({key: ends for key, (_, ends) in steps.items()})
    for (model, subject), (gain, (value, _, _)) in steps.items():
        if value < 0 and tested[model, subject] < simultaneous.LEVEL:
            before = next(
                models[models.index(model) - 1] for models in (s.models for s in result.series) if model in models
            )
            many = f", tested over all {len(steps)} steps" if len(steps) > 1 else ""
            yield Hit(
                model,
                f"Its accuracy changed by {formatting.with_interval(gain)} from {before}, the previous checkpoint{many}: prefer {before}.",
                subject,
                effect=simultaneous.times_its_reach(gain.value, gain.ci_low, gain.ci_high),
                n=gain.n,
            )


RULES: tuple[Rule[CheckpointsResult], ...] = (
    Rule("CKP101", "warning", "Trainable layers that did not change", "definition", never_moved),
    Rule("CKP102", "note", "Frozen layers", "definition", frozen),
    Rule("CKP103", "warning", "Identical checkpoints", "definition", same_checkpoints),
    Rule("CKP201", "warning", "Worse than the previous checkpoint", "Newcombe (1998), paired; Holm (1979)", worse),
)
