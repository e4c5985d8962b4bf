"""Evaluations and results made by hand: no keras, no files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.evaluation.accumulate import ClassificationAccumulator
from reportgen.evaluation.records import (
    DataDescription,
    DataEvaluation,
    Decision,
    Evaluation,
    HeadEvaluation,
    ModelEvaluation,
)
from reportgen.inputs.labels import Labels

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

    from reportgen.evaluation.records import ClassificationOutputs
    from reportgen.figures.style import Theme

NO_DESCRIPTION = DataDescription((), (), 0, None)
SHA = "0123456789abcdef" * 4


def outputs(
    logits: Any, labels: Any, *, kind: str = "logits", keep_limit: int = 10**9, soft: Any = None
) -> ClassificationOutputs:
    """Run a model's outputs through the accumulator in batches of 64."""
    logits, hard = np.asarray(logits), np.asarray(labels, np.int32)
    encoded = Labels(hard, soft, Decision("integers", "made by hand"), ())
    accumulator = ClassificationAccumulator(encoded, max(logits.shape[1], 2), kind, 0, keep_limit)
    for start in range(0, len(logits), 64):
        batch = logits[start : start + 64]
        accumulator.add(batch, np.arange(start, start + len(batch)))
    return accumulator.result()


def head(made: ClassificationOutputs, names: tuple[str, ...] | None = None, task: str | None = None) -> HeadEvaluation:
    """Make a head of outputs."""
    names = names or tuple(str(index) for index in range(made.n_classes))
    decided = task or ("binary" if made.n_classes == 2 else "multiclass")
    rule = Decision("probabilities", "made by hand")
    return HeadEvaluation("out", Decision(decided, "made by hand"), rule, rule, names, len(made.labels), made)


def unmeasured(status: str = "not_applicable", reason: str = "regression heads are not measured") -> HeadEvaluation:
    """Make a head without predictions."""
    rule = Decision("regression", "made by hand")
    return HeadEvaluation("out", rule, rule, rule, (), 3, None, status, reason)  # type: ignore[arg-type]


def evaluation(*heads: HeadEvaluation, names: tuple[str, ...] | None = None, rows: Any = None) -> Evaluation:
    """Make an evaluation of one-headed models called a, b, c and so on."""
    names = names or tuple("abcdefgh"[: len(heads)])
    models = tuple(
        ModelEvaluation(name, f"{name}.keras", SHA, 1000, (one,), None) for name, one in zip(names, heads, strict=True)
    )
    n = max((one.n for one in heads), default=0)
    chosen = np.arange(n) if rows is None else np.asarray(rows)
    data = DataEvaluation((("test.npz", SHA),), "test", n, chosen, 0, "all rows", NO_DESCRIPTION)
    return Evaluation(models, data, {"python": "3.11.0", "keras": "3.15.1"})


def noisy(
    n: int, classes: int, *, sharp: float = 1.0, seed: int = 0, accuracy: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Make logits and labels: calibrated at ``sharp`` 1, over-confident above it."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(n, classes)) * (3 * accuracy)
    cumulative = np.cumsum(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), axis=1)
    labels = (generator.random((n, 1)) > cumulative[:, :-1]).sum(axis=1)
    return (logits * sharp).astype(np.float32), labels.astype(np.int32)


def two_heads(made: ClassificationOutputs) -> Evaluation:
    """Make a model with two heads of the same outputs."""
    first = replace(head(made), name="kind")
    second = replace(head(made), name="size")
    single = evaluation(first)
    return replace(single, models=(replace(single.models[0], heads=(first, second)),))


def model_handle(theme: Theme, model: str) -> Line2D:
    """Return a legend handle in the look of a model."""
    from matplotlib.lines import Line2D

    look = theme.look(model)
    return Line2D(
        [],
        [],
        color=look.color,
        linestyle=look.linestyle,
        marker=look.marker,
        label=look.label,
    )
