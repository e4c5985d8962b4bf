"""Which model of a sweep to take, and where to look next."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.numbers import Metric, required
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.metrics import comparison, simultaneous
from reportgen.metrics.intervals import wilson
from reportgen.metrics.spans import average, counts, each
from reportgen.sections.sweep import factors
from reportgen.sections.sweep.schema import Choice, Next, WeakestClass

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


_SEVERAL = 2
"""Number of classes from which on there is a weakest one."""


def weights(run: Run) -> int | None:
    """Return the number of weights of a model; None if unknown."""
    return None if run.model.architecture is None else run.model.architecture.parameters


def choice(sound: Sequence[Run], score: Score) -> Choice | None:
    """Return the best of the models that did not fail, those that cannot be told from it, the smallest of them, and its weakest class."""
    if not sound:
        return None
    sign = 1 if score.higher_is_better else -1
    goodness = {run.model.name: sign * _mean(run) for run in sound}
    leaders = simultaneous.leaders(goodness)
    size = {run.model.name: weights(run) for run in sound}
    best = min(leaders, key=lambda name: float("inf") if size[name] is None else float(required(size[name])))
    ends: dict[frozenset[str], Ends] = {}
    pairs = [pair for pair in combinations(sound, 2) if len(sound) <= MOST or best in {run.model.name for run in pair}]
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
    taken = next((run for run in sound if run.model.name == smallest), None)
    weakest = None if taken is None or score.name != "accuracy" else _weakest(taken)
    return Choice(best=best, tied=tied, untested=untested, smallest=smallest, weakest=weakest)


def _weakest(run: Run) -> WeakestClass | None:
    """Return the class of which a model finds the smallest share; the first of several."""
    head = run.head
    if head is None or run.rows is None or not isinstance(head.outputs, ClassificationOutputs) or not head.design.plain:
        return None
    names = head.head.class_names
    examples = counts(head.outputs.labels, len(names))
    hits = counts(head.outputs.labels, len(names), run.rows)
    present = np.flatnonzero(examples)
    if len(present) < _SEVERAL:
        return None
    place = present[np.argmin(hits[present] / examples[present])]
    found = wilson(float(hits[place]), float(examples[place]))
    if found is None:
        return None
    recall = Metric(
        value=found.value,
        unit="fraction",
        n=int(examples[place]),
        ci_low=found.low,
        ci_high=found.high,
        ci_method="Wilson (1927)",
        higher_is_better=True,
    )
    return WeakestClass(name=names[place], recall=recall)


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
