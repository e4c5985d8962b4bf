"""Metrics: values, addresses and declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, TypeVar

from pydantic import model_validator

from reportgen.contract.base import Strict
from reportgen.contract.subjects import Subject

Status = Literal["ok", "not_applicable", "insufficient_data", "failed"]


OF_CALIBRATED = "95 % of calibrated models"
"""How a range was computed that is no interval of an estimate: what chance alone gives to calibrated models."""


Direction = Literal["max", "min"]


NumberT = TypeVar("NumberT", int, float)


def or_nan(value: float | None) -> float:
    """Return a number for a figure: NaN, which is not drawn, where it is missing."""
    return float("nan") if value is None else value


class Bounded(Protocol):
    """What has an interval or none: a metric, or a number kept for a figure."""

    @property
    def ci_low(self) -> float | None:
        """Lower end."""

    @property
    def ci_high(self) -> float | None:
        """Upper end."""


def excludes_zero(one: Bounded) -> bool:
    """Return whether there is an interval and 0 is outside."""
    return one.ci_low is not None and one.ci_high is not None and not one.ci_low <= 0 <= one.ci_high


def required(value: NumberT | None) -> NumberT:
    """Return a required value; ValueError if it is missing, so that it never silently becomes 0.

    >>> required(0.5)
    0.5
    """
    if value is None:
        message = "a number that was not measured cannot be used"
        raise ValueError(message)
    return value


class Metric(Strict):
    """One number with its uncertainty and origin, or the reason why it is missing."""

    value: int | float | None
    """The number; null if it was not measured, never 0 instead."""
    unit: str
    """``fraction`` (0 to 1), ``count``, ..., a word shown after the number (``nats``), or empty if dimensionless."""
    n: int | None = None
    """Number of examples it is based on."""
    ci_low: float | None = None
    """Lower end of the 95 % interval."""
    ci_high: float | None = None
    """Upper end of the 95 % interval."""
    ci_method: str | None = None
    """How the interval was computed."""
    estimator: str | None = None
    """How the value was computed, if there is more than one way."""
    higher_is_better: bool | None = None
    """Direction; null if there is no preferred one."""
    status: Status = "ok"
    """``ok``, or why there is no value."""
    reason: str | None = None
    """Why there is no value, in one sentence."""
    caveat: str | None = None
    """A caveat about the value."""

    @model_validator(mode="after")
    def _missing_has_a_reason(self) -> Self:
        if (self.value is None) == (self.status == "ok"):
            message = f"a metric has a value if and only if its status is ok (value {self.value}, status {self.status})"
            raise ValueError(message)
        if (self.status == "ok") != (self.reason is None):
            message = "a metric has a reason if and only if its value is missing"
            raise ValueError(message)
        if (self.ci_low is None) != (self.ci_high is None) or (self.ci_low is None) != (self.ci_method is None):
            message = "an interval needs two ends and a method"
            raise ValueError(message)
        return self


class Measurement(Strict):
    """A metric with its address: which metric of which model, or of which part of it."""

    name: str
    """The metric's name within its section."""
    model: str
    """The model's name in the spec."""
    subject: Subject | None = None
    """The part of the model that it is about; null for the whole model."""
    metric: Metric
    """The number."""


@dataclass(frozen=True)
class MetricSpec:
    """Declares a metric that a section can produce.

    Parameters
    ----------
    name
        Name within the section; ``<section>.<name>`` is the address.
    title
        Title of a table column.
    unit
        As in :class:`Metric`.
    higher_is_better
        Direction; None if there is no preferred one.
    definition
        One or two sentences for the glossary, independent of the results.
    source
        Publication or "convention".
    per
        What one value is about: the ``model`` (or one of its outputs), a ``class``, a ``level`` of a predicted distribution,
        a ``slice`` of the rows, a ``layer`` (or one of its
        weights), a ``pair`` of models, a ``recipe`` (or a pair of recipes), or a ``param``, a training parameter of a sweep; the last two are recorded at their first model.
    difference
        Name of the metric that tests whether two models differ in this one: pairwise or, of a class, for candidate and baseline.
    direction_by_model
        The preferred direction depends on what the model was trained for; each value states its own.
    exact
        Read from the model itself, such as a number of parameters: no sample, so that any difference is real.
    """

    name: str
    title: str
    unit: str
    higher_is_better: bool | None
    definition: str
    source: str
    per: Literal["model", "class", "level", "slice", "layer", "pair", "recipe", "param"] = "model"
    difference: str | None = None
    direction_by_model: bool = False
    exact: bool = False

    def measure(self, model: str, value: float | None, *, subject: str | None = None, **details: Any) -> Measurement:
        """Record a value at its address; ``details`` are the other fields of :class:`Metric`."""
        metric = Metric(value=value, unit=self.unit, higher_is_better=self.higher_is_better, **details)
        about = None if subject is None else Subject(subject)
        return Measurement(name=self.name, model=model, subject=about, metric=metric)

    def missing(self, model: str, status: Status, reason: str, *, subject: str | None = None) -> Measurement:
        """Record at the metric's address why there is no value."""
        return self.measure(model, None, subject=subject, status=status, reason=reason)
