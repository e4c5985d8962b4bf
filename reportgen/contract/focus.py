"""Which of many models are shown one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from reportgen.contract.base import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable


class OfModel(Protocol):
    """Anything that speaks of a model."""

    @property
    def model(self) -> str:
        """Name of the model."""


OfModelT = TypeVar("OfModelT", bound=OfModel)


class Focus(Strict):
    """Which of many models are shown one by one: in figures with a panel for each, in tables about a single model."""

    models: tuple[str, ...]
    """The first matters most."""
    order: tuple[str, ...]
    """All models in that order: the first have rows where a table or figure has not enough for all."""
    by: str | None
    """Title of the metric that they are best in; null for the first models of the spec, or those that it names."""


MOST_ROWS = 30
"""Models in a table with a row for each. Convention."""


def _of_models(items: Iterable[OfModelT], ranked: Iterable[str] | None, most: int | None) -> tuple[OfModelT, ...]:
    """Return the items of the first of the ranked models that there are, in their own order."""
    items = tuple(items)
    there = dict.fromkeys(one.model for one in items)
    chosen = [name for name in (there if ranked is None else ranked) if name in there][:most]
    return tuple(one for one in items if one.model in chosen)
