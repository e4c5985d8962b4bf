"""Which model of a sweep to take, and where to look next."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

from reportgen.contract.numbers import Metric, required
from reportgen.metrics import comparison, simultaneous
from reportgen.metrics.spans import average, each
from reportgen.sections.sweep import factors
from reportgen.sections.sweep.schema import Choice, Next

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.contract.params import Value
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.simultaneous import Ends
    from reportgen.sections.sweep.factors import Varied
    from reportgen.sections.sweep.runs import Run
    from reportgen.sections.sweep.schema import Parameter, Score

MOST = 50
"""Maximum number of models of which all pairs are compared; of more, each is compared with the best, and the others count as untested. Convention."""


def weights(run: Run) -> int | None:
    """Return the number of weights of a model; None if unknown."""
    return None if run.model.architecture is None else run.model.architecture.parameters


def choice(sound: Sequence[Run], score: Score) -> Choice | None:
    """Return the best of the models that did not fail, those that cannot be told from it, the smallest of them, and how far it is behind."""
    if not sound:
        return None
    sign = 1 if score.higher_is_better else -1
    goodness = {run.model.name: sign * _mean(run) for run in sound}
    leaders = simultaneous.leaders(goodness)
    size = {run.model.name: weights(run) for run in sound}
    best = min(leaders, key=lambda name: float("inf") if size[name] is None else float(required(size[name])))
    ends: dict[frozenset[str], Ends] = {}
    pairs = list(combinations(sound, 2)) if len(sound) <= MOST else _with(best, sound)
    for one, other in pairs:
        found = _difference(one, other, score)
        if found is not None and found.low is not None and found.high is not None:
            ends[frozenset((one.model.name, other.model.name))] = (found.value, found.low, found.high)
    tested = simultaneous.adjusted(ends, comb(len(sound), 2) - len(pairs))
    others = [name for name in goodness if name != best]
    untested = tuple(name for name in others if frozenset((best, name)) not in tested)
    tied = tuple(
        name for name in others if name not in untested and tested[frozenset((best, name))] > simultaneous.LEVEL
    )
    known = {name: count for name in (best, *tied) if (count := size[name]) is not None}
    smallest = min(known, key=lambda name: (known[name], -goodness[name])) if len(known) == 1 + len(tied) else None
    runs = {run.model.name: run for run in sound}
    behind = None if smallest is None or smallest == best else _behind(runs[smallest], runs[best], score)
    return Choice(best=best, tied=tied, untested=untested, smallest=smallest, behind=behind)


def _with(best: str, sound: Sequence[Run]) -> list[tuple[Run, Run]]:
    """Return the pairs that one of the models is in, in their order."""
    place = next(index for index, run in enumerate(sound) if run.model.name == best)
    return [*((run, sound[place]) for run in sound[:place]), *((sound[place], run) for run in sound[place + 1 :])]


def _behind(one: Run, best: Run, score: Score) -> Metric | None:
    """Return the paired difference of a model from the best."""
    found = _difference(one, best, score)
    if found is None:
        return None
    return Metric(
        value=found.value,
        unit=score.effect.unit,
        n=found.n,
        ci_low=found.low,
        ci_high=found.high,
        ci_method=found.method,
        higher_is_better=score.higher_is_better,
    )


def _mean(run: Run) -> float:
    if run.rows is None or run.head is None:
        message = "a model that did not fail has a score"
        raise ValueError(message)
    return average(run.rows, run.head.design.weights)


def _difference(one: Run, other: Run, score: Score) -> Estimate | None:
    """Return the paired difference of two models."""
    if one.rows is None or other.rows is None or one.head is None:
        return None
    design = one.head.design
    if score.name in {"accuracy", "exact_match"}:
        right, also = (each(lambda row: row > 0, rows) for rows in (one.rows, other.rows))
        table = comparison.discordance(right, also, design.weights)
        return design.estimate(comparison.accuracy_difference(table))
    found = comparison.mean_difference(one.rows, other.rows, weights=design.weights)
    return None if found is None else design.estimate(found)


def where_next(parameters: Sequence[Parameter], known: Mapping[str, Varied], sound: Sequence[Run]) -> Next | None:
    """Return the values with the best score of the parameters that matter; None if none does."""
    settings = {one.name: one.best for one in parameters if one.verdict == "matters" and one.best is not None}
    if not settings:
        return None
    between: dict[str, tuple[Value, Value]] = {}
    ends = []
    for name, best in settings.items():
        found = _neighbors(known[name], best)
        if found is not None and found[0] is not None and found[1] is not None:
            between[name] = (found[0], found[1])
        elif found is not None:
            ends.append(name)
    having = [
        run.model.name
        for run in sound
        if all(factors.key(run.params[name]) == factors.key(value) for name, value in settings.items())
    ]
    return Next(settings=settings, between=between, ends=tuple(ends), models=tuple(having))


def _neighbors(varied: Varied, best: Value) -> tuple[Value | None, Value | None] | None:
    """Return the values tried next to the best one of a number, below and above; None for a parameter that is no number."""
    if any(isinstance(value, bool | str) for value in varied.values) or isinstance(best, bool | str):
        return None
    below = [value for value in varied.values if float(value) < best]
    above = [value for value in varied.values if float(value) > best]
    return (below[-1] if below else None), (above[0] if above else None)
