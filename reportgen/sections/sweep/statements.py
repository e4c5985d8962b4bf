"""Statements of the sweep section: which parameters matter, which do not, what fails, what to take and where to look next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.numbers import required
from reportgen.contract.statements import Quantity, Statement
from reportgen.contract.subjects import Subject
from reportgen.sections.sweep import words
from reportgen.sections.sweep.factors import label
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.params import Value
    from reportgen.sections.sweep.schema import Choice, HeadSweep, Interaction, Next, Parameter, SweepResult, SweptModel

_TEST = "linear model, Student's t; Bonferroni"
_PAIRED = "paired differences; Holm (1979)"
_MOST = 3
"""Parameters that a sentence names."""
_LEVEL = 0.05


def statements(result: SweepResult, view: View) -> tuple[Statement, ...]:
    """Return the statements of every output; where there is a candidate, they are what its choice rests on."""
    chosen = view.decision.candidate is not None
    found = (one for head in result.heads for one in _of(result, head, chosen=chosen))
    if not chosen:
        return tuple(found)
    return tuple(one.model_copy(update={"topic": "data"}) for one in found)


def _of(result: SweepResult, head: HeadSweep, *, chosen: bool) -> Iterator[Statement]:
    yield from _choice(result, head, chosen=chosen)
    if head.next is not None:
        yield _next(head, head.next)
    if head.reason is not None:
        text = f"{words.opening(head)}Too few to tell which parameters matter: {head.reason}."
        yield Statement(topic="parameters", parts=(text,), settled=False, n=result.n)
    else:
        yield from _matter(result, head)
        yield from _rest(result, head)
    yield from _failures(result, head)


def _matter(result: SweepResult, head: HeadSweep) -> Iterator[Statement]:
    """Say what the parameters that matter are worth, and whether they act together."""
    found = [one for one in head.parameters if one.verdict == "matters"]
    if not found:
        return
    parts: list[Quantity | str] = [words.opening(head)]
    for place, one in enumerate(found[:_MOST]):
        start = f"{one.name} matters{' most' if len(found) > 1 else ''}: " if place == 0 else f"; {one.name}: "
        parts += [start, *_worth(result, head, one)]
    if len(found) > _MOST:
        parts.append(f"; and {formatting.listed([one.name for one in found[_MOST:]])}")
    parts.append(".")
    least = min(words.chance(result, one) for one in found)
    yield Statement(topic="parameters", parts=tuple(parts), test=_TEST, p_value=least, n=result.n)
    shown = [one for one in head.interactions if one.shown]
    if shown:
        first = shown[0]
        spec = words.score(head).interaction
        metric = result.find(spec.name, result.first, first.subject)
        pairs = formatting.listed([f"{one.one} and {one.other}" for one in shown[1:]])
        (worse, better), (more, less) = _gain(head, first, required(metric.value))
        yield Statement(
            topic="parameters",
            parts=(
                f"{words.opening(head)}{first.one} and {first.other} interact: the gain from {first.one} = {label(worse)} to {label(better)} is ",
                _quantity(result, spec.name, first.subject, formatting.size(required(metric.value), metric.unit)),
                f" larger at {first.other} = {label(more)} than at {label(less)}{f'; so do {pairs}' if pairs else ''}.",
            ),
            test=_TEST,
            p_value=_number(result, "interaction_p", first.subject),
            n=result.n,
        )


def _gain(head: HeadSweep, one: Interaction, value: float) -> tuple[tuple[Value, Value], tuple[Value, Value]]:
    """Return from which to which value of the first parameter the score gains, and at which value of the second it gains more, then less.

    ``value`` is the difference of the first minus the second value of the one, at the first minus at the second value of the other. The gain is
    towards the value that is better on the whole where the two are those of the main effect, otherwise towards the second.
    """
    main = next(found for found in head.parameters if found.name == one.one)
    first, second = one.one_values
    gains_more_at_first = value < 0 if words.score(head).higher_is_better else value > 0
    if (main.worse, main.better) == (second, first):
        first, second, gains_more_at_first = second, first, not gains_more_at_first
    more, less = one.other_values if gains_more_at_first else one.other_values[::-1]
    return (first, second), (more, less)


def _worth(result: SweepResult, head: HeadSweep, one: Parameter) -> tuple[Quantity | str, ...]:
    metric = words.effect(result, head, one)
    subject = required_subject(one)
    return (
        _quantity(result, words.score(head).effect.name, subject, formatting.with_interval(metric)),
        f" from {words.value(one, one.worse)} to {words.value(one, one.better)}",
    )


def _rest(result: SweepResult, head: HeadSweep) -> Iterator[Statement]:
    """Say which parameters do not matter, of which too little is known, and which cannot be separated."""
    parts: list[Quantity | str] = []
    for verdict, start in (("negligible", "Negligible: "), ("not shown", "No effect shown of ")):
        found = [one for one in head.parameters if one.verdict == verdict]
        if found:
            parts.append(start if not parts else f"; {start[0].lower()}{start[1:]}")
        for place, one in enumerate(found[:_MOST]):
            most = words.reach(result, head, one)
            parts += [", " if place else "", one.name]
            if most is not None:
                unit = words.score(head).effect.unit
                text = formatting.size(most, unit)
                parts += [
                    " (if any, up to ",
                    _quantity(result, words.score(head).effect.name, required_subject(one), text),
                    ")",
                ]
        if len(found) > _MOST:
            parts.append(f" and {len(found) - _MOST} more")
    aliased = [one for one in head.parameters if one.verdict == "not separable"]
    if aliased:
        names = formatting.listed([one.name for one in aliased], _MOST)
        start = "; not" if parts else "Not"
        parts.append(f"{start} separable, because they vary together: {names}")
    if parts:
        parts.append(".")
        yield Statement(topic="parameters", parts=(words.opening(head), *parts), settled=False, test=_TEST, n=result.n)


def _failures(result: SweepResult, head: HeadSweep) -> Iterator[Statement]:
    """Say how many trainings fail and why, and which value they have in common."""
    models = [one for one in head.models if one.failed is not None]
    failed, total = len(models) + len(result.trials), len(head.models) + len(result.trials)
    if not failed:
        return
    verb = "fails" if failed == 1 else "fail"
    what = f"{failed} of {total} {words.trainings(result)} {verb} ({_reasons(result, models)})"
    parts: list[Quantity | str] = [f"{words.opening(head)}{what}"]
    settled, chance = False, None
    if head.failures:
        at = head.failures[0]
        chance = _number(result, "failed_p", at.subject)
        settled = chance is not None and chance < _LEVEL
        share = f"{at.failed} of {at.models}"
        parts += [
            f": {at.words} in " if at.failed < failed else f", all with {at.words}: ",
            _quantity(result, "failed", at.subject, share),
            f", of the others {at.others_failed} of {at.others} (",
            _quantity(result, "failed_p", at.subject, f"p {formatting.p_value(required(chance))}"),
            f"){'' if settled else ', too few to blame it'}",
        ]
    parts.append(".")
    yield Statement(
        topic="weakness",
        parts=tuple(parts),
        settled=settled,
        test="Fisher (1922), exact; Bonferroni",
        p_value=chance,
        n=total,
    )


def _reasons(result: SweepResult, failed: Sequence[SweptModel]) -> str:
    """Return why models and trials without a model failed."""
    reasons = list(dict.fromkeys(one.failed or "" for one in failed))
    why = reasons[0] if len(reasons) == 1 else "the table says why"
    if not result.trials:
        return why
    count = len(result.trials)
    lost = words.LOST if count == 1 else words.ALL_LOST
    if not failed:
        return lost
    return f"{_counted(len(failed), 'model')}: {why}; {_counted(count, 'trial')}: {lost}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _choice(result: SweepResult, head: HeadSweep, *, chosen: bool) -> Iterator[Statement]:
    """Name the model to take: the smallest of those that cannot be told from the best, and what speaks for it.

    Where a candidate is ``chosen``, it is what the sweep favors.
    """
    found = head.choice
    if found is None or found.smallest is None:
        return
    own = next(one for one in head.models if one.model == found.smallest)
    start = "The sweep favors" if chosen else "Take"
    yield Statement(
        topic="choice",
        model=own.model,
        parts=(
            f"{words.opening(head)}{start} {own.model}, the {_why(own, found)}: ",
            *words.achieved(head, own),
            ", ",
            *_weights(own),
            ".",
            *_best(head, own, found),
        ),
        settled=not (found.tied or found.untested),
        test=_PAIRED,
        n=None if own.score is None else own.score.n,
    )
    others = f"{words.opening(head)}{_others(result, head, own, found)}."
    yield Statement(
        topic="choice", parts=(others, *_operations(head, own, found)), settled=not found.untested, test=_PAIRED
    )


def _weights(one: SweptModel) -> tuple[Quantity | str, ...]:
    count = f"{required(one.parameters):,}"
    return Quantity(text=count, metric="parameters", model=one.model, section="overview"), " weights"


def _operations(head: HeadSweep, own: SweptModel, found: Choice) -> tuple[Quantity | str, ...]:
    """Return which of the models that cannot be told from the best needs fewer multiply-adds than the one with the fewest weights, of several the least."""
    alike = [one for one in head.models if one.model in {found.best, *found.tied} and one.multiply_adds is not None]
    if own.multiply_adds is None or not alike:
        return ()
    sign = -1 if words.score(head).higher_is_better else 1
    least = min(alike, key=lambda one: (required(one.multiply_adds), sign * words.reached(one)))
    if required(least.multiply_adds) >= own.multiply_adds:
        return ()
    counts = (
        Quantity(text=f"{required(one.multiply_adds):,}", metric="multiply_adds", model=one.model, section="cost")
        for one in (least, own)
    )
    return f" {least.model} has fewer multiply-adds, ", next(counts), " against ", next(counts), f" of {own.model}."


def _best(head: HeadSweep, own: SweptModel, found: Choice) -> tuple[Quantity | str, ...]:
    """Return which model is the best by value, and how far the one to take is behind it."""
    models = {one.model: one for one in head.models}
    if own.model == found.best:
        equal = [name for name in found.tied if words.reached(models[name]) == words.reached(own)]
        if not equal:
            return ()
        return (
            f" {formatting.joined(equal, _MOST)} {'has' if len(equal) == 1 else 'have'} the same {words.score(head).title}.",
        )
    best = models[found.best]
    score = words.score(head).title
    start = f" {best.model} has the best {score}: ", *words.achieved(head, best, short=True), ", ", *_weights(best)
    if found.behind is None:
        return *start, "."
    metric, versus = f"{head.score}_difference", Subject.of("vs", found.best, within=head.subject)
    text = formatting.with_interval(found.behind)
    difference = Quantity(text=text, metric=metric, model=own.model, subject=versus, section="performance")
    return *start, "; the difference, ", difference, ", could be luck."


def _why(own: SweptModel, found: Choice) -> str:
    """Return what speaks for the model to take."""
    if own.model != found.best:
        return "smallest that is not measurably worse than the best"
    return "best, and the smallest of those not measurably worse" if found.tied else "best"


def _others(result: SweepResult, head: HeadSweep, own: SweptModel, found: Choice) -> str:
    """Return what is known of the other models: which are not told from the best, that none of these is smaller, and what those as small reach."""
    others = [one for one in head.models if one.model in found.tied and one is not own]
    it = own.model if own.model == found.best else "the best"
    if not others and found.untested:
        return f"{len(found.untested)} differences from {it} were not tested"
    if not others:
        return f"Every other model is measurably worse than {it}"
    of = f" of {len(head.models)} swept models" if result.without or result.left_out else ""
    verb = "is" if len(others) == 1 else "are"
    return f"{len(others)} more{of} {verb} not measurably worse than {it}; none of them is smaller{_as_small(head, own, others)}"


def _as_small(head: HeadSweep, own: SweptModel, others: Sequence[SweptModel]) -> str:
    """Return how many others have as many weights, and whether all of them are worse by value."""
    alike = [one for one in others if one.parameters == own.parameters]
    if not alike:
        return ""
    score, single = words.score(head), len(alike) == 1
    sign = 1 if score.higher_is_better else -1
    worse = " but right less often" if head.score == "accuracy" else f" but worse in {score.title}"
    all_worse = all(sign * words.reached(own) > sign * words.reached(one) for one in alike)
    return f", {len(alike)} {'is' if single else 'are'} as small{worse if all_worse else ''}"


def _next(head: HeadSweep, found: Next) -> Statement:
    """Say what to try next within the ranges tried: values between those tried, and a setting that no model has; and which of them are at an end of their range."""
    score = words.score(head).title
    larger = head.choice is not None and head.choice.smallest not in {None, head.choice.best}
    start = f"If {score} matters more than size" if larger else "To improve on it"
    forms = {one.name: one.form for one in head.parameters}
    setting = words.setting(found.settings, forms)
    steps = [
        f"{name} near {label(found.settings[name], forms[name])} (between {' and '.join(label(end, forms[name]) for end in ends)})"
        for name, ends in found.between.items()
    ]
    if not found.models:
        steps.insert(0, f"{setting}, which no model has")
    if steps:
        held = [f"{name} = {label(found.settings[name], forms[name])}" for name in found.ends] if found.models else []
        together = f", with {formatting.joined(held)}" if held else ""
        text = f"{start}, try {' and '.join(steps)}{together}: a linear fit to the parameters predicts the best {score} there."
    else:
        text = f"A linear fit to the parameters predicts the best {score} with {setting} ({_models(found)})."
    if found.ends:
        ends = {name: found.settings[name] for name in found.ends}
        text += f" {words.at_ends(ends, {one.name: one for one in head.parameters})}"
    return Statement(topic="parameters", parts=(f"{words.opening(head)}{text}",), settled=False, test="linear model")


def _models(found: Next) -> str:
    return found.models[0] if len(found.models) == 1 else f"{len(found.models)} models"


def required_subject(one: Parameter) -> Subject:
    """Return where the strongest difference of a parameter is."""
    if one.strongest is None:
        message = f"{one.name} has no effect"
        raise ValueError(message)
    return one.strongest


def _number(result: SweepResult, name: str, subject: Subject) -> float | None:
    found = result.find_or_none(name, result.first, subject)
    return None if found is None else found.value


def _quantity(result: SweepResult, name: str, subject: Subject, text: str) -> Quantity:
    return Quantity(text=text, metric=name, model=result.first, subject=subject)
