"""The statement of the weights section for page one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject
from reportgen.sections.weights.schema import PASS
from reportgen.text import naming

if TYPE_CHECKING:
    from reportgen.contract.focus import View
    from reportgen.sections.weights.schema import WeightsResult

CAUSES = {
    "finite": "NaN or infinite weights",
    "live_units": "dead rows or columns",
    "non_sparse": "weights near zero",
    "rank_use": "low rank",
    "spike": "a single dominant direction",
    "outlier": "outliers",
    "scale": "a scale far from initialization",
}
"""The components of the health score in a sentence."""


def statements(result: WeightsResult, view: View) -> tuple[Statement, ...]:
    """Return whether the weights of the candidate, in a comparison of all models, pass the screening."""
    models = [one.model for one in result.models if one.n_tensors and view.decision.concerns(one.model)]
    tensors = [one for model in models for one in result.of(model)]
    if not tensors:
        return ()
    failing = [one for model in models for one in result.failing(model)]
    alone, single = len(models) == 1, len(tensors) == 1
    count = (
        str(len(failing))
        if failing and not single
        else {1: "The only", 2: "Both"}.get(len(tensors), f"All {len(tensors)}")
    )
    first = Quantity(text=count, metric="failing_tensors", model=models[0]) if alone else count
    if not failing:
        where = "" if alone else f" of {len(models)} models"
        which = " weight tensor passes" if single else f" weight tensors{where} pass"
        return (Statement(topic="inside", parts=(first, f"{which} the screening.")),)
    worst = min(failing, key=lambda one: one.health.score)
    score = Quantity(
        text=f"{worst.health.score:.2f}",
        metric="tensor_health",
        model=worst.model,
        subject=Subject.of("tensor", worst.name),
    )
    fail = "fails" if len(failing) == 1 else "fail"
    of = " weight tensor" if single else f" of {len(tensors)} weight tensors"
    start = f"{of} {fail} the health screening{', the worst' if len(failing) > 1 else ''} for {CAUSES[worst.health.binding]} (score "
    end = f", limit {PASS:g}): {_named(worst.name)}{'' if alone else f' of {worst.model}'}."
    return (Statement(topic="inside", parts=(first, start, score, end)),)


def _named(tensor: str) -> str:
    """Return a tensor as a part of its layer.

    >>> _named("stem/conv/kernel"), _named("scale")
    ('kernel of layer stem/conv', 'scale')
    """
    layer, _, own = naming.text(tensor).rpartition("/")
    return f"{own} of layer {layer}" if layer else own
