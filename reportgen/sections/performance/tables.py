"""Tables of the performance section."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportgen.contract.focus import MOST_ROWS
from reportgen.contract.numbers import required
from reportgen.contract.subjects import Subject, about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.performance import (
    by_class,
    ordinal,
    pairs as by_pair,
    schema,
    training_schema,
)
from reportgen.sections.performance.dense import tables as dense
from reportgen.sections.performance.multilabel import tables as multilabel
from reportgen.sections.performance.multilabel_schema import PER_CLASS as OF_LABELS
from reportgen.sections.performance.regression import tables as regression
from reportgen.text import formatting, naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import Metric, MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.performance.schema import HeadPerformance, OverSeeds, PerformanceResult, RecipeEntry
    from reportgen.sections.performance.training_schema import Without


@dataclass(frozen=True)
class _Of:
    """A kind of outputs in the tables of scores without some rows: the end of their names, and what is in them."""

    suffix: str
    score: str
    scores: str = ""
    """With the NLL beside the score; empty where there is none."""


_OF = (
    _Of("", "Accuracy", "Scores"),
    _Of("-labels", "Exact match"),
    _Of("-values", "Errors"),
    _Of("-crps", "CRPS"),
    _Of("-pinball", "Pinball loss"),
    _Of("-images", "Mean IoU", "Scores of images"),
    _Of("-sequences", "Token accuracy", "Scores of sequences"),
)
"""In the order of the scores in the schema."""
_PROBABILISTIC = ("probabilistic", "Probabilistic scores and ranking")
_OF_CLASSES = {spec.title: spec for spec in schema.PER_CLASS}
_BARE = {"ci_low": None, "ci_high": None, "ci_method": None, "caveat": None}
"""What the lowest and the highest score are shown without."""


def tables(result: PerformanceResult, view: View) -> tuple[Table, ...]:
    """Return the chapter's tables."""
    exclusive, ranking = (any(True for _ in result.named(spec.name)) for spec in (schema.ACCURACY, schema.ROC_AUC))
    scores = (
        *((metrics_by_head(result, view, "scores", "Scores", schema.SCORES),) if exclusive else ()),
        *ordinal.tables(result, view),
        *multilabel.tables(result, view, (schema.NLL_SKILL, schema.BRIER_SKILL)),
        *((metrics_by_head(result, view, *_PROBABILISTIC, schema.PROBABILISTIC),) if ranking else ()),
        *((metrics_by_head(result, view, "skill", "Skill over trivial baselines", schema.SKILL),) if exclusive else ()),
        *regression.tables(result, view),
        *dense.tables(result, view),
    )
    found = [table for table in scores if table.rows]
    if found:
        found[0] = replace(found[0], note=f"{found[0].note} {training_noise(result)}".strip())
    found += [*_unseen(result, view), *_gap(result, view)]
    found += _recipes(result)
    found += [
        *_pairs(result, view),
        *ordinal.pairs(result, view),
        *multilabel.pairs(result, view),
        *regression.pairs(result, view),
        *dense.pairs(result, view),
        *(dense.lowest(one) for one in view.shown(result.dense)),
    ]
    found += [_errors(head) for head in view.shown(result.heads) if head.errors]
    found += [by_class.per_class(result, head, _OF_CLASSES, "classes") for head in view.shown(result.heads)]
    of_labels = (*schema.PER_CLASS, *OF_LABELS)
    found += [multilabel.per_class(result, head, of_labels) for head in view.shown(result.multilabel)]
    found += [dense.per_class(result, one) for one in view.shown(result.dense)]
    return tuple(found)


def _unseen(result: PerformanceResult, view: View) -> Iterator[Table]:
    """Yield the scores without the rows that are also in the training data, bit by bit or nearly, where there are such rows."""
    also, nearly = "also in the training data", "nearly equal to a row of the training data"
    for name, every, which, without in (
        ("unseen", training_schema.WITHOUT_LEAKED, also, "without the rows of the training data"),
        ("deduplicated", training_schema.WITHOUT_NEAR, nearly, "without near duplicates of training rows"),
    ):
        for of, specs in zip(_OF, every, strict=True):
            rows = _rows_left_out(result, specs, which)
            if rows:
                has_nll = every is training_schema.WITHOUT_LEAKED and of.scores != ""
                nll = (training_schema.UNSEEN_NLL,) if has_nll else ()
                columns = (specs.others, *nll, specs.difference, specs.apart)
                title = f"{of.scores if has_nll else of.score} {without}"
                table = metrics_by_head(result, view, f"{name}{of.suffix}", title, columns)
                yield replace(table, note=f"{rows} {table.note}".strip())


def _rows_left_out(result: PerformanceResult, specs: Without, which: str) -> str:
    """Return how many rows are in the training data, of each output where these differ; empty if none is."""
    found: dict[tuple[int, int], str] = {}
    for one in result.named(specs.others.name):
        out = specs.left_out(result, one.model, one.subject)
        if out is not None and out.some:
            found.setdefault((out.some, out.n), "" if one.subject is None else f" of {about(one.model, one.subject)}")
    several = len(found) > 1
    parts = [f"{some:,} of {n:,} {specs.rows}{of if several else ''}" for (some, n), of in found.items()]
    verb = "is" if [some for some, _ in found] == [1] else "are"
    return f"{formatting.listed(parts)} {verb} {which}." if parts else ""


