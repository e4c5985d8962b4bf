"""Evaluations and results made by hand: no keras, no files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.analysis.unmeasured import unmeasured as missing_numbers
from reportgen.contract.focus import View
from reportgen.contract.records.activations import Activations, LayerActivations
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.data import DataDescription, DataEvaluation, NearDuplicates, TrainingRows
from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation, SplitOutputs
from reportgen.contract.records.heads import Decision, HeadEvaluation
from reportgen.contract.records.history import History
from reportgen.contract.records.weights import WeightTensor
from reportgen.evaluation.tasks.base import HeadRows, Positions
from reportgen.evaluation.tasks.classification import ClassificationAccumulator, Labels
from reportgen.evaluation.tasks.dense import Dense
from reportgen.evaluation.tasks.distributional import Distributional
from reportgen.evaluation.tasks.multilabel import Multilabel
from reportgen.evaluation.tasks.regression import Regression

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

    from reportgen.contract.figures import Figure
    from reportgen.contract.result import SectionResult
    from reportgen.contract.section import Section
    from reportgen.contract.theme import Theme
    from reportgen.evaluation.tasks.base import Task

NO_DESCRIPTION = DataDescription((), (), 0, None)
SHA = "0123456789abcdef" * 4


def outputs(
    logits: Any,
    labels: Any,
    *,
    kind: str = "logits",
    keep_limit: int = 10**9,
    soft: Any = None,
    threshold: float | None = None,
) -> ClassificationOutputs:
    """Run a model's outputs through the accumulator in batches of 64."""
    logits, hard = np.asarray(logits), np.asarray(labels, np.int32)
    encoded = Labels(hard, soft, Decision("integers", "made by hand"), ())
    rows = HeadRows(len(logits), logits.shape[1], kind)
    accumulator = ClassificationAccumulator(rows, encoded, threshold, keep_limit)
    for start in range(0, len(logits), 64):
        batch = logits[start : start + 64]
        accumulator.add(batch, np.arange(start, start + len(batch)))
    made = accumulator.result()
    assert isinstance(made, ClassificationOutputs)
    return made


def head(made: ClassificationOutputs, names: tuple[str, ...] | None = None, task: str | None = None) -> HeadEvaluation:
    """Make a head of outputs."""
    names = names or tuple(str(index) for index in range(made.n_classes))
    decided = task or ("binary" if made.n_classes == 2 else "multiclass")
    rule = Decision("probabilities", "made by hand")
    return HeadEvaluation("out", Decision(decided, "made by hand"), rule, rule, names, len(made.labels), made)


def _gathered(
    task: Task, name: str, rows: HeadRows, values: np.ndarray, *, head: str = "out", rule: Decision | None = None
) -> HeadEvaluation:
    """Make a head whose outputs go through its accumulator in two batches; ``rule`` decided what they are."""
    gathering = task.gather(name, rows)
    for places in np.array_split(np.arange(len(values)), 2):
        gathering.accumulator.add(values[places], places)
    found, decided = gathering.accumulator.result(), Decision(name, "made by hand")
    status = ("ok", None) if found.labeled else ("not_applicable", "no labels")
    names, parts = gathering.class_names, gathering.positions
    return HeadEvaluation(head, decided, rule or decided, gathering.labels, names, len(values), found, *status, parts)  # type: ignore[arg-type]


def _given(labels: Any) -> np.ndarray | None:
    return None if labels is None else np.asarray(labels)


def regression_head(predictions: Any, labels: Any = None, name: str = "out") -> HeadEvaluation:
    """Make a regression head of values."""
    values = np.asarray(predictions, np.float64)[:, None]
    rows = HeadRows(len(values), 1, "values", labels=_given(labels))
    return _gathered(Regression(), "regression", rows, values, head=name)


def distributional_head(
    outputs: Any, labels: Any = None, kind: str = "mean_and_sd", levels: tuple[float, ...] = (), name: str = "out"
) -> HeadEvaluation:
    """Make a head of a distribution (N, n_parts)."""
    values = np.asarray(outputs, np.float64)
    rows = HeadRows(len(values), values.shape[1], "quantiles" if levels else kind, labels=_given(labels), levels=levels)
    rule = Decision(rows.output_type, "declared in the spec")
    return _gathered(Distributional(), "distributional", rows, values, head=name, rule=rule)


