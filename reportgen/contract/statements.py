"""Statements: sentences made of measured numbers, which sections offer for page one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reportgen.contract.base import Strict
from reportgen.contract.subjects import Subject
from reportgen.text import formatting

if TYPE_CHECKING:
    from reportgen.contract.numbers import Measurement, Metric

Topic = Literal["choice", "parameters", "difference", "errors", "weakness", "confidence", "inside", "data"]
"""What a statement or a chapter contributes to the decision."""
TOPICS: tuple[Topic, ...] = (
    "choice",
    "parameters",
    "difference",
    "errors",
    "weakness",
    "confidence",
    "inside",
    "data",
)
"""From the most to the least relevant: which model of a sweep to take, which parameters matter, is it better, what does it get wrong, where is it weak, can its confidence be trusted,
is its inside in order, what does it rest on."""


class Quantity(Strict):
    """A number in a statement, with the address at which it was measured."""

    text: str
    """As it is written in the sentence."""
    metric: str
    """The metric's name within the section."""
    model: str
    subject: Subject | None = None
    section: str | None = None
    """Address of the section that measured it; null for the one that offers the statement."""


class Statement(Strict):
    """A sentence about the candidate, or in a comparison about the models, made of measured numbers."""

    topic: Topic
    """What it contributes to the decision; page one shows the statements of a topic together."""
    model: str | None = None
    """Of the topic ``choice``: the model that it recommends, which then is the next step."""
    parts: tuple[Quantity | str, ...]
    """The sentence: text, and numbers with their addresses."""
    settled: bool = True
    """Whether the evidence settles it; false for "too few to tell"."""
    test: str | None = None
    """The test or interval that it rests on."""
    p_value: float | None = None
    n: int | None = None
    """Number of examples that it rests on."""

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)


def quantity(one: Measurement, text: str | None = None) -> Quantity:
    """Return a measured number for a statement; by default as tables show it, without its interval."""
    return Quantity(
        text=formatting.metric(one.metric).text if text is None else text,
        metric=one.name,
        model=one.model,
        subject=one.subject,
    )


def counted(metric: Metric) -> tuple[int, int] | None:
    """Return (count, n) of a share of n rows; None where it is not one, as a weighted share is not.

    >>> from reportgen.contract.numbers import Metric
    >>> counted(Metric(value=0.985, unit="fraction", n=600))
    (591, 600)
    """
    if metric.value is None or not metric.n or metric.unit != "fraction":
        return None
    count = round(metric.value * metric.n)
    return (count, metric.n) if abs(count - metric.value * metric.n) < _WHOLE else None


_WHOLE = 1e-6
"""Largest distance of a count from a whole number."""
