"""Describes the architecture of a model: layers, parameters, dtypes, inputs and outputs, compile settings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reportgen.contract.records.architecture import Architecture, LayerSummary, TensorSummary
from reportgen.evaluation.structure import has_graph, is_a, output_names, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.evaluation.structure import Place
    from reportgen.inputs.models import LoadedModel


def describe(loaded: LoadedModel) -> Architecture:
    """Describe a loaded model."""
    model = loaded.model
    places = () if loaded.form == "saved_model" else walk(model)
    compiled = loaded.compiled
    return Architecture(
        kind=_kind(loaded),
        layers=tuple(_summary(place, places) for place in places),
        parameters=_count(model.weights),
        trainable_parameters=_count(model.trainable_weights),
        memory_bytes=sum(_bytes(variable) for variable in _unique(model.weights)),
        dtype_policy="not recorded" if loaded.form == "saved_model" else _policies(model, places),
        inputs=tuple(_tensor(tensor) for tensor in getattr(model, "inputs", None) or ()),
        outputs=_outputs(model),
        loss=_text(compiled.get("loss")),
        optimizer=_text(compiled.get("optimizer")),
        metrics=tuple(_names(compiled["metrics"])) if compiled.get("metrics") else None,
    )


def _kind(loaded: LoadedModel) -> str:
    if loaded.form == "saved_model":
        return "SavedModel"
    if is_a(loaded.model, "Sequential"):
        return "Sequential"
    return "Functional" if has_graph(loaded.model) else "subclassed"


def _summary(place: Place, places: tuple[Place, ...]) -> LayerSummary:
    layer = place.layer
    counted = place.shared_with is None
    return LayerSummary(
        name=place.name,
        kind=type(layer).__name__,
        level=place.level,
        output_shape=_shape_of(layer),
        parameters=_count(layer.weights) if counted else 0,
        trainable_parameters=_count(layer.trainable_weights) if counted else 0,
        n_inner=sum(any(parent is layer for parent in other.parents) for other in places),
        shared_with=place.shared_with,
    )


def _shape_of(layer: Any) -> tuple[int | None, ...] | None:
    """Return the output shape of a layer; None if it is not known or not unique."""
    try:
        shape = layer.output.shape
    except (AttributeError, ValueError, RuntimeError):
        return None
    return tuple(shape[1:])


def _unique(variables: Iterable[Any]) -> list[Any]:
    return list({id(variable): variable for variable in variables}.values())


def _count(variables: Iterable[Any]) -> int:
    return sum(math.prod(variable.shape) for variable in _unique(variables))


def _bytes(variable: Any) -> int:
    """Return the size of a variable in bytes; Keras dtype names contain their size in bits."""
    bits = int("".join(filter(str.isdigit, str(variable.dtype).partition("_")[0])) or 8)
    return math.ceil(math.prod(variable.shape) * bits / 8)


def _policies(model: Any, places: tuple[Place, ...]) -> str:
    """Return the dtype policies of the layers with weights, the most frequent first; otherwise the model's."""
    own = [place.layer.dtype_policy.name for place in places if place.layer.weights and place.shared_with is None]
    found = sorted(set(own), key=lambda name: (-own.count(name), name))
    return ", ".join(found or [model.dtype_policy.name])


def _tensor(tensor: Any, name: str | None = None) -> TensorSummary:
    return TensorSummary(name or tensor.name, tuple(tensor.shape[1:]), str(tensor.dtype))


def _outputs(model: Any) -> tuple[TensorSummary, ...]:
    tensors = getattr(model, "outputs", None) or ()
    names = output_names(model) if tensors else ()
    return tuple(_tensor(tensor, name) for tensor, name in zip(tensors, names, strict=True))


# ------------------------------------------------------------------------------------------------ as compiled


def _text(raw: Any) -> str | None:
    names = _names(raw)
    return ", ".join(names) if names else None


def _names(raw: Any) -> list[str]:
    """Return the names in a serialized loss, optimizer or metric, with their outputs.

    >>> _names({"class_name": "Adam", "config": {"learning_rate": 0.1}}), _names(["acc", ["auc"]])
    (['Adam'], ['acc', 'auc'])
    >>> _names({"kind": "mse", "size": None})
    ['kind: mse']
    """
    if raw is None:
        return []
    if isinstance(raw, str):
        return [raw]
    if isinstance(raw, dict) and "class_name" in raw:
        config = raw.get("config")
        return [config if isinstance(config, str) else str(raw["class_name"])]
    if isinstance(raw, dict):
        return [f"{key}: {', '.join(names)}" for key, value in raw.items() if (names := _names(value))]
    return [name for item in raw for name in _names(item)]
