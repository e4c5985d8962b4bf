"""Results of a whole run, made without keras: the sections analyze outputs that were drawn at random."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from factory import (
    dense_head,
    distributional_head,
    evaluation,
    head,
    history,
    layer,
    multilabel_head,
    noisy,
    outputs,
    probed,
    regression_head,
    scenes,
    unmeasured,
    weight,
)

from reportgen.analysis import analyze as analysis
from reportgen.contract.records.activations import AttentionStatistics
from reportgen.contract.records.architecture import Architecture
from reportgen.contract.records.cost import BatchTimes, Cost, LayerCost, Machine, Times
from reportgen.contract.records.data import DataDescription, LabelCounts
from reportgen.contract.records.examples import Example, Examples, OutlyingValue, PictureScale
from reportgen.contract.records.slices import SearchedColumn, Slicing
from reportgen.evaluation.thumbnails import thumbnail
from reportgen.plan.make import make
from reportgen.plan.registry import Registry
from reportgen.spec import source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.plan.plan import Plan

SPEC = """\
schema_version = 1
[report]
title = "Hand <made> & $x$"
version = "1.0"
authors = ["A | B"]
description = "Written **by the author**, with <script>alert(1)</script>."
[models.a]
path = "a.keras"
[models.b]
path = "b.keras"
[models.c]
path = "c.keras"
[data]
path = "test.npz"
[[sections]]
kind = "summary"
[[sections]]
kind = "performance"
text = "A [link](javascript:alert(1)) and ![image](http://example.org/x.png)."
[[sections]]
kind = "calibration"
[[checks]]
metric = "performance.accuracy"
at_least = 0.6
[[checks]]
metric = "calibration.ece"
at_most = 0.05
severity = "warn"
[[checks]]
metric = "performance.recall"
threshold = ">= 0.5"
models = ["a"]
[[checks]]
metric = "performance.roc_auc"
at_least = 0.5
models = ["c"]
optional = true
"""
WITH_ERRORS = SPEC.replace('kind = "calibration"', 'kind = "errors"\n[[sections]]\nkind = "calibration"')


def made_evaluation() -> Evaluation:
    """Two models of three classes, one over-confident; a third whose head is not measured."""
    logits, labels = noisy(300, 3)
    names = ("ant", "<b>bee</b>", "cat|dog")
    first, second = (head(outputs(logits * scale, labels), names) for scale in (1.0, 3.0))
    return replace(evaluation(first, second, unmeasured()), examples=made_examples())


def made_examples() -> Examples:
    """Make a dot, two columns and a hostile text for every row."""
    scale = PictureScale("x", 0.0, 255.0)
    dot = thumbnail(np.eye(4) * 255, scale)
    values = (OutlyingValue("a|b", 3.5, 1.0), OutlyingValue("<i>c</i>", -2.0, 0.0))
    rows = tuple(
        Example(place, (dot,), values, "Text <b>of</b> a | row & [more](javascript:alert(1))") for place in range(300)
    )
    return Examples(3, rows, (scale,), 300)


def made_plan(folder: Path, text: str = SPEC, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Plan:
    """Plan the spec with files that are there and empty."""
    for name in ("a.keras", "b.keras", "c.keras", "test.npz"):
        (folder / name).touch()
    return make(source.parse(text, "specs/handmade.toml", "toml"), folder, only=only, skip=skip)


def results(text: str = SPEC, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Results:
    """Analyze."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        planned = made_plan(Path(folder), text, only, skip)
    return analysis.analyze(planned, made_evaluation(), "2026-01-02T03:04:05+00:00", keep_going=False)


# ------------------------------------------------------------------------------------------------ with every section

CURVES = {
    "loss": np.linspace(2, 0.5, 12),
    "val_loss": np.linspace(2, 1, 12),
    "accuracy": np.linspace(0.5, 0.95, 12),
    "val_accuracy": np.linspace(0.5, 0.9, 12),
    "wobble": np.arange(12.0),
}


SLICES = (
    "[[slices]]",
    'by = "region"',
    "[[slices]]",
    "where = 'place < 7'",
    "[[slices]]",
    "discover = true",
    'columns = ["place"]',
)
"""The slices that :func:`full_evaluation` has."""
OPTIONS = {"pareto": ('objectives = ["performance.accuracy", "performance.nll", "calibration.ece"]',)}
"""Objectives of sections that need no architecture."""


