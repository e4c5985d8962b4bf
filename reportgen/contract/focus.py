"""Which of many models are shown individually in tables and figures, and the notes about omitted models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from reportgen.contract.base import Strict
from reportgen.contract.decision import COMPARISON, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reportgen.contract.changes import FlippedCheck

MOST_ROWS = 30
"""Maximum number of models in a table with one row per model. Convention."""


class Limits(NamedTuple):
    """The limits of a check, both inclusive; None for none."""

    low: float | None
    high: float | None
    words: str
    """The condition, with what of the number must meet it: "at least 90 % at the lower end"."""


class OfModel(Protocol):
    """An item that is about a model."""

    @property
    def model(self) -> str:
        """Name of the model."""


OfModelT = TypeVar("OfModelT", bound=OfModel)


class Focus(Strict):
    """Which of many models are shown individually: in figures with one panel per model, in tables about one model."""

    models: tuple[str, ...]
    """The most important first."""
    order: tuple[str, ...]
    """All models in that order: the first ones have rows if a table or figure has no room for all."""
    by: str | None
    """Title of the metric that they are ranked by; null for the first models of the spec, or those that it names."""
    recommended: str | None = None
    """The model that a comparison recommends: it comes first, whatever its rank."""

    def led_by(self, model: str) -> Focus:
        """Return the same number of models, a recommended one first."""
        models, order = (tuple(dict.fromkeys((model, *names))) for names in (self.models, self.order))
        return Focus(models=models[: len(self.models)], order=order, by=self.by, recommended=model)


@dataclass(frozen=True)
class View:
    """The models that tables and figures show: those in focus, or all without a focus; their roles in the decision, and the checks that changed."""

    focus: Focus | None = None
    decision: Decision = COMPARISON
    limits: Mapping[str, Limits] = field(default_factory=dict)
    """The check on each of the section's metrics that is checked, by metric: of several the one with the most serious outcome."""
    flipped: tuple[FlippedCheck, ...] = ()
    """The checks whose outcome differs from that of an earlier release."""

    def shown(self, items: Iterable[OfModelT], most: int | None = None) -> tuple[OfModelT, ...]:
        """Return the items of the models that are shown individually, in their order; at most ``most`` models."""
        return _of_models(items, None if self.focus is None else self.focus.models, most)

    def listed(self, items: Iterable[OfModelT], most: int = MOST_ROWS) -> tuple[OfModelT, ...]:
        """Return the items of the models that have a row each, in their order; at most ``most`` models."""
        return tuple(items) if self.focus is None else _of_models(items, self.focus.order, most)

    def compared(self, items: Iterable[OfModelT], most: int) -> tuple[OfModelT, ...]:
        """Return the items of the candidate and its baseline, in this order; where neither has any, those of at most ``most`` models."""
        items, roles = tuple(items), self.decision.models
        of_roles = sorted((one for one in items if one.model in roles), key=lambda one: roles.index(one.model))
        return tuple(of_roles) or self.shown(items, most)

    def rest(self, items: Iterable[OfModel], shown: Iterable[OfModel], which: str | None = None, were: str = "") -> str:
        """Return the sentence of a caption or note about omitted models; empty if all are shown.

        ``which`` describes the shown models, if they are not the best ones by the ranking metric; ``were`` says what
        was done with them, where they are not just shown.
        """
        total, kept = len({one.model for one in items}), len({one.model for one in shown})
        if kept == total:
            return ""
        by = which or (f"the best {self.focus.by}" if self.focus and self.focus.by else None)
        first = self.focus.recommended if self.focus and not which else None
        if by is None or first not in {one.model for one in shown}:
            words = kept if by is None else f"The {kept} with {by}"
        else:
            words = first if kept == 1 else f"{first} and the {kept - 1} other{'s' if kept > 2 else ''} with {by}"  # noqa: PLR2004 two in all
        return f" {words} of {total} models{were and f' {were}'}; the {'other is' if total - kept == 1 else 'others are'} in results.json."


def _of_models(items: Iterable[OfModelT], ranked: Iterable[str] | None, most: int | None) -> tuple[OfModelT, ...]:
    """Return the items of the highest-ranked models that have any, in their original order."""
    items = tuple(items)
    there = dict.fromkeys(one.model for one in items)
    chosen = [name for name in (there if ranked is None else ranked) if name in there][:most]
    return tuple(one for one in items if one.model in chosen)
