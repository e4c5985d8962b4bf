"""Tables of segmentation and sequence labeling."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.performance import (
    dense_schema as schema,
    multilabel_schema as labels,
    pairs as by_pair,
    schema as shared,
)
from reportgen.sections.performance.dense import titles
from reportgen.sections.performance.dense.titles import of_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.performance.dense_schema import DensePerformance, DenseResult

_SCORES = {"segmentation": schema.AREAS, "sequence_labeling": (*schema.TAGS, shared.MACRO_F1, labels.EXACT_MATCH)}
_TITLES = {"segmentation": "Segmentation", "sequence_labeling": "Sequence labeling"}
_PAIRS: dict[str, tuple[MetricSpec, ...]] = {
    "segmentation": (
        schema.MEAN_IOU_DIFFERENCE,
        schema.PIXEL_DIFFERENCE,
        shared.NLL_DIFFERENCE,
        schema.MEAN_IOU_P,
        schema.MEAN_IOU_P_HOLM,
    ),
    "sequence_labeling": (
        schema.TOKEN_DIFFERENCE,
        schema.MACRO_F1_DIFFERENCE,
        labels.EXACT_DIFFERENCE,
        shared.NLL_DIFFERENCE,
        schema.TOKEN_P,
        schema.TOKEN_P_HOLM,
    ),
}
_OF_CLASS = {
    "segmentation": (*schema.OF_AREA, shared.PRECISION, shared.RECALL, shared.SUPPORT),
    "sequence_labeling": shared.PER_CLASS,
}


def tables(result: DenseResult, view: View) -> Iterator[Table]:
    """Yield the scores by model, what they rest on, and the skill."""
    for task in schema.KINDS:
        heads = [one for one in result.dense if one.task == task]
        if not any(True for _ in result.named(schema.KINDS[task].main.name)):
            continue
        slug = task.replace("_", "-")
        scores = metrics_by_head(result, view, slug, _TITLES[task], _SCORES[task])
        yield replace(scores, note=f"{scores.note} {_basis(heads)}".strip())
        skill = (
            shared.NLL,
            shared.BRIER,
            shared.BASELINE,
            schema.KINDS[task].gain,
            shared.NLL_SKILL,
            shared.BRIER_SKILL,
        )
        title = f"{_TITLES[task]}: probabilistic scores, and skill over trivial baselines"
        yield metrics_by_head(result, view, f"{slug}-skill", title, skill)


def _basis(heads: Sequence[DensePerformance]) -> str:
    """Return how many positions of how many units count, and which do not."""
    if not heads:
        return ""
    one, kind = heads[0], titles.kind(heads[0])
    parts = [f"{one.positions:,} {kind.positions} of {one.n:,} {kind.units} count"]
    parts += [f"{one.masked:,} are masked"] if one.masked else []
    parts += [f"{one.ignored:,} have the ignored label"] if one.ignored else []
    parts += [f"in {one.empty:,} {kind.units} none counts"] if one.empty else []
    return f"{'; '.join(parts)}. Every interval is over {kind.units}."


def pairs(result: DenseResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once."""
    for task, specs in _PAIRS.items():
        rows, rest = by_pair.rows(result, view, specs)
        if rows:
            found = (one.metric.estimator for one in result.named(schema.KINDS[task].p.name))
            how = next((estimator for estimator in found if estimator is not None), None)
            test = "" if how is None else f" The p-value is by {how}."
            note = f"Each difference is the first model minus the second; of shares, in points.{test} Holm adjusts it for the number of model pairs.{rest}"
            slug = f"{task.replace('_', '-')}-pairs"
            yield Table(slug, f"{_TITLES[task]}: differences between models", by_pair.columns(specs), rows, note)


def per_class(result: DenseResult, one: DensePerformance) -> Table:
    """Return the metrics of every class of a head."""
    kind, specs = titles.kind(one), _OF_CLASS[one.task]
    columns = (
        Column("Class", numeric=False),
        Column(kind.units.capitalize(), unit="count"),
        *(Column(kind.positions.capitalize() if spec is shared.SUPPORT else spec.title) for spec in specs),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (label, units, *(result.find(spec.name, one.model, of_class(one, label)) for spec in specs))
        for label, units in zip(one.class_names, one.class_units, strict=True)
    )
    slug = "-".join(part for part in ("dense-classes", one.model, one.subject) if part)
    note = f"{kind.units.capitalize()}: those that have the class."
    return Table(slug, f"Metrics by class: {about(one.model, one.subject)}", columns, rows, note, place="full")


def lowest(one: DensePerformance) -> Table:
    """Return the units with the lowest scores."""
    kind = titles.kind(one)
    spec = kind.by_unit[0]
    columns = (
        Column("Row", unit="index"),
        Column(spec.title.removesuffix(f" by {kind.unit}"), unit="fraction"),
        Column(kind.positions.capitalize(), unit="count"),
    )
    rows = tuple((unit.row, unit.score, unit.positions) for unit in one.lowest)
    slug = "-".join(part for part in ("dense-lowest", one.model, one.subject) if part)
    title = f"{kind.units.capitalize()} with the lowest scores: {about(one.model, one.subject)}"
    return Table(slug, title, columns, rows, "Rows are numbered from 0 in the data set.")


def by_class(result: DenseResult, heads: Sequence[DensePerformance]) -> Table:
    """Return the score by class of a few heads side by side, with the difference from the baseline where there is one."""
    first = heads[0]
    kind, score = titles.kind(first), titles.score(first)
    columns = [Column("Class", numeric=False), Column(kind.units.capitalize(), unit="count")]
    columns += [Column(f"{score} of {about(one.model, one.subject)}") for one in heads]
    rows: list[tuple[Cell, ...]] = []
    differences = False
    for label, units in zip(first.class_names, first.class_units, strict=True):
        scores = (result.find(kind.of_class, one.model, of_class(one, label)) for one in heads)
        difference = result.find_or_none(kind.class_difference.name, first.model, of_class(first, label))
        differences |= difference is not None
        rows.append((label, units, *scores, difference))
    if differences:
        columns.append(Column("Difference"))
    cells = tuple(row if differences else row[:-1] for row in rows)
    note = (
        f"Difference: {first.model} minus {heads[1].model} on the same {kind.units}, in points." if differences else ""
    )
    slug = "-".join(part for part in (f"{kind.of_class}-by-class", first.subject) if part)
    return Table(slug, f"{score} by class", tuple(columns), cells, note)
