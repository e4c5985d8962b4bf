"""The base class of section results."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from reportgen.contract.base import Strict
from reportgen.contract.numbers import Measurement, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class SectionResult(Strict):
    """Base class of section results: the metrics with their addresses; subclasses add the data for the figures.

    ``outside_digest`` are fields that differ in every run, such as measured times: the digest of the results leaves them out.
    """

    outside_digest: ClassVar[frozenset[str]] = frozenset()

    measurements: tuple[Measurement, ...]
    """All metrics of the section."""

    def find(self, name: str, model: str, subject: str | None = None) -> Metric:
        """Return the metric at an address; KeyError if the section did not produce it."""
        return self._at[name, model, subject]

    def find_or_none(self, name: str, model: str, subject: str | None = None) -> Metric | None:
        """Return the metric at an address; None if the section did not produce it."""
        return self._at.get((name, model, subject))

    def named(self, name: str, model: str | None = None) -> Iterator[Measurement]:
        """Yield the measurements of a metric, for one model or all."""
        return (one for one in self._named.get(name, ()) if model in (None, one.model))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the result and rebuild the index of its measurements."""
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
