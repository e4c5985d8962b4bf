"""Tables of segmentation and sequence labeling."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.performance import (
    by_class,
    dense_schema as schema,
    multilabel_schema as labels,
    pairs as by_pair,
    schema as shared,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.sections.performance.dense_schema import DensePerformance, DenseResult

_SCORES = {"segmentation": schema.AREAS, "sequence_labeling": (*schema.TAGS, shared.MACRO_F1, labels.EXACT_MATCH)}
_TITLES = {"segmentation": "Segmentation", "sequence_labeling": "Sequence labeling"}
_PAIRS: dict[str, tuple[MetricSpec, ...]] = {
    "segmentation": (
        schema.MEAN_IOU_PAIRS.difference,
        schema.PIXEL_DIFFERENCE,
        shared.NLL_DIFFERENCE,
        schema.MEAN_IOU_PAIRS.p,
        schema.MEAN_IOU_PAIRS.p_holm,
    ),
    "sequence_labeling": (
        schema.TOKEN_PAIRS.difference,
        schema.MACRO_F1_DIFFERENCE,
        labels.EXACT_DIFFERENCE,
        shared.NLL_DIFFERENCE,
        schema.TOKEN_PAIRS.p,
        schema.TOKEN_PAIRS.p_holm,
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
    one, kind = heads[0], schema.KINDS[heads[0].task]
    parts = [f"{one.positions:,} {kind.positions} of {one.n:,} {kind.units} count"]
    parts += [f"{one.masked:,} are masked"] if one.masked else []
    parts += [f"{one.ignored:,} have the ignored label"] if one.ignored else []
    parts += [f"in {one.empty:,} {kind.units} none counts"] if one.empty else []
    return f"{'; '.join(parts)}. Every interval is over {kind.units}."


def pairs(result: DenseResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once."""
    for task, specs in _PAIRS.items():
        name, title = f"{task.replace('_', '-')}-pairs", f"{_TITLES[task]}: differences between models"
        yield from by_pair.table(result, view, name, title, specs, schema.KINDS[task].pair.p)


def per_class(result: DenseResult, one: DensePerformance) -> Table:
    """Return the metrics of every class of a head."""
    kind = schema.KINDS[one.task]
    units, positions = kind.units.capitalize(), kind.positions.capitalize()
    columns = {positions if spec is shared.SUPPORT else spec.title: spec for spec in _OF_CLASS[one.task]}
    note = f"{units}: those that have the class."
    return by_class.per_class(result, one, columns, "dense-classes", note, (units, one.class_units))


def lowest(one: DensePerformance) -> Table:
    """Return the units with the lowest scores."""
    kind = schema.KINDS[one.task]
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
