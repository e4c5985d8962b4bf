"""Tables of multilabel heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.subjects import about
from reportgen.contract.tables import Column, Table, metrics_by_head
from reportgen.sections.performance import by_class, multilabel_schema as schema, pairs as by_pair

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
    schema.MICRO_F1_PAIRS.p,
    schema.MICRO_F1_PAIRS.p_holm,
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
    yield from by_pair.table(
        result, view, "multilabel-pairs", "Differences between models", _PAIRS, schema.MICRO_F1_PAIRS.p
    )


def per_class(result: MultilabelResult, one: MultilabelPerformance, specs: Sequence[MetricSpec]) -> Table:
    """Return the metrics of every class of a head."""
    note = f"Precision, recall and F1 at the threshold {one.threshold:g}; average precision, ROC AUC and Brier score do not depend on it."
    return by_class.per_class(result, one, {spec.title: spec for spec in specs}, "multilabel-classes", note)
