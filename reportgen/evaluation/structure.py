"""Walks a Keras model: every layer at every depth, under the name by which the whole report calls it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Place:
    """Where a layer stands in a model.

    Attributes
    ----------
    name
        Names of the layers around it and its own, joined by slashes: ``backbone/stem``.
    layer
        The Keras layer.
    parents
        The layers around it, the outermost first, without the model itself.
    shared_with
        The name under which the same layer was met before; None for the first time.
    """

    name: str
    layer: Any
    parents: tuple[Any, ...]
    shared_with: str | None = None

    @property
    def level(self) -> int:
        """How many layers are around it."""
        return len(self.parents)


def walk(model: Any) -> tuple[Place, ...]:
    """List the layers of a model in the order of its own list, those inside a layer after it.

    A layer that stands in two places is listed twice; what is inside it, once.
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
    """Return the layers directly inside a layer, each once; Keras has a public list for models alone."""
    unique = {id(inner): inner for inner in layer._layers}  # noqa: SLF001
    return list(unique.values())


def _distinct(names: Sequence[str]) -> list[str]:
    """Give the later ones of equal names a number.

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

    They are the keys under which ``fit`` takes labels where the model returns a dict, else the names of the last layers.
    """
    output = getattr(model, "output", None)
    if isinstance(output, dict):
        keys = {id(tensor): key for key, tensor in output.items()}
        if all(id(tensor) in keys for tensor in model.outputs):
            return _distinct([keys[id(tensor)] for tensor in model.outputs])
    return _distinct(getattr(model, "output_names", None) or [model.layers[-1].name if model.layers else model.name])


def is_a(layer: Any, *kinds: str) -> bool:
    """Tell whether a layer is of one of the classes, or derived from one, by the classes' names."""
    return not {kind.__name__ for kind in type(layer).__mro__}.isdisjoint(kinds)


def has_graph(operation: Any) -> bool:
    """Tell Functional and Sequential models; Keras exports only the latter's class."""
    return is_a(operation, "Functional", "Sequential")