def multilabel_head(
    outputs: Any,
    labels: Any = None,
    names: tuple[str, ...] | None = None,
    *,
    kind: str = "logits",
    threshold: float = 0.5,
) -> HeadEvaluation:
    """Make a multilabel head of outputs (n, classes)."""
    outputs = np.asarray(outputs)
    rows = HeadRows(*outputs.shape, kind, labels=_given(labels), class_names=names, threshold=threshold)
    return _gathered(Multilabel(), "multilabel", rows, outputs)


def dense_head(
    outputs: Any,
    labels: Any = None,
    names: tuple[str, ...] | None = None,
    *,
    kind: str = "logits",
    threshold: float = 0.5,
    mask: Any = None,
    ignored: int | None = None,
    task: str | None = None,
) -> HeadEvaluation:
    """Make a segmentation head of outputs (n, height, width, classes), or a sequence labeling one of (n, tokens, classes)."""
    outputs = np.asarray(outputs)
    task = task or ("sequence_labeling" if outputs.ndim == 3 else "segmentation")
    marks = Positions(_given(mask), ignored, "made by hand")
    size, classes, given = outputs.shape[1:], outputs.shape[-1], _given(labels)
    rows = HeadRows(len(outputs), classes, kind, size, given, marks, class_names=names, threshold=threshold)
    return _gathered(Dense(), task, rows, outputs)


