"""What has changed since an earlier release, and how metrics went over several: what a results file can tell, and nothing more."""

from __future__ import annotations

from typing import Literal

from reportgen.contract.base import Strict
from reportgen.contract.decision import Earlier
from reportgen.contract.numbers import Metric, excludes_zero
from reportgen.contract.subjects import Subject

LEVEL = 0.05
"""Of the test of a difference. Convention."""
How = Literal["paired", "unpaired", "no interval", "not compared"]
"""How a difference was computed: row by row; from two intervals as of independent rows; without an interval; not at all."""


class Delta(Strict):
    """A metric of the candidate then and now."""

    address: str
    """``<section>.<metric>``."""
    subject: Subject | None
    before: Metric | None
    """Null if the earlier release does not have it."""
    now: Metric | None
    """Null if this report does not have it."""
    difference: Metric
    """Now minus then."""
    how: How
    p_value: float | None = None
    """Of equal shares of correct rows, where they are paired."""
    test: str | None = None
    """How the p-value was computed; null for McNemar's exact test."""

    @property
    def name(self) -> str:
        """Name of the metric within its section."""
        return self.address.partition(".")[2]

    @property
    def part(self) -> Subject:
        """The address with the subject, as the subject of a difference."""
        return Subject(self.address if self.subject is None else f"{self.address}/{self.subject}")

    @property
    def better(self) -> bool | None:
        """Whether the value moved in the preferred direction; None without a direction or a change."""
        value, up = self.difference.value, self.difference.higher_is_better
        return None if up is None or not value else (value > 0) == up

    @property
    def settled(self) -> bool:
        """Whether the difference is told from 0: by its p-value where it has one, otherwise by its interval."""
        if self.p_value is not None:
            return self.p_value < LEVEL
        return excludes_zero(self.difference)


class Flips(Strict):
    """The rows of an output on which the two releases answer differently: paired, on the same rows."""

    subject: Subject | None
    """The output; null for the only one."""
    fixed: Metric | None
    """Share of the rows that only the candidate gets right; null without labels of classes."""
    new: Metric | None
    """Share of the rows that only the earlier model gets right."""
    errors_before: int | None
    """Rows that the earlier model gets wrong."""
    churn: Metric
    """Share of the rows with another answer."""


class LayerChange(Strict):
    """A layer that was added, removed or replaced."""

    before: str | None
    """Name, type, shape and parameters; null for a layer that was added."""
    now: str | None


class Structure(Strict):
    """The layers of the model then and now."""

    layers_before: int
    layers_now: int
    parameters_before: int
    parameters_now: int
    trainable_before: int
    trainable_now: int
    changes: tuple[LayerChange, ...]
    """In network order; names alone are no change, because the numbers in Keras' names differ from session to session."""


class WeightChanges(Strict):
    """The weight tensors then and now, bit by bit."""

    changed: tuple[str, ...]
    """Names of the tensors whose values differ."""
    frozen: tuple[str, ...]
    """Those that are the same in every bit."""
    reshaped: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


class InputChange(Strict):
    """Something that a report was made from, and whether it is the same."""

    what: str
    before: str | None
    now: str | None


class FlippedCheck(Strict):
    """A check whose outcome differs, or that only one of the releases has."""

    title: str
    subject: Subject | None
    before: str | None
    """The outcome then; null for a new check."""
    now: str | None
    """The outcome now; null for a check that is no more."""
    value_before: Metric | None
    value_now: Metric | None


class Changes(Strict):
    """What has changed since an earlier release."""

    earlier: Earlier
    model_before: str
    model_now: str
    same_rows: bool
    """Whether both were measured on the same rows of the same data; if not, no difference is called better or worse."""
    rows: str
    """On what rows, and how that is known."""
    paired: bool
    """Whether differences are paired, row by row."""
    pairing: str
    """Why they are not; empty if they are."""
    deltas: tuple[Delta, ...]
    """Of whole models, outputs and classes."""
    flips: tuple[Flips, ...]
    structure: Structure | None
    structure_reason: str | None
    """Why the structure is not compared."""
    weights: WeightChanges | None
    weights_reason: str | None
    """Why the weights are not compared."""
    inputs: tuple[InputChange, ...]
    """Data, model, spec, program and packages that differ."""

    def judged(self, delta: Delta) -> str:
        """Return what a difference says, and how that is known: on other rows neither better nor worse."""
        difference = delta.difference
        if delta.how == "not compared":
            return f"not compared: {difference.reason}"
        if not self.same_rows:
            return "not judged: other rows"
        if difference.ci_low is None:
            return "not tested"
        if not delta.settled:
            return f"could be luck ({delta.how})"
        better = delta.better
        word = "" if better is None else "better, " if better else "worse, "
        return f"{word}unlikely to be luck ({delta.how})"


class TrendPoint(Strict):
    """A metric in one release."""

    release: Earlier | None
    """Null for this report."""
    metric: Metric | None
    """Null if the release does not have it."""
    same_rows: bool
    """Whether it was measured on the same rows as this report."""


class TrendLine(Strict):
    """A headline over several releases, the oldest first."""

    address: str
    title: str
    unit: str
    points: tuple[TrendPoint, ...]