def full_results(
    folder: Path,
    names: Sequence[str],
    classes: Sequence[str] = ("0", "1", "2", "3"),
    layers: Sequence[str] = ("hidden",),
    rows: int = 200,
    *,
    task: str = "classes",
    kinds: Sequence[str] = tuple(Registry().names),
) -> Results:
    """Analyze models that have all that a section can ask for, with sections of these kinds: by default of all that are installed.

    They have these hidden layers, and their predictions differ by noise. What compares models is left out if there is one. With the
    ``task`` ``values`` they predict numbers in place of classes, with ``distributions`` a mean and a spread, with ``labels`` any number of classes.
    """
    (folder / "h.json").touch()
    lines = ["schema_version = 1", "[report]", 'title = "Figures"', "[data]", 'path = "test.npz"']
    for name in names:
        (folder / f"{name}.keras").touch()
        lines += [f'[models."{name}"]', f'path = "{name}.keras"', 'history = "h.json"', 'series = "run"']
        lines += [f'params = {{ name = "{name}" }}']
    lines += SLICES if "slices" in kinds else ()
    for name in kinds:
        lines += [
            "[[sections]]",
            f'kind = "{name}"',
            *OPTIONS.get(name, ()),
            f"optional = {str(len(names) == 1 or name == 'changes').lower()}",
        ]
    planned = made_plan(folder, "\n".join(lines))
    made = full_evaluation(names, classes, layers, rows, task=task)
    return analysis.analyze(planned, made, "2026-01-02T03:04:05+00:00", keep_going=False)


def full_evaluation(
    names: Sequence[str], classes: Sequence[str], layers: Sequence[str], rows: int, *, task: str = "classes"
) -> Evaluation:
    """Make an evaluation of models that has all that a section can ask for."""
    generator = np.random.default_rng(0)
    logits, labels = noisy(rows, len(classes))
    heads = [
        head(outputs(logits + step % 8 * generator.normal(size=logits.shape), labels), tuple(classes))
        for step in range(len(names))
    ]
    if task == "labels":
        several = generator.random(logits.shape) < 1 / (1 + np.exp(-logits))
        heads = [
            multilabel_head(
                logits + step % 8 * generator.normal(size=logits.shape), several.astype(int), tuple(classes)
            )
            for step in range(len(names))
        ]
    if task in {"images", "sequences"}:
        scores, marks = scenes(rows, classes=len(classes))
        flat = (rows, -1, len(classes)) if task == "sequences" else scores.shape
        heads = [
            dense_head(
                (scores + step % 8 * generator.normal(size=scores.shape)).reshape(flat),
                marks.reshape(flat[:-1]),
                tuple(classes),
            )
            for step in range(len(names))
        ]
    if task == "values":
        wanted = 1e4 * generator.gamma(2, size=rows)
        heads = [
            regression_head(wanted + 3e3 * (1 + step % 8) * generator.normal(size=rows), wanted)
            for step in range(len(names))
        ]
    if task == "distributions":
        wanted = generator.normal(size=rows)
        heads = [
            distributional_head(
                np.column_stack([wanted + generator.normal(size=rows), np.full(rows, 1 + step % 8)]), wanted
            )
            for step in range(len(names))
        ]
    made = evaluation(*heads, names=tuple(names))
    assert made.data is not None
    counts = np.bincount(labels, minlength=len(classes)) * np.where(np.arange(len(classes)) == 0, 3, 1)
    described = DataDescription((), (LabelCounts(None, tuple(classes), tuple(map(int, counts))),), 0, 0)
    models = tuple(_filled(one, step, layers, logits, generator) for step, one in enumerate(made.models))
    return replace(made, models=models, data=replace(made.data, description=described, **made_slices(rows)))


def made_slices(rows: int) -> dict[str, Any]:
    """Make three regions, a slice of seven rows, and a column in which slices are searched."""
    places = np.arange(rows)
    regions = Slicing(("region = east", "region = <b>north</b>", "region = w|est"), (places % 3).astype(np.int16), 0)
    few = Slicing(("place < 7",), np.where(places < 7, 0, -1).astype(np.int16), 0)
    return {"slicings": (regions, few), "searched": (SearchedColumn("place", places.astype(float), None),)}


def _filled(
    made: ModelEvaluation, step: int, layers: Sequence[str], logits: np.ndarray, generator: np.random.Generator
) -> ModelEvaluation:
    """Give a model weights, activations with attention, a history, and a place in a run."""
    looks = AttentionStatistics(np.ones(2), np.array([0.5, 0.6]), 100)
    hidden = [
        layer(
            np.maximum(generator.normal(size=(len(logits), 8)), 0) * (np.arange(8) < 6),
            name,
            attention=looks if name == layers[0] else None,
        )
        for name in layers
    ]
    kernels = [weight(generator.normal(size=(16, 8)) + step, f"{name}/kernel") for name in layers]
    size = 100 * (step + 1)
    machine = Machine("Processor <b>", 2, "Linux x86_64", "CPU")
    return replace(
        made,
        series="run",
        architecture=Architecture("Functional", (), size, size, 4 * size, "float32", (), (), "mse", None, None),
        cost=Cost(tuple(LayerCost(name, "Dense", 1, size) for name in layers), size * len(layers), size, size),
        times=Times(machine, 5, (BatchTimes(1, (0.001, 0.001, 0.001, 0.002)),)),
        weights=(*kernels, weight(generator.normal(size=(8, 4)), "out/kernel")),
        activations=probed(*hidden, layer(logits, "out", None)),
        history=history(**CURVES),
    )
