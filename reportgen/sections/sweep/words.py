"""Effects, settings and values in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import Quantity, counted
from reportgen.contract.subjects import Subject
from reportgen.sections.sweep.factors import label
from reportgen.sections.sweep.schema import SCORES
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.contract.numbers import Metric
    from reportgen.contract.params import Value
    from reportgen.sections.sweep.schema import Form, HeadSweep, Parameter, Score, SweepResult, SweptModel

_MOST = 6
"""Maximum number of parameters of a setting that a sentence names."""


LOST, ALL_LOST = "the tuner says it failed, and left no model", "the tuner says they failed, and left no model"
"""Why a trial counts as failed, and several."""


def score(head: HeadSweep) -> Score:
    """Return the score of an output."""
    return SCORES[head.score]


def opening(head: HeadSweep) -> str:
    """Return the beginning of a sentence about one of several outputs."""
    return "" if head.subject is None else f"Output {Subject(head.subject).name}: "


def effect(result: SweepResult, head: HeadSweep, one: Parameter) -> Metric:
    """Return the difference of a parameter with the most evidence."""
    return result.find(score(head).effect.name, result.first, one.strongest)


def chance(result: SweepResult, one: Parameter) -> float:
    """Return the adjusted p-value of that difference; 1 where nothing varies."""
    found = result.find_or_none("effect_p", result.first, one.strongest)
    return 1.0 if found is None else required(found.value)


def reach(result: SweepResult, head: HeadSweep, one: Parameter) -> float | None:
    """Return the largest difference between two values of a parameter that its intervals do not rule out; None without one."""
    subjects = {
        f"{one.name} = {label(a.value, one.form)} vs {label(b.value, one.form)}" for a in one.points for b in one.points
    }
    own = (
        item.metric
        for item in result.named(score(head).effect.name, result.first)
        if item.subject is not None and item.subject.outer == head.subject and item.subject.name in subjects
    )
    ends = [
        max(abs(metric.ci_low), abs(metric.ci_high))
        for metric in own
        if metric.ci_low is not None and metric.ci_high is not None
    ]
    return max(ends, default=None)


def trainings(result: SweepResult) -> str:
    """Return what fails or does not: models, with trials that left none trainings."""
    return "trainings" if result.trials else "models"


def setting(values: Mapping[str, Value], forms: Mapping[str, Form] | None = None) -> str:
    """Return a setting as text; ``forms`` are those of the parameters, by default levels.

    >>> setting({"kind": "cnn", "lr": 0.003})
    'kind = cnn, lr = 0.003'
    """
    return formatting.listed(
        [f"{name} = {label(value, (forms or {}).get(name, 'levels'))}" for name, value in values.items()], _MOST
    )


def value(one: Parameter, of: Value | None) -> str:
    """Return a value of a parameter as text."""
    return formatting.MISSING if of is None else label(of, one.form)


def tried(one: Parameter) -> str:
    """Return the values of a parameter that were compared."""
    if one.form == "levels":
        return ", ".join(label(point.value) for point in one.points)
    scale = ", logarithmic" if one.logarithmic else ""
    return f"{label(one.points[0].value, one.form)} to {label(one.points[-1].value, one.form)}{scale}"


def at_ends(best: Mapping[str, Value], parameters: Mapping[str, Parameter]) -> str:
    """Return that numbers are best at an end of the range tried, and that nothing is known beyond it, as a sentence.

    It says what was seen, and proposes nothing: a linear model is not trusted outside of the values that it was fitted to.
    """
    largest = {name: value == max(point.value for point in parameters[name].points) for name, value in best.items()}
    ends = [
        f"{'the' if place else 'The'} best {name}, {label(best[name], parameters[name].form)}, is the {'largest' if up else 'smallest'} tried"
        for place, (name, up) in enumerate(largest.items())
    ]
    if len(ends) > 1:
        return f"{' and '.join(ends)}: values beyond may be better; they were not tried and are not predicted."
    further = "larger" if all(largest.values()) else "smaller"
    return f"{ends[0]}, so a {further} one may be better; it was not tried and is not predicted."


def achieved(head: HeadSweep, one: SweptModel, *, short: bool = False) -> tuple[Quantity | str, ...]:
    """Return the score of a model: rows right of all where it counts rows, otherwise the score by name; unless ``short`` with its interval."""
    if one.score is None:
        return ("no score",)
    shown, found = formatting.metric(one.score), counted(one.score) if head.score == "accuracy" else None
    subject = None if head.subject is None else Subject(head.subject)

    def number(text: str) -> Quantity:
        return Quantity(text=text, metric=head.score, model=one.model, subject=subject, section="performance")

    interval = "" if short or not shown.interval else f" {shown.interval}"
    if found is None:
        return f"{score(head).title} ", number(shown.text), interval
    if short:
        return number(f"{found[0]:,}"), " right"
    return number(f"{found[0]:,}"), f" of {found[1]:,} right ({shown.text}{interval})"


def reached(one: SweptModel) -> float:
    """Return the score of a model that did not fail."""
    return float(required(None if one.score is None else one.score.value))


def model(head: HeadSweep) -> str:
    """Return what the linear model consists of."""
    return "an additive model" if head.additive else "a linear model with two-way interactions"


def error(head: HeadSweep) -> str:
    """Return what intervals allow for, as a sentence."""
    if head.error == "repeats":
        runs = f"repeated trainings of a setting ({head.freedom} degrees of freedom)"
    else:
        runs = f"the spread of the models about it ({head.freedom} degrees of freedom), which contains training noise and what it leaves out,"
    return (
        f"Intervals allow for {runs} and for the choice of rows, and hold for all {head.family} differences together."
    )
