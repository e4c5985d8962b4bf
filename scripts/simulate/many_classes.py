"""Macro AUC of 1,000 classes: from every score, and from the histograms that stand in for more scores than are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.heads import Decision
from reportgen.evaluation.tasks.base import HeadRows
from reportgen.evaluation.tasks.classification import ClassificationAccumulator, Labels
from reportgen.metrics import ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = 1000
ROWS = 10_000
BATCH = 500
SEED = 23
SEPARATIONS = (1.0, 2.0, 3.0)
"""Mean of the logit of the true class; that of the others is 0, all with standard deviation 1, then scaled to be sharp."""
SHARPNESS = 3.0


def draw(separation: float, classes: int, rows: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return logits (N, K) and labels (N,), every class equally often."""
    generator = np.random.default_rng(SEED)
    labels = np.arange(rows, dtype=np.int32) % classes
    logits = generator.normal(size=(rows, classes)).astype(np.float32)
    logits[np.arange(rows), labels] += separation
    return logits * np.float32(SHARPNESS), labels


def outputs(logits: NDArray[np.float32], labels: NDArray[np.int32], keep_limit: int) -> ClassificationOutputs:
    """Pass the logits through the program's accumulator, which keeps at most ``keep_limit`` of them."""
    encoded = Labels(labels, None, Decision("integers", "simulation"), ())
    rows = HeadRows(len(logits), logits.shape[1], "logits")
    accumulator = ClassificationAccumulator(rows, encoded, None, keep_limit)
    for start in range(0, len(logits), BATCH):
        batch = logits[start : start + BATCH]
        accumulator.add(batch, np.arange(start, start + len(batch)))
    made = accumulator.result()
    if not isinstance(made, ClassificationOutputs):
        message = "there are labels"
        raise TypeError(message)
    return made


def compared(separation: float, classes: int = CLASSES, rows: int = ROWS) -> tuple[float, float, float]:
    """Return the exact macro AUC, that from histograms, and the largest error that the report states for the latter."""
    logits, labels = draw(separation, classes, rows)
    exact = ranking.macro_roc_auc(outputs(logits, labels, logits.size).probability, labels, range(classes))
    binned = outputs(logits, labels, 0)
    points = [binned.one_vs_rest(index) for index in range(classes)]
    areas = [ranking.roc_auc(one.scores, one.positives, one.negatives) for one in points]
    bounds = [ranking.area_bound(one.positives, one.negatives) for one in points]
    if exact is None:
        message = "every class has examples"
        raise ValueError(message)
    return exact.value, float(np.mean([area.value for area in areas if area is not None])), float(np.mean(bounds))


def main() -> None:
    """Print the table."""
    print(f"### AUC of {CLASSES:,} classes\n\n{ROWS:,} rows.\n")
    print("| separation | exact | from histograms | difference | stated bound |")
    print("| --- | --- | --- | --- | --- |")
    for separation in SEPARATIONS:
        exact, binned, bound = compared(separation)
        print(f"| {separation:g} | {exact:.6f} | {binned:.6f} | {abs(binned - exact):.1e} | {bound:.1e} |", flush=True)


if __name__ == "__main__":
    main()