def _gap(result: PerformanceResult, view: View) -> Iterator[Table]:
    """Yield the scores on the training data with the generalization gap, a table for each kind of head."""
    for kind in training_schema.GAP_TABLES:
        specs = [spec for one in kind.gaps for spec in (one.score, one.gap)]
        of_kind = list(result.named(specs[0].name))
        table = metrics_by_head(result, view, kind.name, kind.title, specs)
        if of_kind and table.rows:
            n = of_kind[0].metric.n
            rows = "" if n is None else f"On {n:,} {kind.rows} of the training data, in inference mode. "
            note = f"{rows}A gap is the score on the training data minus that on the {result.split} split; of shares, in points. {table.note}"
            yield replace(table, note=note.strip())


def training_noise(result: PerformanceResult) -> str:
    """Return whether any interval covers retraining, and how many seeds it rests on."""
    several = [one for one in result.recipes if len(one.seeds) > 1]
    if not several:
        return (
            "One seed each: training noise is not in these intervals; retraining with another seed can change a number more than they "
            "say."
        )
    listed = formatting.listed(
        [f"{about(one.model, one.subject)} {len(one.seeds)} seeds" for one in several], MOST_ROWS
    )
    return f"Training noise is not in these intervals; it is in those of the recipes below ({listed})."


def _recipes(result: PerformanceResult) -> Iterator[Table]:
    """Yield a table of the recipes for each score, and one of the differences between recipes."""
    if not result.recipes:
        return
    columns = (
        Column("Recipe", numeric=False),
        Column("Seeds", unit="count"),
        *(Column(title) for title in ("Mean", "Lowest", "Highest", "SD between seeds")),
    )
    note = "The interval of the mean covers both retraining and the choice of evaluation examples; with two or three seeds it is wide."
    for over in schema.OVER_SEEDS:
        measured = [(one, mean) for one in result.recipes if (mean := _at(result, over.mean, one)) is not None]
        rows = tuple(_recipe(result, over, one, mean) for one, mean in measured[:MOST_ROWS])
        if rows:
            title = f"Recipes: {naming.in_a_sentence(over.score.title)} over seeds"
            first = over is next(one for one in schema.OVER_SEEDS if any(True for _ in result.named(one.mean.name)))
            yield Table(f"recipes-{over.score.name}", title, columns, rows, note, on_front_page=first)
    yield from _differences(result)


def _recipe(result: PerformanceResult, over: OverSeeds, one: RecipeEntry, mean: Metric) -> tuple[Cell, ...]:
    scores = [result.find(over.score.name, model, one.subject.outer) for model in one.seeds]
    lowest, highest = (
        pick(scores, key=lambda score: required(score.value)).model_copy(update=_BARE) for pick in (min, max)
    )
    deviation = result.find(over.deviation.name, one.model, one.subject)
    return one.subject.words.removeprefix("recipe "), len(one.seeds), mean, lowest, highest, deviation


def _at(result: PerformanceResult, spec: MetricSpec, one: RecipeEntry) -> Metric | None:
    found = (item.metric for item in result.named(spec.name, one.model) if item.subject == one.subject)
    return next(found, None)


def _differences(result: PerformanceResult) -> Iterator[Table]:
    specs = [one.difference for one in schema.OVER_SEEDS if any(True for _ in result.named(one.difference.name))]
    pairs: dict[tuple[str, Subject], dict[str, Metric]] = {}
    for spec in specs:
        for one in result.named(spec.name):
            if one.subject is not None:
                pairs.setdefault((one.model, one.subject), {})[spec.name] = one.metric
    rows = tuple(
        (
            subject.words.removeprefix("recipe "),
            next(iter(found.values())).estimator,
            *(found.get(spec.name) for spec in specs),
        )
        for (_, subject), found in list(pairs.items())[:MOST_ROWS]
    )
    if rows:
        columns = (
            Column("Recipes", numeric=False),
            Column("Seeds", numeric=False),
            *(Column(spec.title) for spec in specs),
        )
        note = (
            "Mean over the seeds of the first recipe minus that of the second; for accuracy, in points. The intervals cover both retraining "
            "and the choice of evaluation examples, for all pairs of recipes together (Bonferroni, 95 %)."
        )
        yield Table("recipe-differences", "Differences between recipes", columns, rows, note)


def _pairs(result: PerformanceResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once."""
    specs = (schema.ACCURACY_DIFFERENCE, schema.NLL_DIFFERENCE, schema.MCNEMAR, schema.MCNEMAR_HOLM)
    exact, instead = " McNemar's test is exact.", ", in place of McNemar's exact test"
    yield from by_pair.table(result, view, "pairs", "Differences between models", specs, schema.MCNEMAR, exact, instead)


def _errors(head: HeadPerformance) -> Table:
    columns = (
        Column("Row", unit="index"),
        Column("Label", numeric=False),
        Column("Predicted as", numeric=False),
        Column("Confidence", unit="fraction"),
    )
    rows = tuple((error.row, error.true, error.predicted, error.confidence) for error in head.errors)
    title = f"Most confident errors of {about(head.model, head.subject)}"
    slug = "-".join(part for part in ("errors", head.model, head.subject) if part)
    return Table(slug, title, columns, rows, "Rows are numbered from 0 in the data set.", place="full")


def confused(head: HeadPerformance) -> Table:
    """Return the most confused class pairs of a head."""
    columns = (
        Column("Label", numeric=False),
        Column("Predicted as", numeric=False),
        Column("Count", unit="count"),
        Column("Share of the class", unit="fraction"),
    )
    rows = tuple((pair.true, pair.predicted, pair.count, pair.share) for pair in head.pairs)
    slug = "-".join(part for part in ("confused", head.model, head.subject) if part)
    return Table(slug, f"Most confused classes of {about(head.model, head.subject)}", columns, rows)
