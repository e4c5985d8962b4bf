"""Measures the recipes of the spec: scores over the models that differ only in their seed, and differences between recipes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.subjects import Subject
from reportgen.metrics import intervals, seeds
from reportgen.metrics.spans import average, each, number
from reportgen.sections.performance import schema
from reportgen.sections.performance.regression_schema import RMSE
from reportgen.sections.performance.schema import RecipeEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.heads import ClassifiedHead, MeasuredHead
    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.heads import HeadOutputs
    from reportgen.contract.records.regression import RegressionOutputs
    from reportgen.metrics.comparison import Hits
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.metrics.spans import Derived
    from reportgen.sections.performance.multilabel.analyzer import Several
    from reportgen.sections.performance.schema import OverSeeds


@dataclass(frozen=True)
class Seed:
    """A head of one model of a recipe: what each row (N,) adds to each of its scores, and the largest possible score.

    ``wrong`` tells which rows are wrong; None for a regression head, whose number of classes is 0.
    """

    head: MeasuredHead[Any]
    scores: dict[str, Values]
    largest: dict[str, float]
    wrong: Hits | None = None
    classes: int = 0


@dataclass(frozen=True)
class _Recipe:
    """A head of all models of a recipe."""

    name: str
    seeds: list[Seed]

    @property
    def first(self) -> MeasuredHead[Any]:
        return self.seeds[0].head

    def subject(self, name: str) -> Subject:
        return Subject.of("recipe", name).within(self.first.subject())

    def rows(self, score: str) -> list[Values]:
        return [one.scores[score] for one in self.seeds]

    @property
    def classes(self) -> int | None:
        """Number of classes; None if its models differ in it."""
        found = {one.classes for one in self.seeds}
        return found.pop() if len(found) == 1 else None

    @property
    def unmeasured(self) -> str | None:
        """Why it has no scores over its seeds."""
        if self.classes is None:
            return "its models have different numbers of classes"
        return (
            None
            if self.first.design.weights is None
            else "the rows are weighted, and these scores are of rows that count alike"
        )

    @property
    def wrong(self) -> Derived | None:
        """Rows that a model gets wrong."""
        found = [one.wrong for one in self.seeds if one.wrong is not None]
        return each(lambda *all_of: np.any(all_of, axis=0), *found) if found else None


def classified(head: ClassifiedHead) -> Seed:
    """Return the scores of a classification head by row."""
    outputs = head.outputs
    scores: dict[str, Values] = {
        schema.ACCURACY.name: each(lambda right: right.astype(np.float64), outputs.correct),
        schema.NLL.name: outputs.nll,
        schema.BRIER.name: head.brier,
    }
    largest = {schema.ACCURACY.name: 1.0, schema.NLL.name: math.inf, schema.BRIER.name: head.largest_brier}
    return Seed(head, scores, largest, each(np.logical_not, outputs.correct), outputs.n_classes)


def multilabeled(head: Several) -> Seed:
    """Return the scores of a multilabel head by row: linearized where labels are not known, so that their means are the scores."""
    outputs = head.outputs
    scores = {schema.NLL.name: head.mean_nll.linear(), schema.BRIER.name: head.mean_brier.linear()}
    largest = {schema.NLL.name: math.inf, schema.BRIER.name: 1.0}
    found: dict[str, Values] = {name: rows for name, rows in scores.items() if rows is not None}
    return Seed(head, found, largest, ~head.exact, outputs.n_classes)


def regressed(head: MeasuredHead[RegressionOutputs]) -> Seed:
    """Return the RMSE of a regression head by row: linearized, so that its mean is the RMSE."""
    squares = each(np.square, head.outputs.errors)
    mean = average(squares)
    root = math.sqrt(mean)
    rows = each(lambda square: root + (square - mean) / (2 * root), squares) if root > 0 else squares
    return Seed(head, {RMSE.name: rows}, {RMSE.name: math.inf})


def measured(heads: Sequence[Seed]) -> tuple[tuple[Measurement, ...], tuple[RecipeEntry, ...]]:
    """Return the numbers of all recipes and of their pairs, and which models they are of."""
    groups: dict[tuple[str, str | None, type[HeadOutputs]], list[Seed]] = {}
    for seed in heads:
        if seed.head.model.recipe is not None:
            key = (seed.head.model.recipe, seed.head.subject(), type(seed.head.outputs))
            groups.setdefault(key, []).append(seed)
    found = [_Recipe(recipe, members) for (recipe, _, _), members in groups.items()]
    alike: dict[tuple[str | None, type[HeadOutputs], int], list[_Recipe]] = {}
    for recipe in found:
        if recipe.classes is not None and recipe.unmeasured is None:
            one = recipe.first
            alike.setdefault((one.subject(), type(one.outputs), recipe.classes), []).append(recipe)
    pairs = [pair for group in alike.values() for pair in combinations(group, 2)]
    numbers: list[Measurement] = []
    for recipe in found:
        numbers += _whole(recipe)
    for first, second in pairs:
        numbers += _pair(first, second, len(pairs))
    return tuple(numbers), tuple(_entry(recipe) for recipe in found)


def _entry(recipe: _Recipe) -> RecipeEntry:
    return RecipeEntry(
        name=recipe.name,
        model=recipe.first.model.name,
        subject=recipe.subject(recipe.name),
        seeds=tuple(one.head.model.name for one in recipe.seeds),
    )


def _measured_by(recipe: _Recipe) -> Iterator[OverSeeds]:
    return (one for one in schema.OVER_SEEDS if one.score.name in recipe.seeds[0].scores)


def _whole(recipe: _Recipe) -> Iterator[Measurement]:
    part = Subject.of("recipe", recipe.name)
    for over in _measured_by(recipe):
        if recipe.unmeasured is not None:
            for spec in (over.mean, over.deviation):
                reason = recipe.unmeasured
                yield spec.missing(
                    recipe.first.model.name, "not_applicable", reason, subject=recipe.subject(recipe.name)
                )
            continue
        rows = recipe.rows(over.score.name)
        mean = _within(seeds.over_seeds(rows), 0.0, recipe.seeds[0].largest[over.score.name])
        if recipe.wrong is not None:
            mean = mean.supported(number(recipe.wrong), intervals.FEWEST_ERRORS, "rows with an error of a model")
        yield recipe.first.estimated(over.mean, mean, part, estimator=_counted(recipe))
        deviation = seeds.deviation(rows)
        if deviation is None:
            yield recipe.first.insufficient(over.deviation, "the recipe has one model", part)
        else:
            yield recipe.first.measure(over.deviation, deviation, part, estimator=_counted(recipe))


def _counted(recipe: _Recipe) -> str:
    return "1 seed" if len(recipe.seeds) == 1 else f"{len(recipe.seeds)} seeds"


def _pair(first: _Recipe, second: _Recipe, comparisons: int) -> Iterator[Measurement]:
    part = Subject.of("recipe", f"{first.name} vs {second.name}")
    for over in _measured_by(first):
        name = over.score.name
        largest = first.seeds[0].largest[name]
        found = _within(seeds.difference(first.rows(name), second.rows(name), comparisons), -largest, largest)
        if first.wrong is not None and second.wrong is not None:
            wrong = number(each(np.logical_or, first.wrong, second.wrong))
            found = found.supported(wrong, intervals.FEWEST_PAIRED, "rows with an error of a model")
        counted = f"{len(first.seeds)} and {len(second.seeds)} seeds"
        yield first.first.estimated(over.difference, found, part, estimator=counted)


def _within(found: Estimate, low: float, high: float) -> Estimate:
    """Cut the interval off at the possible range."""
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(found.low, low), high=min(found.high, high))
