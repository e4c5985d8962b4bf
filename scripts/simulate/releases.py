"""Differences between two releases from their intervals: coverage on independent rows, on the same rows, and there with their correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from reportgen.analysis.releases import linearized
from reportgen.metrics import classification, intervals, recovered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.analysis.releases.predictions import Columns
    from reportgen.metrics.intervals import Estimate

RUNS = 2000
SHARED = 0.9
"""Share of the rows whose difficulty is the same for both models, where they are the same rows."""


class Pair(NamedTuple):
    """Rows of either release, the accuracy then and now, and whether they are the same rows."""

    n: int
    then: float
    now: float
    rows: Literal["independent", "the same"]


DESIGNS = tuple(
    Pair(n, *accuracies, rows)
    for rows in ("independent", "the same")
    for n in (100, 600, 5000)
    for accuracies in ((0.7, 0.75), (0.9, 0.9), (0.97, 0.98))
)


def draw(generator: np.random.Generator, design: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how hard every row (n,) is for either model, uniform in [0, 1]."""
    then, fresh = generator.random((2, design.n))
    if design.rows == "independent":
        return then, fresh
    return then, np.where(generator.random(design.n) < SHARED, then, fresh)


def covered(design: Pair, runs: int = RUNS) -> tuple[float, float]:
    """Return how often the interval of the difference in accuracy, and in mean loss (-log of the ease), has the truth."""
    generator = np.random.default_rng(0)
    hits = np.zeros((runs, 2))
    for run in range(runs):
        then, now = draw(generator, design)
        accuracies = [intervals.proportion(now < design.now), intervals.proportion(then < design.then)]
        losses = [intervals.mean(-np.log1p(-one), low=0.0) for one in (now, then)]
        for column, (pair, truth) in enumerate(((accuracies, design.now - design.then), (losses, 0.0))):
            low, high = recovered.difference(_ends(pair[0]), _ends(pair[1]))
            hits[run, column] = low <= truth <= high
    accuracy, loss = hits.mean(axis=0)
    return float(accuracy), float(loss)


class Answers(NamedTuple):
    """Rows, classes (0: predicted values), the accuracy then and now (of values: the scale of the errors), and how many rows are as hard for both."""

    n: int
    classes: int
    then: float
    now: float
    shared: float


ANSWERS = tuple(
    Answers(n, classes, *scores)
    for n in (100, 600)
    for classes in (2, 3, 10)
    for scores in (
        (0.5, 0.51, 0.999),
        (0.7, 0.75, 0.9),
        (0.7, 0.75, 0.98),
        (0.9, 0.9, 0.9),
        (0.97, 0.98, 0.9),
        (0.97, 0.98, 0.98),
    )
) + tuple(
    Answers(n, 0, 1.0, now, shared) for n in (100, 600) for now in (1.0, 0.95) for shared in (0.5, 0.9, 0.99, 0.999)
)
"""Where classes are equally frequent and equally often mistaken for each other, so that every score of a class is the accuracy."""


def columns(generator: np.random.Generator, design: Answers) -> tuple[Columns, Columns]:
    """Return the stored columns of the release now and then."""
    n, k = design.n, design.classes
    if not k:
        then = generator.normal(size=n)
        fresh = design.shared * then + np.sqrt(1 - design.shared**2) * generator.normal(size=n)
        return tuple({"value": one, "target": np.zeros(n)} for one in (design.now * fresh, design.then * then))  # type: ignore[return-value]
    labels, same = generator.integers(0, k, n), generator.random(n) < design.shared
    hard, shift = generator.random(n), generator.integers(1, k, n)
    found = []
    for accuracy, other in ((design.now, ~same), (design.then, np.zeros(n, np.bool_))):
        ease = np.where(other, generator.random(n), hard)
        wrong = (labels + np.where(other, generator.integers(1, k, n), shift)) % k
        found.append({"label": labels, "prediction": np.where(ease < accuracy, labels, wrong)})
    return found[0], found[1]


def estimates(name: str, one: Columns, classes: int) -> Estimate | None:
    """Return a metric as a report has it; class 0 of a metric of a class."""
    if name == "rmse":
        return intervals.root_mean_square(one["value"] - one["target"])
    confusion = classification.confusion_matrix(one["label"], one["prediction"], classes)
    if name in {"balanced_accuracy", "macro_f1"}:
        return getattr(classification, f"{name}_estimate")(confusion)
    hits, misses, alarms = confusion[0, 0], confusion[0, 1:].sum(), confusion[1:, 0].sum()
    if name == "precision":
        return intervals.wilson(hits, hits + alarms) if hits + alarms else None
    return classification.f1_estimate(hits, misses, alarms)


def covered_by_correlation(design: Answers, runs: int = RUNS) -> dict[str, float]:
    """Return how often the interval with the correlation of the rows has the true difference, by metric, where there is one."""
    generator, weights = np.random.default_rng(0), np.ones(design.n)
    names = ("balanced_accuracy", "macro_f1", "f1", "precision") if design.classes else ("rmse",)
    hits: dict[str, list[bool]] = {name: [] for name in names}
    for _ in range(runs):
        both = columns(generator, design)
        for name in names:
            found = [estimates(name, one, design.classes) for one in both]
            if any(one is None or one.low is None for one in found):
                continue
            of_class = name in {"f1", "precision"}
            parts = [
                linearized.of_class(name, one, weights, 0)
                if of_class
                else linearized.of_output(name, one, weights, design.classes)
                for one in both
            ]
            shared = recovered.correlation(*(one[1] for one in parts if one is not None))
            low, high = recovered.difference(_ends(found[0]), _ends(found[1]), shared)
            hits[name].append(low <= design.now - design.then <= high)
    return {name: float(np.mean(one)) for name, one in hits.items() if one}


def _ends(found: Estimate | None) -> recovered.Ends:
    if found is None or found.low is None or found.high is None:
        message = "rows that differ have an interval"
        raise ValueError(message)
    return found.value, found.low, found.high


def table() -> Iterator[str]:
    """Yield the rows of the table in the documentation."""
    yield "| rows | n | accuracy difference | difference of mean losses |"
    yield "| --- | --- | --- | --- |"
    for rows in ("independent", "the same"):
        for n in (100, 600, 5000):
            found = np.array([covered(design) for design in DESIGNS if (design.rows, design.n) == (rows, n)])
            spans = [f"{100 * one.min():.1f} to {100 * one.max():.1f} %" for one in found.T]
            yield f"| {rows} | {n:,} | {' | '.join(spans)} |"


def table_of_correlations() -> Iterator[str]:
    """Yield the rows of the second table in the documentation."""
    yield "| difference, on the same rows | n = 100 | n = 600 |"
    yield "| --- | --- | --- |"
    found = {design: covered_by_correlation(design) for design in ANSWERS}
    for name in ("balanced_accuracy", "macro_f1", "f1", "precision", "rmse"):
        shares = [[one[name] for design, one in found.items() if design.n == n and name in one] for n in (100, 600)]
        yield f"| {name} | {' | '.join(f'{100 * min(one):.1f} to {100 * max(one):.1f} %' for one in shares)} |"


def main() -> None:
    """Print the coverage."""
    print("\n".join((*table(), "", *table_of_correlations())))
