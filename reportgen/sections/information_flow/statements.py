"""The statement of the information_flow section for page one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import Quantity, Statement, quantity
from reportgen.text import naming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Measurement
    from reportgen.sections.information_flow.schema import InformationFlowResult, LayerFlow, ModelFlow


def statements(result: InformationFlowResult, view: View) -> tuple[Statement, ...]:
    """Return how many units of the candidate are dead, in a comparison of all models; NaN in activations comes first."""
    models = [one for one in result.models if view.decision.concerns(one.model)]
    layers = [layer for one in models for layer in result.of(one.model)]
    broken = sum(one.not_finite > 0 for one in layers)
    if broken:
        words = f"{broken} of {len(layers)} layers output NaN or infinite values."
        return (Statement(topic="inside", parts=(words,), n=len(result.rows)),)
    rectified = [one for one in layers if one.dead is not None]
    if not rectified:
        return ()
    parts = _of_one(models[0], rectified) if len(models) == 1 else _of_many(result, models, rectified)
    return (Statement(topic="inside", parts=parts, n=len(result.rows)),)


def _of_one(model: ModelFlow, rectified: Sequence[LayerFlow]) -> tuple[Quantity | str, ...]:
    dead = sum(required(one.dead) for one in rectified)
    if not dead:
        where = f"{len(rectified)} layers" if len(rectified) > 1 else naming.text(rectified[0].name)
        return (Quantity(text="No dead units", metric="dead_fraction", model=model.model), f" in {where}.")
    worst = max(rectified, key=lambda one: required(one.dead) / one.channels)
    count = Quantity(
        text=f"{dead} of {sum(one.channels for one in rectified)} units", metric="dead_fraction", model=model.model
    )
    name = naming.text(worst.name)
    most = f"; largest share in {name}: {worst.dead} of {worst.channels}" if len(rectified) > 1 else f" in {name}"
    return (count, f" {'is' if dead == 1 else 'are'} dead{most}.")


def _of_many(
    result: InformationFlowResult, models: Sequence[ModelFlow], rectified: Sequence[LayerFlow]
) -> tuple[Quantity | str, ...]:
    if not any(one.dead for one in rectified):
        return (f"No dead units in {len(rectified)} layers of {len(models)} models.",)
    worst = most_dead(result, models)
    return ("Up to ", quantity(worst), f" of a model's units are dead over all its layers, in {worst.model}.")


def most_dead(result: InformationFlowResult, models: Sequence[ModelFlow]) -> Measurement:
    """Return the largest share of dead units of some models, of which at least one has a rectified layer."""
    measured = [one for model in models for one in result.named("dead_fraction", model.model)]
    return max((one for one in measured if one.metric.value is not None), key=lambda one: required(one.metric.value))
