"""Walks a Keras model: every layer at every depth, with the name that the report uses for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Place:
    """The position of a layer in a model.

    Attributes
    ----------
    name
        Names of the layers around it and its own, joined by slashes: ``backbone/stem``.
    layer
        The Keras layer.
    parents
        The layers that contain it, the outermost first, without the model itself.
    shared_with
        The name of the first occurrence of the same layer; None if this is the first.
    """

    name: str
    layer: Any
    parents: tuple[Any, ...]
    shared_with: str | None = None

    @property
    def level(self) -> int:
        """Number of layers that contain it."""
        return len(self.parents)


def walk(model: Any) -> tuple[Place, ...]:
    """List the layers of a model in its own order; the layers inside a layer follow it.

    A layer that is used in two positions is listed twice; the layers inside it, once.
    """
    return tuple(_inside(model, "", (), {}))


def _inside(outer: Any, prefix: str, parents: tuple[Any, ...], met: dict[int, str]) -> Iterator[Place]:
    inner = children(outer)
    for layer, own in zip(inner, _distinct([layer.name for layer in inner]), strict=True):
        name = prefix + own
        known = met.get(id(layer))
        yield Place(name, layer, parents, known)
        if known is None:
            met[id(layer)] = name
            yield from _inside(layer, f"{name}/", (*parents, layer), met)


def children(layer: Any) -> list[Any]:
    """Return the layers directly inside a layer, each once; Keras has a public list only for models."""
    unique = {id(inner): inner for inner in layer._layers}  # noqa: SLF001
    return list(unique.values())


def _distinct(names: Sequence[str]) -> list[str]:
    """Add a number to repeated names.

    >>> _distinct(["dense", "relu", "dense"])
    ['dense', 'relu', 'dense(2)']
    """
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name}({seen[name]})")
    return distinct


def output_names(model: Any) -> list[str]:
    """Return the names of a model's outputs in the order of ``model.outputs``, all different.

    These are the names that ``fit`` uses for labels if the model returns a dict, otherwise the names of the last layers.
    """
    output = getattr(model, "output", None)
    if isinstance(output, dict):
        keys = {id(tensor): key for key, tensor in output.items()}
        if all(id(tensor) in keys for tensor in model.outputs):
            return _distinct([keys[id(tensor)] for tensor in model.outputs])
    return _distinct(getattr(model, "output_names", None) or [model.layers[-1].name if model.layers else model.name])


def is_a(layer: Any, *kinds: str) -> bool:
    """Return whether a layer is an instance of one of the classes or a subclass, by class name."""
    return not {kind.__name__ for kind in type(layer).__mro__}.isdisjoint(kinds)


def has_graph(operation: Any) -> bool:
    """Return whether it is a Functional or Sequential model; Keras exports only the latter's class."""
    return is_a(operation, "Functional", "Sequential")
