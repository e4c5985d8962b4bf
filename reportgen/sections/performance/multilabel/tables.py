"""Tables of multilabel heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.performance import multilabel_schema as schema, pairs as by_pair
from reportgen.sections.performance.multilabel.titles import of_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.focus import View
    from reportgen.contract.numbers import MetricSpec
    from reportgen.contract.tables import Cell
    from reportgen.sections.performance.multilabel_schema import MultilabelPerformance, MultilabelResult

_PAIRS = (
    schema.MICRO_F1_DIFFERENCE,
    schema.EXACT_DIFFERENCE,
    schema.HAMMING_DIFFERENCE,
    schema.MICRO_F1_P,
    schema.MICRO_F1_P_HOLM,
)


def tables(result: MultilabelResult, view: View, skills: Sequence[MetricSpec]) -> tuple[Table, ...]:
    """Return the metrics by model, and the averages; ``skills`` are those that other heads have too."""
    if not any(True for _ in result.named(schema.HAMMING_LOSS.name)):
        return ()
    return (
        metrics_by_head(result, view, "multilabel", "Scores over all classes", schema.SCORES),
        _averages(result, view),
        metrics_by_head(
            result, view, "multilabel-skill", "Skill over constant answers", (schema.HAMMING_SKILL, *skills)
        ),
    )


def _averages(result: MultilabelResult, view: View) -> Table:
    """Return precision, recall and F1, a row for each head and each way to average."""
    columns = (
        Column("Model", numeric=False),
        Column("Average", numeric=False),
        *map(Column, ("Precision", "Recall", "F1")),
    )
    shown = view.listed(result.multilabel)
    rows: list[tuple[Cell, ...]] = []
    for one in shown:
        for average in schema.AVERAGES:
            names = (f"{average.name}_{part}" for part in ("precision", "recall", "f1"))
            rows.append(
                (
                    about(one.model, one.subject),
                    average.title,
                    *(result.find(name, one.model, one.subject) for name in names),
                )
            )
    thresholds = sorted({one.threshold for one in result.multilabel})
    note = f"A class is predicted where its probability is above {', '.join(f'{one:g}' for one in thresholds)}, the same for all classes."
    unknown = {one.unknown for one in result.multilabel if one.unknown}
    if unknown:
        note += f" {max(unknown):,} labels are not known and left out."
    return Table(
        "averages",
        "Averages over labels, classes and rows",
        columns,
        tuple(rows),
        note + view.rest(result.multilabel, shown),
    )


def pairs(result: MultilabelResult, view: View) -> Iterator[Table]:
    """Yield the differences between models, each pair once."""
    rows, rest = by_pair.rows(result, view, _PAIRS)
    if rows:
        found = (one.metric.estimator for one in result.named("micro_f1_p"))
        how = next((estimator for estimator in found if estimator is not None), None)
        test = "" if how is None else f" The p-value is by {how}."
        note = f"Each difference is the first model minus the second, in points.{test} Holm adjusts it for the number of model pairs.{rest}"
        yield Table("multilabel-pairs", "Differences between models", by_pair.columns(_PAIRS), rows, note)


def per_class(result: MultilabelResult, one: MultilabelPerformance, specs: Sequence[MetricSpec]) -> Table:
    """Return the metrics of every class of a head."""
    columns = (Column("Class", numeric=False), *(Column(spec.title) for spec in specs))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (label, *(result.find(spec.name, one.model, of_class(one, label)) for spec in specs))
        for label in one.class_names
    )
    slug = "-".join(part for part in ("multilabel-classes", one.model, one.subject) if part)
    note = f"Precision, recall and F1 at the threshold {one.threshold:g}; average precision, ROC AUC and Brier score do not depend on it."
    return Table(slug, f"Metrics by class: {about(one.model, one.subject)}", columns, rows, note, place="full")


def by_class(result: MultilabelResult, heads: Sequence[MultilabelPerformance]) -> Table:
    """Return the F1 by class of a few heads side by side, with the difference from the baseline where there is one."""
    first = heads[0]
    columns = [Column("Class", numeric=False), Column("Examples", unit="count")]
    columns += [Column(f"F1 of {about(one.model, one.subject)}") for one in heads]
    rows: list[tuple[Cell, ...]] = []
    differences = False
    for label in first.class_names:
        part = of_class(first, label)
        support = result.find("support", first.model, part).value
        scores = (result.find("f1", one.model, of_class(one, label)) for one in heads)
        difference = result.find_or_none("f1_difference", first.model, part)
        differences |= difference is not None
        rows.append((label, support, *scores, difference))
    if differences:
        columns.append(Column("Difference"))
    cells = tuple(row if differences else row[:-1] for row in rows)
    note = f"Difference: {first.model} minus {heads[1].model} on the same rows, in points." if differences else ""
    slug = "-".join(part for part in ("f1-by-class", first.subject) if part)
    return Table(slug, "F1 by class", tuple(columns), cells, note)
