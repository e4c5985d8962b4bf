"""Numbers: a metric, its address, and its declaration before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import model_validator

from reportgen.contract.base import Strict
from reportgen.contract.subjects import Subject

Status = Literal["ok", "not_applicable", "insufficient_data", "failed"]


Direction = Literal["max", "min"]


class Metric(Strict):
    """One number, with how sure it is and where it comes from; without a value, the reason why."""

    value: int | float | None
    """The number itself; null where it was not measured, never 0 in its place."""
    unit: str
    """``fraction`` (0 to 1), ``count``, ..., a word that stands behind the number (``nats``), or empty for a pure number."""
    n: int | None = None
    """How many examples it rests on."""
    ci_low: float | None = None
    """Lower end of the 95 % interval."""
    ci_high: float | None = None
    """Upper end of the 95 % interval."""
    ci_method: str | None = None
    """How the interval was computed."""
    estimator: str | None = None
    """How the value was computed, where there is more than one way."""
    higher_is_better: bool | None = None
    """Direction; null where neither end is better."""
    status: Status = "ok"
    """``ok``, or why there is no value."""
    reason: str | None = None
    """Why there is no value, in one sentence."""
    caveat: str | None = None
    """What to mind about a value that there is."""

    @model_validator(mode="after")
    def _missing_has_a_reason(self) -> Self:
        if (self.value is None) == (self.status == "ok"):
            message = f"a metric has a value exactly when its status is ok (value {self.value}, status {self.status})"
            raise ValueError(message)
        if (self.status == "ok") != (self.reason is None):
            message = "a metric has a reason exactly when its value is missing"
            raise ValueError(message)
        if (self.ci_low is None) != (self.ci_high is None) or (self.ci_low is None) != (self.ci_method is None):
            message = "an interval has two ends and a method"
            raise ValueError(message)
        return self


class Measurement(Strict):
    """A metric at its address: which number, of which model, about which part of it."""

    name: str
    """The metric's name within its section."""
    model: str
    """The model's name in the spec."""
    subject: Subject | None = None
    """The part of the model that it is about; null for the model as a whole."""
    metric: Metric
    """The number."""


@dataclass(frozen=True)
class MetricSpec:
    """Declares a metric that a section can produce: its meaning, before anything is computed.

    Parameters
    ----------
    name
        Name within the section; ``<section>.<name>`` is the address.
    title
        Head of a table column.
    unit
        As in :class:`Metric`.
    higher_is_better
        Direction; None where neither end is better.
    definition
        One or two sentences that are always true, for the glossary.
    source
        Publication or "convention".
    per
        What one value is about: the ``model`` (or one of its output heads), a ``class``, a ``layer`` (or a weight
        of it), or a ``pair`` of models.
    difference
        Name of the pairwise metric that tells whether two models differ in this one.
    direction_by_model
        Which end is better depends on what the model was trained for: each number says it for itself.
    """

    name: str
    title: str
    unit: str
    higher_is_better: bool | None
    definition: str
    source: str
    per: Literal["model", "class", "layer", "pair"] = "model"
    difference: str | None = None
    direction_by_model: bool = False

    def measure(self, model: str, value: float | None, *, subject: str | None = None, **details: Any) -> Measurement:
        """Put a value at its address; ``details`` are the other fields of :class:`Metric`."""
        metric = Metric(value=value, unit=self.unit, higher_is_better=self.higher_is_better, **details)
        about = None if subject is None else Subject(subject)
        return Measurement(name=self.name, model=model, subject=about, metric=metric)

    def missing(self, model: str, status: Status, reason: str, *, subject: str | None = None) -> Measurement:
        """Say at the metric's address why there is no value."""
        return self.measure(model, None, subject=subject, status=status, reason=reason)
