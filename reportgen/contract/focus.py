"""Which of many models tables and figures show one by one, and how they say which are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from reportgen.contract.base import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ROWS = 30
"""Models in a table with a row for each. Convention."""


class OfModel(Protocol):
    """Anything that is about a model."""

    @property
    def model(self) -> str:
        """Name of the model."""


OfModelT = TypeVar("OfModelT", bound=OfModel)


class Focus(Strict):
    """Which of many models are shown one by one: in figures with a panel for each, in tables about a single model."""

    models: tuple[str, ...]
    """The first matters most."""
    order: tuple[str, ...]
    """All models in that order: the first have rows where a table or figure does not have room for all."""
    by: str | None
    """Title of the metric that they are best in; null for the first models of the spec, or those that it names."""


@dataclass(frozen=True)
class View:
    """What tables and figures show of a result: the models in focus; without a focus all of them."""

    focus: Focus | None = None

    def shown(self, items: Iterable[OfModelT], most: int | None = None) -> tuple[OfModelT, ...]:
        """Return the items of the models that are shown one by one, in their order; of at most ``most`` models."""
        return _of_models(items, None if self.focus is None else self.focus.models, most)

    def listed(self, items: Iterable[OfModelT], most: int = MOST_ROWS) -> tuple[OfModelT, ...]:
        """Return the items of the models that have a row each, in their order; of at most ``most`` models."""
        return tuple(items) if self.focus is None else _of_models(items, self.focus.order, most)

    def rest(self, items: Iterable[OfModel], shown: Iterable[OfModel], which: str | None = None) -> str:
        """Return the sentence of a caption or note about the models that are not shown; empty where all are.

        ``which`` says what those that are shown have, where it is not the best value of what all are ranked by.
        """
        total, kept = len({one.model for one in items}), len({one.model for one in shown})
        if kept == total:
            return ""
        by = which or (f"the best {self.focus.by}" if self.focus and self.focus.by else None)
        return f" {f'The {kept} with {by}' if by else kept} of {total} models; the others are in results.json."


def _of_models(items: Iterable[OfModelT], ranked: Iterable[str] | None, most: int | None) -> tuple[OfModelT, ...]:
    """Return the items of the first of the ranked models that there are, in their own order."""
    items = tuple(items)
    there = dict.fromkeys(one.model for one in items)
    chosen = [name for name in (there if ranked is None else ranked) if name in there][:most]
    return tuple(one for one in items if one.model in chosen)
