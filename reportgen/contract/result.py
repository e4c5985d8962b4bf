"""The base of every section's result."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Measurement, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class SectionResult(Strict):
    """Base of every section's result: the numbers at their addresses; subclasses add what the figures show."""

    measurements: tuple[Measurement, ...]
    """Every scalar of the section."""

    def find(self, name: str, model: str, subject: str | None = None) -> Metric:
        """Return the metric at an address; KeyError when the section did not produce it."""
        return self._at[name, model, subject]

    def named(self, name: str, model: str | None = None) -> Iterator[Measurement]:
        """Yield the measurements of one metric, of one model or of all."""
        return (one for one in self._named.get(name, ()) if model in (None, one.model))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the result; the indices of its measurements are made again."""
        copied = super().model_copy(update=update, deep=deep)
        for index in ("_at", "_named"):
            copied.__dict__.pop(index, None)
        return copied

    @cached_property
    def _at(self) -> dict[tuple[str, str, str | None], Metric]:
        return {(one.name, one.model, one.subject): one.metric for one in self.measurements}

    @cached_property
    def _named(self) -> dict[str, list[Measurement]]:
        named: dict[str, list[Measurement]] = {}
        for one in self.measurements:
            named.setdefault(one.name, []).append(one)
        return named


ResultT = TypeVar("ResultT", bound=SectionResult)
