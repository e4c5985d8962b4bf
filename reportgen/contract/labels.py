"""Scores of a multilabel head that are means: over all labels, over the classes and over the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.metrics import intervals, multilabel, pooled, ranking
from reportgen.metrics.ranking import Column
from reportgen.metrics.spans import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.heads import MultilabelHead
    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.pooled import Parts

ONE_KIND = "the evaluated data contain only one kind of rows: the class applies to all of them or to none"
"""Why there is no area of any class."""
_NONE = {
    "precision": "no class is predicted for any row",
    "recall": "no class applies to any row",
    "f1": "no class is predicted for any row, and none applies to any",
}
"""Why a score does not exist."""


@dataclass(frozen=True)
class Average:
    """Precision, recall or F1 by one way to average, such as ``micro_f1``; where there is none, ``reason`` says why.

    ``design`` is that of the rows that it rests on.
    """

    name: str
    estimate: Estimate | None
    design: Design
    reason: str


def averages(head: MultilabelHead) -> Iterator[Average]:
    """Yield precision, recall and F1, each over all labels (micro), over the classes (macro) and over the rows (samples)."""
    design, by_class = head.design, [head.of_class(index) for index in range(head.outputs.n_classes)]
    for name, reason in _NONE.items():
        parts: Parts = getattr(head.counts, name)
        yield Average(f"micro_{name}", pooled.micro(parts, design.weights), design, reason)
        macro = pooled.macro([getattr(one, name) for one in by_class], design.weights)
        yield Average(f"macro_{name}", macro, design, reason)
        values, rows = pooled.per_row(parts)
        own = design.take(rows) if len(values) else design
        samples = pooled.mean_over_rows(values, own.weights) if len(values) else None
        yield Average(f"samples_{name}", samples, own, reason)


@dataclass(frozen=True)
class Areas:
    """Area under the ROC curve and average precision, means over the classes that apply to some rows and not to others; None without one.

    ``absent`` is the number of the other classes.
    """

    roc_auc: Estimate | None
    average_precision: Estimate | None
    absent: int


def areas(head: MultilabelHead) -> Areas:
    """Rank the rows by the score of each class."""
    outputs, weights = head.outputs, head.design.weights
    sizes, of_known = ([number(one[:, k]) for k in range(outputs.n_classes)] for one in (outputs.labels, outputs.known))
    return Areas(
        ranking.mean_roc_auc(_columns(head), head.n, weights),
        multilabel.macro_average_precision(_columns(head), sizes, head.n, weights),
        sum(not 0 < size < known for size, known in zip(sizes, of_known, strict=True)),
    )


def _columns(head: MultilabelHead) -> Iterator[Column]:
    """Yield the classes with their scores."""
    outputs = head.outputs
    whole = number(outputs.known) == outputs.known.size
    for index in range(outputs.n_classes):
        known = None if whole else outputs.known[:, index]
        yield Column(outputs.logits[:, index], outputs.labels[:, index], known)


def classes_per_row(head: MultilabelHead) -> Estimate | None:
    """Return the mean number of classes that apply to a row; None without a row."""
    return intervals.mean(head.counts.labels, low=0.0, weights=head.design.weights)


def cardinality_bias(head: MultilabelHead) -> Estimate | None:
    """Return the mean number of classes that are predicted for a row minus that which apply; None without a row."""
    return intervals.mean(head.counts.surplus, weights=head.design.weights)
