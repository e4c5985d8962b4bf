"""The base of every section's result."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reportgen.contract.base import Strict
from reportgen.contract.focus import MOST_ROWS, Focus, OfModel, OfModelT, _of_models
from reportgen.contract.numbers import Measurement, Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class SectionResult(Strict):
    """Base of every section's result: the numbers at their addresses; subclasses add what the figures show."""

    measurements: tuple[Measurement, ...]
    """Every scalar of the section."""
    focus: Focus | None = None
    """Which models are shown one by one; null for all."""

    def shown(self, items: Iterable[OfModelT], most: int | None = None) -> tuple[OfModelT, ...]:
        """Return the items of the models that are shown one by one, in their order; at most so many models."""
        return _of_models(items, None if self.focus is None else self.focus.models, most)

    def listed(self, items: Iterable[OfModelT], most: int = MOST_ROWS) -> tuple[OfModelT, ...]:
        """Return the items of the models that have a row each, in their order; at most so many models."""
        return tuple(items) if self.focus is None else _of_models(items, self.focus.order, most)

    def rest(self, items: Iterable[OfModel], shown: Iterable[OfModel], which: str | None = None) -> str:
        """Return the sentence of a caption or note about the models that are not shown; nothing where all are.

        ``which`` tells what those that are shown have, where it is not the best value of what all are ranked by.
        """
        total, kept = len({one.model for one in items}), len({one.model for one in shown})
        if kept == total:
            return ""
        by = which or (f"the best {self.focus.by}" if self.focus and self.focus.by else None)
        return f" {f'The {kept} with {by}' if by else kept} of {total} models; the others are in results.json."

    def find(self, name: str, model: str, subject: str | None = None) -> Metric:
        """Return the metric at an address; KeyError when the section did not produce it."""
        for one in self.measurements:
            if (one.name, one.model, one.subject) == (name, model, subject):
                return one.metric
        raise KeyError((name, model, subject))

    def named(self, name: str, model: str | None = None) -> Iterator[Measurement]:
        """Yield the measurements of one metric, of one model or of all."""
        return (one for one in self.measurements if one.name == name and model in (None, one.model))


ResultT = TypeVar("ResultT", bound=SectionResult)