def scenes(n: int, *, seed: int = 0, size: int = 8, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Make logits (n, size, size, classes) and labels of images with areas of several classes, which a model gets mostly right."""
    generator = np.random.default_rng(seed)
    labels = np.zeros((n, size, size), np.int64)
    for image in labels:
        for index in range(1, classes):
            top, left = generator.integers(0, size - 3, 2)
            image[top : top + 3, left : left + 3] = index
    logits = 3.0 * np.eye(classes)[labels] + generator.normal(size=(*labels.shape, classes)) * (
        1 + generator.random((n, 1, 1, 1))
    )
    return logits, labels


def unmeasured(status: str = "not_applicable", reason: str = "sequence heads are not measured") -> HeadEvaluation:
    """Make a head without predictions."""
    rule = Decision("unknown", "made by hand")
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


def leaking(made: Evaluation, leaked: Any, near: NearDuplicates | None = None) -> Evaluation:
    """Name training data of 1,000 rows that some of the evaluated rows, (N,) bool, are in, and others nearly."""
    assert made.data is not None
    training = TrainingRows((("train.npz", SHA),), 1000, np.asarray(leaked, np.bool_), "bit by bit", near=near)
    return replace(made, data=replace(made.data, training=training))


def on_training(made: Evaluation) -> Evaluation:
    """Evaluate the models on training data, where they answer as they do on the evaluated rows."""
    assert made.data is not None
    models = tuple(replace(model, splits={"train": SplitOutputs(model.heads)}) for model in made.models)
    return replace(made, models=models, splits={"train": replace(made.data, split="train")})


def noisy(
    n: int, classes: int, *, sharp: float = 1.0, seed: int = 0, accuracy: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Make logits and labels: calibrated at ``sharp`` 1, over-confident above it."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(n, classes)) * (3 * accuracy)
    cumulative = np.cumsum(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), axis=1)
    labels = (generator.random((n, 1)) > cumulative[:, :-1]).sum(axis=1)
    return (logits * sharp).astype(np.float32), labels.astype(np.int32)


def analyzed(section: Section[Any, Any], made: Evaluation, **options: Any) -> Any:
    """Return the result of a section as the program has it: with the numbers that it does not have."""
    result = section.analyzer(section.options(**options)).analyze(made)
    missing = tuple(missing_numbers(section, made))
    return result.model_copy(update={"measurements": (*missing, *result.measurements)})


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


# ------------------------------------------------------------------------------------------------ the inside of models


def model(name: str = "a", **parts: Any) -> ModelEvaluation:
    """Make a model without heads, with some parts of its inside."""
    return replace(ModelEvaluation(name, f"{name}.keras", SHA, 1000, (), None), **parts)


def inside(*models: ModelEvaluation, n: int = 0, description: DataDescription = NO_DESCRIPTION) -> Evaluation:
    """Make an evaluation of models as they are."""
    data = DataEvaluation((("test.npz", SHA),), "test", n, np.arange(n), 0, "all rows", description)
    return Evaluation(models, data, {"python": "3.11.0"})


def weight(values: Any, name: str = "dense/kernel", **changes: Any) -> WeightTensor:
    """Make a weight: a matrix of inputs and outputs unless it is said otherwise."""
    values = np.asarray(values, np.float32)
    made = WeightTensor(
        name=name,
        layer=name.rpartition("/")[0],
        layer_type="Dense",
        kind="dense",
        values=values,
        inputs=tuple(range(values.ndim - 1)),
        outputs=(values.ndim - 1,),
        groups=1,
        heads=None,
        strided=False,
        trainable=True,
        initializer="GlorotUniform",
        initial_rms=1.0,
    )
    return replace(made, **changes)


def layer(values: Any, name: str = "dense", activation: str | None = "relu", **changes: Any) -> LayerActivations:
    """Make the record of a layer from its whole activations (examples, positions, channels) or (examples, channels)."""
    x = np.asarray(values, np.float64)
    x = x[:, None] if x.ndim == 2 else x
    flat = x.reshape(-1, x.shape[2])
    made = LayerActivations(
        name=name,
        layer_type="Dense",
        layers=(name,),
        activation=activation,
        shape=x.shape[1:] if x.shape[1] > 1 else x.shape[2:],
        n_values=len(flat),
        mean=flat.mean(axis=0),
        squares=((flat - flat.mean(axis=0)) ** 2).sum(axis=0),
        absolute=np.abs(flat).mean(axis=0),
        minimum=flat.min(axis=0),
        maximum=flat.max(axis=0),
        positive=(flat > 0).sum(axis=0).astype(float),
        zero=(flat == 0).sum(axis=0).astype(float),
        saturated=None,
        pooled=x.mean(axis=1).astype(np.float32),
        positions=x[:, :4].astype(np.float32),
        attention=None,
        not_finite=0,
    )
    return replace(made, **changes)


def probed(*layers: LayerActivations, **changes: Any) -> Activations:
    """Make the activations of layers, the last of which is the output of the model."""
    n = max((len(one.pooled) for one in layers), default=0)
    ends = tuple(one.name for one in layers[-1:])
    return replace(Activations(np.arange(n), "all rows", layers, ends), **changes)


def history(**curves: Any) -> History:
    """Make a history of curves."""
    return History("history.json", SHA, {key: np.asarray(values, float) for key, values in curves.items()})


def produced(result: SectionResult) -> set[str]:
    """Return the names of all metrics in a result."""
    return {one.name for one in result.measurements}


def draw_all(section: Section[Any, Any], result: SectionResult) -> list[Figure]:
    """Make the tables and draw every figure of a result, those of sheets too; return the figures of the report."""
    from reportgen.figures import style, svg

    read = section.result.model_validate_json(result.model_dump_json())
    theme = style.theme("publication", sorted({one.model for one in result.measurements}))
    assert section.visualizer is not None
    assert len({table.name for table in section.tables(read, View())}) == len(section.tables(read, View())) > 0
    drawer = section.visualizer(theme)
    figures = list(drawer.figures(read))
    for figure in (*figures, *drawer.further(read)):
        assert svg.to_svg(figure, theme, figure.name)
        assert figure.alt.endswith(".")
        assert declared(section, figure.name), f"{section.name} does not declare the figure {figure.name}"
    return figures


def declared(section: Section[Any, Any], name: str) -> str | None:
    """Return the declared name of a figure: its own, or the longest that it begins with; None without one."""
    fitting = [spec.name for spec in section.figures if name == spec.name or name.startswith(f"{spec.name}-")]
    return max(fitting, key=len, default=None)
